"""To be written."""

from __future__ import annotations

from handlers.boundary import Desk


def register(desk: Desk) -> None:
    """To be written."""
