"""Somebody else does something while a transaction of ours is open."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P, T = ParamSpec("P"), TypeVar("T")

# On SQLite, and where a row is held, whoever is second waits until the first has committed.
WAITS = 0.5


class AtOnce:
    """Runs `act` once, in a thread of its own, after the first call of what it is put behind. Our transaction stays
    open until it is done, or for as long as it could go on if nothing held it up."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._other = threading.Thread(target=act, name="at-once")

    def after(self, step: Callable[P, T]) -> Callable[P, T]:
        """`step`, with the other one behind it."""

        def and_then(*given: P.args, **named: P.kwargs) -> T:
            found = step(*given, **named)
            if self._other.ident is None:
                self._other.start()
                self._other.join(WAITS)
            return found

        return and_then

    def ends(self) -> None:
        """Wait until the other one is done."""
        self._other.join(30)
        assert not self._other.is_alive()
