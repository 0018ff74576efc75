from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from samples import ACTIVATION

from bot.blocks.key_result import KeyResultView, PastAnswer, key_result
from bot.blocks.post import Post
from bot.blocks.standing import EscalationLink
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.localslack.blockkit import check_message, too_long

WEEK = period(date(2026, 11, 16))

ANSWER = PastAnswer(
    period=WEEK,
    confidence=Confidence.RED,
    value=Decimal("28.5"),
    score=Decimal("0.5"),
    changed="Two sign-ups more",
    working="Waiting for HR",
    next_move="Call the ten who left",
    need="Two HR days",
)
VIEW = KeyResultView(
    standing=replace(
        ACTIVATION,
        confidence=Confidence.RED,
        scores=(Decimal("0.3"), Decimal("0.4"), Decimal("0.5")),
        as_of=WEEK,
        escalation=EscalationLink(EscalationState.OPEN, "C1", "1790000000.000100"),
        owner_name="Mele Fonua",
    ),
    objective="Make new customers feel at home",
    team="Growth",
    due_on=date(2026, 12, 15),
    is_draft=False,
    is_closed=False,
    imported_score=None,
    answers=(ANSWER,),
    period=WEEK,
    may_update=True,
)


def words(post: Post) -> str:
    return "\n".join(str(block.get("text", {}).get("text", "")) or str(block["elements"]) for block in post.blocks)


def test_it_reads_from_the_definition_to_the_last_answers() -> None:
    text = words(key_result(VIEW))
    order = [
        "*KR-12*",
        "Make new",
        "due 15 Dec 2026",
        "🔴 red",
        "`▃▄▅`",
        "Owner: Mele",
        "Help is wanted",
        "Last answers",
    ]
    assert sorted(order, key=text.index) == order
    assert "<https://slack.com/archives/C1/p1790000000000100|thread>" in text
    assert "16 Nov: 🔴 red · 28.5 % · 0.5\n" in text
    assert "_needs:_ Two HR days" in text


def test_what_has_no_score_says_so_once() -> None:
    fresh = replace(VIEW.standing, score=None, last_score=None, scores=())
    assert " · no score yet\n" in words(key_result(replace(VIEW, standing=fresh)))
    assert "score no score" not in words(key_result(replace(VIEW, standing=fresh)))


def test_a_draft_and_a_closed_one_say_so_and_offer_nothing() -> None:
    draft = key_result(replace(VIEW, is_draft=True, may_update=False, answers=()))
    closed = key_result(replace(VIEW, is_closed=True, may_update=False))
    assert "nobody owns it yet" in words(draft)
    assert "It is closed" in words(closed)
    for post in (draft, closed):
        assert "actions" not in {block["type"] for block in post.blocks}


def test_what_the_import_said_about_the_score_is_kept_as_a_note() -> None:
    assert "gave its score as “on &lt;track&gt;”" in words(key_result(replace(VIEW, imported_score="on <track>")))


@pytest.mark.parametrize(
    "text",
    ["word " * 600, "&<>" * 1000, '"\\' * 1500, "👩‍👩‍👧‍👦🏳️‍🌈" * 300, "مرحبا שלום " * 300, "<!channel> <@U1> " * 150],
)
def test_slack_takes_the_longest_words(text: str) -> None:
    long_answer = replace(ANSWER, changed=text, working=text, next_move=text, need=text)
    standing = replace(VIEW.standing, text=text, metric=text, unit=text[:40], owner_name=text)
    post = key_result(
        replace(VIEW, standing=standing, objective=text, team=text, imported_score=text, answers=(long_answer,) * 3)
    )
    blocks = json.loads(json.dumps(post.blocks))
    assert check_message(post.text, blocks) == []
    assert not too_long(blocks)
    assert "<!" not in words(post)
