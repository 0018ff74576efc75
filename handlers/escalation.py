"""The buttons and dialogs of an escalation: I'll take it, Decide, Take to review, Resolve."""

from __future__ import annotations

import re
from datetime import date, timedelta

import structlog

from bot.blocks import decisions as blocks
from bot.blocks import escalation_dialogs as dialogs
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.text import too_long
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.permissions import Action
from bot.runtime import Runtime
from bot.services import decisions, escalation, key_result_view
from bot.services.access import member_of, today_of
from bot.services.decisions import Draft, Field, NotADecision, Problem
from bot.services.escalation_case import case_of
from bot.services.refusals import Reason, Refused
from bot.services.standing import standing_now
from bot.slack_failures import SlackFailure
from handlers import redefining
from handlers.acquaintance import acquainted
from handlers.boundary import Desk
from handlers.ids import parse_id, parse_ids
from handlers.lines import problem_with
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Show, Whisper
from handlers.request import OpenView, Request
from models import Escalation

# The day that the dialog proposes; a week is when the next check-in shows whether it helped.
PROPOSED = timedelta(days=7)

log = structlog.get_logger(__name__)


def register(desk: Desk) -> None:
    desk.action(Act.TAKE_ESCALATION, take)
    desk.action(Act.TAKE_TO_REVIEW, take_to_review)
    desk.action(Act.DECIDE, open_decide)
    desk.action(Act.DECIDE_AFTER_ALL, decide_after_all)
    desk.action(Act.RESOLVE_ESCALATION, resolve)
    desk.submit(Dialog.DECIDE, decide)
    desk.submit(Dialog.RESOLVE, resolve_with_reason)


def take(runtime: Runtime, request: Request) -> Reply:
    """I'll take it. The message says so to everybody, so the presser needs no answer."""
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            escalation.take(session, now, caller=request.caller, escalation_id=_pressed(request))
    return Done()


def take_to_review(runtime: Runtime, request: Request) -> Reply:
    """Take to review."""
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            escalation.take_to_review(session, now, caller=request.caller, escalation_id=_pressed(request))
    return Done()


def open_decide(runtime: Runtime, request: Request) -> Reply:
    """Decide: opens the dialog."""
    now = runtime.now()
    with runtime.read() as session:
        about = escalation.seen(session, request.caller, _pressed(request), Action.DECIDE)
        if about.state is EscalationState.RESOLVED:
            raise Refused(Reason.ESCALATION_RESOLVED)
        today = today_of(member_of(session, request.caller), now)
        view = dialogs.decide(case_of(session, about, now), due=today + PROPOSED)
    return open_view(runtime, request, view)


def decide(runtime: Runtime, request: Request) -> Reply:
    """The decision was submitted. Twice the same dialog is one decision."""
    view = request.dialog
    key_result = view.metadata.get("key_result")
    chosen = view.user(Typed.DECISION_OWNER)
    owner_id = acquainted(runtime, request.caller.workspace_id, chosen) if chosen else None
    due = view.date(Typed.DECISION_DUE)
    kind = DecisionKind(view.option(Typed.DECISION_KIND) or DecisionKind.UNBLOCK.value)
    draft = Draft(view.text(Typed.DECISION), owner_id, date.fromisoformat(due) if due else None, kind)
    try:
        with runtime.write() as session:
            if not request.is_new(session, runtime.now()):
                return Done()
            now = runtime.now()
            if key_result is None:
                made = decisions.decide(session, now, caller=request.caller, escalation_id=_about(view), draft=draft)
            else:
                about = parse_id(key_result, Reason.NO_SUCH_KEY_RESULT)
                made = decisions.decide_about(session, now, caller=request.caller, key_result_id=about, draft=draft)
            confirms = key_result is not None or bool(view.metadata.get("confirms"))
            confirmed = decisions.recorded(session, now, made) if confirms else None
            # Saved is only what can be shown: where this fails nothing was decided, and the same dialog decides again.
            carries_out = redefining.after(session, request.caller, made)
    except NotADecision as wrong:
        return Errors(_sentences(wrong, draft))
    if carries_out is not None:
        return Show(carries_out)
    return Whisper(confirmed) if confirmed is not None else Done()


def decide_by_command(runtime: Runtime, request: Request, words: str) -> Reply:
    """`/okr decide 12 …`: opens the dialog with the words in it. What was typed is given back where it cannot."""
    head = re.match(r"(?:KR)?[\s#-]*(\d{1,9})(?!\w)[\s,:;.]*", words, re.IGNORECASE | re.ASCII)
    if head is None:
        return Whisper(blocks.decide_which(words))
    typed = words[head.end() :].strip()
    if len(typed) > dialogs.TEXT_LIMIT:
        return Whisper(blocks.too_long_to_decide(typed))
    return _open_for(runtime, request, int(head[1]), typed)


def decide_after_all(runtime: Runtime, request: Request) -> Reply:
    """*Open it again*, where Slack had not opened the dialog: with the words that were typed in it."""
    about = parse_ids(request.value, "number", unless=Reason.NO_SUCH_KEY_RESULT)
    return _open_for(runtime, request, about["number"], str(about.get("typed", ""))[: dialogs.TEXT_LIMIT])


def _open_for(runtime: Runtime, request: Request, number: int, typed: str) -> Reply:
    """The dialog of a decision about a key result; where Slack does not open it nothing that was typed is lost."""
    now = runtime.now()
    try:
        with runtime.read() as session:
            key_result = key_result_view.find(session, request.caller, number)
            about = decisions.about(session, request.caller, key_result)
            due = today_of(member_of(session, request.caller), now) + PROPOSED
            if isinstance(about, Escalation):
                view = dialogs.decide(case_of(session, about, now), due=due, text=typed, confirms=True)
            else:
                stands = standing_now(session, now, key_result)
                view = blocks.decide_outside(stands, due=due, text=typed, kinds=about)
    except Refused as refused:
        raise Refused(refused.reason, **refused.facts, typed=typed) from None
    try:
        return open_view(runtime, request, view)
    except SlackFailure as failure:
        log.warning("dialog_not_opened", error=failure.code)
        return Whisper(blocks.not_opened(number, typed))


def resolve(runtime: Runtime, request: Request) -> Reply:
    """Resolve, as a button."""
    return resolve_one(runtime, request, _pressed(request))


def resolve_one(runtime: Runtime, request: Request, pressed: int) -> Reply:
    """Resolve: at once where a decision is recorded; else the dialog asks why none was needed."""
    now = runtime.now()
    with runtime.read() as session:
        about = escalation.seen(session, request.caller, pressed, Action.RESOLVE_ESCALATION)
        asks_why = about.decided_at is None and about.state is not EscalationState.RESOLVED
        view = dialogs.resolve(case_of(session, about, now)) if asks_why else None
    if view is not None:
        return open_view(runtime, request, view)
    with runtime.write() as session:
        if request.is_new(session, now):
            escalation.resolve(session, now, caller=request.caller, escalation_id=pressed)
    return Done()


def resolve_with_reason(runtime: Runtime, request: Request) -> Reply:
    """The reason why no decision was needed was submitted. One that comes again resolves nothing that is open anew."""
    view = request.dialog
    reason = view.text(Typed.REASON)
    if wrong := problem_with(reason, dialogs.TEXT_LIMIT, dialogs.reason_missing):
        return Errors({Typed.REASON: wrong})
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            escalation.resolve(session, now, caller=request.caller, escalation_id=_about(view), reason=reason)
    return Done()


def _sentences(wrong: NotADecision, draft: Draft) -> dict[str, str]:
    sentences: dict[str, str] = {}
    for field, problem in wrong.problems.items():
        match field, problem:
            case Field.TEXT, Problem.TOO_LONG:
                sentences[Typed.DECISION] = too_long(len(draft.text), dialogs.TEXT_LIMIT)
            case Field.TEXT, _:
                sentences[Typed.DECISION] = dialogs.decision_missing()
            case Field.KIND, _:
                sentences[Typed.DECISION_KIND] = dialogs.kind_is_for_leads()
            case Field.OWNER, _:
                sentences[Typed.DECISION_OWNER] = owner_sentence(problem, wrong.owner_name)
            case Field.DUE, Problem.IN_THE_PAST:
                sentences[Typed.DECISION_DUE] = dialogs.due_in_the_past(wrong.today)
            case Field.DUE, _:
                sentences[Typed.DECISION_DUE] = dialogs.due_missing()
    return sentences


def owner_sentence(problem: Problem, name: str) -> str:
    """What is said under the field in which who makes a decision happen is chosen. `name` is theirs, if known."""
    match problem:
        case Problem.MISSING:
            return dialogs.owner_missing()
        case Problem.MAY_NOT_SEE_IT:
            return dialogs.owner_may_not_see(name)
        case _:
            return dialogs.owner_not_full_member(name)


def dialog_about(request: Request) -> tuple[int, OpenView]:
    """The escalation that a dialog is about, and the dialog."""
    view = request.dialog
    return _about(view), view


def _pressed(request: Request) -> int:
    return parse_id(request.value, Reason.NO_SUCH_ESCALATION)


def _about(view: OpenView) -> int:
    return parse_id(view.metadata.get("escalation"), Reason.NO_SUCH_ESCALATION)
