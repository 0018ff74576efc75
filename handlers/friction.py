"""`/okr friction`: which team waits for which."""

from __future__ import annotations

from bot.blocks import friction as blocks
from bot.runtime import Runtime
from bot.services import friction
from handlers.reply import Reply, Whisper
from handlers.request import Request


def listed(runtime: Runtime, request: Request, _rest: str = "") -> Reply:
    """The whole workspace's, as far as the caller may see it; there is nothing to type behind it."""
    with runtime.read() as session:
        found = friction.friction(session, request.caller, runtime.now())
    return Whisper(blocks.friction(found.cycles, found.pairs))
