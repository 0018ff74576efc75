"""What happened in a stretch of time, as a list of sentences: who was asked, who answered, what was decided."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.digest import digest_post
from bot.domain.confidence import Confidence
from bot.domain.digest_json import from_json
from models import (
    Answer,
    AuditEvent,
    CheckIn,
    CheckInState,
    Cycle,
    Decision,
    Delivery,
    DeliveryState,
    Digest,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    Member,
    PostKind,
    Team,
)

MOST = 200
# What one person tells in one go.
ONE_GO = timedelta(minutes=30)
NAMED = 3

_COLOURED = {Confidence.YELLOW: "🟡 yellow", Confidence.RED: "🔴 red"}
_DID = {
    EscalationEventKind.ACKNOWLEDGED: "{who} has taken KR-{number}.",
    EscalationEventKind.TAKEN_TO_REVIEW: "{who} takes KR-{number} to the next review.",
    EscalationEventKind.DECIDED: "{who} decided on KR-{number}: {what}",
    EscalationEventKind.RESOLVED: "{who} resolved KR-{number}.",
    EscalationEventKind.DECISION_DONE: "{who} says that it is done: {what}",
    EscalationEventKind.CHANGED: "{who} has changed KR-{number}.",
    EscalationEventKind.STOPPED: "{who} has stopped KR-{number}.",
    EscalationEventKind.GREEN_AGAIN: "KR-{number} is green again.",
    EscalationEventKind.REOPENED: "{who} asks for help with KR-{number} again.",
    EscalationEventKind.DECISION_DROPPED: "{who} dropped what was decided on KR-{number}.",
}
# Others tell of these already: the thread's first message, and the event that a reply is about.
TOLD_OTHERWISE = (
    PostKind.ESCALATION_ASK,
    PostKind.ESCALATION_REPLY,
    PostKind.ESCALATION_NEWS,
    PostKind.DIGEST_DETAILS,
    PostKind.DEPENDENCY_REPLY,
    PostKind.DEPENDENCY_NEWS,
)
# These have a sentence of their own.
OF_THEIR_OWN = (PostKind.ESCALATION, PostKind.LEAD_NOTE, PostKind.DIGEST, PostKind.DIGEST_SHARED)
# What became of people, in the passive: "Ada and Ben were …".
WERE = {
    PostKind.INTRODUCTION: "greeted by Okra",
    PostKind.PROMPT: "asked how it goes",
    PostKind.PROMPT_AGAIN: "asked once more, as they had wished",
    PostKind.REMINDER: "reminded",
    PostKind.MORNING: "asked what comes of what waits for them",
    PostKind.ADMIN_NOTICE: "told what did not arrive",
    PostKind.AWAY_NEWS: "told about days away",
    PostKind.HAND_OVER: "asked to take on a key result",
    PostKind.HAND_OVER_NEWS: "told what became of a handover",
    PostKind.OWNERLESS: "asked who owns it now",
    PostKind.NOT_MINE: "asked whose a key result is",
    PostKind.ANSWER_CORRECTED: "told of a correction",
    PostKind.UNDERSTANDING: "asked whether Okra understood them",
    PostKind.ESCALATION_REVIEW: "asked what the review decided",
    PostKind.QUESTION: "asked a question",
    PostKind.DEPENDENCY: "asked to answer for their team",
    PostKind.DECISION_MADE: "told of a decision",
    PostKind.DECISION_SETTLED: "told what became of a decision",
    PostKind.KEY_RESULT_CHANGED: "told what has changed about a key result",
    PostKind.OUTCOME: "told what came of their request for help",
    PostKind.DIGEST_UNREAD: "asked whether anybody needs the digest",
}


@dataclass(frozen=True)
class Happened:
    """One thing that happened. `person` (a Slack id) is who sees it, at `ts` in `channel`."""

    at: datetime
    text: str
    person: str | None = None
    channel: str | None = None
    ts: str | None = None


def happened(session: Session, since: datetime, until: datetime) -> list[Happened]:
    """What happened after `since` and up to `until`, oldest first; of more than can be read, the newest."""
    found = [
        *_posts(session, since, until),
        *_answers(session, since, until),
        *_missed(session, since, until),
        *_events(session, since, until),
        *_cycles(session, since, until),
    ]
    return sorted(found, key=lambda one: one.at)[-MOST:]


def _posts(session: Session, since: datetime, until: datetime) -> Iterator[Happened]:
    rows = session.execute(
        sa.select(Delivery, Member)
        .outerjoin(Member, Member.id == Delivery.member_id)
        .where(
            Delivery.state == DeliveryState.SENT,
            Delivery.settled_at > since,
            Delivery.settled_at <= until,
            Delivery.kind.not_in(TOLD_OTHERWISE),
        )
        .order_by(Delivery.settled_at, Delivery.id)
    ).all()
    together: dict[tuple[PostKind, str, datetime], list[tuple[Delivery, Member]]] = defaultdict(list)
    for row, member in rows:
        if member is None or row.kind in OF_THEIR_OWN:
            yield _one_post(session, row, member)
        else:
            minute = _at(row).replace(second=0, microsecond=0)
            together[row.kind, member.time_zone, minute].append((row, member))
    for (kind, zone, _), posts in together.items():
        yield _many_posts(kind, zone, sorted(posts, key=lambda post: post[1].name))


def _one_post(session: Session, row: Delivery, member: Member | None) -> Happened:
    if row.kind is PostKind.ESCALATION:
        return _at_place(row, member, _called_for_help(session, row))
    team = session.get(Team, row.team_id) if row.team_id is not None else None
    name = team.name if team is not None else "a team"
    if row.kind is PostKind.DIGEST:
        digest = session.get_one(Digest, row.digest_id)
        return _at_place(row, member, f"The digest: {digest_post(from_json(digest.snapshot)).text}")
    if row.kind is PostKind.LEAD_NOTE:
        return _at_place(row, member, f"{_first(member)} got the note before the digest of {name}.")
    if row.kind is PostKind.DIGEST_SHARED:
        return _at_place(row, member, f"The digest of {name} was posted by hand.")
    return _at_place(row, member, "The people in a channel or group were " + WERE[row.kind] + ".")


def _many_posts(kind: PostKind, zone: str, posts: Sequence[tuple[Delivery, Member]]) -> Happened:
    row, first = posts[0]
    people = _names([member.name for _, member in posts])
    local = _at(row).astimezone(ZoneInfo(zone))
    place = f"{local:%a %H:%M} in {zone.rsplit('/', maxsplit=1)[-1].replace('_', ' ')}"
    verb = "was" if len(posts) == 1 else "were"
    return _at_place(row, first, f"{place}: {people} {verb} {WERE[kind]}.")


def _called_for_help(session: Session, row: Delivery) -> str:
    escalation = session.get_one(Escalation, row.escalation_id)
    number = session.get_one(KeyResult, escalation.key_result_id).number
    asked = session.get(Member, escalation.asked_id) if escalation.asked_id is not None else None
    return f"KR-{number} wants help" + (f": {_first(asked)} is asked." if asked is not None else ".")


def _answers(session: Session, since: datetime, until: datetime) -> Iterator[Happened]:
    rows = session.execute(
        sa.select(Answer, KeyResult.number, Member, Delivery)
        .join(CheckIn, CheckIn.id == Answer.check_in_id)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Member, Member.id == Answer.author_id)
        .outerjoin(
            Delivery,
            sa.and_(
                Delivery.kind == PostKind.PROMPT,
                Delivery.member_id == CheckIn.owner_id,
                Delivery.period == CheckIn.period,
            ),
        )
        .where(Answer.at > since, Answer.at <= until)
        .order_by(Answer.at, Answer.id)
    ).all()
    goes: list[list[sa.Row[Answer, int, Member, Delivery | None]]] = []
    for row in rows:
        going_on = next((go for go in goes if go[-1][2].id == row[2].id and row[0].at - go[-1][0].at < ONE_GO), None)
        if going_on is None:
            goes.append(going_on := [])
        going_on.append(row)
    for go in goes:
        answer, _, member, prompt = go[-1]
        asked = [
            f"KR-{number} is {_COLOURED[one.confidence]}" for one, number, _, _ in go if one.confidence in _COLOURED
        ]
        text = f"{_first(member)} checked in on {_count(len(go), 'key result')}" + (
            f": {', '.join(asked)}." if asked else ", 🟢 green."
        )
        place = (prompt.posted_channel, prompt.posted_ts) if prompt is not None else (None, None)
        yield Happened(answer.at, text, member.slack_user_id, *place)


def _missed(session: Session, since: datetime, until: datetime) -> Iterator[Happened]:
    rows = session.execute(
        sa.select(CheckIn.closes_at, KeyResult.number)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .where(CheckIn.state == CheckInState.MISSED, CheckIn.closes_at > since, CheckIn.closes_at <= until)
        .order_by(CheckIn.closes_at, KeyResult.number)
    ).all()
    together: dict[datetime, list[str]] = defaultdict(list)
    for at, number in rows:
        together[at].append(f"KR-{number}")
    for at, numbers in together.items():
        verb = "was" if len(numbers) == 1 else "were"
        yield Happened(at, f"{_names(numbers)} {verb} not answered in time. Until the digest it still can be.")


def _events(session: Session, since: datetime, until: datetime) -> Iterator[Happened]:
    root = sa.and_(Delivery.kind == PostKind.ESCALATION, Delivery.escalation_id == Escalation.id)
    rows = session.execute(
        sa.select(EscalationEvent, KeyResult.number, Member, Decision.text, Delivery)
        .join(Escalation, Escalation.id == EscalationEvent.escalation_id)
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .outerjoin(Member, Member.id == EscalationEvent.actor_id)
        .outerjoin(Decision, Decision.id == EscalationEvent.decision_id)
        .outerjoin(Delivery, root)
        .where(EscalationEvent.at > since, EscalationEvent.at <= until, EscalationEvent.kind.in_(list(_DID)))
        .order_by(EscalationEvent.at, EscalationEvent.id)
    ).all()
    for event, number, member, what, thread in rows:
        text = _DID[event.kind].format(who=_first(member), number=number, what=what)
        place = (thread.posted_channel, thread.posted_ts) if thread is not None else (None, None)
        yield Happened(event.at, text, member.slack_user_id if member is not None else None, *place)


def _cycles(session: Session, since: datetime, until: datetime) -> Iterator[Happened]:
    rows = session.execute(
        sa.select(AuditEvent.at, AuditEvent.action, Cycle.name)
        .join(Cycle, Cycle.id == AuditEvent.subject_id)
        .where(AuditEvent.subject == "cycle", AuditEvent.at > since, AuditEvent.at <= until)
        .order_by(AuditEvent.id)
    )
    said = {"cycle.active": "{} begins.", "cycle.closing": "{} is over.", "cycle.closed": "{} is closed."}
    for at, action, name in rows:
        if action in said:
            yield Happened(at, said[action].format(name))


def _at(row: Delivery) -> datetime:
    assert row.settled_at is not None  # noqa: S101 - it was sent
    return row.settled_at


def _at_place(row: Delivery, member: Member | None, text: str) -> Happened:
    person = member.slack_user_id if member is not None else None
    return Happened(_at(row), text, person, row.posted_channel, row.posted_ts)


def _first(member: Member | None) -> str:
    return member.name.split()[0] if member is not None else "Somebody"


def _names(names: Sequence[str]) -> str:
    """Two or three by name, and how many more."""
    first = [name.split()[0] for name in names]
    if len(first) > NAMED:
        return f"{', '.join(first[: NAMED - 1])} and {len(first) - NAMED + 1} others"
    return " and ".join([", ".join(first[:-1]), first[-1]]) if len(first) > 1 else first[0]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
