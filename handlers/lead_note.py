"""What a lead does about an open check-in in the note: *Remind*, *Excuse*, *Reassign*."""

from __future__ import annotations

from typing import Any

from bot.blocks import lead_note as blocks
from bot.blocks.ids import Act
from bot.runtime import Runtime
from bot.services import lead_note
from bot.services.refusals import Reason, Refused
from handlers import hand_over
from handlers.boundary import Desk
from handlers.ids import parse_ids
from handlers.reply import Done, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.NOTE_CHECK_IN, chosen)
    desk.action(Act.EXCUSE, excuse)


def chosen(runtime: Runtime, request: Request) -> Reply:
    """An entry of the menu beside an open check-in."""
    about = _about(request.value)
    match about.get("do"):
        case "remind":
            return _remind(runtime, request, about)
        case "excuse":
            return excuse(runtime, request)
        case "reassign":
            with runtime.read() as session:
                key_result_id = lead_note.key_result_of(session, request.caller, about["note"], about["check_in"])
            return hand_over.open_for(runtime, request, key_result_id)
    raise Refused(Reason.CHECK_IN_SETTLED)


def excuse(runtime: Runtime, request: Request) -> Reply:
    """*Excuse*. The note itself shows that it is not open any more."""
    about = _about(request.value)
    with runtime.write() as session:
        lead_note.excuse(session, runtime.now(), request.caller, about["note"], about["check_in"])
    return Done()


def _remind(runtime: Runtime, request: Request, about: dict[str, Any]) -> Reply:
    with runtime.write() as session:
        name = lead_note.remind(session, runtime.now(), request.caller, about["note"], about["check_in"])
    return Whisper(blocks.reminded(name))


def _about(value: str) -> dict[str, Any]:
    """What the pressed entry is about."""
    return parse_ids(value, "note", "check_in", unless=Reason.CHECK_IN_SETTLED)
