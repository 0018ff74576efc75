"""A decision that changes a key result or stops it: its buttons and dialogs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from sqlalchemy.orm import Session

from bot.blocks import hand_over as people
from bot.blocks import redefining as dialogs
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.post import View
from bot.domain.escalation import DecisionKind
from bot.domain.numbers import NotANumber, parse_number
from bot.domain.redefinition import Part
from bot.domain.redefinition import Typed as TypedTerms
from bot.runtime import Runtime
from bot.services import redefining
from bot.services.access import Caller
from bot.services.redefining import DefinedSince, NotADefinition
from bot.services.refusals import Reason, Refused
from handlers.acquaintance import acquainted
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Show
from handlers.request import OpenView, Request
from models import Decision

_FIELDS = {
    Part.TEXT: Typed.DEFINITION,
    Part.START: Typed.START,
    Part.TARGET: Typed.TARGET,
    Part.DUE: Typed.DEFINITION_DUE,
}


def register(desk: Desk) -> None:
    desk.action(Act.CHANGE_KEY_RESULT, open_change)
    desk.action(Act.STOP_KEY_RESULT, open_stop)
    desk.submit(Dialog.CHANGE_KEY_RESULT, change)
    desk.submit(Dialog.STOP_KEY_RESULT, stop)


def open_change(runtime: Runtime, request: Request) -> Reply:
    """*Change it*, beside a decision."""
    with runtime.read() as session:
        question = redefining.change_question(session, request.caller, _pressed(request))
    view = dialogs.change_dialog(question, just_decided=False)
    return open_view(runtime, request, view)


def open_stop(runtime: Runtime, request: Request) -> Reply:
    """*Stop it*, beside a decision."""
    with runtime.read() as session:
        question = redefining.stop_question(session, request.caller, _pressed(request))
    view = dialogs.stop_dialog(question, just_decided=False)
    return open_view(runtime, request, view)


def after(session: Session, caller: Caller, decision: Decision) -> View | None:
    """The dialog that carries out what was just decided; null where there is nothing to carry out in Okra."""
    if not decision.kind.is_for_leads:
        return None
    if decision.kind is DecisionKind.STOP:
        return dialogs.stop_dialog(redefining.stop_question(session, caller, decision.id), just_decided=True)
    return dialogs.change_dialog(redefining.change_question(session, caller, decision.id), just_decided=True)


def change(runtime: Runtime, request: Request) -> Reply:
    """The new definition was submitted. Twice the same dialog changes it once."""
    view = request.dialog
    if not view.has(Typed.STOPS):
        return Show(_asked_whole(runtime, request, view))
    reason, stops = (view.text(one)[: dialogs.REASON_LIMIT] for one in (Typed.REASON, Typed.STOPS))
    numbers, errors = _numbers(view)
    if not reason:
        errors[Typed.REASON] = dialogs.reason_missing()
    if not stops:
        errors[Typed.STOPS] = dialogs.stops_missing()
    chosen = view.user(Typed.NEW_OWNER)
    if chosen == view.metadata.get("owner"):
        # Nobody was chosen: who owned it when the dialog was opened need not own it now.
        chosen = None
    owner_id = acquainted(runtime, request.caller.workspace_id, chosen) if chosen else None
    if chosen and owner_id is None:
        errors[_place(view, Typed.NEW_OWNER)] = people.cannot_own(None)
    if errors:
        return Errors(errors)
    due, shown = view.date(Typed.DEFINITION_DUE), view.metadata.get("revision")
    typed = TypedTerms(
        view.text(Typed.DEFINITION),
        numbers[Typed.START],
        numbers[Typed.TARGET],
        date.fromisoformat(due) if due else None,
    )
    try:
        with runtime.write() as session:
            now = runtime.now()
            if request.is_new(session, now):
                redefining.change(
                    session,
                    now,
                    caller=request.caller,
                    decision_id=_about(view),
                    typed=typed,
                    reason=reason,
                    stops=stops,
                    shown=int(shown) if shown else None,
                    owner_id=owner_id,
                )
    except DefinedSince as since:
        again = replace(since.question, reason=reason, stops=stops, new_owner=chosen)
        return Show(dialogs.change_dialog(again, just_decided=False))
    except NotADefinition as wrong:
        return Errors(
            {_place(view, _FIELDS[part]): dialogs.trouble(part, what) for part, what in wrong.troubles.items()}
        )
    except Refused as refused:
        match refused.reason:
            case Reason.CANNOT_OWN:
                return Errors({_place(view, Typed.NEW_OWNER): people.cannot_own(refused.facts.get("name"))})
            case Reason.NOT_YOURS_TO_GIVE:
                return Errors({_place(view, Typed.NEW_OWNER): dialogs.cannot_hand_over()})
        raise
    return Done()


def stop(runtime: Runtime, request: Request) -> Reply:
    """What was learnt was submitted. Twice the same dialog stops it once."""
    view = request.dialog
    learning = view.text(Typed.LEARNING)[: dialogs.LEARNING_LIMIT]
    if not learning:
        return Errors({Typed.LEARNING: dialogs.learning_missing()})
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            redefining.stop(session, now, caller=request.caller, decision_id=_about(view), learning=learning)
    return Done()


def _asked_whole(runtime: Runtime, request: Request, view: OpenView) -> View:
    """The dialog as it is now, with what was typed: a version that did not ask what stops had opened it."""
    with runtime.read() as session:
        question = redefining.change_question(session, request.caller, _about(view))
    due = view.date(Typed.DEFINITION_DUE)
    typed = replace(
        question,
        now=question.text,
        text=view.text(Typed.DEFINITION),
        start=view.text(Typed.START),
        target=view.text(Typed.TARGET),
        due_on=date.fromisoformat(due) if due else None,
        new_owner=view.user(Typed.NEW_OWNER),
        reason=view.text(Typed.REASON)[: dialogs.REASON_LIMIT],
    )
    return dialogs.change_dialog(typed, just_decided=False, note=dialogs.stops_missing())


def _place(view: OpenView, field: Typed) -> str:
    return view.block_id(field) or field


def _numbers(view: OpenView) -> tuple[dict[str, Decimal | None], dict[str, str]]:
    """Baseline and target; and a sentence under each that is no number."""
    numbers: dict[str, Decimal | None] = {Typed.START: None, Typed.TARGET: None}
    errors: dict[str, str] = {}
    for field in (Typed.START, Typed.TARGET):
        text = view.text(field)
        if not text:
            continue
        found = parse_number(text)
        if isinstance(found, NotANumber):
            errors[_place(view, field)] = found.sentence
        else:
            numbers[field] = found.value
    return numbers, errors


def _pressed(request: Request) -> int:
    return parse_id(request.value, Reason.NO_SUCH_DECISION)


def _about(view: OpenView) -> int:
    return parse_id(view.metadata.get("decision"), Reason.NO_SUCH_DECISION)
