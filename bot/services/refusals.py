"""A refusal, raised by services and turned into a sentence by `bot/blocks/refusals.py`."""

from __future__ import annotations

from typing import Any

from bot.domain.refusals import Reason

__all__ = ["Reason", "Refused"]


class Refused(Exception):
    """The person may not, or it makes no sense now. `facts` fill the sentence (numbers, names, dates)."""

    def __init__(self, reason: Reason, **facts: Any) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.facts = facts
