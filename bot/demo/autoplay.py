"""People whom the visitor does not play answer by themselves: through the real dialogs, at hours at which people do.

What they owe is read off the programme each time: prompts with open check-ins, notes, calls for help. When each gets
round to it is a matter of the person and the week, and the same in every run. What they say is the chronicle's.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.demo import dialogs
from bot.demo.chronicle import Said, chronicle
from bot.demo.town import Town
from bot.domain.cadence import period
from bot.domain.escalation import EscalationState
from bot.domain.localtime import instant_of
from bot.localslack.driver import DrivenPerson, NotSeen, Refused, Seen, WaitedInVain
from models import (
    Answer,
    CheckIn,
    CheckInState,
    Decision,
    DecisionState,
    Delivery,
    DeliveryState,
    Digest,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    Member,
    PostKind,
    StopOrShift,
    Team,
)

log = logging.getLogger(__name__)

FIRST_ANSWER, LAST_ANSWER = timedelta(minutes=6), timedelta(minutes=170)
LEAD_TAKES, LEAD_DECIDES = timedelta(hours=2), timedelta(hours=20)
NOTE_IS_ANSWERED = timedelta(minutes=50)
DONE_BY = time(11, 20)
# A decision that somebody makes for want of a chronicle: what was asked for is given, and within this time.
GIVEN_WITHIN = timedelta(days=9)


@dataclass(frozen=True)
class Act:
    """Something that somebody will do at an instant, once. `escalation_id`: the call for help it is about."""

    key: str
    at: datetime
    name: str
    slack_id: str
    does: Callable[[DrivenPerson], object] = field(compare=False)
    escalation_id: int | None = None


@dataclass(frozen=True)
class Spared:
    """What is left to the visitor: the acts of these people (by Slack id), and those about one call for help.

    What should have been done before `since` is left as it stands: nobody makes up for the past all at once.
    """

    since: datetime
    slack_ids: frozenset[str]
    escalation_id: int | None = None

    def includes(self, act: Act) -> bool:
        about_it = act.escalation_id is not None and act.escalation_id == self.escalation_id
        return about_it or act.slack_id in self.slack_ids or act.at < self.since


class Autoplay:
    """`spared` says what is left to the visitor now. One thread at a time lets them act."""

    def __init__(self, town: Town, spared: Callable[[Session], Spared]) -> None:
        self.is_on = True
        self._town = town
        self._spared = spared
        self._done: set[str] = set()

    def next_at(self) -> datetime | None:
        """When somebody acts next, in the past where it is late; None where nobody will, as things are."""
        return min((act.at for act in self._acts()), default=None)

    def act(self, now: datetime) -> bool:
        """Let everybody do what they get round to by `now`; False where that is nothing."""
        due = sorted((act for act in self._acts() if act.at <= now), key=lambda act: act.at)
        for act in due:
            self._done.add(act.key)
            person = self._town.person(act.name)
            if person.modal is not None:
                continue  # somebody sits there already
            try:
                act.does(person)
            except (NotSeen, Refused, WaitedInVain) as trouble:
                # The programme has moved on since: what was asked is not asked any more.
                log.info("%s did not: %s", act.name, trouble)
        return bool(due)

    def _acts(self) -> list[Act]:
        if not self.is_on:
            return []
        with self._town.program.runtime.read() as session:
            spared = self._spared(session)
            found = [*_check_ins(session), *_notes(session), *_calls(session), *_follow_ups(session, self._town.now())]
        return [act for act in found if act.key not in self._done and not spared.includes(act)]


def _check_ins(session: Session) -> Iterator[Act]:
    rows = session.execute(
        sa.select(CheckIn, KeyResult, Member, Delivery)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Member, Member.id == CheckIn.owner_id)
        .join(
            Delivery,
            sa.and_(
                Delivery.kind == PostKind.PROMPT,
                Delivery.member_id == CheckIn.owner_id,
                Delivery.period == CheckIn.period,
                Delivery.state == DeliveryState.SENT,
            ),
        )
        .where(CheckIn.state == CheckInState.DUE)
        .order_by(KeyResult.number)
    ).all()
    asked: dict[int, tuple[Member, Delivery, dict[int, Said]]] = {}
    for check_in, key_result, member, prompt in rows:
        said = chronicle().said(key_result.import_key, period(check_in.period))
        if said is not None:
            asked.setdefault(prompt.id, (member, prompt, {}))[2][key_result.number] = said
    for member, prompt, answers in asked.values():
        key = f"check-in:{prompt.id}"
        yield Act(
            key,
            _sent_at(prompt) + FIRST_ANSWER + (LAST_ANSWER - FIRST_ANSWER) * _share(f"{member.name} {prompt.period}"),
            member.name,
            member.slack_user_id,
            lambda person, prompt=prompt, answers=answers: dialogs.check_in(  # type: ignore[misc]
                person, answers, prompt=_message(person, prompt)
            ),
        )


def _notes(session: Session) -> Iterator[Act]:
    rows = session.execute(
        sa.select(Delivery, Team.name, Member)
        .join(Team, Team.id == Delivery.team_id)
        .join(Member, Member.id == Delivery.member_id)
        .where(
            Delivery.kind == PostKind.LEAD_NOTE,
            Delivery.state == DeliveryState.SENT,
            ~sa.exists().where(StopOrShift.team_id == Delivery.team_id, StopOrShift.period == Delivery.period),
            ~sa.exists().where(Digest.team_id == Delivery.team_id, Digest.period == Delivery.period),
        )
    ).all()
    for note, team, member in rows:
        text = chronicle().shift(team, period(note.period)) if note.period is not None else None
        if text is not None:
            yield Act(
                f"note:{note.id}",
                _sent_at(note) + NOTE_IS_ANSWERED,
                member.name,
                member.slack_user_id,
                lambda person, note=note, text=text: dialogs.answer_note(  # type: ignore[misc]
                    person, _message(person, note), text
                ),
            )


def _calls(session: Session) -> Iterator[Act]:
    """Who is asked for help takes it first and decides a day later: what the owner needs, they get."""
    owner = aliased(Member)
    rows = session.execute(
        sa.select(Escalation, Member, owner.name, Delivery, Answer.need, EscalationEvent.id, EscalationEvent.at)
        .join(Member, Member.id == Escalation.asked_id)
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .join(owner, owner.id == KeyResult.owner_id)
        .join(Delivery, sa.and_(Delivery.kind == PostKind.ESCALATION, Delivery.escalation_id == Escalation.id))
        .join(EscalationEvent, EscalationEvent.escalation_id == Escalation.id)
        .join(Answer, Answer.id == EscalationEvent.answer_id)
        .where(
            Escalation.state.in_((EscalationState.OPEN, EscalationState.ACKNOWLEDGED, EscalationState.IN_REVIEW)),
            Delivery.state == DeliveryState.SENT,
            EscalationEvent.kind.in_((EscalationEventKind.OPENED, EscalationEventKind.RED_AGAIN)),
        )
        .order_by(EscalationEvent.id)
    ).all()
    newest = {row[0].id: row for row in rows}
    for escalation, asked, owner_name, thread, need, event_id, at in newest.values():
        if escalation.state is EscalationState.OPEN:
            yield Act(
                f"take:{event_id}",
                at + LEAD_TAKES,
                asked.name,
                asked.slack_user_id,
                lambda person, thread=thread: person.press("I'll take it", in_=_message(person, thread)),  # type: ignore[misc]
                escalation.id,
            )
        decides_at = at + LEAD_DECIDES * (1 + _share(str(escalation.id)))
        yield Act(
            f"decide:{event_id}",
            decides_at,
            asked.name,
            asked.slack_user_id,
            lambda person, thread=thread, need=need, owner_name=owner_name, at=decides_at: dialogs.decide(  # type: ignore[misc]
                person,
                _message(person, thread),
                text=f"Yes: {need}" if need else "We do it together, this week",
                owner=owner_name,
                due=(at + GIVEN_WITHIN).date(),
            ),
            escalation.id,
        )


def _follow_ups(session: Session, now: datetime) -> Iterator[Act]:
    """Who owns a decision says on its day that it is done. What is overdue when time comes to it stays overdue."""
    rows = session.execute(
        sa.select(Decision, Member, Delivery)
        .join(Member, Member.id == Decision.owner_id)
        .join(EscalationEvent, EscalationEvent.decision_id == Decision.id)
        .join(Delivery, Delivery.escalation_event_id == EscalationEvent.id)
        .where(
            Decision.state == DecisionState.OPEN,
            EscalationEvent.kind == EscalationEventKind.DECIDED,
            Delivery.kind == PostKind.ESCALATION_REPLY,
            Delivery.state == DeliveryState.SENT,
        )
    ).all()
    for decision, member, reply in rows:
        at = instant_of(decision.due_on, DONE_BY, ZoneInfo(member.time_zone))
        if at > now - timedelta(days=1):
            yield Act(
                f"done:{decision.id}",
                at,
                member.name,
                member.slack_user_id,
                lambda person, reply=reply: person.press("Done", in_=_reply(person, reply)),  # type: ignore[misc]
            )


def _message(person: DrivenPerson, row: Delivery) -> Seen:
    """A message that was posted, as this person sees it now. Raises `NotSeen`."""
    found = [one for one in person.conversation(row.posted_channel or "") if one.ts == row.posted_ts]
    if not found:
        raise NotSeen(f"{person.name} does not see {row.key}")
    return found[-1]


def _reply(person: DrivenPerson, row: Delivery) -> Seen:
    """A message in a thread, likewise."""
    for root in person.conversation(row.posted_channel or ""):
        if root.replies:
            for one in person.thread(root):
                if one.ts == row.posted_ts:
                    return one
    raise NotSeen(f"{person.name} does not see {row.key}")


def _sent_at(row: Delivery) -> datetime:
    assert row.settled_at is not None  # noqa: S101 - it was sent
    return row.settled_at


def _share(of: str) -> float:
    """A number from 0 to 1 that belongs to these words: the same in every run."""
    return zlib.crc32(of.encode()) / 2**32
