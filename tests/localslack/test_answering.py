"""Commands, shortcuts, pressed buttons, and what the app answers through them."""

from datetime import timedelta
from typing import Any

import pytest

from bot.localslack import acts, commands
from bot.localslack.acts import Place
from bot.localslack.core import LocalSlack
from bot.localslack.errors import ActError, SlackError
from bot.localslack.outgoing import Reply
from bot.localslack.responses import respond

Json = dict[str, Any]
BUTTON = {
    "type": "actions",
    "block_id": "row",
    "elements": [
        {
            "type": "button",
            "action_id": "check_in",
            "text": {"type": "plain_text", "text": "Check in"},
            "value": "12",
            "style": "primary",
        }
    ],
}


@pytest.fixture
def mere(core: LocalSlack) -> str:
    return core.people_named("Mere Ngata")[0].id


@pytest.fixture
def channel(core: LocalSlack) -> str:
    return core.channel(core.workspace, "growth-leads").id


def command(core: LocalSlack, person: str, line: str, channel: str) -> Json:
    commands.command(core, core.workspace, person, line, channel)
    (delivery,) = core.outgoing.take()
    return delivery.payload


def pressed(core: LocalSlack, person: str, channel: str, ts: str, copy: Json | None = None) -> Json:
    place = Place(channel=channel, ts=ts, copy=copy)
    delivery = acts.act_on(core, core.workspace, person, place, block_id="row", action_id="check_in")
    assert delivery is not None
    core.outgoing.take()
    return delivery.payload


def use(core: LocalSlack, url: str, **body: Any) -> None:
    workspace_id, url_id = url.rsplit("/", 2)[1:]
    respond(core, workspace_id, url_id, body)


def own_ephemerals(core: LocalSlack, person: str) -> list[str]:
    return [one.text for one in core.workspace.desk(person).ephemerals]


def test_a_command_carries_who_where_and_what(core: LocalSlack, mere: str, channel: str) -> None:
    payload = command(core, mere, "/kr  12 45 yellow waiting on @Tama Reid in #growth-leads, R&D < 2 ", channel)
    tama = core.people_named("Tama Reid")[0]
    assert payload["command"] == "/kr"
    mentions = f"<@{tama.id}|tama.reid> in <#{channel}|growth-leads>"
    assert payload["text"] == f"12 45 yellow waiting on {mentions}, R&amp;D &lt; 2"
    assert (payload["user_id"], payload["channel_name"]) == (mere, "growth-leads")
    assert payload["response_url"].startswith("http://127.0.0.1")
    unescaped = command(core, mere, "/okr help @Tama Reid & co", channel)
    assert unescaped["text"] == "help @Tama Reid & co"


def test_a_command_that_the_app_does_not_have_is_not_sent(core: LocalSlack, mere: str, channel: str) -> None:
    with pytest.raises(ActError, match="/kr, /okr"):
        commands.command(core, core.workspace, mere, "/kpi 12", channel)
    core.change_person(mere, deleted=True, quietly=True)
    with pytest.raises(ActError, match="deactivated"):
        commands.command(core, core.workspace, mere, "/kr 12", channel)


def test_a_commands_answer_is_ephemeral_unless_it_says_in_channel(core: LocalSlack, mere: str, channel: str) -> None:
    for body in ({"text": "only you"}, {"text": "all of you", "response_type": "in_channel"}, None):
        delivery, _ = commands.command(core, core.workspace, mere, "/kr 12", channel)
        core.outgoing.take()
        core.outgoing.answered(delivery.id, Reply(200, body))
    assert own_ephemerals(core, mere) == ["only you"]
    assert [one.text for one in core.workspace.channels[channel].messages.values()] == ["all of you"]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("timeout", "operation_timeout"),
        ("http_timeout", "operation_timeout"),
        ("connection_failed", "dispatch_failed"),
    ],
)
def test_a_command_without_an_answer_fails_before_the_persons_eyes(
    core: LocalSlack, mere: str, channel: str, reason: str, shown: str
) -> None:
    delivery, failure = commands.command(core, core.workspace, mere, "/kr 12", channel)
    core.outgoing.take()
    core.outgoing.unanswered(delivery.id, reason)
    assert failure.text == f'/kr failed with the error "{shown}"'
    assert core.outgoing.take() == []


def test_a_pressed_button_is_told_with_its_message_and_place(core: LocalSlack, mere: str, channel: str) -> None:
    posted = core.call("chat.postMessage", channel=channel, text="Hello", blocks=[BUTTON])
    payload = pressed(core, mere, channel, posted["ts"])
    (action,) = payload["actions"]
    assert action["text"] == {"type": "plain_text", "text": "Check in", "emoji": True}
    assert (action["action_id"], action["block_id"], action["value"]) == ("check_in", "row", "12")
    assert payload["container"]["message_ts"] == posted["ts"]
    assert payload["message"] == posted["message"]
    assert payload["user"]["id"] == mere
    assert payload["state"] == {"values": {}}
    assert payload["trigger_id"]


def test_an_ephemeral_message_is_not_told_itself(core: LocalSlack, mere: str, channel: str) -> None:
    ts = core.call("chat.postEphemeral", channel=channel, user=mere, text="x", blocks=[BUTTON])["message_ts"]
    payload = pressed(core, mere, channel, ts)
    assert payload["container"]["is_ephemeral"] is True
    assert "message" not in payload


def test_an_old_copy_can_still_be_pressed(core: LocalSlack, mere: str, channel: str) -> None:
    posted = core.call("chat.postMessage", channel=channel, text="Hello", blocks=[BUTTON])
    core.call("chat.update", channel=channel, ts=posted["ts"], text="Done")
    with pytest.raises(ActError, match="nothing there"):
        pressed(core, mere, channel, posted["ts"])
    assert pressed(core, mere, channel, posted["ts"], posted["message"])["message"]["text"] == "Hello"


def test_who_cannot_see_a_message_cannot_press_it(core: LocalSlack, channel: str) -> None:
    hidden = core.create_channel(
        core.workspace, "hidden", private=True, members=[core.installation(core.workspace).bot_user]
    )
    ts = core.call("chat.postMessage", channel=hidden.id, text="x", blocks=[BUTTON])["ts"]
    with pytest.raises(ActError, match="sees no such message"):
        pressed(core, core.people_named("Tama Reid")[0].id, hidden.id, ts)


def test_a_response_url_answers_five_times_in_thirty_minutes(core: LocalSlack, mere: str, channel: str) -> None:
    url = command(core, mere, "/kr 12", channel)["response_url"]
    for n in range(5):
        use(core, url, text=str(n))
    with pytest.raises(SlackError, match="used_url"):
        use(core, url, text="six")
    assert own_ephemerals(core, mere) == ["0", "1", "2", "3", "4"]
    late = command(core, mere, "/kr 12", channel)["response_url"]
    core.jump_to(core.clock.now() + timedelta(minutes=30, seconds=1))
    with pytest.raises(SlackError, match="expired_url"):
        use(core, late, text="late")
    with pytest.raises(SlackError, match="no_text"):
        use(core, command(core, mere, "/kr 12", channel)["response_url"])


def test_a_response_url_takes_no_block_that_is_not_known_yet(core: LocalSlack, mere: str, channel: str) -> None:
    url = command(core, mere, "/kr 12", channel)["response_url"]
    core.workspace.refused_blocks = frozenset({"divider"})
    with pytest.raises(SlackError, match="invalid_blocks"):
        use(core, url, text="x", blocks=[{"type": "divider"}])
    assert own_ephemerals(core, mere) == []
    use(core, url, text="x")
    assert own_ephemerals(core, mere) == ["x"]


def test_a_response_url_replaces_or_deletes_the_message_that_was_pressed(
    core: LocalSlack, mere: str, channel: str
) -> None:
    posted = core.call("chat.postMessage", channel=channel, text="Hello", blocks=[BUTTON])
    url = pressed(core, mere, channel, posted["ts"])["response_url"]
    use(core, url, text="Thanks", replace_original=True)
    assert core.workspace.channels[channel].messages[posted["ts"]].text == "Thanks"
    use(core, url, delete_original=True)
    assert core.workspace.channels[channel].messages == {}
    core.call("chat.postEphemeral", channel=channel, user=mere, text="x", blocks=[BUTTON])
    own = core.workspace.desk(mere).ephemerals[-1]
    url = pressed(core, mere, channel, own.ts)["response_url"]
    use(core, url, text="Seen", replace_original=True)
    assert own_ephemerals(core, mere) == ["Seen"]
    use(core, url, delete_original=True)
    assert own_ephemerals(core, mere) == []


def test_a_message_shortcut_reaches_messages_where_the_app_is_not(core: LocalSlack, mere: str) -> None:
    said = core.say(mere, "legal is stuck", to="random")
    delivery = acts.message_shortcut(
        core, core.workspace, mere, "Make this a blocker", channel=said.channel, ts=said.ts
    )
    assert delivery.payload["type"] == "message_action"
    assert delivery.payload["callback_id"] == "make_blocker"
    assert delivery.payload["message"]["text"] == "legal is stuck"
    assert delivery.payload["message_ts"] == said.ts
    with pytest.raises(ActError, match="Make this a blocker"):
        acts.message_shortcut(core, core.workspace, mere, "Frame this", channel=said.channel, ts=said.ts)


def test_a_global_shortcut_has_no_place(core: LocalSlack, mere: str) -> None:
    payload = acts.global_shortcut(core, core.workspace, mere, "Check in now").payload
    assert (payload["type"], payload["callback_id"]) == ("shortcut", "check_in_now")
    assert "channel" not in payload
    assert "response_url" not in payload


def test_typing_into_an_external_menu_asks_the_app_for_options(core: LocalSlack, mere: str, channel: str) -> None:
    menu = {"type": "external_select", "action_id": "blocked_by", "min_query_length": 1}
    block = {"type": "actions", "block_id": "row", "elements": [menu]}
    ts = core.call("chat.postMessage", channel=channel, text="x", blocks=[block])["ts"]
    place = Place(channel=channel, ts=ts)
    where: Json = {"block_id": "row", "action_id": "blocked_by"}
    delivery = acts.suggest(core, core.workspace, mere, place, typed="peo", **where)
    assert (delivery.payload["type"], delivery.payload["value"]) == ("block_suggestion", "peo")
    core.outgoing.take()
    label = {"type": "plain_text", "text": "Teams"}
    option = {"text": {"type": "plain_text", "text": "People team"}, "value": "t7"}
    core.outgoing.answered(delivery.id, Reply(200, {"option_groups": [{"label": label, "options": [option]}]}))
    chosen = acts.act_on(core, core.workspace, mere, place, raw="people", **where)
    assert chosen is not None
    assert chosen.payload["actions"][0]["selected_option"] == option
    with pytest.raises(ActError, match="offered: 'People team'"):
        acts.act_on(core, core.workspace, mere, place, raw="legal", **where)
