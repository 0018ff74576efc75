"""A question to another team that nobody answers: it is reminded of, and then goes to the next on that team's path.

Each who is asked has the limit of their step in working hours, then the message of their next morning reminds them, and
after as long again the next one is asked. Each is asked once. An answer, or the end of the waiting, ends it; nobody
else is asked while the team is switched off.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.dependency import DependencyState
from bot.domain.ladder import Ask, Climb, Rung, climb, limit, working_time_after
from bot.domain.localtime import local_date_of
from bot.domain.morning import next_morning
from bot.domain.permissions import Action, may
from bot.services import access, morning_plan, outbox
from bot.services.between_teams import still_waits
from bot.services.escalation_path import path_of_team, schedule_of
from bot.services.schedules import weeks_of
from models import Blocker, Cycle, Delivery, Dependency, KeyResult, Member, Objective, PostKind, Team


def key(dependency_id: int) -> str:
    """The permanent key of the question to the first who is asked."""
    return f"dependency:{dependency_id}"


def next_on_the_path(
    session: Session, now: datetime, team: Team, key_result: KeyResult, *, met: Collection[int] = (), step: int = 0
) -> Climb:
    """Who of the other team is asked next: of those who may see the key result, and were not met before."""
    facts = access.key_result_facts(session, key_result)
    people = [
        one
        for one in path_of_team(session, team, but=key_result.owner_id)
        if one.id not in met and may(access.actor_of(one), Action.VIEW_KEY_RESULT, facts)
    ]
    weeks = weeks_of(session, people)
    return climb([Rung(one.id, weeks[one.id].schedule) for one in people], now, step=step)


def asked_of(session: Session, dependency_id: int) -> list[int]:
    """Who was asked, in their order."""
    return _told(session, dependency_id, Delivery.kind == PostKind.DEPENDENCY)


def passed_over(session: Session, dependency_id: int) -> list[int]:
    """Who was away when it would have been their turn, in their order."""
    # News of an answer has a number.
    return _told(session, dependency_id, Delivery.kind == PostKind.DEPENDENCY_NEWS, Delivery.part == 0)


def ask(session: Session, now: datetime, dependency: Dependency, asked: Ask) -> None:
    """Queue the question, and note when it is reminded of and when it goes on. The caller holds the dependency."""
    step = len(asked_of(session, dependency.id))
    dependency.asked_id = asked.member_id
    _plan(session, dependency, asked.at, step)
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=dependency.workspace_id,
            key=key(dependency.id) if step == 0 else f"{key(dependency.id)}:ask:{asked.member_id}",
            kind=PostKind.DEPENDENCY,
            member_id=asked.member_id,
            dependency_id=dependency.id,
            not_before=asked.at,
        ),
    )
    morning_plan.look_at(session, now, [asked.member_id])


def stop(session: Session, now: datetime, dependency: Dependency) -> None:
    """It is answered, or nobody waits any more: nobody else is asked, and what asks says so."""
    dependency.next_step_at = dependency.waits_until = None
    session.flush()
    redraw(session, now, dependency)


def redraw(session: Session, now: datetime, dependency: Dependency) -> None:
    """All that asks for the answer is shown as it stands."""
    _redraw(session, now, dependency.workspace_id, [dependency.id])


def redraw_about(session: Session, now: datetime, key_result_id: int) -> None:
    """What asks another team about this key result is shown as it stands: whether it waits, and no more than everybody
    may read."""
    key_result = session.get_one(KeyResult, key_result_id)
    about = session.scalars(sa.select(Dependency.id).where(Dependency.key_result_id == key_result_id)).all()
    if about:
        _redraw(session, now, key_result.workspace_id, about)


def _redraw(session: Session, now: datetime, workspace_id: int, dependency_ids: Collection[int]) -> None:
    asks = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.workspace_id == workspace_id,
            Delivery.dependency_id.in_(dependency_ids),
            Delivery.kind == PostKind.DEPENDENCY,
        )
    ).all()
    mornings = morning_plan.keys_about(session, workspace_id, morning_plan.of_dependencies(dependency_ids))
    outbox.redraw_all(session, now, workspace_id=workspace_id, keys=[*asks, *mornings])


def look_at_cycle(session: Session, now: datetime, cycle: Cycle) -> None:
    """A cycle has ended: nobody waits for another team in it any more. The next tick looks at its questions, in
    batches, and what asks says so."""
    about = (
        sa.select(Dependency.id)
        .join(Blocker, Blocker.id == Dependency.blocker_id)
        .join(KeyResult, KeyResult.id == Blocker.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(Blocker.workspace_id == cycle.workspace_id, Blocker.cleared_at.is_(None), Objective.cycle_id == cycle.id)
    )
    # Held in the order of their rows, as `looking_again` holds them.
    held = about.order_by(Dependency.id).with_for_update(of=Dependency, key_share=True)
    session.execute(
        sa.update(Dependency)
        .where(Dependency.id.in_(held))
        .values(next_step_at=now)
        .execution_options(synchronize_session="fetch")
    )


def due(session: Session, now: datetime, most: int) -> list[Dependency]:
    """Those whose next step is due, held."""
    rows = session.scalars(
        sa.select(Dependency)
        .where(Dependency.next_step_at <= now)
        .order_by(Dependency.next_step_at, Dependency.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    return list(rows)


def go_on(session: Session, now: datetime, dependency: Dependency) -> Climb | None:
    """Ask the next one on the path, where they are at work now; else note when they will be. The caller holds it.

    Returns who is asked now and who was passed over for them; None where nobody is.
    """
    key_result = session.get_one(KeyResult, dependency.key_result_id)
    if dependency.state is not DependencyState.ASKED or not still_waits(session, dependency):
        stop(session, now, dependency)
        return None
    if dependency.waits_until is not None and dependency.waits_until > now:
        # The path has changed while somebody has their time.
        dependency.next_step_at = dependency.waits_until
        return None
    asked = asked_of(session, dependency.id)
    if dependency.remind_on is None:
        # Asked by the version before, which reminded nobody: their time begins now.
        _plan(session, dependency, now, max(len(asked) - 1, 0))
        morning_plan.look_at(session, now, [dependency.asked_id])
        return None
    team = session.get_one(Team, dependency.team_id)
    if not team.is_on:
        # It was switched off. Who was asked can still answer; once it joins again, this is looked at.
        dependency.next_step_at = dependency.waits_until = None
        return None
    met = [*asked, *passed_over(session, dependency.id)]
    found = next_on_the_path(session, now, team, key_result, met=met, step=len(asked))
    if found.ask is None or found.ask.at > now:
        dependency.next_step_at = found.ask.at if found.ask is not None else None
        dependency.waits_until = None
        return None
    ask(session, now, dependency, found.ask)
    session.flush()
    redraw(session, now, dependency)
    return found


def _plan(session: Session, dependency: Dependency, at: datetime, step: int) -> None:
    schedule = schedule_of(session, session.get_one(Member, dependency.asked_id))
    over = working_time_after(schedule, at, limit(step))
    reminded = next_morning(over, schedule, not_before=local_date_of(over, schedule.zone)) or over
    dependency.remind_on = local_date_of(reminded, schedule.zone)
    dependency.next_step_at = dependency.waits_until = working_time_after(schedule, reminded, limit(step))


def _told(session: Session, dependency_id: int, *which: sa.ColumnElement[bool]) -> list[int]:
    """To whom such posts about it go, in their order."""
    rows = session.scalars(
        sa.select(Delivery.member_id)
        .where(Delivery.dependency_id == dependency_id, Delivery.member_id.is_not(None), *which)
        .order_by(Delivery.id)
    )
    return [one for one in rows if one is not None]
