from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.domain.cadence import (
    SHORTEST_OPEN,
    Period,
    Rhythm,
    WeeklyTime,
    closes_at,
    cycle_is_told_until,
    digest_at,
    digest_due,
    first_period_of_cycle,
    following,
    next_opening,
    note_at,
    opens_at,
    period,
    period_of,
    period_on,
    value_asked,
)
from bot.domain.localtime import Weekday

AUCKLAND = ZoneInfo("Pacific/Auckland")
KOLKATA = ZoneInfo("Asia/Kolkata")
LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
LOS_ANGELES = ZoneInfo("America/Los_Angeles")
DEFAULT = Rhythm()
MONDAY = period(date(2026, 11, 23))

ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
PERIODS = st.dates(date(2020, 1, 6), date(2035, 12, 24)).map(period_on)
WEEKLY_TIMES = st.builds(
    WeeklyTime,
    st.sampled_from(Weekday),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
)


@st.composite
def rhythms(draw: st.DrawFn) -> Rhythm:
    opens, closes = sorted([draw(WEEKLY_TIMES), draw(WEEKLY_TIMES)])
    assume(closes.into_week - opens.into_week >= SHORTEST_OPEN)
    return Rhythm(opens=opens, closes=closes, digest=draw(WEEKLY_TIMES))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("instant", "zone", "monday"),
    [
        ("2026-11-22 20:00", AUCKLAND, "2026-11-23"),
        ("2026-11-22 20:00", LONDON, "2026-11-16"),
        ("2026-11-23 04:59", NEW_YORK, "2026-11-16"),
        ("2026-11-23 05:00", NEW_YORK, "2026-11-23"),
        ("2027-01-01 12:00", LONDON, "2026-12-28"),
    ],
)
def test_an_instant_belongs_to_the_week_of_the_local_date(instant: str, zone: ZoneInfo, monday: str) -> None:
    assert period_of(utc(instant), zone) == date.fromisoformat(monday)


def test_a_period_is_a_monday() -> None:
    with pytest.raises(ValueError, match="Monday"):
        period(date(2026, 11, 24))


@pytest.mark.parametrize(
    ("zone", "opens", "closes"),
    [
        (AUCKLAND, "2026-11-22 20:00", "2026-11-24 04:00"),
        (KOLKATA, "2026-11-23 03:30", "2026-11-24 11:30"),
        (LONDON, "2026-11-23 09:00", "2026-11-24 17:00"),
        (NEW_YORK, "2026-11-23 14:00", "2026-11-24 22:00"),
    ],
)
def test_by_default_owners_answer_from_monday_nine_to_tuesday_five_by_their_own_clock(
    zone: ZoneInfo, opens: str, closes: str
) -> None:
    assert opens_at(MONDAY, DEFAULT, zone) == utc(opens)
    assert closes_at(MONDAY, DEFAULT, zone) == utc(closes)


def test_by_default_the_digest_comes_on_wednesday_and_the_note_the_afternoon_before() -> None:
    assert digest_at(MONDAY, DEFAULT, LONDON) == utc("2026-11-25 10:00")
    assert note_at(MONDAY, DEFAULT, lead_zone=LONDON, digest_zone=LONDON) == utc("2026-11-24 14:00")


def test_the_hour_stays_when_the_clocks_change() -> None:
    october = [opens_at(period(date(2026, 10, day)), DEFAULT, LONDON) for day in (19, 26)]
    assert october == [utc("2026-10-19 08:00"), utc("2026-10-26 09:00")]


def test_a_digest_on_monday_is_about_the_week_before_and_its_note_comes_on_friday() -> None:
    rhythm = Rhythm(
        opens=WeeklyTime(Weekday.THURSDAY, time(9)),
        closes=WeeklyTime(Weekday.FRIDAY, time(12)),
        digest=WeeklyTime(Weekday.MONDAY, time(10)),
    )
    assert digest_at(MONDAY, rhythm, LONDON) == utc("2026-11-30 10:00")
    assert note_at(MONDAY, rhythm, lead_zone=LONDON, digest_zone=LONDON) == utc("2026-11-27 14:00")
    assert digest_due(utc("2026-11-30 09:59"), rhythm, LONDON) == following(MONDAY, -1)
    assert digest_due(utc("2026-11-30 10:00"), rhythm, LONDON) == MONDAY


def test_a_lead_far_west_of_the_channel_gets_the_note_before_the_digest_all_the_same() -> None:
    posted = digest_at(MONDAY, DEFAULT, AUCKLAND)
    assert posted == utc("2026-11-24 21:00")
    noted = note_at(MONDAY, DEFAULT, lead_zone=LOS_ANGELES, digest_zone=AUCKLAND)
    assert noted == utc("2026-11-23 22:00")


def test_a_note_that_would_come_with_the_digest_comes_a_working_day_earlier() -> None:
    rhythm = Rhythm(digest=WeeklyTime(Weekday.WEDNESDAY, time(14)))
    a_day_ahead, behind = ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Honolulu")
    assert digest_at(MONDAY, rhythm, a_day_ahead) == utc("2026-11-25 00:00")
    assert note_at(MONDAY, rhythm, lead_zone=behind, digest_zone=a_day_ahead) == utc("2026-11-24 00:00")


def test_a_digest_at_the_moment_of_closing_is_about_the_week_that_closes() -> None:
    rhythm = Rhythm(digest=DEFAULT.closes)
    assert digest_at(MONDAY, rhythm, LONDON) == closes_at(MONDAY, rhythm, LONDON)


@pytest.mark.parametrize(
    ("opens", "closes"),
    [
        (WeeklyTime(Weekday.TUESDAY, time(9)), WeeklyTime(Weekday.MONDAY, time(17))),
        (WeeklyTime(Weekday.MONDAY, time(9)), WeeklyTime(Weekday.MONDAY, time(11, 59))),
    ],
)
def test_a_week_in_which_nobody_could_answer_is_refused(opens: WeeklyTime, closes: WeeklyTime) -> None:
    with pytest.raises(ValueError, match="closes"):
        Rhythm(opens=opens, closes=closes)


def test_a_weekly_time_has_neither_a_zone_nor_seconds() -> None:
    for at in (time(9, tzinfo=UTC), time(9, 0, 1)):
        with pytest.raises(ValueError, match="weekly time"):
            WeeklyTime(Weekday.MONDAY, at)


@pytest.mark.parametrize(
    ("weeks", "every", "asked"),
    [(0, 1, True), (1, 1, True), (0, 4, True), (1, 4, False), (3, 4, False), (4, 4, True), (-1, 2, False)],
)
def test_a_value_is_asked_for_every_so_many_weeks_of_the_cycle(weeks: int, every: int, asked: bool) -> None:
    first = first_period_of_cycle(date(2026, 10, 1))
    assert first == date(2026, 10, 5)
    assert value_asked(following(first, weeks), first, every) is asked


def test_a_cycle_that_begins_on_a_monday_has_its_first_monday_that_day() -> None:
    assert first_period_of_cycle(date(2026, 11, 23)) == MONDAY


@pytest.mark.parametrize(
    ("ends_on", "told_until"),
    [
        (date(2026, 6, 30), "2026-07-01 10:00"),  # a Tuesday: until Wednesday's digest
        (date(2026, 6, 29), "2026-07-01 10:00"),
        (date(2026, 12, 31), "2027-01-01 00:00"),  # a Thursday: its week was told of the day before
    ],
)
def test_a_cycle_is_told_until_its_last_digest_or_the_end_of_its_last_day(ends_on: date, told_until: str) -> None:
    until = datetime.fromisoformat(told_until).replace(tzinfo=UTC)
    assert cycle_is_told_until(ends_on, Rhythm(), ZoneInfo("UTC")) == until


def test_a_value_that_is_never_asked_for_is_refused() -> None:
    with pytest.raises(ValueError, match="every week"):
        value_asked(MONDAY, MONDAY, 0)


@given(zone=ZONES, this=PERIODS, rhythm=rhythms())
def test_every_week_has_one_opening_in_its_own_week_and_later_than_the_last(
    zone: ZoneInfo, this: Period, rhythm: Rhythm
) -> None:
    opening = opens_at(this, rhythm, zone)
    assert period_of(opening, zone) == this
    assert opening < closes_at(this, rhythm, zone) <= opens_at(following(this), rhythm, zone)
    local = opening.astimezone(zone)
    exists = local.replace(fold=0).astimezone(UTC) == opening
    shown = WeeklyTime(Weekday(local.weekday()), local.time().replace(fold=0))
    assert exists
    assert shown == rhythm.opens or shown.into_week > rhythm.opens.into_week


@given(zone=ZONES, this=PERIODS, rhythm=rhythms(), into=st.integers(0, 7 * 24 * 60))
def test_the_next_opening_is_the_first_one_after_now(zone: ZoneInfo, this: Period, rhythm: Rhythm, into: int) -> None:
    now = opens_at(this, rhythm, zone) + timedelta(minutes=into)
    openings = [opens_at(following(this, weeks), rhythm, zone) for weeks in range(-1, 4)]
    assert next_opening(now, rhythm, zone) == min(opening for opening in openings if opening > now)
    assert next_opening(openings[1] - timedelta(microseconds=1), rhythm, zone) == openings[1]
    assert next_opening(openings[1], rhythm, zone) == openings[2]


@given(channel=ZONES, lead=ZONES, this=PERIODS, rhythm=rhythms())
def test_the_note_comes_before_the_digest_and_the_digest_after_answering_has_closed_there(
    channel: ZoneInfo, lead: ZoneInfo, this: Period, rhythm: Rhythm
) -> None:
    # A change of the clock may carry a closing past a digest that follows it within the hour; the digest never waits.
    between = rhythm.digest.into_week - rhythm.closes.into_week
    assume(between < timedelta() or between >= SHORTEST_OPEN)
    posted = digest_at(this, rhythm, channel)
    noted = note_at(this, rhythm, lead_zone=lead, digest_zone=channel)
    assert noted < posted
    assert noted.astimezone(lead).weekday() < Weekday.SATURDAY
    assert posted >= closes_at(this, rhythm, channel)
    assert posted < digest_at(following(this), rhythm, channel)
    assert digest_due(posted, rhythm, channel) == this
    assert digest_due(posted - timedelta(microseconds=1), rhythm, channel) == following(this, -1)


def test_an_instant_without_a_zone_is_refused() -> None:
    naive = datetime.fromisoformat("2026-11-23 09:00")
    with pytest.raises(ValueError, match="zone"):
        period_of(naive, LONDON)
