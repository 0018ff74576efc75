"""What is still open, for those who may see it."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, decide, posted, set_scene, tell, the_escalation
from queries import counted

from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.organisation import Visibility
from bot.domain.permissions import Action, may
from bot.services import escalation
from bot.services.access import Caller, actor_of, key_result_facts
from bot.services.blocking import BlockedBy
from bot.services.escalation_members import may_see
from bot.services.still_open import open_decisions, open_escalations, open_escalations_of, open_for_key_results
from bot.services.visibility import visible_to
from models import (
    DecisionState,
    EscalationStep,
    KeyResult,
    KeyResultCoOwner,
    KeyResultViewer,
    Objective,
    ObjectiveTeam,
    ObjectiveViewer,
    PathStep,
)
from models.database import Database


def test_an_open_escalation_says_all_that_a_line_about_it_needs(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner, blocked_by=BlockedBy(team_id=scene.product.id))
        (found,) = open_escalations(session, None, [scene.growth.id])
        assert (found.number, found.text, found.state) == (1, "SOC 2 certified by 15 Dec", EscalationState.OPEN)
        assert (found.asked_id, found.asked_name, found.asked_slack_id) == (scene.lead.id, "Tama Reid", "U0TAMAREID")
        assert (found.stuck, found.need) == ("the auditor has had nothing from HR", "someone to free two HR days")
        assert (found.blocked_by, found.opened_at, found.is_decided) == ("Product", MORNING, False)
        assert found.link is None
        root = posted(session, "escalation:1")
        root.posted_channel, root.posted_ts = "C0GROWTH", "1790000000.000100"
        session.flush()
        assert open_for_key_results(session, [scene.key_result.id])[scene.key_result.id].link == (
            "https://slack.com/archives/C0GROWTH/p1790000000000100"
        )


def test_the_words_are_those_of_the_newest_call_for_help(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        monday = date(2026, 10, 5)
        tell(session, MORNING, scene.key_result, by=scene.owner, blocked_by=BlockedBy(words="HR"))
        tell(session, MORNING + WEEK, scene.key_result, by=scene.owner, period=monday + WEEK, need="a new auditor")
        tell(
            session,
            MORNING + 2 * WEEK,
            scene.key_result,
            by=scene.owner,
            period=monday + 2 * WEEK,
            confidence=Confidence.GREEN,
            need="",
        )
        (found,) = open_escalations(session, None, [scene.growth.id])
        assert (found.need, found.blocked_by) == ("a new auditor", "")


def test_resolved_ones_and_those_of_other_teams_are_absent_and_shared_objectives_are_there(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        elsewhere = scene.company.team("Sales", channel_id="C0SALES")
        assert open_escalations(session, None, [elsewhere.id, scene.product.id]) == []
        session.add(
            ObjectiveTeam(
                workspace_id=scene.company.workspace.id,
                objective_id=scene.key_result.objective_id,
                team_id=elsewhere.id,
            )
        )
        session.flush()
        assert len(open_escalations(session, None, [elsewhere.id])) == 1
        escalation.resolve(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1, reason="a slip")
        assert open_escalations(session, None, [elsewhere.id, scene.growth.id]) == []
        assert open_for_key_results(session, [scene.key_result.id]) == {}
        assert open_for_key_results(session, []) == {}


def test_decisions_stay_open_after_the_thread_is_over_and_become_overdue(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decision = decide(session, scene, scene.lead)
        escalation.resolve(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        on_its_day, after_it = date(2026, 10, 12), date(2026, 10, 13)
        (found,) = open_decisions(session, [scene.growth.id], on_its_day)
        assert (found.number, found.text, found.is_overdue) == (1, "HR frees Ana for two days", False)
        assert (found.owner_name, found.decided_by_name, found.due_on) == ("Hana Mori", "Tama Reid", on_its_day)
        assert open_decisions(session, [scene.growth.id], after_it)[0].is_overdue
        scene.key_result.visibility = Visibility.TEAM
        session.flush()
        assert open_decisions(session, [scene.growth.id], after_it) == []
        assert open_decisions(session, [scene.growth.id], after_it, viewer=scene.company.caller(scene.owner))
        scene.key_result.visibility = Visibility.WORKSPACE
        decision.state = DecisionState.DONE
        session.flush()
        assert open_decisions(session, [scene.growth.id], after_it) == []


def test_the_number_of_queries_does_not_grow_with_the_number_of_escalations(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        objective = scene.company.objective(scene.growth, "Another")
        sizes: list[int] = []
        for more in (2, 8):
            for _ in range(more):
                key_result = scene.company.key_result(objective, scene.owner)
                tell(session, MORNING, key_result, by=scene.owner, blocked_by=BlockedBy(words="HR"))
            session.flush()
            with counted(database) as statements:
                open_escalations(session, scene.company.caller(scene.stranger), [scene.growth.id])
            sizes.append(len(statements))
        assert sizes[0] == sizes[1]


@pytest.mark.parametrize("of_objective", list(Visibility))
@pytest.mark.parametrize("of_key_result", list(Visibility))
def test_a_listing_shows_what_may_says_that_somebody_may_see(
    database: Database, of_key_result: Visibility, of_objective: Visibility
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        company = scene.company
        workspace_id = company.workspace.id
        objective = session.get_one(Objective, scene.key_result.objective_id)
        scene.key_result.visibility, objective.visibility = of_key_result, of_objective
        sales_lead = company.person("Sia Sales")
        sales = company.team("Sales", lead=sales_lead)
        teammate, sharer, co_owner, seer, reader = (
            company.person(name) for name in ("Tia Mate", "Shay Sharer", "Coco Owner", "See Er", "Rea Der")
        )
        company.key_result(company.objective(scene.growth, "Another"), teammate)
        company.key_result(company.objective(sales, "Sell"), sharer)
        session.add_all(
            [
                ObjectiveTeam(workspace_id=workspace_id, objective_id=objective.id, team_id=sales.id),
                KeyResultCoOwner(workspace_id=workspace_id, key_result_id=scene.key_result.id, member_id=co_owner.id),
                KeyResultViewer(workspace_id=workspace_id, key_result_id=scene.key_result.id, member_id=seer.id),
                ObjectiveViewer(workspace_id=workspace_id, objective_id=objective.id, member_id=reader.id),
            ]
        )
        session.flush()
        facts = key_result_facts(session, scene.key_result)
        everybody = [
            scene.owner, scene.lead, scene.head, scene.stranger, sales_lead, teammate, sharer, co_owner, seer, reader
        ]  # fmt: skip
        wanted = (
            sa.select(KeyResult.id)
            .join(Objective, Objective.id == KeyResult.objective_id)
            .where(KeyResult.id == scene.key_result.id)
        )
        listed = {
            person.name
            for person in everybody
            if session.scalar(wanted.where(visible_to(Caller(workspace_id, person.id)))) is not None
        }
        permitted = {person.name for person in everybody if may(actor_of(person), Action.VIEW_KEY_RESULT, facts)}
        assert listed == permitted
        open_to_all = of_key_result is of_objective is Visibility.WORKSPACE
        assert (session.scalar(wanted.where(visible_to(None))) is not None) == open_to_all
        assert (len(permitted) == len(everybody)) == open_to_all


@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize("is_private", [False, True])
def test_what_somebody_was_asked_about_is_theirs_while_may_says_that_they_may_see_it(
    database: Database, is_private: bool, limited: bool
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        company = scene.company
        if limited:
            scene.key_result.visibility = Visibility.NAMED
        sponsor, named, climber, other = (company.person(name) for name in ("Spo Nsor", "Na Med", "Cli Mber", "Ot Her"))
        sponsor.is_sponsor = True
        session.add(
            KeyResultViewer(workspace_id=named.workspace_id, key_result_id=scene.key_result.id, member_id=named.id)
        )
        tell(session, MORNING, scene.key_result, by=scene.owner)
        call = the_escalation(session)
        asked = (scene.head, sponsor, named, climber)
        session.add_all(
            EscalationStep(
                workspace_id=call.workspace_id,
                escalation_id=call.id,
                round=1,
                number=number,
                member_id=one.id,
                at=MORNING,
                until=MORNING,
            )
            for number, one in enumerate(asked, 2)
        )
        call.private_at = MORNING if is_private else None
        session.flush()

        def theirs() -> set[str]:
            people = (scene.lead, *asked, other)
            listed = {one.name for one in people if open_escalations_of(session, company.caller(one))}
            assert listed == {
                one.name for one in people if one is not other and may_see(session, the_escalation(session), one.id)
            }
            return listed

        everybody = {"Tama Reid", "Hana Mori", "Spo Nsor", "Na Med", "Cli Mber"}
        of_all = is_private or not limited
        assert theirs() == (everybody if of_all else everybody - {"Cli Mber"})
        # An import makes others lead these teams, and somebody else is the sponsor.
        scene.growth.lead_id, scene.product.lead_id, sponsor.is_sponsor = other.id, None, False
        session.flush()
        assert theirs() == (everybody if of_all else {"Na Med"})
        sponsor.is_sponsor = True
        session.add(PathStep(workspace_id=call.workspace_id, team_id=scene.growth.id, position=1, member_id=climber.id))
        session.flush()
        # A team's own path stands in the place of the sponsors.
        assert theirs() == (everybody if of_all else {"Na Med", "Cli Mber"})
        # Who took it keeps it, though they lead the team no longer.
        call.taken_by_id = scene.lead.id
        session.flush()
        assert open_escalations_of(session, company.caller(scene.lead))
