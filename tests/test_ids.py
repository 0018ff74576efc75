"""Ids are complete: what builders emit, what listeners hear and what the manifest says match, and nothing is unused."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

import pytest
from slack_bolt import BoltRequest

import bot.blocks
import handlers
from bot.app import Program, build
from bot.blocks import ids, notices
from bot.blocks.ids import Act, Command, Dialog, Event, Typed
from bot.blocks.post import Post
from bot.manifest import manifest
from bot.runtime import Runtime
from bot.settings import Settings

BLOCKS = Path(bot.blocks.__path__[0])
HANDLERS = Path(handlers.__path__[0])

# Its end is not submitted: there is nothing in it to fill in.
NEVER_SUBMITTED = {Dialog.NOTICE}


@pytest.fixture(scope="module")
def heard() -> dict[str, set[str]]:
    """The names that are listened to, by the kind of payload."""
    desk = handlers.desk_of(cast(Runtime, None))
    events = {arrives_as(one) for one in desk.news_of}
    return {"event": events} | {kind: set(names) for kind, names in desk.heard.items()}


@pytest.fixture(scope="module")
def program(sqlite_template: Path) -> Iterator[Program]:
    """The real Bolt app, over an empty database."""
    built = build(Settings(_env_file=None, database_url=f"sqlite:///{sqlite_template}"))  # type: ignore[call-arg]
    yield built
    built.close()


def used(folder: Path, names: type[StrEnum]) -> set[str]:
    """The members of an enum that the modules of a folder name, beside the one that defines them."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Attribute(value=ast.Name(id=group) | ast.Attribute(attr=group), attr=member):
                    if group == names.__name__:
                        found.add(names[member].value)
    return found


def answered(program: Program, body: dict[str, Any]) -> bool:
    """Whether a listener takes this payload; the sender is nobody whom Okra knows, so nothing else happens."""
    sender = {"team": {"id": "T0NOBODY"}, "user": {"id": "U0NOBODY", "team_id": "T0NOBODY"}, "trigger_id": "1.2.3"}
    request = BoltRequest(body=json.dumps(sender | body), mode="socket_mode")
    return program.bolt.dispatch(request).status == 200


def pressed(act: str) -> dict[str, Any]:
    action = {"type": "button", "action_id": act, "block_id": "b", "value": "1", "action_ts": "1"}
    return {"type": "block_actions", "actions": [action], "container": {}}


def searched(act: str) -> dict[str, Any]:
    return {"type": "block_suggestion", "action_id": act, "block_id": "b", "value": "leg", "container": {}}


def submitted(dialog: str) -> dict[str, Any]:
    view = {"id": "V1", "type": "modal", "callback_id": dialog, "private_metadata": "{}", "state": {"values": {}}}
    return {"type": "view_submission", "view": view}


def test_a_payload_that_nobody_listens_to_is_not_answered(program: Program) -> None:
    assert not answered(program, pressed("nobody_listens"))
    assert not answered(program, searched("nobody_listens"))
    assert not answered(program, submitted("nobody_listens"))


@pytest.mark.parametrize("act", Act)
def test_every_button_and_menu_that_builders_emit_is_answered(program: Program, act: Act) -> None:
    assert act in used(BLOCKS, Act)
    assert answered(program, pressed(act)) or answered(program, searched(act))


@pytest.mark.parametrize("dialog", sorted(set(Dialog) - NEVER_SUBMITTED))
def test_every_dialog_that_builders_emit_can_be_submitted(program: Program, dialog: Dialog) -> None:
    assert dialog in used(BLOCKS, Dialog)
    assert answered(program, submitted(dialog))


def test_the_dialog_that_nobody_hears_of_has_nothing_to_submit() -> None:
    view = notices.end_of_dialog(Post("Thank you."))
    assert {view["callback_id"]} == NEVER_SUBMITTED
    assert "submit" not in view


@pytest.mark.parametrize("command", Command)
def test_every_command_is_answered(program: Program, command: Command) -> None:
    body = {"command": command.value, "team_id": "T0NOBODY", "user_id": "U0NOBODY", "channel_id": "C0", "text": ""}
    assert answered(program, body)


def arrives_as(event: str) -> str:
    """The type of an event that is subscribed to by this name."""
    return event.partition(".")[0]


@pytest.mark.parametrize("event", Event)
def test_every_event_is_answered(program: Program, event: Event) -> None:
    told = {"type": "event_callback", "team_id": "T0NOBODY", "event_id": "Ev1", "event": {"type": arrives_as(event)}}
    assert answered(program, told)


def test_what_listeners_hear_is_emitted_by_builders_or_stands_in_the_manifest(heard: dict[str, set[str]]) -> None:
    made = manifest()
    sources = {
        "action": used(BLOCKS, Act),
        "options": used(BLOCKS, Act),
        "view_submission": used(BLOCKS, Dialog),
        "view_closed": used(BLOCKS, Dialog),
        "command": {one["command"] for one in made["features"]["slash_commands"]},
        "event": {arrives_as(one) for one in made["settings"]["event_subscriptions"]["bot_events"]},
        "shortcut": {one["callback_id"] for one in made["features"].get("shortcuts", [])},
    }
    for kind, names in heard.items():
        assert names <= sources[kind], kind
    assert heard["command"] == sources["command"]
    assert heard["event"] == sources["event"]


def test_nobody_registers_for_what_is_heard_already() -> None:
    desk = handlers.desk_of(cast(Runtime, None))
    name, handler = next(iter(desk.heard["action"].items()))
    with pytest.raises(ValueError, match="already"):
        desk.action(name, handler)


@pytest.mark.parametrize("typed", Typed)
def test_every_field_is_shown_by_a_builder_and_read_by_a_handler(typed: Typed) -> None:
    assert typed in used(BLOCKS, Typed)
    assert typed in used(HANDLERS, Typed)


def test_no_builder_and_no_handler_writes_an_id_out() -> None:
    known = {member.value for group in (Act, Dialog) for member in group}
    for path in [*BLOCKS.rglob("*.py"), *HANDLERS.rglob("*.py")]:
        if path == Path(ids.__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Name(id="button"), args=[_, ast.Constant(value=str(written)), *_]):
                    raise AssertionError(f"{path}: {written}")
                case ast.Dict(keys=keys, values=values):
                    for key, value in zip(keys, values, strict=True):
                        if isinstance(key, ast.Constant) and key.value in {"action_id", "callback_id"}:
                            assert not isinstance(value, ast.Constant), f"{path}: {ast.dump(value)}"
                case ast.Compare(comparators=[ast.Constant(value=str(compared))]):
                    assert compared not in known, f"{path}: {compared}"
