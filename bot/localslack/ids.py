"""Slack's ids, made from counters and a seed, so that the same story gives the same ids."""

from collections import Counter
from datetime import datetime
from hashlib import sha256

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Ids:
    """Makes ids of each kind in order; two instances with one seed agree."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._counters: Counter[str] = Counter()

    def next(self, prefix: str) -> str:
        """An id such as U000000001K: the prefix (U, C, D, G, T, V, B, A, Ev, …) and nine base-36 digits."""
        return prefix + _base36(self._count(prefix) + 36**3, 9)

    def secret(self, kind: str, length: int = 32) -> str:
        """Hexadecimal digits that nobody guesses by counting, for triggers, tickets and response addresses."""
        return sha256(f"{self._seed}:{kind}:{self._count(kind)}".encode()).hexdigest()[:length]

    def uuid(self, kind: str) -> str:
        """Text in the form of a UUID."""
        digits = self.secret(kind)
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))

    def number(self, kind: str) -> int:
        """1, 2, 3, … for each kind."""
        return self._count(kind)

    def _count(self, kind: str) -> int:
        self._counters[kind] += 1
        return self._counters[kind]


class Timestamps:
    """Message timestamps such as "1790000000.000100": seconds and microseconds, strictly increasing in a workspace."""

    def __init__(self) -> None:
        self._latest = 0

    def next(self, now: datetime) -> str:
        self._latest = max(self._latest + 1, microseconds(now))
        return f"{self._latest // 1_000_000}.{self._latest % 1_000_000:06d}"


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware datetime, exactly."""
    whole = int(instant.timestamp() // 1)
    return whole * 1_000_000 + instant.microsecond


def ts_key(ts: str) -> tuple[int, int]:
    """A sortable key of a timestamp. Raises ValueError for text that is not one ("1790000000" and "0" are)."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds), int((fraction or "0").ljust(6, "0")[:6])


def _base36(number: int, width: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits = _DIGITS[rest] + digits
    return digits.rjust(width, "0")
