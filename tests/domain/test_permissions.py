from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.organisation import Visibility
from bot.domain.permissions import Action, Actor, Facts, may

OWNER, CO_OWNER, LEAD, LEAD_ABOVE, ASKED, SPONSOR, TEAMMATE, NAMED, COLLEAGUE, ADMIN, OTHER_LEAD, OFFERED = range(1, 13)
PEOPLE = {
    "owner": Actor(OWNER),
    "co-owner": Actor(CO_OWNER),
    "lead": Actor(LEAD),
    "lead above": Actor(LEAD_ABOVE),
    "asked": Actor(ASKED),
    "sponsor": Actor(SPONSOR),
    "teammate": Actor(TEAMMATE),
    "named": Actor(NAMED),
    "colleague": Actor(COLLEAGUE),
    "admin": Actor(ADMIN, is_admin=True),
    "other team's lead": Actor(OTHER_LEAD),
    "offered": Actor(OFFERED),
}
FACTS = Facts(
    owner_id=OWNER,
    co_owner_ids=frozenset({CO_OWNER}),
    lead_ids_above=(LEAD, LEAD_ABOVE),
    team_member_ids=frozenset({TEAMMATE}),
    named_ids=frozenset({NAMED}),
    escalation_member_ids=frozenset({ASKED}),
    sponsor_ids=frozenset({SPONSOR}),
    other_team_ids=frozenset({OTHER_LEAD}),
    offered_to_id=OFFERED,
)
EVERYBODY = set(PEOPLE)
OWNERS = {"owner", "co-owner"}
LEADS = {"lead", "lead above"}

ALLOWED = {
    Action.VIEW_KEY_RESULT: EVERYBODY,
    Action.ANSWER_CHECK_IN: OWNERS | LEADS,
    Action.CORRECT_ANSWER: LEADS,
    Action.ACKNOWLEDGE_ESCALATION: LEADS | {"asked", "sponsor"},
    Action.DECIDE: LEADS | {"asked", "sponsor"},
    Action.DECIDE_OUTSIDE: OWNERS | LEADS | {"asked", "sponsor"},
    Action.TAKE_TO_REVIEW: LEADS | {"asked", "sponsor"},
    Action.RESOLVE_ESCALATION: OWNERS | LEADS | {"asked", "sponsor"},
    Action.ASK_FOR_HELP: OWNERS | LEADS,
    Action.NAME_BLOCKER: EVERYBODY,
    Action.ASK_OWNER: EVERYBODY,
    Action.MAKE_PRIVATE: OWNERS | LEADS | {"asked"},
    Action.SETTLE_DECISION: LEADS | {"asked"},
    Action.ANSWER_LEAD_NOTE: LEADS,
    Action.EXCUSE_CHECK_IN: LEADS,
    Action.DISMISS_SIGNAL: LEADS,
    Action.HAND_OVER: LEADS | {"owner"},
    Action.SET_VALUE_RHYTHM: LEADS | {"owner"},
    Action.NAME_INITIATIVES: OWNERS | LEADS,
    Action.ANSWER_FOR_TEAM: {"other team's lead"},
    Action.ANSWER_HAND_OVER: {"offered"},
    Action.SWITCH_TEAM_ON: {"admin"},
    Action.SEE_FAILURES: {"admin"},
    Action.STEER: {"admin"},
    Action.LIMIT: {"admin"},
    Action.SHARE_OBJECTIVE: {"admin"},
    Action.RUN_DIGEST: LEADS | {"admin"},
    Action.DECIDE_OUTSIDE: OWNERS | LEADS | {"asked", "sponsor"},
    Action.DISMISS_SIGNAL: LEADS,
}
SETTINGS = {Action.SWITCH_TEAM_ON, Action.SEE_FAILURES, Action.STEER, Action.LIMIT, Action.SHARE_OBJECTIVE}
# Who is offered a key result need not have seen it before.
ON_A_KEY_RESULT = [action for action in Action if action not in {*SETTINGS, Action.RUN_DIGEST, Action.ANSWER_HAND_OVER}]


def allowed(action: Action, facts: Facts) -> set[str]:
    return {name for name, actor in PEOPLE.items() if may(actor, action, facts)}


def test_the_table_names_every_action() -> None:
    assert set(ALLOWED) == set(Action)


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_each_person_may_do_exactly_what_the_table_says(action: Action, name: str) -> None:
    assert may(PEOPLE[name], action, FACTS) is (name in ALLOWED[action])


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("name", sorted(PEOPLE))
def test_guests_and_people_who_left_may_do_nothing(action: Action, name: str) -> None:
    actor = PEOPLE[name]
    assert not may(replace(actor, is_full_member=False), action, FACTS)
    assert not may(replace(actor, is_active=False), action, FACTS)


@pytest.mark.parametrize(
    ("visibility", "private", "seen_by"),
    [
        (Visibility.WORKSPACE, False, EVERYBODY),
        (Visibility.TEAM, False, OWNERS | LEADS | {"asked", "teammate", "named"}),
        (Visibility.NAMED, False, OWNERS | LEADS | {"asked", "named"}),
        (Visibility.WORKSPACE, True, OWNERS | {"asked"}),
        (Visibility.TEAM, True, OWNERS | {"asked"}),
        (Visibility.NAMED, True, OWNERS | {"asked"}),
    ],
)
def test_what_is_limited_is_seen_by_those_it_is_limited_to_and_no_lead_sees_what_is_private(
    visibility: Visibility, private: bool, seen_by: set[str]
) -> None:
    facts = replace(FACTS, visibility=visibility, private=private)
    assert allowed(Action.VIEW_KEY_RESULT, facts) == seen_by


def test_an_admin_who_is_nothing_else_sees_no_limited_key_result() -> None:
    for visibility in (Visibility.TEAM, Visibility.NAMED):
        facts = replace(FACTS, visibility=visibility)
        assert not [action for action in ON_A_KEY_RESULT if may(PEOPLE["admin"], action, facts)]


def test_a_private_escalation_is_decided_by_those_it_asked() -> None:
    assert allowed(Action.DECIDE, replace(FACTS, private=True)) == {"asked"}
    asked_lead = replace(FACTS, private=True, escalation_member_ids=frozenset({LEAD}))
    assert allowed(Action.DECIDE, asked_lead) == {"lead"}


def test_the_sponsor_decides_only_what_the_sponsor_may_see() -> None:
    limited = replace(FACTS, visibility=Visibility.TEAM)
    assert not may(PEOPLE["sponsor"], Action.DECIDE, limited)
    assert may(PEOPLE["sponsor"], Action.DECIDE, replace(limited, escalation_member_ids=frozenset({SPONSOR})))


def test_another_team_answers_about_what_its_lead_may_see_and_for_no_other() -> None:
    limited = replace(FACTS, visibility=Visibility.NAMED)
    assert allowed(Action.ANSWER_FOR_TEAM, limited) == set()
    assert allowed(Action.ANSWER_FOR_TEAM, replace(limited, named_ids=frozenset({OTHER_LEAD}))) == {"other team's lead"}
    assert allowed(Action.ANSWER_FOR_TEAM, replace(FACTS, other_team_ids=frozenset())) == set()


def test_what_is_offered_is_answered_by_one_person_however_it_is_limited() -> None:
    for visibility in Visibility:
        assert allowed(Action.ANSWER_HAND_OVER, replace(FACTS, visibility=visibility)) == {"offered"}
    assert allowed(Action.ANSWER_HAND_OVER, replace(FACTS, offered_to_id=None)) == set()


def test_a_key_result_without_an_owner_is_nobodys_own() -> None:
    assert allowed(Action.ANSWER_CHECK_IN, replace(FACTS, owner_id=None)) == LEADS | {"co-owner"}


ids = st.integers(1, 6)
some_ids = st.frozensets(ids, max_size=3)
any_facts = st.builds(
    Facts,
    owner_id=st.none() | ids,
    co_owner_ids=some_ids,
    lead_ids_above=st.lists(ids, max_size=3).map(tuple),
    team_member_ids=some_ids,
    visibility=st.sampled_from(Visibility),
    named_ids=some_ids,
    escalation_member_ids=some_ids,
    private=st.booleans(),
    sponsor_ids=some_ids,
    other_team_ids=some_ids,
    offered_to_id=st.none() | ids,
)


@given(st.builds(Actor, ids, is_admin=st.booleans()), st.sampled_from(ON_A_KEY_RESULT), any_facts)
def test_nobody_may_act_on_what_they_may_not_see(actor: Actor, action: Action, facts: Facts) -> None:
    if may(actor, action, facts):
        assert may(actor, Action.VIEW_KEY_RESULT, facts)


@given(ids, st.sampled_from(ON_A_KEY_RESULT), any_facts)
def test_being_an_admin_opens_no_key_result(member: int, action: Action, facts: Facts) -> None:
    assert may(Actor(member, is_admin=True), action, facts) is may(Actor(member), action, facts)
