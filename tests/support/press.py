"""A printing press for digests: teams with channels, a worker that ticks and delivers, and a Slack that may be down.

Time goes from one instant at which something is due to the next. A worker dies where it is told to; another one takes
over at once, and knows nothing but what the database says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from company import Company
from post_office import Dead
from slack_double import SlackDouble

from bot.blocks.post import Post
from bot.domain.cadence import Period, digest_at
from bot.domain.localtime import Weekday
from bot.domain.organisation import Level
from bot.rehearsal.fate import Died, Fate, Life, Mortality
from bot.rehearsal.ports import mortal
from bot.runtime import Runtime
from bot.services.agenda import next_due
from bot.services.rhythm import rhythm_of
from bot.settings import Settings
from bot.slack import Posted
from bot.slack_failures import SlackFailure
from models import Digest, Team, Workspace
from models.database import Database
from scheduler import delivery, redrawing, settling, ticks
from scheduler.workers import sign_on

NEVER = 10**9
LONGEST_NAP = 60
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Copy:
    """A message as it was posted: where, when, and what it said."""

    channel: str
    at: datetime
    thread_ts: str | None
    said: str

    @property
    def is_digest(self) -> bool:
        return self.thread_ts is None and ", week of " in self.said.splitlines()[0]


@dataclass
class Stationer(SlackDouble):
    """Keeps what was posted and what it was redrawn to. `trouble`: what every request raises while it is down."""

    now: Callable[[], datetime] = lambda: LONG_AGO
    life: Life | None = None
    trouble: SlackFailure | None = None
    refusals: dict[str, SlackFailure] = field(default_factory=dict)
    copies: list[Copy] = field(default_factory=list)
    redrawn: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def post(self, workspace_id: int, *, to: str, body: Post, opaque_id: str, thread_ts: str | None = None) -> Posted:
        self._cross("before the request")
        self.asked += 1
        failure = self.trouble or self.refusals.get(to)
        if failure is not None:
            raise failure
        posted = super().post(workspace_id, to=to, body=body, opaque_id=opaque_id, thread_ts=thread_ts)
        self.copies.append(Copy(posted.channel, self.now(), thread_ts, words_of(body)))
        self._cross("before the answer")
        return posted

    def redraw(self, workspace_id: int, *, at: Posted, body: Post) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.redrawn[at.ts] = words_of(body)

    def find(
        self, workspace_id: int, *, channel: str, opaque_id: str, since: datetime, thread_ts: str | None = None
    ) -> Posted | None:
        if self.trouble is not None:
            raise self.trouble
        return super().find(workspace_id, channel=channel, opaque_id=opaque_id, since=since, thread_ts=thread_ts)

    def digests(self, channel: str | None = None) -> list[Copy]:
        return [copy for copy in self.copies if copy.is_digest and channel in (None, copy.channel)]

    def _cross(self, point: str) -> None:
        if self.life is not None:
            self.life.cross(point)


COUNTED = {"tick": (1, 2), "tidy": (1,), "deliver": (1, 2, 3), "redraw": (1, 2)}
"""Which of the crossings of one kind are counted, by what is done: of the tick the digests' step and its end; of a
delivery the claim, the beginning and what came of it. Further ones are like these."""


class AtCrossing(Fate):
    """Death strikes at the one crossing that is told, of those that are counted."""

    def __init__(self, number: int) -> None:
        super().__init__(Mortality(), Random(0))
        self._left = number

    def strikes(self, point: str) -> bool:
        self.crossings[point] += 1
        if self.crossings[point] in COUNTED[point.partition(":")[0]]:
            self._left -= 1
            return self._left == 0
        return False


class LifeByStep(Life):
    """A life whose crossings are named by the step that it is in alone, as they are counted here."""

    def cross(self, point: str) -> None:
        self.check()
        named = f"{self.doing}: {point}"
        if self.fate.strikes(named):
            self.dead = True
            self.on_death(named)
            raise Died(named)


class DigestPress:
    """A database with workspaces in it, and one worker at a time."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database = database
        self.clock = now
        self.slack = Stationer(now=lambda: self.clock)
        self.deaths: Counter[str] = Counter()
        self.hire(NEVER)

    def workspace(
        self,
        name: str,
        zone: str,
        *,
        first: Period,
        on: Weekday = Weekday.WEDNESDAY,
        at: time = time(10),
        elsewhere: Sequence[str] = (),
    ) -> tuple[Team, ...]:
        """A company and a team beneath it with a key result each, whose digests come at this local hour, from the
        period `first` on; their channels are C…COMPANY and C…TEAM after the name. Further teams, named after the zone
        of their channel, for those `elsewhere`: theirs are C…0, C…1 and so on."""
        with self.database.write() as session:
            here = Workspace(name=name, slack_team_id=f"T0{name}", time_zone=zone, created_at=self.clock)
            session.add(here)
            session.flush()
            company = Company(session, self.clock, connected=here)
            here.digest_on, here.digest_at = on, at
            company.cycle.starts_on, company.cycle.ends_on = first - timedelta(days=7), first + timedelta(weeks=150)
            owner = company.person(f"Owner of {name}")
            company.person("Ada Admin", admin=True)
            whole = company.team("Company", level=Level.COMPANY, channel_id=f"C0{name}COMPANY")
            team = company.team("Growth", parent=whole, channel_id=f"C0{name}TEAM")
            others = [
                company.team(there, parent=whole, channel_id=f"C0{name}{number}")
                for number, there in enumerate(elsewhere)
            ]
            for one in others:
                one.digest_zone = one.name
            for one in (whole, team, *others):
                company.key_result(company.objective(one), owner)
                one.next_digest_at = digest_at(first, rhythm_of(here), ZoneInfo(one.digest_zone or zone))
            return whole, team, *others

    def hire(self, dies_at: int) -> None:
        """A new worker; the one before is dead. It dies at the crossing of this number, from 1."""
        self._fate = AtCrossing(dies_at)
        self._life = LifeByStep("worker", self._fate, on_death=lambda point: self.deaths.update([point]))
        self.slack.life = self._life
        self.runtime = Runtime(
            Settings(_env_file=None),  # type: ignore[call-arg]
            mortal(self.database, self._life),
            self.slack,
            lambda: self.clock,
            lambda: None,
        )
        # On the database that no death strikes.
        self._worker_id = sign_on(replace(self.runtime, database=self.database), "here")

    def live(self, until: datetime) -> None:
        """Do all that is due until then. Who dies is followed by another at once."""
        nap = 1
        while (due := self._next()) is not None and max(due, self.clock) <= until:
            self.clock = max(self.clock, due)
            try:
                self._turn()
            except Died:
                self.hire(NEVER)
            # What waits for its turn (a reply for its root) is looked at again, later and later, as a worker does.
            nap = min(2 * nap, LONGEST_NAP) if due == self._next() else 1
            if nap > 1:
                self.clock += timedelta(seconds=nap)
        self.clock = max(self.clock, until)

    def _turn(self) -> None:
        runtime = self.runtime
        self._life.doing = "tick"
        ticks.tick(runtime, self._worker_id, self.clock)
        self._life.doing = "tidy"
        settling.adopt_orphans(runtime, Dead(), self.clock)
        settling.fail_followers_of_lost_roots(runtime, self.clock)
        settling.settle(runtime)
        self._life.doing = "deliver"
        for claim in delivery.claim(runtime, self._worker_id, self.clock):
            self.clock = max(self.clock, claim.at)
            ready = delivery.begin(runtime, claim, self.clock)
            if ready is not None:
                delivery.finish(runtime, ready, delivery.send(runtime, ready), self.clock)
        self._life.doing = "redraw"
        for drawing in redrawing.claim(runtime, self.clock):
            redrawing.finish(runtime, drawing, redrawing.draw(runtime, drawing), self.clock)

    def _next(self) -> datetime | None:
        with self.database.read() as session:
            return next_due(session)

    def taken(self, team: Team) -> list[Period]:
        """The periods whose digest was taken, in order."""
        with self.database.read() as session:
            periods = session.scalars(sa.select(Digest.period).where(Digest.team_id == team.id).order_by(Digest.period))
            return [Period(one) for one in periods]


def words_of(body: Post) -> str:
    """All that a message says: its text, then its blocks."""
    lines = [body.text]
    for block in body.blocks:
        if "text" in block:
            lines.append(str(block["text"]["text"]))
        lines += [str(one["text"]) for one in block.get("elements", ()) if isinstance(one.get("text"), str)]
    return "\n".join(lines)
