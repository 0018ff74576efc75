"""What became of calls for help: each escalation with when it was answered and decided, in one query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.localtime import local_date_of
from bot.domain.reviews import Call
from bot.services.escalation_members import open_to
from models import Escalation, EscalationEvent, EscalationEventKind, KeyResult, Objective

Condition = sa.ColumnElement[bool]

ANSWERS = (
    EscalationEventKind.ACKNOWLEDGED,
    EscalationEventKind.TAKEN_TO_REVIEW,
    EscalationEventKind.DECIDED,
    EscalationEventKind.RESOLVED,
    EscalationEventKind.OWNER_ASKED,
)
"""What somebody does about it; the owner, who asked for help, does not answer themselves."""


@dataclass(frozen=True)
class CallHistory:
    """`team_id` holds the key result. `answered_at`: when somebody else than its owner first did something about it."""

    key_result_id: int
    team_id: int
    opened_at: datetime
    resolved_at: datetime | None
    was_needed: bool
    answered_at: datetime | None
    decided_at: tuple[datetime, ...]
    red_again_at: tuple[datetime, ...]

    def by_days(self, zone: ZoneInfo) -> Call:
        """The same in local days."""
        return Call(
            key_result_id=self.key_result_id,
            opened_on=local_date_of(self.opened_at, zone),
            resolved_on=local_date_of(self.resolved_at, zone) if self.resolved_at is not None else None,
            was_needed=self.was_needed,
            decided_on=tuple(local_date_of(at, zone) for at in self.decided_at),
            red_again_on=tuple(local_date_of(at, zone) for at in self.red_again_at),
        )


def calls(session: Session, *which: Condition) -> list[CallHistory]:
    """The escalations that fit, the oldest first. `which`: conditions over Escalation, KeyResult and Objective.

    Private ones are not counted: a number of few would tell of them.
    """
    rows = session.execute(
        sa.select(
            Escalation,
            Objective.team_id,
            KeyResult.owner_id,
            EscalationEvent.kind,
            EscalationEvent.at,
            EscalationEvent.actor_id,
        )
        .select_from(Escalation)
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .outerjoin(EscalationEvent, EscalationEvent.escalation_id == Escalation.id)
        .where(open_to(None), *which)
        .order_by(Escalation.opened_at, Escalation.id, EscalationEvent.at, EscalationEvent.id)
    ).all()
    events: dict[int, list[tuple[EscalationEventKind, datetime, int | None]]] = {}
    found: dict[int, tuple[Escalation, int]] = {}
    for escalation, team_id, owner_id, kind, at, actor_id in rows:
        found[escalation.id] = escalation, team_id
        of_call = events.setdefault(escalation.id, [])
        if kind is not None:
            of_call.append((kind, at, actor_id if actor_id != owner_id else None))
    return [_history(escalation, team_id, events[escalation.id]) for escalation, team_id in found.values()]


def _history(
    escalation: Escalation, team_id: int, events: list[tuple[EscalationEventKind, datetime, int | None]]
) -> CallHistory:
    return CallHistory(
        key_result_id=escalation.key_result_id,
        team_id=team_id,
        opened_at=escalation.opened_at,
        resolved_at=escalation.resolved_at,
        was_needed=escalation.no_decision_reason is None,
        answered_at=next((at for kind, at, actor in events if kind in ANSWERS and actor is not None), None),
        decided_at=tuple(at for kind, at, _ in events if kind is EscalationEventKind.DECIDED),
        red_again_at=tuple(at for kind, at, _ in events if kind is EscalationEventKind.RED_AGAIN),
    )
