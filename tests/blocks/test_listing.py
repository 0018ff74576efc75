from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from bot.blocks.listing import Listed, ListedObjective, ListedTeam, help_text, mine, of_company, of_my_teams, of_team
from bot.blocks.post import Post
from bot.blocks.standing import EscalationLink, Standing
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.kinds import Kind
from bot.localslack.blockkit import check_message, too_long

WEEK = period(date(2026, 11, 16))


def standing(number: int, text: str = "Activation") -> Standing:
    return Standing(
        key_result_id=number,
        number=number,
        text=text,
        metric=text,
        kind=Kind.INCREASE,
        unit=text[:40],
        start=Decimal("-8999999999999.999999"),
        target=Decimal("8999999999999.999999"),
        value=Decimal("8999999999999.999998"),
        score=Decimal("0.5"),
        last_score=Decimal("0.4"),
        confidence=Confidence.RED,
        next_move=text,
        scores=(Decimal("0.4"),) * 13,
        as_of=WEEK,
        escalation=EscalationLink(
            EscalationState.OPEN, "C0123456789", "1790000000.000100", "https://longfetch.slack.com/"
        ),
        owner_name=text,
    )


def objectives(count: int, text: str) -> list[ListedObjective]:
    return [
        ListedObjective(
            text, text, tuple(Listed(standing(9 * n + m, text), is_draft=m == 0) for m in range(count // 20))
        )
        for n in range(20)
    ]


def words(post: Post) -> str:
    return "\n".join(
        block["text"]["text"] if block["type"] == "section" else block["elements"][0]["text"] for block in post.blocks
    )


LONG = ["word " * 600, "&<>" * 1000, '"\\' * 1500, "👩‍👩‍👧‍👦🏳️‍🌈" * 300, "مرحبا שלום " * 300, "<!channel> <@U1> " * 150]
BUILDERS: list[Callable[[str, int], Post]] = [
    lambda text, page: mine(objectives(200, text), WEEK, page),
    lambda text, page: of_team(text, objectives(200, text), WEEK, page),
    lambda text, page: of_my_teams([text, text], objectives(200, text), WEEK, page),
    lambda text, page: of_company(objectives(200, text), [ListedTeam(text, 9)] * 100, WEEK, page),
]


@pytest.mark.parametrize("text", LONG)
@pytest.mark.parametrize("build", BUILDERS)
def test_slack_takes_every_page_of_two_hundred_key_results(build: Callable[[str, int], Post], text: str) -> None:
    seen = 0
    for page in range(1, 100):
        post = build(text, page)
        blocks = json.loads(json.dumps(post.blocks))
        assert check_message(post.text, blocks) == []
        assert not too_long(blocks)
        assert "<!" not in words(post)
        seen += words(post).count("*KR-")
        if "shows the next" not in words(post):
            break
    assert seen == 200


def test_a_page_beyond_the_last_is_the_last() -> None:
    assert mine(objectives(200, "Activation"), WEEK, 999) == mine(objectives(200, "Activation"), WEEK, 99)


def test_a_draft_says_that_nobody_owns_it() -> None:
    post = of_team("Growth", [ListedObjective("Grow", "Growth", (Listed(standing(1), is_draft=True),))], WEEK, 1)
    assert "✏️ draft *KR-1* Activation" in words(post)
    assert "nobody owns it yet" in words(post)


def test_empty_lists_say_what_to_do_next() -> None:
    assert "/okr team NAME" in mine([], WEEK, 1).text
    assert "no key results in this cycle" in of_team("Growth", [], WEEK, 1).text
    assert "no team yet" in of_my_teams([], [], WEEK, 1).text
    assert "okra import" in of_company([], [], WEEK, 1).text


def test_help_is_taken_by_slack_with_anything_not_understood() -> None:
    for typed in ("", *LONG):
        post = help_text(typed)
        assert check_message(post.text, json.loads(json.dumps(post.blocks))) == []
