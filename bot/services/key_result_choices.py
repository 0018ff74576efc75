"""Key results as the entries of a menu: those that somebody may see, for what was typed so far."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Choice
from bot.blocks.text import clip
from bot.domain.cycles import CycleState
from bot.services.access import Caller
from bot.services.definitions import current_definition
from bot.services.visibility import visible_to
from models import Cycle, KeyResult, KeyResultRevision, KeyResultState, Objective

MOST = 20
TEXT = 70


def suggestions(session: Session, viewer: Caller, typed: str) -> list[Choice]:
    """Active key results that the viewer may see, their own first: by number (`12`, `KR-12`), or by some words."""
    words = " ".join(typed.split())
    number = re.fullmatch(r"(?:KR)?[\s#-]*(\d{1,9})", words, re.IGNORECASE)
    like = [
        sa.func.lower(column).contains(words.lower(), autoescape=True) | column.contains(words, autoescape=True)
        for column in (KeyResultRevision.text, KeyResultRevision.metric)
    ]
    found = session.execute(
        sa.select(KeyResult.id, KeyResult.number, KeyResultRevision.metric, KeyResultRevision.text)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Cycle, Cycle.id == Objective.cycle_id)
        .join(KeyResultRevision, current_definition())
        .where(
            KeyResult.workspace_id == viewer.workspace_id,
            KeyResult.state == KeyResultState.ACTIVE,
            KeyResult.archived_at.is_(None),
            Cycle.state == CycleState.ACTIVE,
            visible_to(viewer),
            KeyResult.number == int(number[1]) if number is not None else sa.or_(*like) if words else sa.true(),
        )
        .order_by(sa.case((KeyResult.owner_id == viewer.member_id, 0), else_=1), KeyResult.number)
        .limit(MOST)
    ).all()
    return [entry(key_result_id, number, metric or text) for key_result_id, number, metric, text in found]


def entry(key_result_id: int, number: int, name: str) -> Choice:
    return Choice(clip(f"KR-{number} {name}", TEXT), str(key_result_id))
