"""Away: what it excuses, who covers, who is told, and coming back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from company import MONDAY, Company, as_slack_tells
from sqlalchemy.orm import Session

from bot.blocks.away import own_absences
from bot.domain.absence import Days
from bot.domain.cadence import following, period
from bot.domain.confidence import Confidence
from bot.domain.excuses import Excuse
from bot.domain.organisation import Visibility
from bot.domain.person import Home
from bot.services import absences, checkin, hand_over, people, planning, reminding
from bot.services.checkin import Said
from bot.services.planning import prompt_key
from bot.services.prompt import post
from bot.services.refusals import Reason, Refused
from models import (
    Absence,
    CheckIn,
    CheckInState,
    Delivery,
    DeliveryState,
    KeyResult,
    KeyResultState,
    Member,
    MemberKind,
    PostKind,
)
from models.database import Database

WEEK = period(MONDAY)
NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
# The Thursday and the Friday before that Monday, and two weeks from then.
BEFORE = datetime(2026, 10, 1, 12, tzinfo=UTC)
TWO_WEEKS = Days(date(2026, 10, 3), date(2026, 10, 16))


def team_of_three(company: Company) -> tuple[Member, Member, Member]:
    """An owner of two key results, their lead, and a colleague with one key result."""
    lead, ana, tama = company.person("Rosa Lead"), company.person("Ana Owner"), company.person("Tama Cover")
    objective = company.objective(company.team("Growth", lead=lead))
    company.key_result(objective, ana)
    company.key_result(objective, ana, "Churn from 4 to 2 %", metric="Churn")
    company.key_result(objective, tama, "NPS from 20 to 30", metric="NPS")
    planning.replan(company.session, company.now, [ana.id, tama.id])
    return ana, lead, tama


def states(company: Company, member: Member) -> list[tuple[date, CheckInState, Excuse | None]]:
    rows = company.session.scalars(
        sa.select(CheckIn).where(CheckIn.owner_id == member.id).order_by(CheckIn.period, CheckIn.id)
    )
    return [(row.period, row.state, row.excuse) for row in rows]


def prompted(company: Company, member: Member) -> list[date | None]:
    return list(
        company.session.scalars(
            sa.select(Delivery.period)
            .where(Delivery.member_id == member.id, Delivery.kind == PostKind.PROMPT)
            .order_by(Delivery.id)
        )
    )


def news(company: Company) -> list[tuple[int | None, datetime]]:
    rows = company.session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.AWAY_NEWS).order_by(Delivery.id))
    return [(row.member_id, row.not_before) for row in rows]


def test_who_is_away_without_a_cover_is_excused_and_not_asked(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, _tama = team_of_three(company)
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, None)
        assert (done.check_ins, done.key_results, done.told) == (4, 2, ("Rosa Lead",))
        for week in range(3):
            planning.open_due(session, NINE + timedelta(weeks=week), 100)
        third = following(WEEK, 2)
        assert states(company, ana) == [
            *[(following(WEEK, week), CheckInState.EXCUSED, Excuse.AWAY) for week in (0, 0, 1, 1)],
            *[(third, CheckInState.DUE, None)] * 2,
        ]
        assert prompted(company, ana) == [third]
        assert [member_id for member_id, _ in news(company)] == [lead.id]


def test_the_same_days_declared_again_are_one_absence_with_the_cover_of_the_second(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, tama = team_of_three(company)
        first = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, None)
        again = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        assert (again.absence.id, again.cover) == (first.absence.id, tama.name)
        assert len(session.scalars(sa.select(Absence)).all()) == 1
        assert [member_id for member_id, _ in news(company)].count(lead.id) == 1


def test_what_is_said_of_an_absence_at_first_is_said_of_it_later(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, _tama = team_of_three(company)
        # Asked on Monday, closed on Tuesday.
        friday = Days(WEEK + timedelta(days=4), WEEK + timedelta(days=4))
        for who, these, touched in ((ana, friday, 0), (ana, TWO_WEEKS, 4), (lead, TWO_WEEKS, 0)):
            done = absences.declare(session, BEFORE, company.caller(who), these, None)
            (known,) = absences.shown(session, who, [done.absence])
            assert (done.check_ins, known.spares) == (touched, touched > 0)
            said = "your check-ins are excused" if touched else "no check-in falls into these days"
            assert said in repr(own_absences([known], WEEK).blocks)
            absences.end(session, BEFORE, company.caller(who), known.absence_id)


def test_who_covers_is_asked_for_both_with_the_owners_last_answers(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, tama = team_of_three(company)
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        assert (done.cover, done.told) == ("Tama Cover", ("Rosa Lead", "Tama Cover"))
        planning.open_due(session, NINE, 100)
        assert states(company, ana) == []
        assert states(company, tama) == [(WEEK, CheckInState.DUE, None)] * 3
        assert prompted(company, tama) == [WEEK]
        prompt = session.scalars(sa.select(Delivery).where(Delivery.key == prompt_key(tama.id, WEEK))).one()
        shown = post(session, prompt, NINE)
        assert shown is not None
        assert "3 key results" in shown.text
        assert repr(shown.blocks).count("for Ana Owner") == 2
        # Who covers may answer what was asked of them, and no more.
        first = checkin.first_due(session, NINE, company.caller(tama), WEEK)
        assert first is not None
        told = {member_id for member_id, _ in news(company)}
        assert told == {lead.id, tama.id}


SAID = Said(Confidence.GREEN, "call ten customers", value=Decimal(25))


def test_what_a_cover_missed_before_their_own_week_closes_is_told_as_late_from_then_on(database: Database) -> None:
    """The message is drawn when it is missed, and not again when the cover's own time is over."""
    missed_at = NINE + timedelta(hours=2)
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        (own,) = session.scalars(sa.select(KeyResult.id).where(KeyResult.owner_id == tama.id)).all()
        checkin.record(session, NINE, caller=company.caller(tama), key_result_id=own, period=WEEK, said=SAID)
        covered = sa.update(CheckIn).where(CheckIn.key_result_id != own)
        session.execute(covered.values(closes_at=missed_at))
        assert planning.close_due(session, missed_at, 100) == 2
        prompt = session.scalars(sa.select(Delivery).where(Delivery.key == prompt_key(tama.id, WEEK))).one()
        prompt.state, prompt.posted_channel, prompt.posted_ts = DeliveryState.SENT, "D1", "1.000100"
        told = [post(session, prompt, at) for at in (missed_at, missed_at + timedelta(days=1, hours=8))]
        assert [one.text for one in told if one is not None] == ["2 check-ins are still open, until Wed 10:00"] * 2


def covered_and_answered(company: Company) -> tuple[Member, Member, int]:
    """An owner, away until Tuesday, whose cover has answered about something that is for its owner alone."""
    ana, _lead, tama = team_of_three(company)
    key_result = company.session.scalars(sa.select(KeyResult).where(KeyResult.owner_id == ana.id)).first()
    assert key_result is not None
    key_result.visibility = Visibility.NAMED
    days = Days(date(2026, 10, 3), date(2026, 10, 6))
    absences.declare(company.session, BEFORE, company.caller(ana), days, tama.id)
    planning.open_due(company.session, NINE, 100)
    say(company, NINE, tama, key_result.id)
    return ana, tama, key_result.id


def say(company: Company, now: datetime, who: Member, key_result_id: int) -> None:
    checkin.record(
        company.session, now, caller=company.caller(who), key_result_id=key_result_id, period=WEEK, said=SAID
    )


@pytest.mark.parametrize("how", ["said so", "days over", "another cover"])
def test_who_covered_reads_and_replaces_nothing_once_that_has_ended(database: Database, how: str) -> None:
    with database.write() as session:
        company = Company(session)
        ana, tama, key_result_id = covered_and_answered(company)
        later = NINE + timedelta(hours=2)
        # Who covers puts right what they said, as long as they do.
        say(company, later, tama, key_result_id)
        (away,) = absences.mine(session, ana, later)
        match how:
            case "said so":
                absences.end(session, later, company.caller(ana), away.id)
            case "days over":
                # On Wednesday, before the digest.
                later = NINE + timedelta(days=1, hours=20)
            case _:
                days, other = Days(away.first_on, away.last_on), company.person("Nia Other")
                absences.change(session, later, company.caller(ana), away.id, days=days, cover_id=other.id)
        later += timedelta(hours=1)
        for run in (True, False):
            with pytest.raises(Refused) as refused:
                checkin.question(session, later, company.caller(tama), key_result_id, WEEK, run=run)
            assert refused.value.reason is Reason.NO_SUCH_KEY_RESULT
        with pytest.raises(Refused):
            say(company, later, tama, key_result_id)
        say(company, later, ana, key_result_id)


def test_who_covered_reads_and_replaces_nothing_of_who_was_handed_it_meanwhile(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, tama, key_result_id = covered_and_answered(company)
        nia, later = company.person("Nia New"), NINE + timedelta(hours=1)
        asked = hand_over.ask(session, later, company.caller(ana), key_result_id, nia.id)
        hand_over.accept(session, later, company.caller(nia), asked.hand_over_id)
        say(company, later, nia, key_result_id)
        # Ana is away still, and it is hers no more.
        with pytest.raises(Refused) as refused:
            checkin.question(session, later, company.caller(tama), key_result_id, WEEK, run=False)
        assert refused.value.reason is Reason.NO_SUCH_KEY_RESULT
        with pytest.raises(Refused):
            say(company, later, tama, key_result_id)


def test_who_covered_for_the_lead_of_one_who_has_left_reads_nothing_once_the_lead_is_back(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, tama = team_of_three(company)
        key_result = session.scalars(sa.select(KeyResult).where(KeyResult.owner_id == ana.id)).first()
        assert key_result is not None
        key_result.visibility, ana.deactivated_at = Visibility.NAMED, BEFORE
        planning.replan(session, BEFORE, [ana.id, lead.id])
        days = Days(date(2026, 10, 3), date(2026, 10, 6))
        absences.declare(session, BEFORE, company.caller(lead), days, tama.id)
        planning.open_due(session, NINE, 100)
        check_in = session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == key_result.id)).one()
        assert (check_in.owner_id, check_in.covered_for_id) == (tama.id, ana.id)
        for minute in range(2):
            say(company, NINE + timedelta(minutes=minute), tama, key_result.id)
        later = NINE + timedelta(hours=1)
        checkin.question(session, later, company.caller(tama), key_result.id, WEEK, run=False)
        (away,) = absences.mine(session, lead, later)
        absences.end(session, later, company.caller(lead), away.id)
        with pytest.raises(Refused) as refused:
            checkin.question(session, later, company.caller(tama), key_result.id, WEEK, run=False)
        assert refused.value.reason is Reason.NO_SUCH_KEY_RESULT
        say(company, later, lead, key_result.id)


def test_who_was_given_it_before_the_owner_goes_may_answer_at_once(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        planning.open_due(session, NINE, 100)
        # In the evening, for the day on which it closes.
        evening = NINE + timedelta(hours=10)
        tuesday = date(2026, 10, 6)
        absences.declare(session, evening, company.caller(ana), Days(tuesday, tuesday), tama.id)
        covered = session.scalars(sa.select(CheckIn).where(CheckIn.covered_for_id == ana.id)).all()
        assert {one.owner_id for one in covered} == {tama.id}
        say(company, evening + timedelta(minutes=1), tama, covered[0].key_result_id)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_the_cover_answers_while_the_owner_comes_back_stays_answered(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        owner = company.caller(ana)
    covered = sa.select(CheckIn.state).where(CheckIn.covered_for_id == owner.member_id)

    def come_back() -> None:
        with database.write() as session:
            (away,) = absences.mine(session, session.get_one(Member, owner.member_id), NINE)
            absences.end(session, NINE + timedelta(hours=1), owner, away.id)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            session.execute(
                sa.update(CheckIn).where(CheckIn.covered_for_id == owner.member_id).values(state=CheckInState.ANSWERED)
            )
            back = pool.submit(come_back)
            while not somebody_waits_for_a_row(session):
                assert not back.done()
        back.result()
    with database.read() as session:
        assert session.scalars(covered).all() == [CheckInState.ANSWERED] * 2


def somebody_waits_for_a_row(session: Session) -> bool:
    return bool(session.scalar(sa.text("select count(*) from pg_locks where not granted")))


def test_a_cover_who_owns_nothing_is_asked_in_their_own_working_hours(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, _tama = team_of_three(company)
        west = company.person("Wes West", zone="America/Los_Angeles")
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, west.id)
        planning.open_due(session, NINE, 100)
        assert states(company, west) == [(WEEK, CheckInState.DUE, None)] * 2
        prompt = session.scalars(sa.select(Delivery).where(Delivery.key == prompt_key(west.id, WEEK))).one()
        introduced = timedelta(seconds=30)
        assert prompt.not_before == datetime(2026, 10, 5, 16, tzinfo=UTC) + introduced  # nine o'clock there


def test_a_cover_who_owns_nothing_is_reminded_once_in_their_own_working_hours(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, _tama = team_of_three(company)
        west = company.person("Wes West", zone="America/Los_Angeles")
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, west.id)
        planning.open_due(session, NINE, 100)
        at = datetime(2026, 10, 6, 22, tzinfo=UTC)  # two hours before answering closes at five there
        assert west.next_reminder_at == at
        reminding.remind_due(session, at, 100)
        assert west.next_reminder_at is None
        theirs = sa.select(Delivery).where(Delivery.kind == PostKind.REMINDER, Delivery.member_id == west.id)
        reminder = session.scalars(theirs).one()
        shown = reminding.post(session, reminder, at)
        assert shown is not None
        assert shown.text == "2 check-ins are open until Tue 17:00"
        assert "I tell" not in repr(shown.blocks)


def test_who_covers_from_the_middle_of_the_week_is_reminded_too(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, _tama = team_of_three(company)
        wes = company.person("Wes West")
        planning.open_due(session, NINE, 100)
        noon = NINE + timedelta(hours=3)
        absences.declare(session, noon, company.caller(ana), Days(MONDAY, date(2026, 10, 9)), wes.id)
        assert wes.next_reminder_at == datetime(2026, 10, 6, 15, tzinfo=UTC)


def test_a_cover_who_is_away_too_leaves_it_excused(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        absences.declare(session, BEFORE, company.caller(tama), TWO_WEEKS, None)
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        assert {(state, excuse) for _, state, excuse in states(company, ana)} == {(CheckInState.EXCUSED, Excuse.AWAY)}


def test_who_goes_away_after_the_prompt_lets_go_of_what_they_cannot_answer(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        planning.open_due(session, NINE, 100)
        done = absences.declare(session, NINE, company.caller(ana), Days(date(2026, 10, 5), date(2026, 10, 6)), tama.id)
        assert done.check_ins == 2
        assert states(company, ana) == []
        assert len(states(company, tama)) == 3
        assert ana.next_reminder_at is None


def test_a_day_off_within_the_week_moves_the_question_and_excuses_nothing(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, _tama = team_of_three(company)
        done = absences.declare(session, BEFORE, company.caller(ana), Days(MONDAY, MONDAY), None)
        assert done.check_ins == 0
        assert ana.next_opening_at == datetime(2026, 10, 6, 9, tzinfo=UTC)


def test_coming_back_early_brings_back_what_is_still_open_and_the_prompt_greets(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        noon = NINE + timedelta(hours=3)
        absences.end(session, noon, company.caller(ana), done.absence.id)
        assert states(company, ana) == [(WEEK, CheckInState.DUE, None)] * 2
        assert len(states(company, tama)) == 1
        prompt = session.scalars(sa.select(Delivery).where(Delivery.key == prompt_key(ana.id, WEEK))).one()
        assert prompt.not_before >= noon
        shown = post(session, prompt, prompt.not_before)
        assert shown is not None
        assert shown.text.startswith("Welcome back")


@pytest.mark.parametrize("to", ["who covers", "somebody else"])
@pytest.mark.parametrize("covered", [True, False])
def test_who_is_back_takes_nothing_back_that_has_another_owner_by_now(
    database: Database, to: str, covered: bool
) -> None:
    """It is limited: they may not even see it any more."""
    with database.write() as session:
        company = Company(session)
        ana, lead, tama = team_of_three(company)
        owned = sa.select(KeyResult).where(KeyResult.owner_id == ana.id).order_by(KeyResult.id)
        first, second = session.scalars(owned).all()
        first.visibility = Visibility.NAMED
        cover_id = tama.id if covered else None
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, cover_id)
        planning.open_due(session, NINE, 100)
        noon, new = NINE + timedelta(hours=3), tama if to == "who covers" else company.person("Nia New")
        asked = hand_over.ask(session, noon, company.caller(lead), first.id, new.id)
        hand_over.accept(session, noon, company.caller(new), asked.hand_over_id)
        given = session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == first.id)).one()
        assert (given.owner_id, given.covered_for_id, given.state) == (new.id, None, CheckInState.DUE)
        assert prompted(company, new) == [WEEK]
        later = noon + timedelta(hours=1)
        assert absences.end(session, later, company.caller(ana), done.absence.id) == 1
        assert (given.owner_id, given.covered_for_id, given.state) == (new.id, None, CheckInState.DUE)
        kept = session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == second.id)).one()
        assert (kept.owner_id, kept.covered_for_id, kept.state) == (ana.id, None, CheckInState.DUE)
        prompt = session.scalars(sa.select(Delivery).where(Delivery.key == prompt_key(ana.id, WEEK))).one()
        shown = post(session, prompt, later)
        assert shown is not None
        assert "Churn" in repr(shown.blocks)
        assert "Activation" not in repr(shown.blocks)


def test_a_cover_who_goes_away_and_comes_back_goes_on_standing_in(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        noon = NINE + timedelta(hours=3)
        away = absences.declare(session, noon, company.caller(tama), Days(MONDAY, date(2026, 10, 8)), None)
        assert {state for _, state, _ in states(company, tama)} == {CheckInState.EXCUSED}
        later = noon + timedelta(hours=1)
        assert absences.end(session, later, company.caller(tama), away.absence.id) == 3
        covered = session.scalars(sa.select(CheckIn).where(CheckIn.covered_for_id == ana.id)).all()
        assert [(one.owner_id, one.state) for one in covered] == [(tama.id, CheckInState.DUE)] * 2
        prompt = session.scalars(sa.select(Delivery).where(Delivery.key == prompt_key(tama.id, WEEK))).one()
        shown = post(session, prompt, later)
        assert shown is not None
        assert repr(shown.blocks).count("for Ana Owner") == 2
        say(company, later, tama, covered[0].key_result_id)


def test_who_is_back_while_their_cover_is_away_is_asked_themselves(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        noon = NINE + timedelta(hours=3)
        away = absences.declare(session, noon, company.caller(tama), Days(MONDAY, date(2026, 10, 8)), None)
        assert absences.end(session, noon, company.caller(ana), done.absence.id) == 2
        assert states(company, ana) == [(WEEK, CheckInState.DUE, None)] * 2
        assert prompted(company, ana) == [WEEK]
        # Who covered has only their own to come back to.
        assert absences.end(session, noon + timedelta(hours=1), company.caller(tama), away.absence.id) == 1
        assert states(company, ana) == [(WEEK, CheckInState.DUE, None)] * 2


@pytest.mark.parametrize("then", ["another cover", "nobody"])
@pytest.mark.parametrize("first", ["a cover", "nobody"])
def test_who_is_named_as_cover_while_the_week_runs_is_asked_in_the_place_of_the_one_before(
    database: Database, first: str, then: str
) -> None:
    """Who covered before may not answer any more."""
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        nia = company.person("Nia Other")
        cover_id = tama.id if first == "a cover" else None
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, cover_id)
        planning.open_due(session, NINE, 100)
        noon, other_id = NINE + timedelta(hours=3), nia.id if then == "another cover" else None
        absences.change(session, noon, company.caller(ana), done.absence.id, days=TWO_WEEKS, cover_id=other_id)
        assert len(states(company, tama)) == 1
        if then == "another cover":
            assert states(company, nia) == [(WEEK, CheckInState.DUE, None)] * 2
            assert prompted(company, nia) == [WEEK]
            first_due = checkin.first_due(session, noon, company.caller(nia), WEEK)
            say(company, noon, nia, first_due)
        else:
            assert states(company, ana) == [(WEEK, CheckInState.EXCUSED, Excuse.AWAY)] * 2


@pytest.mark.parametrize("other", [True, False])
def test_what_a_cover_who_leaves_stood_in_for_goes_to_the_next_one_or_is_excused(
    database: Database, other: bool
) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        nia = company.person("Nia Other")
        absences.declare(session, BEFORE, company.caller(ana), Days(date(2026, 10, 3), date(2026, 10, 5)), tama.id)
        rest = Days(date(2026, 10, 6), date(2026, 10, 16))
        absences.declare(session, BEFORE, company.caller(ana), rest, nia.id if other else None)
        planning.open_due(session, NINE, 100)
        noon = NINE + timedelta(hours=3)
        gone = as_slack_tells(tama, deleted=True)
        people.learn_all(session, noon, company.workspace.id, [gone], admins=(), home=Home("T0TEST"))
        if other:
            covered = session.scalars(sa.select(CheckIn).where(CheckIn.covered_for_id == ana.id)).all()
            assert [(one.owner_id, one.state) for one in covered] == [(nia.id, CheckInState.DUE)] * 2
            assert prompted(company, nia) == [WEEK]
            say(company, noon, nia, covered[0].key_result_id)
        else:
            planning.close_due(session, noon + timedelta(days=2), 100)
            assert states(company, ana) == [(WEEK, CheckInState.EXCUSED, Excuse.AWAY)] * 2


def test_what_a_cover_who_leaves_stood_in_for_is_its_owners_or_their_leads_where_these_are_at_work(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, tama = team_of_three(company)
        ana.deactivated_at = BEFORE
        planning.replan(session, BEFORE, [ana.id, lead.id])
        away = absences.declare(session, BEFORE, company.caller(lead), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        noon = NINE + timedelta(hours=3)
        # Who covers for the lead of one who has left goes on until it is answered.
        absences.end(session, noon, company.caller(lead), away.absence.id)
        covered = session.scalars(sa.select(CheckIn).where(CheckIn.covered_for_id == ana.id)).all()
        assert [(one.owner_id, one.state) for one in covered] == [(tama.id, CheckInState.DUE)] * 2
        gone = as_slack_tells(tama, deleted=True)
        people.learn_all(session, noon, company.workspace.id, [gone], admins=(), home=Home("T0TEST"))
        covered = session.scalars(sa.select(CheckIn).where(CheckIn.covered_for_id == ana.id)).all()
        assert [(one.owner_id, one.state) for one in covered] == [(lead.id, CheckInState.DUE)] * 2
        assert prompted(company, lead) == [WEEK]
        say(company, noon, lead, covered[0].key_result_id)


def test_an_absence_that_is_changed_excuses_other_weeks(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, _tama = team_of_three(company)
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, None)
        later = Days(date(2026, 10, 10), date(2026, 10, 16))
        changed = absences.change(session, BEFORE, company.caller(ana), done.absence.id, days=later, cover_id=None)
        assert changed.check_ins == 0  # that week was spared before as well
        for week in range(2):
            planning.open_due(session, NINE + timedelta(weeks=week), 100)
        assert {(of, state) for of, state, _ in states(company, ana)} == {
            (WEEK, CheckInState.DUE),
            (following(WEEK), CheckInState.EXCUSED),
        }


def test_leads_hear_of_several_absences_in_one_message_and_in_their_working_hours(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, tama = team_of_three(company)
        evening = datetime(2026, 10, 1, 20, tzinfo=UTC)
        absences.declare(session, evening, company.caller(ana), TWO_WEEKS, None)
        mine = absences.declare(session, evening, company.caller(tama), TWO_WEEKS, None)
        assert news(company) == [(lead.id, datetime(2026, 10, 2, 9, tzinfo=UTC))]
        delivery = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.AWAY_NEWS)).one()
        shown = absences.post(session, delivery, evening)
        assert shown is not None
        assert shown.text == "2 people are away soon"
        assert "Ana Owner is away Sat 3 Oct – Fri 16 Oct: check-ins of 2 key results are excused." in repr(shown.blocks)
        absences.end(session, evening, company.caller(tama), mine.absence.id)
        shown = absences.post(session, delivery, evening)
        assert shown is not None
        assert "Tama Cover is not away Sat 3 Oct – Fri 16 Oct after all." in repr(shown.blocks)
        delivery.state, delivery.posted_channel, delivery.posted_ts = DeliveryState.SENT, "D1", "1.1"
        session.flush()
        absences.declare(session, evening, company.caller(tama), TWO_WEEKS, None)
        assert len(news(company)) == 2


@pytest.mark.parametrize("who", ["oneself", "a guest", "nobody known"])
def test_not_everybody_can_cover(database: Database, who: str) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, _tama = team_of_three(company)
        guest = company.person("Gus Guest", kind=MemberKind.GUEST)
        cover_id = {"oneself": ana.id, "a guest": guest.id, "nobody known": 4711}[who]
        with pytest.raises(Refused) as refused:
            absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, cover_id)
        assert refused.value.reason is Reason.CANNOT_COVER
        assert session.scalars(sa.select(Absence)).all() == []


def test_nobody_ends_the_absence_of_another(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, _tama = team_of_three(company)
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, None)
        with pytest.raises(Refused) as refused:
            absences.end(session, BEFORE, company.caller(lead), done.absence.id)
        assert refused.value.reason is Reason.NO_SUCH_ABSENCE


def test_a_cover_whose_own_opening_falls_away_is_asked_for_what_they_stand_in_for(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, tama = team_of_three(company)
        tama.time_zone = "America/New_York"
        planning.replan(session, BEFORE, [tama.id])
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        # Their own nine o'clock, which would ask about all of it, is hours away.
        assert (states(company, tama), prompted(company, tama)) == ([(WEEK, CheckInState.DUE, None)] * 2, [])
        nps = session.scalars(sa.select(KeyResult).where(KeyResult.owner_id == tama.id)).one()
        hand_over.ask(session, NINE + timedelta(hours=1), company.caller(lead), nps.id, lead.id)
        assert (prompted(company, tama), tama.next_opening_at) == ([WEEK], None)
        assert tama.next_reminder_at is not None


def test_a_cover_whose_own_week_asks_nothing_is_asked_at_their_hour_for_what_they_stand_in_for(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _, tama = team_of_three(company)
        tama.time_zone = "America/New_York"
        planning.replan(session, BEFORE, [tama.id])
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        # Closed by somebody who looked at nobody's week: their opening finds it so.
        nps = session.scalars(sa.select(KeyResult).where(KeyResult.owner_id == tama.id)).one()
        nps.state, nps.closed_at = KeyResultState.CLOSED, NINE
        session.flush()
        planning.open_due(session, NINE + timedelta(hours=3), 100)
        assert prompted(company, tama) == []
        planning.open_due(session, NINE + timedelta(hours=4), 100)
        assert prompted(company, tama) == [WEEK]
        assert tama.next_reminder_at is not None


def off_and_on_again(company: Company, now: datetime, member: Member, back: datetime) -> None:
    """Their account is deactivated, and is not any more."""
    for at, deleted in ((now, True), (back, False)):
        person = as_slack_tells(member, deleted=deleted)
        people.learn_all(company.session, at, company.workspace.id, [person], admins=(), home=Home("T0TEST"))


def test_who_is_on_leave_is_not_asked_because_their_account_was_off_for_a_while(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, _lead, tama = team_of_three(company)
        absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, tama.id)
        planning.open_due(session, NINE, 100)
        noon = NINE + timedelta(hours=3)
        absences.declare(session, noon, company.caller(tama), Days(MONDAY, date(2026, 10, 9)), None)
        off_and_on_again(company, noon + timedelta(hours=1), ana, noon + timedelta(hours=2))
        assert prompted(company, ana) == []
        planning.close_due(session, NINE + timedelta(days=3), 100)
        hers = session.scalars(sa.select(CheckIn).join(KeyResult).where(KeyResult.owner_id == ana.id)).all()
        assert {one.state for one in hers} == {CheckInState.EXCUSED}


def test_whose_account_was_off_while_their_lead_has_the_day_off_is_asked_again(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, _tama = team_of_three(company)
        lead.workdays = 0b1111101  # not on Tuesdays
        session.flush()
        planning.open_due(session, NINE, 100)
        tuesday = NINE + timedelta(days=1)
        off_and_on_again(company, tuesday, ana, tuesday + timedelta(hours=1))
        assert states(company, ana) == [(WEEK, CheckInState.DUE, None)] * 2
