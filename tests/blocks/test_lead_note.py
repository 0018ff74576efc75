from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.blocks.lead_note import LeadNote, OpenCheckIn, lead_note, stop_or_shift_dialog
from bot.localslack.blockkit import check_message, check_view, too_long

OPEN = OpenCheckIn(
    number=21,
    name="Onboarding time",
    owner="Mele Fonua",
    asked_at=datetime(2026, 11, 16, 9, tzinfo=UTC),
    is_missed=False,
    owner_has_left=False,
    prompt_failed=False,
)
NOTE = LeadNote(
    note_id=5,
    team="Growth",
    digest_at=datetime(2026, 11, 18, 10, tzinfo=UTC),
    still_open=(OPEN, replace(OPEN, number=22, name="NPS", owner_has_left=True)),
    answered=7,
    asked=9,
    stop_or_shift=None,
    is_over=False,
)


def buttons(note: LeadNote) -> list[str]:
    return [
        element["text"]["text"]
        for block in lead_note(note).blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def paragraphs(note: LeadNote) -> list[str]:
    return [block["text"]["text"] for block in lead_note(note).blocks if block["type"] == "section"]


def test_the_first_line_says_what_the_note_is_about() -> None:
    post = lead_note(NOTE)
    assert post.text == "Growth, before the digest on Wed 10:00: 2 check-ins are still open, and one question for you"
    assert post.blocks[0]["text"]["text"] == "*Growth, before the digest on Wed 10:00* · only you see this"
    assert paragraphs(NOTE)[1:4] == [
        "2 check-ins are still open:",
        "• *KR-21* Onboarding time · Mele Fonua, asked Mon",
        "• *KR-22* NPS · Mele Fonua, asked Mon, their account is deactivated",
    ]
    assert "The digest will say “7 of 9 checked in” as it stands, no names." in paragraphs(NOTE)[4]


def test_with_nothing_open_there_is_still_the_question() -> None:
    note = replace(NOTE, still_open=(), answered=9)
    assert lead_note(note).blocks[1]["text"]["text"].startswith("No check-in is open.")
    assert buttons(note) == ["Answer"]


def test_what_other_teams_still_have_open_is_told_apart_from_the_teams_own() -> None:
    note = replace(NOTE, still_open=(), answered=33, asked=35, open_elsewhere=2)
    digest = "The digest will say “33 of 35 checked in” as it stands, no names."
    assert paragraphs(note)[1:3] == [
        "No check-in of Growth's own is open.",
        f"2 are open in other teams; their leads get the list. {digest}",
    ]
    one = paragraphs(replace(note, open_elsewhere=1))[2]
    assert one == f"One is open in another team; its lead gets the list. {digest}"
    beside = paragraphs(replace(note, still_open=NOTE.still_open))[-2]
    assert beside.startswith(f"2 more are open in other teams; their leads get the list. {digest}")
    assert lead_note(note).text.startswith(
        "Growth, before the digest on Wed 10:00: no check-in of Growth's own is open"
    )


def test_what_the_digest_leaves_out_is_said_beside_its_count() -> None:
    note = replace(NOTE, answered=8, leaves_out=True)
    assert paragraphs(note)[4].startswith(
        "The digest will say “8 of 9 checked in” as it stands, no names. It leaves out what is limited to some people."
    )


def test_where_no_digest_comes_the_note_promises_none_and_asks_nothing_for_it() -> None:
    note = replace(NOTE, answered=0, asked=0, leaves_out=True, has_digest=False)
    for one in (note, replace(note, still_open=()), replace(note, is_over=True)):
        assert buttons(one) == []
        assert "The digest" not in repr(lead_note(one).blocks)
        assert "One question" not in repr(lead_note(one).blocks)
    assert lead_note(note).text == "Growth, until Wed 10:00: 2 check-ins are still open"
    assert paragraphs(note)[-1] == "What Growth holds is limited to some people: no digest tells of it."


def test_an_answer_is_shown_and_can_be_changed_until_the_digest() -> None:
    said = replace(NOTE, stop_or_shift="Webinars pause")
    assert buttons(said) == ["Change"]
    assert "Webinars pause" in repr(lead_note(said).blocks)
    assert buttons(replace(said, is_over=True)) == []


def test_what_is_late_is_still_possible_until_the_digest_and_then_was_not_answered() -> None:
    late = replace(NOTE, still_open=(replace(OPEN, is_missed=True),))
    assert paragraphs(late)[2] == "• *KR-21* Onboarding time · Mele Fonua, asked Mon, still possible until Wed 10:00"
    over = lead_note(replace(late, is_over=True))
    assert "\n".join(paragraphs(replace(late, is_over=True))[1:]) == (
        "One check-in was not answered:\n• *KR-21* Onboarding time · Mele Fonua, asked Mon"
    )
    assert over.text.endswith(": one check-in was not answered")
    assert lead_note(replace(NOTE, is_over=True)).text.endswith(": 2 check-ins were not answered")
    assert lead_note(replace(NOTE, still_open=(), is_over=True)).text.endswith(": no check-in was left open")


def test_the_leads_own_are_called_theirs() -> None:
    mine = replace(NOTE, still_open=(replace(OPEN, is_readers=True),))
    assert paragraphs(mine)[2] == "• *KR-21* Onboarding time · yours, asked Mon"


@pytest.mark.parametrize("text", ["word " * 600, "&<>" * 1000, '"\\\n' * 999, "👩‍👩‍👧‍👦" * 400, "مرحبا " * 500])
def test_slack_takes_the_longest_note_and_its_dialog(text: str) -> None:
    worst = replace(
        NOTE,
        team=text,
        still_open=tuple(
            replace(OPEN, name=text, owner=text, is_missed=True, prompt_failed=True, number=10_000 + n)
            for n in range(200)
        ),
        stop_or_shift=text,
    )
    for note in (worst, replace(worst, stop_or_shift=None), replace(worst, is_over=True)):
        blocks = json.loads(json.dumps(lead_note(note).blocks))
        assert check_message(lead_note(note).text, blocks) == []
        assert not too_long(blocks)
        assert check_view(json.loads(json.dumps(stop_or_shift_dialog(note)))) == []
