"""A key result changes hands: asked, accepted or declined; and those of somebody who has left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from company import MONDAY, Company, as_slack_tells
from office import Office, row, sheet
from sqlalchemy.orm import Session

from bot.blocks.refusals import sentence
from bot.domain.absence import Days
from bot.domain.attention import Leave, Wait
from bot.domain.cadence import period
from bot.domain.excuses import Excuse
from bot.domain.organisation import Visibility
from bot.domain.person import Home
from bot.services import absences, attention, checkin, departures, hand_over, people, planning
from bot.services.access import Caller
from bot.services.planning import prompt_key
from bot.services.refusals import Reason, Refused
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    DeliveryState,
    HandOver,
    HandOverState,
    KeyResult,
    Member,
    MemberKind,
    Message,
    PostKind,
    Team,
)
from models.database import Database

WEEK = period(MONDAY)
NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def growth(company: Company) -> tuple[KeyResult, Member, Member]:
    """A key result whose owner was asked on Monday, and the lead of its team."""
    lead, bo = company.person("Rosa Lead"), company.person("Bo Owner")
    key_result = company.key_result(company.objective(company.team("Growth", lead=lead)), bo)
    planning.replan(company.session, company.now, [bo.id])
    planning.open_due(company.session, NINE, 100)
    return key_result, bo, lead


def posts(company: Company, kind: PostKind) -> list[Delivery]:
    return list(company.session.scalars(sa.select(Delivery).where(Delivery.kind == kind).order_by(Delivery.id)))


def test_it_stays_with_its_owner_until_the_new_one_accepts(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo, lead = growth(company)
        cy = company.person("Cy New")
        asked = hand_over.ask(session, NOON, company.caller(lead), key_result.id, cy.id)
        assert key_result.owner_id == bo.id
        (request,) = posts(company, PostKind.HAND_OVER)
        assert request.member_id == cy.id
        shown = hand_over.post(session, request, NOON)
        assert shown is not None
        assert shown.text == "Will you own KR-1 Activation?"
        assert "Rosa Lead asks you. Bo Owner owns it for Growth until you say yes." in repr(shown.blocks)
        hand_over.accept(session, NOON, company.caller(cy), asked.hand_over_id)
        assert key_result.owner_id == cy.id
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.state) == (cy.id, CheckInState.DUE)
        assert checkin.first_due(session, NOON, company.caller(cy), WEEK)
        told = posts(company, PostKind.HAND_OVER_NEWS)
        assert {row.member_id for row in told} == {lead.id, bo.id}
        news = hand_over.news_post(session, told[0], NOON)
        assert news is not None
        assert news.text == "Cy New owns KR-1 Activation now, and answers its check-in from here on."
        assert hand_over.post(session, request, NOON) is None  # it had not left yet
        request.posted_ts = "1.1"
        shown = hand_over.post(session, request, NOON)
        assert shown is not None
        assert shown.text == "KR-1 Activation is yours. Thank you."


def test_who_declines_leaves_it_where_it_is_and_who_asked_is_told(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo, _lead = growth(company)
        cy = company.person("Cy New")
        asked = hand_over.ask(session, NOON, company.caller(bo), key_result.id, cy.id)
        hand_over.decline(session, NOON, company.caller(cy), asked.hand_over_id)
        assert key_result.owner_id == bo.id
        (told,) = posts(company, PostKind.HAND_OVER_NEWS)
        assert told.member_id == bo.id
        with pytest.raises(Refused) as refused:
            hand_over.accept(session, NOON, company.caller(cy), asked.hand_over_id)
        assert refused.value.reason is Reason.HAND_OVER_SETTLED


@pytest.mark.parametrize("answer", [hand_over.accept, hand_over.decline])
def test_who_led_when_they_asked_and_leads_no_more_is_not_told_what_became_of_a_limited_key_result(
    database: Database, answer: Callable[[Session, datetime, Caller, int], None]
) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo, lead = growth(company)
        key_result.visibility = Visibility.NAMED
        cy = company.person("Cy New")
        asked = hand_over.ask(session, NOON, company.caller(lead), key_result.id, cy.id)
        session.scalars(sa.select(Team)).one().lead_id = None
        session.flush()
        answer(session, NOON, company.caller(cy), asked.hand_over_id)
        news = {
            row.member_id: hand_over.news_post(session, row, NOON) for row in posts(company, PostKind.HAND_OVER_NEWS)
        }
        assert news[lead.id] is None
        # It was his until now, and he hears that he is rid of it.
        assert "KR-1 Activation" in getattr(news[bo.id], "text", "")


def test_the_way_out_that_a_draft_and_a_lead_without_a_lead_are_told_is_one_that_they_have(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        rosa, ada = company.person("Rosa Lead"), company.person("Ada Admin", admin=True)
        team = company.team("Growth", lead=rosa)
        draft = company.key_result(company.objective(team), None)
        own = company.key_result(company.objective(team, "Another"), rosa)
        for reason, number in ((Reason.KEY_RESULT_DRAFT, draft.number), (Reason.NOBODY_TO_TELL, own.number)):
            told = sentence(reason, {"number": number})
            assert f"`/okr handover {number}`" in told
            assert "dmin" not in told
        with pytest.raises(Refused) as refused:
            hand_over.question(session, company.caller(ada), draft.id)
        assert refused.value.reason is Reason.NOT_YOURS_TO_GIVE
        for key_result in (draft, own):
            assert hand_over.question(session, company.caller(rosa), key_result.id).number == key_result.number
        cy = company.person("Cy New")
        asked = hand_over.ask(session, NOON, company.caller(rosa), draft.id, cy.id)
        hand_over.accept(session, NOON, company.caller(cy), asked.hand_over_id)
        assert draft.owner_id == cy.id


def test_another_choice_replaces_the_one_before(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo, lead = growth(company)
        cy, di = company.person("Cy New"), company.person("Di New")
        first = hand_over.ask(session, NOON, company.caller(bo), key_result.id, cy.id)
        assert hand_over.ask(session, NOON, company.caller(lead), key_result.id, cy.id) == first
        hand_over.ask(session, NOON, company.caller(lead), key_result.id, di.id)
        states = session.execute(sa.select(HandOver.to_id, HandOver.state).order_by(HandOver.id)).all()
        assert states == [(cy.id, HandOverState.WITHDRAWN), (di.id, HandOverState.WAITING)]
        shown = hand_over.post(session, posts(company, PostKind.HAND_OVER)[0], NOON)
        assert shown is None  # it had not left yet


@pytest.mark.parametrize("lost", [DeliveryState.OBSOLETE, DeliveryState.FAILED])
def test_who_was_asked_in_a_message_that_never_came_is_asked_anew(database: Database, lost: DeliveryState) -> None:
    """They left before it did and are back, say: asking them again says that they are asked, and so they are."""
    with database.write() as session:
        company = Company(session)
        key_result, bo, _lead = growth(company)
        cy = company.person("Cy New")
        first = hand_over.ask(session, NOON, company.caller(bo), key_result.id, cy.id)
        posts(company, PostKind.HAND_OVER)[0].state = lost
        again = hand_over.ask(session, NOON, company.caller(bo), key_result.id, cy.id)
        assert again.hand_over_id != first.hand_over_id
        requests = posts(company, PostKind.HAND_OVER)
        assert [(one.member_id, one.state) for one in requests] == [(cy.id, lost), (cy.id, DeliveryState.QUEUED)]
        assert hand_over.post(session, requests[1], NOON) is not None
        hand_over.accept(session, NOON, company.caller(cy), again.hand_over_id)
        assert key_result.owner_id == cy.id


def test_who_was_asked_by_the_owner_before_reads_that_it_is_settled_and_is_asked_anew_by_the_one_of_now(
    database: Database,
) -> None:
    office = Office(database)
    ana, bo, cy = (office.hire(name) for name in ("Ana Lima", "Bo Dahl", "Cy Ek"))
    office.imports(sheet(row("k1", owner="Ana Lima")))
    office.switch_on()
    key_result = office.one("k1")
    with database.write() as session:
        first = hand_over.ask(session, NOON, Caller(office.workspace_id, ana), key_result.id, cy)
        request = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.HAND_OVER)).one()
        request.state, request.posted_channel, request.posted_ts = DeliveryState.SENT, "D1", "1.1"
    office.imports(sheet(row("k1", owner="Bo Dahl")), now=NOON)
    with database.write() as session:
        request = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.HAND_OVER)).one()
        assert session.scalars(sa.select(Message.wanted).where(Message.delivery_id == request.id)).one() == 2
        shown = hand_over.post(session, request, NOON)
        assert shown is not None
        assert "actions" not in {block["type"] for block in shown.blocks}
        again = hand_over.ask(session, NOON, Caller(office.workspace_id, bo), key_result.id, cy)
        assert again.hand_over_id != first.hand_over_id
        requests = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.HAND_OVER)).all()
        assert [one.member_id for one in requests] == [cy, cy]
        hand_over.accept(session, NOON, Caller(office.workspace_id, cy), again.hand_over_id)
        assert session.get_one(KeyResult, key_result.id).owner_id == cy


def test_who_takes_it_on_themselves_owns_it_at_once(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, _bo, lead = growth(company)
        hand_over.ask(session, NOON, company.caller(lead), key_result.id, lead.id)
        assert key_result.owner_id == lead.id
        assert posts(company, PostKind.HAND_OVER) == []


@pytest.mark.parametrize(
    ("who", "reason"),
    [("stranger", Reason.NOT_YOURS_TO_GIVE), ("guest", Reason.CANNOT_OWN), ("owner", Reason.OWNS_IT_ALREADY)],
)
def test_not_everybody_may_give_it_and_not_everybody_can_own_it(database: Database, who: str, reason: Reason) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo, lead = growth(company)
        stranger = company.person("Sam Stranger")
        guest = company.person("Gus Guest", kind=MemberKind.GUEST)
        giver = stranger if who == "stranger" else lead
        to = {"guest": guest, "owner": bo}.get(who, stranger)
        with pytest.raises(Refused) as refused:
            hand_over.ask(session, NOON, company.caller(giver), key_result.id, to.id)
        assert refused.value.reason is reason
        assert session.scalars(sa.select(HandOver)).all() == []


def test_only_who_is_asked_may_answer(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result, bo, lead = growth(company)
        asked = hand_over.ask(session, NOON, company.caller(bo), key_result.id, company.person("Cy New").id)
        for stranger in (bo, lead):
            with pytest.raises(Refused) as refused:
                hand_over.accept(session, NOON, company.caller(stranger), asked.hand_over_id)
            assert refused.value.reason is Reason.NOT_ASKED_OF_YOU


def test_key_results_of_who_has_left_go_to_the_leads_list_at_once(database: Database) -> None:
    home = Home("T0TEST")
    with database.write() as session:
        company = Company(session)
        key_result, bo, lead = growth(company)
        people.learn_all(session, NOON, company.workspace.id, [as_slack_tells(bo, deleted=True)], admins=(), home=home)
        (told,) = posts(company, PostKind.OWNERLESS)
        assert told.member_id == lead.id
        shown = departures.post(session, told, NOON)
        assert shown is not None
        assert shown.text == "Bo Owner has left: one key result needs an owner"
        assert "Give to…" in repr(shown.blocks)
        # What is due is the lead's to answer, and so is each week until somebody owns it.
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.covered_for_id, check_in.state) == (lead.id, bo.id, CheckInState.DUE)
        assert session.scalar(sa.select(Delivery.id).where(Delivery.key == prompt_key(lead.id, WEEK))) is not None
        planning.open_due(session, NINE + timedelta(weeks=1), 100)
        next_one = session.scalars(sa.select(CheckIn).order_by(CheckIn.id.desc()).limit(1)).one()
        assert (next_one.owner_id, next_one.covered_for_id) == (lead.id, bo.id)
        hand_over.ask(session, NOON, company.caller(lead), key_result.id, lead.id)
        shown = departures.post(session, told, NOON)
        assert shown is None or "has an owner again" in shown.text


@pytest.mark.parametrize("covered", [True, False])
def test_what_is_due_from_who_has_left_is_asked_of_who_covers_for_the_lead_or_excused_until_they_are_back(
    database: Database, covered: bool
) -> None:
    with database.write() as session:
        company = Company(session)
        _key_result, bo, lead = growth(company)
        cy = company.person("Cy Cover")
        week = Days(MONDAY, MONDAY + timedelta(days=4))
        absences.declare(session, NINE, company.caller(lead), week, cy.id if covered else None)
        gone = [as_slack_tells(bo, deleted=True)]
        people.learn_all(session, NOON, company.workspace.id, gone, admins=(), home=Home("T0TEST"))
        check_in = session.scalars(sa.select(CheckIn)).one()
        if covered:
            assert (check_in.owner_id, check_in.covered_for_id, check_in.state) == (cy.id, bo.id, CheckInState.DUE)
            assert checkin.first_due(session, NOON, company.caller(cy), WEEK)
            assert session.scalar(sa.select(Delivery.id).where(Delivery.key == prompt_key(cy.id, WEEK))) is not None
        else:
            assert (check_in.state, check_in.excuse) == (CheckInState.EXCUSED, Excuse.AWAY)
        assert session.scalar(sa.select(Delivery.id).where(Delivery.key == prompt_key(lead.id, WEEK))) is None
        back = [as_slack_tells(bo, deleted=False)]
        people.learn_all(session, NOON, company.workspace.id, back, admins=(), home=Home("T0TEST"))
        assert (check_in.owner_id, check_in.covered_for_id, check_in.state) == (bo.id, None, CheckInState.DUE)


def test_that_somebody_left_in_the_night_is_told_in_the_morning(database: Database) -> None:
    night = datetime(2026, 10, 6, 2, tzinfo=UTC)
    with database.write() as session:
        company = Company(session)
        _key_result, bo, lead = growth(company)
        lead.time_zone = "Europe/London"
        gone = [as_slack_tells(bo, deleted=True)]
        people.learn_all(session, night, company.workspace.id, gone, admins=(), home=Home("T0TEST"))
        (told,) = posts(company, PostKind.OWNERLESS)
        assert attention.look(session, night, [told])[told.id] == Wait(datetime(2026, 10, 6, 8, tzinfo=UTC))
        assert attention.look(session, NOON, [told])[told.id] == Leave()


def test_who_comes_back_has_their_key_results_back(database: Database) -> None:
    home = Home("T0TEST")
    with database.write() as session:
        company = Company(session)
        _key_result, bo, lead = growth(company)
        for deleted in (True, False):
            people.learn_all(
                session, NOON, company.workspace.id, [as_slack_tells(bo, deleted=deleted)], admins=(), home=home
            )
        check_in = session.scalars(sa.select(CheckIn)).one()
        assert (check_in.owner_id, check_in.covered_for_id) == (bo.id, None)
        assert lead.next_period is None
        assert bo.next_period is not None
        (told,) = posts(company, PostKind.OWNERLESS)
        assert departures.post(session, told, NOON) is None


def test_a_chosen_zone_is_not_overwritten_and_a_status_is_kept_only_where_it_says_away(database: Database) -> None:
    from dataclasses import replace

    from bot.domain.person import Status

    home = Home("T0TEST")
    with database.write() as session:
        company = Company(session)
        _key_result, bo, _lead = growth(company)
        bo.zone_is_chosen, bo.time_zone = True, "Asia/Tokyo"
        told = replace(
            as_slack_tells(bo, deleted=False),
            time_zone="Europe/Paris",
            status=Status("Vacationing", "palm_tree", NOON + timedelta(days=3)),
        )
        people.learn_all(session, NOON, company.workspace.id, [told], admins=(), home=home)
        assert (bo.time_zone, bo.slack_time_zone) == ("Asia/Tokyo", "Europe/Paris")
        assert (bo.status_text, bo.status_until) == ("Vacationing", NOON + timedelta(days=3))
        people.learn_all(
            session, NOON, company.workspace.id, [replace(told, status=Status("In a meeting"))], admins=(), home=home
        )
        assert bo.status_text is None
