"""What a person is told about a file that they want to import."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """Something to put right, or (in a list of warnings) to know. Sorts in the order of the file.

    `line` is the physical line of the file, counted from 1, on which the cell begins. `column` is the column's name as
    `Column` spells it, or "" where the whole line is meant.
    """

    line: int
    column: str
    message: str


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sorted by line, then column; each said once."""
    return tuple(sorted(set(problems)))


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 key result`, `3 key results`; `many` for words that do not just take an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def shown(text: str, limit: int = 60) -> str:
    """A text from the file as a message quotes it: in typographic quotes, cut where it is long."""
    return f"“{text}”" if len(text) <= limit else f"“{text[: limit - 1].rstrip()}…”"
