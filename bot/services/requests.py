"""What waits for somebody, as Home and the message of a morning show it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.blocks.home_now import Asking, OwnDecision
from bot.domain.localtime import local_date_of
from bot.services.still_open import OpenDecision, OpenEscalation


def asking_of(one: OpenEscalation, zone: ZoneInfo) -> Asking:
    """A request for help; `zone` is the reader's."""
    return Asking(
        escalation_id=one.escalation_id,
        number=one.number,
        name=one.metric or one.text,
        state=one.state,
        since=local_date_of(one.opened_at, zone),
        need=one.need,
        stuck=one.stuck,
        asked=one.asked_name,
        taken_by=one.taken_by_name,
        link=one.link,
        is_private=one.is_private,
    )


def decision_of(one: OpenDecision) -> OwnDecision:
    """A follow-up that the reader makes happen."""
    return OwnDecision(one.decision_id, one.number, one.text, one.decided_by_name, one.due_on, one.link, one.kind)
