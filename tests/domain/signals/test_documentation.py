"""docs/signals.md says what the rules and their thresholds are, and what they did on real histories."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from real_histories import COLOURS, SHARED, counts, projections, real_histories

from bot.domain.signals.fired import USEFULNESS
from bot.domain.signals.thresholds import DEFAULT

PAGE = (Path(__file__).parents[3] / "docs" / "signals.md").read_text(encoding="utf-8")

needs_histories = pytest.mark.skipif(SHARED is None, reason="OKRA_SHARED names no folder with real histories")


def rows(title: str) -> list[list[str]]:
    """The cells of the first table below a title, without its head."""
    part = PAGE.split(f"## {title}\n", 1)[1]
    table = re.search(r"((?:^\|.*\|\n)+)", part, re.MULTILINE)
    assert table is not None
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table[1].splitlines()[2:]]


def test_every_threshold_stands_on_the_page_with_its_value() -> None:
    by_level = {"objectives"}
    expected = {
        one.name: str(getattr(DEFAULT, one.name)) for one in dataclasses.fields(DEFAULT) if one.name not in by_level
    }
    assert {name: value for name, value, _ in rows("The thresholds")} == expected


def test_every_rule_stands_on_the_page_in_the_order_of_its_use() -> None:
    assert [name for name, *_ in rows("The rules")] == [rule.value for rule in USEFULNESS]


@needs_histories
def test_what_fires_on_real_histories_is_what_was_read_and_judged() -> None:
    assert SHARED is not None
    reals = real_histories(SHARED)
    found = []
    for title, colour in COLOURS.items():
        key_results, told = counts(reals, colour)
        found += [(title, rule, count, told[rule]) for rule, count in key_results.items()]
    judged = rows("Tried on real histories")
    assert sorted((title, rule, int(count), int(told)) for title, rule, count, told, _, _ in judged) == sorted(found)
    assert all(int(count) == int(true) + int(false) for _, _, count, _, true, false in judged)


@needs_histories
def test_a_projection_is_good_for_about() -> None:
    assert SHARED is not None
    misses = projections(real_histories(SHARED))
    assert f"{len(misses)} times" in PAGE
    assert f"{sum(misses) / len(misses):.2f}" == "0.15"
