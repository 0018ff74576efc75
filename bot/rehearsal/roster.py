"""Who is who in a rehearsal: read once, after the teams were switched on."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from random import Random
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Rhythm, closes_at, digest_at, digest_due, opens_at, period
from bot.domain.kinds import Kind
from bot.services.asking import only_asked_about
from bot.services.rhythm import DigestWeek, digest_week, rhythm_of
from models import KeyResult, KeyResultRevision, Member, MemberKind, Team, Workspace


@dataclass(frozen=True)
class Owned:
    """A key result as its owner knows it. `start` and `target` are numbers, null where there are none."""

    number: int
    kind: Kind
    start: float | None
    target: float | None


# Nobody is reminded or asked before or after, whatever their own working hours are; and on no weekend.
EARLIEST, LATEST = 6, 21
SATURDAY = 5


@dataclass
class Somebody:
    """A person: what they own, when anything changed by which they are asked, and when their account did (`moves`: its
    zone, and whether it is active). `covers`: whom they have named to stand in for them, by Slack id."""

    id: str
    member_id: int
    name: str
    zone: ZoneInfo
    random: Random
    rhythm: Rhythm
    is_stranger: bool = False
    owned: dict[int, Owned] = field(default_factory=dict)
    leads: list[str] = field(default_factory=list)
    covers: set[str] = field(default_factory=set)
    changes: list[datetime] = field(default_factory=list)
    moves: list[datetime] = field(default_factory=list)
    left_at: datetime | None = None

    def opens(self, monday: date) -> datetime:
        """When they are asked, by their own clock; in UTC."""
        return opens_at(period(monday), self.rhythm, self.zone)

    def closes(self, monday: date) -> datetime:
        """Until when they answer on time; in UTC."""
        return closes_at(period(monday), self.rhythm, self.zone)

    def is_at_work(self, at: datetime) -> bool:
        """Whether they may be asked for something then: by day, on a weekday, by their own clock. Generous, because
        everybody chooses their own hours."""
        local = at.astimezone(self.zone)
        return local.weekday() < SATURDAY and EARLIEST <= local.hour < LATEST

    def moved(self, at: datetime) -> None:
        """Their account changed."""
        self.changes.append(at)
        self.moves.append(at)

    def stayed(self, since: datetime, until: datetime) -> bool:
        """Whether they were here, in the zone that they are in now, all this time. They may have been on leave."""
        return self.left_at is None and not any(since <= at <= until for at in self.moves)

    def was_settled(self, since: datetime, until: datetime) -> bool:
        """Whether nothing changed about them in this time, and they were here."""
        return self.left_at is None and not any(since <= at <= until for at in self.changes)


@dataclass(frozen=True)
class OwnTeam:
    """A team that is on. `numbers`: the key results that it holds and that are asked about. `digest`: when it reads
    its week; `lead`: the Slack id of who leads it, "" where nobody does who is here."""

    id: int
    name: str
    channel: str
    numbers: frozenset[int]
    digest: DigestWeek
    lead: str = ""

    def due(self, now: datetime) -> date:
        """The newest week whose digest's hour has come."""
        return digest_due(now, *self.digest)

    def digest_at(self, monday: date) -> datetime:
        """The hour of a week's digest; in UTC."""
        return digest_at(period(monday), *self.digest)


@dataclass(frozen=True)
class Roster:
    """Everybody, by Slack id, and the teams. `stopped`, `limited`: the numbers of key results."""

    people: dict[str, Somebody]
    teams: tuple[OwnTeam, ...]
    workspace_id: int
    stopped: set[int] = field(default_factory=set)
    limited: set[int] = field(default_factory=set)

    def digest(self, monday: date) -> datetime:
        """When the last digest of a week is posted; in UTC."""
        return max(team.digest_at(monday) for team in self.teams)

    @cached_property
    def teams_by_name(self) -> dict[str, OwnTeam]:
        return {team.name: team for team in self.teams}

    @property
    def owners(self) -> list[Somebody]:
        return [one for one in self.people.values() if one.owned]

    @property
    def present(self) -> list[Somebody]:
        """The owners who have not left."""
        return [one for one in self.owners if one.left_at is None]

    def key_result(self, number: int) -> Owned | None:
        """A key result, whoever owns it now."""
        return next((one.owned[number] for one in self.people.values() if number in one.owned), None)

    def give(self, number: int, to: Somebody, at: datetime) -> None:
        """A key result has another owner since `at`."""
        for one in self.people.values():
            if number in one.owned and one is not to:
                to.owned[number] = one.owned.pop(number)
                one.changes.append(at)
                to.changes.append(at)

    def stop(self, number: int, at: datetime) -> None:
        """Since `at` nobody is asked about a key result any more, or may not be."""
        self.stopped.add(number)
        for one in self.people.values():
            if one.owned.pop(number, None) is not None:
                one.changes.append(at)

    def by_member(self) -> dict[int, Somebody]:
        return {one.member_id: one for one in self.people.values()}


def read_roster(session: Session, seed: int) -> Roster:
    """Read everybody. Each person has a stream of chance of their own."""
    workspace = session.scalars(sa.select(Workspace).order_by(Workspace.id)).first()
    assert workspace is not None  # noqa: S101 - it was connected before
    rhythm = rhythm_of(workspace)
    members = session.scalars(
        sa.select(Member).where(Member.kind.in_((MemberKind.FULL, MemberKind.GUEST))).order_by(Member.id)
    ).all()
    people = {
        member.slack_user_id: Somebody(
            member.slack_user_id,
            member.id,
            member.name,
            ZoneInfo(member.time_zone),
            Random(f"{seed}/{member.name}"),  # noqa: S311 - a story, not a secret
            rhythm,
        )
        for member in members
    }
    by_member = {one.member_id: one for one in people.values()}
    rows = session.execute(
        only_asked_about(sa.select(KeyResult, KeyResultRevision, Team)).order_by(KeyResult.number)
    ).all()
    holding: dict[int, set[int]] = defaultdict(set)
    for key_result, definition, team in rows:
        holding[team.id].add(key_result.number)
        if key_result.owner_id in by_member:
            by_member[key_result.owner_id].owned[key_result.number] = Owned(
                key_result.number,
                definition.kind,
                float(definition.start) if definition.start is not None else None,
                float(definition.target) if definition.target is not None else None,
            )
    teams = session.scalars(
        sa.select(Team).where(Team.switched_on_at.is_not(None), Team.channel_id.is_not(None)).order_by(Team.id)
    ).all()
    leads = {team.lead_id for team in teams}
    for one in people.values():
        one.is_stranger = not one.owned and one.member_id not in leads
    for team in teams:
        if team.lead_id in by_member:
            by_member[team.lead_id].leads.append(team.name)
    return Roster(
        people,
        tuple(
            OwnTeam(
                team.id,
                team.name,
                team.channel_id or "",
                frozenset(holding[team.id]),
                digest_week(workspace, team),
                by_member[team.lead_id].id if team.lead_id in by_member else "",
            )
            for team in teams
        ),
        workspace.id,
    )
