"""A whole rehearsal: the company arrives, its teams join, the weeks pass, and what was seen is told."""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, Rhythm, digest_at, following
from bot.domain.importing.columns import Column
from bot.domain.importing.problem import Problem, shown
from bot.domain.importing.rows import Rows, read_rows
from bot.domain.localtime import Weekday
from bot.domain.meeting import DEFAULT, rhythm_before
from bot.localslack.admission import SlackLimits
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.manifest import from_manifest
from bot.manifest import manifest
from bot.rehearsal.crowd import Crowd
from bot.rehearsal.cycle import USUAL_WEEKS, RehearsedCycle, Unplayable, begin, newest_cycle
from bot.rehearsal.ears import listening
from bot.rehearsal.fate import Fate, Mortality
from bot.rehearsal.fleet import Fleet
from bot.rehearsal.journal import Journal
from bot.rehearsal.keyhole import Keyhole
from bot.rehearsal.onlooker import Onlooker
from bot.rehearsal.ports import API
from bot.rehearsal.process import Ground, Process, Roll
from bot.rehearsal.programme import COMPANY, HOME_ZONE, Programme, invented, of_file
from bot.rehearsal.report import Report, report_of, size_of
from bot.rehearsal.rest import Rest
from bot.rehearsal.roster import OwnTeam, Roster, Somebody, read_roster
from bot.rehearsal.seam import Seam
from bot.rehearsal.switchboard import Switchboard
from bot.rehearsal.timeline import Timeline
from bot.rehearsal.told import Told
from bot.rehearsal.travel import Travel
from bot.rehearsal.weather import OUTAGE, Level, Outage, mortality, no_connection, rules
from bot.rehearsal.witness import Witness
from bot.services import teams
from bot.services.failures import failures_since
from bot.services.home_changes import LOOKED_AT
from bot.services.importing import COMMAND_LINE, ImportRefused, import_rows
from bot.services.installations import only_workspace
from bot.services.rhythm import keep
from bot.settings import Settings
from migrations.run import start_over
from models import CheckIn, CheckInState, Delivery, KeyResult, PostKind, Team
from models.database import Database, open_database

# A day after the digest the week is over: nobody acts any more, nothing is planned.
UNTIL_REST = timedelta(hours=26)
# What Okra could not show while somebody looked at Home is settled by then.
LOOKS_ON = timedelta(hours=1)
# How long after the closing a prompt is looked for that should have come.
GRACE = timedelta(minutes=10)
# By then answering has closed, but for who lives far west of the digest.
BEFORE_THE_DIGEST = timedelta(minutes=30)


class Unreadable(Exception):
    """The file cannot be imported. `sentences`: why."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class Hours(NamedTuple):
    """At which hours of their days answering opens and closes, and the digest and the leads' notes come."""

    opens: time = time(9)
    closes: time = time(17)
    digest: time = time(10)
    note: time = time(14)


@dataclass(frozen=True)
class Plan:
    """What is rehearsed. `database_url` empty: a temporary SQLite. `file`: the text of somebody's own programme.

    `weeks` null: four, or all that the file's cycle has where these are fewer. `workers` 0: one on SQLite, three on
    PostgreSQL. `mortality`: another one than the level's. `worse`: how many times as often as the level says things
    go wrong on the way to Slack. `settle_seconds` is how long Okra waits before it looks, `bound_seconds` how late the
    weather is at most.
    `meeting`, from whose day the week is counted back, `hours` and `time_zone` are the organisation's.
    """

    owners: int = 20
    weeks: int | None = None
    seed: int = 1
    level: Level = Level.HEAVY
    workers: int = 0
    database_url: str = ""
    file: str | None = None
    settle_seconds: float = 90
    bound_seconds: float = 90
    mortality: Mortality | None = None
    worse: float = 1
    meeting: Weekday = DEFAULT
    hours: Hours = Hours()  # noqa: RUF009 - frozen
    time_zone: str = HOME_ZONE

    @property
    def rhythm(self) -> Rhythm:
        """ValueError where nobody could answer in time."""
        return rhythm_before(self.meeting, **self.hours._asdict())


def rehearse(plan: Plan) -> Report:
    """Play it. Raises `AnothersProgramme`, `Unreadable` and `Unplayable`."""
    with tempfile.TemporaryDirectory(prefix="okra-rehearsal-") as folder:
        url = plan.database_url or f"sqlite:///{folder}/okra.db"
        with _database(url, hasty=not plan.database_url) as database:
            rehearsal = Rehearsal(plan, database, url)
            with listening(rehearsal.witness.broke), _seldom_collecting():
                return rehearsal.play()


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """What a rehearsal makes is mostly kept until its end: to look through all of it again and again takes long."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)


class Rehearsal:
    """One run from beginning to end."""

    def __init__(self, plan: Plan, database: Database, url: str) -> None:
        self.plan = plan
        self.database = database
        self.programme, self.cycle = self._read()
        self.weeks = self.cycle.played(plan.weeks)
        self.first_monday = self.cycle.first_monday
        start = datetime.combine(self.first_monday - timedelta(days=4), time(9, 30), UTC)
        self.timeline = Timeline(start)
        app = from_manifest(manifest())
        self.core = LocalSlack(
            app,
            SlackClock(self.timeline.now),
            seed=plan.seed,
            workspace_name=COMPANY,
            domain=COMPANY.lower(),
            admission=SlackLimits(),
        )
        self.core.base_url = API.removesuffix("/api/")
        # Bolt drops what Okra said itself; carrying each of these here would only take time.
        self.core.echo_own_messages = False
        start_over(database, slack_team_id=self.core.workspace.id)
        self.settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # a real installation's settings stay out of it
            slack_bot_token=SecretStr(app.bot_token),
            slack_app_token=SecretStr(app.app_token),
            slack_signing_secret=None,
            slack_base_url=API,
            database_url=url,
            admins=(),
            time_zone=plan.time_zone,
            settle_seconds=plan.settle_seconds,
        )
        self.journal = Journal(self.timeline.now)
        self.told = Told()
        self.witness = Witness(self.core, self.timeline, self.journal)
        self.witness.put_off = self.told.put_off
        self.witness.goes_private = self.told.goes_private
        self.onlooker = Onlooker(self.witness, self.core, self.timeline, self.told)
        self.keyhole = Keyhole(self.witness, self.core, self.told)
        self.fate = Fate(plan.mortality or mortality(plan.level), self._random("fate"))
        self.seam = Seam(
            self.core,
            self._random("seam"),
            self.journal,
            no_connection=no_connection(plan.level),
            settle_seconds=plan.settle_seconds,
        )
        self.outages = self.witness.outages = self._outages()
        self.fleet = Fleet(self.timeline, self._random("fleet"), self.journal, size=self.worker_count)
        self.fleet.ground = Ground(
            self.timeline,
            self.settings,
            database,
            self.seam,
            self.fate,
            self._random("process"),
            Roll(),
            self.fleet.gone,
            self._cut,
            self.fleet.rang,
            self._somebody_looks,
            self._looks_for,
        )
        Switchboard(
            self.core,
            self.timeline,
            self._random("switchboard"),
            choose=self.fleet.choose,
            is_out=lambda: self._outage_ends() is not None,
            on_answer=self.keyhole.answered,
        )
        self.seam.on_answer = self.keyhole.answered

    def play(self) -> Report:
        """From the arrival until a day after the last digest. Raises `Unreadable` and `Unplayable` before it begins."""
        roster = self._arrive()
        size = size_of(roster)
        crowd = Crowd(
            self.core,
            self.timeline,
            roster,
            self.told,
            outage_ends=self._outage_ends,
            homes=self.onlooker.homes,
            no_home=self.onlooker.saw_no_home,
            let_in=self.onlooker.let_in,
        )
        self.witness.on_message = crowd.notice
        rest = Rest(self.witness, roster, self.told, self.onlooker)
        travel = Travel(self.core, self.timeline, roster, self._random("travel"))
        self._storm(asleep=False)
        for week in range(self.weeks):
            monday = following(self.first_monday, week)
            for person in roster.owners:
                self._look_for_prompt(person, monday)
                crowd.plan_week(person, monday)
            for team in roster.teams:
                self._look_for_note(team, monday)
            travel.plan_week(monday, level=self.plan.level)
            if self.plan.level is not Level.NONE:
                self.timeline.at(datetime.combine(monday + timedelta(days=1), time(11), UTC), self.fleet.deploy)
                openings = [person.opens(monday).astimezone(UTC) for person in roster.owners]
                if openings:
                    self.timeline.at(min(openings), self.fleet.deploy_amid_claims)
            self._look_at_drawings(rest, monday)
            at_rest = crowd.rests_at = _rest_after(monday, self.plan)
            self.timeline.run_until(at_rest)
            with self.database.read() as session:
                rest.look(session, at_rest, monday)
        return report_of(self, size)

    def _look_at_drawings(self, rest: Rest, monday: Period) -> None:
        """Once before the digest too, for which all prompts are drawn anew."""

        def look() -> None:
            with self.database.read() as session:
                rest.look_at_drawings(session, self.timeline.now(), monday)

        self.timeline.at(_digest_of(monday, self.plan) - BEFORE_THE_DIGEST, look)

    def _look_for_prompt(self, person: Somebody, monday: date) -> None:
        def look() -> None:
            if not self.told.has_answered_all(person, monday):
                self.witness.expect_prompt(person, monday, is_answered=is_answered)

        def is_answered() -> bool:
            answered = (
                sa.select(KeyResult.number)
                .join(CheckIn, CheckIn.key_result_id == KeyResult.id)
                .where(CheckIn.period == monday, CheckIn.state == CheckInState.ANSWERED)
            )
            with self.database.read() as session:
                return {*session.scalars(answered)} >= person.owned.keys()

        self.timeline.at(person.closes(monday).astimezone(UTC) + GRACE, look)

    def _look_for_note(self, team: OwnTeam, monday: date) -> None:
        def look() -> None:
            if team.numbers - self.roster.stopped:
                self.witness.expect_note(team, monday, is_held_back=is_held_back)

        def is_held_back() -> bool:
            with self.database.read() as session:
                held_back = sa.select(Delivery.id).where(
                    Delivery.kind == PostKind.LEAD_NOTE,
                    Delivery.team_id == team.id,
                    Delivery.period == monday,
                    Delivery.held_back_at.is_not(None),
                )
                return session.scalar(held_back.limit(1)) is not None

        self.timeline.at(team.digest_at(monday).astimezone(UTC) + GRACE, look)

    def _arrive(self) -> Roster:
        """People, channels, the import, the first start, the teams' joining: all in good weather.

        Raises `Unreadable`, and `Unplayable` where nobody owns anything.
        """
        ids = {
            one.name: self.core.add_person(one.name, tz=one.zone, email=one.email or "", is_restricted=one.guest).id
            for one in self.programme.people
        }
        workspace = self.core.workspace
        bot = self.core.installation(workspace).bot_user
        for name in self.programme.channels or ("leads",):
            self.core.create_channel(workspace, name, members=[*ids.values(), bot])
        self.fleet.start_all()
        # It connects, and reads the members.
        self.timeline.run_until(self.timeline.now() + timedelta(minutes=5))
        rows = readable(self.programme.text)
        with self.database.write() as session:
            home = only_workspace(session, self.timeline.now(), time_zone=self.plan.time_zone)
            keep(home, self.plan.meeting, self.plan.rhythm)
            unowned = self._import(session, home.id, rows)
            begin(session, self.cycle)
        self._switch_on()
        with self.database.read() as session:
            self.roster = self.witness.roster = read_roster(session, self.plan.seed)
            self.keyhole.learn(session, rows, self.roster)
        if not self.roster.owners:
            cycle = shown(self.cycle.name)
            raise Unplayable(f"nobody in it owns a key result of {cycle}, so nobody would be asked.", *unowned)
        self.fleet.wake()
        self.timeline.run_until(self.timeline.now() + timedelta(minutes=5))
        return self.roster

    def _import(self, session: Session, workspace_id: int, rows: Rows) -> list[str]:
        """Returns why key results have no owner. Raises `Unreadable`."""
        try:
            plan = import_rows(session, workspace_id, rows, self.timeline.now(), importer=COMMAND_LINE)
        except ImportRefused as refused:
            raise Unreadable(_told(refused.problems)) from refused
        return _told(one for one in plan.warnings if one.column == Column.OWNER)

    def _switch_on(self) -> None:
        channels = self.core.workspace.channels_by_name
        anywhere = next(iter(channels.values()))
        with self.database.write() as session:
            for team in session.scalars(sa.select(Team).order_by(Team.level, Team.name)).all():
                channel_id = channels.get((team.channel or "").removeprefix("#"), anywhere)
                teams.switch_on(session, self.timeline.now(), caller=None, team=team, channel_id=channel_id)

    def _storm(self, *, asleep: bool) -> None:
        self.fate.asleep = self.seam.asleep = asleep
        self.core.faults.reseed(self.plan.seed)
        self.core.faults.add(
            *rules(
                self.plan.level,
                bound_seconds=self.plan.bound_seconds,
                outages=self.outages,
                worse=self.plan.worse,
            )
        )

    def _outages(self) -> tuple[Outage, ...]:
        """Two outages of half an hour in one Monday, where the weather is heavy."""
        if self.plan.level.share < 1:
            return ()
        monday = following(self.first_monday, self._random("outages").randrange(self.weeks))
        begins = [datetime.combine(monday, time(hour, minute), UTC) for hour, minute in ((7, 50), (13, 5))]
        return tuple(Outage(since, since + OUTAGE) for since in begins)

    def _outage_ends(self) -> datetime | None:
        now = self.timeline.now()
        return next((one.until for one in self.outages if one.since <= now < one.until), None)

    def _somebody_looks(self) -> bool:
        looked_at = self.told.looked_at
        return looked_at is not None and self.timeline.now() < looked_at + LOOKED_AT + LOOKS_ON

    def _cut(self, process: Process) -> None:
        self.seam.forget(process.life)
        self.fleet.cut(process)

    def _looks_for(self, opaque_id: str) -> None:
        """Slack lets Okra look only now and then, so nobody looks for what somebody knows."""
        life = self.seam.who_knows(opaque_id)
        if life is not None:
            self.witness.broke(f"was looked for, and {life.name} knew that it was posted", opaque_id)

    def too_late(self) -> int:
        """The prompts that were not sent, because answering had closed by the time they could be."""
        with self.database.read() as session:
            return failures_since(session, self.timeline.now() - timedelta(weeks=self.weeks + 2)).too_late

    @property
    def worker_count(self) -> int:
        return self.plan.workers or (1 if self.database.is_sqlite else 3)

    def _random(self, name: str) -> Random:
        return Random(f"{self.plan.seed}/{name}")  # noqa: S311 - a story, not a secret

    def _read(self) -> tuple[Programme, RehearsedCycle]:
        """The invented programme, or that of the file, and its cycle."""
        random = self._random("programme")
        if self.plan.file is None:
            weeks = self.plan.weeks or USUAL_WEEKS
            programme = invented(self.plan.owners, weeks, random, self._random("limits"))
            return programme, newest_cycle(readable(programme.text))
        rows = readable(self.plan.file)
        return of_file(self.plan.file, rows, random), newest_cycle(rows)


def _digest_of(monday: Period, plan: Plan) -> datetime:
    return digest_at(monday, plan.rhythm, ZoneInfo(plan.time_zone))


def _rest_after(monday: Period, plan: Plan) -> datetime:
    return _digest_of(monday, plan) + UNTIL_REST


def readable(text: str) -> Rows:
    """The rows of an import file. Raises `Unreadable`."""
    rows = read_rows(text)
    if rows.problems:
        raise Unreadable(_told(rows.problems))
    return rows


def _told(problems: Iterable[Problem]) -> list[str]:
    return [f"line {one.line}: {one.message}" for one in problems]


@contextmanager
def _database(url: str, *, hasty: bool) -> Iterator[Database]:
    # A file of our own is one that nobody misses after a power cut.
    database = open_database(url, patience=30, statement_seconds=60, durable=not hasty)
    try:
        yield database
    finally:
        database.close()
