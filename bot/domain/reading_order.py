"""Marks that change in which order text is read, and that nobody sees.

Somebody's words may not turn around what stands behind them: a score, a name, the end of our own sentence. The marks
that scripts and emoji need (left-to-right and right-to-left marks, joiners) stay.
"""

from __future__ import annotations

# Embeddings, overrides, isolates, and the ends of them.
TURNING = "".join(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))

_NONE_OF_THEM = dict.fromkeys(map(ord, TURNING))


def unturned(text: str) -> str:
    """The text without `TURNING`."""
    return text if text.isascii() else text.translate(_NONE_OF_THEM)
