"""What people read, and for whom it rings."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.localslack.core import LocalSlack
from bot.localslack.rendering import Reader, plain

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("mrkdwn", "read"),
    [
        ("*bold* and _soft_ and ~gone~ and `code`", "bold and soft and gone and code"),
        ("2*3*4 stays, snake_case_name too", "2*3*4 stays, snake_case_name too"),
        ("<https://example.com|the thread>", "the thread"),
        ("*<https://example.com|the thread>*", "the thread"),
        ("<https://example.com>", "https://example.com"),
        ("<!channel> look", "@channel look"),
        ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
        ("<!date^1790000000^{date_short} at {time}|soon>", "Sep 21, 2026 at 14:13"),
        ("<@U404>", "@U404"),
    ],
)
def test_mrkdwn_is_read_without_its_marks(core: LocalSlack, mrkdwn: str, read: str) -> None:
    assert plain(mrkdwn, core.workspace, ZoneInfo("Etc/UTC")) == read


def test_people_and_channels_are_read_by_name(core: LocalSlack) -> None:
    mere = core.people_named("Mere Ngata")[0].id
    channel = core.channel(core.workspace, "growth-leads").id
    text = f"*<@{mere}>, see <#{channel}>*"
    assert plain(text, core.workspace, ZoneInfo("Etc/UTC")) == "@Mere Ngata, see #growth-leads"


def test_a_date_is_read_in_the_readers_own_zone(core: LocalSlack) -> None:
    text = "<!date^1790000000^{date_num} {time}|soon>"
    assert plain(text, core.workspace, ZoneInfo("Etc/UTC")) == "2026-09-21 14:13"
    assert plain(text, core.workspace, ZoneInfo("Pacific/Auckland")) == "2026-09-22 02:13"


def test_blocks_are_read_line_by_line(core: LocalSlack) -> None:
    def text(words: str) -> Json:
        return {"type": "mrkdwn", "text": words}

    cell = {"type": "raw_text", "text": "KR-12"}
    blocks: list[Json] = [
        {"type": "header", "text": {"type": "plain_text", "text": "Growth *as is*"}},
        {"type": "section", "text": text("*one*"), "fields": [text("two"), text("three")]},
        {"type": "context", "elements": [text("_four_"), {"type": "image", "alt_text": "a chart", "image_url": "x"}]},
        {"type": "divider"},
        {"type": "table", "rows": [[cell, cell]]},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Not a word"}}]},
    ]
    read = Reader(core.workspace, ZoneInfo("Etc/UTC")).blocks(blocks)
    assert read == "Growth *as is*\none\ntwo\nthree\nfour  a chart\nKR-12 | KR-12"


def rang(core: LocalSlack, name: str) -> list[tuple[str, str]]:
    person = core.people_named(name)[0].id
    return [(one["text"], one["why"]) for one in core.screen(person).notifications()]


def test_a_direct_message_rings_and_its_update_does_not(core: LocalSlack) -> None:
    mere = core.people_named("Mere Ngata")[0].id
    posted = core.call("chat.postMessage", channel=mere, text="*Good morning*")
    core.call("chat.update", channel=posted["channel"], ts=posted["ts"], text="Done")
    assert rang(core, "Mere Ngata") == [("Good morning", "direct message")]


def test_a_mention_rings_for_a_member_and_for_nobody_outside(core: LocalSlack) -> None:
    sol = core.add_person("Sol Reyes").id
    tama = core.people_named("Tama Reid")[0].id
    channel = core.channel(core.workspace, "growth-leads").id
    core.call("chat.postMessage", channel=channel, text=f"<@{tama}> and <@{sol}>, please")
    assert rang(core, "Tama Reid") == [("@Tama Reid and @Sol Reyes, please", "mention")]
    assert rang(core, "Sol Reyes") == []
    assert rang(core, "Mere Ngata") == []


def test_where_there_are_blocks_mentions_count_in_them(core: LocalSlack) -> None:
    tama, mere = (core.people_named(name)[0].id for name in ("Tama Reid", "Mere Ngata"))
    channel = core.channel(core.workspace, "growth-leads").id
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": f"<@{tama}>"}},
        {"type": "section", "text": {"type": "plain_text", "text": f"<@{mere}>"}},
    ]
    core.call("chat.postMessage", channel=channel, text="Decide?", blocks=blocks)
    assert rang(core, "Tama Reid") == [("Decide?", "mention")]
    assert rang(core, "Mere Ngata") == []


def test_a_reply_rings_for_those_in_the_thread_but_not_for_its_author(core: LocalSlack) -> None:
    tama = core.people_named("Tama Reid")[0].id
    channel = core.channel(core.workspace, "growth-leads").id
    mere = core.people_named("Mere Ngata")[0].id
    root = core.say(mere, "help wanted", to="growth-leads")
    core.say(tama, "on it", to="growth-leads", thread_ts=root.ts)
    core.call("chat.postMessage", channel=channel, text="noted", thread_ts=root.ts)
    assert rang(core, "Mere Ngata") == [("on it", "thread reply"), ("noted", "thread reply")]
    assert rang(core, "Tama Reid") == [("noted", "thread reply")]


def test_the_whole_channel_can_be_rung(core: LocalSlack) -> None:
    channel = core.channel(core.workspace, "growth-leads").id
    core.call("chat.postMessage", channel=channel, text="<!here> now")
    core.call("chat.postMessage", channel=channel, text="escaped &lt;!here&gt;")
    assert rang(core, "Tama Reid") == rang(core, "Mere Ngata") == [("@here now", "channel mention")]
