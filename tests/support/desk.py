"""Handlers without Slack: a gateway that remembers the dialogs it was to open, and payloads as Slack sends them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slack_bolt import Ack

from bot.blocks.post import Post
from bot.runtime import Runtime
from bot.settings import load
from bot.slack import Gateway
from bot.slack_failures import SlackFailure
from handlers import boundary
from handlers.reply import Errors, Reply, Show, Whisper
from models import Member
from models.database import Database

_numbers = itertools.count(1)


class ViewGateway(Gateway):
    """Remembers what it was to show. `failure`: what the next call raises instead."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1/api/", lambda workspace_id: "xoxb-none")
        self.opened: list[Mapping[str, Any]] = []
        self.pushed: list[Mapping[str, Any]] = []
        self.updated: list[Mapping[str, Any]] = []
        self.hashes: list[str | None] = []
        self.failure: SlackFailure | None = None
        self.said: list[tuple[str, Post]] = []

    def open_view(self, workspace_id: int, *, trigger_id: str, view: Mapping[str, Any]) -> None:
        self._fail()
        self.opened.append(view)

    def push_view(self, workspace_id: int, *, trigger_id: str, view: Mapping[str, Any]) -> None:
        self._fail()
        self.pushed.append(view)

    def update_view(self, workspace_id: int, *, view_id: str, view_hash: str | None, view: Mapping[str, Any]) -> None:
        self._fail()
        self.updated.append(view)
        self.hashes.append(view_hash)

    def say_through(self, response_url: str, body: Post) -> None:
        self.said.append((response_url, body))
        self._fail()

    def _fail(self) -> None:
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure


@dataclass
class Desk:
    """One workspace's Okra at a moment. `now` may be set; every press goes through the real boundary."""

    database: Database
    now: datetime
    slack_team_id: str = "T0TEST"
    gateway: ViewGateway = field(default_factory=ViewGateway)
    # What was delivered to a handler, for Slack to deliver again.
    delivered: list[tuple[boundary.Handler, dict[str, Any]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.runtime = Runtime(
            settings=load(_env_file=None),
            database=self.database,
            gateway=self.gateway,
            clock=lambda: self.now,
            wake=lambda: None,
        )

    def press(self, who: Member, handler: boundary.Handler, action_id: str, value: str = "") -> Reply:
        """A button of a direct message."""
        body = self._body("block_actions", who) | {
            "channel": {"id": "D0TEST"},
            "container": {"type": "message", "message_ts": "1790000000.000100", "channel_id": "D0TEST"},
            "actions": [{"type": "button", "action_id": action_id, "value": value, "action_ts": "1"}],
        }
        return self._answer(handler, body)

    def command(self, who: Member, handler: boundary.Handler, command: str, text: str = "") -> Reply:
        body = {
            "command": command,
            "text": text,
            "team_id": self.slack_team_id,
            "user_id": who.slack_user_id,
            "channel_id": "C0TEST",
            "trigger_id": f"trigger-{next(_numbers)}",
        }
        return self._answer(handler, body)

    def suggest(self, who: Member, handler: boundary.Handler, action_id: str, typed: str) -> Reply:
        body = self._body("block_suggestion", who) | {"action_id": action_id, "block_id": "any", "value": typed}
        return self._answer(handler, body)

    def choose(self, who: Member, handler: boundary.Handler, dialog: Dialog, action_id: str) -> Reply:
        """A choice, or a button, inside a dialog that Okra hears of at once."""
        return self._answer(handler, self._choice(who, dialog, action_id))

    def told_above(self, who: Member, handler: boundary.Handler, dialog: Dialog, action_id: str) -> str:
        """The same, where it is answered with words: what lies over the dialog then."""
        boundary.attend(self.runtime, handler, Ack(), self._choice(who, dialog, action_id))
        return str(self.gateway.pushed[-1]["blocks"])

    def submit(self, who: Member, handler: boundary.Handler, dialog: Dialog) -> Reply:
        """Raises `AssertionError` where the answer is one that Slack does not take."""
        body = self._body("view_submission", who) | {"view": dialog.payload()}
        reply = self._answer(handler, body | {"response_urls": dialog.response_urls()})
        if isinstance(reply, Errors):
            # A sentence under anything but a field of this dialog, and the person loses what they typed.
            assert reply.by_block.keys() <= {block["block_id"] for block in dialog.inputs()}, reply
        return reply

    def again(self, back: int = 1) -> Reply:
        """Slack delivers once more what it did so many deliveries ago: the last one, if not said otherwise."""
        handler, body = self.delivered[-back]
        return boundary.answer(self.runtime, handler, body)

    def opened(self) -> Dialog:
        """The dialog that was opened last."""
        return Dialog(self.gateway.opened[-1])

    def _answer(self, handler: boundary.Handler, body: dict[str, Any]) -> Reply:
        self.delivered.append((handler, body))
        return boundary.answer(self.runtime, handler, body)

    def _choice(self, who: Member, dialog: Dialog, action_id: str) -> dict[str, Any]:
        value = dialog.button_values().get(action_id, "")
        return self._body("block_actions", who) | {
            "view": dialog.payload(),
            "container": {"type": "view", "view_id": dialog.id},
            "actions": [{"type": "radio_buttons", "action_id": action_id, "value": value, "action_ts": "1"}],
        }

    def _body(self, kind: str, who: Member) -> dict[str, Any]:
        return {
            "type": kind,
            "team": {"id": self.slack_team_id},
            "user": {"id": who.slack_user_id, "team_id": self.slack_team_id},
            "trigger_id": f"trigger-{next(_numbers)}",
        }


class Dialog:
    """An open dialog with what is typed in it. Fields are found by their label."""

    def __init__(self, view: Mapping[str, Any], before: Dialog | None = None) -> None:
        """`before`: the dialog that turned into this one; where block and action are the same, typed text stays."""
        self.view = view
        self.id: str = before.id if before is not None else f"V{next(_numbers)}"
        self.hash = f"hash-{next(_numbers)}"
        kept = before.state if before is not None else {}
        self.state: dict[tuple[str, str], Any] = {}
        for block in self.inputs():
            key = (block["block_id"], block["element"]["action_id"])
            self.state[key] = kept[key] if key in kept else _initial(block["element"])

    def inputs(self) -> list[Mapping[str, Any]]:
        return [block for block in self.view["blocks"] if block["type"] == "input"]

    def button_values(self) -> dict[str, str]:
        """The values of the buttons in it, by their action."""
        rows = [block["elements"] for block in self.view["blocks"] if block["type"] == "actions"]
        return {element["action_id"]: element.get("value", "") for row in rows for element in row}

    def response_urls(self) -> list[dict[str, str]]:
        """An address for each channel that was chosen in a menu that gives one."""
        return [
            {"block_id": block_id, "response_url": f"https://example.test/respond/{state['selected_conversation']}"}
            for (block_id, _), state in self.state.items()
            if state.get("selected_conversation")
        ]

    @property
    def labels(self) -> list[str]:
        return [block["label"]["text"] for block in self.inputs()]

    def block(self, label: str) -> Mapping[str, Any]:
        return next(block for block in self.inputs() if block["label"]["text"].startswith(label))

    def value(self, label: str) -> Any:
        block = self.block(label)
        state = self.state[block["block_id"], block["element"]["action_id"]]
        ticked = next((one["value"] for one in state.get("selected_options") or ()), None)
        return state.get("value") or ticked or (state.get("selected_option") or {}).get("value")

    def fill(self, **by_label: str) -> Dialog:
        """Type or choose. The names are how the labels begin, with _ for a blank; a menu is given its entry's value,
        one that takes several theirs with blanks between."""
        for label, value in by_label.items():
            block = self.block(label.replace("_", " "))
            element = block["element"]
            key = (block["block_id"], element["action_id"])
            self.state[key] = _state(element, value)
        return self

    def errors(self, reply: Reply) -> dict[str, str]:
        """A reply's sentences, by the label of the field under which they stand."""
        assert isinstance(reply, Errors), reply
        labels = {block["block_id"]: block["label"]["text"] for block in self.inputs()}
        return {labels[block_id]: sentence for block_id, sentence in reply.by_block.items()}

    def after(self, reply: Reply) -> Dialog:
        """The dialog that a reply turned this one into."""
        assert isinstance(reply, Show), reply
        return Dialog(reply.view, before=self)

    def payload(self) -> dict[str, Any]:
        values: dict[str, dict[str, Any]] = {}
        for (block_id, action_id), state in self.state.items():
            values.setdefault(block_id, {})[action_id] = state
        return {**self.view, "id": self.id, "hash": self.hash, "state": {"values": values}}


def whispered(reply: Reply) -> str:
    """What only the person who acted reads."""
    assert isinstance(reply, Whisper), reply
    return reply.post.text


def _initial(element: Mapping[str, Any]) -> dict[str, Any]:
    match element["type"]:
        case "plain_text_input":
            return {"type": element["type"], "value": element.get("initial_value")}
        case "checkboxes":
            return {"type": element["type"], "selected_options": element.get("initial_options") or []}
        case "datepicker":
            return {"type": element["type"], "selected_date": element.get("initial_date")}
        case "users_select":
            return {"type": element["type"], "selected_user": element.get("initial_user")}
        case "multi_users_select":
            return {"type": element["type"], "selected_users": element.get("initial_users") or []}
        case "multi_external_select":
            return {"type": element["type"], "selected_options": element.get("initial_options") or []}
        case "timepicker":
            return {"type": element["type"], "selected_time": element.get("initial_time")}
        case "conversations_select":
            return {"type": element["type"], "selected_conversation": element.get("initial_conversation")}
        case "number_input":
            return {"type": element["type"], "value": element.get("initial_value")}
        case _:
            return {"type": element["type"], "selected_option": element.get("initial_option")}


def _state(element: Mapping[str, Any], value: str) -> dict[str, Any]:
    match element["type"]:
        case "plain_text_input":
            return {"type": element["type"], "value": value or None}
        case "checkboxes":
            return {"type": element["type"], "selected_options": [one for one in element["options"] if value]}
        case "datepicker":
            return {"type": element["type"], "selected_date": value or None}
        case "users_select":
            return {"type": element["type"], "selected_user": value or None}
        case "multi_users_select":
            return {"type": element["type"], "selected_users": value.split()}
        case "multi_external_select":
            chosen_ones = [{"text": {"type": "plain_text", "text": one}, "value": one} for one in value.split()]
            return {"type": element["type"], "selected_options": chosen_ones}
        case "timepicker":
            return {"type": element["type"], "selected_time": value or None}
        case "number_input":
            return {"type": element["type"], "value": value or None}
        case "conversations_select":
            return {"type": element["type"], "selected_conversation": value or None}
        case "external_select":
            chosen = {"text": {"type": "plain_text", "text": value.partition(":")[2]}, "value": value}
            return {"type": element["type"], "selected_option": chosen if value else None}
        case _:
            entry = next((one for one in element["options"] if one["value"] == value), None)
            return {"type": element["type"], "selected_option": entry}
