"""A key result that changes hands in mid-week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from answers import answered
from company import MONDAY, Company, as_slack_tells
from office import Office, row, sheet
from queries import counted
from sqlalchemy.orm import Session

from bot.domain.absence import Days
from bot.domain.cadence import period
from bot.domain.excuses import Excuse
from bot.services import absences, checkin, departures, outbox, ownership, people, planning, teams
from bot.services.planning import prompt_key
from bot.services.prompt import post
from bot.services.refusals import Reason, Refused
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    DeliveryState,
    KeyResult,
    Member,
    MemberKind,
    Message,
    Objective,
    PostKind,
    Team,
)
from models.database import Database

WEEK = period(MONDAY)
NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
ALL_WEEK = Days(MONDAY, MONDAY + timedelta(days=4))


def asked_key_result(company: Company, name: str = "Bo Owner", zone: str = "UTC") -> tuple[KeyResult, Member]:
    """A key result whose owner was asked on Monday, and has read the prompt."""
    session = company.session
    owner = company.person(name, zone=zone)
    key_result = company.key_result(company.objective(company.team(f"Team of {name}")), owner)
    planning.replan(session, company.now, [owner.id])
    planning.open_due(session, NINE, 100)
    prompt = prompt_of(session, owner)
    assert prompt is not None
    prompt.state, prompt.posted_channel, prompt.posted_ts = DeliveryState.SENT, "D1", "1.1"
    session.flush()
    return key_result, owner


def hand_over(company: Company, key_result: KeyResult, to: Member, now: datetime) -> None:
    before, key_result.owner_id = key_result.owner_id, to.id
    company.session.flush()
    planning.replan(company.session, now, [to.id, *([before] if before is not None else [])])
    ownership.hand_over(company.session, now, company.workspace.id, [key_result.id])


def prompt_of(session: Session, member: Member) -> Delivery | None:
    return session.scalar(sa.select(Delivery).where(Delivery.key == prompt_key(member.id, WEEK)))


def wanted(session: Session, delivery: Delivery) -> int:
    return session.scalars(sa.select(Message.wanted).where(Message.delivery_id == delivery.id)).one()


def test_what_is_due_goes_to_the_new_owner_who_is_asked_now(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo = asked_key_result(company)
        cy = company.person("Cy New")
        hand_over(company, key_result, cy, NOON)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.state) == (cy.id, CheckInState.DUE)
        asked = session.scalars(sa.select(Delivery).where(Delivery.member_id == cy.id).order_by(Delivery.id)).all()
        assert [one.kind for one in asked] == [PostKind.INTRODUCTION, PostKind.PROMPT]
        assert asked[0].not_before == NOON
        assert checkin.first_due(session, NOON, company.caller(cy), WEEK) == key_result.id
        shown = post(session, asked[1], NOON)
        assert shown is not None
        assert "KR-1" in repr(shown.blocks)
        # The old owner's prompt says so, without a button.
        old = prompt_of(session, bo)
        assert old is not None
        assert wanted(session, old) > 1
        shown = post(session, old, NOON)
        assert shown is not None
        assert shown.text == "Nothing is due from you this week"
        assert "actions" not in {block["type"] for block in shown.blocks}
        with pytest.raises(Refused) as refused:
            checkin.first_due(session, NOON, company.caller(bo), WEEK)
        assert refused.value.reason is Reason.NOTHING_DUE


def test_who_was_asked_this_week_already_sees_it_in_the_same_prompt(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo = asked_key_result(company)
        _own, cy = asked_key_result(company, "Cy Owner")
        before = session.scalar(sa.select(sa.func.count()).select_from(Delivery))
        hand_over(company, key_result, cy, NOON)
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == before
        prompt = prompt_of(session, cy)
        assert prompt is not None
        assert wanted(session, prompt) == 2
        shown = post(session, prompt, NOON)
        assert shown is not None
        assert shown.text.startswith("Good afternoon: 2 key results")


def test_who_has_not_opened_the_week_yet_is_asked_at_their_own_nine(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo = asked_key_result(company)
        cy = company.person("Cy West", zone="America/Los_Angeles")
        hand_over(company, key_result, cy, NOON)
        assert prompt_of(session, cy) is None
        opens = datetime(2026, 10, 5, 16, tzinfo=UTC)
        assert cy.next_opening_at == opens
        planning.open_due(session, opens, 100)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.opens_at, check_in.closes_at) == (opens, datetime(2026, 10, 7, 0, tzinfo=UTC))
        assert prompt_of(session, cy) is not None


def test_a_hand_over_takes_no_time_away_and_asks_nobody_at_night(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo = asked_key_result(company)
        cy = company.person("Cy East", zone="Asia/Tokyo")
        hand_over(company, key_result, cy, NOON)  # 21:00 there
        prompt = prompt_of(session, cy)
        assert prompt is not None
        assert prompt.not_before == datetime(2026, 10, 6, 0, 0, 30, tzinfo=UTC)  # after the introduction at nine
        assert session.scalars(sa.select(CheckIn.closes_at)).one() == datetime(2026, 10, 6, 17, tzinfo=UTC)


def test_what_is_given_to_somebody_on_leave_is_asked_of_who_covers_for_them(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo = asked_key_result(company)
        cy, di = company.person("Cy New"), company.person("Di Cover")
        absences.declare(session, company.now, company.caller(cy), ALL_WEEK, di.id)
        hand_over(company, key_result, cy, NOON)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.covered_for_id, check_in.state) == (di.id, cy.id, CheckInState.DUE)
        assert prompt_of(session, cy) is None
        prompt = prompt_of(session, di)
        assert prompt is not None
        assert prompt.not_before == NOON + timedelta(seconds=30)  # after the introduction
        shown = post(session, prompt, NOON)
        assert shown is not None
        assert "for Cy New" in repr(shown.blocks)
        assert checkin.first_due(session, NOON, company.caller(di), WEEK) == key_result.id


def test_who_gives_it_to_somebody_on_leave_and_covers_for_them_goes_on_with_it(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo = asked_key_result(company)
        cy = company.person("Cy New")
        absences.declare(session, company.now, company.caller(cy), ALL_WEEK, bo.id)
        hand_over(company, key_result, cy, NOON)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.covered_for_id, check_in.state) == (bo.id, cy.id, CheckInState.DUE)
        assert checkin.first_due(session, NOON, company.caller(bo), WEEK) == key_result.id


def test_what_is_given_to_somebody_on_leave_for_whom_nobody_covers_is_excused_and_not_missed(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo = asked_key_result(company)
        cy = company.person("Cy New")
        absences.declare(session, company.now, company.caller(cy), ALL_WEEK, None)
        hand_over(company, key_result, cy, NOON)
        planning.close_due(session, NOON + timedelta(days=2), 100)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.state, check_in.excuse) == (cy.id, CheckInState.EXCUSED, Excuse.AWAY)
        assert prompt_of(session, cy) is None


def test_what_is_given_to_somebody_who_does_not_work_before_it_closes_is_not_asked_of_them(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo = asked_key_result(company)
        cy = company.person("Cy New")
        cy.workdays = 0b0011000  # Thursday and Friday
        hand_over(company, key_result, cy, NOON)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.state, check_in.excuse) == (cy.id, CheckInState.EXCUSED, Excuse.NOT_ASKED)
        assert prompt_of(session, cy) is None


def test_what_was_given_to_somebody_with_a_day_off_and_then_to_who_is_at_work_is_asked_of_them(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo = asked_key_result(company)
        cy, dee = company.person("Cy New"), company.person("Dee Nolan")
        cy.workdays = 0b0011000  # Thursday and Friday
        hand_over(company, key_result, cy, NOON)
        hand_over(company, key_result, dee, NOON + timedelta(hours=1))
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.state, check_in.excuse) == (dee.id, CheckInState.DUE, None)
        assert prompt_of(session, dee) is not None


def test_what_is_given_away_because_its_owner_is_on_leave_is_asked_of_the_new_one_that_week(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo = asked_key_result(company)
        absences.declare(session, NINE, company.caller(bo), ALL_WEEK, None)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert check_in.excuse is Excuse.AWAY
        cy = company.person("Cy New")
        hand_over(company, key_result, cy, NOON)
        assert (check_in.owner_id, check_in.state, check_in.excuse) == (cy.id, CheckInState.DUE, None)
        assert checkin.first_due(session, NOON, company.caller(cy), WEEK) == key_result.id
        assert prompt_of(session, cy) is not None


@pytest.mark.parametrize("why", ["answering is over", "the new owner is a guest"])
def test_what_was_excused_because_of_leave_stays_so_where_nobody_new_can_be_asked(database: Database, why: str) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo = asked_key_result(company)
        absences.declare(session, NINE, company.caller(bo), ALL_WEEK, None)
        over = why == "answering is over"
        cy = company.person("Cy New", kind=MemberKind.FULL if over else MemberKind.GUEST)
        hand_over(company, key_result, cy, NOON + timedelta(days=1, hours=6) if over else NOON)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.state, check_in.excuse) == (bo.id, CheckInState.EXCUSED, Excuse.AWAY)
        assert prompt_of(session, cy) is None


def test_who_covers_and_owns_it_now_answers_for_themselves(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo = asked_key_result(company)
        cy = company.person("Cy Cover")
        absences.declare(session, NINE, company.caller(bo), ALL_WEEK, cy.id)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.covered_for_id) == (cy.id, bo.id)
        hand_over(company, key_result, cy, NOON)
        assert (check_in.owner_id, check_in.covered_for_id, check_in.state) == (cy.id, None, CheckInState.DUE)
        prompt = prompt_of(session, cy)
        assert prompt is not None
        assert wanted(session, prompt) > 1
        shown = post(session, prompt, NOON)
        assert shown is not None
        assert "for Bo Owner" not in repr(shown.blocks)


def test_what_was_answered_stays_with_who_was_asked(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo = asked_key_result(company)
        answered(session, key_result, WEEK)
        cy = company.person("Cy New")
        hand_over(company, key_result, cy, NOON)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.state) == (bo.id, CheckInState.ANSWERED)
        assert prompt_of(session, cy) is None


@pytest.mark.parametrize("why", ["missed before", "the new owner is a guest"])
def test_what_nobody_can_be_asked_about_any_more_is_excused(database: Database, why: str) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo = asked_key_result(company)
        cy = company.person("Cy New", kind=MemberKind.FULL if why == "missed before" else MemberKind.GUEST)
        now = NOON
        if why == "missed before":
            now = datetime(2026, 10, 6, 18, tzinfo=UTC)
            planning.close_due(session, now, 100)
        hand_over(company, key_result, cy, now)
        assert session.scalars(sa.select(CheckIn.state)).one() is CheckInState.EXCUSED
        assert prompt_of(session, cy) is None


def test_weeks_whose_digest_is_out_stay_as_they_were(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo = asked_key_result(company)
        later = NINE + timedelta(days=3)
        planning.close_due(session, later, 100)
        hand_over(company, key_result, company.person("Cy New"), later)
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.state) == (bo.id, CheckInState.MISSED)


def test_an_import_hands_over_what_is_due(database: Database) -> None:
    office = Office(database)
    office.hire("Ana Lima")
    bo = office.hire("Bo Ström")
    office.imports(sheet(row("k1", owner="Ana Lima"), row("k2", "Nets from 9 to 2", owner="Ana Lima")))
    with database.write() as session:
        team = session.scalars(sa.select(Team).where(Team.name == "Hulls")).one()
        teams.switch_on(session, datetime(2026, 10, 1, 13, tzinfo=UTC), caller=None, team=team, channel_id=None)
        planning.open_due(session, NINE, 100)
    office.imports(sheet(row("k1", owner="Bo Ström"), row("k2", "Nets from 9 to 2", owner="Ana Lima")), now=NOON)
    with database.read() as session:
        owners = dict(session.execute(sa.select(CheckIn.key_result_id, CheckIn.owner_id)).all())
        assert owners[office.one("k1").id] == bo
        assert len(set(owners.values())) == 2
        assert session.scalar(sa.select(Delivery.id).where(Delivery.key == prompt_key(bo, WEEK))) is not None


def test_what_a_lead_was_told_is_drawn_anew_when_an_import_names_owners_whatever_their_number(
    database: Database,
) -> None:
    """The list of what somebody left behind, and the note with what is open."""
    office = Office(database)
    ana, di = office.hire("Ana Lima"), office.hire("Di Fox")
    office.hire("Bo Ström")
    texts = {"k1": "Leaks from 9 to 2", "k2": "Nets from 9 to 2", "k3": "Knots from 9 to 2", "k4": "Sails from 9 to 2"}

    def owned(by: str, *keys: str) -> list[dict[str, str]]:
        return [row(key, texts[key], owner=by, lead="Di Fox") for key in keys]

    office.imports(sheet(*owned("Ana Lima", *texts)))
    with database.write() as session:
        team = session.scalars(sa.select(Team).where(Team.name == "Hulls")).one()
        teams.switch_on(session, datetime(2026, 10, 1, 13, tzinfo=UTC), caller=None, team=team, channel_id=None)
        gone = session.get_one(Member, ana)
        people.learn(session, NOON, office.workspace_id, as_slack_tells(gone, deleted=True), admins=())
        note = outbox.NewPost(
            office.workspace_id, "note", PostKind.LEAD_NOTE, member_id=di, team_id=team.id, period=MONDAY
        )
        outbox.post(session, NOON, note)
        told = session.scalars(sa.select(Delivery).where(Delivery.member_id == di)).all()
        for message in told:
            message.state, message.posted_channel, message.posted_ts = DeliveryState.SENT, "D1", f"1.{message.id}"

    def drawn() -> dict[PostKind, int]:
        shown = sa.select(Delivery.kind, Message.wanted).join(Message, Message.delivery_id == Delivery.id)
        with database.read() as session:
            return dict(session.execute(shown.where(Delivery.kind.in_([PostKind.OWNERLESS, PostKind.LEAD_NOTE]))).all())

    before = drawn()
    with counted(database) as for_one:
        office.imports(sheet(*owned("Bo Ström", "k1"), *owned("Ana Lima", "k2", "k3", "k4")), now=NOON)
    after_one = drawn()
    assert {kind: after_one[kind] - before[kind] for kind in before} == dict.fromkeys(before, 1)
    assert set(before) == {PostKind.OWNERLESS, PostKind.LEAD_NOTE}
    with counted(database) as for_three:
        office.imports(sheet(*owned("Bo Ström", *texts)), now=NOON)
    assert drawn() == {kind: after_one[kind] + 1 for kind in before}
    one, three = (sum(" delivery" in statement for statement in each) for each in (for_one, for_three))
    assert three <= one
    with database.read() as session:
        left = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.OWNERLESS)).one()
        shown = departures.post(session, left, NOON)
        assert shown is not None
        assert "has an owner again" in shown.text


def test_work_that_comes_after_a_prompt_that_had_nothing_to_ask_is_asked_about_and_reminded_of(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, owner = asked_key_result(company)
        prompt = prompt_of(session, owner)
        assert prompt is not None
        # Slack was away, and all was excused before the prompt's turn came: it never left, nor will a reminder.
        for check_in in session.scalars(sa.select(CheckIn).where(CheckIn.owner_id == owner.id)):
            check_in.state = CheckInState.EXCUSED
        prompt.state, prompt.settled_at = DeliveryState.OBSOLETE, NINE
        prompt.posted_channel = prompt.posted_ts = None
        owner.next_reminder_at = owner.reminder_period = None
        new = company.key_result(session.get_one(Objective, key_result.objective_id), owner, "CSAT from 2 to 4 points")
        planning.revise(session, NOON, [new.id])
        session.refresh(prompt)
        assert prompt.state is DeliveryState.QUEUED
        assert owner.reminder_period == WEEK
        assert owner.next_reminder_at is not None
        assert owner.next_reminder_at > NOON


def test_who_gets_a_key_result_back_is_asked_although_their_prompt_had_nothing_to_ask_when_its_turn_came(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo = asked_key_result(company)
        prompt = prompt_of(session, bo)
        assert prompt is not None
        # Slack is away: it has not left when all is taken off its reader.
        prompt.state, prompt.posted_channel, prompt.posted_ts = DeliveryState.QUEUED, None, None
        hand_over(company, key_result, company.person("Cy New"), NOON)
        assert post(session, prompt, NOON) is None
        prompt.state, prompt.settled_at = DeliveryState.OBSOLETE, NOON
        hand_over(company, key_result, bo, NOON + timedelta(hours=1))
        session.refresh(prompt)
        assert prompt.state is DeliveryState.QUEUED
        assert post(session, prompt, NOON + timedelta(hours=1)) is not None
