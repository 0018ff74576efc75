"""Every payload with all the fields that Slack sends, also those that nobody here reads."""

from typing import Any

import pytest

from bot.localslack import acts, commands, submitting
from bot.localslack.acts import Place
from bot.localslack.core import LocalSlack
from bot.localslack.errors import ActError
from bot.localslack.modals import make_trigger
from bot.localslack.outgoing import Reply

Json = dict[str, Any]

HEAD = {"type", "team", "user", "api_app_id", "token", "is_enterprise_install", "enterprise"}
VIEW = {
    "id", "team_id", "type", "blocks", "private_metadata", "callback_id", "state", "hash", "title", "clear_on_close",
    "notify_on_close", "close", "submit", "previous_view_id", "root_view_id", "app_id", "external_id",
    "app_installed_team_id", "bot_id",
}  # fmt: skip
POSTED = {"type", "user", "ts", "text", "team", "bot_id", "app_id", "bot_profile", "blocks"}
ENVELOPE = {
    "token", "team_id", "context_team_id", "context_enterprise_id", "api_app_id", "event", "type", "event_id",
    "event_time", "authorizations", "is_ext_shared_channel", "event_context",
}  # fmt: skip


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


BUTTON = {"type": "button", "action_id": "go", "text": plain("Go"), "value": "12", "style": "primary"}
MENU = {
    "type": "static_select",
    "action_id": "menu",
    "placeholder": plain("Colour"),
    "options": [{"text": plain(word), "value": word} for word in ("green", "red")],
    "initial_option": {"text": plain("green"), "value": "green"},
}
PEOPLE = {"type": "external_select", "action_id": "blocked_by", "min_query_length": 0}
CHANNEL = {"type": "conversations_select", "action_id": "where", "response_url_enabled": True}


@pytest.fixture
def mere(core: LocalSlack) -> str:
    return core.people_named("Mere Ngata")[0].id


@pytest.fixture
def channel(core: LocalSlack) -> str:
    return core.channel(core.workspace, "growth-leads").id


def posted(core: LocalSlack, channel: str, **more: Any) -> Json:
    blocks = [{"type": "actions", "block_id": "b", "elements": [BUTTON, MENU, PEOPLE]}]
    answer: Json = core.call("chat.postMessage", channel=channel, text="x", blocks=blocks, **more)
    return answer


def opened(core: LocalSlack, person: str) -> Json:
    inputs = [("note", {"type": "plain_text_input", "action_id": "note"}), ("where", CHANNEL)]
    asked = [{"type": "input", "block_id": at, "label": plain(at), "element": element} for at, element in inputs]
    view = {
        "type": "modal",
        "callback_id": "c",
        "private_metadata": "m",
        "notify_on_close": True,
        "title": plain("T"),
        "submit": plain("Send"),
        "blocks": [*asked, {"type": "actions", "block_id": "b", "elements": [BUTTON, PEOPLE]}],
    }
    answer = core.call("views.open", trigger_id=make_trigger(core, core.workspace, person), view=view)
    found: Json = answer["view"]
    return found


def sent(core: LocalSlack) -> Json:
    """The newest payload on its way to the app."""
    return core.outgoing.take()[-1].payload


def act(core: LocalSlack, person: str, place: Place, action: str, raw: Any = None) -> Json:
    acts.act_on(core, core.workspace, person, place, block_id="b", action_id=action, raw=raw)
    return sent(core)


def test_a_button_in_a_message_sends_what_slack_sends(core: LocalSlack, mere: str, channel: str) -> None:
    ts = posted(core, channel)["ts"]
    payload = act(core, mere, Place(channel=channel, ts=ts), "go")
    added = {"container", "channel", "message", "trigger_id", "actions", "state", "response_url"}
    assert set(payload) == HEAD | added
    assert payload["user"] == {"id": mere, "username": "mere.ngata", "name": "mere.ngata", "team_id": core.workspace.id}
    assert payload["container"] == {
        "type": "message",
        "message_ts": ts,
        "channel_id": channel,
        "is_ephemeral": False,
    }
    assert payload["channel"] == {"id": channel, "name": "growth-leads"}
    assert set(payload["message"]) == POSTED
    action = payload["actions"][0]
    assert set(action) == {"type", "action_id", "block_id", "text", "value", "style", "action_ts"}
    assert action["text"] == plain("Go") | {"emoji": True}
    assert payload["state"]["values"]["b"]["menu"]["selected_option"]["value"] == "green"


def test_a_menu_in_a_message_tells_the_choice_and_what_stood_there_first(
    core: LocalSlack, mere: str, channel: str
) -> None:
    place = Place(channel=channel, ts=posted(core, channel)["ts"])
    action = act(core, mere, place, "menu", "red")["actions"][0]
    assert set(action) == {
        "type", "action_id", "block_id", "selected_option", "initial_option", "placeholder", "action_ts",
    }  # fmt: skip
    assert (action["selected_option"]["value"], action["initial_option"]["value"]) == ("red", "green")


def test_buttons_below_an_answer_send_what_slack_sends(core: LocalSlack, mere: str, channel: str) -> None:
    good, bad = ({"text": plain(word), "value": word} for word in ("good", "bad"))
    elements = [
        {"type": "feedback_buttons", "action_id": "how", "positive_button": good, "negative_button": bad},
        {"type": "icon_button", "action_id": "drop", "icon": "trash", "text": plain("Drop"), "value": "1"},
    ]
    blocks = [{"type": "context_actions", "block_id": "b", "elements": elements}]
    place = Place(channel=channel, ts=core.call("chat.postMessage", channel=channel, text="x", blocks=blocks)["ts"])
    action = act(core, mere, place, "how", "bad")["actions"][0]
    assert (action["type"], action["value"], action["text"]["text"]) == ("feedback_buttons", "bad", "bad")
    action = act(core, mere, place, "drop")["actions"][0]
    assert (action["type"], action["value"]) == ("icon_button", "1")


def test_a_workflow_button_tells_the_app_nothing(core: LocalSlack, mere: str, channel: str) -> None:
    workflow = {"trigger": {"url": "https://slack.com/shortcuts/Ft0/abc"}}
    element = {"type": "workflow_button", "action_id": "run", "text": plain("Run"), "workflow": workflow}
    blocks = [{"type": "actions", "block_id": "b", "elements": [element]}]
    place = Place(channel=channel, ts=core.call("chat.postMessage", channel=channel, text="x", blocks=blocks)["ts"])
    core.outgoing.take()
    assert acts.act_on(core, core.workspace, mere, place, block_id="b", action_id="run") is None
    assert core.outgoing.take() == []


def test_a_button_names_its_thread_and_an_ephemeral_message_does_not_come_along(
    core: LocalSlack, mere: str, channel: str
) -> None:
    root = posted(core, channel)["ts"]
    reply = posted(core, channel, thread_ts=root)["ts"]
    payload = act(core, mere, Place(channel=channel, ts=reply), "go")
    assert payload["container"]["thread_ts"] == root
    assert (payload["message"]["thread_ts"], payload["message"]["parent_user_id"]) == (
        root,
        core.installation(core.workspace).bot_user,
    )
    blocks = [{"type": "actions", "block_id": "b", "elements": [BUTTON]}]
    only_you = core.call("chat.postEphemeral", channel=channel, user=mere, text="x", blocks=blocks)["message_ts"]
    payload = act(core, mere, Place(channel=channel, ts=only_you), "go")
    assert payload["container"]["is_ephemeral"] is True
    # Slack keeps no ephemeral message, so it cannot send one along.
    assert "message" not in payload


def test_a_button_in_a_dialog_sends_what_slack_sends(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere)
    payload = act(core, mere, Place(view=view["id"]), "go")
    assert set(payload) == HEAD | {"container", "view", "trigger_id", "actions"}
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert set(payload["view"]) == VIEW


def test_typing_into_an_external_menu_sends_what_slack_sends(core: LocalSlack, mere: str, channel: str) -> None:
    view = opened(core, mere)
    asked = {"block_id": "b", "action_id": "blocked_by", "typed": "le"}
    acts.suggest(core, core.workspace, mere, Place(view=view["id"]), **asked)
    payload = sent(core)
    assert set(payload) == HEAD | {"container", "view", "block_id", "action_id", "value"}
    assert (payload["type"], payload["value"]) == ("block_suggestion", "le")
    place = Place(channel=channel, ts=posted(core, channel)["ts"])
    acts.suggest(core, core.workspace, mere, place, **asked)
    assert set(sent(core)) == HEAD | {"container", "channel", "message", "block_id", "action_id", "value"}


def test_a_submission_has_an_address_for_each_channel_that_was_chosen(
    core: LocalSlack, mere: str, channel: str
) -> None:
    view = opened(core, mere)
    for action, raw in (("note", "typed"), ("where", channel)):
        place = Place(view=view["id"])
        acts.act_on(core, core.workspace, mere, place, block_id=action, action_id=action, raw=raw)
    submitting.submit(core, core.workspace, mere)
    payload = sent(core)
    assert set(payload) == HEAD | {"trigger_id", "view", "response_urls"}
    assert set(payload["view"]) == VIEW
    (address,) = payload["response_urls"]
    assert set(address) == {"block_id", "action_id", "channel_id", "response_url"}
    assert (address["block_id"], address["action_id"], address["channel_id"]) == ("where", "where", channel)
    assert address["response_url"].startswith("http")


def test_files_in_a_dialog_come_as_slack_describes_files(core: LocalSlack, mere: str) -> None:
    asked = {"type": "file_input", "action_id": "proof", "max_files": 2}
    blocks = [{"type": "input", "block_id": "b", "label": plain("Proof"), "element": asked}]
    view = {"type": "modal", "title": plain("T"), "submit": plain("Send"), "blocks": blocks}
    trigger = make_trigger(core, core.workspace, mere)
    place = Place(view=core.call("views.open", trigger_id=trigger, view=view)["view"]["id"])
    with pytest.raises(ActError, match="at most 2"):
        acts.act_on(core, core.workspace, mere, place, block_id="b", action_id="proof", raw=["a", "b", "c"])
    acts.act_on(core, core.workspace, mere, place, block_id="b", action_id="proof", raw=["audit.pdf"])
    submitting.submit(core, core.workspace, mere)
    value = sent(core)["view"]["state"]["values"]["b"]["proof"]
    assert value["type"] == "file_input"
    assert [(one["name"], one["filetype"], one["user"]) for one in value["files"]] == [("audit.pdf", "pdf", mere)]


def test_an_external_menu_asks_after_three_characters_unless_it_says_otherwise(
    core: LocalSlack, mere: str, channel: str
) -> None:
    menu = {"type": "external_select", "action_id": "team"}
    blocks = [{"type": "actions", "block_id": "b", "elements": [menu]}]
    ts = core.call("chat.postMessage", channel=channel, text="x", blocks=blocks)["ts"]
    asked = {"block_id": "b", "action_id": "team"}
    with pytest.raises(ActError, match="after 3 characters"):
        acts.suggest(core, core.workspace, mere, Place(channel=channel, ts=ts), typed="le", **asked)
    acts.suggest(core, core.workspace, mere, Place(channel=channel, ts=ts), typed="leg", **asked)
    assert sent(core)["value"] == "leg"


@pytest.mark.parametrize(("offered", "shown"), [(100, 100), (101, 0), (0, 0)])
def test_an_external_menu_shows_no_answer_that_slack_would_not_take(
    core: LocalSlack, mere: str, channel: str, offered: int, shown: int
) -> None:
    ts = posted(core, channel)["ts"]
    place = Place(channel=channel, ts=ts)
    delivery = acts.suggest(core, core.workspace, mere, place, block_id="b", action_id="blocked_by", typed="x")
    core.outgoing.take()
    options = [{"text": plain(f"x{number}"), "value": str(number)} for number in range(offered)]
    core.outgoing.answered(delivery.id, Reply(200, {"options": options}))
    found = core.channel(core.workspace, channel).messages[ts].shown_options["b", "blocked_by"]
    assert len(found) == shown


def test_closing_a_dialog_sends_it_without_what_was_typed(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere)
    acts.act_on(core, core.workspace, mere, Place(view=view["id"]), block_id="note", action_id="note", raw="typed")
    submitting.close(core, core.workspace, mere)
    payload = sent(core)
    assert set(payload) == HEAD | {"view", "is_cleared"}
    assert set(payload["view"]) == VIEW
    assert payload["view"]["state"] == {"values": {}}


def test_a_shortcut_sends_what_slack_sends(core: LocalSlack, mere: str, channel: str) -> None:
    ts = posted(core, channel)["ts"]
    acts.message_shortcut(core, core.workspace, mere, "make_blocker", channel=channel, ts=ts)
    payload = sent(core)
    added = {"callback_id", "trigger_id", "response_url", "message_ts", "channel", "message", "action_ts"}
    assert set(payload) == HEAD | added
    assert (payload["type"], payload["callback_id"], payload["message_ts"]) == ("message_action", "make_blocker", ts)
    acts.global_shortcut(core, core.workspace, mere, "check_in_now")
    assert set(sent(core)) == HEAD | {"callback_id", "trigger_id", "action_ts"}


def test_a_command_sends_what_slack_sends(core: LocalSlack, mere: str, channel: str) -> None:
    commands.command(core, core.workspace, mere, "/kr 12 @Tama Reid & co", channel)
    payload = sent(core)
    tama = core.people_named("Tama Reid")[0].id
    assert payload | {"trigger_id": "", "response_url": "", "token": ""} == {
        "token": "",
        "team_id": core.workspace.id,
        "team_domain": "kauri",
        "channel_id": channel,
        "channel_name": "growth-leads",
        "user_id": mere,
        "user_name": "mere.ngata",
        "command": "/kr",
        "text": f"12 <@{tama}|tama.reid> &amp; co",
        "api_app_id": core.app.app_id,
        "is_enterprise_install": "false",
        "response_url": "",
        "trigger_id": "",
    }


def test_a_message_that_somebody_writes_sends_what_slack_sends(core: LocalSlack, mere: str) -> None:
    core.say(mere, "hello")
    payload = sent(core)
    assert set(payload) == ENVELOPE
    assert set(payload["event"]) == {
        "type", "user", "ts", "text", "team", "client_msg_id", "blocks", "channel", "channel_type", "event_ts",
    }  # fmt: skip


def test_opening_the_home_tab_sends_what_slack_sends(core: LocalSlack, mere: str) -> None:
    core.open_app(mere, "home")
    assert set(sent(core)["event"]) == {"type", "user", "channel", "tab", "event_ts"}
    core.call("views.publish", user_id=mere, view={"type": "home", "blocks": []})
    core.open_app(mere, "home")
    event = sent(core)["event"]
    assert set(event) == {"type", "user", "channel", "tab", "event_ts", "view"}
    assert set(event["view"]) == VIEW
