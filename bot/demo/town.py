"""The invented company on a Slack of its own: people and channels from `examples/`, and Okra wired to it."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from pydantic import SecretStr

import bot
from bot.app import HttpDoor, Program, build
from bot.demo.timekeeper import Timekeeper
from bot.domain.importing.rows import read_rows
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.driver import DrivenPerson, Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.services import teams
from bot.services.importing import COMMAND_LINE, import_rows
from bot.settings import Settings, Transport, load
from migrations.run import downgrade, stored_revision, upgrade
from models import Member, MemberKind, Team, Workspace
from models.database import Database, open_database

COMPANY = "Longfetch"
# The Thursday on which its cycle begins: the first Monday is four days away.
ARRIVAL = datetime(2026, 10, 1, 9, 30, tzinfo=UTC)
# The demo looks often, so that nobody waits for it.
TICK_SECONDS = 0.2


class NotOurs(Exception):
    """The database that was named holds a programme that is not the demo's."""


@dataclass(frozen=True)
class Town:
    """Everything the week needs: Slack, the people in it, Okra, and time."""

    slack: Driver
    program: Program
    time: Timekeeper
    workspace_id: int

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


def examples() -> Path:
    """The folder with the company: beside the packages in a checkout, inside the package once installed."""
    inside = Path(bot.__file__).parent / "examples"
    return inside if inside.is_dir() else Path(bot.__file__).parent.parent / "examples"


@contextmanager
def open_town(*, transport: Transport = Transport.SOCKET, database_url: str = "") -> Iterator[Town]:
    """Start Slack and Okra, and bring the people in. Everything stops at the end.

    `database_url`: empty for OKRA_DATABASE_URL or, without it, a temporary SQLite. Raises `NotOurs` where the database
    holds another programme.
    """
    clock = SlackClock(start=ARRIVAL)
    app = from_manifest(manifest())
    core = LocalSlack(app, clock, workspace_name=COMPANY, domain=COMPANY.lower())
    with tempfile.TemporaryDirectory(prefix="okra-demo-") as folder, LocalSlackServer(core) as server:
        slack = Driver(server.base_url)
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
        _move_in(slack)
        program = build(settings, clock=clock.now)
        runner, door = program.worker(), program.door()
        try:
            workspace_id = program.connect()
            program.read_members(workspace_id)
            runner.start()
            door.open()
            if isinstance(door, HttpDoor):
                url = f"http://{settings.host}:{door.port}/slack/events"
                slack.install(manifest(url), url=url)
            else:
                slack.wait_until_connected()
            time = Timekeeper(program.runtime.database, now=clock.now, jump=clock.jump_to, hurry=runner.hurry)
            yield Town(slack, program, time, workspace_id)
        finally:
            door.close()
            runner.stop()
            program.close()


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


def _empty(url: str, *, team_id: str) -> None:
    """An empty schema: the demo begins anew each time, and touches nothing but its own."""
    database = open_database(url, statement_seconds=60)
    try:
        if stored_revision(database) is not None:
            _check_ours(database, team_id)
            downgrade(database, "base")
        upgrade(database)
    finally:
        database.close()


def _check_ours(database: Database, team_id: str) -> None:
    with database.read() as session:
        others = session.scalars(
            sa.select(Workspace.name).where(Workspace.slack_team_id.is_distinct_from(team_id))
        ).all()
    if others:
        raise NotOurs(
            f"The database in OKRA_DATABASE_URL holds the programme of “{others[0]}”, and the demo begins with an "
            "empty one. Name another database, or none for a temporary SQLite."
        )
