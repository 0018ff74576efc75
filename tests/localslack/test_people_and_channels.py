from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.localslack.core import LocalSlack
from bot.localslack.errors import SetupError
from bot.localslack.state import Sharing


def events(core: LocalSlack) -> list[dict[str, Any]]:
    return [one.payload["event"] for one in core.outgoing.take()]


def test_a_user_has_the_offset_of_today_in_seconds(core: LocalSlack) -> None:
    tama = core.people_named("Tama Reid")[0]
    assert core.call("users.info", user=tama.id)["user"]["tz_offset"] == 0
    core.jump_to(datetime(2027, 6, 1, tzinfo=UTC))
    user = core.call("users.info", user=tama.id)["user"]
    assert (user["tz"], user["tz_offset"], user["tz_label"]) == ("Europe/London", 3600, "BST")


def test_locale_is_given_only_when_asked_for(core: LocalSlack) -> None:
    tama = core.people_named("Tama Reid")[0].id
    assert "locale" not in core.call("users.info", user=tama)["user"]
    assert core.call("users.info", user=tama, include_locale="true")["user"]["locale"] == "en-GB"
    assert core.call("users.info", user="U404")["error"] == "user_not_found"


def test_everybody_is_listed_in_pages_deactivated_people_and_bots_too(core: LocalSlack) -> None:
    core.change_person(core.people_named("Mere Ngata")[0].id, deleted=True)
    names, cursor = [], ""
    while True:
        page = core.call("users.list", limit=2, cursor=cursor)
        names += [(one["profile"]["real_name"], one["deleted"], one["is_bot"]) for one in page["members"]]
        cursor = page["response_metadata"]["next_cursor"]
        if not cursor:
            break
    assert names == [("Okra", False, True), ("Mere Ngata", True, False), ("Tama Reid", False, False)]


def test_a_change_is_told_with_the_whole_user(core: LocalSlack) -> None:
    mere = core.people_named("Mere Ngata")[0].id
    core.change_person(mere, deleted=True)
    event = events(core)[0]
    assert (event["type"], event["user"]["id"], event["user"]["deleted"]) == ("user_change", mere, True)
    core.add_person("Sol Reyes", tz="America/New_York", joins=True)
    assert events(core)[0]["user"]["profile"]["real_name"] == "Sol Reyes"


def test_setting_people_up_tells_the_app_nothing(core: LocalSlack) -> None:
    core.add_person("Sol Reyes")
    core.change_person(core.people_named("Sol Reyes")[0].id, quietly=True, tz="Asia/Kolkata")
    assert events(core) == []


def test_a_person_that_cannot_be_is_refused(core: LocalSlack) -> None:
    with pytest.raises(SetupError, match="not an IANA time zone"):
        core.add_person("Sol Reyes", tz="Mars/Olympus")
    with pytest.raises(SetupError, match="shoe_size"):
        core.add_person("Sol Reyes", shoe_size=44)


def test_channels_are_listed_as_the_app_may_see_them(core: LocalSlack) -> None:
    core.create_channel(core.workspace, "secret", private=True)
    bot = core.installation(core.workspace).bot_user
    core.create_channel(core.workspace, "ours", private=True, members=[bot])
    listed = core.call("conversations.list", types="public_channel,private_channel")["channels"]
    assert [(one["name"], one["is_member"], one["is_private"]) for one in listed] == [
        ("growth-leads", True, False),
        ("random", False, False),
        ("ours", True, True),
    ]
    core.archive(core.channel(core.workspace, "random"))
    public = core.call("conversations.list", exclude_archived=True)["channels"]
    assert [one["name"] for one in public] == ["growth-leads"]
    assert core.call("conversations.list", types="secret")["error"] == "invalid_types"


@pytest.mark.parametrize(
    ("sharing", "shared", "pending"),
    [(Sharing.NONE, False, False), (Sharing.PENDING, False, True), (Sharing.SHARED, True, False)],
)
def test_a_channel_shared_with_another_organisation_says_so(
    core: LocalSlack, sharing: Sharing, shared: bool, pending: bool
) -> None:
    channel = core.channel(core.workspace, "growth-leads")
    channel.sharing = sharing
    listed = core.call("conversations.list")["channels"][0]
    for shape in (listed, core.call("conversations.info", channel=channel.id)["channel"]):
        assert shape["is_ext_shared"] is shape["is_shared"] is shared
        assert shape["is_pending_ext_shared"] is pending
        assert len(shape["shared_team_ids"]) == 1 + shared
        assert len(shape["pending_shared"]) == len(shape["pending_connected_team_ids"]) == pending


def test_members_are_paged(core: LocalSlack) -> None:
    channel = core.channel(core.workspace, "growth-leads")
    first = core.call("conversations.members", channel=channel.id, limit=2)
    rest = core.call("conversations.members", channel=channel.id, cursor=first["response_metadata"]["next_cursor"])
    assert first["members"] + rest["members"] == list(channel.members)
    info = core.call("conversations.info", channel=channel.id, include_num_members=True)["channel"]
    assert (info["name"], info["num_members"]) == ("growth-leads", 3)


def test_opening_a_conversation_twice_gives_the_same_one(core: LocalSlack) -> None:
    mere, tama = (core.people_named(name)[0].id for name in ("Mere Ngata", "Tama Reid"))
    group = core.call("conversations.open", users=f"{mere},{tama}", return_im=True)
    assert group["channel"]["is_mpim"] is True
    again = core.call("conversations.open", users=f"{tama},{mere}")
    assert (again["channel"]["id"], again["already_open"]) == (group["channel"]["id"], True)
    assert core.call("conversations.open")["error"] == "users_list_not_supplied"
    assert core.call("conversations.open", users="U404")["error"] == "user_not_found"


def test_the_app_hears_of_channels_that_it_is_in(core: LocalSlack) -> None:
    channel, other = core.channel(core.workspace, "growth-leads"), core.channel(core.workspace, "random")
    mere = core.people_named("Mere Ngata")[0].id
    core.move_member(other, mere, joins=False)
    assert events(core) == []
    core.move_member(channel, mere, joins=False)
    core.archive(channel)
    assert [one["type"] for one in events(core)] == ["member_left_channel", "channel_archive"]


def test_an_event_has_the_envelope_that_slack_gives_it(core: LocalSlack) -> None:
    mere = core.people_named("Mere Ngata")[0].id
    core.jump_to(core.clock.now() + timedelta(minutes=1))
    core.say(mere, "hello & <all>")
    payload = core.outgoing.take()[0].payload
    assert payload["type"] == "event_callback"
    assert payload["team_id"] == core.workspace.id
    assert payload["event_id"].startswith("Ev")
    assert payload["event_time"] == int(core.clock.now().timestamp())
    assert payload["authorizations"][0]["user_id"] == core.installation(core.workspace).bot_user
    event = payload["event"]
    assert (event["type"], event["channel_type"], event["user"]) == ("message", "im", mere)
    assert event["text"] == "hello &amp; &lt;all&gt;"
    assert event["blocks"][0]["type"] == "rich_text"
    assert event["event_ts"] == event["ts"]
