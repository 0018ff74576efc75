"""Cursors: opaque text that says where the next page begins."""

from base64 import b64decode, b64encode
from binascii import Error

from bot.localslack.errors import SlackError


def cursor(kind: str, place: str) -> str:
    """`place`: an id, a timestamp or an index as text."""
    return b64encode(f"{kind}:{place}".encode()).decode()


def place(kind: str, given: str | None) -> str | None:
    """Where a cursor points; None without one. Raises SlackError("invalid_cursor")."""
    if given is None:
        return None
    try:
        found, _, place = b64decode(given, validate=True).decode().partition(":")
    except (Error, UnicodeDecodeError):
        raise SlackError("invalid_cursor") from None
    if found != kind or not place:
        raise SlackError("invalid_cursor")
    return place


def page_of(items: list[str], kind: str, given: str | None, limit: int) -> tuple[list[str], str]:
    """A page of a list that only grows, and the cursor of the next page ("" after the last)."""
    at = place(kind, given)
    if at is not None and not at.isdigit():
        raise SlackError("invalid_cursor")
    start = int(at or 0)
    end = start + limit
    return items[start:end], cursor(kind, str(end)) if end < len(items) else ""
