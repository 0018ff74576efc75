"""An admin looks at a team's first messages, on Home, and switches the team on."""

from __future__ import annotations

from bot.blocks import teams as blocks
from bot.blocks.ids import Act, Dialog, Typed
from bot.runtime import Runtime
from bot.services import teams
from bot.services.refusals import Reason
from bot.slack_failures import SlackFailure
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.PREVIEW_TEAM, preview)
    desk.submit(Dialog.TEAM_ON, switch_on)


def preview(runtime: Runtime, request: Request) -> Reply:
    """*Preview*: the first messages of everybody who would be asked."""
    about = parse_id(request.value, Reason.NO_SUCH_TEAM)
    with runtime.read() as session:
        view = blocks.preview_dialog(teams.preview(session, runtime.now(), request.caller, about))
    return open_view(runtime, request, view)


def switch_on(runtime: Runtime, request: Request) -> Reply:
    """The dialog was submitted. Twice the same dialog switches on once."""
    view = request.dialog
    team_id = parse_id(view.metadata.get("team"), Reason.NO_SUCH_TEAM)
    channel_id = view.channel(Typed.DIGEST_CHANNEL)
    if channel_id is None:
        return Errors({Typed.DIGEST_CHANNEL: blocks.channel_missing()})
    help_channel_id = view.channel(Typed.HELP_CHANNEL)
    chosen: dict[str, str | None] = {Typed.DIGEST_CHANNEL: channel_id, Typed.HELP_CHANNEL: help_channel_id}
    errors = {field: _trouble_with(runtime, request, one) for field, one in chosen.items() if one}
    if any(errors.values()):
        return Errors({field: error for field, error in errors.items() if error})
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        joined = teams.join(
            session,
            now,
            request.caller,
            team_id,
            channel_id=channel_id,
            help_channel_id=help_channel_id,
        )
    if not joined.is_new:
        return Whisper(blocks.was_on_already(joined.team))
    return Whisper(blocks.is_on_now(joined.team, joined.people))


def _trouble_with(runtime: Runtime, request: Request, channel_id: str) -> str | None:
    """Why Okra cannot or should not post there, or cannot know it now."""
    try:
        channel = runtime.gateway.channel(request.caller.workspace_id, channel_id=channel_id)
    except SlackFailure:
        return blocks.channel_not_looked_at()
    if channel is None or not channel.is_member:
        return blocks.not_in_channel()
    return blocks.shared_outside() if channel.is_shared_outside else None
