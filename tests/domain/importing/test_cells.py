"""What single cells mean."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.importing.cells import (
    ImportedScore,
    names_several,
    read_day,
    read_kind,
    read_level,
    read_people,
    read_score,
)
from bot.domain.kinds import Kind
from bot.domain.organisation import Level


@pytest.mark.parametrize(
    ("text", "score"),
    [("0", "0"), ("1", "1"), ("1.0", "1"), ("0.33", "0.33"), ("0,7", "0.7"), (".5", "0.5")],
)
def test_a_number_from_0_to_1_is_a_score(text: str, score: str) -> None:
    assert read_score(text) == ImportedScore(score=Decimal(score))


@pytest.mark.parametrize("text", ["NA", "done", "1.2", "-0.1", "40 %", "0.5 %", "3 of 5", "0.3333333", "2024-06-01"])
def test_anything_else_under_score_is_kept_as_a_note(text: str) -> None:
    assert read_score(text) == ImportedScore(note=text)


def test_an_empty_score_is_neither_a_score_nor_a_note() -> None:
    assert read_score("") == ImportedScore()


@given(st.text(min_size=1))
def test_a_score_is_never_lost_and_never_out_of_range(text: str) -> None:
    found = read_score(text)
    assert (found.score is None) != (found.note is None)
    assert found.score is None or 0 <= found.score <= 1


def test_levels_are_read_in_any_case() -> None:
    assert read_level("Department") is Level.DEPARTMENT
    assert read_level("squad") is None


@pytest.mark.parametrize("text", ["at_least", "At least", "AT-LEAST"])
def test_kinds_are_read_with_any_separator(text: str) -> None:
    assert read_kind(text) is Kind.AT_LEAST


def test_a_day_is_read_in_one_way_of_writing_only() -> None:
    assert read_day("2026-12-18") == date(2026, 12, 18)
    for text in ("18.12.2026", "12/18/2026", "2026-12-8", "2026-13-01", "20261218", "２０２６-12-18", "soon"):
        assert read_day(text) is None


def test_people_in_a_list_are_separated_by_semicolons_or_commas_and_named_once() -> None:
    assert read_people("Ana Lima; Bo, Ana  Lima;; ") == ("Ana Lima", "Bo")
    assert read_people("") == ()


def test_an_owner_cell_with_several_people_is_recognised_and_a_long_name_is_not() -> None:
    for text in ("Ana & Bo", "Ana and Bo", "Ana, Bo", "Ana/Bo", "Ana; Bo", "Ana + Bo"):
        assert names_several(text)
    for text in ("Alexandra Sandoval", "Marcus Delacroix-Webb", "ana@longfetch.example"):
        assert not names_several(text)
