"""The ids that come back from Slack, in a button, an option or a dialog's metadata: nothing is taken for granted."""

from __future__ import annotations

import json
from typing import Any

from bot.services.refusals import Reason, Refused

# The most digits that fit into a column of ids whatever they are.
_MOST_DIGITS = 18


def parse_id(found: object, unless: Reason) -> int:
    """A row's id, or a key result's number. Raises `Refused(unless)` where it is none, or longer than any is."""
    text = str(found)
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        raise Refused(unless)
    return int(text)


def parse_ids(value: str, *names: str, unless: Reason) -> dict[str, Any]:
    """What a button with more than one thing in its value is about, with an id under each name. Raises as `parse_id`
    does."""
    try:
        about = json.loads(value)
    except ValueError:
        about = None
    if not isinstance(about, dict):
        raise Refused(unless)
    return about | {name: parse_id(about.get(name), unless) for name in names}
