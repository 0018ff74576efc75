"""The story that the page leads through: a check-in, a red, a decision, the digest.

A step is done when the programme says so, whoever did it and however: nothing is remembered of clicks. Where a week
goes by without its red, the story waits for the next Monday.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Answer,
    CheckIn,
    Decision,
    Delivery,
    DeliveryState,
    Digest,
    Escalation,
    EscalationEvent,
    KeyResult,
    Member,
    PostKind,
    Team,
)

TITLE = "Okra in three minutes"
HEROINE = "Hollie Farquhar"
READER = "Rosalind Achebe"


class Stage(enum.Enum):
    DONE = "done"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True)
class Place:
    """Where to look: a conversation, or with `ts` a message in it or (`is_thread`) its thread."""

    channel: str
    ts: str | None = None
    is_thread: bool = False


@dataclass(frozen=True)
class Step:
    """`person` is a Slack id: as whom. `press`: the words of a button. `jump`: the name of a jump that is offered."""

    id: str
    title: str
    text: str
    is_done: bool
    stage: Stage = Stage.AHEAD
    person: str | None = None
    place: Place | None = None
    press: str | None = None
    jump: str | None = None


@dataclass(frozen=True)
class Story:
    """The steps in order: exactly one is current, unless all are done. `escalation_id`: the heroine's call for help."""

    steps: tuple[Step, ...]
    escalation_id: int | None

    @property
    def is_done(self) -> bool:
        return all(step.is_done for step in self.steps)


@dataclass(frozen=True)
class _Week:
    """What the programme knows of the heroine's newest week since the story began; nothing before its prompt."""

    prompt: Delivery | None = None
    answered: bool = False
    call: Escalation | None = None
    thread: Delivery | None = None
    lead: Member | None = None
    decided_at: datetime | None = None
    digest: Delivery | None = None


def story(session: Session, began_at: datetime) -> Story:
    """Where the story stands. `began_at`: what was before does not count."""
    heroine = _member(session, HEROINE)
    week = _week(session, heroine, began_at)
    steps = (
        _monday(week, heroine),
        _check_in(week, heroine),
        _red(week, heroine),
        _decide(week),
        _digest(session, week),
    )
    current = next((step.id for step in steps if not step.is_done), None)
    return Story(
        tuple(
            replace(step, stage=Stage.DONE if step.is_done else Stage.CURRENT if step.id == current else Stage.AHEAD)
            for step in steps
        ),
        week.call.id if week.call is not None else None,
    )


def _monday(week: _Week, heroine: Member) -> Step:
    return Step(
        id="monday",
        title="Monday, nine o'clock",
        text="It is early on Monday in Auckland. Let nine o'clock come: Okra will ask everybody there how it goes.",
        is_done=week.prompt is not None,
        person=heroine.slack_user_id,
        place=Place(heroine.dm_channel) if heroine.dm_channel else None,
        jump="prompt",
    )


def _check_in(week: _Week, heroine: Member) -> Step:
    return Step(
        id="checkin",
        title="A check-in",
        text=(
            "You are Hollie, who looks after hulls and moorings. Press *Check in* and answer for KR-6: "
            "it goes well, so *green*, and a next move."
        ),
        is_done=week.answered,
        person=heroine.slack_user_id,
        place=_at(week.prompt),
        press="Check in",
    )


def _red(week: _Week, heroine: Member) -> Step:
    return Step(
        id="red",
        title="Red means: help",
        text=(
            "Seals have adopted three more buoys. Say so for KR-31: 6 are lost, *red*, and what you need "
            "(“a boat for two days”, say). “I don't know yet, help me plan” is a plan."
        ),
        is_done=week.call is not None,
        person=heroine.slack_user_id,
        place=_at(week.prompt),
        press="Check in",
    )


def _decide(week: _Week) -> Step:
    name = week.lead.name.split()[0] if week.lead is not None else "Mere"
    return Step(
        id="decide",
        title="A lead decides",
        text=(
            f"Okra has opened a thread and asked {name}. Be {name}: press *Decide*, say what, who makes it happen "
            "and by when. No red is closed without that."
        ),
        is_done=week.decided_at is not None,
        person=week.lead.slack_user_id if week.lead is not None else None,
        place=_at(week.thread, is_thread=True),
        press="Decide",
    )


def _digest(session: Session, week: _Week) -> Step:
    team = session.get(Team, week.call.team_id) if week.call is not None else None
    place = _at(week.digest) or (Place(team.channel_id) if team is not None and team.channel_id else None)
    return Step(
        id="digest",
        title="Wednesday: the digest",
        text=(
            "Be Rosalind, who leads the company, and let Wednesday come. The others answer by themselves; the digest "
            "says what was decided, who does it, and what moved."
        ),
        is_done=week.digest is not None,
        person=_member(session, READER).slack_user_id,
        place=place,
        jump="digest",
    )


def _week(session: Session, heroine: Member, began_at: datetime) -> _Week:
    prompt = session.scalar(
        sa.select(Delivery)
        .where(
            Delivery.kind == PostKind.PROMPT,
            Delivery.member_id == heroine.id,
            Delivery.state == DeliveryState.SENT,
            Delivery.settled_at > began_at,
        )
        .order_by(Delivery.period.desc())
        .limit(1)
    )
    call = _call(session, heroine, began_at)
    if call is None and (prompt is None or prompt.period is None or _is_over(session, heroine, prompt.period)):
        return _Week()
    mine = sa.and_(Answer.author_id == heroine.id, Answer.at > began_at)
    answered = session.scalar(sa.select(sa.exists().where(mine)))
    if call is None:
        return _Week(prompt=prompt, answered=bool(answered))
    decided_at = _decided_at(session, call, began_at)
    return _Week(
        prompt=prompt,
        answered=True,
        call=call,
        thread=session.scalar(
            sa.select(Delivery).where(Delivery.kind == PostKind.ESCALATION, Delivery.escalation_id == call.id)
        ),
        lead=session.get(Member, call.asked_id) if call.asked_id is not None else None,
        decided_at=decided_at,
        digest=_digest_since(session, call, decided_at) if decided_at is not None else None,
    )


def _call(session: Session, heroine: Member, began_at: datetime) -> Escalation | None:
    """What the heroine's red has opened, or gone on with."""
    return session.scalar(
        sa.select(Escalation)
        .join(EscalationEvent, EscalationEvent.escalation_id == Escalation.id)
        .join(Answer, Answer.id == EscalationEvent.answer_id)
        .where(Answer.author_id == heroine.id, EscalationEvent.at > began_at)
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    )


def _decided_at(session: Session, call: Escalation, began_at: datetime) -> datetime | None:
    """When it was decided, or ended for a reason."""
    decided = session.scalar(
        sa.select(sa.func.max(Decision.created_at)).where(
            Decision.escalation_id == call.id, Decision.created_at > began_at
        )
    )
    return decided or call.resolved_at


def _digest_since(session: Session, call: Escalation, since: datetime) -> Delivery | None:
    return session.scalar(
        sa.select(Delivery)
        .join(Digest, Digest.id == Delivery.digest_id)
        .where(
            Delivery.kind == PostKind.DIGEST,
            Delivery.state == DeliveryState.SENT,
            Delivery.team_id == call.team_id,
            Digest.taken_at >= since,
        )
        .order_by(Digest.taken_at)
        .limit(1)
    )


def _is_over(session: Session, heroine: Member, week: date) -> bool:
    """Whether the digest of a week in which the heroine was asked has been taken."""
    taken = (
        sa.select(Digest.id)
        .join(CheckIn, CheckIn.period == Digest.period)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .where(CheckIn.owner_id == heroine.id, Digest.period == week)
        .limit(1)
    )
    return session.scalar(taken) is not None


def _member(session: Session, name: str) -> Member:
    return session.scalars(sa.select(Member).where(Member.name == name)).one()


def _at(row: Delivery | None, *, is_thread: bool = False) -> Place | None:
    if row is None or row.posted_channel is None:
        return None
    return Place(row.posted_channel, row.posted_ts, is_thread)
