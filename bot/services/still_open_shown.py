"""What waits for somebody, as Home and the message of a morning show it."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from bot.blocks.home_now import Asking, OwnDecision
from bot.domain.localtime import local_date_of
from bot.services.still_open import OpenDecision, OpenEscalation


def asking_of(one: OpenEscalation, zone: ZoneInfo, today: date) -> Asking:
    """A request for help; `zone` is the reader's, and so is `today`."""
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
        back_from=one.back_from(today),
    )


def decision_of(one: OpenDecision) -> OwnDecision:
    """A follow-up that the reader makes happen, or is asked about because its owner has left."""
    return OwnDecision(
        decision_id=one.decision_id,
        number=one.number,
        text=one.text,
        decided_by=one.decided_by_name,
        due_on=one.due_on,
        link=one.link,
        kind=one.kind,
        left=one.owner_name if one.owner_left else "",
    )
