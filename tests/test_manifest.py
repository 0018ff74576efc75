"""The manifest: valid by Slack's own schema, and it asks for no scope that is not used."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.testing import CliRunner

import bot.slack
from bot.blocks.ids import Command, Event
from bot.cli import manifest as command
from bot.localslack.facts.methods import METHODS, ConversationKind
from bot.manifest import COMMANDS, manifest
from bot.scopes import SCOPES

URL = "https://okra.example.com/slack/events"

# What Slack asks for an event, for those that Okra hears.
EVENT_SCOPES = {
    Event.USER_CHANGE: {"users:read"},
    Event.TEAM_JOIN: {"users:read"},
    Event.APP_UNINSTALLED: set[str](),
    Event.TOKENS_REVOKED: set[str](),
    Event.MESSAGE_IM: {"im:history"},
    Event.APP_HOME_OPENED: set[str](),
}

# Where Okra posts: to people and groups of them, and to channels of both kinds.
KINDS = tuple(ConversationKind)
BY_KIND = {"conversations.history", "conversations.replies"}


def methods_called() -> set[str]:
    """The Web API methods that the gateway names in its source."""
    tree = ast.parse(Path(bot.slack.__file__).read_text())
    words = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return words & METHODS.keys()


def scopes_needed() -> dict[str, str]:
    """Each scope that something needs, with that something."""
    needed: dict[str, str] = {"commands": "slash commands", "users:read.email": "the e-mail address in users.list"}
    for name in methods_called():
        method = METHODS[name]
        match name:
            case "conversations.open":
                needed |= {"im:write": name, "mpim:write": name}  # with one person, or with several
            case "conversations.list" | "conversations.info":
                needed |= {"channels:read": name, "groups:read": name}  # public and private channels
            case name if name in BY_KIND:
                needed |= {scope: name for kind in KINDS if (scope := method.scope_for(kind)) is not None}
            case _:
                needed |= dict.fromkeys(method.scopes, name)
    for event, scopes in EVENT_SCOPES.items():
        needed |= dict.fromkeys(scopes, event.value)
    return needed


def test_the_gateway_calls_the_methods_that_the_scopes_are_for() -> None:
    assert {"chat.postMessage", "users.list", "conversations.replies", "views.open"} <= methods_called()


def test_each_scope_is_needed_by_a_method_or_an_event() -> None:
    assert set(SCOPES) - set(scopes_needed()) == set()


def test_no_method_or_event_lacks_its_scope() -> None:
    assert {scope: why for scope, why in scopes_needed().items() if scope not in SCOPES} == {}


def test_each_method_may_be_called_with_the_scopes_asked_for() -> None:
    for name in methods_called():
        scopes = METHODS[name].scopes
        assert not scopes or set(scopes) & set(SCOPES), name


def test_every_event_has_its_scopes_written_down() -> None:
    assert set(EVENT_SCOPES) == set(Event)


def test_the_manifest_names_every_command_and_event() -> None:
    made = manifest()
    assert [one["command"] for one in made["features"]["slash_commands"]] == list(Command)
    assert set(COMMANDS) == set(Command)
    assert made["settings"]["event_subscriptions"]["bot_events"] == list(Event)
    assert all(one["should_escape"] for one in made["features"]["slash_commands"])


def test_socket_mode_has_no_address_and_http_has_it_everywhere() -> None:
    assert "request_url" not in json.dumps(manifest())
    assert manifest()["settings"]["socket_mode_enabled"] is True
    over_http = manifest(URL)
    assert over_http["settings"]["socket_mode_enabled"] is False
    assert over_http["settings"]["event_subscriptions"]["request_url"] == URL
    assert over_http["settings"]["interactivity"]["request_url"] == URL
    assert over_http["settings"]["interactivity"]["message_menu_options_url"] == URL
    assert {one["url"] for one in over_http["features"]["slash_commands"]} == {URL}


@pytest.mark.parametrize("url", [None, URL])
def test_the_manifest_is_valid_by_slacks_schema(url: str | None) -> None:
    folder = os.environ.get("OKRA_SHARED")
    if not folder:
        pytest.skip("OKRA_SHARED does not name the folder with Slack's schema")
    schema = json.loads((Path(folder) / "slack" / "manifest.schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(manifest(url))


def run(*arguments: str) -> Any:
    app = typer.Typer()
    command.register(app)
    app.callback()(lambda: None)  # a second command family, so that the name is not left out
    return CliRunner().invoke(app, ["manifest", *arguments])


def test_okra_manifest_prints_what_slack_takes() -> None:
    assert json.loads(run().stdout) == manifest()
    assert json.loads(run("--http", URL).stdout) == manifest(URL)


def test_a_host_alone_gets_the_path_that_okra_listens_on() -> None:
    assert json.loads(run("--http", "https://okra.example.com").stdout) == manifest(URL)


@pytest.mark.parametrize("address", ["http://okra.example.com/slack/events", "okra.example.com", "https://"])
def test_an_address_that_slack_cannot_post_to_is_refused_with_an_example(address: str) -> None:
    result = run("--http", address)
    assert result.exit_code == 2
    assert "https://okra.example.com/slack/events" in result.stderr
