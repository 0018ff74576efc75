"""To be written."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session


def replan(session: Session, now: datetime, member_ids: Collection[int]) -> None:
    """To be written."""


def open_due(session: Session, now: datetime, limit: int) -> int:
    return 0


def close_due(session: Session, now: datetime, limit: int) -> int:
    return 0
