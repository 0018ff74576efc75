"""Away: what it excuses, who is told, and coming back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from absent import BEFORE, NINE, TWO_WEEKS, WEEK, news, prompted, states, team_of_three
from company import MONDAY, Company, as_slack_tells

from bot.blocks.away import own_absences
from bot.domain.absence import Days
from bot.domain.cadence import following
from bot.domain.excuses import Excuse
from bot.domain.organisation import Visibility
from bot.domain.person import Home
from bot.services import absences, hand_over, people, planning
from bot.services.planning import prompt_key
from bot.services.prompt import post
from bot.services.refusals import Reason, Refused
from models import Absence, CheckIn, CheckInState, Delivery, DeliveryState, KeyResult, Member, PostKind
from models.database import Database


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


def test_nobody_ends_the_absence_of_another(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana, lead, _tama = team_of_three(company)
        done = absences.declare(session, BEFORE, company.caller(ana), TWO_WEEKS, None)
        with pytest.raises(Refused) as refused:
            absences.end(session, BEFORE, company.caller(lead), done.absence.id)
        assert refused.value.reason is Reason.NO_SUCH_ABSENCE


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
