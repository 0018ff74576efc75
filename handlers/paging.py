"""A number at the end of a command turns the page."""

from __future__ import annotations


def name_and_page(words: str) -> tuple[str, int]:
    """What stands before the number, and the page; 1 without a number."""
    name, _, last = words.rpartition(" ")
    if last.isdecimal():
        return name.strip(), page_number(last)
    return words, 1


def page_number(typed: str) -> int:
    """The page that was typed, 1 where nothing was."""
    # More than anybody has pages; the last one is shown then.
    return int(typed[:6]) if typed else 1
