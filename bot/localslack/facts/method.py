"""What there is to know about one method of the Web API."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

SPECIAL: Final = "special"
"""A method with a rate limit of its own instead of a tier."""


class ConversationKind(StrEnum):
    PUBLIC_CHANNEL = "public_channel"
    PRIVATE_CHANNEL = "private_channel"
    DIRECT = "im"
    GROUP = "mpim"


_SCOPE_PREFIX = {
    ConversationKind.PUBLIC_CHANNEL: "channels:",
    ConversationKind.PRIVATE_CHANNEL: "groups:",
    ConversationKind.DIRECT: "im:",
    ConversationKind.GROUP: "mpim:",
}


@dataclass(frozen=True)
class Method:
    """One method of the Web API.

    `verb` is the one that `slack_sdk` sends it with. `tier` is 1 to 4, or SPECIAL. Of `scopes` a bot token needs one:
    any one to call the method at all, and for a conversation the one of its kind (`scope_for`). The token itself is
    not among the arguments. `errors` are the method's own; every method can also answer with COMMON_ERRORS.
    """

    name: str
    verb: Literal["GET", "POST"]
    tier: Literal[1, 2, 3, 4, "special"]
    scopes: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    def scope_for(self, kind: ConversationKind) -> str | None:
        """The scope needed for a conversation of the kind, or None if the kind makes no difference."""
        prefix = _SCOPE_PREFIX[kind]
        return next((scope for scope in self.scopes if scope.startswith(prefix)), None)


PER_MINUTE: dict[int, int] = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute that a tier admits at least, for one method, workspace and app."""

COMMON_ERRORS: tuple[str, ...] = (
    "not_authed",
    "invalid_auth",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "ratelimited",
    "internal_error",
    "fatal_error",
    "request_timeout",
    "service_unavailable",
)
"""Errors with which any method can answer."""
