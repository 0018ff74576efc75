"""Which team waits for which, and what the other says: as far as the reader may see the key result that waits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, set_scene, tell
from company import MONDAY
from queries import counted
from sqlalchemy.orm import Session

from bot.domain.confidence import Confidence
from bot.domain.cycles import CycleState
from bot.domain.dependency import DependencyState
from bot.domain.digest import Waiting
from bot.domain.friction import Pair
from bot.domain.organisation import Visibility
from bot.services import dependency
from bot.services.between_teams import waiting_now
from bot.services.blocking import BlockedBy
from bot.services.friction import friction
from bot.services.refusals import Reason, Refused
from models import Blocker, Cycle, KeyResult, Member, MemberKind, Team
from models.database import Database

UTC = ZoneInfo("UTC")
LATER = MORNING + timedelta(days=9)


class Case:
    """Growth has named Legal, which Finn leads; the owner is Mere."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.scene = set_scene(session)
        self.legal = self.scene.company.team("Legal", lead=self.scene.stranger, channel_id="C0LEGAL")

    def blocked(
        self,
        by: Team | None,
        *,
        now: datetime = MORNING,
        period: date = MONDAY,
        key_result: KeyResult | None = None,
    ) -> None:
        key_result = key_result or self.scene.key_result
        tell(
            self.session,
            now,
            key_result,
            by=self.scene.owner,
            period=period,
            confidence=Confidence.YELLOW,
            blocked_by=BlockedBy(team_id=by.id) if by is not None else None,
        )
        open_one = self.session.scalar(
            sa.select(Blocker).where(Blocker.key_result_id == key_result.id, Blocker.cleared_at.is_(None))
        )
        dependency.follow(self.session, now, key_result, open_one)

    def pairs(self, viewer: Member, now: datetime = LATER) -> tuple[Pair, ...]:
        return friction(self.session, self.scene.company.caller(viewer), now).pairs

    def waiting(self, viewer: Member | None, *teams: Team) -> tuple[Waiting, ...]:
        caller = self.scene.company.caller(viewer) if viewer is not None else None
        return waiting_now(self.session, caller, [team.id for team in teams], UTC)


def test_everybody_sees_which_team_waits_for_which(database: Database) -> None:
    with database.write() as session:
        case = Case(session)
        case.blocked(case.legal)
        found = friction(session, case.scene.company.caller(case.scene.head), LATER)
        assert found.cycles == ("2026 Q4",)
        assert found.pairs == (Pair("Growth", "Legal", 1, 9, Decimal(9), 1),)
        case.blocked(None, now=LATER, period=MONDAY + WEEK)
        assert case.pairs(case.scene.head, LATER + WEEK) == (Pair("Growth", "Legal", 0, None, Decimal(9), 1),)


def test_a_blocker_that_is_named_again_is_counted_once(database: Database) -> None:
    with database.write() as session:
        case = Case(session)
        case.blocked(case.legal)
        case.blocked(case.legal, now=MORNING + WEEK, period=MONDAY + WEEK)
        assert case.pairs(case.scene.head) == (Pair("Growth", "Legal", 1, 9, Decimal(9), 1),)


def test_the_own_team_people_and_words_are_no_friction(database: Database) -> None:
    with database.write() as session:
        case = Case(session)
        case.blocked(case.scene.growth)
        assert case.pairs(case.scene.head) == ()


@pytest.mark.parametrize("visibility", [Visibility.TEAM, Visibility.NAMED])
def test_what_is_limited_is_counted_only_for_those_who_may_see_it(database: Database, visibility: Visibility) -> None:
    with database.write() as session:
        case = Case(session)
        case.blocked(case.legal)
        case.scene.key_result.visibility = visibility
        session.flush()
        assert case.pairs(case.scene.stranger) == ()
        assert len(case.pairs(case.scene.lead)) == 1
        assert case.waiting(None, case.legal) == case.waiting(case.scene.stranger, case.legal) == ()
        assert len(case.waiting(case.scene.lead, case.legal)) == 1


def test_a_guest_sees_nothing_and_another_cycle_is_not_counted(database: Database) -> None:
    with database.write() as session:
        case = Case(session)
        case.blocked(case.legal)
        guest = case.scene.company.person("Gus Guest", kind=MemberKind.GUEST)
        with pytest.raises(Refused) as refused:
            case.pairs(guest)
        assert refused.value.reason is Reason.NOT_A_FULL_MEMBER
        session.execute(sa.update(Cycle).values(state=CycleState.CLOSED))
        assert case.pairs(case.scene.head) == ()


def test_both_teams_read_what_the_other_one_says(database: Database) -> None:
    with database.write() as session:
        case = Case(session)
        case.blocked(case.legal)
        asked = Waiting(
            key_result_id=case.scene.key_result.id,
            number=1,
            name="SOC 2 certified by 15 Dec",
            team="Growth",
            other="Legal",
            state=DependencyState.ASKED,
            by=None,
            due_on=None,
            reason=None,
            asked_on=MONDAY,
        )
        assert case.waiting(None, case.scene.growth) == case.waiting(None, case.legal) == (asked,)
        assert case.waiting(None, case.scene.product) == ()
        caller = case.scene.company.caller(case.scene.stranger)
        dependency.refuse(session, MORNING, caller, 1, "no lawyer is free")
        (said,) = case.waiting(None, case.legal)
        assert (said.state, said.by, said.reason) == (DependencyState.REFUSED, "Finn Adler", "no lawyer is free")
        case.blocked(None, now=LATER, period=MONDAY + WEEK)
        assert case.waiting(None, case.legal) == ()


def test_it_takes_as_many_queries_for_twenty_as_for_one(database: Database) -> None:
    counts = []
    with database.write() as session:
        case = Case(session)
        case.blocked(case.legal)
        for more in (0, 19):
            objective = case.scene.company.objective(case.scene.growth, f"{more} more")
            for _ in range(more):
                case.blocked(case.legal, key_result=case.scene.company.key_result(objective, case.scene.owner))
            with counted(database) as statements:
                case.pairs(case.scene.head)
                case.waiting(case.scene.head, case.legal)
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 6
