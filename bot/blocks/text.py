"""Text that people typed, made inert: it can mention nobody, link nowhere, and format or turn around nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.domain.reading_order import unturned

ELLIPSIS = "…"

# Of what somebody typed that is given back: Slack takes no longer command.
TYPED = 4000

# As many pieces of what somebody typed are given back one by one.
MOST_QUOTED = 8

# A word joiner after the @ or the scheme stops Slack's own parsing of `@channel` and of bare links.
_JOINER = "\u2060"


def escape(text: str) -> str:
    """User text for mrkdwn: `& < >` escaped, so that `<!channel>`, `<@U…>` and `<http…|…>` are only characters."""
    inert = unturned(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if "@" in inert:
        inert = re.sub(r"@(?=channel|here|everyone)", f"@{_JOINER}", inert)
    return re.sub(r"(?i)\b(https?):(?=//)", rf"\1{_JOINER}:", inert) if "://" in inert else inert


@lru_cache(maxsize=1024)  # most of what a dialog says is the same every time
def clip(text: str, limit: int) -> str:
    """At most `limit` code points, on one line; cut with an ellipsis, behind a word if one ends in the second half."""
    line = " ".join(unturned(text).split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    ends = len(cut) if line[limit - 1] == " " else cut.rfind(" ")
    whole_words = cut[:ends] if ends >= limit // 2 else cut
    return whole_words.rstrip(" ,;:.–—-") + ELLIPSIS


def stopped(text: str) -> str:
    """The end of a sentence: with a full stop, unless it ends in a mark of its own."""
    return text if text.endswith((ELLIPSIS, ".", "!", "?")) else f"{text}."


def too_long(length: int, limit: int) -> str:
    """Under a field, where more was typed than fits (both in characters): what a person can do about it."""
    return f"This is {length:,} characters long and {limit:,} fit. Please shorten it a little."


def unmarked(sentence: str) -> str:
    """A sentence of ours in mrkdwn as plain text, for places where Slack formats nothing: under a field, above all."""
    bare = re.sub(r"\*(\S[^*\n]*)\*", r"\1", sentence)
    bare = re.sub(r"`([^`\n]+)`", r"\1", bare)
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def said(text: str, limit: int = 300) -> str:
    """What somebody typed, on one line, cut to `limit` code points as read, inert: the one way into a message."""
    return escape(clip(text, limit))


def short(text: str, limit: int) -> str:
    """As `said`; much shorter where it is mostly characters that grow when they are escaped."""
    inert = said(text, limit)
    return inert if len(inert) <= 2 * limit else said(text, limit // 8)


def quoted(pieces: Sequence[str]) -> str:
    """How each piece of what somebody typed begins; the first few of many."""
    named = ", ".join(f"“{said(piece, 60)}”" for piece in pieces[:MOST_QUOTED])
    return f"{named} and {len(pieces) - MOST_QUOTED} more" if len(pieces) > MOST_QUOTED else named


def given_back(words: str, typed: str) -> str:
    """The words, and after them what somebody typed, if anything, where nothing else keeps it."""
    typed = said(typed, TYPED)
    return f"{words} You typed: “{typed}”." if typed else words


def plain(text: str, limit: int) -> dict[str, object]:
    """A plain_text object; Slack formats nothing in it, so nothing is escaped."""
    return {"type": "plain_text", "text": clip(text, limit) or " ", "emoji": True}


def mrkdwn(text: str) -> dict[str, object]:
    """A mrkdwn object of our own sentence, whose typed parts went through `said`."""
    return {"type": "mrkdwn", "text": text}
