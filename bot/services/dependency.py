"""Waiting for another team: it is asked once for each blocker, and what it says is told on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import dependency as messages
from bot.blocks.dependency import Request
from bot.blocks.escalation import hidden
from bot.blocks.post import Post
from bot.domain.dependency import DependencyState
from bot.domain.escalation import EscalationState
from bot.domain.ladder import Ask
from bot.domain.localtime import local_date_of
from bot.domain.permissions import Action, Facts, may
from bot.services import access, audit, outbox
from bot.services import dependency_ladder as ladder
from bot.services.access import Caller
from bot.services.between_teams import still_waits
from bot.services.escalation_case import root_of
from bot.services.escalation_news import redraw
from bot.services.escalation_path import schedule_of
from bot.services.escalation_readers import LOST, may_stand, taken_back
from bot.services.refusals import Reason, Refused
from bot.services.standing import standing_now
from bot.services.still_open import open_for_key_results
from bot.services.waiting import waits_for
from models import (
    Answer,
    Blocker,
    CheckIn,
    Delivery,
    Dependency,
    Escalation,
    KeyResult,
    Member,
    Objective,
    PostKind,
    Team,
    Workspace,
)

# What a check-in's answer brings about


def hold(session: Session, key_result_id: int) -> None:
    """Hold the questions about it: after its requests for help, and before any message, as a tick and a press do."""
    asked = sa.select(Dependency.id).where(Dependency.key_result_id == key_result_id).order_by(Dependency.id)
    session.execute(asked.with_for_update(key_share=True)).all()


def follow(session: Session, now: datetime, key_result: KeyResult, blocker: Blocker | None) -> None:
    """An answer was recorded, and `blocker` blocks now: who is waited for is asked, and what is over asks no more."""
    over = session.scalars(
        sa.select(Dependency)
        .join(Blocker, Blocker.id == Dependency.blocker_id)
        .where(Dependency.key_result_id == key_result.id, Blocker.cleared_at == now)
    ).all()
    for one in over:
        ladder.stop(session, now, one)
    if blocker is not None and blocker.by_team_id is not None:
        _ask(session, now, key_result, blocker)


def _ask(session: Session, now: datetime, key_result: KeyResult, blocker: Blocker) -> None:
    """Ask the other team's lead, or who comes next on its path where they are away. Nobody is asked about a key result
    that they may not see, nor before their team has joined (`bot/services/not_asked_yet.py` asks them once they can
    be), nor the own team: it has its own ways."""
    team = session.get_one(Team, blocker.by_team_id)
    home = session.get_one(Objective, key_result.objective_id).team_id
    was_asked = session.scalar(sa.select(sa.exists().where(Dependency.blocker_id == blocker.id)))
    if was_asked or not team.is_on or team.id == home:
        return
    found = ladder.next_on_the_path(session, now, team, key_result)
    if found.ask is not None:
        begin(session, now, blocker, found.ask, passed_over=found.passed_over)


def begin(session: Session, now: datetime, blocker: Blocker, asked: Ask, *, passed_over: Sequence[int]) -> None:
    """Ask them whether the team that blocks can help. The caller holds the key result: nobody was asked before."""
    dependency = Dependency(
        workspace_id=blocker.workspace_id,
        blocker_id=blocker.id,
        key_result_id=blocker.key_result_id,
        team_id=blocker.by_team_id,
        asked_id=asked.member_id,
        asked_at=now,
    )
    session.add(dependency)
    session.flush()
    _note(session, now, None, dependency, "dependency.asked")
    ladder.ask(session, now, dependency, asked)
    _tell_who_was_away(session, now, dependency, passed_over)


def step_due(session: Session, now: datetime, most: int) -> int:
    """Go on with up to `most` questions that nobody has answered. Returns how many were looked at."""
    due = ladder.due(session, now, most)
    for dependency in due:
        found = ladder.go_on(session, now, dependency)
        if found is not None:
            _note(session, now, None, dependency, "dependency.asked_next")
            _tell_who_was_away(session, now, dependency, found.passed_over)
            _reply(session, now, dependency, f"ask:{dependency.asked_id}")
        session.flush()
    return len(due)


def _tell_who_was_away(session: Session, now: datetime, dependency: Dependency, member_ids: Sequence[int]) -> None:
    """Nobody is passed over without seeing it: they read it when they are back."""
    for member_id in member_ids:
        back = schedule_of(session, session.get_one(Member, member_id)).at_work_from(now)
        if back is not None:
            _tell(session, back, dependency, member_id, f"away:{member_id}")


# What the other team says


def accept(session: Session, now: datetime, caller: Caller, dependency_id: int) -> None:
    """The other team takes it on. Raises `Refused`: it was not asked of them, or nobody waits any more."""
    _answer(session, now, caller, dependency_id, DependencyState.ACCEPTED)


def refuse(session: Session, now: datetime, caller: Caller, dependency_id: int, reason: str) -> None:
    """The other team can't; `reason` is not empty. Raises `Refused` as `accept`."""
    _answer(session, now, caller, dependency_id, DependencyState.REFUSED, reason=reason)


def propose(session: Session, now: datetime, caller: Caller, dependency_id: int, due_on: date) -> None:
    """The other team can do it by a day. Raises `Refused` as `accept`."""
    _answer(session, now, caller, dependency_id, DependencyState.DATED, due_on=due_on)


def question(session: Session, now: datetime, caller: Caller, dependency_id: int) -> Request:
    """What a dialog is about. Raises `Refused` as `accept`."""
    return _request(session, now, _answerable(session, caller, dependency_id), caller.member_id)


def _answer(
    session: Session,
    now: datetime,
    caller: Caller,
    dependency_id: int,
    state: DependencyState,
    *,
    reason: str | None = None,
    due_on: date | None = None,
) -> None:
    dependency = _answerable(session, caller, dependency_id, lock=True)
    if (dependency.state, dependency.reason, dependency.due_on) == (state, reason, due_on):
        return
    dependency.state, dependency.reason, dependency.due_on = state, reason, due_on
    dependency.answered_by_id, dependency.answered_at = caller.member_id, now
    dependency.revision += 1
    session.flush()
    _note(session, now, caller, dependency, f"dependency.{state.value}")
    ladder.stop(session, now, dependency)
    _reply(session, now, dependency, str(dependency.revision))
    owner_id = session.get_one(KeyResult, dependency.key_result_id).owner_id
    if owner_id is not None and owner_id != caller.member_id:
        _tell(session, now, dependency, owner_id, f"to:{owner_id}:{dependency.revision}")


def _reply(session: Session, now: datetime, dependency: Dependency, what: str) -> None:
    """Into the open thread, where there is one."""
    escalation = _open_escalation(session, dependency.key_result_id)
    if escalation is None:
        return
    redraw(session, now, escalation)
    root = root_of(session, escalation)
    if root is None or root.state in LOST:
        return
    outbox.reply(
        session,
        now,
        root,
        key=_reply_key(dependency, what),
        kind=PostKind.DEPENDENCY_REPLY,
        dependency_id=dependency.id,
        part=dependency.revision,
        # It is said once, and taken back as all of the thread is.
        shows_state=True,
    )


def _reply_key(dependency: Dependency, what: str) -> str:
    return f"{ladder.key(dependency.id)}:reply:{what}"


def _tell(session: Session, at: datetime, dependency: Dependency, member_id: int, what: str) -> None:
    outbox.post(
        session,
        at,
        outbox.NewPost(
            workspace_id=dependency.workspace_id,
            key=f"{ladder.key(dependency.id)}:{what}",
            kind=PostKind.DEPENDENCY_NEWS,
            member_id=member_id,
            dependency_id=dependency.id,
            part=dependency.revision,
        ),
    )


def _answerable(session: Session, caller: Caller, dependency_id: int, *, lock: bool = False) -> Dependency:
    wanted = sa.select(Dependency).where(Dependency.workspace_id == caller.workspace_id, Dependency.id == dependency_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    dependency = session.scalar(wanted)
    member = access.full_member(session, caller)
    if dependency is None or not _may_answer(session, dependency, member):
        raise Refused(Reason.NOT_ASKED_OF_YOU)
    if not still_waits(session, dependency):
        raise Refused(Reason.WAITS_NO_MORE)
    return dependency


def _may_answer(session: Session, dependency: Dependency, member: Member) -> bool:
    speak = {*ladder.asked_of(session, dependency.id), *access.leads_above(session, dependency.team_id)}
    facts = replace(_facts_of(session, dependency), other_team_ids=frozenset(speak))
    return may(access.actor_of(member), Action.ANSWER_FOR_TEAM, facts)


def _may_see(session: Session, dependency: Dependency, member: Member) -> bool:
    return may(access.actor_of(member), Action.VIEW_KEY_RESULT, _facts_of(session, dependency))


def _facts_of(session: Session, dependency: Dependency) -> Facts:
    return access.key_result_facts(session, session.get_one(KeyResult, dependency.key_result_id))


# Rendering. Who may read is looked at each time: a key result can be limited after the other team was asked.


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The question as it stands; it does not leave once nobody waits, and is taken back from who may not see it."""
    dependency = session.get_one(Dependency, delivery.dependency_id)
    reader = session.get_one(Member, delivery.member_id)
    is_sent = delivery.posted_ts is not None
    if not _may_see(session, dependency, reader):
        return hidden() if is_sent else None
    request = _request(session, now, dependency, reader.id)
    return messages.asked(request) if is_sent or not request.is_over else None


def reply_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The answer in the thread, or that it goes on without one; None where it is another one by now, or its readers may
    not see it."""
    dependency = session.get_one(Dependency, delivery.dependency_id)
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if not may_stand(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    goes_on = delivery.part == 0
    # It was answered anew since, or went on once more.
    is_older = goes_on and delivery.key != _reply_key(dependency, f"ask:{dependency.asked_id}")
    if is_older or dependency.revision != delivery.part:
        return None
    if goes_on:
        return messages.goes_on(_request(session, now, dependency, dependency.asked_id))
    return messages.reply(_request(session, now, dependency, None))


def news_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The answer to the owner; or to who was away, that somebody else was asked."""
    dependency = session.get_one(Dependency, delivery.dependency_id)
    reader = session.get_one(Member, delivery.member_id)
    if not _may_see(session, dependency, reader):
        return None
    request = _request(session, now, dependency, reader.id)
    if delivery.part == 0:
        return None if request.is_over else messages.news_of_passing_over(request)
    return messages.news(request) if dependency.revision == delivery.part else None


def _request(session: Session, now: datetime, dependency: Dependency, reader_id: int | None) -> Request:
    blocker = session.get_one(Blocker, dependency.blocker_id)
    key_result = session.get_one(KeyResult, dependency.key_result_id)
    zone = ZoneInfo(session.get_one(Workspace, dependency.workspace_id).time_zone)
    waiting = session.get_one(Team, session.get_one(Objective, key_result.objective_id).team_id)
    owner = session.get_one(Member, key_result.owner_id).name if key_result.owner_id is not None else "The owner"
    open_call = open_for_key_results(session, [key_result.id]).get(key_result.id)
    # Where a thread is open that is not for everybody, its words are not told here either.
    is_open = _open_escalation(session, key_result.id) is not None
    words = _newest_answer(session, key_result.id) if not is_open else None
    said_by = open_call.said_by_id if open_call is not None else words.author_id if words is not None else None
    waits = waits_for(session, [blocker.id])[blocker.id]
    asked = ladder.asked_of(session, dependency.id)
    until = asked.index(reader_id) if reader_id in asked else 0
    before = _names(session, asked[:until])
    return Request(
        dependency_id=dependency.id,
        standing=standing_now(session, now, key_result),
        owner=owner,
        waiting=waiting.name,
        since=local_date_of(blocker.opened_at, zone),
        waits=waits,
        asked_on=local_date_of(dependency.asked_at, zone),
        stuck=open_call.stuck if open_call is not None else words.working if words is not None else "",
        need=open_call.need if open_call is not None else words.need if words is not None else "",
        owner_says=said_by is None or said_by == key_result.owner_id,
        leads=next(
            (one.name for one in access.teams_above(session, dependency.team_id) if one.lead_id == reader_id), None
        ),
        away=tuple(_names(session, ladder.passed_over(session, dependency.id))),
        before=tuple(before),
        asks_now=waits.asked if reader_id in asked and reader_id != dependency.asked_id else None,
        is_over=not still_waits(session, dependency),
        link=open_call.link if open_call is not None else None,
    )


def _newest_answer(session: Session, key_result_id: int) -> Answer | None:
    return session.scalar(
        sa.select(Answer)
        .join(CheckIn, CheckIn.id == Answer.check_in_id)
        .where(CheckIn.key_result_id == key_result_id)
        .order_by(CheckIn.period.desc(), Answer.revision.desc())
        .limit(1)
    )


def _names(session: Session, member_ids: Sequence[int]) -> list[str]:
    return [session.get_one(Member, one).name for one in member_ids]


def _open_escalation(session: Session, key_result_id: int) -> Escalation | None:
    return session.scalar(
        sa.select(Escalation).where(
            Escalation.key_result_id == key_result_id, Escalation.state != EscalationState.RESOLVED
        )
    )


def _note(session: Session, now: datetime, caller: Caller | None, dependency: Dependency, action: str) -> None:
    audit.record(
        session,
        now,
        workspace_id=dependency.workspace_id,
        actor_id=caller.member_id if caller is not None else None,
        action=action,
        subject=dependency,
        detail={"key_result": dependency.key_result_id, "team": dependency.team_id, "asked": dependency.asked_id},
    )
