"""A person's weeks: by example, and a year of them at a time with everything that may happen."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.attention import BUDGET, Attention, HoldBack, Leave, Wait, verdict, week_of
from bot.domain.cadence import Period, Rhythm, digest_at, following, note_at, period
from bot.domain.days_off import DaysOff, is_country
from bot.domain.excuses import Excuse
from bot.domain.localtime import WORKDAYS, Weekday
from bot.domain.meeting import rhythm_before
from bot.domain.personal_week import first_after, meet, opening
from bot.domain.reminding import MOST, next_reminder, reminders
from bot.domain.schedule import Schedule

LONDON = ZoneInfo("Europe/London")
DEFAULT = Rhythm()
# Monday, 23 November 2026: no public holiday anywhere near in London.
WEEK = period(date(2026, 11, 23))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_opens_at_the_persons_own_hour() -> None:
    found = opening(WEEK, DEFAULT, Schedule(LONDON, hour=time(11, 30)))
    assert (found.at, found.closes_at, found.excuse) == (utc("2026-11-23 11:30"), utc("2026-11-24 17:00"), None)


@pytest.mark.parametrize(
    ("hour", "asked"), [(time(7), "2026-11-23 10:00"), (time(10), "2026-11-23 10:00"), (time(19), "2026-11-23 17:30")]
)
def test_an_hour_outside_of_work_is_moved_into_it(hour: time, asked: str) -> None:
    late = Schedule(LONDON, hour=hour, starts=time(10), ends=time(18))
    assert opening(WEEK, DEFAULT, late).at == utc(asked)


def test_who_is_off_on_monday_is_asked_on_tuesday_with_time_to_answer() -> None:
    off = DaysOff(leave=((date(2026, 11, 20), date(2026, 11, 23)),))
    assert opening(WEEK, DEFAULT, Schedule(LONDON, off=off)).at == utc("2026-11-24 09:00")
    # At half past four there would be no time left: they are asked when their work begins.
    assert opening(WEEK, DEFAULT, Schedule(LONDON, hour=time(16, 30), off=off)).at == utc("2026-11-24 09:00")


def test_a_public_holiday_moves_the_opening_and_two_of_them_excuse() -> None:
    london = Schedule(LONDON, off=DaysOff(country="GB-ENG"))
    # Easter Monday 2027, and Boxing Day 2027, which is kept on Tuesday the 28th beside Christmas on Monday.
    assert opening(period(date(2027, 3, 29)), DEFAULT, london).at == utc("2027-03-30 08:00")
    assert opening(period(date(2027, 12, 27)), DEFAULT, london).excuse is Excuse.HOLIDAY


def test_who_is_away_for_all_of_it_is_not_asked() -> None:
    away = Schedule(LONDON, off=DaysOff(leave=((date(2026, 11, 20), date(2026, 11, 24)),)))
    assert opening(WEEK, DEFAULT, away).excuse is Excuse.AWAY


def test_who_never_works_then_is_asked_on_their_last_working_day_before() -> None:
    half = Schedule(LONDON, workdays=frozenset({Weekday.WEDNESDAY, Weekday.THURSDAY}))
    assert opening(WEEK, DEFAULT, half).at == utc("2026-11-19 09:00")
    on_leave = replace(half, off=DaysOff(leave=((date(2026, 11, 19), date(2026, 11, 19)),)))
    assert opening(WEEK, DEFAULT, on_leave).at == utc("2026-11-18 09:00")


def test_who_is_asked_late_is_asked_at_work() -> None:
    schedule = Schedule(LONDON)
    step = meet(WEEK, utc("2026-11-24 03:00"), DEFAULT, schedule)
    assert [(one.at, one.excuse) for one in step.due] == [(utc("2026-11-24 09:00"), None)]
    assert (step.waits_for, step.opens_at) == (following(WEEK), utc("2026-11-30 09:00"))


def test_periods_that_nobody_was_asked_about_are_passed_over_each_with_its_excuse() -> None:
    step = meet(WEEK, utc("2026-12-09 12:00"), DEFAULT, Schedule(LONDON))
    assert [(one.period, one.excuse) for one in step.due] == [
        (following(WEEK, index), Excuse.NOT_ASKED) for index in range(3)
    ]
    assert step.waits_for == following(WEEK, 3)


def test_two_reminders_come_with_time_between_and_the_last_before_the_lead_is_told() -> None:
    told = utc("2026-11-24 14:00")
    found = reminders(utc("2026-11-23 09:00"), utc("2026-11-24 17:00"), told, Schedule(LONDON))
    assert found == (utc("2026-11-23 14:00"), utc("2026-11-24 12:00"))
    assert (
        next_reminder(
            found[0],
            sent=1,
            asked_at=utc("2026-11-23 09:00"),
            closes_at=utc("2026-11-24 17:00"),
            told_at=told,
            schedule=Schedule(LONDON),
        )
        == found[1]
    )


def test_who_was_asked_late_is_reminded_once_or_not_at_all() -> None:
    closes, told = utc("2026-11-24 17:00"), utc("2026-11-24 14:00")
    assert reminders(utc("2026-11-24 09:00"), closes, told, Schedule(LONDON)) == (utc("2026-11-24 12:00"),)
    assert reminders(utc("2026-11-24 11:00"), closes, told, Schedule(LONDON)) == ()


@pytest.mark.parametrize(
    ("meeting", "opens", "closes", "digest"),
    [
        (Weekday.MONDAY, Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY),
        (Weekday.TUESDAY, Weekday.THURSDAY, Weekday.FRIDAY, Weekday.MONDAY),
        (Weekday.WEDNESDAY, Weekday.THURSDAY, Weekday.FRIDAY, Weekday.TUESDAY),
        (Weekday.THURSDAY, Weekday.MONDAY, Weekday.TUESDAY, Weekday.WEDNESDAY),
        (Weekday.FRIDAY, Weekday.TUESDAY, Weekday.WEDNESDAY, Weekday.THURSDAY),
    ],
)
def test_the_week_is_counted_back_from_the_meeting(
    meeting: Weekday, opens: Weekday, closes: Weekday, digest: Weekday
) -> None:
    found = rhythm_before(meeting)
    assert (found.opens.weekday, found.closes.weekday, found.digest.weekday) == (opens, closes, digest)


def test_holidays_are_known_by_country_and_by_parts_of_one() -> None:
    assert is_country("NZ")
    assert is_country("DE-BY")
    assert not is_country("Wakanda")
    assert DaysOff("NZ").is_holiday(date(2026, 2, 6))
    assert not DaysOff("NZ").is_holiday(date(2026, 2, 5))


def test_the_budget_holds_back_what_is_over_it_and_counts_anew_on_monday() -> None:
    schedule = Schedule(LONDON)
    sent = [utc("2026-11-23 09:00") + timedelta(hours=index) for index in range(BUDGET)]
    now = utc("2026-11-25 10:00")
    assert verdict(Attention.UNASKED, now, schedule, sent, zone=LONDON) == HoldBack()
    assert verdict(Attention.UNASKED, now, schedule, sent[1:], zone=LONDON) == Leave()
    assert verdict(Attention.UNASKED, now, schedule, sent[1:], zone=LONDON, reserved=1) == HoldBack()
    assert verdict(Attention.ANSWER, now, schedule, sent, zone=LONDON) == Leave()
    assert verdict(Attention.UNASKED, utc("2026-11-30 10:00"), schedule, sent, zone=LONDON) == Leave()
    assert verdict(Attention.UNASKED, utc("2026-11-24 20:00"), schedule, [], zone=LONDON) == Wait(
        utc("2026-11-25 09:00")
    )


# A year, simulated over these rules alone: planning, a queue, the last look before a message leaves

ZONES = sorted(available_timezones() - {"localtime"})
START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Queued:
    """A message that waits in the outbox; `reminder` 0 is the prompt."""

    of: Period
    not_before: datetime
    reminder: int = 0


@dataclass
class Year:
    """One owner's year. `schedule` changes as they move, choose other hours and go away."""

    chance: random.Random
    rhythm: Rhythm
    organisation: ZoneInfo
    schedule: Schedule
    answers: float
    met: Counter[Period] = field(default_factory=Counter)
    asked: dict[Period, tuple[datetime, datetime]] = field(default_factory=dict)
    sent: list[tuple[datetime, Queued]] = field(default_factory=list)
    at_work: list[bool] = field(default_factory=list)
    queue: list[Queued] = field(default_factory=list)

    def live(self, weeks: int) -> tuple[Period, Period]:
        """Let so many weeks go by; gives the first period and the one that is waited for in the end."""
        now = START
        first = first_after(now, self.rhythm, self.schedule).period
        waits_for = first
        while now < START + timedelta(weeks=weeks):
            step = meet(waits_for, now, self.rhythm, self.schedule)
            for one in step.due:
                self.met[one.period] += 1
                if one.excuse is None:
                    self.queue.append(Queued(one.period, one.at))
                    self.asked[one.period] = (one.at, one.closes_at)
            waits_for = step.waits_for
            self.remind(now)
            self.deliver(now)
            now = self.later(now, step.opens_at)
            if self.chance.random() < 0.02:
                self.schedule = self.changed(now)
        return first, waits_for

    def later(self, now: datetime, opens_at: datetime) -> datetime:
        """The next instant at which something is looked at: mostly when it is due, sometimes hours after."""
        lateness = timedelta(minutes=self.chance.choice([0, 0, 1, 50, 9 * 60]))
        due = [opens_at, *(one.not_before for one in self.queue), now + timedelta(hours=self.chance.uniform(1, 30))]
        return max(now + timedelta(minutes=1), min(due) + lateness)

    def remind(self, now: datetime) -> None:
        for of, (asked_at, closes_at) in list(self.asked.items()):
            if now >= closes_at or self.chance.random() < self.answers:
                del self.asked[of]
                continue
            count = sum(one.of == of and one.reminder > 0 for one in self.queue) + sum(
                one.of == of and one.reminder > 0 for _, one in self.sent
            )
            told = note_at(of, self.rhythm, lead_zone=self.organisation, digest_zone=self.organisation)
            due = [at for at in reminders(asked_at, closes_at, told, self.schedule) if at <= now]
            if count < MOST and len(due) > count:
                self.queue.append(Queued(of, now, count + 1))

    def deliver(self, now: datetime) -> None:
        for one in [one for one in self.queue if one.not_before <= now]:
            left = [at for at, _ in self.sent]
            match verdict(Attention.UNASKED, now, self.schedule, left, zone=self.organisation):
                case Leave():
                    self.sent.append((now, one))
                    self.at_work.append(self.schedule.is_at_work(now))
                    self.queue.remove(one)
                case Wait(until):
                    one.not_before = until
                case HoldBack():
                    self.queue.remove(one)

    def changed(self, now: datetime) -> Schedule:
        """They move to another zone, choose other hours or days, or go away, at any moment."""
        match self.chance.randrange(4):
            case 0:
                return replace(self.schedule, zone=ZoneInfo(self.chance.choice(ZONES)))
            case 1:
                return replace(self.schedule, hour=time(self.chance.randrange(24)))
            case 2:
                days = self.chance.sample(list(Weekday), self.chance.randint(1, 7))
                starts = self.chance.randrange(20)
                return replace(
                    self.schedule,
                    workdays=frozenset(days),
                    starts=time(starts),
                    ends=time(self.chance.randint(starts + 1, 23)),
                )
            case _:
                gone = now.date() + timedelta(days=self.chance.randint(-2, 20))
                back = gone + timedelta(days=self.chance.choice([0, 1, 5, 21, 90]))
                return replace(self.schedule, off=replace(self.schedule.off, leave=((gone, back),)))


RHYTHMS = st.builds(
    lambda meeting, opens: rhythm_before(meeting, opens=time(opens)),
    st.sampled_from(sorted(WORKDAYS)),
    st.integers(6, 12),
)


@given(
    seed=st.integers(0, 2**32),
    zone=st.sampled_from(ZONES),
    organisation=st.sampled_from(ZONES),
    rhythm=RHYTHMS,
    hour=st.integers(0, 23),
    country=st.sampled_from([None, "NZ", "DE-BY", "JP", "IL", "US-CA", "NP"]),
    answers=st.sampled_from([0.0, 0.2, 0.9]),
)
@settings(max_examples=60)
def test_in_any_year_each_period_is_met_once_within_working_hours_and_within_the_budget(
    *, seed: int, zone: str, organisation: str, rhythm: Rhythm, hour: int, country: str | None, answers: float
) -> None:
    schedule = Schedule(ZoneInfo(zone), hour=time(hour), off=DaysOff(country=country))
    year = Year(random.Random(seed), rhythm, ZoneInfo(organisation), schedule, answers)
    first, waits_for = year.live(52)
    weeks = (waits_for - first).days // 7
    assert year.met == {following(first, index): 1 for index in range(weeks)}
    assert weeks >= 50
    assert all(year.at_work)
    prompts = Counter(one.of for _, one in year.sent if one.reminder == 0)
    assert set(prompts.values()) <= {1}
    reminded = Counter(one.of for _, one in year.sent if one.reminder > 0)
    assert set(reminded.values()) <= set(range(1, MOST + 1))
    in_a_week = Counter(week_of(at, year.organisation) for at, _ in year.sent)
    assert max(in_a_week.values(), default=0) <= BUDGET


@given(st.sampled_from(ZONES), RHYTHMS, st.integers(0, 23), st.integers(0, 22), st.data())
@settings(max_examples=150)
def test_openings_keep_the_order_of_their_periods_and_leave_time_before_the_digest(
    zone: str, rhythm: Rhythm, hour: int, starts: int, data: st.DataObject
) -> None:
    workdays = data.draw(st.frozensets(st.sampled_from(Weekday), min_size=1))
    gone = data.draw(st.dates(date(2026, 1, 1), date(2026, 12, 1)))
    schedule = Schedule(
        ZoneInfo(zone),
        hour=time(hour),
        starts=time(starts),
        ends=time(data.draw(st.integers(starts + 1, 23))),
        workdays=workdays,
        off=DaysOff("NZ", ((gone, gone + timedelta(days=data.draw(st.integers(0, 40)))),)),
    )
    found = [opening(following(period(date(2026, 1, 5)), index), rhythm, schedule) for index in range(52)]
    assert all(one.at < other.at for one, other in itertools.pairwise(found))
    for one in found:
        assert one.at < one.closes_at <= digest_at(one.period, rhythm, schedule.zone)
        assert one.excuse is not None or schedule.is_at_work(one.at)
