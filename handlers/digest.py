"""The buttons in a digest, and under the proposal to stop one."""

from __future__ import annotations

from dataclasses import replace

from bot.blocks.digest_details import none_left
from bot.blocks.ids import Act
from bot.runtime import Runtime
from bot.services import digest, digest_unread
from bot.services.refusals import Reason
from handlers import escalation, question
from handlers.boundary import Desk
from handlers.ids import parse_ids
from handlers.reply import Done, Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.action(Act.DECIDE_FROM_DIGEST, decide)
    desk.action(Act.ASK_OWNER, ask_owner)
    desk.action(Act.OPEN_FROM_DIGEST, opened)
    desk.action(Act.DIGEST_DETAILS, show_all)
    desk.action(Act.KEEP_DIGEST, keep)
    desk.action(Act.STOP_DIGEST, stop)


def decide(runtime: Runtime, request: Request) -> Reply:
    """*Decide*, under what needs a decision: the escalation's own dialog."""
    about = _pressed_in(runtime, request)
    return escalation.open_decide(runtime, replace(request, value=str(about["escalation"])))


def ask_owner(runtime: Runtime, request: Request) -> Reply:
    """*Ask the owner*: the same dialog as in the thread."""
    about = _pressed_in(runtime, request)
    return question.open_dialog(runtime, request, about["escalation"])


def opened(runtime: Runtime, request: Request) -> Reply:
    """*Open* leads to the thread by itself; Okra hears that the digest is read."""
    _pressed_in(runtime, request)
    return Done()


def show_all(runtime: Runtime, request: Request) -> Reply:
    """*Show me all*: every key result, for the presser's eyes. What is longer than a message stands in the thread."""
    about = _pressed_in(runtime, request)
    with runtime.read() as session:
        pages = digest.shown_whole(session, request.caller, about["digest"])
    return Whisper(pages[0] if pages else none_left())


def keep(runtime: Runtime, request: Request) -> Reply:
    """*Keep it*, under the proposal to stop a digest. The message says so."""
    about = _about(request, "digest")
    with runtime.write() as session:
        digest_unread.keep(session, runtime.now(), request.caller, about["digest"])
    return Done()


def stop(runtime: Runtime, request: Request) -> Reply:
    """*Stop it*, under the same."""
    about = _about(request, "digest")
    with runtime.write() as session:
        digest_unread.stop(session, runtime.now(), request.caller, about["digest"])
    return Done()


def _pressed_in(runtime: Runtime, request: Request) -> dict[str, int]:
    """What a button of a digest is about; from now on the digest is one that is read."""
    names = ("digest",) if request.action_id == Act.DIGEST_DETAILS else ("digest", "escalation")
    about = _about(request, *names)
    with runtime.write() as session:
        digest.used(session, runtime.now(), request.caller.workspace_id, about["digest"])
    return about


def _about(request: Request, *names: str) -> dict[str, int]:
    return parse_ids(request.value, *names, unless=Reason.NO_SUCH_DIGEST)
