"""What a handler answers. It returns one of these after its transaction is committed; the boundary speaks Bolt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.blocks.post import Post, View


@dataclass(frozen=True)
class Done:
    """Nothing to say. Closes a submitted dialog."""


@dataclass(frozen=True)
class Errors:
    """The dialog stays open, with a sentence under each field, by block id."""

    by_block: Mapping[str, str]


@dataclass(frozen=True)
class Show:
    """A submitted dialog goes on with another view."""

    view: View


@dataclass(frozen=True)
class Whisper:
    """Only the person who acted reads it, where they acted. In a dialog it is shown as the dialog's end.

    `incident`: what stands in the words and in the log, where something failed.
    """

    post: Post
    incident: str | None = None


@dataclass(frozen=True)
class Options:
    """Suggestions for a menu that asks while typing."""

    options: Sequence[Mapping[str, object]]


Reply = Done | Errors | Show | Whisper | Options
