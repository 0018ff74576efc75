"""A decision has a text, an owner and a day, and both owners hear of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from calls import (
    IN_A_WEEK,
    MORNING,
    decide,
    keys,
    posted,
    pressable,
    set_scene,
    shown,
    tell,
    the_escalation,
    words,
)

from bot.domain.escalation import EscalationState
from bot.domain.organisation import Visibility
from bot.services import decisions
from bot.services.decisions import Draft, Field, NotADecision, Problem
from models import (
    Decision,
    KeyResultViewer,
    Member,
    MemberKind,
)
from models.database import Database


def test_a_decision_stands_in_the_thread_asks_its_owner_and_tells_the_key_results_owner(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.lead, text="HR frees Ana for two days\nfrom Wednesday on")
        reply, to_follow_up, to_owner = keys(session)[2:]
        assert words(shown(session, reply)) == (
            "*Decided by Tama Reid:*\nHR frees Ana for two days\nfrom Wednesday on\n"
            "<@U0HANAMORI>, can you make this happen by Mon 12 Oct? Mere Ngata, this is for your KR-1."
        )
        assert posted(session, to_follow_up).member_id == scene.head.id
        assert "Tama Reid asks you to make this happen by Mon 12 Oct" in words(shown(session, to_follow_up))
        assert posted(session, to_owner).member_id == scene.owner.id
        assert "Tama Reid has decided about your KR-1" in words(shown(session, to_owner))
        assert "Hana Mori makes it happen by Mon 12 Oct." in words(shown(session, to_owner))
        root = shown(session, "escalation:1")
        assert "*Follow-up:* Hana Mori, by Mon 12 Oct" in words(root)
        assert pressable(root) == ["Resolve", "Decide again"]
        assert the_escalation(session).state is EscalationState.DECIDED


@pytest.mark.parametrize(
    ("draft", "problems"),
    [
        (
            Draft("  ", None, None),
            {Field.TEXT: Problem.MISSING, Field.OWNER: Problem.MISSING, Field.DUE: Problem.MISSING},
        ),
        (Draft("x" * 3001, 1, IN_A_WEEK), {Field.TEXT: Problem.TOO_LONG}),
        (Draft("yes", 1, date(2026, 10, 4)), {Field.DUE: Problem.IN_THE_PAST}),
        (Draft("x" * 3000, 1, date(2026, 10, 5)), {}),
    ],
)
def test_a_decision_needs_its_text_owner_and_a_day_to_come(
    database: Database, draft: Draft, problems: dict[Field, Problem]
) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        caller = scene.company.caller(scene.head)
        if not problems:
            decisions.decide(session, MORNING, caller=caller, escalation_id=1, draft=draft)
            return
        with pytest.raises(NotADecision) as refused:
            decisions.decide(session, MORNING, caller=caller, escalation_id=1, draft=draft)
        assert refused.value.problems == problems
        assert session.scalars(sa.select(Decision)).all() == []


def test_today_is_the_deciders_own_day(database: Database) -> None:
    late = datetime(2026, 10, 5, 13, 0, tzinfo=MORNING.tzinfo)  # the sixth, in Auckland
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        draft = Draft("yes", scene.head.id, date(2026, 10, 5))
        with pytest.raises(NotADecision) as refused:
            decisions.decide(session, late, caller=scene.company.caller(scene.lead), escalation_id=1, draft=draft)
        assert refused.value.today == date(2026, 10, 6)
        decisions.decide(session, late, caller=scene.company.caller(scene.head), escalation_id=1, draft=draft)


def test_a_decision_is_owned_by_a_full_active_member_who_may_see_the_key_result(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        guest = scene.company.person("Gus Guest", kind=MemberKind.GUEST)
        gone = scene.company.person("Gwen Gone")
        gone.deactivated_at = MORNING
        scene.key_result.visibility = Visibility.NAMED
        tell(session, MORNING, scene.key_result, by=scene.owner)
        caller = scene.company.caller(scene.lead)

        def problem_with(owner: Member) -> Problem | None:
            try:
                with session.begin_nested():
                    draft = Draft("yes", owner.id, IN_A_WEEK)
                    decisions.decide(session, MORNING, caller=caller, escalation_id=1, draft=draft)
            except NotADecision as refused:
                return refused.problems[Field.OWNER]
            return None

        assert problem_with(guest) is Problem.NOT_A_FULL_MEMBER
        assert problem_with(gone) is Problem.NOT_A_FULL_MEMBER
        assert problem_with(scene.stranger) is Problem.MAY_NOT_SEE_IT
        session.add(
            KeyResultViewer(
                workspace_id=scene.company.workspace.id, key_result_id=scene.key_result.id, member_id=scene.stranger.id
            )
        )
        session.flush()
        assert problem_with(scene.stranger) is None
