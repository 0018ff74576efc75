from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from answers import answered
from company import MONDAY, Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queries import counted
from sqlalchemy.orm import Session

from bot.domain.cadence import following, period
from bot.domain.cycles import CycleState
from bot.domain.organisation import Level, Visibility
from bot.domain.permissions import Action, may
from bot.services import access, key_result_view, listing
from bot.services.access import Caller
from bot.services.listing import Listing
from bot.services.refusals import Reason, Refused
from models import (
    KeyResult,
    KeyResultCoOwner,
    KeyResultState,
    KeyResultViewer,
    Member,
    MemberKind,
    ObjectiveTeam,
    ObjectiveViewer,
)
from models.database import Database

WEEK = period(MONDAY)
NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)


def numbers(found: Listing) -> list[int]:
    return [one.standing.number for objective in found.objectives for one in objective.key_results]


def test_mine_are_those_that_i_own_or_co_own(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mele, ben = company.person("Mele"), company.person("Ben")
        objective = company.objective(company.team("Growth"))
        company.key_result(objective, mele)
        shared = company.key_result(objective, ben)
        company.key_result(objective, ben)
        session.add(KeyResultCoOwner(workspace_id=shared.workspace_id, key_result_id=shared.id, member_id=mele.id))
        session.flush()
        assert numbers(listing.mine(session, company.caller(mele), NOW)) == [1, 2]


def test_closed_ones_and_those_of_other_cycles_are_not_listed(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mele = company.person("Mele")
        team = company.team("Growth")
        closed = company.key_result(company.objective(team), mele)
        closed.state, closed.closed_at = KeyResultState.CLOSED, NOW
        draft = company.key_result(company.objective(team, "Another"), None)
        session.flush()
        found = listing.of_teams(session, company.caller(mele), NOW, [team])
        assert [(one.standing.number, one.is_draft) for one in found.objectives[0].key_results] == [
            (draft.number, True)
        ]
        company.cycle.state = CycleState.CLOSED
        session.flush()
        assert numbers(listing.of_teams(session, company.caller(mele), NOW, [team])) == []


def test_a_team_lists_what_it_holds_and_what_it_shares(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mele = company.person("Mele")
        growth, sales, other = company.team("Growth"), company.team("Sales"), company.team("Other")
        objective = company.objective(growth)
        company.key_result(objective, mele)
        company.key_result(company.objective(other), mele)
        session.add(ObjectiveTeam(workspace_id=growth.workspace_id, objective_id=objective.id, team_id=sales.id))
        session.flush()
        for team in (growth, sales):
            assert numbers(listing.of_teams(session, company.caller(mele), NOW, [team])) == [1]


def test_the_company_lists_its_own_and_counts_every_teams(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mele = company.person("Mele")
        top = company.team("Longfetch", level=Level.COMPANY)
        growth = company.team("Growth", on=False)
        company.key_result(company.objective(top), mele)
        for _ in range(2):
            company.key_result(company.objective(growth, f"Objective {_}"), mele)
        company.team("Empty")
        caller = company.caller(mele)
        assert numbers(listing.of_company(session, caller, NOW)) == [1]
        assert [(team.name, team.key_results) for team in listing.all_teams(session, caller)] == [
            ("Longfetch", 1),
            ("Empty", 0),
            ("Growth", 2),
        ]


def test_my_teams_are_those_i_lead_or_hold_a_key_result_of(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mele = company.person("Mele")
        company.team("Led", lead=mele)
        company.key_result(company.objective(company.team("Held")), mele)
        company.team("Neither")
        assert [team.name for team in listing.my_teams(session, company.caller(mele))] == ["Held", "Led"]


def test_a_teams_name_is_found_whatever_its_capitals(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        caller = company.caller(company.person("Mele"))
        team = company.team("Growth")
        assert listing.team_named(session, caller, "growth").id == team.id
        top = company.team("Longfetch", level=Level.COMPANY)
        assert {listing.team_named(session, caller, name).id for name in ("Company", "longfetch")} == {top.id}
        called_so = company.team("Company")
        assert listing.team_named(session, caller, "company").id == called_so.id
        with pytest.raises(Refused) as refused:
            listing.team_named(session, caller, "Grow")
        assert refused.value.reason is Reason.NO_SUCH_TEAM


def test_one_key_result_is_shown_with_its_last_answers(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mele = company.person("Mele Fonua")
        key_result = company.key_result(company.objective(company.team("Growth")), mele)
        for week in range(5):
            answered(session, key_result, following(WEEK, -week), next_move=f"{week} weeks ago")
        shown = key_result_view.view(session, company.caller(mele), NOW, 1)
    assert [one.next_move for one in shown.answers] == ["0 weeks ago", "1 weeks ago", "2 weeks ago"]
    assert len(shown.standing.scores) == 5
    assert shown.may_update


def test_only_those_who_may_answer_get_a_button_and_only_while_it_counts(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        mele, stranger = company.person("Mele"), company.person("Ben")
        lead, above = company.person("Ana"), company.person("Ida")
        top = company.team("Longfetch", lead=above)
        team = company.team("Growth", lead=lead, parent=top)
        key_result = company.key_result(company.objective(team), mele)

        def may_update(member: Member, now: datetime = NOW) -> bool:
            return key_result_view.view(session, company.caller(member), now, 1).may_update

        assert [may_update(one) for one in (mele, lead, above, stranger)] == [True, True, True, False]
        assert not may_update(mele, NOW + timedelta(days=3))
        key_result.state, key_result.closed_at = KeyResultState.CLOSED, NOW
        session.flush()
        assert not may_update(mele)


def test_an_unknown_number_and_a_hidden_one_are_refused_alike(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        hidden = company.key_result(company.objective(company.team("Growth")), company.person("Mele"))
        hidden.visibility = Visibility.NAMED
        stranger = company.caller(company.person("Ben"))
        refusals = []
        for number in (hidden.number, 999):
            with pytest.raises(Refused) as refused:
                key_result_view.view(session, stranger, NOW, number)
            refusals.append((refused.value.reason, refused.value.facts == {"number": number}))
    assert refusals == [(Reason.NO_SUCH_KEY_RESULT, True)] * 2


@pytest.mark.parametrize("kind", [MemberKind.GUEST, MemberKind.EXTERNAL, MemberKind.BOT])
def test_guests_see_nothing(database: Database, kind: MemberKind) -> None:
    with database.write() as session:
        company = Company(session)
        guest = company.caller(company.person("Guest", kind=kind))
        team = company.team("Growth")
        company.key_result(company.objective(team), company.person("Mele"))
        for look in (
            lambda: listing.mine(session, guest, NOW),
            lambda: listing.of_teams(session, guest, NOW, [team]),
            lambda: listing.of_company(session, guest, NOW),
            lambda: key_result_view.view(session, guest, NOW, 1),
        ):
            with pytest.raises(Refused):
                look()


def test_fifty_key_results_take_as_many_queries_as_five(database: Database) -> None:
    counts = []
    with database.write() as session:
        company = Company(session)
        mele = company.person("Mele")
        for count in (5, 50):
            team = company.team(f"Team of {count}")
            objective = company.objective(team)
            for _ in range(count):
                answered(session, company.key_result(objective, mele), WEEK)
            with counted(database) as queries:
                assert len(numbers(listing.of_teams(session, company.caller(mele), NOW, [team]))) == count
            counts.append(len(queries))
    assert counts[0] == counts[1]


@dataclass(frozen=True)
class Limited:
    """A key result in team 0 to 2; people are numbered from 0, and person 3 leads no team."""

    team: int
    shared_with: int | None
    owner: int
    co_owner: int | None
    visibility: Visibility
    objective_visibility: Visibility
    named_on_key_result: int | None
    named_on_objective: int | None


people = st.integers(0, 4)
limited = st.builds(
    Limited,
    team=st.integers(0, 2),
    shared_with=st.none() | st.integers(0, 2),
    owner=people,
    co_owner=st.none() | people,
    visibility=st.sampled_from(Visibility),
    objective_visibility=st.sampled_from(Visibility),
    named_on_key_result=st.none() | people,
    named_on_objective=st.none() | people,
)


@given(st.lists(limited, min_size=1, max_size=4))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_reads_of_a_key_result_that_they_may_not_see(database: Database, plan: list[Limited]) -> None:
    with database.trial() as session:  # each example finds the database empty
        company = Company(session)
        members = [company.person(f"Person {number}", admin=number == 4) for number in range(5)]
        top = company.team("Top", lead=members[0], level=Level.COMPANY)
        teams = [top, company.team("Under", lead=members[1], parent=top), company.team("Beside", lead=members[2])]
        key_results = [_add(company, members, teams, number, one) for number, one in enumerate(plan)]
        for member in members:
            caller = company.caller(member)
            visible = {one.number for one in key_results if _may_see(session, member, one)}
            listed = numbers(listing.of_teams(session, caller, NOW, teams))
            assert set(listed) == visible
            assert set(numbers(listing.mine(session, caller, NOW))) <= visible
            assert set(numbers(listing.of_company(session, caller, NOW))) <= visible
            # The company's own stand above the teams, and are not counted among them.
            below = {row.number for row, one in zip(key_results, plan, strict=True) if one.team != 0}
            assert sum(one.key_results for one in listing.all_teams(session, caller) if not one.is_company) == len(
                visible & below
            )
            assert {one.number for one in key_results if _finds(session, caller, one)} == visible


def _add(company: Company, members: list[Member], teams: list, number: int, one: Limited) -> KeyResult:  # type: ignore[type-arg]
    objective = company.objective(teams[one.team], f"Objective {number}")
    objective.visibility = one.objective_visibility
    key_result = company.key_result(objective, members[one.owner])
    key_result.visibility = one.visibility
    within = {"workspace_id": key_result.workspace_id}
    if one.shared_with is not None and one.shared_with != one.team:
        company.session.add(ObjectiveTeam(**within, objective_id=objective.id, team_id=teams[one.shared_with].id))
    if one.co_owner is not None:
        company.session.add(KeyResultCoOwner(**within, key_result_id=key_result.id, member_id=members[one.co_owner].id))
    if one.named_on_key_result is not None:
        company.session.add(
            KeyResultViewer(**within, key_result_id=key_result.id, member_id=members[one.named_on_key_result].id)
        )
    if one.named_on_objective is not None:
        company.session.add(
            ObjectiveViewer(**within, objective_id=objective.id, member_id=members[one.named_on_objective].id)
        )
    company.session.flush()
    return key_result


def _may_see(session: Session, member: Member, key_result: KeyResult) -> bool:
    facts = access.key_result_facts(session, key_result)
    return may(access.actor_of(member), Action.VIEW_KEY_RESULT, facts)


def _finds(session: Session, caller: Caller, key_result: KeyResult) -> bool:
    try:
        return key_result_view.find(session, caller, key_result.number).id == key_result.id
    except Refused:
        return False
