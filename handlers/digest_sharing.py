"""`/okr digest`: look at a digest, post it now, or in a channel of one's choice."""

from __future__ import annotations

import structlog

from bot.blocks import digest_sharing as blocks
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.post import Post
from bot.blocks.text import too_long
from bot.runtime import Runtime
from bot.services import charts, digest_sharing
from bot.services.refusals import Reason
from bot.slack_failures import Permanent, SlackFailure, UnknownOutcome
from handlers.boundary import Desk, new_incident
from handlers.ids import parse_id, parse_ids
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import Request

log = structlog.get_logger(__name__)


def register(desk: Desk) -> None:
    desk.action(Act.POST_DIGEST, ask_for_note)
    desk.action(Act.POST_DIGEST_ELSEWHERE, ask_where)
    desk.action(Act.START_DIGEST, start_again)
    desk.submit(Dialog.POST_DIGEST, post_now)
    desk.submit(Dialog.POST_DIGEST_ELSEWHERE, post_elsewhere)


def preview(runtime: Runtime, request: Request, name: str) -> Reply:
    """`/okr digest [team]`. Who asks for a digest reads it."""
    now = runtime.now()
    with runtime.read() as session:
        about = digest_sharing.preview(session, now, request.caller, name)
    with runtime.write() as session:
        digest_sharing.was_asked_for(session, now, request.caller, about.team_id)
    return Whisper(blocks.preview(about))


def ask_for_note(runtime: Runtime, request: Request) -> Reply:
    """*Post now*: opens the dialog."""
    with runtime.read() as session:
        team = digest_sharing.about(session, request.caller, _team(request))
    view = blocks.post_dialog(team.id, team.name)
    return open_view(runtime, request, view)


def ask_where(runtime: Runtime, request: Request) -> Reply:
    """*Post in a channel of my choice*: opens the dialog."""
    with runtime.read() as session:
        team = digest_sharing.about(session, request.caller, _team(request))
    view = blocks.elsewhere_dialog(team.id, team.name)
    return open_view(runtime, request, view)


def start_again(runtime: Runtime, request: Request) -> Reply:
    """*Start it again*, under a digest that was stopped."""
    with runtime.write() as session:
        team = digest_sharing.start_again(session, runtime.now(), request.caller, _team(request))
    return Whisper(blocks.started_again(team))


def post_now(runtime: Runtime, request: Request) -> Reply:
    """The note was submitted. Twice the same dialog posts once."""
    view = request.dialog
    team_id = parse_id(view.metadata.get("team"), Reason.NO_SUCH_DIGEST)
    note = view.text(Typed.NOTE)
    if len(note) > blocks.NOTE_LENGTH:
        return Errors({Typed.NOTE: too_long(len(note), blocks.NOTE_LENGTH)})
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        team = digest_sharing.post_now(session, now, request.caller, team_id, note)
    return Whisper(blocks.on_its_way(team))


def post_elsewhere(runtime: Runtime, request: Request) -> Reply:
    """Channel and note were submitted. Slack gave an address for it, which may be used for half an hour.

    It is not looked for afterwards, so whoever posts it is told when it may not stand there.
    """
    view = request.dialog
    team_id = parse_id(view.metadata.get("team"), Reason.NO_SUCH_DIGEST)
    note = view.text(Typed.NOTE)
    if len(note) > blocks.NOTE_LENGTH:
        return Errors({Typed.NOTE: too_long(len(note), blocks.NOTE_LENGTH)})
    addresses = request.body.get("response_urls") or []
    if view.channel(Typed.CHANNEL) is None or not addresses:
        return Errors({Typed.CHANNEL: blocks.choose_a_channel()})
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Whisper(blocks.submitted_before())
        post = digest_sharing.elsewhere(session, now, request.caller, team_id, note)
    try:
        _say(runtime, request.caller.workspace_id, str(addresses[0]["response_url"]), post)
    except SlackFailure as failure:
        incident = new_incident()
        log.warning("digest_not_posted_elsewhere", incident=incident, error=failure.code)
        unknown = isinstance(failure, UnknownOutcome)
        return Whisper(blocks.perhaps_posted(incident, note) if unknown else blocks.not_posted(incident, note))
    return Whisper(blocks.posted_elsewhere())


def _say(runtime: Runtime, workspace_id: int, address: str, post: Post) -> None:
    """Say it through the address; in words alone, where Slack does not take it with charts. Raises `SlackFailure`."""
    try:
        runtime.gateway.say_through(address, post)
    except Permanent:
        if not post.has_charts:
            raise
        runtime.gateway.say_through(address, post.in_words)
        # An address does not say what it refuses; the words were taken, so it was the charts.
        with runtime.write() as session:
            charts.were_refused(session, workspace_id, runtime.now())


def _team(request: Request) -> int:
    """The team in a button's value."""
    team_id: int = parse_ids(request.value, "team", unless=Reason.NO_SUCH_DIGEST)["team"]
    return team_id
