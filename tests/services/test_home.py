"""Home: what must be done now comes first, nobody reads what is not theirs, and it costs the same whatever there is."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from answers import answered
from calls import Scene, set_scene, tell
from company import MONDAY, Company
from queries import counted
from sqlalchemy.orm import Session

from bot.blocks.home import Home, Kept
from bot.blocks.home import home as page_of
from bot.blocks.home_roles import Owed
from bot.domain.cadence import period
from bot.domain.cycles import CycleState
from bot.domain.escalation import EscalationState
from bot.domain.organisation import Visibility
from bot.services import decisions, hand_over, home, home_changes, lead_note, planning
from bot.services.access import Caller
from bot.services.decisions import Draft
from bot.services.refusals import Reason, Refused
from models import (
    CheckIn,
    CheckInState,
    Cycle,
    Delivery,
    DeliveryState,
    Escalation,
    Installation,
    InstallationState,
    KeyResult,
    KeyResultViewer,
    Member,
    MemberKind,
    PostKind,
    Workspace,
)
from models import Home as Row
from models.database import Database

NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)


def seen(session: Session, who: Member, now: datetime = NOON) -> Home:
    return home.view(session, Caller(who.workspace_id, who.id), now)


def text(session: Session, who: Member, now: datetime = NOON) -> str:
    return json.dumps(home.page(session, who, now), ensure_ascii=False)


def asked(company: Company, *owners: Member) -> None:
    """It is Monday, and they were asked."""
    planning.replan(company.session, company.now, [one.id for one in owners])
    planning.open_due(company.session, NINE, 100)


def test_who_owns_nothing_reads_a_kind_sentence(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        sam = company.person("Sam Stone")
        shown = seen(session, sam)
        assert shown.now.is_empty
        assert shown.admin is None
        assert shown.led == ()
        assert "Nothing waits for you. Enjoy the quiet." in text(session, sam)


def test_what_is_due_stands_at_the_head_until_it_is_answered(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mere = company.person("Mere Ngata")
        objective = company.objective(company.team("Growth", lead=company.person("Tama Reid")))
        first, second = company.key_result(objective, mere), company.key_result(objective, mere)
        asked(company, mere)
        (due,) = seen(session, mere).now.check_ins
        assert [number for number, _ in due.key_results] == [first.number, second.number]
        assert not due.is_late
        answered(session, first, MONDAY)
        (due,) = seen(session, mere).now.check_ins
        assert [number for number, _ in due.key_results] == [second.number]
        answered(session, second, MONDAY)
        assert seen(session, mere).now.is_empty


def test_who_owns_nothing_and_is_asked_for_somebody_who_left_does_not_read_that_nothing_is_asked(
    database: Database,
) -> None:
    with database.write() as session:
        company = Company(session)
        mere, tama = company.person("Mere Ngata"), company.person("Tama Reid")
        key_result = company.key_result(company.objective(company.team("Growth", lead=tama)), mere)
        assert "You own none in this cycle, so I ask you nothing." in text(session, tama, NINE)
        mere.deactivated_at = company.now
        asked(company, mere, tama)
        assert len(seen(session, tama).now.check_ins) == 1
        assert "You own none in this cycle." in text(session, tama)
        answered(session, key_result, MONDAY)
        # It is theirs to answer next week as well.
        assert seen(session, tama).now.is_empty
        assert "You own none in this cycle." in text(session, tama)


def test_a_week_that_goes_on_is_not_told_as_if_it_were_over(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mere = company.person("Mere Ngata")
        objective = company.objective(company.team("Growth", lead=company.person("Tama Reid")))
        first = company.key_result(objective, mere)
        assert "*Growth* this week: nobody was asked yet" in text(session, mere, NINE)
        asked(company, mere)
        answered(session, first, MONDAY)
        assert "*Growth* this week: 1 of 1 checked in so far" in text(session, mere)
        over = NINE + timedelta(days=2, hours=1)
        assert "*Growth* this week: the one due has checked in" in text(session, mere, over)


def test_an_escalation_asks_the_lead_and_its_owner_is_part_of_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        call(session, scene)
        (ask,) = seen(session, scene.lead, NOON).now.asks
        assert (ask.number, ask.need) == (scene.key_result.number, "someone to free two HR days")
        owner = seen(session, scene.owner, NOON)
        assert owner.now.asks == ()
        assert [one.number for one in owner.escalations] == [scene.key_result.number]
        assert seen(session, scene.stranger, NOON).escalations == ()


def test_after_a_review_without_a_decision_it_waits_for_who_was_asked_again(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        one = call(session, scene)
        one.state, one.review_on = EscalationState.IN_REVIEW, NOON.date()
        session.flush()
        assert seen(session, scene.lead, NOON).now.asks == ()
        (ask,) = seen(session, scene.lead, NOON + timedelta(days=1)).now.asks
        assert ask.back_from == NOON.date()
        told = text(session, scene.lead, NOON + timedelta(days=1))
        assert "back from the review of Mon 5 Oct, nothing decided" in told
        assert "Take to review" in told


def test_a_decision_is_asked_about_on_its_day_and_stands_below_until_then(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        escalation = call(session, scene)
        due = NOON.date() + timedelta(days=2)
        decisions.decide(
            session,
            NOON,
            caller=scene.company.caller(scene.lead),
            escalation_id=escalation.id,
            draft=Draft("HR frees Ana", scene.stranger.id, due),
        )
        early = seen(session, scene.stranger)
        assert early.now.decisions == ()
        assert [one.text for one in early.decisions] == ["HR frees Ana"]
        late = seen(session, scene.stranger, NOON + timedelta(days=2))
        assert [one.text for one in late.now.decisions] == ["HR frees Ana"]
        assert late.decisions == ()


def test_who_is_asked_to_own_a_key_result_can_answer_on_home(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        hand_over.ask(session, NOON, scene.company.caller(scene.lead), scene.key_result.id, scene.stranger.id)
        (offer,) = seen(session, scene.stranger).now.offers
        assert (offer.number, offer.asked_by, offer.team) == (scene.key_result.number, "Tama Reid", "Growth")
        hand_over.decline(session, NOON, scene.company.caller(scene.stranger), offer.hand_over_id)
        assert seen(session, scene.stranger).now.offers == ()


def test_what_the_budget_kept_back_is_said_in_a_sentence(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mere = company.person("Mere Ngata")
        for number, kind in enumerate((PostKind.REMINDER, PostKind.REMINDER, PostKind.LEAD_NOTE)):
            session.add(
                Delivery(
                    workspace_id=mere.workspace_id,
                    key=f"kept:{number}",
                    kind=kind,
                    member_id=mere.id,
                    state=DeliveryState.OBSOLETE,
                    not_before=NINE,
                    opaque_id=f"kept-{number}",
                    created_at=NINE,
                    settled_at=NINE,
                    held_back_at=NINE,
                )
            )
        session.flush()
        assert seen(session, mere).kept == (Kept.REMINDER, Kept.REMINDER, Kept.LEAD_NOTE)
        assert "so I kept back 2 reminders and a lead's note. It is all on this page." in text(session, mere)


def test_a_lead_of_many_teams_has_every_note_on_home_also_one_that_the_budget_kept_back(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead, mere = company.person("Tama Reid"), company.person("Mere Ngata")
        for number in range(6):
            team = company.team(f"Team {number}", lead=lead)
            company.key_result(company.objective(team), mere)
            team.next_note_at = NOON
        asked(company, mere)
        tuesday = NINE + timedelta(days=1, hours=5)
        lead_note.write_due(session, tuesday, 10)
        notes = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.LEAD_NOTE)).all()
        assert len(notes) == 6
        notes[-1].state, notes[-1].held_back_at, notes[-1].settled_at = DeliveryState.OBSOLETE, tuesday, tuesday
        session.flush()
        shown = text(session, lead, tuesday)
        assert shown.count("What should stop or shift?") == 6
        assert all(f'"value": "{note.id}"' in shown for note in notes)
        assert "*Team 5*, this week: one is open" in shown


def test_remind_is_offered_until_two_reminders_are_on_their_way(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        asked(scene.company, scene.owner)
        planning.open_due(session, NOON, 100)
        scene.growth.next_note_at = NOON
        session.flush()
        tuesday = NOON + timedelta(days=1, hours=5)
        lead_note.write_due(session, tuesday, 10)
        note = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.LEAD_NOTE)).one()
        check_in = session.scalars(sa.select(CheckIn)).one()
        for still_offered in (True, False):
            assert '"remind' in remind_offered(session, scene, note, tuesday)
            lead_note.remind(session, NOON, scene.company.caller(scene.lead), note.id, check_in.id)
            assert ("remind" in remind_offered(session, scene, note, tuesday)) is still_offered


def remind_offered(session: Session, scene: Scene, note: Delivery, now: datetime) -> str:
    """The ways that the note and Home offer, both the same."""
    shown = lead_note.post(session, note, NOON)
    assert shown is not None
    ways = json.dumps(shown.blocks)
    assert ("remind" in ways) == ("Remind" in text(session, scene.lead, now))
    return ways


def test_only_the_lead_reads_who_has_not_answered_and_can_act_from_the_note_on(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        asked(scene.company, scene.owner)
        planning.open_due(session, NOON, 100)
        (led,) = seen(session, scene.lead).led
        assert [(one.owner, one.owed) for one in led.owing] == [("Mere Ngata", Owed.DUE)]
        assert led.note_id is None
        assert seen(session, scene.head).led[0].owing == ()
        assert seen(session, scene.owner).led == ()
        scene.growth.next_note_at = NOON
        session.flush()
        lead_note.write_due(session, NOON + timedelta(days=1, hours=5), 10)
        note = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.LEAD_NOTE)).one()
        (led,) = seen(session, scene.lead, NOON + timedelta(days=1, hours=5)).led
        assert led.note_id == note.id
        lead_note.excuse(session, NOON, scene.company.caller(scene.lead), note.id, led.owing[0].check_in_id)
        (led,) = seen(session, scene.lead, NOON + timedelta(days=1, hours=5)).led
        assert [one.owed for one in led.owing] == [Owed.EXCUSED]


def test_an_admin_sees_every_team_and_others_see_none_of_it(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ada = company.person("Ada Admin", admin=True)
        company.team("Growth")
        company.team("Sales", on=False)
        shown = seen(session, ada).admin
        assert shown is not None
        assert [(team.name, team.is_on) for team in shown.teams] == [("Growth", True), ("Sales", False)]
        assert seen(session, company.person("Mere Ngata")).admin is None


def test_an_admin_reads_that_nothing_is_posted_and_what_to_do(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ada = company.person("Ada Admin", admin=True)
        assert "start Okra again" not in text(session, ada)
        installation = Installation(slack_team_id="T0TEST", state=InstallationState.REVOKED, installed_at=NOON)
        session.add(installation)
        session.flush()
        company.workspace.installation_id = installation.id
        assert "Okra's token was revoked in Test Works, so nothing is posted there" in text(session, ada)
        assert "start Okra again" in text(session, ada)


@pytest.mark.parametrize("kind", [MemberKind.GUEST, MemberKind.EXTERNAL])
def test_a_guest_who_owns_and_leads_reads_a_sentence_and_nothing_else(database: Database, kind: MemberKind) -> None:
    with database.write() as session:
        scene = set_scene(session)
        call(session, scene)
        for who in (scene.owner, scene.lead):
            who.kind = kind
        session.flush()
        for who in (scene.owner, scene.lead):
            shown = home.page(session, who, NOON)
            assert [block["type"] for block in shown["blocks"]] == ["section"]
            assert "SOC 2" not in json.dumps(shown)
            with pytest.raises(Refused) as refused:
                seen(session, who)
            assert refused.value.reason is Reason.NOT_A_FULL_MEMBER


@pytest.mark.parametrize("visibility", [Visibility.TEAM, Visibility.NAMED])
def test_a_stranger_to_a_limited_key_result_sees_nothing_of_it(database: Database, visibility: Visibility) -> None:
    with database.write() as session:
        scene = set_scene(session)
        # The stranger leads a team that shares nothing; or belongs to the same one, where only named people may see it.
        other = scene.growth if visibility is Visibility.NAMED else scene.company.team("Elsewhere", lead=scene.stranger)
        scene.company.key_result(scene.company.objective(other, "Something else"), scene.stranger, metric="Orders")
        before = seen(session, scene.stranger).teams
        call(session, scene)
        assert visibility is Visibility.TEAM or seen(session, scene.stranger).teams != before
        scene.key_result.visibility = visibility
        session.flush()
        shown = text(session, scene.stranger)
        assert "SOC 2" not in shown
        assert "HR" not in shown
        assert seen(session, scene.stranger).teams == before
        assert "SOC 2" in text(session, scene.lead)
        session.add(
            KeyResultViewer(
                workspace_id=scene.key_result.workspace_id,
                key_result_id=scene.key_result.id,
                member_id=scene.stranger.id,
            )
        )
        session.flush()
        assert visibility is Visibility.TEAM or seen(session, scene.stranger).teams != before


def test_who_led_when_they_were_asked_and_leads_no_more_sees_no_more_of_a_limited_key_result(
    database: Database,
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        scene.key_result.visibility = Visibility.NAMED
        call(session, scene)
        assert "someone to free two HR days" in text(session, scene.lead)
        # An import gives the team another lead.
        scene.growth.lead_id = scene.stranger.id
        session.flush()
        shown = text(session, scene.lead)
        assert "SOC 2" not in shown
        assert "HR" not in shown


def test_another_workspace_shows_nothing(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        call(session, scene)
        elsewhere = Workspace(name="Other", slack_team_id="T0OTHER", time_zone="UTC", created_at=NINE)
        session.add(elsewhere)
        session.flush()
        session.add(
            Cycle(
                workspace_id=elsewhere.id,
                name="2026 Q4",
                starts_on=MONDAY,
                ends_on=MONDAY + timedelta(weeks=12),
                state=CycleState.ACTIVE,
                created_at=NINE,
            )
        )
        spy = Member(
            workspace_id=elsewhere.id,
            slack_user_id="U0SPY",
            name="Sky Spy",
            time_zone="UTC",
            is_admin=True,
            created_at=NINE,
        )
        session.add(spy)
        session.flush()
        shown = text(session, spy)
        assert "SOC 2" not in shown
        assert "Growth" not in shown
        assert "There are no teams yet." in shown


def test_home_takes_the_same_number_of_queries_whatever_there_is(database: Database) -> None:
    counts = []
    for size in (1, 7):
        with database.write() as session:
            company = Company(session, connected=_workspace(session, size))
            lead, mere = company.person("Tama Reid", admin=True), company.person("Mere Ngata")
            for number in range(size):
                team = company.team(f"Team {number}", lead=lead)
                objective = company.objective(team)
                for _ in range(size):
                    company.key_result(objective, lead)
                    company.key_result(objective, mere)
            asked(company, lead, mere)
            for key_result in session.scalars(
                sa.select(KeyResult).where(KeyResult.workspace_id == lead.workspace_id, KeyResult.owner_id == mere.id)
            ):
                tell(session, NOON, key_result, by=mere)
            session.flush()
            session.expire_all()
            viewer = Caller(lead.workspace_id, lead.id)
        with database.read() as session, counted(database) as statements:
            shown = home.view(session, viewer, NOON)
        assert len(shown.now.asks) == size * size
        assert len(page_of(shown)["blocks"]) <= 100
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_only_those_who_look_and_are_concerned_get_a_new_home(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        for who, minutes in ((scene.owner, 14), (scene.lead, 5), (scene.head, 16), (scene.stranger, 1)):
            home_changes.opened(session, NOON - timedelta(minutes=minutes), who)
        assert wanted(session) == {"Mere Ngata": 1, "Tama Reid": 1, "Hana Mori": 1, "Finn Adler": 1}
        home_changes.concerns(session, scene.owner.workspace_id, [scene.owner.id])
        assert home_changes.raise_wanted(session, NOON)
        # The head of product would be told too, had she looked; a stranger has nothing to do with it.
        assert wanted(session) == {"Mere Ngata": 2, "Tama Reid": 2, "Hana Mori": 1, "Finn Adler": 1}
        assert not home_changes.raise_wanted(session, NOON)
        home_changes.concerns(session, scene.owner.workspace_id, [scene.owner.id])
        assert not home_changes.raise_wanted(session, NOON + timedelta(minutes=15))


def wanted(session: Session) -> dict[str, int]:
    rows = session.execute(sa.select(Member.name, Row.wanted).join(Row, Row.member_id == Member.id))
    return dict(rows.all())


def call(session: Session, scene: Scene) -> Escalation:
    """Mere's key result is red, and Tama is asked for help."""
    asked(scene.company, scene.owner)
    tell(session, NINE + timedelta(hours=1), scene.key_result, by=scene.owner)
    escalation = session.scalars(sa.select(Escalation)).one()
    escalation.asked_id = scene.lead.id
    check_in = session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == scene.key_result.id)).one()
    assert check_in.period == period(MONDAY)
    check_in.state = CheckInState.ANSWERED
    session.flush()
    return escalation


def _workspace(session: Session, number: int) -> Workspace:
    made = Workspace(name=f"Works {number}", slack_team_id=f"T0WORKS{number}", time_zone="UTC", created_at=NINE)
    session.add(made)
    session.flush()
    return made
