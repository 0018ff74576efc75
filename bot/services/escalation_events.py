"""What happened in an escalation, noted: one event, and one audit event beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.services import audit
from models import Answer, Escalation, EscalationEvent, EscalationEventKind


@dataclass(frozen=True)
class Called:
    """What a call for help without a check-in says: in words, or by a message's link; `quote`: its text, to post."""

    stuck: str = ""
    need: str = ""
    link: str | None = None
    quote: str | None = None


def note(
    session: Session,
    now: datetime,
    escalation: Escalation,
    kind: EscalationEventKind,
    *,
    actor_id: int | None = None,
    answer: Answer | None = None,
    decision_id: int | None = None,
    step_id: int | None = None,
    reason: str | None = None,
    words: str | None = None,
    called: Called | None = None,
) -> EscalationEvent:
    """Write it down. `actor_id` is null for what no person did: the ladder goes on by itself."""
    event = EscalationEvent(
        workspace_id=escalation.workspace_id,
        escalation_id=escalation.id,
        kind=kind,
        actor_id=actor_id,
        answer_id=answer.id if answer is not None else None,
        decision_id=decision_id,
        step_id=step_id,
        reason=reason,
        words=called.stuck or None if called is not None else words,
        need=called.need or None if called is not None else None,
        link=called.link if called is not None else None,
        quote=called.quote if called is not None else None,
        at=now,
    )
    session.add(event)
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=escalation.workspace_id,
        actor_id=actor_id,
        action=f"escalation.{kind.value}",
        subject=escalation,
        detail={"event": event.id, "state": escalation.state.value},
    )
    return event
