"""What a person did in Slack, parsed once at the edge: a press, a submitted dialog, a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, cast

from sqlalchemy.orm import Session

from bot.services import once
from bot.services.access import Caller
from bot.services.once import Delivered, submitted
from handlers.notation import as_seen, without_entities

# The type of the view that is a person's Home.
HOME = "home"


@dataclass(frozen=True)
class Place:
    """A message in a conversation."""

    channel: str
    ts: str | None


@dataclass(frozen=True)
class OpenView:
    """A dialog as it was when the person acted in it.

    A block id is `field` or `field:key` (the key keeps Slack from carrying typed text over to another key result);
    inputs are found by their field, never by their position.
    """

    id: str
    hash: str | None
    callback_id: str
    metadata: Mapping[str, Any]
    values: Mapping[str, Mapping[str, Any]]

    @cached_property
    def _blocks(self) -> Mapping[str, str]:
        """The ids of the blocks, by field; of two the first."""
        return {block.split(":", 1)[0]: block for block in reversed(list(self.values))}

    @cached_property
    def _states(self) -> Mapping[str, Mapping[str, Any]]:
        """What stands in the blocks, by field."""
        return {name: next(iter(self.values[block].values()), {}) for name, block in self._blocks.items()}

    def block_id(self, name: str) -> str | None:
        """The id of the block with this field."""
        return self._blocks.get(name)

    def has(self, name: str) -> bool:
        return self.block_id(name) is not None

    def text(self, name: str) -> str:
        """What was typed, stripped; empty where nothing was or where there is no such field."""
        return str(self._state(name).get("value") or "").strip()

    def option(self, name: str) -> str | None:
        """The value of the chosen option (select, radio buttons)."""
        chosen = self._state(name).get("selected_option")
        return chosen["value"] if chosen else None

    def option_text(self, name: str) -> str | None:
        """The text of the chosen option as the person saw it."""
        chosen = self._state(name).get("selected_option")
        # Slack does not say whether its own escapes come back in it; where they do not, this changes nothing.
        return without_entities(chosen["text"]["text"]) if chosen else None

    def options(self, name: str) -> tuple[str, ...]:
        """The values of the ticked boxes."""
        return tuple(option["value"] for option in self._state(name).get("selected_options") or ())

    def time(self, name: str) -> str | None:
        """A chosen time of the day, HH:MM."""
        return self._state(name).get("selected_time")

    def date(self, name: str) -> str | None:
        """A chosen day, YYYY-MM-DD."""
        return self._state(name).get("selected_date")

    def moment(self, name: str) -> datetime | None:
        """A chosen day and time, as an instant."""
        chosen = self._state(name).get("selected_date_time")
        return datetime.fromtimestamp(int(chosen), UTC) if chosen else None

    def channel(self, name: str) -> str | None:
        """A chosen channel's Slack id."""
        return self._state(name).get("selected_conversation")

    def user(self, name: str) -> str | None:
        """A chosen person's Slack id."""
        return self._state(name).get("selected_user")

    def users(self, name: str) -> tuple[str, ...]:
        """The Slack ids of the chosen people."""
        return tuple(self._state(name).get("selected_users") or ())

    def _state(self, name: str) -> Mapping[str, Any]:
        return self._states.get(name, {})


@dataclass(frozen=True)
class Request:
    """One interaction. `caller` comes from the payload that Slack signed; `delivered` is the same if it comes again."""

    caller: Caller
    slack_user_id: str
    delivered: Delivered
    trigger_id: str = ""
    action_id: str = ""
    # The value of a pressed button or a chosen option; for a block suggestion, what was typed so far.
    value: str = ""
    # The text behind a slash command, as the person saw it.
    text: str = ""
    place: Place | None = None
    view: OpenView | None = None
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dialog(self) -> OpenView:
        """The dialog in which it was done. Raises `LookupError` where it was not done in one."""
        if self.view is None:
            raise LookupError("this was not done in a dialog")
        return self.view

    def is_new(self, session: Session, now: datetime) -> bool:
        """Whether it comes for the first time; noted in the caller's own transaction. Raises `once.OtherWords`."""
        return once.first_time(session, now, workspace_id=self.caller.workspace_id, delivered=self.delivered)


@dataclass(frozen=True)
class Origin:
    """Which workspace and person a payload names."""

    slack_team_id: str | None
    enterprise_id: str | None
    slack_user_id: str


def origin_of(body: Mapping[str, Any]) -> Origin:
    """Who sent this."""
    if "command" in body:
        return Origin(body.get("team_id"), body.get("enterprise_id"), body["user_id"])
    user = body["user"]
    # `team` is null for somebody who acts across an enterprise; the person's own team is named then.
    team = body.get("team") or {}
    enterprise = body.get("enterprise") or {}
    return Origin(team.get("id") or user.get("team_id"), enterprise.get("id"), user["id"])


def parse(
    body: Mapping[str, Any], caller: Caller, slack_user_id: str, *, names: Mapping[str, str] | None = None
) -> Request:
    """A payload of any kind as a request. `names`: those of people whom a command's text mentions, by Slack id."""
    if "command" in body:
        return Request(
            caller=caller,
            slack_user_id=slack_user_id,
            delivered=Delivered(f"command:{body['trigger_id']}"),
            trigger_id=body["trigger_id"],
            text=as_seen(body.get("text") or "", names or {}).strip(),
            place=Place(body["channel_id"], None),
            body=body,
        )
    view = _view(body.get("view"))
    action = (body.get("actions") or [{}])[0]
    return Request(
        caller=caller,
        slack_user_id=slack_user_id,
        delivered=_delivered(body, view),
        trigger_id=body.get("trigger_id") or "",
        action_id=action.get("action_id") or body.get("action_id") or "",
        value=_value(action) if action else str(body.get("value") or ""),
        place=_place(body),
        view=view,
        body=body,
    )


def _delivered(body: Mapping[str, Any], view: OpenView | None) -> Delivered:
    if body["type"] in {"view_submission", "view_closed"} and view is not None:
        return submitted(body["type"], view.id, view.hash, view.values)
    return Delivered(f"{body['type']}:{body.get('trigger_id') or body.get('action_ts')}")


def _view(view: Mapping[str, Any] | None) -> OpenView | None:
    # On Home nothing is filled in, and a press there opens a dialog rather than turning a page.
    if not view or view.get("type") == HOME:
        return None
    return OpenView(
        id=view["id"],
        hash=view.get("hash"),
        callback_id=view.get("callback_id") or "",
        metadata=json.loads(view.get("private_metadata") or "{}"),
        values=(view.get("state") or {}).get("values") or {},
    )


def _value(action: Mapping[str, Any]) -> str:
    chosen = action.get("selected_option")
    return str((chosen or action).get("value") or "")


def _place(body: Mapping[str, Any]) -> Place | None:
    container = cast(Mapping[str, Any], body.get("container") or {})
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id")
    if not channel:
        return None
    ts = (body.get("message") or {}).get("ts") or container.get("message_ts") or body.get("message_ts")
    return Place(channel, ts)
