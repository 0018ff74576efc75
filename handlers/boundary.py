"""The boundary to Bolt: who is it, what did they do, the handler's reply, and what a person reads when it fails.

Handlers are plain functions `(runtime, request) -> Reply`. Here they become Bolt listeners. The acknowledgement is
the last thing that happens, after the commit: nothing that can raise follows it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_bolt import Ack, App
from slack_bolt.response import BoltResponse
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot import deadline
from bot.blocks import notices
from bot.blocks import refusals as sentences
from bot.blocks import sent_before as blocks
from bot.blocks.post import Post
from bot.blocks.text import given_back, unmarked
from bot.runtime import Runtime
from bot.services import once, people
from bot.services.access import Caller
from bot.services.refusals import Refused
from bot.slack import Gateway
from bot.slack_failures import SlackFailure
from handlers.acquaintance import acquainted
from handlers.notation import as_seen, mentioned
from handlers.reply import Done, Errors, Options, Reply, Show, Whisper
from handlers.request import HOME, Origin, Request, origin_of, parse
from models.database import DatabaseBusy

log = structlog.get_logger(__name__)

# Slack gives an interaction three seconds; the rest is for the way there and back.
INTERACTION_SECONDS = 2.5

# Where `News` finds when it happened: whole seconds of Slack's clock, however late it is delivered.
HAPPENED = "event_time"

Handler = Callable[[Runtime, Request], Reply]
News = Callable[[Runtime, Session, int, Mapping[str, Any]], None]
Only = Callable[[Mapping[str, Any]], bool]
Listener = Callable[[Ack, dict[str, Any]], BoltResponse]


# What a payload of each kind names its handler by.
NAMED_BY: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "view_submission": lambda body: str(body["view"]["callback_id"]),
    "action": lambda body: str(body["actions"][0]["action_id"]),
    "options": lambda body: str(body["action_id"]),
    "view_closed": lambda body: str(body["view"]["callback_id"]),
    "command": lambda body: str(body["command"]),
    "shortcut": lambda body: str(body["callback_id"]),
}


class Desk:
    """Where stories register their handlers: `desk.action(id, handler)`, `desk.submit(id, handler)`, and so on.

    Bolt asks its listeners one after another whether a payload is theirs, and asking costs more than any of ours needs
    to answer: so it gets one for each kind, and the handler is looked up here.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.heard: dict[str, dict[str, Handler]] = {kind: {} for kind in NAMED_BY}
        self.news_of: dict[str, tuple[News, Only | None, bool]] = {}

    def action(self, action_id: str, handler: Handler) -> None:
        self._add("action", action_id, handler)

    def submit(self, callback_id: str, handler: Handler) -> None:
        self._add("view_submission", callback_id, handler)

    def closed(self, callback_id: str, handler: Handler) -> None:
        self._add("view_closed", callback_id, handler)

    def command(self, name: str, handler: Handler) -> None:
        self._add("command", name, handler)

    def suggest(self, action_id: str, handler: Handler) -> None:
        self._add("options", action_id, handler)

    def shortcut(self, callback_id: str, handler: Handler) -> None:
        self._add("shortcut", callback_id, handler)

    def news(
        self,
        event_type: str,
        handler: News,
        *,
        only: Only | None = None,
        by_somebody: bool = False,
    ) -> None:
        """An event that Slack tells about the workspace; no person waits for an answer. `only`: the others are left.
        `by_somebody`: a person did it, who is looked up at Slack first where they are new.

        What is subscribed to as `message.im` arrives as a `message`.
        """
        if event_type in self.news_of:
            raise ValueError(f"{event_type} is heard already")
        self.news_of[event_type] = (handler, only, by_somebody)

    def listen(self, app: App) -> None:
        """Connect with Bolt all that was registered. What nobody registered for is Bolt's to refuse."""
        for kind, handlers in self.heard.items():
            if handlers:
                names = re.compile(rf"\A(?:{'|'.join(map(re.escape, handlers))})\Z")
                getattr(app, kind)(names)(self._listener(NAMED_BY[kind], handlers))
        for event_type, heard in self.news_of.items():
            app.event(event_type.partition(".")[0])(self._hearer(*heard))

    def _add(self, kind: str, name: str, handler: Handler) -> None:
        if name in self.heard[kind]:
            raise ValueError(f"{kind} {name} is heard already")
        self.heard[kind][name] = handler

    def _listener(self, name_in: Callable[[Mapping[str, Any]], str], handlers: Mapping[str, Handler]) -> Listener:
        runtime = self._runtime

        def listen(ack: Ack, body: dict[str, Any]) -> BoltResponse:
            return attend(runtime, handlers[name_in(body)], ack, body)

        return listen

    def _hearer(self, handler: News, only: Only | None, by_somebody: bool) -> Listener:
        runtime = self._runtime

        def listen(ack: Ack, body: dict[str, Any]) -> BoltResponse:
            if only is None or only(body["event"]):
                hear(runtime, handler, body, by_somebody=by_somebody)
            return ack()

        return listen


def attend(runtime: Runtime, handler: Handler, ack: Ack, body: dict[str, Any]) -> BoltResponse:
    """Answer a payload while a person waits: all calls to Slack on the way share one deadline."""
    with deadline.within(INTERACTION_SECONDS, runtime.stopwatch):
        reply = answer(runtime, handler, body)
        if isinstance(reply, Whisper) and body.get("type") == "block_actions" and body.get("view"):
            reply = _in_a_dialog(runtime, body, reply)
        return acknowledge(runtime.gateway, ack, body, reply)


def answer(runtime: Runtime, handler: Handler, body: Mapping[str, Any]) -> Reply:
    """Run a handler for a payload. Raises nothing: each failure becomes something the person can read."""
    origin = origin_of(body)
    try:
        caller = identify(runtime, origin)
        if caller is None:
            return Whisper(notices.not_for_outsiders())
        names = _names(runtime, caller, body)
        return handler(runtime, parse(body, caller, origin.slack_user_id, names=names))
    except once.OtherWords:
        return sent_before(body["view"])
    except Refused as refused:
        return trouble(body, sentences.sentence(refused.reason, refused.facts))
    except (DatabaseBusy, SQLAlchemyError, SlackFailure) as error:
        incident = new_incident()
        log.exception("interaction_failed", incident=incident, error=type(error).__name__)
        in_dialog = body.get("type") == "view_submission"
        return trouble(body, given_back(notices.try_again(incident, in_dialog=in_dialog), _typed(body)), incident)
    except Exception as error:
        incident = new_incident()
        log.exception("interaction_broke", incident=incident, error=type(error).__name__)
        return trouble(body, given_back(notices.broken(incident), _typed(body)), incident)


def hear(runtime: Runtime, handler: News, body: Mapping[str, Any], *, by_somebody: bool = False) -> None:
    """Handle an event once, whatever number of times Slack delivers it.

    A failure is raised, so Slack gets no acknowledgement and delivers again. The note that it was seen is rolled back
    with the rest.
    """
    with runtime.glance() as connection:
        found = people.find(connection, body.get("team_id"), body.get("enterprise_id"), "")
    if found is None:
        return
    if by_somebody:
        acquainted(runtime, found.workspace_id, str(body["event"]["user"]))
    with runtime.write() as session:
        if not once.first_time(
            session,
            runtime.now(),
            workspace_id=found.workspace_id,
            delivered=once.Delivered(f"event:{body['event_id']}"),
        ):
            return
        # When it happened stands beside the event, for all kinds alike.
        handler(runtime, session, found.workspace_id, {**body["event"], HAPPENED: body.get("event_time")})


def identify(runtime: Runtime, origin: Origin) -> Caller | None:
    """Who the payload names; somebody new is looked up at Slack. None: a guest, a bot, another organisation."""
    with runtime.glance() as connection:
        found = people.find(connection, origin.slack_team_id, origin.enterprise_id, origin.slack_user_id)
    if found is None:
        return None
    if found.member_id is None:
        person = runtime.gateway.person(found.workspace_id, slack_user_id=origin.slack_user_id)
        with runtime.write() as session:
            people.learn(session, runtime.now(), found.workspace_id, person, admins=runtime.settings.admins)
            found = people.find(session, origin.slack_team_id, origin.enterprise_id, origin.slack_user_id)
    if found is None or found.member_id is None or not found.may_take_part:
        return None
    return Caller(found.workspace_id, found.member_id)


def _in_a_dialog(runtime: Runtime, body: Mapping[str, Any], whisper: Whisper) -> Reply:
    """What is said to somebody who pressed on Home or in a dialog, where Slack has no place for a whisper.

    Over a dialog, which is as it was when the word is closed, with all that was typed. A failure is logged.
    """
    origin = origin_of(body)
    try:
        with runtime.glance() as connection:
            found = people.find(connection, origin.slack_team_id, origin.enterprise_id, origin.slack_user_id)
        if found is not None:
            gateway = runtime.gateway
            show = gateway.open_view if body["view"].get("type") == HOME else gateway.push_view
            show(found.workspace_id, trigger_id=str(body.get("trigger_id")), view=notices.end_of_dialog(whisper.post))
    except (DatabaseBusy, SQLAlchemyError, SlackFailure) as error:
        log.warning("whisper_without_place", **_unsaid(body, whisper), error=type(error).__name__)
    return Done()


def _unsaid(body: Mapping[str, Any], whisper: Whisper) -> dict[str, str | None]:
    """What the log says of words that nobody saw. Not the words: they were for one person, and may name others."""
    names = [*(one.get("action_id") for one in body.get("actions") or ()), body.get("callback_id")]
    return {"on": next(filter(None, names), None), "incident": whisper.incident}


def _names(runtime: Runtime, caller: Caller, body: Mapping[str, Any]) -> Mapping[str, str]:
    mentions = mentioned(body.get("text") or "") if "command" in body else ()
    if not mentions:
        return {}
    with runtime.read() as session:
        return people.names(session, caller.workspace_id, mentions)


def _typed(body: Mapping[str, Any]) -> str:
    """What stood behind a command: nothing else keeps it where the command fails."""
    return as_seen(body.get("text") or "", {}).strip() if "command" in body else ""


def trouble(body: Mapping[str, Any], sentence: str, incident: str | None = None) -> Reply:
    """Say it where the person is looking: inside the dialog, with what they typed kept, or as a whisper."""
    if body.get("type") == "view_submission":
        block_id = next(iter((body["view"].get("state") or {}).get("values") or {}), None)
        if block_id is not None:
            # Slack formats nothing under a field.
            return Errors({block_id: unmarked(sentence)})
    return Whisper(Post(sentence), incident)


def sent_before(view: Mapping[str, Any]) -> Reply:
    """It was pressed before, that was taken, and something was changed since: nothing is sent unless they say so."""
    is_final = view.get("callback_id") in blocks.SENT_ONLY_ONCE
    return Show(blocks.has_arrived(view) if is_final else blocks.shown_again(view))


def acknowledge(gateway: Gateway, ack: Ack, body: Mapping[str, Any], reply: Reply) -> BoltResponse:
    """Turn a reply into Slack's answer to this kind of payload."""
    match reply:
        case Errors(by_block):
            return ack(response_action="errors", errors=dict(by_block))
        case Show(view):
            return ack(response_action="update", view=dict(view))
        case Options(options):
            return ack(options=[dict(option) for option in options])
        case Whisper():
            return _whisper(gateway, ack, body, reply)
        case Done():
            return ack()


def _whisper(gateway: Gateway, ack: Ack, body: Mapping[str, Any], whisper: Whisper) -> BoltResponse:
    post = whisper.post
    if "command" in body:
        return ack(text=post.text, blocks=[dict(block) for block in post.blocks] or None, response_type="ephemeral")
    if body.get("type") == "view_submission":
        return ack(response_action="update", view=dict(notices.end_of_dialog(post)))
    if body.get("type") == "block_suggestion":
        return ack(options=[])
    if body.get("response_url"):
        gateway.respond(body["response_url"], post)
    else:
        log.info("whisper_without_place", **_unsaid(body, whisper))
    return ack()


def new_incident() -> str:
    """What the person reads and the log has, so that one is found by the other."""
    return secrets.token_hex(4)
