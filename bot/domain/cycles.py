"""Cycles: one organisation-wide period, usually a quarter."""

from __future__ import annotations

import enum


class CycleState(enum.Enum):
    PLANNING = "planning"
    ACTIVE = "active"
    CLOSING = "closing"
    CLOSED = "closed"
