"""A team that an admin looks at before it joins: each person's first message, and the way to switch it on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.blocks.dates import weekday_time
from bot.blocks.ids import Dialog, Typed
from bot.blocks.layout import context, dialog, divider, field_input, section
from bot.blocks.post import Block, Post, View
from bot.blocks.text import plain, said

MOST_PEOPLE = 12
MOST_BLOCKS = 90
# A view may have 250 kB.
MOST_BYTES = 200_000
NAME = 80

# What stands in a message without being pressed.
_READ = {"section", "context", "divider", "header"}


@dataclass(frozen=True)
class FirstLook:
    """What a person gets first. `at` is when the prompt comes, by their own clock; `introduction` null: they had it."""

    name: str
    at: datetime
    introduction: Post | None
    prompt: Post


@dataclass(frozen=True)
class Preview:
    """`channel_id`: where the digest would go, where that is known already; `channel` as an import named it."""

    team_id: int
    team: str
    channel_id: str | None
    channel: str | None
    people: tuple[FirstLook, ...]


def preview_dialog(view: Preview) -> View:
    """Every first message as it would be read, below the two channels; submitting it switches the team on."""
    blocks: list[Block] = [
        section(f"*{said(view.team, NAME)}* is off: nobody is asked anything. {_what_happens(view.people)}"),
        field_input(
            "Where should the digest go?",
            Typed.DIGEST_CHANNEL,
            _channel(Typed.DIGEST_CHANNEL, view.channel_id),
            hint=_channel_hint(view.channel),
        ),
        field_input(
            "And requests for help, if elsewhere?",
            Typed.HELP_CHANNEL,
            _channel(Typed.HELP_CHANNEL, None),
            optional=True,
        ),
    ]
    shown = 0
    for person in view.people[:MOST_PEOPLE]:
        more = _person(person)
        if len(blocks) + len(more) > MOST_BLOCKS or len(json.dumps([*blocks, *more])) > MOST_BYTES:
            break
        blocks += more
        shown += 1
    if shown < len(view.people):
        blocks.append(context(f"and {len(view.people) - shown} more people; `okra team on` shows every message"))
    return dialog(
        "Before it is on",
        blocks,
        callback_id=Dialog.TEAM_ON,
        metadata=json.dumps({"team": view.team_id}),
        submit="Switch on",
        close="Not yet",
    )


def is_on_now(team: str, people: int) -> Post:
    """To the admin who has switched it on."""
    who = "one person hears" if people == 1 else f"{people or 'nobody'} {'people hear' if people else 'hears'}"
    return Post(f"{said(team, NAME)} is on: {who} from me now, and the first check-in comes with their next week.")


def was_on_already(team: str) -> Post:
    return Post(f"{said(team, NAME)} was on already; its channels are as you say now.")


def channel_missing() -> str:
    return "Please choose a channel: that is where the team's week is read."


def not_in_channel() -> str:
    return "I am not in that channel yet. Type /invite @Okra in it, and then switch on again."


def shared_outside() -> str:
    return (
        "People of another organisation read that channel, or were invited to. What I say is for yours alone: please "
        "choose a channel that is not shared."
    )


def channel_not_looked_at() -> str:
    return "Slack did not tell me just now who reads that channel. Please try again in a moment."


def _what_happens(people: Sequence[FirstLook]) -> str:
    if not people:
        return "None of its key results has an owner whom Slack knows, so nobody would be asked."
    count = "one person gets" if len(people) == 1 else f"{len(people)} people get"
    return f"Once it is on, {count} the messages below."


def _channel_hint(named: str | None) -> str:
    where = f"Your file says {named[:NAME]}. " if named else ""
    return f"{where}I can only post where I am: type /invite @Okra in it first."


def _channel(action_id: str, initial: str | None) -> Block:
    element: dict[str, object] = {
        "type": "conversations_select",
        "action_id": action_id,
        "placeholder": plain("A channel", 150),
        "filter": {
            "include": ["public", "private"],
            "exclude_external_shared_channels": True,
            "exclude_bot_users": True,
        },
    }
    if initial is not None:
        element["initial_conversation"] = initial
    return element


def _person(person: FirstLook) -> list[Block]:
    blocks: list[Block] = [divider()]
    if person.introduction is not None:
        blocks += [context(f"{said(person.name, NAME)}, as soon as it is on"), *_as_read(person.introduction)]
    blocks += [context(f"{said(person.name, NAME)}, {weekday_time(person.at)}"), *_as_read(person.prompt)]
    return blocks


def _as_read(post: Post) -> list[Block]:
    """A message without what can be pressed: it is nobody's yet."""
    shown: list[Block] = []
    for one in post.blocks or (section(post.text),):
        if one["type"] in _READ:
            shown.append({name: value for name, value in one.items() if name not in ("accessory", "block_id")})
    return shown
