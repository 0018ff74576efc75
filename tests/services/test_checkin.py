from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
import sqlalchemy as sa
from company import MONDAY, Company
from queries import counted
from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Finished, Running
from bot.domain.cadence import following, period
from bot.domain.confidence import Confidence
from bot.domain.cycles import CycleState
from bot.domain.kinds import Kind
from bot.domain.organisation import Visibility
from bot.services import answerable, checkin, planning
from bot.services.blocking import BlockedBy
from bot.services.checkin import Said
from bot.services.decisions import Draft, decide
from bot.services.prompt import prompt_view
from bot.services.refusals import Reason, Refused
from models import (
    Answer,
    AuditEvent,
    Blocker,
    CheckIn,
    CheckInState,
    Escalation,
    KeyResult,
    KeyResultCoOwner,
    KeyResultRevision,
    KeyResultState,
    Member,
    MemberKind,
    Message,
    Team,
)
from models.database import Database

THIS = period(MONDAY)
NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
DIGEST = datetime(2026, 10, 7, 10, tzinfo=UTC)
WEEK = timedelta(weeks=1)
GREEN = Said(Confidence.GREEN, "call ten customers", value=Decimal(30))
RED = Said(Confidence.RED, "write to HR", value=Decimal(30), need="two days of HR", plan="we go on")


@dataclass
class Story:
    """An owner who was asked about one key result this Monday, with a lead above."""

    company: Company
    owner: Member
    lead: Member
    team: Team
    key_result: KeyResult

    @property
    def session(self) -> Session:
        return self.company.session

    def say(self, said: Said = GREEN, *, by: Member | None = None, at: datetime = NINE, weeks: int = 0) -> Answer:
        return checkin.record(
            self.session,
            at + weeks * WEEK,
            caller=self.company.caller(by or self.owner),
            key_result_id=self.key_result.id,
            period=following(THIS, weeks),
            said=said,
        )

    def refused(self, said: Said = GREEN, **given: Any) -> Reason:
        with pytest.raises(Refused) as refused:
            self.say(said, **given)
        return refused.value.reason

    def open(self, weeks: int = 0) -> None:
        planning.open_due(self.session, NINE + weeks * WEEK, 100)

    def check_in(self) -> CheckIn:
        return self.session.scalars(sa.select(CheckIn).order_by(CheckIn.period.desc()).limit(1)).one()


@contextmanager
def story(database: Database, **definition: Any) -> Iterator[Story]:
    with database.write() as session:
        company = Company(session)
        owner, lead = company.person("Mere Ngata"), company.person("Tama Reid")
        team = company.team("Growth", lead=lead)
        key_result = company.key_result(company.objective(team), owner, **definition)
        planning.replan(session, company.now, [owner.id])
        planning.open_due(session, NINE, 100)
        yield Story(company, owner, lead, team, key_result)


def test_an_answer_is_kept_with_its_score_and_settles_the_check_in(database: Database) -> None:
    with story(database) as told:
        answer = told.say()
        assert (answer.revision, answer.score, answer.value) == (1, Decimal("0.5"), Decimal(30))
        assert told.check_in().state is CheckInState.ANSWERED
        events = told.session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "check_in.answered")).all()
        assert [event.actor_id for event in events] == [told.owner.id]
        assert told.session.scalars(sa.select(Message.wanted)).all() == [2]  # the prompt is drawn again


def test_a_second_answer_in_the_same_week_is_its_next_revision(database: Database) -> None:
    with story(database) as told:
        told.say()
        again = told.say(Said(Confidence.GREEN, "ship it", value=Decimal(40)), at=DIGEST - timedelta(minutes=1))
        assert (again.revision, again.score) == (2, Decimal(1))
        assert told.session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 1


def test_the_very_same_answer_once_more_is_no_new_one(database: Database) -> None:
    with story(database) as told:
        red = Said(
            Confidence.RED,
            "call ten customers",
            value=Decimal(30),
            need="an hour",
            plan="ask",
            blocked_by=BlockedBy(words="the auditor"),
        )
        first = told.say(red)
        assert told.say(red, at=NINE + timedelta(minutes=5)).id == first.id
        assert told.say(replace(red, blocked_by=BlockedBy(words="the bank")), at=NINE).revision == 2
        assert told.say(replace(red, blocked_by=None), at=NINE).revision == 3
        assert told.say(replace(red, blocked_by=None), by=told.lead).revision == 4


def test_answers_stand_once_the_digest_is_out(database: Database) -> None:
    with story(database) as told:
        assert told.refused(at=DIGEST) is Reason.DIGEST_OUT
        assert told.refused(at=DIGEST + timedelta(days=5)) is Reason.PERIOD_OVER


@pytest.mark.parametrize(
    ("zone", "hour"), [("Asia/Tokyo", "2026-10-07 01:00"), ("America/Los_Angeles", "2026-10-07 17:00")]
)
def test_answers_are_taken_until_the_digest_by_the_clock_of_the_teams_own_channel(
    database: Database, zone: str, hour: str
) -> None:
    until = datetime.fromisoformat(hour).replace(tzinfo=UTC)
    with story(database) as told:
        told.team.digest_zone = zone
        told.session.flush()
        told.say(at=until - timedelta(minutes=1))
        assert prompt_view(told.session, NINE, told.owner, THIS).changes_until == until
        assert told.refused(at=until) is Reason.DIGEST_OUT
        answerable.refuse_if_over(told.session, until - timedelta(minutes=1), told.company.caller(told.owner), THIS)
        with pytest.raises(Refused):
            answerable.refuse_if_over(told.session, until, told.company.caller(told.owner), THIS)


def test_who_answers_for_several_teams_has_until_the_last_of_their_digests(database: Database) -> None:
    tokyo, los_angeles = (datetime(2026, 10, 7, hour, tzinfo=UTC) for hour in (1, 17))
    with database.write() as session:
        company = Company(session)
        owner, east, west = company.person("Mere Ngata"), company.team("East"), company.team("West")
        east.digest_zone, west.digest_zone = "Asia/Tokyo", "America/Los_Angeles"
        first, second = (company.key_result(company.objective(team), owner) for team in (east, west))
        planning.replan(session, company.now, [owner.id])
        planning.open_due(session, NINE, 100)
        caller = company.caller(owner)
        assert prompt_view(session, NINE, owner, THIS).changes_until == los_angeles
        answerable.refuse_if_over(session, tokyo, caller, THIS)
        answerable.subject(session, tokyo, caller, second.id, THIS)
        with pytest.raises(Refused):
            answerable.subject(session, tokyo, caller, first.id, THIS)


def test_what_was_missed_can_still_be_added_until_the_digest(database: Database) -> None:
    with story(database) as told:
        planning.close_due(told.session, DIGEST - timedelta(hours=2), 100)
        assert told.check_in().state is CheckInState.MISSED
        told.say(at=DIGEST - timedelta(hours=1))
        assert told.check_in().state is CheckInState.ANSWERED


def test_somebody_may_tell_before_they_are_asked(database: Database) -> None:
    with story(database) as told:
        early = NINE + WEEK - timedelta(hours=1)
        checkin.record(
            told.session,
            early,
            caller=told.company.caller(told.owner),
            key_result_id=told.key_result.id,
            period=following(THIS),
            said=GREEN,
        )
        told.open(1)
        assert told.check_in().state is CheckInState.ANSWERED
        assert told.session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 2


def test_a_co_owner_and_a_lead_above_may_answer_too(database: Database) -> None:
    with story(database) as told:
        co_owner = told.company.person("Ana Silva")
        told.session.add(
            KeyResultCoOwner(
                workspace_id=told.company.workspace.id, key_result_id=told.key_result.id, member_id=co_owner.id
            )
        )
        head = told.company.person("Head")
        told.team.parent_id = told.company.team("Product", lead=head).id
        told.session.flush()
        assert [told.say(by=one).revision for one in (co_owner, told.lead, head)] == [1, 2, 3]


def test_a_stranger_and_a_guest_may_not_answer(database: Database) -> None:
    with story(database) as told:
        assert told.refused(by=told.company.person("Sam")) is Reason.NOT_FOR_YOU
        assert told.refused(by=told.company.person("Gus", kind=MemberKind.GUEST)) is not None
        told.key_result.visibility = Visibility.NAMED
        told.session.flush()
        assert told.refused(by=told.company.person("Kim")) is Reason.NO_SUCH_KEY_RESULT


def test_what_is_closed_draft_or_out_of_season_is_refused_with_its_reason(database: Database) -> None:
    with story(database) as told:
        told.key_result.state, told.key_result.closed_at = KeyResultState.CLOSED, NINE
        told.session.flush()
        assert told.refused() is Reason.KEY_RESULT_CLOSED
        told.key_result.state, told.key_result.closed_at = KeyResultState.DRAFT, None
        told.session.flush()
        assert told.refused() is Reason.KEY_RESULT_DRAFT
        told.key_result.state = KeyResultState.ACTIVE
        told.company.cycle.state = CycleState.CLOSED
        told.session.flush()
        assert told.refused() is Reason.CYCLE_NOT_ACTIVE
        told.company.cycle.state = CycleState.ACTIVE
        told.team.switched_on_at = None
        told.session.flush()
        assert told.refused() is Reason.TEAM_OFF


def test_a_baseline_that_is_given_makes_a_new_definition_with_its_reason(database: Database) -> None:
    with story(database, start=None) as told:
        asked = checkin.question(
            told.session, NINE, told.company.caller(told.owner), told.key_result.id, THIS, run=True
        )
        assert asked.asks_start
        answer = told.say(Said(Confidence.GREEN, "go on", value=Decimal(25), start=Decimal(20)))
        assert answer.score == Decimal("0.25")
        assert (told.key_result.revision, answer.definition) == (2, 2)
        reasons = told.session.scalars(sa.select(KeyResultRevision.reason).order_by(KeyResultRevision.revision)).all()
        assert reasons == [None, checkin.BASELINE_GIVEN]


def test_without_its_baseline_a_metric_has_no_score_yet(database: Database) -> None:
    with story(database, start=None) as told:
        assert told.say().score is None
        assert told.key_result.revision == 1


def test_a_threshold_is_scored_by_the_weeks_in_which_it_held(database: Database) -> None:
    with story(database, kind=Kind.AT_LEAST, start=None, target=Decimal(99)) as told:
        scores = []
        for week, value in enumerate((99, 98, 100, 97)):
            told.open(week)
            scores.append(told.say(Said(Confidence.GREEN, "watch", value=Decimal(value)), weeks=week).score)
        assert scores == [Decimal(1), Decimal("0.5"), Decimal("0.67"), Decimal("0.5")]
        # A changed answer counts for its week instead of the first one.
        assert told.say(Said(Confidence.GREEN, "watch", value=Decimal(99)), weeks=3).score == Decimal("0.75")


def test_a_milestone_has_the_score_that_its_owner_gives(database: Database) -> None:
    with story(database, kind=Kind.MILESTONE, start=None, target=None, metric=None) as told:
        assert told.say(Said(Confidence.GREEN, "sign", score=Decimal("0.3"))).score == Decimal("0.3")


def test_a_score_stands_while_its_value_is_not_asked_for(database: Database) -> None:
    with story(database, value_every_weeks=4) as told:
        told.say()
        told.open(1)
        caller = told.company.caller(told.owner)
        asked = checkin.question(told.session, NINE + WEEK, caller, told.key_result.id, None, run=True)
        assert not asked.shows_value
        answer = told.say(Said(Confidence.GREEN, "go on"), weeks=1)
        assert (answer.value, answer.score) == (None, Decimal("0.5"))


def test_a_blocker_named_again_stays_open_and_another_or_none_clears_it(database: Database) -> None:
    with story(database) as told:
        legal = BlockedBy(words="legal")

        def yellow(by: BlockedBy | None) -> Said:
            return Said(Confidence.YELLOW, "wait", value=Decimal(30), blocked_by=by)

        told.say(yellow(legal))
        told.say(yellow(legal))
        blockers = sa.select(Blocker).order_by(Blocker.id)
        assert [(row.by_words, row.cleared_at) for row in told.session.scalars(blockers)] == [("legal", None)]
        told.say(yellow(BlockedBy(member_id=told.lead.id)))
        told.say(GREEN)
        rows = told.session.scalars(blockers).all()
        assert [row.by_member_id for row in rows] == [None, told.lead.id]
        assert all(row.cleared_at == NINE for row in rows)


def test_last_weeks_words_stand_beside_the_questions_and_only_the_value_is_filled_in(database: Database) -> None:
    with story(database) as told:
        told.say(Said(Confidence.YELLOW, "call legal", value=Decimal(30), working="sign-ups", need="a lawyer"))
        told.open(1)
        caller = told.company.caller(told.owner)
        asked = checkin.question(told.session, NINE + WEEK, caller, told.key_result.id, None, run=True)
        assert (asked.last.value, asked.last.working, asked.last.next_move) == ("30 %", "sign-ups", "call legal")
        assert (asked.filled.value, asked.filled.working, asked.filled.confidence) == ("30", "", None)
        assert (asked.standing.score, asked.position, asked.total) == (Decimal("0.5"), 1, 1)


def test_an_answer_that_is_changed_finds_its_own_words_and_no_colour(database: Database) -> None:
    with story(database) as told:
        told.say()
        caller = told.company.caller(told.owner)
        asked = checkin.question(told.session, NINE, caller, told.key_result.id, None, run=False)
        assert asked.filled.next_move == "call ten customers"
        assert asked.filled.confidence is None


def test_the_run_goes_through_what_is_due_and_tells_where_it_is(database: Database) -> None:
    with story(database) as told:
        second = told.company.key_result(told.company.objective(told.team, "Second"), told.owner)
        told.open(1)
        this, now, caller = following(THIS), NINE + WEEK, told.company.caller(told.owner)
        assert checkin.first_due(told.session, now, caller, this) == told.key_result.id
        told.say(weeks=1)
        assert checkin.first_due(told.session, now, caller, this) == second.id
        asked = checkin.question(told.session, now, caller, second.id, this, run=True)
        assert (asked.position, asked.total) == (2, 2)
        checkin.record(told.session, now, caller=caller, key_result_id=second.id, period=this, said=GREEN)
        with pytest.raises(Refused) as refused:
            checkin.first_due(told.session, now, caller, this)
        assert refused.value.reason is Reason.ALREADY_ANSWERED
        end = checkin.finished(told.session, now, caller, this, second.id, run=True)
        assert [standing.score for standing in end.standings] == [Decimal("0.5"), Decimal("0.5")]


def test_the_end_says_that_help_is_asked_for_only_while_nothing_is_decided(database: Database) -> None:
    with story(database) as told:
        caller, lead = told.company.caller(told.owner), told.company.caller(told.lead)

        def end(at: datetime = NINE, weeks: int = 0) -> Finished:
            this = following(THIS, weeks)
            return checkin.finished(told.session, at, caller, this, told.key_result.id, run=True)

        def says(weeks: int = 0, **changed: Any) -> Finished:
            told.say(replace(RED, **changed), weeks=weeks)
            return end(NINE + weeks * WEEK, weeks)

        assert (says().asks_for_help, end().decided) == ((1,), ())
        draft = Draft("HR frees Ana for two days", told.lead.id, MONDAY + WEEK)
        escalation_id = told.session.scalars(sa.select(Escalation.id)).one()
        decide(told.session, NINE + timedelta(minutes=1), caller=lead, escalation_id=escalation_id, draft=draft)
        # What was asked for before is what was decided about.
        assert (end().asks_for_help, end().decided) == ((), ())
        told.open(1)
        green = says(1, confidence=Confidence.GREEN, need="", plan="")
        assert (green.asks_for_help, green.decided) == ((), ())
        red = says(1, need="a third person")
        assert (red.asks_for_help, red.decided) == ((), (Running(1, MONDAY + WEEK),))
        # Said again it is no news.
        assert says(1, need="a third person", changed="nothing").decided == ()
        # After its day a decision runs no more, and a red asks anew.
        assert end(NINE + WEEK + timedelta(days=1), 1).decided == ()
        told.open(2)
        again = says(2)
        assert (again.asks_for_help, again.decided) == ((1,), ())


def test_who_has_nothing_due_is_told_so(database: Database) -> None:
    with story(database) as told, pytest.raises(Refused) as refused:
        checkin.first_due(told.session, NINE, told.company.caller(told.lead), THIS)
    assert refused.value.reason is Reason.NOTHING_DUE


def test_two_answers_at_once_are_two_revisions_and_one_check_in(database: Database) -> None:
    with story(database) as told:
        caller, key_result_id = told.company.caller(told.owner), told.key_result.id
    start = Barrier(2)

    def say(next_move: str) -> int:
        said = replace(GREEN, next_move=next_move)
        start.wait()
        with database.write() as session:
            answer = checkin.record(session, NINE, caller=caller, key_result_id=key_result_id, period=THIS, said=said)
            return answer.revision

    with ThreadPoolExecutor(2) as pool:
        revisions = sorted(future.result() for future in [pool.submit(say, "call"), pool.submit(say, "write")])
    assert revisions == [1, 2]


def test_a_prompt_and_a_question_take_as_many_queries_for_fifty_key_results_as_for_five(database: Database) -> None:
    counts: list[tuple[int, int]] = []
    with database.write() as session:
        company = Company(session)
        objective = company.objective(company.team("Growth"))
        for size in (5, 50):
            owner = company.person(f"Owner of {size}")
            key_results = [company.key_result(objective, owner) for _ in range(size)]
            planning.replan(session, company.now, [owner.id])
            planning.open_due(session, NINE, 100)
            with counted(database) as prompt_statements:
                prompt_view(session, NINE, owner, THIS)
            with counted(database) as question_statements:
                checkin.question(session, NINE, company.caller(owner), key_results[0].id, THIS, run=True)
            counts.append((len(prompt_statements), len(question_statements)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 12
    assert counts[0][1] <= 30
