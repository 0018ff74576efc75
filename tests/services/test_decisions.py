"""A decision has a text, an owner and a day, and both owners hear of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
import sqlalchemy as sa
from calls import (
    IN_A_WEEK,
    MORNING,
    WEEK,
    decide,
    keys,
    posted,
    pressable,
    replied,
    set_scene,
    shown,
    tell,
    the_escalation,
    words,
)
from company import MONDAY
from sqlalchemy.orm import Session

from bot.blocks.refusals import sentence
from bot.domain.escalation import DecisionKind, EscalationState
from bot.domain.organisation import Visibility
from bot.services import decisions, escalation
from bot.services.decisions import Draft, Field, NotADecision, Problem
from bot.services.refusals import Reason, Refused
from models import (
    AuditEvent,
    Decision,
    DecisionState,
    Delivery,
    DeliveryState,
    KeyResultViewer,
    Member,
    MemberKind,
    Message,
    PostKind,
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
        assert pressable(root) == ["Resolve", "Decide again", "Ask the owner", "Make private"]
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
        scene.lead.time_zone = "Pacific/Auckland"
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


def test_several_decisions_stand_in_the_root_in_short_the_newest_first(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        first = decide(session, scene, scene.lead)
        for number, kind in enumerate((DecisionKind.ACCEPT_RISK, DecisionKind.MOVE), 1):
            decide(session, scene, scene.head, text=f"the next one, {number}", kind=kind)
        decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=first.id)
        root = shown(session, "escalation:1")
        assert (
            "*Decided* by Hana Mori (people or money): the next one, 2\n*Follow-up:* Hana Mori, by Mon 12 Oct"
        ) in words(root)
        assert (
            "• *Decided before* (accept the risk): the next one, 1 · Hana Mori, by Mon 12 Oct\n"
            "• *Decided before*: HR frees Ana for two days · Hana Mori, by Mon 12 Oct · *done*, says Hana Mori"
        ) in words(root)
        assert pressable(root) == ["Resolve", "Decide again", "Ask the owner", "Make private"]
        whole = [words(shown(session, key)) for key in keys(session) if posted(session, key).follows_id is not None]
        assert "*Decided by Hana Mori (accept the risk):*\nthe next one, 1" in whole[1]


def test_of_many_decisions_the_newest_stand_in_the_root_and_the_others_are_counted(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        for number in range(6):
            decide(session, scene, scene.lead, text=f"number {number}")
        root = words(shown(session, "escalation:1"))
        assert [f"number {number}" in root for number in range(6)] == [False, False, True, True, True, True]
        assert "and 2 more in the thread" in root


def test_what_was_decided_before_it_was_opened_again_does_not_stand_as_the_answer(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        done = decide(session, scene, scene.lead, text="the first try")
        decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=done.id)
        tell(session, MORNING + WEEK, scene.key_result, by=scene.owner, period=MONDAY + WEEK)
        assert "the first try" not in words(shown(session, "escalation:1"))
        decide(session, scene, scene.lead, text="the second try", now=MORNING + WEEK)
        root = words(shown(session, "escalation:1"))
        assert "the second try" in root
        assert "the first try" not in root


def wanted(session: Session, key: str) -> int:
    session.expire_all()
    return session.scalars(
        sa.select(Message.wanted).join(Delivery, Delivery.id == Message.delivery_id).where(Delivery.key == key)
    ).one()


def test_a_decision_can_be_done_which_is_told_where_it_was_told(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decision = decide(session, scene, scene.lead)
        told = keys(session)[2:]
        assert [pressable(shown(session, key)) for key in told] == [["Done", "Drop"], ["Done", "Drop"], []]
        decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=decision.id)
        assert (decision.state, decision.settled_at, decision.reason) == (DecisionState.DONE, MORNING, None)
        said, *news = keys(session)[5:]
        assert posted(session, said).follows_id == posted(session, "escalation:1").id
        assert replied(session, said) == "Done, says Hana Mori: HR frees Ana for two days"
        # Who did it is not told; who decided is, and the key result's owner reads what came of their request.
        assert {posted(session, key).member_id for key in news} == {scene.owner.id, scene.lead.id}
        (outcome,) = [key for key in news if posted(session, key).member_id == scene.owner.id]
        assert posted(session, outcome).kind is PostKind.OUTCOME
        assert words(shown(session, news[0])).startswith(
            "Done, says Hana Mori, about KR-1 SOC 2 certified by 15 Dec: HR"
        )
        for key in told:
            assert wanted(session, key) >= 2
            assert pressable(shown(session, key)) == []
            assert "*Follow-up:* Hana Mori, by Mon 12 Oct · *done*, says Hana Mori" in words(shown(session, key))
        assert "by Mon 12 Oct · *done*" in words(shown(session, "escalation:1"))
        actions = session.scalars(sa.select(AuditEvent.action).order_by(AuditEvent.id)).all()
        assert actions[-2:] == ["decision.done", "escalation.decision_done"]


def test_a_decision_is_dropped_for_a_reason(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decision = decide(session, scene, scene.lead)
        decisions.drop(
            session, MORNING, caller=scene.company.caller(scene.lead), decision_id=decision.id, reason=" HR has gone "
        )
        assert (decision.state, decision.reason) == (DecisionState.DROPPED, "HR has gone")
        said = keys(session)[5]
        assert replied(session, said) == ("Dropped, says Tama Reid: HR frees Ana for two days\n*Why:* HR has gone")
        assert "· *dropped*, says Tama Reid" in words(shown(session, "escalation:1"))


def test_pressed_twice_it_is_said_once_and_somebody_else_reads_who_said_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decision = decide(session, scene, scene.lead)
        for _ in range(2):
            decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=decision.id)
        assert len(keys(session)) == 8
        for again in (
            lambda who: decisions.done(session, MORNING, caller=who, decision_id=decision.id),
            lambda who: decisions.drop(session, MORNING, caller=who, decision_id=decision.id, reason="no"),
            lambda who: decisions.open_one(session, who, decision.id),
        ):
            with pytest.raises(Refused) as refused:
                again(scene.company.caller(scene.lead))
            assert (
                sentence(refused.value.reason, refused.value.facts) == "Hana Mori has said that this is done already."
            )


def test_who_owns_it_who_decided_and_the_leads_above_may_say_what_became_of_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        helper = scene.company.person("Nia New")
        draft = Draft("yes", helper.id, IN_A_WEEK)
        caller = scene.company.caller(scene.head)
        decision = decisions.decide(session, MORNING, caller=caller, escalation_id=1, draft=draft)
        # Limited after it was decided: who is to make it happen still may, like the leads.
        scene.key_result.visibility = Visibility.NAMED
        for who in (scene.owner, scene.stranger):
            with pytest.raises(Refused) as refused:
                decisions.done(session, MORNING, caller=scene.company.caller(who), decision_id=decision.id)
            assert sentence(refused.value.reason, refused.value.facts) == (
                "Nia New, Hana Mori or Tama Reid can say what became of this. Thank you for looking."
            )
        for who in (helper, scene.head, scene.lead):
            assert decisions.open_one(session, scene.company.caller(who), decision.id) == (decision, 1)
        with pytest.raises(Refused) as refused:
            decisions.done(session, MORNING, caller=caller, decision_id=999)
        assert refused.value.reason is Reason.NO_SUCH_DECISION


def test_a_resolved_request_leaves_its_decision_to_be_done(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decision = decide(session, scene, scene.lead)
        escalation.resolve(session, MORNING, caller=scene.company.caller(scene.lead), escalation_id=1)
        reply = keys(session)[2]
        assert pressable(shown(session, reply)) == ["Done", "Drop"]
        decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=decision.id)
        assert the_escalation(session).state is EscalationState.RESOLVED


def test_a_red_after_the_decision_was_done_calls_for_help_anew(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decision = decide(session, scene, scene.lead)
        tell(session, MORNING, scene.key_result, by=scene.owner, need="more")
        assert the_escalation(session).state is EscalationState.DECIDED
        decisions.done(session, MORNING, caller=scene.company.caller(scene.head), decision_id=decision.id)
        tell(session, MORNING, scene.key_result, by=scene.owner, need="yet more")
        assert the_escalation(session).state is EscalationState.OPEN


def test_who_takes_on_their_own_decision_has_its_buttons_though_the_thread_was_lost(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        decide(session, scene, scene.head)
        # In the thread, and nowhere else.
        assert scene.head.id not in [posted(session, key).member_id for key in keys(session)[2:]]
        posted(session, "escalation:1").state = DeliveryState.FAILED
        session.flush()
        decide(session, scene, scene.head)
        mine = next(key for key in keys(session)[3:] if posted(session, key).member_id == scene.head.id)
        assert words(shown(session, mine)).startswith("*You have decided, and make this happen by Mon 12 Oct, for KR-1")
        assert pressable(shown(session, mine)) == ["Done", "Drop"]
