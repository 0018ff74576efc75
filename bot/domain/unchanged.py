"""*Nothing changed*: where a value may stay as it was without being typed again."""

from __future__ import annotations

from bot.domain.confidence import Confidence


def may_stay(confidence: Confidence | None, *, has_value: bool, stayed_last_time: bool) -> bool:
    """Whether "nothing changed" may be said of a key result whose newest answer was this.

    Never twice running, and never of a red: what stands still for weeks, and what is in trouble, is looked at again.
    Where nothing was answered or no value is known, there is nothing that could have stayed.
    """
    return confidence in (Confidence.GREEN, Confidence.YELLOW) and has_value and not stayed_last_time
