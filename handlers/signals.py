"""`/okr signals`: the questions that a team's data asks, and *Dismiss*."""

from __future__ import annotations

from bot.blocks import signals as blocks
from bot.blocks.ids import Act, Dialog, Typed
from bot.runtime import Runtime
from bot.services import signals
from bot.services.refusals import Reason, Refused
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.lines import problem_with
from handlers.opening import open_view
from handlers.paging import name_and_page
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.DISMISS_SIGNAL, ask_why)
    desk.submit(Dialog.DISMISS_SIGNAL, dismiss)


def listed(runtime: Runtime, request: Request, words: str) -> Reply:
    """`/okr signals [team]`; a number behind it turns the page."""
    with runtime.read() as session:
        try:
            team, page = signals.find_team(session, request.caller, words), 1
        except Refused:
            # "Team 2" may be a name, or the second page of "Team".
            name, page = name_and_page(words)
            team = signals.find_team(session, request.caller, name)
        view = signals.of_team(session, runtime.now(), request.caller, team)
    return Whisper(blocks.listed(view, page))


def ask_why(runtime: Runtime, request: Request) -> Reply:
    """*Dismiss* was pressed."""
    team, _, key = request.value.partition(":")
    team_id = parse_id(team, Reason.NO_SUCH_SIGNAL)
    with runtime.read() as session:
        signal = signals.seen(session, runtime.now(), request.caller, team_id, key)
    view = blocks.dismiss_dialog(signal, team_id)
    return open_view(runtime, request, view)


def dismiss(runtime: Runtime, request: Request) -> Reply:
    """The reason was submitted."""
    view = request.dialog
    reason = view.text(Typed.REASON)
    if wrong := problem_with(reason, blocks.REASON, blocks.reason_missing):
        return Errors({Typed.REASON: wrong})
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        team_id, key = parse_id(view.metadata.get("team"), Reason.NO_SUCH_SIGNAL), str(view.metadata.get("signal", ""))
        signal = signals.dismiss(session, now, request.caller, team_id=team_id, key=key, reason=reason)
    return Whisper(blocks.dismissed(signal))
