"""Who covers for somebody who is away: what they are asked, until when, and what they may do."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from absent import BEFORE, NINE, TWO_WEEKS, WEEK, news, prompted, states, team_of_three
from company import MONDAY, Company, as_slack_tells
from sqlalchemy.orm import Session

from bot.domain.absence import Days
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
