"""A digest without a channel is for a lead who is here: looked at when it is taken, and once more when it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from press import DigestPress

from bot.domain.cadence import following, period
from bot.services import outbox
from bot.services.failures import NO_READER, failures_of
from bot.slack_failures import RetryLater
from models import Delivery, DeliveryState, Member, MemberKind, PostKind, Team
from models.database import Database

FIRST = period(date(2026, 6, 1))
THE_HOUR = datetime.combine(FIRST + timedelta(days=2), time(9), UTC)
A_WHILE = timedelta(minutes=20)


@dataclass
class Works:
    """A company and a team beneath it, without channels, in the evening before their first digest."""

    press: DigestPress
    team: Team
    leads: dict[str, int]

    def leaves(self, lead: str) -> None:
        with self.press.database.write() as session:
            session.get_one(Member, self.leads[lead]).deactivated_at = self.press.clock

    def becomes_a_guest(self, lead: str) -> None:
        with self.press.database.write() as session:
            session.get_one(Member, self.leads[lead]).kind = MemberKind.GUEST

    def read(self) -> dict[str, list[str]]:
        """Who got which team's digest."""
        return {
            lead: [copy.said.partition(",")[0] for copy in self.press.slack.digests(f"D0{lead.upper()}")]
            for lead in self.leads
        }

    def details(self) -> list[str]:
        return [copy.channel for copy in self.press.slack.copies if copy.thread_ts is not None]

    def states(self) -> set[DeliveryState]:
        kinds = (PostKind.DIGEST, PostKind.DIGEST_DETAILS)
        with self.press.database.read() as session:
            return set(session.scalars(sa.select(Delivery.state).where(Delivery.kind.in_(kinds))))

    def no_reader(self) -> list[str]:
        with self.press.database.read() as session:
            found = failures_of(session, self.press.clock).undelivered
        return [one.to for one in found if one.code == NO_READER]


@pytest.fixture
def works(database: Database) -> Works:
    press = DigestPress(database, datetime.combine(FIRST, time(0), UTC))
    company, team = press.workspace("WORKS", "Europe/London", first=FIRST)
    leads = {}
    with database.write() as session:
        for one, name in ((company, "Rosa"), (team, "Tama")):
            lead = Member(
                workspace_id=one.workspace_id,
                slack_user_id=f"U0{name.upper()}",
                name=name,
                time_zone="Europe/London",
                created_at=press.clock,
            )
            session.add(lead)
            session.flush()
            leads[name] = lead.id
            row = session.get_one(Team, one.id)
            row.channel_id, row.lead_id = None, lead.id
    press.live(THE_HOUR - timedelta(hours=12))
    return Works(press, team, leads)


def test_it_is_the_leads(works: Works) -> None:
    works.press.live(THE_HOUR + A_WHILE)
    assert works.read() == {"Rosa": ["Company"], "Tama": ["Growth"]}


@pytest.mark.parametrize("goes", [Works.leaves, Works.becomes_a_guest])
def test_a_lead_who_goes_between_its_hour_and_its_leaving_is_not_sent_it_but_the_next_one_above(
    works: Works, goes: object
) -> None:
    works.press.live(THE_HOUR - timedelta(minutes=1))
    works.press.slack.trouble = RetryLater("no connection")
    works.press.live(THE_HOUR + timedelta(minutes=2))
    goes(works, "Tama")  # type: ignore[operator]
    works.press.slack.trouble = None
    works.press.live(THE_HOUR + A_WHILE)
    assert {lead: sorted(read) for lead, read in works.read().items()} == {"Rosa": ["Company", "Growth"], "Tama": []}
    assert set(works.details()) == {"D0ROSA"}
    assert works.states() == {DeliveryState.SENT}


def test_where_no_lead_is_here_it_is_not_sent_and_the_admins_are_told_once(works: Works) -> None:
    works.leaves("Rosa")
    works.becomes_a_guest("Tama")
    works.press.live(THE_HOUR + A_WHILE)
    assert works.read() == {"Rosa": [], "Tama": []}
    assert works.details() == []
    assert works.states() == {DeliveryState.FAILED}
    assert sorted(works.no_reader()) == ["Rosa", "Tama"]
    told = [copy.said for copy in works.press.slack.copies if copy.channel == "D0ADAADMIN"]
    assert len(told) == 2
    assert all("no lead above is here to read it" in one for one in told)


def test_a_digest_that_stands_is_taken_back_from_a_lead_who_became_a_guest_once_it_is_drawn_anew(works: Works) -> None:
    works.press.live(THE_HOUR + A_WHILE)
    works.press.slack.redrawn.clear()
    works.becomes_a_guest("Tama")
    with works.press.database.write() as session:
        for key in session.scalars(sa.select(Delivery.key).where(Delivery.member_id == works.leads["Tama"])):
            outbox.redraw(session, works.press.clock, workspace_id=works.team.workspace_id, key=key)
    works.press.live(THE_HOUR + 2 * A_WHILE)
    assert works.press.slack.redrawn
    taken_back = "What stood here is for fewer people now, so it is not shown any more."
    assert {line for one in works.press.slack.redrawn.values() for line in one.splitlines()} == {taken_back}
    works.press.live(datetime.combine(following(FIRST, 1) + timedelta(days=2), time(10), UTC))
    assert works.read() == {"Rosa": ["Company", "Company", "Growth"], "Tama": ["Growth"]}
