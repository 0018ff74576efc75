from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from answers import answered, asked
from calls import set_scene, tell, the_escalation
from company import MONDAY, Company
from queries import counted
from sqlalchemy.orm import Session

from bot.blocks.signals import question
from bot.domain.cadence import Period, following, period
from bot.domain.confidence import Confidence
from bot.domain.digest_json import from_json
from bot.domain.digest_subjects import Subjects
from bot.domain.escalation import DecisionKind
from bot.domain.kinds import Kind
from bot.domain.organisation import Level, Visibility
from bot.domain.redefinition import Typed
from bot.domain.signals.fired import (
    Changed,
    Evidence,
    Lack,
    Lacks,
    Load,
    NotHeardOf,
    Rule,
    StayedRed,
    StoodStill,
    TooMany,
    Waits,
    WithoutDecision,
)
from bot.services import decisions, redefining, signals
from bot.services.decisions import Draft
from bot.services.digest import take_due
from bot.services.refusals import Reason, Refused
from bot.services.team_tree import teams_of
from models import (
    Blocker,
    CheckInState,
    Decision,
    Digest,
    Initiative,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Priority,
    Team,
    Workspace,
)
from models import Signal as Kept
from models.database import Database

WEEK = period(MONDAY)
FIFTH = following(WEEK, 4)


def wednesday(of: Period) -> datetime:
    return datetime.combine(of + timedelta(days=2), datetime.min.time(), UTC) + timedelta(hours=10)


@dataclass
class Works:
    """Growth, led by Ana beneath Product, which Ida leads; Mele owns key results in it."""

    session: Session

    def __post_init__(self) -> None:
        self.company = Company(self.session)
        self.ana, self.ida, self.mele = (self.company.person(name) for name in ("Ana Lima", "Ida Lund", "Mele Fonua"))
        self.product = self.company.team("Product", lead=self.ida, level=Level.DEPARTMENT, channel_id="C0PRODUCT")
        self.growth = self.company.team("Growth", lead=self.ana, parent=self.product)
        self.objective = self.company.objective(self.growth)

    def key_result(self, **given: object) -> KeyResult:
        return self.company.key_result(self.objective, self.mele, **given)  # type: ignore[arg-type]

    def weeks(
        self, key_result: KeyResult, count: int, value: str = "21", confidence: Confidence = Confidence.GREEN
    ) -> None:
        for week in range(count):
            answered(self.session, key_result, following(WEEK, week), value=value, score="0.05", confidence=confidence)

    def fires(self, of: Period, team: Team | None = None, viewer: Member | None = None) -> list[Evidence]:
        return [one.fired.evidence for one in self.signals(of, team, viewer)]

    def signals(self, of: Period, team: Team | None = None, viewer: Member | None = None) -> list[signals.Signal]:
        found = signals.firing(
            self.session,
            wednesday(of),
            self.company.workspace,
            teams_of(self.session, team or self.growth),
            viewer=self.company.caller(viewer) if viewer else None,
            this=of,
        )
        return list(found.signals)

    def digest(self, of: Period, team: Team | None = None) -> signals.Signal | None:
        """What the digest of a period asks."""
        team = team or self.growth
        team.next_digest_at = wednesday(of)
        self.session.flush()
        take_due(self.session, wednesday(of), 10)
        kept = self.session.scalars(sa.select(Digest).where(Digest.team_id == team.id, Digest.period == of)).one()
        return from_json(kept.snapshot).signal


def test_a_green_that_stands_still_is_asked_about_in_the_digest(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        works.weeks(works.key_result(), 4)
        assert works.fires(following(WEEK, 2)) == []
        told = works.digest(following(WEEK, 3))
        assert told is not None
        assert question(told) == "KR-1 Activation: green for 4 weeks, still 21 %. Too easy, or the wrong measure?"
        kept = session.scalars(sa.select(Kept)).one()
        assert (kept.rule, kept.level, kept.shown_in) == (Rule.SUSPICIOUS_GREEN, 1, following(WEEK, 3))
        assert kept.evidence == {"version": 1, "shape": "StoodStill", "weeks": 4, "value": "21"}


@pytest.mark.parametrize(("kind", "is_new"), [(DecisionKind.WRONG_MEASURE, True), (DecisionKind.CHANGE_TARGET, False)])
def test_after_a_wrong_measure_the_history_of_the_new_one_starts_with_it(
    database: Database, kind: DecisionKind, is_new: bool
) -> None:
    with database.write() as session:
        works = Works(session)
        key_result = works.key_result()
        works.weeks(key_result, 4)
        third = following(WEEK, 3)
        assert works.fires(third) == [StoodStill(4, Decimal(21))]
        lead, now = works.company.caller(works.ana), wednesday(third)
        draft = Draft("it counts the wrong thing", works.ana.id, now.date(), kind)
        decided = decisions.decide_about(session, now, caller=lead, key_result_id=key_result.id, draft=draft)
        typed = Typed("Kept customers from 20 to 40 % by 15 Dec", Decimal(20), Decimal(40), date(2026, 12, 15))
        redefining.change(
            session,
            now,
            caller=lead,
            decision_id=decided.id,
            typed=typed,
            reason="it counts the wrong thing",
            stops="it",
        )
        # What was said of the old measure is asked about no more; what is changed otherwise goes on.
        stood_still = [one for one in works.fires(third) if isinstance(one, StoodStill)]
        assert bool(stood_still) is not is_new
        for week in range(4, 8):
            answered(session, key_result, following(WEEK, week), value="21", score="0.05")
        stood_still = [one for one in works.fires(following(WEEK, 7)) if isinstance(one, StoodStill)]
        assert stood_still == [StoodStill(4 if is_new else 8, Decimal(21))]


def test_the_same_question_rests_for_four_weeks_and_gives_way_to_another(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        for _ in range(2):
            works.weeks(works.key_result(), 8)
        told = [works.digest(following(WEEK, week)) for week in range(3, 8)]
        assert [one.number if one else None for one in told] == [1, 2, None, None, 1]


def test_what_gets_worse_speaks_again_before_four_weeks_are_over(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        works.weeks(works.key_result(), 9, confidence=Confidence.RED)
        told = [works.digest(following(WEEK, week)) for week in range(1, 9)]
        shown = [one.fired.evidence if one else None for one in told]
        red = [None, StayedRed(3, True), None, None, None, StayedRed(7, True), None, None]
        assert shown == red


def test_a_team_and_the_one_above_ask_the_same_question_in_the_same_week(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        works.weeks(works.key_result(), 5)
        for team in (works.growth, works.product):
            told = works.digest(following(WEEK, 3), team)
            assert told is not None
            assert told.number == 1
        assert works.digest(FIFTH, works.product) is None


def test_who_was_silent_is_asked_whether_it_still_fits_and_open_or_excused_weeks_do_not_count(
    database: Database,
) -> None:
    with database.write() as session:
        works = Works(session)
        key_result = works.key_result()
        answered(session, key_result, WEEK)
        asked(session, key_result, following(WEEK, 1), CheckInState.MISSED)
        asked(session, key_result, following(WEEK, 2), CheckInState.EXCUSED)
        open_one = asked(session, key_result, following(WEEK, 3))
        open_one.closes_at = wednesday(FIFTH)
        session.flush()
        assert works.fires(following(WEEK, 3)) == []
        open_one.closes_at = wednesday(following(WEEK, 3)) - timedelta(hours=1)
        session.flush()
        assert works.fires(following(WEEK, 3)) == [NotHeardOf(2)]


def test_only_the_newest_word_of_a_week_counts(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        key_result = works.key_result()
        works.weeks(key_result, 4)
        answered(session, key_result, following(WEEK, 2), value="24", score="0.2")
        assert works.fires(following(WEEK, 3)) == []


def test_a_quarterly_value_that_was_asked_once_is_no_standstill(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        key_result = works.key_result(value_every_weeks=13)
        answered(session, key_result, WEEK, value="21", score="0.5")
        for week in range(1, 6):
            answered(session, key_result, following(WEEK, week), value=None, score=None)
        assert works.fires(following(WEEK, 5)) == []


def test_what_it_stands_on_is_asked_about_where_others_have_it(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        bare = works.key_result(start=None)
        assert works.fires(WEEK) == [Lacks((Lack.BASELINE,))]
        other = works.key_result()
        session.add(
            Initiative(
                workspace_id=other.workspace_id, key_result_id=other.id, text="Ask ten", created_at=other.created_at
            )
        )
        session.add(Priority(workspace_id=other.workspace_id, name="Grow", created_at=other.created_at))
        works.mele.deactivated_at = wednesday(WEEK)
        session.flush()
        seen = {(one.number, one.fired.evidence) for one in works.signals(WEEK)}
        assert seen == {
            (bare.number, Lacks((Lack.OWNER, Lack.BASELINE, Lack.INITIATIVE))),
            (other.number, Lacks((Lack.OWNER,))),
            (None, Lacks((Lack.PRIORITY,))),
        }


@pytest.mark.parametrize(
    ("priorities", "serves", "otherwise", "fires"),
    [
        (("named",), None, "", True),
        (("named", "named"), None, "", True),
        # What it served is none any more, and there are others.
        (("named", "archived"), 1, "", True),
        (("named",), None, "draft", True),
        # Nearly: it serves one; there are none, or none any more, or another workspace's.
        (("named",), 0, "", False),
        (("named", "named"), 1, "", False),
        ((), None, "", False),
        (("archived",), None, "", False),
        (("elsewhere",), None, "", False),
        # Must not: nothing of it is asked about any more, or not everybody may read of it.
        (("named",), None, "closed", False),
        (("named",), None, "archived", False),
        (("named",), None, "limited", False),
    ],
)
def test_an_objective_that_serves_no_priority_is_asked_about_where_there_are_any(
    database: Database, priorities: tuple[str, ...], serves: int | None, otherwise: str, fires: bool
) -> None:
    with database.write() as session:
        works = Works(session)
        elsewhere = Workspace(name="Elsewhere", slack_team_id="T0OTHER", time_zone="UTC", created_at=wednesday(WEEK))
        session.add(elsewhere)
        session.flush()
        made = []
        for number, state in enumerate(priorities):
            where = elsewhere if state == "elsewhere" else works.company.workspace
            at = wednesday(WEEK)
            archived_at = at if state == "archived" else None
            made.append(Priority(workspace_id=where.id, name=f"P{number}", created_at=at, archived_at=archived_at))
        session.add_all(made)
        session.flush()
        key_result = works.key_result()
        if serves is not None:
            works.objective.priority_id = made[serves].id
        if otherwise == "draft":
            key_result.state, key_result.owner_id = KeyResultState.DRAFT, None
        if otherwise == "closed":
            key_result.state, key_result.closed_at = KeyResultState.CLOSED, wednesday(WEEK)
        if otherwise == "archived":
            works.objective.archived_at = wednesday(WEEK)
        if otherwise == "limited":
            works.objective.visibility = Visibility.NAMED
        session.flush()
        assert (Lacks((Lack.PRIORITY,)) in works.fires(WEEK)) is fires


def test_too_many_at_once_are_counted_for_objective_team_and_owner_who_is_not_named(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        for _ in range(4):
            works.key_result()
        for number in range(3):
            works.company.key_result(works.company.objective(works.growth, f"Further {number}"), works.mele)
        found = works.signals(WEEK)
        assert {one.fired.evidence for one in found} == {
            TooMany(Load.KEY_RESULTS, 4, 3),
            TooMany(Load.OBJECTIVES, 4, 3),
            TooMany(Load.OWNED, 7, 5),
        }
        assert not any("Mele" in question(one) for one in found)


def test_changes_in_mid_cycle_are_counted_and_what_a_team_brought_along_is_not(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        late = wednesday(following(WEEK, 5))
        for number in range(3):
            key_result = works.company.key_result(works.company.objective(works.growth, f"Late {number}"), works.mele)
            session.execute(
                sa.update(KeyResultRevision)
                .where(KeyResultRevision.key_result_id == key_result.id)
                .values(created_at=late)
            )
        assert works.fires(following(WEEK, 6)) == [Changed(3, 4)]
        works.growth.switched_on_at = late
        session.flush()
        assert works.fires(following(WEEK, 6)) == []


def test_a_baseline_that_was_missing_changes_no_priorities_but_a_target_beside_it_does(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        late = wednesday(following(WEEK, 5))
        for number in range(3):
            objective = works.company.objective(works.growth, f"Objective {number}")
            redefine(session, works.company.key_result(objective, works.mele, start=None), late, start=Decimal(12))
        assert Changed(3, 4) not in works.fires(following(WEEK, 6))
        for revision in session.scalars(sa.select(KeyResultRevision).where(KeyResultRevision.revision == 2)):
            revision.target = Decimal(30)
        session.flush()
        assert Changed(3, 4) in works.fires(following(WEEK, 6))


def redefine(session: Session, key_result: KeyResult, at: datetime, **changes: object) -> None:
    """The next revision: as the first, but for the `changes`."""
    first = session.scalars(sa.select(KeyResultRevision).where(KeyResultRevision.key_result_id == key_result.id)).one()
    names = ("workspace_id", "key_result_id", "text", "kind", "metric", "unit", "start", "target", "due_on")
    as_before = {name: getattr(first, name) for name in names}
    session.add(KeyResultRevision(**{**as_before, **changes}, revision=2, reason="so", created_at=at))
    key_result.revision = 2
    session.flush()


def test_reviews_that_end_without_a_decision_are_seen_and_one_decision_ends_it(database: Database) -> None:
    with database.write() as session:
        scene = set_scene(session)
        monday = datetime(2026, 10, 5, 9, 12, tzinfo=UTC)
        tell(session, monday, scene.key_result, by=scene.owner)

        def fired(of: Period) -> list[Evidence]:
            found = signals.firing(
                session, wednesday(of), scene.company.workspace, [scene.growth], viewer=None, this=of
            )
            return [one.fired.evidence for one in found.signals]

        assert fired(following(WEEK, 1)) == []
        assert fired(following(WEEK, 2)) == [WithoutDecision(reviews=2)]
        decision = decisions.decide(
            session,
            wednesday(following(WEEK, 2)),
            caller=scene.company.caller(scene.lead),
            escalation_id=the_escalation(session).id,
            draft=Draft("HR frees Ana", scene.head.id, date(2026, 10, 28)),
        )
        assert fired(following(WEEK, 2)) == []
        for number in range(3):
            session.add(
                Decision(
                    workspace_id=decision.workspace_id,
                    key_result_id=decision.key_result_id,
                    text=f"Late {number}",
                    decided_by_id=scene.lead.id,
                    owner_id=scene.lead.id,
                    due_on=date(2026, 10, 6),
                    created_at=monday,
                )
            )
        session.flush()
        late = [one for one in fired(following(WEEK, 2)) if isinstance(one, WithoutDecision)]
        assert [one.overdue for one in late] == [3]


def test_a_team_that_waits_for_another_is_seen_and_both_are_named(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        legal = works.company.team("Legal")
        for _ in range(2):
            key_result = works.key_result()
            answer = answered(session, key_result, WEEK)
            session.add(
                Blocker(
                    workspace_id=key_result.workspace_id,
                    key_result_id=key_result.id,
                    answer_id=answer.id,
                    by_team_id=legal.id,
                    wants_help=False,
                    opened_at=answer.at,
                )
            )
        session.flush()
        found = works.signals(following(WEEK, 1))
        assert [one.fired.evidence for one in found] == [Waits(2, 1)]
        assert question(found[0]) == (
            "Growth: 2 key results waiting for Legal, the longest for 1 week. Can the two leads settle it?"
        )


def test_what_is_limited_is_asked_of_those_only_who_may_see_it(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        stranger = works.company.person("Finn Adler")
        hidden = works.key_result(metric="Secret")
        works.weeks(hidden, 4)
        hidden.visibility = Visibility.NAMED
        session.flush()
        of = following(WEEK, 3)
        assert works.fires(of) == works.fires(of, viewer=stranger) == []
        assert works.fires(of, viewer=works.ana) == works.fires(of, viewer=works.mele) == [StoodStill(4, Decimal(21))]


def test_a_question_about_what_was_limited_since_leaves_the_digest(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        key_result = works.key_result(metric="Secret")
        works.weeks(key_result, 4)
        works.digest(following(WEEK, 3))
        kept = from_json(session.scalars(sa.select(Digest.snapshot)).one())
        assert kept.signal is not None
        assert kept.without(Subjects(key_results=frozenset([key_result.id]))).signal is None


def test_a_lead_puts_a_question_aside_for_a_reason_until_it_gets_worse(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        works.weeks(works.key_result(), 8)
        caller, now = works.company.caller(works.ana), wednesday(following(WEEK, 3))
        key = "suspicious_green:key_result:1"
        signals.dismiss(session, now, caller, team_id=works.growth.id, key=key, reason="It is measured quarterly")
        view = signals.of_team(session, now, caller, works.growth)
        assert (view.signals, view.dismissed) == ((), 1)
        told = [works.digest(following(WEEK, week)) for week in range(3, 8)]
        assert [one.fired.severity if one else None for one in told] == [None, None, None, None, 2]
        with pytest.raises(Refused) as refused:
            signals.dismiss(session, now, caller, team_id=works.growth.id, key=key, reason="Again")
        assert refused.value.reason is Reason.NO_SUCH_SIGNAL


def test_only_leads_above_put_a_question_aside(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        works.weeks(works.key_result(), 4)
        now, key = wednesday(following(WEEK, 3)), "suspicious_green:key_result:1"
        admin = works.company.person("Ada Admin", admin=True)
        for who in (works.mele, admin):
            with pytest.raises(Refused) as refused:
                signals.seen(session, now, works.company.caller(who), works.growth.id, key)
            assert refused.value.reason is Reason.NOT_YOUR_SIGNAL
        for lead in (works.ana, works.ida):
            assert signals.seen(session, now, works.company.caller(lead), works.growth.id, key).number == 1


def test_the_number_of_queries_does_not_depend_on_key_results_weeks_or_teams(database: Database) -> None:
    counts = []
    with database.write() as session:
        works = Works(session)
        for more in (1, 6):
            for _ in range(more):
                works.weeks(works.key_result(kind=Kind.INCREASE), 6)
                team = works.company.team(f"Team {more} {_}", parent=works.growth)
                works.company.key_result(works.company.objective(team), works.mele)
            session.flush()
            session.expire_all()
            with counted(database) as statements:
                works.signals(following(WEEK, 5))
            counts.append(len(statements))
    assert counts[0] == counts[1] <= 16
