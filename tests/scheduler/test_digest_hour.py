"""The digest's hour: kept through clock changes, deaths and outages. Never twice, and never missing without a word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from answers import answered
from decided import decided
from press import Copy, DigestPress
from sqlalchemy.orm import Session

from bot.blocks.home_roles import admin_blocks
from bot.domain.cadence import Period, following, period
from bot.domain.digest import Snapshot
from bot.domain.localtime import Weekday
from bot.services import digest_corrections, digest_hours, digest_snapshot, failures, home_roles, steering
from bot.services.access import Caller
from bot.services.failures import TOO_LATE
from bot.slack_failures import Permanent, RetryLater, SlackFailure, UnknownOutcome
from models import Answer, Delivery, DeliveryState, KeyResult, Member, Objective, PostKind, Team
from models.database import Database

A_MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Place:
    """A zone with its digest's hour; hours of the night lie in what a clock skips in spring and repeats in autumn."""

    zone: str
    on: Weekday
    at: time

    @property
    def name(self) -> str:
        return "".join(filter(str.isalnum, f"{self.zone}{self.at:%H%M}")).upper()


PLACES = (
    Place("Europe/London", Weekday.WEDNESDAY, time(10)),
    Place("Europe/London", Weekday.SUNDAY, time(1, 30)),
    Place("Australia/Lord_Howe", Weekday.SUNDAY, time(1, 45)),
    Place("Australia/Lord_Howe", Weekday.SUNDAY, time(2, 15)),
    Place("Pacific/Auckland", Weekday.SUNDAY, time(2, 30)),
)


def on_the_wall(place: Place, day: date) -> datetime:
    """When a clock on the wall there shows the hour on this day, found by looking at it every minute: the first time it
    does, or where it skips the hour, as much later as it skips. In UTC."""
    zone, wanted = ZoneInfo(place.zone), datetime.combine(day, place.at)
    at = datetime.combine(day, time(0), UTC) - timedelta(days=1)
    before = at.astimezone(zone).replace(tzinfo=None)
    while True:
        shows = at.astimezone(zone).replace(tzinfo=None)
        if shows == wanted:
            return at
        if before < wanted < shows:
            wanted += shows - before - A_MINUTE
            if shows == wanted:
                return at
        before, at = shows, at + A_MINUTE


@pytest.mark.parametrize(
    ("first", "count"), [(period(date(2026, 3, 23)), 3), (period(date(2026, 9, 21)), 6)], ids=["spring", "autumn"]
)
def test_each_team_and_company_gets_its_digest_at_its_hour_through_the_change_of_the_clocks(
    database: Database, first: Period, count: int
) -> None:
    weeks = [following(first, week) for week in range(count)]
    press = DigestPress(database, datetime.combine(first, time(0), UTC))
    teams = {place: press.workspace(place.name, place.zone, first=first, on=place.on, at=place.at) for place in PLACES}
    press.live(datetime.combine(following(first, count), time(0), UTC))
    changes = set()
    for place, both in teams.items():
        hours = [on_the_wall(place, week + timedelta(days=place.on)) for week in weeks]
        changes |= {later - earlier for earlier, later in pairwise(hours)}
        for team, kind in zip(both, ("COMPANY", "TEAM"), strict=True):
            came = [copy.at for copy in press.slack.digests(f"C0{place.name}{kind}")]
            assert press.taken(team) == weeks, place
            late = [at - hour for at, hour in zip(came, hours, strict=True)]
            assert all(timedelta(0) <= one < A_MINUTE for one in late), (place, came, hours)
            assert not any("late" in copy.said for copy in press.slack.digests())
    # The clocks did change, forth in London and back in Auckland or the other way round; on Lord Howe by half an hour.
    assert {abs(one - timedelta(weeks=1)) for one in changes} == {timedelta(0), HOUR, HOUR / 2}
    assert {timedelta(weeks=1) - HOUR, timedelta(weeks=1) + HOUR} <= changes


BERLIN, TOKYO, LOS_ANGELES = "Europe/Berlin", "Asia/Tokyo", "America/Los_Angeles"


@pytest.mark.parametrize(
    ("first", "count"),
    # In spring America changes three weeks before Europe, in autumn a week after it.
    [(period(date(2026, 3, 2)), 5), (period(date(2026, 10, 19)), 3)],
    ids=["spring", "autumn"],
)
def test_each_team_gets_its_digest_at_the_organisations_hour_by_the_clock_of_its_own_channel(
    database: Database, first: Period, count: int
) -> None:
    weeks = [following(first, week) for week in range(count)]
    press = DigestPress(database, datetime.combine(first, time(0), UTC))
    teams = press.workspace("WORKS", BERLIN, first=first, elsewhere=(TOKYO, LOS_ANGELES))
    press.live(datetime.combine(following(first, count), time(0), UTC))
    zones = {"COMPANY": BERLIN, "TEAM": BERLIN, "0": TOKYO, "1": LOS_ANGELES}
    apart = set()
    for team, (channel, zone) in zip(teams, zones.items(), strict=True):
        hours = [on_the_wall(Place(zone, Weekday.WEDNESDAY, time(10)), week + timedelta(days=2)) for week in weeks]
        apart |= {later - earlier for earlier, later in pairwise(hours)}
        came = [copy.at for copy in press.slack.digests(f"C0WORKS{channel}")]
        assert press.taken(team) == weeks, zone
        assert len(came) == count
        assert all(timedelta(0) <= at - hour < A_MINUTE for at, hour in zip(came, hours, strict=True)), (zone, came)
    assert not any("late" in copy.said for copy in press.slack.digests())
    # Tokyo's clocks never change, those of the others did.
    assert len(apart) == 2


# Hours by a clock are reckoned in Python; the engines differ in nothing here.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("day", ["2026-06-09 20:00", "2026-06-10 03:00", "2026-06-10 10:30", "2026-06-10 18:30"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, TOKYO),
        (None, LOS_ANGELES),
        (TOKYO, LOS_ANGELES),
        (LOS_ANGELES, TOKYO),
        (TOKYO, None),
        (LOS_ANGELES, None),
    ],
)
def test_a_channel_that_gets_another_zone_in_mid_week_reads_each_week_once(
    database: Database, day: str, before: str | None, after: str | None
) -> None:
    """Digests come at 01:00 in UTC from Tokyo, at 08:00 from Berlin and at 17:00 from Los Angeles."""
    changed, count = datetime.fromisoformat(day).replace(tzinfo=UTC), 3
    press = DigestPress(database, datetime.combine(FIRST, time(0), UTC))
    _, team, *others = press.workspace("WORKS", BERLIN, first=FIRST, elsewhere=(before,) if before else ())
    moved, channel = (others[0], "C0WORKS0") if before else (team, "C0WORKSTEAM")
    press.live(changed)
    change_zone(press, moved, after)
    press.live(datetime.combine(following(FIRST, count), time(0), UTC))
    weeks = [following(FIRST, week) for week in range(count)]
    assert press.taken(moved) == weeks
    came = [copy.at for copy in press.slack.digests(channel)]
    old, new = ([on_the_wall(Place(zone or BERLIN, Weekday.WEDNESDAY, time(10)), week + timedelta(days=2))
                 for week in weeks] for zone in (before, after))  # fmt: skip
    # In the week of the change: at the hour it had where that was over, else at the new one, and at once where
    # the new one is over.
    expected = [old[0], old[1] if old[1] <= changed else max(new[1], changed), *new[2:]]
    assert all(timedelta(0) <= at - hour < A_MINUTE for at, hour in zip(came, expected, strict=True)), came


def change_zone(press: DigestPress, team: Team, zone: str | None) -> None:
    """An admin gives the team's channel a zone, or takes it back."""
    with press.database.write() as session:
        admin = session.scalars(sa.select(Member).where(Member.is_admin)).one()
        caller = Caller(admin.workspace_id, admin.id)
        steering.set_team_week(session, press.clock, caller, team.id, meeting=None, reason="", country=None, zone=zone)


@dataclass
class Works:
    """One company in London, whose digests come on Wednesdays at ten; in the evening before the first one."""

    press: DigestPress
    company: Team
    team: Team

    def wednesday(self, week: int, at: str) -> datetime:
        """A Wednesday by its week, from 0, at a time in UTC (London's is an hour ahead until 25 October)."""
        return datetime.combine(following(FIRST, week) + timedelta(days=2), time.fromisoformat(at), UTC)

    def came(self) -> dict[str, list[str]]:
        """By channel: the weeks that were told of."""
        told: dict[str, list[str]] = {"C0WORKSCOMPANY": [], "C0WORKSTEAM": []}
        for copy in self.press.slack.digests():
            told[copy.channel].append(copy.said.partition("week of ")[2].partition(":")[0])
        return told

    def newest(self) -> Copy:
        return self.press.slack.digests("C0WORKSTEAM")[-1]

    def what_admins_see(self) -> str:
        """What is told to an admin by direct message, and what stands on their Home."""
        with self.press.database.read() as session:
            admin = session.scalars(sa.select(Member).where(Member.is_admin)).one()
            page = home_roles.admin(session, Caller(admin.workspace_id, admin.id), self.press.clock)
            told = [copy.said for copy in self.press.slack.copies if copy.channel.startswith("D")]
            return "\n".join([*told, str(admin_blocks(page))])


FIRST = period(date(2026, 6, 1))


@pytest.fixture
def works(database: Database) -> Works:
    press = DigestPress(database, datetime.combine(FIRST, time(0), UTC))
    company, team = press.workspace("WORKS", "Europe/London", first=FIRST)
    press.live(datetime.combine(FIRST + timedelta(days=1), time(20), UTC))
    return Works(press, company, team)


def weeks_told(count: int) -> list[str]:
    weeks = [following(FIRST, week) for week in range(count)]
    return [f"{one.day} {one:%b}" for one in weeks]


def both(weeks: list[str]) -> dict[str, list[str]]:
    return {"C0WORKSCOMPANY": weeks, "C0WORKSTEAM": weeks}


def test_whoever_dies_at_the_posting_hour_the_digest_comes_once(works: Works) -> None:
    """Each week the worker dies one crossing later than the week before, until it is alive at the end of the hour."""
    week, press = 0, works.press
    while len(press.deaths) == 0 or press.deaths.total() == week:
        press.live(works.wednesday(week, "08:59:50"))
        press.hire(week + 1)
        press.live(works.wednesday(week, "20:00"))
        week += 1
        assert works.came() == both(weeks_told(week)), press.deaths
    assert week > 15, "it has died at each commit, request and answer of the hour"
    assert {point.partition(": ")[2] for point in press.deaths} == {
        "before the commit",
        "after the commit",
        "before the request",
        "before the answer",
    }
    details = [copy for copy in press.slack.copies if copy.thread_ts is not None]
    assert len(details) == 4 * week, "three replies in the company's thread, and one in the team's"
    assert states(works) == {DeliveryState.SENT}


@pytest.mark.parametrize(
    "trouble", [RetryLater("no connection"), UnknownOutcome("timeout")], ids=["no connection", "no answer"]
)
def test_a_slack_that_is_away_at_the_hour_gets_the_digest_when_it_is_back_and_says_that_it_is_late(
    works: Works, trouble: SlackFailure
) -> None:
    press = works.press
    press.live(works.wednesday(0, "08:59"))
    press.slack.trouble = trouble
    press.live(works.wednesday(0, "10:10"))
    assert press.slack.asked > 1
    assert works.came() == {"C0WORKSCOMPANY": [], "C0WORKSTEAM": []}
    press.slack.trouble = None
    press.live(works.wednesday(0, "10:40"))
    assert works.came() == both(weeks_told(1))
    newest = works.newest()
    assert f"This comes late: it was due 10:00, and could be posted only {newest.at + HOUR:%H:%M}." in newest.said
    press.live(works.wednesday(1, "20:00"))
    assert works.came() == both(weeks_told(2))
    assert "late" not in works.newest().said


def test_a_late_digest_and_one_that_cannot_be_made_say_their_hour_by_the_channels_clock(
    works: Works, stumbles: set[int]
) -> None:
    press = works.press
    for team in (works.company, works.team):
        change_zone(press, team, TOKYO)
    press.slack.trouble = RetryLater("no connection")
    press.live(works.wednesday(0, "01:40"))
    with press.database.read() as session:
        assert [f"{hour:%H:%M}" for _, hour in digest_hours.not_made(session, press.clock, None)] == ["10:00"]
    press.slack.trouble = None
    press.live(works.wednesday(0, "02:10"))
    assert works.came() == {"C0WORKSCOMPANY": [], "C0WORKSTEAM": weeks_told(1)}
    late = works.newest()
    assert f"it was due 10:00, and could be posted only {late.at + 9 * HOUR:%H:%M}." in late.said


def test_what_came_late_still_says_so_when_it_is_put_right(works: Works) -> None:
    press = works.press
    with press.database.write() as session:
        said = answered(session, key_result(session, works.team), FIRST, score="0.2")
    press.live(works.wednesday(0, "08:59"))
    press.slack.trouble = RetryLater("no connection")
    press.live(works.wednesday(0, "09:20"))
    press.clock = works.wednesday(1, "07:00")
    press.slack.trouble = None
    press.live(works.wednesday(1, "08:00"))
    late = works.newest()
    assert "This comes late: it was due Wed 3 Jun 10:00, and could be posted only Wed 10 Jun 08:" in late.said
    with press.database.write() as session:
        better = answered(session, key_result(session, works.team), FIRST, score="0.4")
        digest_corrections.answer_put_right(session, press.clock, session.get_one(Answer, said.id), better)
    press.live(works.wednesday(1, "08:30"))
    (redrawn,) = {said for said in press.slack.redrawn.values() if said.startswith("Growth, week of")}
    assert "Corrected" in redrawn
    assert late.said.splitlines()[2] in redrawn


def test_a_digest_that_the_next_one_overtakes_is_not_posted_and_the_admins_are_told(works: Works) -> None:
    press = works.press
    press.live(works.wednesday(0, "08:59"))
    press.slack.trouble = RetryLater("no connection")
    press.live(works.wednesday(0, "09:20"))
    press.clock = works.wednesday(1, "08:50")
    press.live(works.wednesday(1, "09:20"))
    press.clock = works.wednesday(1, "12:00")
    press.slack.trouble = None
    press.live(works.wednesday(1, "14:00"))
    assert works.came() == both(weeks_told(2)[1:])
    assert "This comes late: it was due 10:00" in works.newest().said
    with press.database.read() as session:
        lost = failures.failures_of(session, press.clock).undelivered
    assert {(one.kind, one.to, one.code) for one in lost if one.kind is PostKind.DIGEST} == {
        (PostKind.DIGEST, f"<#{channel}>", TOO_LATE) for channel in works.came()
    }
    seen = works.what_admins_see()
    for channel in works.came():
        # In the notification and the body of one message, and on Home.
        assert seen.count(f"A digest for <#{channel}> was not posted: Slack could be reached only when the next") == 3
    press.live(works.wednesday(2, "20:00"))
    assert works.came() == both(weeks_told(3)[1:])


def test_the_last_digest_of_all_is_posted_however_late(works: Works) -> None:
    press = works.press
    press.live(works.wednesday(0, "09:05"))
    press.slack.trouble = RetryLater("no connection")
    press.live(works.wednesday(1, "09:20"))
    with press.database.write() as session:
        for team in session.scalars(sa.select(Team)):
            team.next_digest_at = None
    press.clock = works.wednesday(3, "09:30")
    press.slack.trouble = None
    press.live(works.wednesday(3, "10:00"))
    assert works.came()["C0WORKSTEAM"] == weeks_told(2)


def test_a_channel_that_was_archived_costs_its_team_alone_the_digest_and_the_admins_are_told(works: Works) -> None:
    press = works.press
    press.slack.refusals["C0WORKSTEAM"] = Permanent("is_archived")
    press.live(works.wednesday(1, "20:00"))
    assert works.came() == {"C0WORKSCOMPANY": weeks_told(2), "C0WORKSTEAM": []}
    sentence = "A digest for <#C0WORKSTEAM> could not be delivered: Slack says “is_archived”. The channel is archived."
    assert sentence in works.what_admins_see()
    with press.database.write() as session:
        session.get_one(Team, works.team.id).channel_id = "C0NEW"
    press.live(works.wednesday(2, "20:00"))
    assert [copy.channel for copy in press.slack.digests()][-2:].count("C0NEW") == 1


def test_a_worker_that_slept_over_the_hour_posts_it_late_and_once(works: Works) -> None:
    press = works.press
    press.live(works.wednesday(0, "08:59"))
    press.clock = works.wednesday(0, "12:00")
    press.live(works.wednesday(0, "20:00"))
    assert works.came() == both(weeks_told(1))
    assert "This comes late: it was due 10:00, and could be posted only 13:00." in works.newest().said


def test_what_was_decided_in_weeks_whose_digest_did_not_come_is_told_once_in_the_next_that_does(works: Works) -> None:
    press = works.press
    press.live(works.wednesday(0, "20:00"))
    decide(works, "Pause the webinars")
    # It sleeps over the next digest; the one after is taken, and Slack is away until the next overtakes that.
    press.clock = works.wednesday(2, "08:55")
    decide(works, "Hire a writer")
    press.slack.trouble = RetryLater("no connection")
    press.live(works.wednesday(2, "09:20"))
    press.clock = works.wednesday(3, "08:50")
    press.live(works.wednesday(3, "09:20"))
    press.slack.trouble = None
    press.live(works.wednesday(3, "20:00"))
    weeks = weeks_told(5)
    assert works.came() == both([weeks[0], weeks[3]])
    newest = works.newest().said
    assert newest.count("Pause the webinars") == newest.count("Hire a writer") == 1
    press.live(works.wednesday(4, "20:00"))
    assert works.came() == both([weeks[0], *weeks[3:]])
    assert not any(words in works.newest().said for words in ("Pause the webinars", "Hire a writer"))


def decide(works: Works, text: str) -> None:
    """Somebody decides something about the team's key result, now."""
    with works.press.database.write() as session:
        about, admin = key_result(session, works.team), session.scalars(sa.select(Member).where(Member.is_admin)).one()
        decided(session, about, admin, text, at=works.press.clock, due_on=FIRST + timedelta(weeks=20))


@pytest.fixture
def stumbles(works: Works, monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Teams whose week cannot be read, for a fault of ours."""
    read, bad = digest_snapshot.read, {works.company.id}

    def sometimes(session: Session, now: datetime, team: Team, of: Period) -> Snapshot:
        if team.id in bad:
            raise KeyError("a fault of ours")
        return read(session, now, team, of)

    monkeypatch.setattr(digest_snapshot, "read", sometimes)
    return bad


def test_a_digest_that_cannot_be_made_stops_no_other_is_told_and_comes_when_it_can(
    works: Works, stumbles: set[int]
) -> None:
    press = works.press
    press.live(works.wednesday(0, "09:40"))
    assert works.came() == {"C0WORKSCOMPANY": [], "C0WORKSTEAM": weeks_told(1)}
    assert "The digest of Company was due Wed 3 Jun 10:00 and could not be made." in works.what_admins_see()
    stumbles.clear()
    press.live(works.wednesday(1, "20:00"))
    assert works.came() == both(weeks_told(2))
    assert "could not be made" not in works.what_admins_see()
    first, second = press.slack.digests("C0WORKSCOMPANY")
    assert "This comes late: it was due 10:00" in first.said
    assert "late" not in second.said


def key_result(session: Session, team: Team) -> KeyResult:
    return session.scalars(
        sa.select(KeyResult).join(Objective, Objective.id == KeyResult.objective_id).where(Objective.team_id == team.id)
    ).one()


def states(works: Works) -> set[DeliveryState]:
    with works.press.database.read() as session:
        kinds = (PostKind.DIGEST, PostKind.DIGEST_DETAILS)
        return set(session.scalars(sa.select(Delivery.state).where(Delivery.kind.in_(kinds))))
