"""Signals: what the rules see in a team's data, which one its digest asks, and what somebody puts aside.

What fires is worked out anew each time. A row is kept of what was told in a digest, so that it rests for four weeks,
and of what was dismissed, so that it stays quiet until it gets worse (`bot/domain/signals/silence.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.signals import AskedSignal, TeamSignals
from bot.domain.cadence import Period, period_of
from bot.domain.cadence import period as monday
from bot.domain.localtime import Weekday, local_date_of
from bot.domain.permissions import Action, Facts, may
from bot.domain.reviews import Call, held, repeats, review_days
from bot.domain.signals.fired import Fired, Subject, most_useful_first
from bot.domain.signals.key_results import Roots, about_key_result, orphan
from bot.domain.signals.programme import (
    ceremonial_review,
    changing_priorities,
    friction,
    orphan_objective,
    overloaded_owner,
    too_many_key_results,
    too_many_objectives,
)
from bot.domain.signals.signal import Signal, evidence_to_json
from bot.domain.signals.silence import Before, speaks
from bot.services import access, audit, listing, signal_history
from bot.services.access import Caller
from bot.services.refusals import Reason, Refused
from bot.services.signal_history import Line
from bot.services.team_tree import teams_of
from models import Signal as Kept
from models import Team, Workspace
from models.once import insert_once

Thing = TypeVar("Thing")

REASON_LENGTH = 1000
"""The longest reason of a dismissal, in code points."""


@dataclass(frozen=True)
class Firing:
    """All that fires about some teams, the most useful first, and what became of each before, by key."""

    signals: tuple[Signal, ...]
    before: Mapping[str, Before]

    def is_dismissed(self, signal: Signal) -> bool:
        """Put aside, and not worse since."""
        known = self.before.get(signal.key)
        if known is None or known.dismissed_severity is None:
            return False
        return signal.fired.severity <= known.dismissed_severity

    def speaking(self, this: Period) -> Signal | None:
        """The most useful one that may be told in the period."""
        return next((one for one in self.signals if speaks(one.fired, self.before.get(one.key), this)), None)


def firing(
    session: Session, now: datetime, workspace: Workspace, teams: Sequence[Team], *, viewer: Caller | None, this: Period
) -> Firing:
    """What fires about these teams, as far as `viewer` may see it; null: what the whole workspace may see.

    A fixed number of queries, whatever the number of teams, key results and weeks. `this`: the newest period.
    """
    zone = ZoneInfo(workspace.time_zone)
    reading = _Reading(session, now, workspace, zone, viewer, this)
    signals = sorted(reading.signals(teams), key=lambda one: most_useful_first(one.fired))
    return Firing(tuple(signals), _before(session, workspace.id, [one.key for one in signals]))


def of_team(session: Session, now: datetime, viewer: Caller, team: Team) -> TeamSignals:
    """What `/okr signals` shows of a team and those beneath it. Raises `Refused`: no full member."""
    access.full_member(session, viewer)
    workspace = session.get_one(Workspace, viewer.workspace_id)
    this = period_of(now, ZoneInfo(workspace.time_zone))
    teams = teams_of(session, team)
    found = firing(session, now, workspace, teams, viewer=viewer, this=this)
    led = _led_by(session, viewer, team)
    asked = [one for one in found.signals if not found.is_dismissed(one)]
    return TeamSignals(
        team_id=team.id,
        team=team.name,
        signals=tuple(
            AskedSignal(one, told_in=known.told_in if (known := found.before.get(one.key)) else None) for one in asked
        ),
        dismissed=len(found.signals) - len(asked),
        may_dismiss=led,
        is_on=team.is_on,
    )


def find_team(session: Session, viewer: Caller, name: str) -> Team:
    """The team of this name, or without a name the first one that the viewer belongs to. Raises `Refused`."""
    access.member_of(session, viewer)
    if name:
        return listing.team_named(session, viewer, name)
    mine = listing.my_teams(session, viewer)
    if not mine:
        raise Refused(Reason.NO_TEAM_OF_YOURS)
    return next((team for team in mine if team.lead_id == viewer.member_id), mine[0])


def seen(session: Session, now: datetime, viewer: Caller, team_id: int, key: str) -> Signal:
    """The one that somebody wants to dismiss. Raises `Refused`: not theirs to dismiss, or it fires no more."""
    team = session.scalar(sa.select(Team).where(Team.workspace_id == viewer.workspace_id, Team.id == team_id))
    if team is None or not access.member_of(session, viewer).may_take_part:
        raise Refused(Reason.NO_SUCH_SIGNAL)
    if not _led_by(session, viewer, team):
        raise Refused(Reason.NOT_YOUR_SIGNAL)
    workspace = session.get_one(Workspace, viewer.workspace_id)
    this = period_of(now, ZoneInfo(workspace.time_zone))
    found = firing(session, now, workspace, teams_of(session, team), viewer=viewer, this=this)
    signal = next((one for one in found.signals if one.key == key and not found.is_dismissed(one)), None)
    if signal is None:
        raise Refused(Reason.NO_SUCH_SIGNAL)
    return signal


def dismiss(session: Session, now: datetime, caller: Caller, *, team_id: int, key: str, reason: str) -> Signal:
    """Put a signal aside for a reason (1 to `REASON_LENGTH` code points): it is quiet until it gets worse.

    Raises `Refused` as `seen` does.
    """
    signal = seen(session, now, caller, team_id, key)
    member = access.member_of(session, caller)
    row = _row(session, now, caller.workspace_id, signal)
    row.level, row.evidence = signal.fired.severity, _evidence(signal)
    row.dismissed_by_id, row.dismissed_reason = member.id, reason
    row.dismissed_at, row.dismissed_level = now, signal.fired.severity
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=caller.workspace_id,
        actor_id=member.id,
        actor_name=member.name,
        action="signal.dismissed",
        subject=row,
        detail={"key": signal.key, "reason": reason},
    )
    return signal


def tell(session: Session, now: datetime, workspace_id: int, signals: Collection[Signal], this: Period) -> None:
    """Keep that these were told in the digests of the period `this`: they rest then."""
    # Always in one order, so that two workers never wait for each other.
    for signal in sorted(signals, key=lambda one: one.key):
        row = _row(session, now, workspace_id, signal)
        level = signal.fired.severity
        if row.shown_in == this and row.shown_level is not None and row.shown_level >= level:
            continue
        row.level, row.evidence = level, _evidence(signal)
        row.shown_in, row.shown_at, row.shown_level = this, now, level
    session.flush()


def _row(session: Session, now: datetime, workspace_id: int, signal: Signal) -> Kept:
    about = signal.fired.about
    insert_once(
        session,
        Kept,
        {
            "workspace_id": workspace_id,
            "key": signal.key,
            "rule": signal.fired.rule,
            "team_id": signal.team_id,
            "key_result_id": about.id if about.subject is Subject.KEY_RESULT else None,
            "objective_id": about.id if about.subject is Subject.OBJECTIVE else None,
            "level": signal.fired.severity,
            "evidence": _evidence(signal),
            "fired_at": now,
        },
        key=("workspace_id", "key"),
    )
    return session.scalars(
        sa.select(Kept).where(Kept.workspace_id == workspace_id, Kept.key == signal.key).with_for_update(key_share=True)
    ).one()


def _evidence(signal: Signal) -> dict[str, object]:
    return {"version": 1, **evidence_to_json(signal.fired.evidence)}


def _before(session: Session, workspace_id: int, keys: Collection[str]) -> dict[str, Before]:
    rows = session.execute(
        sa.select(Kept.key, Kept.shown_in, Kept.shown_level, Kept.dismissed_level).where(
            Kept.workspace_id == workspace_id, Kept.key.in_(keys)
        )
    )
    return {
        key: Before(monday(shown_in) if shown_in is not None else None, shown_level or 0, dismissed_level)
        for key, shown_in, shown_level, dismissed_level in rows
    }


def _led_by(session: Session, viewer: Caller, team: Team) -> bool:
    facts = Facts(lead_ids_above=tuple(access.leads_above(session, team.id)))
    return may(access.actor_of(access.member_of(session, viewer)), Action.DISMISS_SIGNAL, facts)


@dataclass(frozen=True)
class _Reading:
    """One look at some teams."""

    session: Session
    now: datetime
    workspace: Workspace
    zone: ZoneInfo
    viewer: Caller | None
    this: Period

    @property
    def today(self) -> date:
        return local_date_of(self.now, self.zone)

    def signals(self, teams: Sequence[Team]) -> Iterator[Signal]:
        lines = signal_history.key_results(self.session, self.viewer, [team.id for team in teams])
        if not lines:
            return
        by_id = {line.id: line for line in lines}
        for fired in self._about_key_results([line for line in lines if line.is_active]):
            line = by_id[fired.about.id]
            ids = frozenset([line.id])
            yield Signal(fired, line.team_id, line.team, line.number, line.name, line.unit, key_result_ids=ids)
        yield from self._about_objectives(lines)
        yield from self._about_owners(lines)
        yield from self._about_teams(teams, lines)

    def _about_key_results(self, lines: Sequence[Line]) -> Iterator[Fired]:
        for history in signal_history.histories(
            self.session,
            lines,
            today=self.today,
            now=self.now,
            until=self.this,
            by_the_end=self.workspace.expected_score,
        ):
            yield from about_key_result(history)
        names_initiatives = any(line.initiatives for line in lines)
        for line in lines:
            has_baseline = not line.kind.is_metric or line.start is not None
            initiatives = line.initiatives if names_initiatives else None
            fired = orphan(Roots(line.id, has_baseline, initiatives, line.owner_is_here))
            if fired is not None:
                yield fired

    def _about_objectives(self, lines: Sequence[Line]) -> Iterator[Signal]:
        has_priorities = signal_history.has_priorities(self.session, self.workspace.id)
        for objective_id, of_objective in _grouped(lines, lambda line: line.objective_id):
            first, ids = of_objective[0], frozenset(line.id for line in of_objective)
            serves = first.priority_id is not None
            for fired in (
                orphan_objective(objective_id, serves_a_priority=serves, has_priorities=has_priorities),
                too_many_key_results(objective_id, len(of_objective)),
            ):
                if fired is not None:
                    yield Signal(fired, first.team_id, first.team, None, first.objective, key_result_ids=ids)

    def _about_owners(self, lines: Sequence[Line]) -> Iterator[Signal]:
        owners = {line.owner_id: line for line in reversed(lines) if line.is_active and line.owner_id is not None}
        for member_id, count in sorted(signal_history.owned(self.session, self.viewer, owners).items()):
            fired = overloaded_owner(member_id, count)
            if fired is not None:
                line = owners[member_id]
                ids = frozenset(one.id for one in lines if one.owner_id == member_id)
                yield Signal(fired, line.team_id, line.team, None, "", key_result_ids=ids)

    def _about_teams(self, teams: Sequence[Team], lines: Sequence[Line]) -> Iterator[Signal]:
        changed = signal_history.changes(self.session, lines, self.zone)
        calls = signal_history.calls(self.session, lines, self.zone)
        overdue = signal_history.overdue(self.session, lines, self.today)
        waits = signal_history.waits(self.session, lines, self.zone)
        of_team = dict(_grouped(lines, lambda line: line.team_id))
        for team in teams:
            own = of_team.get(team.id, ())
            if not own:
                continue
            ids = frozenset(line.id for line in own)
            objectives = len({line.objective_id for line in own})
            for fired in (
                too_many_objectives(team.id, team.level, objectives),
                changing_priorities(
                    team.id,
                    [day for _, day in changed.get(team.id, ())],
                    began=self._began(team, own[0]),
                    today=self.today,
                ),
                self._ceremonial(team, own[0], [one for one in calls if one.key_result_id in ids], overdue, ids),
            ):
                if fired is not None:
                    yield Signal(fired, team.id, team.name, None, team.name, key_result_ids=ids)
            for awaited, waiting in _grouped(
                [one for one in waits if one.key_result_id in ids and one.team_id != team.id], lambda one: one.team_id
            ):
                fired = friction(team.id, awaited, [one.since for one in waiting], today=self.today)
                if fired is not None:
                    stuck = frozenset(one.key_result_id for one in waiting)
                    other = waiting[0].team
                    yield Signal(fired, team.id, team.name, None, team.name, other=other, key_result_ids=stuck)

    def _began(self, team: Team, line: Line) -> date:
        """A team that joined in mid-cycle brought its key results along: that was no change."""
        joined = local_date_of(team.switched_on_at, self.zone) if team.switched_on_at is not None else line.starts_on
        return max(line.starts_on, joined)

    def _ceremonial(
        self, team: Team, line: Line, calls: Sequence[Call], overdue: Sequence[int], ids: Collection[int]
    ) -> Fired | None:
        meeting = team.meeting_on if team.meeting_on is not None else self.workspace.meeting_on
        days = review_days(self._began(team, line), self.today, Weekday(meeting))
        return ceremonial_review(
            team.id,
            held(days, calls),
            undecided=sum(not one.was_needed and not one.decided_on for one in calls),
            repeats=repeats(calls),
            overdue=sum(one in ids for one in overdue),
        )


def _grouped(things: Iterable[Thing], by: Callable[[Thing], int]) -> list[tuple[int, list[Thing]]]:
    """The things with the same id together, in the order in which the ids come first."""
    found: dict[int, list[Thing]] = {}
    for one in things:
        found.setdefault(by(one), []).append(one)
    return list(found.items())
