"""Escalations: the open request for help that a red or a blocker starts."""

from __future__ import annotations

import enum


class EscalationState(enum.Enum):
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    IN_REVIEW = "in_review"
    DECIDED = "decided"
    RESOLVED = "resolved"
