"""`/okr decisions`: who reads what, in which order, and who gets buttons."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, decide, set_scene, tell
from queries import counted

from bot.blocks.decision_list import PER_PAGE, Page
from bot.domain.decision_filter import understand
from bot.domain.organisation import Visibility
from bot.domain.permissions import Action, may
from bot.services import decision_list, decisions
from bot.services.access import actor_of, key_result_facts
from bot.services.decisions import Draft
from models import Decision, KeyResult, KeyResultViewer, Member
from models.database import Database


def texts(page: Page) -> list[str]:
    return [one.text for one in page.decisions]


def test_open_ones_come_by_their_day_and_settled_ones_the_newest_first(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        caller = scene.company.caller(scene.lead)

        def made(text: str, due: date) -> Decision:
            draft = Draft(text, scene.head.id, due)
            return decisions.decide_about(
                session, MORNING, caller=caller, key_result_id=scene.key_result.id, draft=draft
            )

        made("later", date(2026, 10, 20))
        made("soon", date(2026, 10, 6))
        done, dropped = made("done", date(2026, 10, 7)), made("dropped", date(2026, 10, 7))
        decisions.done(session, MORNING, caller=caller, decision_id=done.id)
        decisions.drop(session, MORNING + WEEK, caller=caller, decision_id=dropped.id, reason="HR has gone")

        def listed(words: str, who: Member = scene.lead) -> list[str]:
            wanted = understand(words)
            team = scene.product if wanted.team else None
            return texts(decision_list.page(session, scene.company.caller(who), MORNING + WEEK, wanted, team))

        assert listed("") == ["soon", "later"]
        assert listed("overdue") == ["soon"]
        assert listed("all") == ["soon", "later", "dropped", "done"]
        assert (listed("done"), listed("dropped")) == (["done"], ["dropped"])
        assert (listed("mine"), listed("mine", scene.head)) == ([], ["soon", "later"])
        assert (listed("KR-1"), listed("KR-2")) == (["soon", "later"], [])
        assert listed("Product") == []


def test_what_somebody_may_not_see_is_not_listed_and_only_who_may_gets_buttons(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        nia = scene.company.person("Nia New")
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.head)
        for visibility in Visibility:
            scene.key_result.visibility = visibility
            session.flush()
            key_result = session.scalars(sa.select(KeyResult)).one()
            decision = session.scalars(sa.select(Decision)).one()
            for who in (scene.owner, scene.lead, scene.head, scene.stranger, nia):
                found = decision_list.page(session, scene.company.caller(who), MORNING, understand(""), None)
                facts = key_result_facts(session, key_result)
                assert bool(found.decisions) is may(actor_of(who), Action.VIEW_KEY_RESULT, facts)
                asked = key_result_facts(session, key_result, asked=[decision.owner_id, decision.decided_by_id])
                for one in found.decisions:
                    assert one.may_settle is may(actor_of(who), Action.SETTLE_DECISION, asked)
            if visibility is Visibility.WORKSPACE:
                session.add(
                    KeyResultViewer(workspace_id=nia.workspace_id, key_result_id=key_result.id, member_id=nia.id)
                )


@pytest.mark.parametrize("wanted", ["", "all 2", "99"])
def test_a_page_takes_as_many_queries_whatever_there_is(database: Database, wanted: str) -> None:
    def queries(count: int) -> int:
        with database.write() as session:
            scene = set_scene(session) if count == 1 else None
            key_result = session.scalars(sa.select(KeyResult)).one()
            lead = session.scalars(sa.select(Member).where(Member.name == "Tama Reid")).one()
            caller = (scene.company.caller(lead)) if scene else decision_list.Caller(lead.workspace_id, lead.id)
            for number in range(count):
                draft = Draft(f"number {number}", lead.id, (MORNING + timedelta(days=number)).date())
                decisions.decide_about(session, MORNING, caller=caller, key_result_id=key_result.id, draft=draft)
        with database.read() as session, counted(database) as found:
            page = decision_list.page(session, caller, MORNING, understand(wanted), None)
        if count > 1:
            assert (page.count, page.pages) == (count + 1, -(-(count + 1) // PER_PAGE))
            assert page.number == min(understand(wanted).page, page.pages)
        return len(found)

    assert queries(1) == queries(2 * PER_PAGE) <= 4
