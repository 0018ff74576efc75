"""What an open escalation says: the newest call for help in it, and what blocked its key result then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services.blockers import blocked_by
from models import Answer, Blocker, Escalation, EscalationEvent, EscalationEventKind
from models.loading import LoadedOf

# What calls for help though no answer does.
CALLS = (EscalationEventKind.OPENED, EscalationEventKind.HELP_ASKED, EscalationEventKind.REOPENED)


@dataclass(frozen=True)
class HelpAsked:
    """A call for help that is no answer; it has an answer's shape. `link`: of the message that says it."""

    author_id: int | None
    at: datetime
    working: str
    need: str
    link: str | None
    plan: str = ""
    id: int | None = None
    check_in_id: int | None = None


CallForHelp = Answer | HelpAsked


def newest_call(session: Session, escalation_ids: Sequence[int]) -> dict[int, CallForHelp]:
    """By escalation id: what told of it last: an answer that opened the thread, said red again or named the same
    blocker again; or somebody who asked for help without a check-in."""
    rows = _NEWEST_CALL.all(session, escalation_ids)
    return {
        escalation_id: answer if answer is not None else asked_at(event)
        for escalation_id, answer, event in rows
        if answer is not None or event is not None
    }


def asked_at(event: EscalationEvent) -> HelpAsked:
    """What was asked for at an event."""
    return HelpAsked(event.actor_id, event.at, event.words or "", event.need or "", event.link)


def blocking_at(session: Session, moments: Mapping[int, datetime]) -> dict[int, str]:
    """By key result id: who or what blocked it at the given instant; key results that nothing blocked are absent.

    The newest blocker counts. A blocker that is named again keeps its row, so it is found by time, not by answer.
    """
    rows = _BLOCKERS.all(session, moments)
    then = {row.key_result_id: row for (row,) in rows if _stands(row, moments[row.key_result_id])}
    words = blocked_by(session, list(then.values()))
    return {key_result_id: words[row.id] for key_result_id, row in then.items()}


def _stands(blocker: Blocker, at: datetime) -> bool:
    return blocker.opened_at <= at and (blocker.cleared_at is None or blocker.cleared_at > at)


# Made once: putting such statements together takes longer than the database needs for them.

_BLOCKERS = LoadedOf(
    lambda ids: sa.select(Blocker).where(Blocker.key_result_id.in_(ids)).order_by(Blocker.opened_at, Blocker.id)
)


def _newest_calls(ids: Any) -> sa.Select[int, Answer, EscalationEvent]:
    newest = (
        sa.select(EscalationEvent.escalation_id, sa.func.max(EscalationEvent.id).label("id"))
        .where(
            EscalationEvent.escalation_id.in_(ids),
            sa.or_(
                EscalationEvent.answer_id.is_not(None),
                EscalationEvent.kind.in_([sa.literal(one, EscalationEvent.kind.type) for one in CALLS]),
            ),
        )
        .group_by(EscalationEvent.escalation_id)
        .subquery()
    )
    without_event = sa.case((EscalationEvent.id.is_(None), Escalation.answer_id))
    return (
        sa.select(Escalation.id, Answer, EscalationEvent)
        .outerjoin(newest, newest.c.escalation_id == Escalation.id)
        .outerjoin(EscalationEvent, EscalationEvent.id == newest.c.id)
        .outerjoin(Answer, Answer.id == sa.func.coalesce(EscalationEvent.answer_id, without_event))
        .where(Escalation.id.in_(ids))
    )


_NEWEST_CALL = LoadedOf(_newest_calls)
