"""Beneath the newest reply in a thread: where it stands, and how to act."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.blocks.escalation import buttons_of
from bot.blocks.escalation_path import coming
from bot.blocks.escalation_shown import Case, stage
from bot.blocks.layout import actions, context
from bot.blocks.post import Post
from bot.domain.escalation import EscalationState


@dataclass(frozen=True)
class Foot:
    """`acts`: with the buttons, because the thread's first message is out of reach."""

    acts: bool

    def shows_resolve(self, case: Case) -> bool:
        """Whether *Resolve* is a button of its own there, not an entry behind three dots."""
        return self.acts and case.state is EscalationState.DECIDED


def with_foot(post: Post, case: Case, foot: Foot) -> Post:
    """A reply with the state beneath it, and with what can be pressed now."""
    now = [f"Now: {stage(case)}", *coming(case.expected, case.steps, case.state, case.zone)]
    pressable = buttons_of(case) if foot.acts else ()
    acts = [actions(*pressable)] if pressable else []
    return replace(post, blocks=(*post.blocks, context(" · ".join(now)), *acts))
