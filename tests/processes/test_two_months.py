"""Real processes under a virtual clock, through October and November 2026.

London changes its clocks on 25 October, New York on 1 November. Everybody is asked once a week at their own nine
o'clock, whatever happens to the processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from processes import Processes
from reminders import came_at, reminds

from bot.app import build
from bot.demo.timekeeper import Stuck, Timekeeper
from bot.domain.importing.rows import read_rows
from bot.domain.reminding import APART, MOST
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver
from bot.localslack.manifest import AppConfig, from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.services import teams
from bot.services.importing import COMMAND_LINE, import_rows
from bot.settings import load
from models import CheckIn, Delivery, DeliveryState, PostKind, Team
from models.database import Database, open_database

# They wait most of their time. One after the other, and first of all, they cost the others nothing.
pytestmark = pytest.mark.xdist_group("two months")

OWNERS = {
    "Aroha Parata": "Pacific/Auckland",
    "Devika Rao": "Asia/Kolkata",
    "Will Ashdown": "Europe/London",
    "Grace Okafor": "America/New_York",
}
START = datetime(2026, 10, 1, 12, tzinfo=UTC)
END = datetime(2026, 12, 1, 0, tzinfo=UTC)
MONDAYS = [date(2026, 10, 5) + timedelta(weeks=week) for week in range(9)]

# A process that is killed while it sends may leave a message whose fate is unknown until it is looked up.
SETTLE_SECONDS = 90
# How much later than its hour a message may come.
UNDER_WAY = timedelta(minutes=5)


@dataclass
class World:
    """A local Slack, a programme with four owners, and processes that serve it."""

    slack: Driver
    database: Database
    processes: Processes
    time: Timekeeper

    def prompts(self, name: str) -> list[datetime]:
        """The local times at which this person's weekly prompts stand in their messages.

        A prompt's words change with its state. On Mondays there is nothing else than prompts and reminders.
        """
        posted = self._posted(name, reminding=False)
        return [moment for moment in posted if moment.weekday() == 0]

    def reminders(self, name: str) -> list[datetime]:
        """The local times at which this person was reminded."""
        return self._posted(name, reminding=True)

    def _posted(self, name: str, *, reminding: bool) -> list[datetime]:
        messages = self.slack.person(name).direct_messages()
        return [came_at(one, ZoneInfo(OWNERS[name])) for one in messages if reminds(one) is reminding]


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    clock = SlackClock(start=START)
    app = from_manifest(manifest())
    with LocalSlackServer(LocalSlack(app, clock)) as server:
        slack = Driver(server.base_url)
        environment = environment_for(app, server.api_url, database_url)
        people = [slack.add_person(name, tz=zone) for name, zone in OWNERS.items()]
        slack.add_channel("leads", members=people)
        set_up_programme(environment, clock)
        processes = Processes(environment, tmp_path)
        database = open_database(database_url, patience=10, statement_seconds=10)
        try:
            yield World(
                slack,
                database,
                processes,
                Timekeeper(database, now=clock.now, jump=clock.jump_to, patience_seconds=60),
            )
        except Stuck as stuck:
            raise AssertionError(f"{stuck}\n{processes.tail()}") from stuck
        finally:
            processes.stop_all()
            database.close()


def environment_for(app: AppConfig, api_url: str, database_url: str) -> dict[str, str]:
    return {
        "OKRA_SLACK_BOT_TOKEN": app.bot_token,
        "OKRA_SLACK_APP_TOKEN": app.app_token,
        "OKRA_SLACK_BASE_URL": api_url,
        "OKRA_DATABASE_URL": database_url,
        "OKRA_TIME_ZONE": "Europe/London",
        "OKRA_VIRTUAL_CLOCK": "true",
        "OKRA_TICK_SECONDS": "0.1",
        "OKRA_SETTLE_SECONDS": str(SETTLE_SECONDS),
    }


def set_up_programme(environment: dict[str, str], clock: SlackClock) -> None:
    """Import a key result for each owner and switch the team on, as the command line would."""
    lines = ["id,cycle,level,team,lead,channel,objective,key_result,owner"]
    lines += [
        f"k{n},2026 Q4,team,Delta,Will Ashdown,#leads,Be quick to help,Answers in a day from {40 + n} % to 90 %,{owner}"
        for n, owner in enumerate(OWNERS)
    ]
    rows = read_rows("\n".join(lines) + "\n")
    assert not rows.problems
    given = {name.removeprefix("OKRA_").lower(): value for name, value in environment.items()}
    program = build(load(_env_file=None, **given), clock=clock.now)
    try:
        workspace_id = program.connect()
        program.read_members(workspace_id)
        channel = next(c for c in program.runtime.gateway.channels(workspace_id) if c.name == "leads")
        now = clock.now()
        with program.runtime.write() as session:
            import_rows(session, workspace_id, rows, now, importer=COMMAND_LINE)
            team = session.scalars(sa.select(Team).where(Team.name == "Delta")).one()
            teams.switch_on(session, now, caller=None, team=team, channel_id=channel.id)
    finally:
        program.close()


def check_everybody_was_asked_once_a_week(world: World) -> None:
    for name in OWNERS:
        asked = world.prompts(name)
        assert [moment.date() for moment in asked] == MONDAYS, f"{name}\n{world.processes.tail()}"
        late = [moment for moment in asked if not nine(moment) <= moment < nine(moment) + UNDER_WAY]
        assert late == [], name
        check_reminders(name, world.reminders(name))
    with world.database.read() as session:
        per_period = session.execute(
            sa.select(CheckIn.period, sa.func.count()).group_by(CheckIn.period).order_by(CheckIn.period)
        ).all()
        digests = session.scalar(
            sa.select(sa.func.count()).where(Delivery.kind == PostKind.DIGEST, Delivery.state == DeliveryState.SENT)
        )
    assert [tuple(row) for row in per_period] == [(monday, len(OWNERS)) for monday in MONDAYS]
    # Wednesday, 25 November has the last one: the digest of the week of 30 November is in December.
    assert digests == len(MONDAYS) - 1


def check_reminders(name: str, reminded: list[datetime]) -> None:
    """Nobody answers, so everybody is reminded in each week: twice at most, at work, with time between."""
    weeks = {monday: [at for at in reminded if monday <= at.date() < monday + timedelta(weeks=1)] for monday in MONDAYS}
    assert sum(map(len, weeks.values())) == len(reminded), name
    for monday, times in weeks.items():
        assert 1 <= len(times) <= MOST, (name, monday, times)
        opened = datetime.combine(monday, time(9), times[0].tzinfo)
        near = [at for before, at in pairwise([opened, *times]) if at - before < APART - UNDER_WAY]
        outside = [at for at in times if at.weekday() > 4 or not time(9) <= at.time() < time(17)]
        assert (near, outside) == ([], []), (name, monday)


def nine(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time(9), moment.tzinfo)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_everybody_is_asked_once_a_week_while_the_process_is_killed_and_restarted(world: World) -> None:
    """One process for everything. It is killed as Monday opens in one of the zones, and comes back. (On PostgreSQL that
    happens to one of two, below.)"""
    world.processes.start("okra", "run")
    for week, monday in enumerate(MONDAYS):
        zone = ZoneInfo(list(OWNERS.values())[week % len(OWNERS)])
        opening = datetime.combine(monday, time(9), zone).astimezone(UTC)
        world.time.advance_to(opening - timedelta(seconds=1))
        world.time.jump_only(opening)
        world.processes.kill("okra")
        world.processes.start("okra", "run")
        world.time.advance_to(opening + timedelta(minutes=10))
    world.time.advance_to(END)
    assert world.processes.stop("okra") == 0
    check_everybody_was_asked_once_a_week(world)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_workers_share_the_weeks_and_either_may_die(world: World) -> None:
    for name in ("one", "two"):
        world.processes.start(name, "worker")
    for week, monday in enumerate(MONDAYS):
        opening = datetime.combine(monday, time(9), ZoneInfo("Europe/London")).astimezone(UTC)
        world.time.advance_to(opening - timedelta(seconds=1))
        if week % 2:
            world.time.jump_only(opening)
            victim = ("one", "two")[week // 2 % 2]
            world.processes.kill(victim)
            world.processes.start(victim, "worker")
        world.time.advance_to(opening + timedelta(minutes=10))
    world.time.advance_to(END)
    assert len(world.processes.running()) == 2
    check_everybody_was_asked_once_a_week(world)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_second_worker_on_sqlite_is_refused_with_a_sentence(world: World) -> None:
    world.processes.start("one", "worker")
    world.time.advance_to(START + timedelta(seconds=1))
    world.processes.start("two", "worker")
    world.slack.wait_for(lambda: world.processes.running() == ["one"], timeout=30, what="the refusal")
    assert "SQLite carries one at a time" in world.processes.tail()
