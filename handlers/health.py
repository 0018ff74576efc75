"""`/okr health`: how the programme goes for a team."""

from __future__ import annotations

from bot.blocks.health import health
from bot.runtime import Runtime
from bot.services import health as programme
from bot.services.signals import find_team
from handlers.reply import Reply, Whisper
from handlers.request import Request


def shown(runtime: Runtime, request: Request, team: str) -> Reply:
    """`/okr health [team]`, of the cycle that is running or ended last."""
    with runtime.read() as session:
        found = find_team(session, request.caller, team)
        view = programme.of_team(session, runtime.now(), request.caller, found)
    return Whisper(health(view))
