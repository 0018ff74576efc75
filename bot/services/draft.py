"""Drafts: what somebody began to type in a check-in is kept until it is saved or answering is over."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Choice, Filled, Question
from bot.domain.cadence import Period
from bot.services.access import Caller
from models import CheckInDraft
from models.base import table_of
from models.once import insert_once

# What a dialog's fields hold at most; what somebody else's client sends is cut.
LONGEST = 3000

_draft = table_of(CheckInDraft)


def keep(
    session: Session, now: datetime, caller: Caller, *, question: Question, filled: Filled, until: datetime
) -> None:
    """Keep what stands in the fields, in the place of what was kept before; nothing where nothing was typed.

    A colour alone is no draft: it is one press, and most dialogs go on from there to the end. The caller may answer
    this key result.
    """
    if not is_worth_keeping(question, filled):
        if question.kept_at is not None:
            drop(session, caller, question.standing.key_result_id, question.period)
        return
    place = {
        "member_id": caller.member_id,
        "key_result_id": question.standing.key_result_id,
        "period": question.period,
    }
    words = {
        "value": filled.value[:LONGEST],
        "start": filled.start[:LONGEST],
        "confidence": filled.confidence,
        "changed": filled.changed[:LONGEST],
        "working": filled.working[:LONGEST],
        "next_move": filled.next_move[:LONGEST],
        "blocked_by": filled.blocked_by.value if filled.blocked_by else None,
        "blocked_by_text": filled.blocked_by.text if filled.blocked_by else None,
        "same_blocker": filled.same_blocker,
        "wants_help": filled.wants_help,
        "need": filled.need[:LONGEST],
        "plan": filled.plan[:LONGEST],
        "definition": question.definition,
        "kept_at": now,
        "kept_until": until,
    }
    row = {"workspace_id": caller.workspace_id, **place, **words}
    if insert_once(session, CheckInDraft, row, key=tuple(place)) is None:
        mine = [_draft.c[name] == value for name, value in place.items()]
        session.execute(sa.update(_draft).where(*mine).values(**words))


class Begun(NamedTuple):
    """What was kept, and when. `value_anew`: but for a value that says nothing any more."""

    filled: Filled
    at: datetime
    value_anew: bool


def kept(session: Session, draft_id: int, measured_since: int) -> Begun | None:
    """What was kept; a value of a definition before `measured_since` says nothing any more."""
    row = session.execute(sa.select(_draft).where(_draft.c.id == draft_id)).one_or_none()
    if row is None:
        return None
    is_of_before = row.definition is not None and row.definition < measured_since
    chosen = Choice(row.blocked_by_text, row.blocked_by) if row.blocked_by and row.blocked_by_text else None
    filled = Filled(
        value="" if is_of_before else row.value,
        start="" if is_of_before else row.start,
        confidence=row.confidence,
        changed=row.changed,
        working=row.working,
        next_move=row.next_move,
        blocked_by=chosen,
        same_blocker=row.same_blocker,
        wants_help=row.wants_help,
        need=row.need,
        plan=row.plan,
        keeps_more=bool(row.need or row.plan or row.wants_help),
    )
    return Begun(filled, row.kept_at, value_anew=is_of_before and bool(row.value or row.start))


def drop(session: Session, caller: Caller, key_result_id: int, period: Period) -> None:
    """Forget what the caller began: it is saved, or they begin anew."""
    session.execute(
        sa.delete(_draft).where(
            _draft.c.member_id == caller.member_id,
            _draft.c.key_result_id == key_result_id,
            _draft.c.period == period,
        )
    )


def forget_over(session: Session, now: datetime, limit: int) -> int:
    """Forget up to `limit` drafts of weeks whose answering is over; returns how many there were."""
    over = sa.select(_draft.c.id).where(_draft.c.kept_until <= now).order_by(_draft.c.kept_until).limit(limit)
    found = list(session.scalars(over))
    if found:
        session.execute(sa.delete(_draft).where(_draft.c.id.in_(found)))
    return len(found)


def is_worth_keeping(question: Question, filled: Filled) -> bool:
    """Whether something stands in the fields that the question did not bring."""
    before = question.brought
    typed = ("value", "start", "changed", "working", "next_move", "blocked_by", "need", "plan")
    return any(getattr(filled, name) != getattr(before, name) for name in typed)
