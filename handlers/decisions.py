"""The list of decisions, and the buttons of one: Done, and Drop with its reason."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from sqlalchemy.orm import Session

from bot.blocks import decision_list as lists
from bot.blocks import decisions as dialogs
from bot.blocks.ids import Act, Dialog, Typed
from bot.domain.decision_filter import DecisionFilter, understand
from bot.runtime import Runtime
from bot.services import decision_list, decisions, listing, ownerless_decisions
from bot.services.access import Caller
from bot.services.decisions import Field, NotADecision
from bot.services.refusals import Reason, Refused
from handlers.acquaintance import acquainted
from handlers.boundary import Desk
from handlers.escalation import owner_sentence
from handlers.ids import parse_id
from handlers.lines import problem_with
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import OpenView, Request
from models import Team


def register(desk: Desk) -> None:
    desk.action(Act.DECISION_DONE, done)
    desk.action(Act.DROP_DECISION, open_drop)
    desk.submit(Dialog.DROP_DECISION, drop)
    desk.action(Act.GIVE_DECISION, open_give)
    desk.submit(Dialog.GIVE_DECISION, give)


def listed(runtime: Runtime, request: Request, words: str) -> Reply:
    """`/okr decisions`, with words that filter and a page."""
    wanted = understand(words)
    with runtime.read() as session:
        team = None
        if wanted.team:
            wanted, team = _with_team(session, request.caller, wanted, words)
        found = decision_list.page(session, request.caller, runtime.now(), wanted, team)
    return Whisper(lists.decisions(found))


def _with_team(session: Session, viewer: Caller, wanted: DecisionFilter, words: str) -> tuple[DecisionFilter, Team]:
    """The team that is named. "Team 2" may be a name, or the second page of "Team"."""
    numbered = f"{wanted.team} {wanted.page}"
    if words.rstrip().endswith(numbered):
        with suppress(Refused):
            team = listing.team_named(session, viewer, numbered)
            return replace(wanted, team=numbered, page=1), team
    return wanted, listing.team_named(session, viewer, wanted.team)


def done(runtime: Runtime, request: Request) -> Reply:
    """Done. The messages about it say so; who pressed in a list, which stays as it is, reads it."""
    with runtime.write() as session:
        decisions.done(session, runtime.now(), caller=request.caller, decision_id=_pressed(request))
    return Whisper(dialogs.noted_as_done()) if _is_in_a_list(request) else Done()


def open_drop(runtime: Runtime, request: Request) -> Reply:
    """Drop: opens the dialog that asks why."""
    with runtime.read() as session:
        decision, number = decisions.open_one(session, request.caller, _pressed(request))
        view = dialogs.drop(f"KR-{number}", decision.id, decision.text)
    return open_view(runtime, request, view)


def drop(runtime: Runtime, request: Request) -> Reply:
    """The reason was submitted. Twice the same dialog drops once."""
    view = request.dialog
    reason = view.text(Typed.REASON)
    if wrong := problem_with(reason, dialogs.REASON_LIMIT, dialogs.reason_missing):
        return Errors({Typed.REASON: wrong})
    about = _about(view)
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            decisions.drop(session, now, caller=request.caller, decision_id=about, reason=reason)
    return Done()


def open_give(runtime: Runtime, request: Request) -> Reply:
    """*Give to…*: opens the dialog that asks who makes it happen now."""
    with runtime.read() as session:
        decision, number, left = ownerless_decisions.to_give(session, request.caller, _pressed(request))
        view = dialogs.give(f"KR-{number}", decision.id, decision.text, left.name)
    return open_view(runtime, request, view)


def give(runtime: Runtime, request: Request) -> Reply:
    """Somebody was chosen. Twice the same dialog gives once."""
    view = request.dialog
    chosen = view.user(Typed.DECISION_OWNER)
    owner_id = acquainted(runtime, request.caller.workspace_id, chosen) if chosen else None
    about = _about(view)
    try:
        with runtime.write() as session:
            owner = ownerless_decisions.give(
                session, runtime.now(), caller=request.caller, decision_id=about, owner_id=owner_id
            )
            name = owner.name
    except NotADecision as wrong:
        return Errors({Typed.DECISION_OWNER: owner_sentence(wrong.problems[Field.OWNER], wrong.owner_name)})
    return Whisper(dialogs.given(name))


def _is_in_a_list(request: Request) -> bool:
    """Whether it was pressed in a message that only the presser sees."""
    return bool((request.body.get("container") or {}).get("is_ephemeral"))


def _pressed(request: Request) -> int:
    return parse_id(request.value, Reason.NO_SUCH_DECISION)


def _about(view: OpenView) -> int:
    return parse_id(view.metadata.get("decision"), Reason.NO_SUCH_DECISION)
