"""How much is measured: all of it, or just enough to see that it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Scale:
    quick: bool = False

    def pick(self, whole: T, quick: T) -> T:
        return quick if self.quick else whole
