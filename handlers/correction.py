"""*Correct* under a key result: a lead puts the newest answer right after its digest, with a reason."""

from __future__ import annotations

from bot.blocks import correction as dialogs
from bot.blocks.checkin_problems import sentence
from bot.blocks.ids import Act, Dialog, Typed
from bot.domain.confidence import Confidence
from bot.domain.validation import CheckInInput, Field, Invalid, KeyResultFacts, Valid, validate
from bot.runtime import Runtime
from bot.services import correction
from bot.services.refusals import Reason
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.periods import parse_period
from handlers.reply import Done, Errors, Reply, Show
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.CORRECT, ask)
    desk.submit(Dialog.CORRECT, correct)


def ask(runtime: Runtime, request: Request) -> Reply:
    """Open the dialog."""
    about = parse_id(request.value, Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        view = dialogs.correct_dialog(correction.question(session, runtime.now(), request.caller, about))
    return open_view(runtime, request, view)


def correct(runtime: Runtime, request: Request) -> Reply:
    """Save it, or say under each field what cannot be taken."""
    view = request.dialog
    key_result_id = parse_id(view.metadata.get("kr"), Reason.NO_SUCH_KEY_RESULT)
    colour, reason = view.option(Act.CONFIDENCE), view.text(Typed.REASON)[: dialogs.REASON_LIMIT]
    shown, value_field = view.metadata.get("revision"), view.block_id(Typed.VALUE) or Typed.VALUE
    try:
        with runtime.write() as session:
            now = runtime.now()
            stands = correction.find(session, now, request.caller, key_result_id)
            confidence = Confidence(colour) if colour else stands.answer.confidence
            value, score = stands.answer.value, stands.answer.score
            if view.text(Typed.VALUE) != stands.shown:
                checked = _check(view.text(Typed.VALUE), stands)
                if isinstance(checked, Invalid):
                    return Errors({value_field: sentence(checked.problems[Field.VALUE])})
                value, score = checked.value, checked.score
            if not reason:
                return Errors({Typed.REASON: dialogs.reason_missing()})
            if not request.is_new(session, now):
                return Done()
            correction.correct(
                session,
                now,
                caller=request.caller,
                key_result_id=key_result_id,
                period=parse_period(str(view.metadata.get("period", ""))),
                shown=int(shown) if shown else None,
                value=value,
                score=score,
                confidence=confidence,
                reason=reason,
            )
    except correction.NothingChanges:
        return Errors({value_field: dialogs.nothing_changes()})
    except correction.CorrectedSince:
        typed = dialogs.Typed(view.text(Typed.VALUE), confidence, reason)
        with runtime.read() as session:
            again = correction.question_again(
                session, runtime.now(), request.caller, key_result_id, shown=int(shown or 0), typed=typed
            )
        return Show(dialogs.correct_dialog(again))
    return Done()


def _check(typed: str, stands: correction.Stands) -> Valid | Invalid:
    """The value that was typed. Colour and words are there already."""
    about = stands.about
    facts = KeyResultFacts(about.kind, about.unit, about.start, about.target, stands.answer.value, bool(stands.shown))
    return validate(CheckInInput(typed, confidence=Confidence.GREEN, next_move="–"), facts)
