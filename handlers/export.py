"""`/okr export`: the newest digest as a file, in the direct message of who asked."""

from __future__ import annotations

import structlog

from bot.blocks.export import beside_file, file_not_sent, file_perhaps_sent, file_refused, file_sent
from bot.domain.export import Format
from bot.runtime import Runtime
from bot.services import export
from bot.services.access import member_of
from bot.slack_failures import RetryLater, SlackFailure, UnknownOutcome
from handlers.boundary import new_incident
from handlers.reply import Done, Reply, Whisper
from handlers.request import Request

log = structlog.get_logger(__name__)


def to_me(runtime: Runtime, request: Request, words: str) -> Reply:
    """`/okr export [TEAM | company] [csv | json]`: a sheet unless JSON was asked for.

    It is not looked for afterwards, so whoever asked is told when it may not have come.
    """
    name, form = _name_and_format(words)
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        exported = export.for_person(session, now, request.caller, name, form)
        channel = member_of(session, request.caller).dm_channel
    try:
        runtime.gateway.send_file(
            request.caller.workspace_id,
            to=request.slack_user_id,
            channel=channel,
            name=exported.name,
            content=exported.content,
            words=beside_file(exported.team, exported.last),
        )
    except SlackFailure as failure:
        incident = new_incident()
        log.warning("file_not_sent", incident=incident, error=failure.code)
        match failure:
            case UnknownOutcome():
                return Whisper(file_perhaps_sent(exported.name, incident))
            case RetryLater():
                return Whisper(file_not_sent(incident))
            case _:
                return Whisper(file_refused(incident))
    return Whisper(file_sent(exported.name))


def _name_and_format(words: str) -> tuple[str, Format]:
    name, _, last = words.strip().rpartition(" ")
    if last.casefold() in list(Format):
        return name.strip(), Format(last.casefold())
    return words.strip(), Format.CSV
