from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.blocks.introduction import Introduction, introduction
from bot.localslack.blockkit import check_message, too_long

ZONE = ZoneInfo("Asia/Kolkata")
MERE = Introduction(
    first_name="Mere",
    team="Growth",
    key_results=((12, "Activation"), (14, "Churn")),
    opens=datetime(2026, 11, 16, 9, tzinfo=ZONE),
    closes=datetime(2026, 11, 17, 17, tzinfo=ZONE),
    wanted_by="Tama Reid",
    told=("Tama Reid",),
)


def words(view: Introduction) -> str:
    return "\n".join(block["text"]["text"] for block in introduction(view).blocks)


def test_it_says_what_when_who_wanted_it_who_sees_it_and_whom_to_tell() -> None:
    text = words(MERE)
    for part in (
        "Hello Mere, I'm Okra",
        "first on Mon 09:00 your time",
        "*KR-12* Activation, *KR-14* Churn",
        "until Tue 17:00",
        "Tama Reid brought Growth in",
        "whoever is in the channel of your team, of one that shares the objective, or of one above them.",
        "a digest says “not updated” of those who lead one of its teams",
        "yours to give. I never change one; a lead who corrects one says why.",
        "Red means “I could use help”",
        "follows the time zone in your Slack profile. `/okr settings` changes it",
        "then *Not mine*; Tama Reid reads it",
    ):
        assert part in text


def test_the_notification_says_who_is_writing_and_why() -> None:
    assert introduction(MERE).text.startswith("Hello Mere, I'm Okra. Once a week")


def test_a_name_that_was_cut_is_followed_by_no_full_stop() -> None:
    long = replace(
        MERE,
        key_results=((12, "Share of the boats that answer within an hour when we call them at night, or at dawn"),),
    )
    assert "…. " not in words(long)
    assert "at night, or at… Three questions" in words(long)


def test_it_names_nobody_where_nobody_is_known() -> None:
    text = words(replace(MERE, wanted_by=None, told=()))
    assert "None" not in text
    assert "Not mine" not in text
    assert "`/okr handover 12` gives a key result to somebody else" in text


def test_who_answers_to_several_leads_reads_who_may_read_it() -> None:
    assert "then *Not mine*; Tama Reid or Sam Stone reads it" in words(replace(MERE, told=("Tama Reid", "Sam Stone")))


def test_it_holds_no_button_and_fits_whatever_the_names_are() -> None:
    loud = "&<!channel>" * 400
    view = replace(
        MERE,
        first_name=loud,
        team=loud,
        wanted_by=loud,
        told=tuple(f"{number} {loud}" for number in range(20)),
        key_results=tuple((number, loud) for number in range(50)),
    )
    post = introduction(view)
    assert check_message(post.text, list(map(dict, post.blocks))) == []
    assert not too_long(list(map(dict, post.blocks)))
    assert "<!channel>" not in words(view)
    assert "and 45 more" in words(view)
    assert all(block["type"] == "section" for block in post.blocks)
