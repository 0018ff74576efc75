"""Escalations: the open request for help that a red or a blocker starts."""

from __future__ import annotations

from bot.services.still_open import (
    OpenDecision,
    OpenEscalation,
    open_decisions,
    open_escalations,
    open_for_key_results,
)

__all__ = ["OpenDecision", "OpenEscalation", "open_decisions", "open_escalations", "open_for_key_results"]
