"""A field of a dialog that takes some words: there have to be some, and they have to fit."""

from __future__ import annotations

from collections.abc import Callable

from bot.blocks.text import too_long


def problem_with(text: str, most: int, missing: Callable[[], str]) -> str | None:
    """What is said under the field; None where nothing is wrong. `most` counts code points."""
    if not text:
        return missing()
    return too_long(len(text), most) if len(text) > most else None
