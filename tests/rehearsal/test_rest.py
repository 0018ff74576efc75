"""The look at rest: a small rehearsal that went well, in whose database one thing at a time is spoilt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from sentences import provokes
from sqlalchemy.orm import Session

from bot.domain.escalation import EscalationState
from bot.rehearsal import calls
from bot.rehearsal.rest import Rest
from bot.rehearsal.run import BEFORE_THE_DIGEST, UNTIL_REST, Plan, Rehearsal
from bot.rehearsal.weather import Level
from models import (
    Absence,
    Answer,
    Blocker,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    EscalationStep,
    KeyResult,
    Message,
    PostKind,
    StopOrShift,
)
from models.database import open_database

pytestmark = pytest.mark.timeout(300)

WEEKS = 2


@dataclass
class Played:
    """A rehearsal at its end, when its weeks were looked at, and when what stands."""

    rehearsal: Rehearsal
    looks: list[tuple[datetime, date]]
    drawings: list[datetime]

    def trial(self) -> AbstractContextManager[Session]:
        """A session in which something may be spoilt, and is not afterwards."""
        return self.rehearsal.database.trial()

    def look(self, session: Session) -> list[str]:
        """What a look at all of it finds."""
        session.flush()
        run = self.rehearsal
        before = len(run.witness.violations)
        Rest(run.witness, run.roster, run.told, run.onlooker).look(session, *self.looks[-1])
        return [one.what for one in run.witness.violations[before:]]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    url = f"sqlite:///{tmp_path_factory.mktemp('rest') / 'okra.db'}"
    database = open_database(url, patience=30, durable=False)
    looks: list[tuple[datetime, date]] = []
    drawings: list[datetime] = []
    look, look_at_drawings = Rest.look, Rest.look_at_drawings

    def noted(rest: Rest, session: Session, now: datetime, monday: date) -> None:
        looks.append((now, monday))
        look(rest, session, now, monday)

    def noted_too(rest: Rest, session: Session, now: datetime, monday: date) -> None:
        drawings.append(now)
        look_at_drawings(rest, session, now, monday)

    rehearsal = Rehearsal(Plan(owners=8, weeks=WEEKS, seed=9, level=Level.NONE), database, url)
    # So few people ask for help without a check-in only seldom.
    with (
        patch.object(Rest, "look", noted),
        patch.object(Rest, "look_at_drawings", noted_too),
        patch.object(calls, "ASKS", 30.0),
    ):
        assert rehearsal.play().is_clean
    yield Played(rehearsal, looks, drawings)
    database.close()


def test_every_week_is_looked_at_and_what_went_well_is_clean(played: Played) -> None:
    first = played.rehearsal.first_monday
    assert [(monday - first).days for _, monday in played.looks] == [0, 7]
    with played.trial() as session:
        assert played.look(session) == []


@provokes("KR-{}, week of {}: told as saved and lost: {}")
def test_an_answer_that_was_told_as_saved_and_is_not_there_is_missed(played: Played) -> None:
    told = played.rehearsal.told.answers[-1]
    with played.trial() as session:
        session.execute(sa.update(Answer).where(Answer.next_move == told.next_move).values(next_move="something else"))
        assert f"KR-{told.number}, week of {told.monday}: told as saved and lost: {told.next_move!r}" in played.look(
            session
        )


@pytest.mark.parametrize("name", ["changed", "working", "need", "plan"])
@provokes("KR-{}: {} was {} and is {}")
def test_a_text_that_is_not_what_was_typed_is_noticed(played: Played, name: str) -> None:
    told = next(one for one in played.rehearsal.told.answers if name in one.texts)
    with played.trial() as session:
        session.execute(sa.update(Answer).where(Answer.next_move == told.next_move).values({name: "less"}))
        assert f"KR-{told.number}: {name} was {told.texts[name]!r} and is 'less'" in played.look(session)


@pytest.mark.parametrize("name", ["value", "score"])
@provokes("KR-{}: {} was {} and is {}")
def test_a_number_that_is_not_what_was_typed_is_noticed(played: Played, name: str) -> None:
    told = next(one for one in played.rehearsal.told.answers if name in one.texts)
    with played.trial() as session:
        session.execute(sa.update(Answer).where(Answer.next_move == told.next_move).values({name: Decimal("0.35")}))
        assert f"KR-{told.number}: {name} was {told.texts[name]} and is 0.35" in played.look(session)


@provokes("KR-{}: {} was said and {} is kept")
def test_a_colour_that_is_not_what_was_said_is_noticed(played: Played) -> None:
    told = next(one for one in played.rehearsal.told.answers if one.colour == "yellow")
    with played.trial() as session:
        session.execute(sa.update(Answer).where(Answer.next_move == told.next_move).values(confidence="green"))
        assert f"KR-{told.number}: yellow was said and green is kept" in played.look(session)


@provokes("KR-{}: {} was named as blocking it at {}, and is not kept")
def test_a_blocker_that_was_named_and_is_not_kept_is_missed(played: Played) -> None:
    told = next(one for one in played.rehearsal.told.answers if "blocked_by" in one.texts)
    with played.trial() as session:
        session.execute(sa.update(Blocker).values(by_member_id=None, by_team_id=None, by_words="the weather"))
        assert any(
            one.startswith(f"KR-{told.number}: {told.texts['blocked_by']} was named as blocking it at ")
            for one in played.look(session)
        )


@provokes("KR-{}: help was wished for at {}, and nobody is asked")
def test_a_yellow_with_a_wish_for_help_about_which_nobody_is_asked_is_noticed(played: Played) -> None:
    told = next(one for one in played.rehearsal.told.answers if "help" in one.texts)
    with played.trial() as session:
        key_result = sa.select(KeyResult.id).where(KeyResult.number == told.number).scalar_subquery()
        for one in session.scalars(sa.select(Escalation).where(Escalation.key_result_id == key_result)):
            one.state, one.next_step_at = EscalationState.RESOLVED, None
            one.resolved_at, one.no_decision_reason = datetime(2026, 10, 1, tzinfo=UTC), "It was not needed."
        assert any(one.startswith(f"KR-{told.number}: help was wished for at ") for one in played.look(session))


@provokes("KR-{}: help was asked for, and nobody knows: {}")
def test_a_call_for_help_that_is_not_kept_is_missed(played: Played) -> None:
    told = played.rehearsal.told.calls[-1]
    with played.trial() as session:
        session.execute(sa.update(EscalationEvent).where(EscalationEvent.need == told.said).values(need=None))
        assert f"KR-{told.number}: help was asked for, and nobody knows: {told.said!r}" in played.look(session)


@provokes("KR-{}: nobody can read what is needed: {}")
def test_a_call_for_help_that_nobody_can_read_is_noticed(played: Played) -> None:
    told = played.rehearsal.told.calls[-1]
    with played.trial() as session, patch.object(played.rehearsal.told, "needs_read", set()):
        assert f"KR-{told.number}: nobody can read what is needed: {told.said!r}" in played.look(session)


@provokes("KR-{}: {} was named as blocking it, and is not kept")
def test_a_message_that_became_no_blocker_is_noticed(played: Played) -> None:
    told = played.rehearsal.told.turned[-1]
    with played.trial() as session:
        session.execute(sa.update(Blocker).values(by_member_id=None, by_team_id=None, by_words="the weather"))
        assert f"KR-{told.number}: {told.blocked_by} was named as blocking it, and is not kept" in played.look(session)


def test_a_message_whose_link_stands_nowhere_is_noticed(played: Played) -> None:
    told = played.rehearsal.told.turned[-1]
    with played.trial() as session:
        session.execute(sa.update(EscalationEvent).values(link=None))
        assert f"KR-{told.number}: help was asked for, and nobody knows: {told.said!r}" in played.look(session)


@provokes("one answer was saved {} times: {}")
def test_an_answer_that_was_saved_twice_is_noticed(played: Played) -> None:
    columns = [one for one in Answer.__table__.c if one.name != "id"]
    with played.trial() as session:
        newest = session.execute(sa.select(*columns).order_by(Answer.id.desc()).limit(1)).mappings().one()
        session.execute(sa.insert(Answer).values({**newest, "revision": newest["revision"] + 1}))
        assert f"one answer was saved 2 times: {newest['next_move']!r}" in played.look(session)


@provokes("KR-{} is resolved, and a thread says that it is open")
def test_a_red_about_which_nobody_is_asked_is_noticed(played: Played) -> None:
    with played.trial() as session:
        one = _open(session)
        number = _number(session, one)
        one.state, one.resolved_at, one.next_step_at = EscalationState.RESOLVED, one.opened_at, None
        one.no_decision_reason = "It was not needed."
        assert f"KR-{number} is resolved, and a thread says that it is open" in played.look(session)


@provokes("KR-{} wants help, and no thread says so")
def test_a_request_without_a_thread_is_noticed(played: Played) -> None:
    witness = played.rehearsal.witness
    with played.trial() as session:
        number = _number(session, _open(session))
        stages = {place: told for place, told in witness.stages.items() if told[0] != number}
        with patch.object(witness, "stages", stages):
            assert f"KR-{number} wants help, and no thread says so" in played.look(session)


def test_a_request_for_some_people_alone_waits_for_their_working_hours(played: Played) -> None:
    run = played.rehearsal
    with played.trial() as session:
        one = _open(session)
        number, said = _number(session, one), dict(run.witness.stages)
        root = session.scalars(sa.select(Delivery).where(Delivery.key == f"escalation:{one.id}")).one()
        reply = session.scalars(sa.select(Delivery).where(Delivery.follows_id.is_not(None)).limit(1)).one()
        for row in (root, reply):
            row.state, row.posted_channel, row.posted_ts = DeliveryState.QUEUED, None, None
        reply.follows_id, root.not_before = root.id, played.looks[-1][0] + timedelta(hours=1)
        waits = f"KR-{number} wants help, and no thread says so"
        late = f"still queued after an hour: {reply.key}"
        stages = {place: told for place, told in said.items() if told[0] != number}
        with patch.object(run.witness, "stages", stages):
            with patch.dict(run.roster.__dict__, limited={number}):
                assert not {waits, late} & {*played.look(session)}
            root.not_before = played.looks[-1][0] - timedelta(hours=2)
            with patch.dict(run.roster.__dict__, limited={number}):
                assert {waits, late} <= {*played.look(session)}


@provokes("{} had no digest for the week of {}")
def test_a_digest_that_did_not_come_is_missed(played: Played) -> None:
    rehearsal = played.rehearsal
    team = next(one for one in rehearsal.roster.teams if one.numbers - rehearsal.roster.limited)
    with played.trial() as session, patch.object(rehearsal.witness, "digests", Counter()):
        assert f"{team.name} had no digest for the week of {played.looks[-1][1]}" in played.look(session)


@provokes("a decision was lost: {}")
def test_a_decision_with_other_words_is_missed(played: Played) -> None:
    told = played.rehearsal.told.decisions[-1]
    with played.trial() as session:
        session.execute(sa.update(Decision).where(Decision.text == told.text).values(text="two days"))
        assert f"a decision was lost: {told.text!r}" in played.look(session)


@provokes("what should stop or shift was lost: {}")
def test_what_should_stop_or_shift_is_missed(played: Played) -> None:
    told = played.rehearsal.told.shifts[-1]
    with played.trial() as session:
        session.execute(sa.delete(StopOrShift).where(StopOrShift.text == told.text))
        assert f"what should stop or shift was lost: {told.text!r}" in played.look(session)


@provokes("shows {} of {} for long: {}")
def test_a_message_that_waits_for_its_redraw_is_noticed(played: Played) -> None:
    with played.trial() as session:
        message = session.scalars(sa.select(Message).where(Message.ts.is_not(None)).order_by(Message.id)).first()
        assert message is not None
        key = session.get_one(Delivery, message.delivery_id).key
        message.wanted += 1
        assert f"shows {message.shown} of {message.wanted} for long: {key}" in played.look(session)


@provokes("shows {}, and {} is true: {}")
def test_a_message_of_which_no_redraw_was_asked_is_noticed(played: Played) -> None:
    with played.trial() as session:
        request = _open(session)
        request.state, request.acknowledged_at = EscalationState.ACKNOWLEDGED, request.opened_at
        found = played.look(session)
        assert any("shows " in one and one.endswith(f" is true: escalation:{request.id}") for one in found)


def test_what_stands_is_looked_at_before_the_digest_too(played: Played) -> None:
    digests = [at - UNTIL_REST for at, _ in played.looks]
    assert played.drawings == [
        at for digest, (rest, _) in zip(digests, played.looks, strict=True) for at in (digest - BEFORE_THE_DIGEST, rest)
    ]


@provokes("still {} after an hour: {}")
def test_a_message_that_never_left_is_noticed(played: Played) -> None:
    with played.trial() as session:
        row = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).first()
        assert row is not None
        row.state = DeliveryState.QUEUED
        assert f"still queued after an hour: {row.key}" in played.look(session)


@provokes("failed for good ({}): {}")
def test_a_message_that_failed_for_good_is_noticed(played: Played) -> None:
    with played.trial() as session:
        row = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).first()
        assert row is not None
        row.state, row.error = DeliveryState.FAILED, "no_text"
        assert f"failed for good (no_text): {row.key}" in played.look(session)


@provokes("called sent, and nobody can read it: {}")
def test_a_message_that_is_called_sent_and_stands_nowhere_is_noticed(played: Played) -> None:
    with played.trial() as session:
        row = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).first()
        assert row is not None
        row.posted_ts = "1.000000"
        assert f"called sent, and nobody can read it: {row.key}" in played.look(session)


@provokes("strangers have acted {} times and answered {} times")
def test_an_answer_of_somebody_who_may_not_is_noticed(played: Played) -> None:
    stranger = next(one for one in played.rehearsal.roster.people.values() if one.is_stranger)
    with played.trial() as session:
        newest = session.scalars(sa.select(Answer).order_by(Answer.id.desc()).limit(1)).one()
        newest.author_id = stranger.member_id
        assert "strangers have acted 0 times and answered 1 times" in played.look(session)


def test_who_is_asked_while_they_are_away_is_noticed(played: Played) -> None:
    with played.trial() as session:
        row = session.scalars(
            sa.select(Delivery)
            .where(Delivery.kind == PostKind.PROMPT, Delivery.state == DeliveryState.SENT)
            .order_by(Delivery.id)
            .limit(1)
        ).one()
        person = played.rehearsal.roster.by_member()[row.member_id or 0]
        at = datetime.fromtimestamp(float(row.posted_ts or 0), UTC)
        today = at.astimezone(person.zone).date()
        session.add(
            Absence(
                workspace_id=row.workspace_id,
                member_id=person.member_id,
                first_on=today,
                last_on=today,
                created_at=at - timedelta(days=1),
            )
        )
        said = f"{person.name} was asked while away, on {today:%A}, {today:%d %B}"
        assert said in played.look(session)
        session.execute(sa.update(Absence).values(created_at=at - timedelta(minutes=10)))
        assert said not in played.look(session), "it was on its way already"


def test_a_request_that_goes_to_nobody_further_up_is_noticed(played: Played) -> None:
    with played.trial() as session:
        one, step = session.execute(
            sa.select(Escalation, EscalationStep)
            .join(EscalationStep, EscalationStep.escalation_id == Escalation.id)
            .where(EscalationStep.round == Escalation.round, EscalationStep.until.is_not(None))
            .order_by(Escalation.id.desc(), EscalationStep.number)
            .limit(1)
        ).one()
        one.state, one.resolved_at, one.next_step_at, one.taken_by_id = EscalationState.OPEN, None, None, None
        session.execute(
            sa.delete(EscalationStep).where(EscalationStep.escalation_id == one.id, EscalationStep.id != step.id)
        )
        # As if the owner had been asked, so whoever was is left.
        step.until = until = played.looks[-1][0] - timedelta(days=5)
        step.member_id = session.get_one(KeyResult, one.key_result_id).owner_id or 0
        assert f"escalation {one.id}: nobody else is asked since {until:%A, %d %B}" in played.look(session)


def test_what_never_came_into_its_thread_is_noticed(played: Played) -> None:
    with played.trial() as session:
        one = session.scalars(
            sa.select(Delivery)
            .join(EscalationEvent, EscalationEvent.id == Delivery.escalation_event_id)
            .where(Delivery.kind == PostKind.ESCALATION_REPLY, EscalationEvent.decision_id.is_(None))
            .order_by(Delivery.id)
            .limit(1)
        ).one()
        event = session.get_one(EscalationEvent, one.escalation_event_id)
        told = sa.update(Delivery).where(Delivery.escalation_event_id == event.id)
        session.execute(told.values(escalation_event_id=None))
        said = f"escalation {event.escalation_id}: {event.kind.value} stands nowhere"
        assert said in played.look(session)
        session.execute(
            sa.update(Delivery)
            .where(Delivery.kind == PostKind.ESCALATION, Delivery.escalation_id == event.escalation_id)
            .values(created_at=event.at + timedelta(days=1))
        )
        assert said not in played.look(session), "it had no thread then"


def test_what_stands_twice_in_a_thread_is_noticed(played: Played) -> None:
    with played.trial() as session:
        one, other = session.scalars(
            sa.select(Delivery).where(Delivery.kind == PostKind.ESCALATION_REPLY).order_by(Delivery.id).limit(2)
        ).all()
        other.escalation_event_id = one.escalation_event_id
        event = session.get_one(EscalationEvent, one.escalation_event_id)
        said = f"escalation {event.escalation_id}: {event.kind.value} stands 2 times in the thread"
        assert said in played.look(session)


def test_a_decision_of_somebody_who_may_not_is_noticed(played: Played) -> None:
    stranger = next(one for one in played.rehearsal.roster.people.values() if one.is_stranger)
    with played.trial() as session:
        session.scalars(sa.select(Decision).limit(1)).one().decided_by_id = stranger.member_id
        assert "strangers have decided: 1 times" in played.look(session)


def _open(session: Session) -> Escalation:
    return session.scalars(
        sa.select(Escalation).where(Escalation.state == EscalationState.OPEN).order_by(Escalation.id).limit(1)
    ).one()


def _number(session: Session, escalation: Escalation) -> int:
    return session.get_one(KeyResult, escalation.key_result_id).number
