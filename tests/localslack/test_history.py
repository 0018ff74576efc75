from typing import Any

import pytest

from bot.localslack.core import LocalSlack

Json = dict[str, Any]


@pytest.fixture
def channel(core: LocalSlack) -> str:
    return core.channel(core.workspace, "growth-leads").id


def post(core: LocalSlack, channel: str, text: str, **more: Any) -> str:
    ts: str = core.call("chat.postMessage", channel=channel, text=text, **more)["ts"]
    return ts


def texts(answer: Json) -> list[str]:
    return [one["text"] for one in answer["messages"]]


def test_history_gives_the_newest_first_in_pages(core: LocalSlack, channel: str) -> None:
    for n in range(5):
        post(core, channel, str(n))
    first = core.call("conversations.history", channel=channel, limit=2)
    assert (texts(first), first["has_more"]) == (["4", "3"], True)
    second = core.call(
        "conversations.history", channel=channel, limit="2", cursor=first["response_metadata"]["next_cursor"]
    )
    assert texts(second) == ["2", "1"]
    last = core.call(
        "conversations.history", channel=channel, limit=2, cursor=second["response_metadata"]["next_cursor"]
    )
    assert (texts(last), last["has_more"]) == (["0"], False)
    assert "response_metadata" not in last


def test_oldest_and_latest_are_left_out_unless_inclusive(core: LocalSlack, channel: str) -> None:
    made = [post(core, channel, str(n)) for n in range(5)]
    window = {"channel": channel, "oldest": made[1], "latest": made[3]}
    assert texts(core.call("conversations.history", **window)) == ["2"]
    assert texts(core.call("conversations.history", inclusive="true", **window)) == ["3", "2", "1"]
    assert texts(core.call("conversations.history", channel=channel, oldest=made[3])) == ["4"]
    assert texts(core.call("conversations.history", channel=channel, latest=made[1])) == ["0"]


def test_a_thread_is_given_oldest_first_with_its_root_on_every_page(core: LocalSlack, channel: str) -> None:
    root = post(core, channel, "root")
    for n in range(3):
        post(core, channel, str(n), thread_ts=root)
    first = core.call("conversations.replies", channel=channel, ts=root, limit=2)
    assert texts(first) == ["root", "0", "1"]
    cursor = first["response_metadata"]["next_cursor"]
    second = core.call("conversations.replies", channel=channel, ts=root, limit=2, cursor=cursor)
    assert (texts(second), second["has_more"]) == (["root", "2"], False)


def test_replies_stay_out_of_history_unless_broadcast(core: LocalSlack, channel: str) -> None:
    root = post(core, channel, "root")
    post(core, channel, "quiet", thread_ts=root)
    post(core, channel, "loud", thread_ts=root, reply_broadcast=True)
    history = core.call("conversations.history", channel=channel)
    assert texts(history) == ["loud", "root"]
    assert history["messages"][0]["subtype"] == "thread_broadcast"
    assert history["messages"][1]["reply_count"] == 2
    assert history["messages"][1]["latest_reply"] == history["messages"][0]["ts"]


def test_metadata_is_given_only_when_asked_for(core: LocalSlack, channel: str) -> None:
    metadata = {"event_type": "delivery", "event_payload": {"id": "d1"}}
    post(core, channel, "x", metadata=metadata)
    plain = core.call("conversations.history", channel=channel)["messages"][0]
    full = core.call("conversations.history", channel=channel, include_all_metadata=1)["messages"][0]
    assert "metadata" not in plain
    assert full["metadata"] == metadata


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"limit": "many"}, "invalid_limit"),
        ({"limit": 5000}, "invalid_limit"),
        ({"cursor": "%%%"}, "invalid_cursor"),
        ({"cursor": "dXNlcjpVMQ=="}, "invalid_cursor"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "tomorrow"}, "invalid_ts_latest"),
    ],
)
def test_a_window_that_cannot_be_read_is_refused(core: LocalSlack, channel: str, arguments: Json, error: str) -> None:
    assert core.call("conversations.history", channel=channel, **arguments)["error"] == error


def test_history_of_a_channel_without_the_app_is_closed_to_it(core: LocalSlack) -> None:
    hidden = core.create_channel(core.workspace, "hidden", private=True)
    public = core.channel(core.workspace, "random")
    assert core.call("conversations.history", channel=public.id)["error"] == "not_in_channel"
    assert core.call("conversations.history", channel=hidden.id)["error"] == "channel_not_found"
