"""What can go wrong, told the way each side expects it."""

from typing import Any


class SlackError(Exception):
    """A Web API answer with `ok: false`. `extra` holds further fields of that answer."""

    def __init__(self, error: str, *, status: int = 200, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.status = status
        self.headers = headers or {}
        self.extra = extra


class ActError(Exception):
    """A person tried something that this Slack does not offer them: no such button, person, channel or view."""


class SetupError(Exception):
    """The workspace or the app was described in a way that cannot be: an unknown zone, a name that is taken."""


class FaultError(SetupError):
    """A rule for what goes wrong that cannot be, or that would never do anything."""
