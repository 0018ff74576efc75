"""A person as a chat workspace describes them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Status:
    """What somebody's Slack status says. `emoji` is its name without colons; `until` is an aware instant, or null."""

    text: str = ""
    emoji: str = ""
    until: datetime | None = None

    def says(self, words: Collection[str]) -> bool:
        """Whether it contains one of these words, whatever their case: "vacation" is in "Vacationing"."""
        told = f"{self.text} {self.emoji.replace('_', ' ')}".casefold()
        return any(word.casefold() in told for word in words if word.strip())


@dataclass(frozen=True)
class Person:
    """`time_zone` is an IANA name, null where the workspace did not say.

    `slack_team_id` and `enterprise_id` say where the person belongs, which through a shared channel may be another
    organisation; `is_external`: the workspace itself calls them a stranger. `updated_at`: since when they are as
    described, an aware instant, or null where the workspace did not say.
    """

    slack_user_id: str
    name: str
    display_name: str
    email: str | None
    time_zone: str | None
    is_bot: bool
    is_guest: bool
    is_external: bool
    deleted: bool
    slack_team_id: str | None = None
    enterprise_id: str | None = None
    status: Status = Status()
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Home:
    """A workspace, and the enterprise that it is a part of, if any."""

    slack_team_id: str
    enterprise_id: str | None = None

    def is_home_of(self, person: Person) -> bool:
        """Whether somebody belongs here. Not being called a stranger is not enough, nor is not being placed."""
        if person.is_external:
            return False
        is_colleague = self.enterprise_id is not None and person.enterprise_id == self.enterprise_id
        return is_colleague or person.slack_team_id == self.slack_team_id
