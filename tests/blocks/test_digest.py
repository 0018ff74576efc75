from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bot.blocks.digest import checked_in, details, digest_post
from bot.blocks.post import Post
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.digest import Call, KeyResultLine, MadeDecision, OverdueDecision, Snapshot
from bot.domain.escalation import EscalationState
from bot.localslack.blockkit import check_message, too_long

WEEK = period(date(2026, 11, 16))
TAKEN = date(2026, 11, 18)
LINK = "https://slack.com/archives/C1/p1790000000000100"

LINE = KeyResultLine(
    key_result_id=1,
    number=12,
    name="Activation",
    team="Growth",
    is_own=True,
    is_leaders=False,
    owner="Mele Fonua",
    is_scored=True,
    was_asked=True,
    was_answered=True,
    confidence=Confidence.GREEN,
    score=Decimal("0.5"),
    last_score=Decimal("0.4"),
    answer_id=7,
)
RED = replace(
    LINE,
    key_result_id=2,
    number=15,
    name="SOC 2",
    confidence=Confidence.RED,
    last_score=Decimal("0.5"),
    owner="Ana Lima",
)
CALL = Call(
    escalation_id=1,
    key_result_id=2,
    number=15,
    name="SOC 2",
    confidence=Confidence.RED,
    state=EscalationState.OPEN,
    taken_by="Noor Haddad",
    need="Someone to free two HR days",
    blocked_by="People",
    asked_slack_id="U0LEAD",
    since=WEEK,
    link=LINK,
)
WEEK_OF_GROWTH = Snapshot(
    team="Growth",
    period=WEEK,
    taken_on=TAKEN,
    key_results=(LINE, RED),
    calls=(CALL, replace(CALL, escalation_id=2, number=9, name="Pricing test", need="", blocked_by="Legal")),
    decided=(
        MadeDecision(
            2,
            7,
            32,
            "Standby draw",
            Confidence.RED,
            "old radios in the next forty hulls",
            "Tāne Wihongi",
            date(2026, 11, 27),
            LINK,
        ),
    ),
    overdue=(OverdueDecision(1, 2, 15, "People frees two days", "Ana Lima", date(2026, 11, 13), LINK),),
    stop_or_shift="Webinars pause until KR-15 has its evidence",
)


def words(post: Post) -> str:
    return "\n".join(
        block["text"]["text"] if block["type"] == "section" else block["elements"][0]["text"] for block in post.blocks
    )


def assert_slack_takes(post: Post) -> None:
    blocks = json.loads(json.dumps(post.blocks))
    assert check_message(post.text, blocks) == []
    assert not too_long(blocks)


def test_the_notification_says_the_state_in_one_sentence() -> None:
    assert digest_post(WEEK_OF_GROWTH).text == "Growth, week of 16 Nov: 1 decision needed, 2 want help, both checked in"


def test_the_parts_stand_in_their_order() -> None:
    text = words(digest_post(replace(WEEK_OF_GROWTH, key_results=(replace(LINE, is_leaders=True), RED))))
    order = [
        "week of",
        "Leaders' own",
        "Decide",
        "Want help",
        "Decided",
        "Moved",
        "Stop or shift",
        "Decisions overdue",
        "thread.",
    ]
    assert sorted(order, key=text.index) == order


def test_the_person_asked_to_decide_is_mentioned_and_nobody_else() -> None:
    text = words(digest_post(WEEK_OF_GROWTH))
    assert "*Decide*  🔴 red KR-15 SOC 2: Someone to free two HR days · <@U0LEAD>, since Mon · " in text
    assert text.count("<@") == 1
    assert "Ana Lima, due 13 Nov" in text


@pytest.mark.parametrize(
    ("state", "turn"),
    [
        (EscalationState.ACKNOWLEDGED, "Noor Haddad is on it, open since Mon"),
        (EscalationState.IN_REVIEW, "goes to the next review, open since Mon"),
    ],
)
def test_what_somebody_took_already_says_who_and_mentions_nobody(state: EscalationState, turn: str) -> None:
    text = words(digest_post(replace(WEEK_OF_GROWTH, calls=(replace(CALL, state=state),))))
    assert f" · {turn} · " in text
    assert "<@" not in text


def test_what_was_decided_this_week_stands_with_its_owner_and_day() -> None:
    assert (
        "*Decided*  🔴 red KR-32 Standby draw: old radios in the next forty hulls · Tāne Wihongi, by 27 Nov · "
        f"<{LINK}|thread>"
    ) in words(digest_post(WEEK_OF_GROWTH))


def test_first_scores_are_not_said_to_stand_still() -> None:
    first = replace(WEEK_OF_GROWTH, key_results=(replace(LINE, last_score=None), replace(RED, last_score=None)))
    assert "*Moved*  first scores this week; movement shows from the next one" in words(digest_post(first))
    assert "0.5 (first)" in words(details(first)[0])


def test_help_that_stands_under_decide_is_not_told_twice() -> None:
    assert f"*Want help*  KR-15 (above) · 🔴 red KR-9 Pricing test, waits for Legal · <{LINK}|thread>" in words(
        digest_post(WEEK_OF_GROWTH)
    )


def test_moves_show_last_weeks_score() -> None:
    moved = replace(WEEK_OF_GROWTH, key_results=(LINE, replace(RED, score=Decimal("0.2"))))
    assert "*Moved*  ▲ KR-12 Activation 0.5 (0.4)  ▼ KR-15 SOC 2 0.2 (0.5)" in words(digest_post(moved))


def test_a_leaders_own_key_result_that_was_not_updated_says_so() -> None:
    late = replace(LINE, is_leaders=True, was_answered=False)
    text = words(digest_post(replace(WEEK_OF_GROWTH, key_results=(late, replace(RED, is_leaders=True)))))
    assert "*Leaders' own*  KR-12 Activation not updated · 🔴 red KR-15 SOC 2 0.5 (0.5)" in text


def test_without_a_word_of_the_lead_nothing_is_named() -> None:
    assert "*Stop or shift*  nothing named" in words(digest_post(replace(WEEK_OF_GROWTH, stop_or_shift=None)))


@pytest.mark.parametrize(
    ("answered", "asked", "said"),
    [
        (7, 9, "7 of 9 checked in"),
        (0, 9, "0 of 9 checked in"),
        (9, 9, "all 9 checked in"),
        (2, 2, "both checked in"),
        (1, 1, "the one due has checked in"),
        (0, 0, "no check-ins were due"),
    ],
)
def test_how_many_checked_in(answered: int, asked: int, said: str) -> None:
    assert checked_in(answered, asked) == said


def test_long_parts_are_counted_and_not_shown() -> None:
    calls = tuple(replace(CALL, escalation_id=n, number=n) for n in range(1, 11))
    text = words(digest_post(replace(WEEK_OF_GROWTH, calls=calls)))
    assert "10 decisions needed, 10 want help" in text
    assert text.count("and 7 more") == 1
    assert text.count("and 6 more") == 1


def test_the_details_name_every_key_result_and_not_who_is_late() -> None:
    late = replace(LINE, was_answered=False)
    (page,) = details(replace(WEEK_OF_GROWTH, key_results=(late, RED)))
    assert page.text == "All key results of Growth, week of 16 Nov"
    assert "🟢 green *KR-12* Activation · 0.5 (0.4) · Mele Fonua" in words(page)
    assert "🔴 red *KR-15* SOC 2 · 0.5 (0.5) · Ana Lima" in words(page)
    assert "updated" not in words(page)


LONG = [
    pytest.param("word " * 600, id="3,000 characters"),
    pytest.param("&<>" * 1000, id="to be escaped"),
    pytest.param('"\\\n' * 1000, id="quotes"),
    pytest.param("👩‍👩‍👧‍👦🏳️‍🌈" * 300, id="emoji"),
    pytest.param("مرحبا שלום " * 300, id="right to left"),
    pytest.param("<!channel> <@U1> @here https://evil.test " * 70, id="hostile"),
]


@pytest.mark.parametrize("text", LONG)
def test_slack_takes_the_worst_week_of_two_hundred_key_results(text: str) -> None:
    lines = tuple(
        replace(
            LINE,
            key_result_id=n,
            number=10_000 + n,
            name=text,
            team=f"{n % 7} {text}",
            owner=text,
            is_leaders=True,
            score=Decimal(n % 11) / 10,
        )
        for n in range(200)
    )
    calls = tuple(
        replace(CALL, escalation_id=n, number=10_000 + n, name=text, need=text, blocked_by=text) for n in range(200)
    )
    made = tuple(MadeDecision(n, n, 10_000 + n, text, Confidence.RED, text, text, TAKEN, LINK) for n in range(200))
    decisions = tuple(OverdueDecision(n, n, 10_000 + n, text, text, TAKEN, LINK) for n in range(200))
    worst = Snapshot(text, WEEK, TAKEN, lines, calls, made, decisions, text)
    post = digest_post(worst)
    pages = details(worst)
    for one in (post, *pages):
        assert_slack_takes(one)
        assert "<!" not in words(one)
        assert "https://evil" not in words(one)
    assert sum(words(page).count("*KR-") for page in pages) == 200
