"""What a session remembers while it only reads: its rows stay in it, and answers that were found are given again.

SQLAlchemy itself forgets a row as soon as nobody holds it, and reads it again at the next mention. Drawing one message
mentions the same people, teams and key results in a dozen places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Session

P = ParamSpec("P")
T = TypeVar("T")

_MEMORY = "okra_memory"


@dataclass
class _Memory:
    rows: list[object] = field(default_factory=list)
    answers: dict[Any, Any] = field(default_factory=dict)


@contextmanager
def remembering(session: Session) -> Iterator[None]:
    """In this block the session remembers. Nothing that is read in it may be changed in it; what others change
    meanwhile is not seen."""
    if _MEMORY in session.info:
        yield
        return
    session.info[_MEMORY] = _Memory()
    try:
        yield
    finally:
        del session.info[_MEMORY]


def remembered(read: Callable[Concatenate[Session, P], T]) -> Callable[Concatenate[Session, P], T]:
    """A query whose answer is given again in a block of `remembering`, to whoever asks the same.

    Its arguments are hashable, and nobody changes what it returns.
    """

    def ask(session: Session, /, *args: P.args, **named: P.kwargs) -> T:
        memory: _Memory | None = session.info.get(_MEMORY)
        if memory is None:
            return read(session, *args, **named)
        question = (read, args, tuple(sorted(named.items())))
        if question not in memory.answers:
            memory.answers[question] = read(session, *args, **named)
        found: T = memory.answers[question]
        return found

    update_wrapper(ask, read)
    return ask


def kept(session: Session, of: object) -> dict[Any, Any] | None:
    """Answers to many questions at a time: what stays as long as the session remembers. None where it does not."""
    memory: _Memory | None = session.info.get(_MEMORY)
    if memory is None:
        return None
    found: dict[Any, Any] = memory.answers.setdefault(of, {})
    return found


@event.listens_for(Session, "loaded_as_persistent")
def _keep(session: Session, row: object) -> None:
    memory: _Memory | None = session.info.get(_MEMORY)
    if memory is not None:
        memory.rows.append(row)
