"""What a digest says of how it goes, of what changed and of who waits, recomputed by a slow look at the raw rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from answers import answered, asked
from company import MONDAY, Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from past_digests import Past, keep, pasts, slow_since
from sqlalchemy.orm import Session

from bot.domain.cadence import following, period
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import NotedAs
from bot.domain.digest_json import from_json
from bot.domain.escalation import EscalationState
from bot.domain.organisation import Level, Visibility
from bot.services.digest import take_due
from models import (
    Answer,
    Blocker,
    CheckIn,
    CheckInState,
    Cycle,
    Decision,
    DecisionState,
    Dependency,
    Digest,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Objective,
    ObjectiveTeam,
    Team,
    Workspace,
)
from models.database import Database

# The first digest of November, in the fifth week of the cycle.
NOW = datetime(2026, 11, 4, 10, tzinfo=UTC)
TODAY = NOW.date()
WEEKS = 5
ANSWERS = {
    EscalationEventKind.ACKNOWLEDGED,
    EscalationEventKind.TAKEN_TO_REVIEW,
    EscalationEventKind.DECIDED,
    EscalationEventKind.RESOLVED,
}


@dataclass(frozen=True)
class Said:
    """A week's answers in tenths, one a revision (null: no value was given); and whether the first came in time."""

    tenths: tuple[int | None, ...]
    in_time: bool


@dataclass(frozen=True)
class Call:
    """Hours after its opening: when somebody did something, each decision, a further red; and how it ended.

    `ends`: null while it is open; else in a reason where nothing was decided. `asked_next`: the path went on alone.
    """

    opened: int
    answered: int | None
    asked_next: bool
    decided: tuple[int, ...]
    red_again: int | None
    ends: int | None
    is_private: bool


@dataclass(frozen=True)
class Made:
    """A decision: its day from today, its state, and how many days before today it was settled."""

    due_in: int
    state: DecisionState
    settled: int
    of_the_call: bool


@dataclass(frozen=True)
class Changed:
    hours_ago: int
    had_baseline: bool
    has_baseline: bool
    # Its text and its target change as well.
    is_retargeted: bool


@dataclass(frozen=True)
class Waits:
    team: int
    state: DependencyState
    asked: int
    is_cleared: bool


@dataclass(frozen=True)
class Life:
    team: int
    shared_with: int | None
    is_open: bool
    weeks: tuple[Said | CheckInState | None, ...]
    call: Call | None
    made: tuple[Made, ...]
    changed: tuple[Changed, ...]
    # Hours ago, and whether something was learnt.
    stopped: tuple[int, bool] | None
    waits: Waits | None


hours = st.integers(1, 200)
# Around the digests before, each a week before the next, some of them taken late.
lately = st.sampled_from([1, 100, 138, 167, 169, 300, 335, 337, 500, 671, 673, 900])
weeks = (
    st.none()
    | st.sampled_from([CheckInState.DUE, CheckInState.MISSED, CheckInState.EXCUSED])
    | st.builds(Said, st.lists(st.none() | st.integers(0, 10), min_size=1, max_size=2).map(tuple), st.booleans())
)
calls = st.builds(
    Call,
    opened=st.integers(1, 600),
    answered=st.none() | hours,
    asked_next=st.booleans(),
    decided=st.lists(hours, max_size=2).map(tuple),
    red_again=st.none() | hours,
    ends=st.none() | st.integers(201, 250),
    is_private=st.sampled_from([False, False, False, True]),
)
teams = st.integers(0, 3)
lives = st.lists(
    st.builds(
        Life,
        team=teams,
        shared_with=st.none() | teams,
        is_open=st.sampled_from([True, True, True, False]),
        weeks=st.tuples(*[weeks] * WEEKS),
        call=st.none() | calls,
        made=st.lists(
            st.builds(Made, st.integers(-5, 3), st.sampled_from(DecisionState), st.integers(-1, 36), st.booleans()),
            max_size=2,
        ).map(tuple),
        changed=st.lists(st.builds(Changed, lately, *[st.booleans()] * 3), max_size=2).map(tuple),
        stopped=st.none() | st.none() | st.tuples(lately, st.booleans()),
        waits=st.none() | st.builds(Waits, teams, st.sampled_from(DependencyState), lately, st.booleans()),
    ),
    min_size=1,
    max_size=7,
)
# Team 0 is the company, 1 beneath it and off, 2 beneath 1, 3 beneath nobody.
PARENTS = (None, 0, 1, None)


@given(lives, pasts)
@settings(max_examples=30, suppress_health_check=list(HealthCheck))
def test_how_it_goes_what_changed_and_who_waits_is_what_a_slow_look_finds(
    database: Database, history: list[Life], before: list[Past]
) -> None:
    with database.trial() as session:  # each example finds the database empty
        team = lived(Company(session), history)
        keep(session, team, period(NOW.date() - timedelta(days=2)), NOW, before)
        take_due(session, NOW, 10)
        newest = sa.select(Digest).where(Digest.team_id == team.id).order_by(Digest.period.desc()).limit(1)
        told = from_json(session.scalars(newest).one().snapshot)
        slow = SlowLook(session, team, slow_since(NOW, before))
        assert told.health is not None
        said = told.health
        assert (said.completion.part, said.completion.of) == slow.completion()
        assert (said.on_time.part, said.on_time.of) == slow.on_time()
        assert (said.to_answer.hours, said.to_answer.count) == slow.hours(slow.until_answered())
        assert (said.to_decision.hours, said.to_decision.count) == slow.hours(slow.until_decided())
        assert (said.decided.part, said.decided.of) == slow.decided()
        assert (said.in_time.part, said.in_time.of) == slow.in_time()
        assert (said.reviews.part, said.reviews.of) == slow.reviews()
        assert (said.moved.part, said.moved.of) == slow.moved()
        assert Counter(one.noted_as for one in told.noted) == slow.noted()
        assert {one.decision_id for one in told.decided} == slow.newly_decided()
        assert {one.decision_id: one.is_done for one in told.settled} == slow.settled()
        assert sorted((one.number, one.team, one.other, one.state.value) for one in told.waiting) == slow.waiting()


class SlowLook:
    """Reads whole tables, and counts with loops."""

    def __init__(self, session: Session, team: Team, since: datetime) -> None:
        self.since = since

        def rows(model: Any) -> list[dict[str, Any]]:
            return [dict(row._mapping) for row in session.execute(sa.select(*model.__table__.columns))]

        self.teams = {row["id"]: row for row in rows(Team)}
        self.team_id = team.id
        self.workspace = rows(Workspace)[0]
        self.cycle = rows(Cycle)[0]
        self.key_results, self.objectives = rows(KeyResult), {row["id"]: row for row in rows(Objective)}
        self.sharing, self.revisions = rows(ObjectiveTeam), rows(KeyResultRevision)
        self.check_ins, self.answers = rows(CheckIn), rows(Answer)
        self.calls, self.events = rows(Escalation), rows(EscalationEvent)
        self.made = rows(Decision)
        self.blockers, self.asked = rows(Blocker), rows(Dependency)

    # Whose

    def ours(self) -> set[int]:
        """The company's teams that are on."""
        found: set[int] = set()
        for one in self.teams.values():
            above = one
            while above["id"] != self.team_id and above["parent_id"] is not None:
                above = self.teams[above["parent_id"]]
            if above["id"] == self.team_id and (one["switched_on_at"] is not None or one["id"] == self.team_id):
                found.add(one["id"])
        return found

    def holder(self, key_result: dict[str, Any]) -> int:
        return int(self.objectives[key_result["objective_id"]]["team_id"])

    def is_open(self, key_result: dict[str, Any]) -> bool:
        return key_result["visibility"] is Visibility.WORKSPACE

    def is_told(self, key_result: dict[str, Any]) -> bool:
        holders = {self.holder(key_result)}
        holders |= {row["team_id"] for row in self.sharing if row["objective_id"] == key_result["objective_id"]}
        return self.is_open(key_result) and bool(holders & self.ours())

    def told(self) -> dict[int, dict[str, Any]]:
        return {one["id"]: one for one in self.key_results if self.is_told(one)}

    # Check-ins

    def over(self) -> list[dict[str, Any]]:
        found = []
        for row in self.check_ins:
            if row["key_result_id"] not in self.told() or row["state"] is CheckInState.EXCUSED:
                continue
            if row["state"] is CheckInState.DUE and row["closes_at"] > NOW:
                continue
            found.append(row)
        return found

    def completion(self) -> tuple[int, int]:
        if self.are_few():
            return 0, 0
        return sum(row["state"] is CheckInState.ANSWERED for row in self.over()), len(self.over())

    def are_few(self) -> bool:
        return len({row["owner_id"] for row in self.over()}) < 3

    def on_time(self) -> tuple[int, int]:
        done = in_time = 0
        for row in self.over() if not self.are_few() else ():
            if row["state"] is CheckInState.ANSWERED:
                done += 1
                (first,) = [one for one in self.answers if one["check_in_id"] == row["id"] and one["revision"] == 1]
                in_time += first["at"] <= row["closes_at"]
        return in_time, done

    def moved(self) -> tuple[int, int]:
        moved = scored = 0
        for key_result_id in self.told():
            scores = []
            for row in self.check_ins:
                said = [one for one in self.answers if one["check_in_id"] == row["id"]]
                if row["key_result_id"] == key_result_id and said:
                    scores.append(max(said, key=lambda one: one["revision"])["score"])
            known = [score for score in scores if score is not None]
            if len(known) > 1:
                scored += 1
                moved += len(set(known)) > 1
        return moved, scored

    # Calls for help

    def counted_calls(self) -> list[dict[str, Any]]:
        return [row for row in self.calls if row["key_result_id"] in self.told() and row["private_at"] is None]

    def happened(self, call: dict[str, Any], *kinds: EscalationEventKind) -> list[datetime]:
        found = [row for row in self.events if row["escalation_id"] == call["id"] and row["kind"] in kinds]
        return sorted(row["at"] for row in found if row["actor_id"] is not None)

    def until_answered(self) -> list[timedelta]:
        first = [(call, self.happened(call, *ANSWERS)[:1]) for call in self.counted_calls()]
        return [at - call["opened_at"] for call, found in first for at in found]

    def until_decided(self) -> list[timedelta]:
        first = [(call, self.happened(call, EscalationEventKind.DECIDED)[:1]) for call in self.counted_calls()]
        return [at - call["opened_at"] for call, found in first for at in found]

    def hours(self, spans: list[timedelta]) -> tuple[Decimal | None, int]:
        if not spans:
            return None, 0
        seconds = sorted(Fraction(int(span.total_seconds())) for span in spans)
        while len(seconds) > 2:
            seconds = seconds[1:-1]
        middle = sum(seconds, Fraction(0)) / len(seconds) / 3600
        exact = Decimal(middle.numerator) / Decimal(middle.denominator)
        return exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN), len(spans)

    def decided(self) -> tuple[int, int]:
        decided = [call for call in self.counted_calls() if self.happened(call, EscalationEventKind.DECIDED)]
        ended = [call for call in self.counted_calls() if call in decided or call["resolved_at"] is not None]
        return len(decided), len(ended)

    def in_time(self) -> tuple[int, int]:
        private = {row["id"] for row in self.calls if row["private_at"] is not None}
        good = of = 0
        for row in self.made:
            if row["key_result_id"] not in self.told() or row["escalation_id"] in private:
                continue
            if row["state"] is DecisionState.DONE:
                of += 1
                good += row["settled_at"].date() <= row["due_on"]
            if row["state"] is DecisionState.OPEN and row["due_on"] < TODAY:
                of += 1
        return good, of

    def reviews(self) -> tuple[int, int]:
        """Every team meets on the same weekday; what somebody writes down within a week came of the meeting."""
        good = of = 0
        for team_id in self.ours():
            own = [call for call in self.counted_calls() if self.holder(self.told()[call["key_result_id"]]) == team_id]
            day = self.cycle["starts_on"]
            while day + timedelta(days=2) <= TODAY:
                if day.weekday() == self.workspace["meeting_on"] and any(self.waited(call, day) for call in own):
                    of += 1
                    week = [day + timedelta(days=later) for later in range(7)]
                    days = [at.date() for call in own for at in self.happened(call, EscalationEventKind.DECIDED)]
                    good += any(one in week for one in days)
                day += timedelta(days=1)
        return good, of

    def waited(self, call: dict[str, Any], day: date) -> bool:
        """Whether it waited for a decision as the day began, or came on it: read day by day."""
        waits = False
        at = call["opened_at"].date()
        if at > day or (call["resolved_at"] is not None and call["resolved_at"].date() < day):
            return False
        decided = [one.date() for one in self.happened(call, EscalationEventKind.DECIDED)]
        red = [one.date() for one in self.happened(call, EscalationEventKind.RED_AGAIN)]
        waits = True
        while at < day:
            if at in decided:
                waits = False
            if at in red:
                waits = True
            at += timedelta(days=1)
        return waits

    # What is told beside

    def noted(self) -> Counter[NotedAs]:
        since = self.since
        found: Counter[NotedAs] = Counter()
        for key_result in self.told().values():
            mine = {row["revision"]: row for row in self.revisions if row["key_result_id"] == key_result["id"]}
            for number, new in mine.items():
                if number > 1 and since < new["created_at"] <= NOW:
                    old = mine[number - 1]
                    said = ("text", "kind", "metric", "unit", "target", "due_on")
                    is_alike = all(old[name] == new[name] for name in said)
                    gave_a_baseline = is_alike and old["start"] is None and new["start"] is not None
                    found[NotedAs.CHANGED] += not gave_a_baseline
            stopped = key_result["closed_at"] is not None and since < key_result["closed_at"] <= NOW
            found[NotedAs.STOPPED] += stopped and key_result["learning"] is not None
        for call in self.counted_calls():
            for row in self.events:
                if row["escalation_id"] == call["id"] and row["kind"] is EscalationEventKind.RESOLVED:
                    before = [one for one in self.made if one["escalation_id"] == call["id"]]
                    decided = any(one["created_at"] <= row["at"] for one in before)
                    found[NotedAs.NOT_DECIDED] += since < row["at"] <= NOW and row["reason"] is not None and not decided
        return +found

    def told_decisions(self) -> list[dict[str, Any]]:
        private = {row["id"] for row in self.calls if row["private_at"] is not None}
        return [row for row in self.made if row["key_result_id"] in self.told() and row["escalation_id"] not in private]

    def settled(self) -> dict[int, bool]:
        """What became of decisions since, until it is taken: whether each is done."""
        return {
            row["id"]: row["state"] is DecisionState.DONE
            for row in self.told_decisions()
            if row["state"] is not DecisionState.OPEN and self.since < row["settled_at"] <= NOW
        }

    def newly_decided(self) -> set[int]:
        """What was decided since, and is not dropped, overdue, or told as done."""
        return {
            row["id"]
            for row in self.told_decisions()
            if self.since < row["created_at"] <= NOW
            and row["state"] is not DecisionState.DROPPED
            and not (row["state"] is DecisionState.OPEN and row["due_on"] < TODAY)
            and row["id"] not in self.settled()
        }

    def waiting(self) -> list[tuple[int, str, str, str]]:
        found = []
        for asked_one in self.asked:
            (blocker,) = [row for row in self.blockers if row["id"] == asked_one["blocker_id"]]
            (key_result,) = [row for row in self.key_results if row["id"] == asked_one["key_result_id"]]
            if blocker["cleared_at"] is not None or key_result["state"] is KeyResultState.CLOSED:
                continue
            waits, other = self.holder(key_result), blocker["by_team_id"]
            concerns = self.is_told(key_result) or (self.is_open(key_result) and other in self.ours())
            if waits != other and concerns:
                names = self.teams[waits]["name"], self.teams[other]["name"]
                found.append((key_result["number"], *names, asked_one["state"].value))
        return sorted(found)


def lived(company: Company, history: list[Life]) -> Team:
    """The rows of these lives; the digest of the company is due."""
    session = company.session
    lead, *owners = (company.person(name) for name in ("Ana Lima", "Mele", "Mere Ngata", "Finn Adler", "Sam Stone"))
    teams_made: list[Team] = []
    for number, parent in enumerate(PARENTS):
        level = Level.COMPANY if number == 0 else Level.TEAM
        above = teams_made[parent] if parent is not None else None
        teams_made.append(company.team(f"Team {number}", parent=above, lead=lead, level=level, on=number != 1))
    # One that stays as it was, so that there is something to tell of.
    company.key_result(company.objective(teams_made[0], "The one that stays"), owners[0])
    for number, one in enumerate(history):
        objective = company.objective(teams_made[one.team], f"Objective {number}")
        if one.shared_with is not None and one.shared_with != one.team:
            shared = teams_made[one.shared_with]
            session.add(ObjectiveTeam(workspace_id=shared.workspace_id, objective_id=objective.id, team_id=shared.id))
        start = None if one.changed and not one.changed[0].had_baseline else Decimal(20)
        key_result = company.key_result(objective, owners[number % len(owners)], start=start)
        key_result.visibility = Visibility.WORKSPACE if one.is_open else Visibility.NAMED
        newest = _answer(session, key_result, one)
        call = _call(session, key_result, newest, one.call, lead) if one.call is not None else None
        _decide(session, key_result, one, call, lead)
        _change(session, key_result, one.changed)
        if one.stopped is not None:
            ago, learnt = one.stopped
            key_result.state, key_result.closed_at = KeyResultState.CLOSED, NOW - timedelta(hours=ago)
            key_result.learning = "nobody came" if learnt else None
        if one.waits is not None:
            _wait(session, key_result, teams_made[one.waits.team], one.waits, lead)
    teams_made[0].next_digest_at = NOW
    session.flush()
    return teams_made[0]


def _answer(session: Session, key_result: KeyResult, one: Life) -> Answer | None:
    newest: Answer | None = None
    for place, happened in enumerate(one.weeks):
        week = following(period(MONDAY), place)
        if isinstance(happened, Said):
            for number, tenths in enumerate(happened.tenths):
                score = None if tenths is None else str(Decimal(tenths) / 10)
                newest = answered(session, key_result, week, score=score, confidence=Confidence.RED)
                if number == 0 and not happened.in_time:
                    newest.at += timedelta(days=1, hours=9)
        elif happened is not None:
            asked(session, key_result, week, happened)
    return newest


def _call(session: Session, key_result: KeyResult, newest: Answer | None, call: Call, lead: Member) -> Escalation:
    opened_at = NOW - timedelta(hours=call.opened)
    ends = opened_at + timedelta(hours=call.ends) if call.ends is not None else None
    has_ended = ends is not None and ends <= NOW
    decided = sorted(opened_at + timedelta(hours=one) for one in call.decided)
    decided = [at for at in decided if at <= NOW]
    state = EscalationState.DECIDED if decided else EscalationState.OPEN
    escalation = Escalation(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        team_id=session.get_one(Objective, key_result.objective_id).team_id,
        answer_id=newest.id if newest is not None else None,
        state=EscalationState.RESOLVED if has_ended else state,
        opened_at=opened_at,
        decided_at=decided[-1] if decided else None,
        resolved_at=ends if has_ended else None,
        no_decision_reason="it mended itself" if has_ended and not decided else None,
        private_at=opened_at if call.is_private else None,
    )
    session.add(escalation)
    session.flush()

    def event(kind: EscalationEventKind, at: datetime, *, by: Member | None = lead, **more: Any) -> None:
        if at <= NOW:
            session.add(
                EscalationEvent(
                    workspace_id=key_result.workspace_id,
                    escalation_id=escalation.id,
                    kind=kind,
                    actor_id=by.id if by is not None else None,
                    at=at,
                    **more,
                )
            )

    event(EscalationEventKind.OPENED, opened_at)
    if call.asked_next:
        event(EscalationEventKind.ASKED_NEXT, opened_at + timedelta(minutes=30), by=None)
    if call.answered is not None:
        event(EscalationEventKind.ACKNOWLEDGED, opened_at + timedelta(hours=call.answered))
    if call.red_again is not None:
        event(EscalationEventKind.RED_AGAIN, opened_at + timedelta(hours=call.red_again))
    for at in decided:
        made = _decision(session, key_result, lead, TODAY, DecisionState.OPEN, escalation=escalation, at=at)
        event(EscalationEventKind.DECIDED, at, decision_id=made.id)
    if has_ended and ends is not None:
        event(EscalationEventKind.RESOLVED, ends, reason=escalation.no_decision_reason)
    session.flush()
    return escalation


def _decide(session: Session, key_result: KeyResult, one: Life, call: Escalation | None, lead: Member) -> None:
    for made in one.made:
        _decision(
            session,
            key_result,
            lead,
            TODAY + timedelta(days=made.due_in),
            made.state,
            # Long after the call's end, so that it came without this one.
            escalation=call if made.of_the_call and call is not None and call.private_at is not None else None,
            settled_at=NOW - timedelta(days=made.settled),
            at=NOW - timedelta(days=max(20, made.settled)),
        )


def _decision(
    session: Session,
    key_result: KeyResult,
    lead: Member,
    due_on: date,
    state: DecisionState,
    *,
    escalation: Escalation | None,
    at: datetime,
    settled_at: datetime | None = None,
) -> Decision:
    is_open = state is DecisionState.OPEN
    made = Decision(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        escalation_id=escalation.id if escalation is not None else None,
        text="Ask HR",
        decided_by_id=lead.id,
        owner_id=lead.id,
        due_on=due_on,
        state=state,
        reason="not needed" if state is DecisionState.DROPPED else None,
        settled_at=None if is_open else settled_at,
        created_at=at,
    )
    session.add(made)
    session.flush()
    return made


def _change(session: Session, key_result: KeyResult, changes: tuple[Changed, ...]) -> None:
    (first,) = session.scalars(sa.select(KeyResultRevision).where(KeyResultRevision.key_result_id == key_result.id))
    text, target = first.text, first.target
    for number, one in enumerate(sorted(changes, key=lambda one: -one.hours_ago), 2):
        if one.is_retargeted:
            text, target = f"{first.text}, {number}", Decimal(40 + number)
        session.add(
            KeyResultRevision(
                workspace_id=key_result.workspace_id,
                key_result_id=key_result.id,
                revision=number,
                text=text,
                kind=first.kind,
                metric=first.metric,
                unit=first.unit,
                start=Decimal(20) if one.has_baseline else None,
                target=target,
                reason="two of three lines are gone",
                created_at=NOW - timedelta(hours=one.hours_ago),
            )
        )
        key_result.revision = number
    session.flush()


def _wait(session: Session, key_result: KeyResult, other: Team, waits: Waits, lead: Member) -> None:
    at = NOW - timedelta(hours=waits.asked)
    blocker = Blocker(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        by_team_id=other.id,
        wants_help=False,
        opened_at=at,
        cleared_at=NOW if waits.is_cleared else None,
    )
    session.add(blocker)
    session.flush()
    is_answered = waits.state is not DependencyState.ASKED
    session.add(
        Dependency(
            workspace_id=key_result.workspace_id,
            blocker_id=blocker.id,
            key_result_id=key_result.id,
            team_id=other.id,
            asked_id=lead.id,
            state=waits.state,
            due_on=TODAY if waits.state is DependencyState.DATED else None,
            reason="nobody is free" if waits.state is DependencyState.REFUSED else None,
            revision=1 if is_answered else 0,
            answered_by_id=lead.id if is_answered else None,
            asked_at=at,
            answered_at=at if is_answered else None,
        )
    )
    session.flush()
