"""Handing a key result over: the button and its dialog, and the answer of the one who is asked."""

from __future__ import annotations

from bot.blocks import hand_over as blocks
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.post import Post
from bot.runtime import Runtime
from bot.services import hand_over, key_result_view
from bot.services.refusals import Reason, Refused
from handlers.acquaintance import acquainted
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.HAND_OVER, start)
    desk.submit(Dialog.HAND_OVER, submitted)
    desk.action(Act.ACCEPT_HAND_OVER, accept)
    desk.action(Act.DECLINE_HAND_OVER, decline)


def start(runtime: Runtime, request: Request) -> Reply:
    """*Hand over*, or *Give to…*: ask who should own it."""
    return open_for(runtime, request, parse_id(request.value, Reason.NO_SUCH_KEY_RESULT))


def open_for(runtime: Runtime, request: Request, key_result_id: int) -> Reply:
    """Open the dialog for one key result. Raises `Refused`."""
    with runtime.read() as session:
        view = blocks.hand_over_dialog(hand_over.question(session, request.caller, key_result_id))
    return open_view(runtime, request, view)


def by_number(runtime: Runtime, request: Request, words: str) -> Reply:
    """`/okr handover 12`."""
    typed = words.upper().removeprefix("KR").strip(" -#").partition(" ")[0]
    if not typed.isdecimal():
        return Whisper(Post(blocks.which_one()))
    number = parse_id(typed, Reason.NO_SUCH_KEY_RESULT)
    with runtime.read() as session:
        found = key_result_view.find(session, request.caller, number)
    return open_for(runtime, request, found.id)


def submitted(runtime: Runtime, request: Request) -> Reply:
    """Ask them. Who chose themselves owns it at once."""
    view = request.dialog
    key_result_id = parse_id(view.metadata.get("key_result"), Reason.NO_SUCH_KEY_RESULT)
    chosen = view.user(Typed.NEW_OWNER)
    if not chosen:
        return Errors({Typed.NEW_OWNER: blocks.new_owner_missing()})
    to_id = acquainted(runtime, request.caller.workspace_id, chosen)
    if to_id is None:
        return Errors({Typed.NEW_OWNER: blocks.cannot_own(None)})
    try:
        with runtime.write() as session:
            now = runtime.now()
            if not request.is_new(session, now):
                return Done()
            asked = hand_over.ask(session, now, request.caller, key_result_id, to_id)
    except Refused as refused:
        match refused.reason:
            case Reason.CANNOT_OWN:
                return Errors({Typed.NEW_OWNER: blocks.cannot_own(refused.facts.get("name"))})
            case Reason.OWNS_IT_ALREADY:
                return Errors({Typed.NEW_OWNER: blocks.owns_already(refused.facts["name"], refused.facts["number"])})
        raise
    return Whisper(blocks.yours_now(asked.number) if asked.is_theirs else blocks.asked_them(asked.number, asked.name))


def accept(runtime: Runtime, request: Request) -> Reply:
    """*I'll own it*. The message itself says that it is theirs."""
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            hand_over.accept(session, now, request.caller, parse_id(request.value, Reason.NOT_ASKED_OF_YOU))
    return Done()


def decline(runtime: Runtime, request: Request) -> Reply:
    """*Not me*."""
    with runtime.write() as session:
        now = runtime.now()
        if request.is_new(session, now):
            hand_over.decline(session, now, request.caller, parse_id(request.value, Reason.NOT_ASKED_OF_YOU))
    return Done()
