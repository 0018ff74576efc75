"""The proposal to stop a digest that nobody presses anything in."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass

from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, section
from bot.blocks.post import Block, Post
from bot.blocks.text import said


class Outcome(enum.Enum):
    OPEN = "open"
    KEPT = "kept"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Unread:
    """`weeks`: in so many digests running nobody pressed anything. `digest_id` is the one that came after them."""

    digest_id: int
    team: str
    weeks: int
    outcome: Outcome


def unread(about: Unread) -> Post:
    """To the team's lead and to the admins. A digest that is read without a press is fine: one press says so."""
    team = said(about.team, 80)
    title = f"Does anybody read the digest of {team}?"
    blocks: list[Block] = [
        section(
            f"*{title}* Nobody pressed anything in its last {about.weeks} weeks. "
            "Without it there is one message a week less; check-ins and requests for help go on as they are."
        )
    ]
    match about.outcome:
        case Outcome.OPEN:
            value = json.dumps({"digest": about.digest_id})
            blocks.append(
                actions(
                    button("Keep it", Act.KEEP_DIGEST, value=value), button("Stop it", Act.STOP_DIGEST, value=value)
                )
            )
        case Outcome.KEPT:
            blocks.append(section("It stays. I ask again only if another four go by like this."))
        case Outcome.STOPPED:
            blocks.append(section(f"It is stopped. `/okr digest {team}` shows it any time, and starts it again."))
    return Post(title, tuple(blocks))
