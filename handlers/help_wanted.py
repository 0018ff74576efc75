"""Asking for help without a check-in: the button of `/kr 12`, and the shortcut on any message."""

from __future__ import annotations

from typing import Any

from bot.blocks import help_wanted as dialogs
from bot.blocks.checkin_modal import choices
from bot.blocks.checkin_parts import Choice
from bot.blocks.help_wanted import Carried
from bot.blocks.ids import Act, Dialog, Shortcut, Typed
from bot.blocks.links import message_link
from bot.runtime import Runtime
from bot.services import blocking, help_wanted, key_result_choices, people
from bot.services.help_wanted import Message
from bot.services.refusals import Reason
from handlers.boundary import Desk
from handlers.checkin import redraw
from handlers.ids import parse_id
from handlers.lines import problem_with
from handlers.notation import as_seen, mentioned
from handlers.opening import open_view
from handlers.reply import Errors, Options, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.ASK_FOR_HELP, open_ask)
    desk.submit(Dialog.ASK_FOR_HELP, ask)
    desk.shortcut(Shortcut.TURN_INTO_BLOCKER, open_turn)
    desk.suggest(Act.WHICH_KEY_RESULT, suggest)
    desk.action(Act.WHICH_KEY_RESULT, chosen)
    desk.submit(Dialog.TURN_INTO_BLOCKER, turn)


def open_ask(runtime: Runtime, request: Request) -> Reply:
    """*Ask for help*: opens the dialog."""
    about = parse_id(request.value, Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        key_result = help_wanted.to_ask_about(session, caller=request.caller, key_result_id=about)
        view = dialogs.ask_for_help(key_result.id, f"KR-{key_result.number}")
    return open_view(runtime, request, view)


def ask(runtime: Runtime, request: Request) -> Reply:
    """What is stuck was submitted. Twice the same dialog asks once."""
    view = request.dialog
    about = parse_id(view.metadata.get("key_result"), Reason.NO_SUCH_KEY_RESULT)
    stuck, need = view.text(Typed.STUCK), view.text(Typed.NEED)
    fields = ((Typed.STUCK, stuck, dialogs.stuck_missing), (Typed.NEED, need, dialogs.need_missing))
    problems: dict[str, str] = {
        field: wrong
        for field, text, missing in fields
        if (wrong := problem_with(text, dialogs.WORDS_LIMIT, missing)) is not None
    }
    if problems:
        return Errors(problems)
    with runtime.write() as session:
        now = runtime.now()
        key_result = help_wanted.to_ask_about(session, caller=request.caller, key_result_id=about)
        if request.is_new(session, now):
            by = blocking.parse_choice(session, request.caller.workspace_id, view.option(Act.BLOCKED_BY))
            help_wanted.ask(session, now, caller=request.caller, key_result_id=about, stuck=stuck, need=need, by=by)
        return Whisper(dialogs.asked(f"KR-{key_result.number}"))


def open_turn(runtime: Runtime, request: Request) -> Reply:
    """*Turn into a blocker* was chosen on a message: opens the dialog. Nothing of the message is kept."""
    message, channel = request.body.get("message") or {}, request.body.get("channel") or {}
    text = str(message.get("text") or "")
    with runtime.read() as session:
        base = people.workspace_url(session, request.caller.workspace_id)
        seen = as_seen(text, people.names(session, request.caller.workspace_id, mentioned(text)))
    link = message_link(str(channel.get("id") or ""), str(message.get("ts") or ""), base, _thread_of(message))
    view = dialogs.turn_into_blocker(Carried(link, seen))
    return open_view(runtime, request, view)


def suggest(runtime: Runtime, request: Request) -> Reply:
    """Key results that the person may see, for what was typed so far."""
    with runtime.read() as session:
        return Options(choices(key_result_choices.suggestions(session, request.caller, request.value)))


def chosen(runtime: Runtime, request: Request) -> Reply:
    """A key result was chosen: the box appears, and names where the text would go."""
    view = request.dialog
    about = parse_id(request.value, Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        key_result, to = help_wanted.to_block(session, runtime.now(), caller=request.caller, key_result_id=about)
    shown = view.option_text(Act.WHICH_KEY_RESULT) or f"KR-{key_result.number}"
    again = dialogs.turn_into_blocker(dialogs.carried(view.metadata), chosen=Choice(shown, str(key_result.id)), to=to)
    return redraw(runtime, request, view, again)


def turn(runtime: Runtime, request: Request) -> Reply:
    """The dialog was submitted. Twice the same is one blocker; the text goes where the box said, or nowhere."""
    view = request.dialog
    wanted, message = view.option(Act.WHICH_KEY_RESULT), dialogs.carried(view.metadata)
    if wanted is None:
        return Errors({Act.WHICH_KEY_RESULT: dialogs.key_result_missing()})
    about = parse_id(wanted, Reason.NO_SUCH_KEY_RESULT)
    ticked = view.options(Typed.COPY_TEXT)
    with runtime.write() as session:
        now = runtime.now()
        key_result, to = help_wanted.to_block(session, now, caller=request.caller, key_result_id=about)
        by = blocking.parse_choice(session, request.caller.workspace_id, view.option(Act.BLOCKED_BY))
        if by is None:
            return Errors({Act.BLOCKED_BY: dialogs.blocked_by_missing()})
        if ticked and ticked != (to.value,):
            return Errors({view.block_id(Typed.COPY_TEXT) or Act.WHICH_KEY_RESULT: dialogs.goes_elsewhere()})
        if request.is_new(session, now):
            help_wanted.turn_into_blocker(
                session,
                now,
                caller=request.caller,
                key_result_id=key_result.id,
                by=by,
                message=Message(message.link, message.text if ticked else None),
            )
        named = blocking.words_of(session, by)
    return Whisper(dialogs.noted(f"KR-{key_result.number}", named, copied=bool(ticked and message.text)))


def _thread_of(message: dict[str, Any]) -> str | None:
    root = message.get("thread_ts")
    return str(root) if root and root != message.get("ts") else None
