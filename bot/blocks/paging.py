"""Long lists: lines gathered into paragraphs, paragraphs into pages that Slack takes as one message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bot.blocks.layout import section
from bot.blocks.post import Block

PARAGRAPH = 2800
# Slack refuses a message somewhere above 13,000 characters of blocks, and above 50 blocks; a heading and a footer
# are added to a page.
PAGE_CHARACTERS = 11_000
PAGE_BLOCKS = 40


def paragraphs(title: str, lines: Iterable[str]) -> list[Block]:
    """Sections of as many whole lines as fit, the title above the first. A line is far shorter than a section."""
    found: list[Block] = []
    text = title
    for line in lines:
        if len(text) + len(line) + 1 > PARAGRAPH:
            found.append(section(text))
            text = line
        else:
            text = f"{text}\n{line}"
    return [*found, section(text)]


def pages(blocks: Sequence[Block]) -> list[tuple[Block, ...]]:
    """The blocks in order, on as few pages as hold them; one page at least, which may be empty."""
    found: list[list[Block]] = [[]]
    size = 0
    for block in blocks:
        length = len(json.dumps(block, ensure_ascii=False)) + 1
        if found[-1] and (size + length > PAGE_CHARACTERS or len(found[-1]) == PAGE_BLOCKS):
            found.append([])
            size = 0
        found[-1].append(block)
        size += length
    return [tuple(page) for page in found]
