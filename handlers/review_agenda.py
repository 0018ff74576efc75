"""`/okr agenda`, `/okr agenda TEAM`: what is open, in lines for a meeting's notes."""

from __future__ import annotations

from bot.blocks import review_agenda as blocks
from bot.runtime import Runtime
from bot.services import listing, review_agenda
from bot.services.refusals import Reason, Refused
from handlers.reply import Reply, Whisper
from handlers.request import Request


def shown(runtime: Runtime, request: Request, words: str) -> Reply:
    """Of the team that is named, or of all that the caller leads or holds a key result of."""
    with runtime.read() as session:
        if words:
            teams = [listing.team_named(session, request.caller, words)]
        else:
            teams = listing.my_teams(session, request.caller)
        if not teams:
            raise Refused(Reason.NO_TEAM_OF_YOURS)
        found = review_agenda.agenda(session, request.caller, runtime.now(), teams)
    return Whisper(blocks.agenda(found))
