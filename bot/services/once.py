"""Slack may deliver anything twice: the second time has no effect.

A dialog that was submitted and taken, and whose answer was lost, stays open in the state it was in. Pressed again as it
is it is one and the same. Whoever adds something first says something else: that is neither dropped nor, because it may
as well be an older press that comes late, taken for the newer word. It is shown to them once more, in a new state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import SeenEvent
from models.once import send_once
from models.prepared import Sent

KEPT = timedelta(hours=48)


class SeenBefore(Exception):
    """This delivery of Slack's had its effect already: of what was done again nothing may stay."""


class OtherWords(Exception):
    """This dialog was submitted from this very state, and taken, with other words: nothing of this one may stay."""


@dataclass(frozen=True)
class Delivered:
    """What Slack delivered: its id, and of a submitted dialog a mark of what stood in its fields."""

    id: str
    words: str = ""


def submitted(kind: str, view_id: str, view_hash: str | None, values: Mapping[str, Any]) -> Delivered:
    """A dialog that was submitted. A double click sends two payloads with triggers of their own: the same state of the
    same dialog is what makes them one."""
    words = sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]
    return Delivered(f"{kind}:{view_id}:{view_hash}", words)


def first_time(session: Session, now: datetime, *, workspace_id: int, delivered: Delivered) -> bool:
    """Whether this delivery of Slack's is seen for the first time; notes it in the handler's own transaction. Raises
    `OtherWords`."""
    session.flush()
    noted = note(session, now, workspace_id=workspace_id, delivered=delivered)
    return was_first(session, noted, workspace_id=workspace_id, delivered=delivered)


def note(session: Session, now: datetime, *, workspace_id: int, delivered: Delivered) -> Sent:
    """As `first_time`, for what is sent together with all that it does: `was_first` says then whether it was."""
    row = {"workspace_id": workspace_id, "slack_id": delivered.id, "words": delivered.words, "seen_at": now}
    return send_once(session, SeenEvent, row, key=("workspace_id", "slack_id"))


def was_first(session: Session, noted: Sent, *, workspace_id: int, delivered: Delivered) -> bool:
    """Whether what was noted had not been seen before. Raises `OtherWords`."""
    if noted.rows():
        return True
    if delivered.words:
        before = session.scalar(
            sa.select(SeenEvent.words).where(SeenEvent.workspace_id == workspace_id, SeenEvent.slack_id == delivered.id)
        )
        # A version that did not keep the words had taken all for the same.
        if before and before != delivered.words:
            raise OtherWords
    return False


def purge(session: Session, now: datetime) -> None:
    """Forget what Slack cannot deliver again."""
    session.execute(sa.delete(SeenEvent).where(SeenEvent.seen_at < now - KEPT))
