"""What a person has read: a mark in each conversation, and what stands beyond it."""

from dataclasses import dataclass

from bot.localslack.ids import ts_key
from bot.localslack.messages import first_at_or_after
from bot.localslack.state import Channel, Person, Workspace
from bot.localslack.world import World

MOST_COUNTED = 100
"""Beyond so many unread messages nobody counts on."""


@dataclass(frozen=True)
class Unread:
    """What a person has not read in a conversation: messages of others outside of threads, and what rang."""

    messages: int
    rings: int


def unread(workspace: Workspace, person: Person, channel: Channel) -> Unread:
    """`rings`: direct messages, mentions and thread replies since the mark. Both are counted up to MOST_COUNTED."""
    desk = workspace.desk(person.id)
    mark = desk.read.get(channel.id, "0")
    newer = channel.top[first_at_or_after(channel.top, mark) :][-MOST_COUNTED:]
    rang = sum(one.channel == channel.id and ts_key(one.ts) > ts_key(mark) for one in desk.notifications)
    return Unread(
        messages=sum(ts != mark and channel.messages[ts].user != person.id for ts in newer),
        rings=min(rang, MOST_COUNTED),
    )


def mark_read(world: World, workspace: Workspace, person: Person, channel: Channel) -> None:
    """The person has seen all that stands in a conversation now, its threads included."""
    desk = workspace.desk(person.id)
    own = [one.ts for one in desk.notifications if one.channel == channel.id]
    newest = max([*own, *channel.top[-1:]], key=ts_key, default=None)
    before = desk.read.get(channel.id, "0")
    if newest is not None and ts_key(newest) > ts_key(before):
        desk.read[channel.id] = newest
        world.touch()
