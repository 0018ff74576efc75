"""Calls for help: a small company in which somebody's key result turns red, and what is posted about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from answers import asked
from company import MONDAY, Company
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.domain.confidence import Confidence
from bot.domain.escalation import DecisionKind
from bot.domain.kinds import Kind
from bot.services import blocking, decisions, escalation
from bot.services.access import Caller
from bot.services.blocking import BlockedBy
from bot.services.conversations import people_in
from bot.services.decisions import Draft
from models import (
    Absence,
    Answer,
    AnswerSource,
    CheckIn,
    CheckInState,
    Decision,
    Delivery,
    Escalation,
    KeyResult,
    Member,
    Team,
)
from scheduler.posts import render

MORNING = datetime(2026, 10, 5, 9, 12, tzinfo=UTC)
WEEK = timedelta(weeks=1)


@dataclass(frozen=True)
class Scene:
    """Mere owns KR-1 in Growth, which Tama leads, and which is part of Product, which Hana leads; Finn is elsewhere."""

    company: Company
    owner: Member
    lead: Member
    head: Member
    stranger: Member
    growth: Team
    product: Team
    key_result: KeyResult


def set_scene(session: Session) -> Scene:
    company = Company(session)
    owner = company.person("Mere Ngata", zone="Pacific/Auckland")
    lead = company.person("Tama Reid", zone="Europe/London")
    head = company.person("Hana Mori", zone="Europe/London")
    stranger = company.person("Finn Adler", zone="Europe/Berlin")
    product = company.team("Product", lead=head, channel_id="C0PRODUCT")
    growth = company.team("Growth", lead=lead, parent=product, channel_id="C0GROWTH")
    key_result = company.key_result(
        company.objective(growth),
        owner,
        "SOC 2 certified by 15 Dec",
        kind=Kind.MILESTONE,
        start=None,
        target=None,
        metric=None,
    )
    return Scene(company, owner, lead, head, stranger, growth, product, key_result)


def tell(
    session: Session,
    now: datetime,
    key_result: KeyResult,
    *,
    by: Member,
    period: date = MONDAY,
    confidence: Confidence = Confidence.RED,
    score: str | None = "0.3",
    working: str = "the auditor has had nothing from HR",
    need: str = "someone to free two HR days",
    plan: str = "our own evidence goes out on Wednesday",
    blocked_by: BlockedBy | None = None,
    wants_help: bool = False,
    same_blocker: bool = True,
) -> Answer:
    """Answer a check-in as the dialog does, up to and with `escalation.on_answer`."""
    check_in = session.scalar(
        sa.select(CheckIn).where(CheckIn.key_result_id == key_result.id, CheckIn.period == period)
    ) or asked(session, key_result, period)
    check_in.state = CheckInState.ANSWERED
    revisions = session.scalar(sa.select(sa.func.max(Answer.revision)).where(Answer.check_in_id == check_in.id))
    answer = Answer(
        workspace_id=key_result.workspace_id,
        check_in_id=check_in.id,
        revision=(revisions or 0) + 1,
        definition=key_result.revision,
        author_id=by.id,
        source=AnswerSource.DIALOG,
        score=Decimal(score) if score is not None else None,
        confidence=confidence,
        working=working,
        need=need,
        plan=plan,
        next_move="write to HR",
        at=now,
    )
    session.add(answer)
    session.flush()
    blocker = blocking.settle(
        session,
        now,
        key_result=key_result,
        answer=answer,
        by=blocked_by,
        wants_help=wants_help,
        is_same=same_blocker,
    )
    caller = Caller(key_result.workspace_id, by.id)
    escalation.on_answer(
        session, now, caller=caller, key_result=key_result, check_in=check_in, answer=answer, blocker=blocker
    )
    return answer


def the_escalation(session: Session) -> Escalation:
    return session.scalars(sa.select(Escalation)).one()


def posted(session: Session, key: str) -> Delivery:
    return session.scalars(sa.select(Delivery).where(Delivery.key == key)).one()


def keys(session: Session) -> list[str]:
    """The keys of everything that was queued, in order."""
    return list(session.scalars(sa.select(Delivery.key).order_by(Delivery.id)))


def shown(session: Session, key: str, now: datetime = MORNING) -> Post | None:
    """What the post under a key says now."""
    return render(session, posted(session, key), now)


def group(session: Session, delivery: Delivery) -> set[int]:
    """Who reads the group message that a post goes to, by their ids."""
    assert delivery.conversation_id is not None
    return set(people_in(session, delivery.conversation_id))


def away(session: Session, member: Member) -> None:
    """They are away in the week of the red."""
    absence = Absence(
        workspace_id=member.workspace_id,
        member_id=member.id,
        first_on=MONDAY,
        last_on=MONDAY + timedelta(days=4),
        created_at=MORNING,
    )
    session.add(absence)
    session.flush()


def replied(session: Session, key: str, now: datetime = MORNING) -> str:
    """What the reply under a key tells, without the state that stands beneath the newest one."""
    return words(shown(session, key, now)).split("\nNow: ")[0]


def words(post: Post | None) -> str:
    """All that can be read in a message, a block a line."""
    assert post is not None
    lines: list[str] = []
    for block in post.blocks:
        texts: list[Any] = [block.get("text"), *block.get("elements", [])]
        lines.extend(text["text"] for text in texts if text and isinstance(text.get("text"), str))
    return "\n".join(lines)


def pressable(post: Post | None) -> list[str]:
    """The buttons of a message, by what they say, and the entries of its menu."""
    assert post is not None
    rows = [block["elements"] for block in post.blocks if block["type"] == "actions"]
    return [one["text"]["text"] for row in rows for element in row for one in element.get("options", [element])]


IN_A_WEEK = date(2026, 10, 12)


def decide(
    session: Session,
    scene: Scene,
    by: Member,
    *,
    text: str = "HR frees Ana for two days",
    now: datetime = MORNING,
    kind: DecisionKind = DecisionKind.UNBLOCK,
) -> Decision:
    """A complete decision, which Hana makes happen within a week."""
    return decisions.decide(
        session,
        now,
        caller=scene.company.caller(by),
        escalation_id=the_escalation(session).id,
        draft=Draft(text, scene.head.id, (now + WEEK).date(), kind),
    )
