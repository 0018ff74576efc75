"""The local Slack's clock: real time plus an offset that only ever grows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def real_time() -> datetime:
    """The machine's time as an aware UTC datetime. The only place in the local Slack that reads it."""
    return datetime.now(UTC)


class SlackClock:
    """A clock that people can push forward and that never goes back.

    `base` is any callable that returns an aware UTC datetime: real time by default, a constant or a simulation's
    queue where nothing may depend on the machine.
    """

    def __init__(self, base: Callable[[], datetime] = real_time, *, start: datetime | None = None) -> None:
        """`start`: what the clock shows at first (aware); the base's own time when left out. It may lie in the past."""
        self._base = base
        self._offset = timedelta(0) if start is None else start.astimezone(UTC) - base()
        self._latest = base() + self._offset

    def now(self) -> datetime:
        """The present instant (aware, UTC), never earlier than any instant returned before."""
        self._latest = max(self._latest, self._base() + self._offset)
        return self._latest

    def jump_to(self, instant: datetime) -> datetime:
        """Move forward to `instant` (aware); returns it in UTC. Raises ValueError for a naive or an earlier one."""
        if instant.tzinfo is None:
            raise ValueError("the clock takes aware datetimes only")
        target = instant.astimezone(UTC)
        if target < self.now():
            raise ValueError(f"the clock shows {self.now().isoformat()} and does not go back to {target.isoformat()}")
        self._offset = target - self._base()
        self._latest = target
        return target
