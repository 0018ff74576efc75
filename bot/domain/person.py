"""A person as a chat workspace describes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """`time_zone` is an IANA name, null where the workspace did not say."""

    slack_user_id: str
    name: str
    display_name: str
    email: str | None
    time_zone: str | None
    is_bot: bool
    is_guest: bool
    is_external: bool
    deleted: bool
