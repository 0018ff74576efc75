from __future__ import annotations

from decimal import Decimal

from bot.blocks.friction import friction
from bot.domain.friction import Pair


def lines(pairs: list[Pair]) -> list[str]:
    text: str = friction(["2026 Q4"], pairs).blocks[0]["text"]["text"]
    return text.split("\n")


def test_a_line_says_how_long_and_how_often() -> None:
    assert lines(
        [
            Pair("Growth", "Legal", 2, 12, Decimal(8), 5),
            Pair("Growth", "People", 1, 1, Decimal(1), 1),
            Pair("Legal", "Growth", 1, 0, Decimal("2.5"), 2),
            Pair("Ports", "Legal", 0, None, Decimal(3), 2),
        ]
    ) == [
        "*Which team waits for which, 2026 Q4*",
        "• Growth → Legal: 2 now, the oldest for 12 days · median 8 days · 5 times",
        "• Growth → People: 1 now, for 1 day · median 1 day · once",
        "• Legal → Growth: 1 now, for less than a day · median 2.5 days · 2 times",
        "• Ports → Legal: not now · median 3 days · 2 times",
    ]


def test_more_than_a_screen_is_counted() -> None:
    many = [Pair(f"Team {number}", "Legal", 1, number, Decimal(1), 1) for number in range(30)]
    assert lines(many)[-1] == "and 10 more"


def test_nothing_is_said_kindly() -> None:
    assert friction(["2026 Q4"], []).text == (
        "Which team waits for which, 2026 Q4: nobody has named another team as what blocks them."
    )
