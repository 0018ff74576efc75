"""Mondays on which Slack, or the way to it, is unwell: everybody is asked exactly once all the same.

Okra runs whole, over real sockets, with Slack's own limits on; each thing that goes wrong has its Monday.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from company import BEFORE, Company
from pydantic import SecretStr
from reminders import came_at, reminds

from bot.app import Program, build
from bot.demo.timekeeper import Timekeeper
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver, Fault, FaultKind
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.services import teams
from bot.settings import Settings
from models import Delivery, DeliveryState, PostKind, Workspace

# They wait most of their time. One after the other, and first of all, they cost the others nothing.
pytestmark = pytest.mark.xdist_group("bad days")

OWNERS = ("Mere", "Ana", "Tama", "Rosa", "Sam", "Ivo")
MONDAY = date(2026, 10, 5)
SETTLE_SECONDS = 8
POST = "chat.postMessage"

HALF = 0.5
# An effect is late and a history lags by less than `settle` together: the bound that Okra keeps its promise within.
LATE, LAG = 5.0, 2.0

BAD_MONDAYS: dict[str, tuple[Fault, ...]] = {
    "limited, with a wait": (Fault(FaultKind.RATE_LIMITED, POST, probability=HALF, seconds=20),),
    "server errors without effect": (Fault(FaultKind.SERVER_ERROR, POST, probability=HALF),),
    "server errors after the effect": (Fault(FaultKind.SERVER_ERROR, POST, probability=HALF, effect=True, status=500),),
    "errors of Slack's own": (Fault(FaultKind.ERROR, POST, probability=HALF, error="fatal_error", effect=True),),
    "slow answers": (Fault(FaultKind.SLOW, probability=HALF, seconds=0.1, up_to=0.5),),
    "dropped before the effect": (Fault(FaultKind.DROPPED_BEFORE, POST, probability=HALF),),
    "dropped after the effect": (Fault(FaultKind.DROPPED_AFTER, POST, probability=HALF),),
    "late effects and a lagging history": (
        Fault(FaultKind.LATE_EFFECT, POST, probability=HALF, seconds=1, up_to=LATE),
        Fault(FaultKind.HISTORY_LAG, POST, seconds=LAG),
    ),
    "truncated answers": (Fault(FaultKind.TRUNCATED, POST, probability=HALF),),
    "pages of a proxy": (Fault(FaultKind.UNREADABLE, POST, probability=HALF),),
    "everything, the looking up too": (
        Fault(FaultKind.RATE_LIMITED, "conversations.*", probability=0.3, seconds=30),
        Fault(FaultKind.SERVER_ERROR, probability=0.15),
        Fault(FaultKind.DROPPED_BEFORE, probability=0.15),
        Fault(FaultKind.DROPPED_AFTER, probability=0.15),
        Fault(FaultKind.TRUNCATED, probability=0.15),
        Fault(FaultKind.LATE_EFFECT, probability=0.15, seconds=1, up_to=LATE),
        Fault(FaultKind.HISTORY_LAG, seconds=LAG),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Works:
    """A company whose owners are asked on Mondays at their nine o'clock."""

    slack: Driver
    program: Program
    time: Timekeeper

    def advance(self, monday: date, at: str) -> None:
        self.time.advance_to(datetime.fromisoformat(f"{monday.isoformat()} {at}").replace(tzinfo=UTC))

    def prompts(self, monday: date) -> dict[str, int]:
        """How many prompts everybody has from that Monday: all that came on it and does not remind."""
        return self._counted(monday, reminding=False)

    def reminders(self, monday: date) -> dict[str, int]:
        return self._counted(monday, reminding=True)

    def _counted(self, monday: date, *, reminding: bool) -> dict[str, int]:
        """How many direct messages of one kind everybody has from that Monday."""
        return {
            name: sum(
                came_at(message, ZoneInfo("UTC")).date() == monday and reminds(message) is reminding
                for message in self.slack.person(name).direct_messages()
            )
            for name in OWNERS
        }

    def unsettled(self, monday: date) -> list[tuple[str, str, str | None]]:
        """The prompts of a period that are anything but sent: key, state, error."""
        with self.program.runtime.read() as session:
            rows = session.scalars(
                sa.select(Delivery).where(
                    Delivery.kind == PostKind.PROMPT,
                    Delivery.period == monday,
                    Delivery.state != DeliveryState.SENT,
                )
            ).all()
            return [(row.key, row.state.value, row.error) for row in rows]

    def limited_by_own_pace(self) -> list[str]:
        """The methods that Slack's limits refused; those that were refused on purpose are none of these."""
        return [call["method"] for call in self.slack.calls() if call["status"] == 429 and call["fault"] is None]


@pytest.fixture
def zones() -> tuple[str, ...]:
    """The owners' zones, in turn."""
    return ("UTC",)


@pytest.fixture
def works(database_url: str, zones: tuple[str, ...]) -> Iterator[Works]:
    clock = SlackClock(start=BEFORE)
    app = from_manifest(manifest())
    with LocalSlackServer(LocalSlack(app, clock, seed=5)) as server:
        slack = Driver(server.base_url)
        people = [slack.add_person(name, tz=zone) for name, zone in zip(OWNERS, cycle(zones), strict=False)]
        channel_id = slack.add_channel("leads", members=people)
        slack.set_limits(True)
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            slack_bot_token=SecretStr(app.bot_token),
            slack_app_token=SecretStr(app.app_token),
            slack_base_url=server.api_url,
            database_url=database_url,
            tick_seconds=0.1,
            settle_seconds=SETTLE_SECONDS,
        )
        program = build(settings, clock=clock.now)
        runner = program.worker()
        try:
            workspace_id = program.connect()
            program.read_members(workspace_id)
            with program.runtime.write() as session:
                company = Company(session, BEFORE, session.get_one(Workspace, workspace_id))
                team = company.team("Works", lead=company.member(OWNERS[0]), on=False)
                objective = company.objective(team)
                for name in OWNERS:
                    company.key_result(objective, company.member(name))
                teams.switch_on(session, BEFORE, caller=None, team=team, channel_id=channel_id)
            runner.start()
            yield Works(slack, program, Timekeeper(program.runtime.database, now=clock.now, jump=clock.jump_to))
        finally:
            runner.stop()
            program.close()


NAMES = list(BAD_MONDAYS)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("database_url", "names"),
    [("sqlite", NAMES[:4]), ("sqlite", NAMES[4:8]), ("sqlite", NAMES[8:]), ("postgresql", NAMES[-2:])],
    indirect=["database_url"],
)
def test_everybody_is_asked_exactly_once_on_each_bad_monday(works: Works, names: list[str]) -> None:
    for week, name in enumerate(names):
        monday = MONDAY + timedelta(weeks=week)
        works.advance(monday, "08:59:59")
        before = sum(works.slack.faults.counts.values())
        works.slack.faults.add(*BAD_MONDAYS[name])
        works.advance(monday, "12:00")
        works.slack.faults.clear()
        assert sum(works.slack.faults.counts.values()) > before, name
        assert (works.unsettled(monday), works.prompts(monday)) == ([], dict.fromkeys(OWNERS, 1)), name
        assert works.limited_by_own_pace() == [], name


@pytest.mark.timeout(300)
@pytest.mark.parametrize("zones", [("UTC", "Atlantic/South_Georgia")])  # nine o'clock there is eleven in UTC
def test_two_outages_of_half_an_hour_on_one_monday_lose_and_double_nothing(works: Works) -> None:
    """The first swallows answers as it begins, then there is nothing but errors; in the second nobody answers."""

    def at(text: str) -> datetime:
        return datetime.fromisoformat(f"{MONDAY.isoformat()} {text}").replace(tzinfo=UTC)

    works.advance(MONDAY, "08:59:59")
    works.slack.faults.add(
        Fault(FaultKind.DROPPED_AFTER, POST, times=2, since=at("09:00")),
        Fault(FaultKind.SERVER_ERROR, since=at("09:00"), until=at("09:30")),
        Fault(FaultKind.LATE_EFFECT, POST, times=2, seconds=LATE, since=at("11:00")),
        Fault(FaultKind.DROPPED_BEFORE, since=at("11:00"), until=at("11:30")),
    )
    works.advance(MONDAY, "09:29:00")
    assert sum(works.prompts(MONDAY).values()) == 2
    works.advance(MONDAY, "09:40")
    asked_at_nine = dict(zip(OWNERS, cycle((1, 0)), strict=False))
    assert works.prompts(MONDAY) == asked_at_nine
    works.advance(MONDAY, "11:40")
    assert works.prompts(MONDAY) == dict.fromkeys(OWNERS, 1)
    assert works.unsettled(MONDAY) == []
    assert works.limited_by_own_pace() == []
    counts = works.slack.faults.counts
    assert counts["dropped_after"] == counts["late_effect"] == 2
    # A breaker holds the rest back: an outage is felt by a few posts now and then, not by everybody's.
    assert counts["server_error"] < 500
    assert counts["dropped_before"] < 500
    assert works.reminders(MONDAY) == dict.fromkeys(OWNERS, 0)
    works.advance(MONDAY, "18:00")
    assert works.prompts(MONDAY) == dict.fromkeys(OWNERS, 1)
    # In the afternoon each of them is reminded once: of the one prompt that they have.
    assert works.reminders(MONDAY) == dict.fromkeys(OWNERS, 1)
