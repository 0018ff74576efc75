"""Words that somebody writes to Okra, and the buttons under what it understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from bot.blocks.ids import Act, Event
from bot.runtime import Runtime
from bot.services import people, understanding
from bot.services.refusals import Reason
from handlers import checkin
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.notation import as_seen, mentioned
from handlers.reply import Done, Reply
from handlers.request import Request

# As Slack marks what somebody wrote with a file beside it, as `/me`, or in a thread and to the conversation as well.
WRITTEN_AS = frozenset({None, "file_share", "me_message", "thread_broadcast"})


def register(desk: Desk) -> None:
    desk.news(Event.MESSAGE_IM, heard, only=is_written_by_a_person)
    desk.action(Act.SAVE_UNDERSTOOD, save)
    desk.action(Act.SAVE_WITH_HELP, save_with_help)
    desk.action(Act.EDIT_UNDERSTOOD, edit)
    desk.action(Act.DROP_UNDERSTOOD, drop)


def is_written_by_a_person(event: Mapping[str, Any]) -> bool:
    """Whether somebody wrote this to Okra just now: no message of a bot (its own come back too), no change of one."""
    is_direct = event.get("channel_type") == "im" and not event.get("bot_id")
    is_written = event.get("subtype") in WRITTEN_AS and bool(event.get("user"))
    return is_direct and is_written and bool(str(event.get("text") or "").strip())


def heard(runtime: Runtime, session: Session, workspace_id: int, event: Mapping[str, Any]) -> None:
    """Somebody wrote to Okra. What was understood is answered through the outbox; an event has no trigger."""
    member = people.by_slack_id(session, workspace_id, str(event["user"]))
    if member is None or not member.may_take_part:
        return
    text = str(event["text"])
    names = people.names(session, workspace_id, mentioned(text)) if mentioned(text) else {}
    understanding.hear(session, runtime.now(), member, as_seen(text, names), str(event["ts"]))


def save(runtime: Runtime, request: Request) -> Reply:
    """*Save*: what was shown is saved; the message says so."""
    with runtime.write() as session:
        understanding.save(session, runtime.now(), request.caller, _pressed(request))
    return Done()


def save_with_help(runtime: Runtime, request: Request) -> Reply:
    """*Save, and ask for help*: yes to "Would help change this?"."""
    with runtime.write() as session:
        understanding.save(session, runtime.now(), request.caller, _pressed(request), wants_help=True)
    return Done()


def edit(runtime: Runtime, request: Request) -> Reply:
    """*Edit*, or *Fill in the rest*: the dialog of the week that the line is about, with what was understood in it."""
    with runtime.read() as session:
        key_result_id, week, prefill = understanding.to_edit(session, request.caller, _pressed(request))
    return checkin.open_for(runtime, request, key_result_id, prefill, week)


def drop(runtime: Runtime, request: Request) -> Reply:
    """*Not this*: nothing is saved; the message says so."""
    with runtime.write() as session:
        understanding.drop(session, runtime.now(), request.caller, _pressed(request))
    return Done()


def _pressed(request: Request) -> int:
    return parse_id(request.value, Reason.NOTHING_WAITS)
