"""To a lead: the key results of somebody who has left, each with a way to give it to somebody."""

from __future__ import annotations

from dataclasses import dataclass

from bot.blocks.ids import Act
from bot.blocks.layout import button, context, section
from bot.blocks.post import Block, Post
from bot.blocks.text import said, short

MOST_LISTED = 20


@dataclass(frozen=True)
class OwnerlessOne:
    """A key result whose owner has left."""

    key_result_id: int
    number: int
    name: str
    team: str


@dataclass(frozen=True)
class Ownerless:
    """`name` is who has left; `is_back`: they are here again."""

    name: str
    key_results: tuple[OwnerlessOne, ...]
    is_back: bool = False


def ownerless(view: Ownerless) -> Post:
    """Who has left, what is without an owner, and one button each."""
    who = said(view.name, 80)
    if view.is_back:
        text = f"{who} is back, and so are their key results."
        return Post(text, (section(text),))
    count = len(view.key_results)
    if not count:
        text = f"Every key result of {who}, who has left, has an owner again. Thank you."
        return Post(text, (section(text),))
    title = f"{who} has left: {'one key result needs' if count == 1 else f'{count} key results need'} an owner"
    blocks: list[Block] = [section(f"*{title}*")]
    for one in view.key_results[:MOST_LISTED]:
        give = button("Give to…", Act.HAND_OVER, value=str(one.key_result_id))
        blocks.append(section(f"*KR-{one.number}* {short(one.name, 80)} · {short(one.team, 80)}", accessory=give))
    if count > MOST_LISTED:
        blocks.append(context(f"…and {count - MOST_LISTED} more: `/okr team` lists them, `/kr 12` gives one away"))
    until = (
        "Until somebody owns it, its check-in comes" if count == 1 else "Until somebody owns them, their check-ins come"
    )
    blocks.append(context(f"{until} to you."))
    return Post(title, tuple(blocks))
