import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.localslack.core import LocalSlack
from bot.localslack.facts.methods import COMMON_ERRORS, METHODS
from bot.localslack.webapi import dispatch
from bot.localslack.webapi.dispatch import HANDLERS, Request


def test_a_call_needs_a_token_that_is_known_and_of_the_right_kind(core: LocalSlack) -> None:
    assert core.call("auth.test", token="")["error"] == "not_authed"
    assert core.call("auth.test", token="xoxb-other")["error"] == "invalid_auth"
    assert core.call("auth.test", token=core.app.app_token)["error"] == "not_allowed_token_type"
    assert core.call("apps.connections.open")["error"] == "not_allowed_token_type"
    assert core.call("apps.connections.open", token="xapp-other")["error"] == "invalid_auth"
    assert core.call("apps.connections.open", token=core.app.app_token)["url"].startswith("ws://127.0.0.1")


def test_the_token_may_stand_in_the_header_or_among_the_arguments(core: LocalSlack) -> None:
    header = Request("auth.test", authorization=f"Bearer {core.app.bot_token}")
    form = Request(
        "auth.test", content_type="application/x-www-form-urlencoded", body=f"token={core.app.bot_token}".encode()
    )
    query = Request("auth.test", query=[("token", core.app.bot_token)])
    answers = [core.handle(one) for one in (header, form, query)]
    assert [one.body["user"] for one in answers] == ["okra"] * 3
    assert "chat:write" in answers[0].headers["x-oauth-scopes"]


def test_arguments_come_from_query_form_and_json_alike(core: LocalSlack) -> None:
    channel = core.channel(core.workspace, "growth-leads").id
    token = f"Bearer {core.app.bot_token}"
    mixed = Request(
        "chat.postMessage",
        query=[("channel", channel)],
        content_type="application/json;charset=utf-8",
        body=b'{"text": "hello", "mrkdwn": false}',
        authorization=token,
    )
    assert core.handle(mixed).body["message"]["text"] == "hello"
    broken = Request("chat.postMessage", content_type="application/json", body=b"{", authorization=token)
    assert core.handle(broken).body["error"] == "invalid_json"
    listed = Request("chat.postMessage", content_type="application/json", body=b"[]", authorization=token)
    assert core.handle(listed).body["error"] == "json_not_object"


def test_a_method_that_is_not_spoken_here_is_unknown(core: LocalSlack) -> None:
    assert core.call("reactions.add", name="eyes")["error"] == "unknown_method"
    assert core.call("chat.nonsense")["error"] == "unknown_method"
    core.handle(Request("reactions.add", authorization=f"Bearer {core.app.bot_token}"))
    assert core.unknown_methods == {"reactions.add": 2, "chat.nonsense": 1}


def test_every_handler_has_its_facts_and_every_method_its_handler() -> None:
    assert {*HANDLERS, "apps.connections.open"} == set(METHODS)


ANY_CALL = {
    # Slack's general errors, which every method can give (its page of each method lists them at the end).
    "invalid_arguments", "invalid_form_data", "invalid_json", "json_not_object", "not_allowed_token_type",
    "unknown_method",
}  # fmt: skip

HERE_ONLY = {"chat": {"thread_not_found"}, "users": {"invalid_limit"}}
"""Errors that Slack's pages of these methods do not list; see docs/local-slack.md."""

RAISED = re.compile(r'(?:SlackError|_refused|_own_message|_ts|structure|number)\((?:[^()]*, )?"(\w+)"')
"""Where the Web API's modules name the error that they give."""


def test_the_errors_that_are_given_are_found_by_their_look() -> None:
    assert RAISED.findall('raise SlackError("no_text")') == ["no_text"]
    assert RAISED.findall('arguments.structure("blocks", "invalid_blocks_format")') == ["invalid_blocks_format"]


@pytest.mark.parametrize("group", ["chat", "conversations", "files", "identity", "users", "views"])
def test_a_method_gives_the_errors_that_slack_lists_for_it(group: str) -> None:
    source = Path(dispatch.__file__).with_name(f"{group}.py").read_text(encoding="utf-8")
    given = set(RAISED.findall(source))
    prefix = {"identity": "auth."}.get(group, f"{group}.")
    listed = {error for name, method in METHODS.items() if name.startswith(prefix) for error in method.errors}
    assert given - listed - set(COMMON_ERRORS) - ANY_CALL == HERE_ONLY.get(group, set())


def test_addresses_are_read_only_with_their_own_scope(core: LocalSlack) -> None:
    mere = core.people_named("Mere Ngata")[0].id
    assert "email" not in core.call("users.info", user=mere)["user"]["profile"]
    assert core.call("users.lookupByEmail", email="mere@example.com")["error"] == "missing_scope"
    core.install(replace(core.app, bot_scopes=core.app.bot_scopes | {"users:read.email"}))
    assert core.call("users.info", user=mere)["user"]["profile"]["email"] == "mere@example.com"
    assert "mere@example.com" in [one["profile"].get("email") for one in core.call("users.list")["members"]]
    assert core.call("users.lookupByEmail", email="Mere@Example.com")["user"]["id"] == mere
    core.change_person(mere, deleted=True)
    assert core.call("users.lookupByEmail", email="mere@example.com")["error"] == "users_not_found"
    assert core.call("users.lookupByEmail", email="")["error"] == "users_not_found"


def test_a_refusal_names_the_scopes_too(core: LocalSlack) -> None:
    request = Request("users.lookupByEmail", authorization=f"Bearer {core.app.bot_token}")
    headers = core.handle(request).headers
    assert headers["x-accepted-oauth-scopes"] == "users:read.email"
    assert "chat:write" in headers["x-oauth-scopes"]


def test_a_missing_scope_is_named_with_what_the_token_has(core: LocalSlack) -> None:
    core.install(replace(core.app, bot_scopes=frozenset({"users:read"})))
    answer = core.call("chat.postMessage", channel="growth-leads", text="x")
    assert answer == {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "users:read"}


def test_scopes_are_those_of_the_kind_of_conversation(core: LocalSlack) -> None:
    channel = core.channel(core.workspace, "growth-leads").id
    core.install(replace(core.app, bot_scopes=frozenset({"im:history", "im:read", "im:write", "chat:write"})))
    person = core.people_named("Mere Ngata")[0].id
    direct = core.call("chat.postMessage", channel=person, text="x")["channel"]
    assert core.call("conversations.history", channel=direct)["ok"] is True
    assert core.call("conversations.history", channel=channel)["needed"] == "channels:history"
    assert core.call("conversations.info", channel=channel)["needed"] == "channels:read"
    assert core.call("conversations.list", types="public_channel,im")["needed"] == "channels:read"
    other = core.people_named("Tama Reid")[0].id
    assert core.call("conversations.open", users=f"{person},{other}")["needed"] == "mpim:write"


@pytest.mark.parametrize(("end", "error"), [("uninstall", "account_inactive"), ("revoke_tokens", "token_revoked")])
def test_when_the_app_is_removed_its_token_stops_working_and_it_hears_so(
    core: LocalSlack, end: str, error: str
) -> None:
    getattr(core, end)()
    assert core.call("auth.test")["error"] == error
    heard = [one.payload["event"]["type"] for one in core.outgoing.take()]
    assert heard == (["tokens_revoked", "app_uninstalled"] if end == "uninstall" else ["tokens_revoked"])
    core.outgoing.take()
    core.change_person(core.people_named("Mere Ngata")[0].id, status_text="away")
    assert core.outgoing.take() == []
