"""What a builder makes: the text of the notification, and the blocks of the message."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

Block = Mapping[str, Any]
View = Mapping[str, Any]

CHART = "data_visualization"


@dataclass(frozen=True)
class Post:
    """A message. `text` is what a locked phone shows and a screen reader reads: it must say the point alone."""

    text: str
    blocks: tuple[Block, ...] = ()

    @property
    def has_charts(self) -> bool:
        """It holds pictures of a kind that not every Slack takes yet."""
        return any(block.get("type") == CHART for block in self.blocks)

    @property
    def mark(self) -> str:
        """The same for what reads the same, and else another: 32 hexadecimal digits."""
        whole = json.dumps([self.text, self.blocks], sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()

    @property
    def in_words(self) -> Post:
        """The same without those pictures; the words beside them say it all."""
        return replace(self, blocks=tuple(block for block in self.blocks if block.get("type") != CHART))
