"""Channels that people of other organisations read."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped

from models.base import Base, InWorkspace


class SharedChannel(InWorkspace, Base):
    """A channel that people of another organisation read, or were invited to, when Slack was last asked: nothing is
    posted or brought up to date there. Once it is shared no more, the row goes."""

    __tablename__ = "shared_channel"
    __table_args__ = (sa.UniqueConstraint("workspace_id", "slack_id"),)

    slack_id: Mapped[str]
    found_at: Mapped[datetime]
