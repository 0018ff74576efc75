"""`docs/local-slack.md` speaks of every method and payload that there is, and of no other."""

import re
from pathlib import Path

import bot.localslack
from bot.localslack.facts.methods import METHODS

SOURCE = Path(bot.localslack.__file__).parent
PAGE = (SOURCE.parent.parent / "docs" / "local-slack.md").read_text(encoding="utf-8")

ONE_ROW = {
    # Events that share a row with another one.
    "message_changed": "message", "message_deleted": "message",
    "channel_unarchive": "channel_archive", "group_archive": "channel_archive", "group_unarchive": "channel_archive",
    "member_left_channel": "member_joined_channel", "channel_left": "member_joined_channel",
    "group_left": "member_joined_channel",
}  # fmt: skip


def table(heading: str) -> list[list[str]]:
    """The rows of the table under a heading, its head and rule left out."""
    part = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("|")]
    return rows[2:]


def test_every_method_is_in_the_table_with_its_tier() -> None:
    rows = {name.strip("`"): tier for name, tier, _, _ in table("What is sent to Slack")}
    assert rows == {name: str(method.tier) for name, method in METHODS.items()}


def test_every_payload_is_in_the_table() -> None:
    written = {name: (SOURCE / f"{name}.py").read_text(encoding="utf-8") for name in ("acts", "submitting", "events")}
    interactions = {kind for text in written.values() for kind in re.findall(r'head\(world, workspace, "(\w+)"', text)}
    interactions |= {"block_suggestion", "slash command", "response_url"}
    events = set(re.findall(r'"type": "(\w+)"', written["events"])) - {"event_callback"}
    events |= set(re.findall(r'send\(self, workspace, "(\w+)"', (SOURCE / "core.py").read_text(encoding="utf-8")))
    events |= {"channel_archive", "member_joined_channel"}
    expected = interactions | {ONE_ROW.get(event, event) for event in events}
    assert {row[0].strip("`") for row in table("What the app is sent")} == expected


def test_every_row_says_what_is_enforced_and_what_differs() -> None:
    for heading in ("What is sent to Slack", "Blocks and views", "What the app is sent"):
        for row in table(heading):
            assert all(row), row


def test_every_event_that_shares_a_row_is_named_in_it() -> None:
    rows = {row[0].strip("`"): row[1] for row in table("What the app is sent")}
    for event, home in ONE_ROW.items():
        assert f"`{event}`" in rows[home]
