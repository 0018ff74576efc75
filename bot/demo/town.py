"""The invented company on a Slack of its own: people and channels from `examples/`, and Okra wired to it."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Protocol

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.orm import Session

from bot.app import Program, build
from bot.demo.byhand import ByHand
from bot.demo.chronicle import examples
from bot.demo.timekeeper import Others, Timekeeper
from bot.domain.importing.rows import read_rows
from bot.doors import HttpDoor
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.driver import DrivenPerson, Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.reading import mark_read
from bot.localslack.server import LocalSlackServer
from bot.localslack.side import Side
from bot.manifest import manifest
from bot.services import teams
from bot.services.access import Caller
from bot.services.importing import COMMAND_LINE, import_rows
from bot.settings import Settings, Transport, load
from migrations.run import start_over
from models import KeyResult, Member, MemberKind, Team
from models.database import Database, open_database

COMPANY = "Longfetch"
# The Thursday on which its cycle begins: the first Monday is four days away.
ARRIVAL = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
# While nobody jumps; whoever does has the worker look at once.
TICK_SECONDS = 1.0
# Everything runs in this one process, perhaps on a slow machine; an interaction still has three seconds.
PATIENCE_SECONDS = 2


class Time(Protocol):
    """Makes time pass, and what is due be done on the way."""

    def next_due(self) -> datetime | None: ...

    def advance_to(self, target: datetime) -> None: ...


class Town:
    """Slack, the people in it, Okra, and time. Nobody works here until `open`: what is due is done by hand before."""

    def __init__(self, server: LocalSlackServer, program: Program, clock: SlackClock) -> None:
        self.slack = Driver(server.base_url)
        self.program = program
        self.address = f"{server.base_url}/"
        self.workspace_id = program.connect()
        self._server = server
        self._clock = clock
        self._by_hand = ByHand(program.runtime, clock.jump_to)
        self.time: Time = self._by_hand
        self._keeper: Timekeeper | None = None

    def open(self, work: ExitStack) -> None:
        """The workers begin, and Okra listens; both end with `work`."""
        self._by_hand.stop()
        runner = self.program.worker()
        runner.start()
        work.callback(runner.stop)
        door = self.program.door()
        door.open()
        work.callback(door.close)
        settings = self.program.runtime.settings
        if isinstance(door, HttpDoor):
            url = f"http://{settings.host}:{door.port}/slack/events"
            self.slack.install(manifest(url), url=url)
        else:
            self.slack.wait_until_connected()
        self._keeper = Timekeeper(
            self.program.runtime.database, now=self._clock.now, jump=self._clock.jump_to, hurry=runner.hurry
        )
        self.time = self._keeper

    def pass_time(self, until: datetime, others: Others) -> None:
        """Let time pass in the open town, with people in it who do things by themselves. Raises `Stuck`."""
        assert self._keeper is not None  # noqa: S101 - nobody comes before it is open
        self._keeper.advance_to(until, others)

    def nudge(self) -> None:
        """The page looks again."""
        self._server.nudge()

    def read_everything(self) -> None:
        """Everybody has seen all that stands in their conversations."""
        core = self._server.core
        with self._server.lock:
            for person in core.workspace.people.values():
                for channel in core.workspace.channels.values():
                    if person.id in channel.members:
                        mark_read(core, core.workspace, person, channel)
        self._server.nudge()

    def person(self, name: str) -> DrivenPerson:
        return self.slack.person(name)

    def now(self) -> datetime:
        return self.program.runtime.now()

    def everybody(self) -> list[str]:
        """The people's names, in order."""
        with self.program.runtime.read() as session:
            return list(
                session.scalars(sa.select(Member.name).where(Member.kind == MemberKind.FULL).order_by(Member.name))
            )

    def counts(self) -> dict[str, int]:
        """How many direct messages of Okra's each person has."""
        return {name: len(self.person(name).direct_messages()) for name in self.everybody()}

    def zone_of(self, name: str) -> str:
        with self.program.runtime.read() as session:
            return session.scalars(sa.select(Member.time_zone).where(Member.name == name)).one()

    def zones(self) -> list[str]:
        """The time zones in which somebody is asked."""
        with self.program.runtime.read() as session:
            owners = sa.select(KeyResult.owner_id).where(KeyResult.owner_id.is_not(None))
            return list(session.scalars(sa.select(Member.time_zone).where(Member.id.in_(owners)).distinct()))

    def caller(self, session: Session, name: str) -> Caller:
        """Somebody as the services know them."""
        member_id = session.scalars(
            sa.select(Member.id).where(Member.workspace_id == self.workspace_id, Member.name == name)
        ).one()
        return Caller(self.workspace_id, member_id)


@contextmanager
def open_town(
    *,
    transport: Transport = Transport.SOCKET,
    database_url: str = "",
    port: int = 0,
    side: Side | None = None,
    before: Callable[[Town], object] = lambda town: None,
) -> Iterator[Town]:
    """Start Slack and Okra, and bring the people in. Everything stops at the end.

    `database_url`: empty for OKRA_DATABASE_URL or, without it, a temporary SQLite. `port`: where Slack is, 0 for a free
    one; `side`: what its page can ask for beside Slack. `before` is what happens before Okra begins to work by itself,
    quickly. Raises `AnothersProgramme` where the database holds one, OSError where the port is taken.
    """
    clock = SlackClock(start=ARRIVAL)
    app = from_manifest(manifest())
    core = LocalSlack(app, clock, workspace_name=COMPANY, domain=COMPANY.lower())
    with (
        tempfile.TemporaryDirectory(prefix="okra-demo-") as folder,
        LocalSlackServer(core, port=port, side=side) as server,
    ):
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]  # a real installation's settings stay out of it
            slack_bot_token=SecretStr(app.bot_token),
            slack_app_token=SecretStr(app.app_token),
            slack_signing_secret=SecretStr(app.signing_secret),
            slack_base_url=server.api_url,
            transport=transport,
            port=0,
            database_url=database_url or load(_env_file=None).database_url or f"sqlite:///{folder}/okra.db",
            admins=(),
            time_zone="Europe/London",
            tick_seconds=TICK_SECONDS,
            # Slack on this machine has no limit to keep to.
            posts_per_minute=0,
        )
        _empty(settings.database, team_id=core.workspace.id)
        _move_in(Driver(server.base_url))
        with ExitStack() as work:
            program = build(settings, clock=clock.now, database=_patient(settings.database))
            work.callback(program.close)
            town = Town(server, program, clock)
            program.read_members(town.workspace_id)
            before(town)
            town.open(work)
            yield town


def import_company(town: Town) -> int:
    """Import the company's OKRs; returns how many key results it has. Nobody is asked anything yet."""
    rows = read_rows((examples() / "longfetch.csv").read_text(encoding="utf-8"))
    assert not rows.problems  # noqa: S101 - our own file
    now = town.now()
    with town.program.runtime.write() as session:
        import_rows(session, town.workspace_id, rows, now, importer=COMMAND_LINE)
    return len(rows.rows)


def switch_everybody_on(town: Town) -> list[str]:
    """Let every team join, as `okra team on` would; returns their names."""
    ids = {channel.name: channel.id for channel in town.program.runtime.gateway.channels(town.workspace_id)}
    with town.program.runtime.write() as session:
        joining = session.scalars(
            sa.select(Team).where(Team.workspace_id == town.workspace_id).order_by(Team.level, Team.name)
        ).all()
        for team in joining:
            channel_id = ids[(team.channel or "").removeprefix("#")]
            teams.switch_on(session, town.now(), caller=None, team=team, channel_id=channel_id)
        return [team.name for team in joining]


def _move_in(slack: Driver) -> None:
    with (examples() / "people.csv").open(encoding="utf-8", newline="") as file:
        people = [
            slack.add_person(row["name"], tz=row["time zone"], email=row["email"], display_name=row["name"].split()[0])
            for row in csv.DictReader(file)
        ]
    with (examples() / "longfetch.csv").open(encoding="utf-8", newline="") as file:
        channels = {row["channel"].removeprefix("#") for row in csv.DictReader(file) if row["channel"]}
    for channel in sorted(channels):
        slack.add_channel(channel, members=people)


def _patient(url: str) -> Database:
    return open_database(url, patience=PATIENCE_SECONDS, busy_seconds=PATIENCE_SECONDS, statement_seconds=5)


def _empty(url: str, *, team_id: str) -> None:
    """An empty schema: the demo begins anew each time, and touches nothing but its own."""
    database = open_database(url, statement_seconds=60)
    try:
        start_over(database, slack_team_id=team_id)
    finally:
        database.close()
