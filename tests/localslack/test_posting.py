from datetime import timedelta
from typing import Any

import pytest

from bot.localslack.core import LocalSlack
from bot.localslack.errors import ActError
from bot.localslack.ids import ts_key

Json = dict[str, Any]
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*KR-12* is fine"}}


def channel_id(core: LocalSlack, name: str = "growth-leads") -> str:
    return core.channel(core.workspace, name).id


def someone(core: LocalSlack, name: str = "Mere Ngata") -> str:
    return core.people_named(name)[0].id


def test_a_post_answers_with_the_message_as_slack_keeps_it(core: LocalSlack) -> None:
    answer = core.call("chat.postMessage", channel=channel_id(core), text="Hello", blocks=[SECTION])
    assert answer["ok"] is True
    assert answer["channel"] == channel_id(core)
    message = answer["message"]
    bot = core.installation(core.workspace)
    assert message["ts"] == answer["ts"]
    assert (message["user"], message["bot_id"], message["app_id"]) == (bot.bot_user, bot.bot_id, core.app.app_id)
    assert message["bot_profile"]["name"] == "Okra"
    assert message["blocks"][0]["block_id"]
    assert message["blocks"][0]["text"] == SECTION["text"] | {"verbatim": False}  # type: ignore[operator]


def test_timestamps_rise_while_the_clock_stands_still(core: LocalSlack) -> None:
    made = [core.call("chat.postMessage", channel=channel_id(core), text=str(n))["ts"] for n in range(5)]
    assert made == sorted(set(made), key=ts_key)


def test_posting_to_a_person_opens_the_direct_conversation_and_names_it(core: LocalSlack) -> None:
    first = core.call("chat.postMessage", channel=someone(core), text="Good morning")
    second = core.call("chat.postMessage", channel=someone(core), text="again")
    assert first["channel"].startswith("D")
    assert second["channel"] == first["channel"]
    assert core.call("conversations.open", users=someone(core))["channel"]["id"] == first["channel"]


def test_a_deactivated_person_still_takes_posts_but_no_new_conversation(core: LocalSlack) -> None:
    core.change_person(someone(core), deleted=True)
    assert core.call("chat.postMessage", channel=someone(core), text="x")["ok"] is True
    assert core.call("conversations.open", users=someone(core))["error"] == "user_disabled"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C000000NOPE", "text": "x"}, "channel_not_found"),
        ({"channel": "random", "text": "x"}, "not_in_channel"),
        ({"channel": "growth-leads"}, "no_text"),
        ({"channel": "growth-leads", "text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ({"channel": "growth-leads", "text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"channel": "growth-leads", "text": "x", "blocks": "[{"}, "invalid_blocks_format"),
        ({"channel": "growth-leads", "text": "x", "metadata": "{"}, "invalid_metadata_format"),
        ({"channel": "growth-leads", "text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_schema"),
        ({"text": "x"}, "invalid_arguments"),
    ],
)
def test_a_post_that_cannot_be_is_refused_by_name(core: LocalSlack, arguments: Json, error: str) -> None:
    assert core.call("chat.postMessage", **arguments)["error"] == error


def test_an_archived_channel_takes_no_posts_and_no_edits(core: LocalSlack) -> None:
    ts = core.call("chat.postMessage", channel=channel_id(core), text="x")["ts"]
    core.archive(core.channel(core.workspace, "growth-leads"))
    assert core.call("chat.postMessage", channel=channel_id(core), text="y")["error"] == "is_archived"
    assert core.call("chat.update", channel=channel_id(core), ts=ts, text="y")["error"] == "is_inactive"


def test_invalid_blocks_are_named_by_pointer(core: LocalSlack) -> None:
    blocks = [SECTION, {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
    answer = core.call("chat.postMessage", channel=channel_id(core), text="x", blocks=blocks)
    assert answer["error"] == "invalid_blocks"
    assert answer["errors"] == [
        "failed to match all allowed schemas [json-pointer:/blocks/1/text]",
        "must be less than 3001 characters [json-pointer:/blocks/1/text/text]",
    ]
    assert answer["response_metadata"]["messages"] == [f"[ERROR] {line}" for line in answer["errors"]]


def test_text_over_the_limit_is_cut_in_a_post_and_refused_in_an_update(core: LocalSlack) -> None:
    posted = core.call("chat.postMessage", channel=channel_id(core), text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000
    update = {"channel": channel_id(core), "ts": posted["ts"]}
    assert core.call("chat.update", text="y" * 4_001, **update)["error"] == "msg_too_long"
    assert core.call("chat.update", text="y" * 4_000, **update)["ok"] is True


def test_an_update_with_text_alone_takes_the_blocks_away_and_keeps_the_metadata(core: LocalSlack) -> None:
    metadata = {"event_type": "prompt", "event_payload": {"id": "d1"}}
    ts = core.call("chat.postMessage", channel=channel_id(core), text="x", blocks=[SECTION], metadata=metadata)["ts"]
    message = core.call("chat.update", channel=channel_id(core), ts=ts, text="done")["message"]
    assert "blocks" not in message
    assert message["metadata"] == metadata
    assert message["edited"]["user"] == core.installation(core.workspace).bot_user


def test_only_the_apps_own_messages_can_be_changed_and_only_where_they_are(core: LocalSlack) -> None:
    said = core.say(someone(core), "mine", to="growth-leads")
    where = {"channel": channel_id(core), "ts": said.ts}
    assert core.call("chat.update", text="x", **where)["error"] == "cant_update_message"
    assert core.call("chat.delete", **where)["error"] == "cant_delete_message"
    assert core.call("chat.update", channel=channel_id(core), ts="1.000001", text="x")["error"] == "message_not_found"
    ts = core.call("chat.postMessage", channel=someone(core), text="x")["ts"]
    assert core.call("chat.update", channel=someone(core), ts=ts, text="y")["error"] == "channel_not_found"


def test_messages_older_than_the_edit_window_stay_as_they_are(core: LocalSlack) -> None:
    core.workspace.edit_window_minutes = 5
    ts = core.call("chat.postMessage", channel=channel_id(core), text="x")["ts"]
    core.jump_to(core.clock.now() + timedelta(minutes=5))
    assert core.call("chat.update", channel=channel_id(core), ts=ts, text="y")["ok"] is True
    core.jump_to(core.clock.now() + timedelta(minutes=1))
    assert core.call("chat.update", channel=channel_id(core), ts=ts, text="z")["error"] == "edit_window_closed"


def test_an_ephemeral_message_is_seen_by_one_member_and_stands_in_no_history(core: LocalSlack) -> None:
    answer = core.call("chat.postEphemeral", channel=channel_id(core), user=someone(core), text="only you")
    assert answer["message_ts"]
    assert core.call("conversations.history", channel=channel_id(core))["messages"] == []
    channel = core.channel(core.workspace, "growth-leads")
    assert [one["text"] for one in core.screen(someone(core)).conversation(channel)] == ["only you"]
    assert core.screen(someone(core, "Tama Reid")).conversation(channel) == []
    stranger = core.add_person("Sol Reyes").id
    refused = core.call("chat.postEphemeral", channel=channel_id(core), user=stranger, text="x")
    assert refused["error"] == "user_not_in_channel"
    update = core.call("chat.update", channel=channel_id(core), ts=answer["message_ts"], text="y")
    assert update["error"] == "message_not_found"


def test_a_permalink_is_given_for_conversations_that_the_app_is_in(core: LocalSlack) -> None:
    root = core.call("chat.postMessage", channel=channel_id(core), text="x")["ts"]
    reply = core.call("chat.postMessage", channel=channel_id(core), text="y", thread_ts=root)["ts"]
    link = core.call("chat.getPermalink", channel=channel_id(core), message_ts=reply)["permalink"]
    assert link.endswith(f"/p{reply.replace('.', '')}?thread_ts={root}&cid={channel_id(core)}")
    said = core.say(someone(core), "elsewhere", to="random")
    answer = core.call("chat.getPermalink", channel=channel_id(core, "random"), message_ts=said.ts)
    assert answer["error"] == "channel_not_found"


def test_a_deleted_message_is_gone(core: LocalSlack) -> None:
    alone = core.call("chat.postMessage", channel=channel_id(core), text="x")["ts"]
    assert core.call("chat.delete", channel=channel_id(core), ts=alone)["ok"] is True
    assert core.call("conversations.history", channel=channel_id(core))["messages"] == []
    assert core.call("conversations.replies", channel=channel_id(core), ts=alone)["error"] == "thread_not_found"
    assert core.call("chat.delete", channel=channel_id(core), ts=alone)["error"] == "message_not_found"


def test_of_a_deleted_message_with_replies_a_line_is_left_above_them(core: LocalSlack) -> None:
    posted = {"text": "x", "blocks": [SECTION], "metadata": {"event_type": "a", "event_payload": {"id": "1"}}}
    root = core.call("chat.postMessage", channel=channel_id(core), **posted)["ts"]
    core.call("chat.postMessage", channel=channel_id(core), text="y", thread_ts=root)
    assert core.call("chat.delete", channel=channel_id(core), ts=root)["ok"] is True
    thread = core.call("conversations.replies", channel=channel_id(core), ts=root, include_all_metadata=True)
    left, reply = thread["messages"]
    assert (left["subtype"], left["user"], left["text"]) == ("tombstone", "USLACKBOT", "This message was deleted.")
    assert left["reply_count"] == 1
    assert not {"blocks", "metadata", "bot_id"} & set(left)
    assert (reply["text"], reply["thread_ts"]) == ("y", root)
    assert core.call("chat.update", channel=channel_id(core), ts=root, text="z")["error"] == "cant_update_message"


def test_a_message_holds_one_table(core: LocalSlack) -> None:
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": "c"}]]}
    assert core.call("chat.postMessage", channel=channel_id(core), text="x", blocks=[table])["ok"] is True
    answer = core.call("chat.postMessage", channel=channel_id(core), text="x", blocks=[table, table])
    assert (answer["error"], answer["errors"]) == ("invalid_attachments", ["only_one_table_allowed"])


def test_blocks_inside_attachments_follow_the_same_rules(core: LocalSlack) -> None:
    wrong = [{"color": "#f00", "blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}]
    answer = core.call("chat.postMessage", channel=channel_id(core), text="x", attachments=wrong)
    assert answer["error"] == "invalid_attachments"
    assert answer["errors"] == ["unsupported type: mrkdwn [json-pointer:/attachments/0/blocks/0/text/type]"]
    right = [{"color": "#f00", "blocks": [SECTION]}]
    assert core.call("chat.postMessage", channel=channel_id(core), text="x", attachments=right)["ok"] is True


def test_people_write_only_where_they_are(core: LocalSlack) -> None:
    with pytest.raises(ActError, match="not in"):
        core.say(someone(core, "Tama Reid"), "x", to="random")


def test_a_workspace_that_does_not_know_a_block_yet_refuses_messages_with_it(core: LocalSlack) -> None:
    core.workspace.refused_blocks = frozenset({"divider"})
    said = core.call("chat.postMessage", channel=channel_id(core), text="x", blocks=[{"type": "divider"}])
    assert said["error"] == "invalid_blocks"
    assert said["errors"] == ["unsupported type: divider [json-pointer:/blocks/0/type]"]
    core.workspace.refused_blocks = frozenset()
    assert core.call("chat.postMessage", channel=channel_id(core), text="x", blocks=[{"type": "divider"}])["ok"]
