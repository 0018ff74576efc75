"""An escalation is made private: from then on its members see it, and nobody else."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.escalation import EscalationState
from bot.domain.permissions import Action
from bot.services import dependency_ladder, digest_readers
from bot.services.access import Caller, key_result_facts
from bot.services.escalation import held, seen
from bot.services.escalation_case import names_of, root_of
from bot.services.escalation_events import note
from bot.services.escalation_thread import group_of, move_thread
from bot.services.refusals import Reason, Refused
from models import Escalation, EscalationEventKind, KeyResult


def before_private(
    session: Session, *, caller: Caller, escalation_id: int
) -> tuple[Escalation, KeyResult, list[str], str | None]:
    """What making it private would mean: who would go on seeing it, and the channel that the thread would leave.

    Raises `Refused` where the caller may not, it is over, or private already.
    """
    escalation = _not_private(seen(session, caller, escalation_id, Action.MAKE_PRIVATE))
    root = root_of(session, escalation)
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    readers = [one.id for one in group_of(session, escalation, [caller.member_id])]
    co_owners = sorted(key_result_facts(session, key_result).co_owner_ids)
    names = list(names_of(session, list(dict.fromkeys([*readers, *co_owners]))))
    return escalation, key_result, names, root.channel_id if root is not None else None


def make_private(session: Session, now: datetime, *, caller: Caller, escalation_id: int) -> None:
    """From now on its members see it, and nobody else. Made private twice is once. Raises `Refused` as above."""
    escalation = held(session, caller, escalation_id, Action.MAKE_PRIVATE)
    if escalation.private_at is not None:
        return
    _not_private(escalation)
    escalation.private_at = now
    session.flush()
    note(session, now, escalation, EscalationEventKind.MADE_PRIVATE, actor_id=caller.member_id)
    move_thread(session, now, escalation, caller.member_id)
    dependency_ladder.redraw_about(session, now, escalation.key_result_id)
    digest_readers.made_private(session, now, escalation)


def _not_private(escalation: Escalation) -> Escalation:
    if escalation.state is EscalationState.RESOLVED:
        raise Refused(Reason.ESCALATION_RESOLVED)
    if escalation.private_at is not None:
        raise Refused(Reason.PRIVATE_ALREADY)
    return escalation
