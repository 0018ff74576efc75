"""Slack may deliver anything twice: the second time has no effect."""

from __future__ import annotations

import json
from collections.abc import Mapping
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


def of_dialog(kind: str, view_id: str, view_hash: str | None, words: Mapping[str, Any]) -> str:
    """The id of what was submitted: a dialog, its state, and the words in it.

    A double click sends two payloads with triggers of their own: the same words in the same state of the same dialog
    are what makes them one. Who was not told that they were taken, and adds something before they press again, says
    something else.
    """
    return f"{kind}:{view_id}:{view_hash}:{sha256(json.dumps(words, sort_keys=True).encode()).hexdigest()[:16]}"


def other_words_came(session: Session, *, workspace_id: int, slack_id: str) -> bool:
    """Whether other words were submitted in the same state of the same dialog, and taken."""
    state = slack_id.rsplit(":", 1)[0] + ":"
    seen = sa.select(SeenEvent.id).where(
        SeenEvent.workspace_id == workspace_id,
        SeenEvent.slack_id.startswith(state, autoescape=True),
        SeenEvent.slack_id != slack_id,
    )
    return session.scalar(seen.limit(1)) is not None


def first_time(session: Session, now: datetime, *, workspace_id: int, slack_id: str) -> bool:
    """Whether this delivery of Slack's is seen for the first time; notes it in the handler's own transaction."""
    session.flush()
    return bool(note(session, now, workspace_id=workspace_id, slack_id=slack_id).rows())


def note(session: Session, now: datetime, *, workspace_id: int, slack_id: str) -> Sent:
    """As `first_time`, for what is sent together with all that it does: it has a row where it is the first time."""
    row = {"workspace_id": workspace_id, "slack_id": slack_id, "seen_at": now}
    return send_once(session, SeenEvent, row, key=("workspace_id", "slack_id"))


def purge(session: Session, now: datetime) -> None:
    """Forget what Slack cannot deliver again."""
    session.execute(sa.delete(SeenEvent).where(SeenEvent.seen_at < now - KEPT))
