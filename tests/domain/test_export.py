from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cadence import following
from bot.domain.confidence import Confidence
from bot.domain.digest import MadeDecision
from bot.domain.export import BEGINS_A_FORMULA, COLUMNS, Told, What, as_csv, as_json, harmless
from bot.domain.health import Health, Share, Wait

WEEK = samples.MONDAY
LINE = replace(samples.LINE, was_answered=False, last_score=None, answer_id=777777)
CALL = replace(
    samples.CALL, taken_by="Ana Lima", asked_slack_id="U0SECRET", link="https://example.slack.com/archives/C1/p1"
)
MADE = MadeDecision(1, 1, 12, "Activation", Confidence.RED, "HR frees Ana", "Hana Mori", date(2026, 11, 27), None)
SNAPSHOT = samples.snapshot(
    LINE,
    replace(LINE, key_result_id=2, number=13, name='=HYPERLINK("http://x")', confidence=None, score=None),
    calls=(CALL, replace(CALL, escalation_id=2, need="")),
    decided=(MADE,),
    overdue=(samples.OVERDUE,),
    stop_or_shift="webinars pause",
    health=Health("Growth", "2026 Q4", Share(3, 4), to_answer=Wait(Decimal("5.0"), 2)),
)
TOLD = Told(SNAPSHOT, "Growth, week of 16 Nov: 1 decision needed", "KR-12: too easy?")


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_a_sheet_has_what_the_digest_says_in_its_order() -> None:
    rows = table(as_csv([TOLD]))
    assert [row["what"] for row in rows] == [
        "state",
        "decision needed",
        "help wanted",
        "decided",
        "decision overdue",
        "stop or shift",
        "worth a question",
        *["how it goes"] * 7,
        "key result",
        "key result",
    ]
    assert rows[1] | {"words": ""} == {
        **dict.fromkeys(COLUMNS, ""),
        "week": "2026-11-16",
        "digest": "Growth",
        "what": "decision needed",
        "number": "KR-12",
        "name": "Activation",
        "team": "Growth",
        "colour": "red",
        "link": "https://example.slack.com/archives/C1/p1",
    }
    assert rows[1]["words"] == "Two HR days; waits for People"
    last = rows[-2]
    assert (last["person"], last["colour"], last["score"], last["last_score"]) == ("Mele Fonua", "green", "0.5", "")


def test_the_json_says_what_the_sheet_says() -> None:
    (digest,) = json.loads(as_json([TOLD]))["digests"]
    assert (digest["headline"], digest["question"]) == (TOLD.headline, TOLD.question)
    assert digest["checked_in"] == {"answered": 0, "asked": 2}
    assert [one["needs_a_decision"] for one in digest["help_wanted"]] == [True, False]
    assert digest["key_results"][0] == {
        "key_result": "KR-12",
        "name": "Activation",
        "team": "Growth",
        "owner": "Mele Fonua",
        "colour": "green",
        "score": "0.5",
        "last_score": None,
    }
    assert digest["health"]["completion"] == "3 of 4"


@pytest.mark.parametrize("file", [as_csv, as_json])
def test_check_ins_that_were_not_counted_because_they_are_about_too_few_are_in_neither(file: object) -> None:
    few = replace(TOLD, snapshot=replace(SNAPSHOT, health=Health("Growth", "2026 Q4", is_few=True)))
    content = file([few]).decode()  # type: ignore[operator]
    assert "reviews" in content
    assert "completion" not in content
    assert "on_time" not in content


@pytest.mark.parametrize("file", [as_csv, as_json])
def test_neither_tells_who_answered_or_what_slack_calls_somebody(file: object) -> None:
    content = file([TOLD]).decode()  # type: ignore[operator]
    for secret in ("U0SECRET", "777777", "was_answered", "Ana Lima"):
        assert secret not in content


@pytest.mark.parametrize("file", [as_csv, as_json])
def test_of_several_weeks_the_newest_alone_names_owners_so_that_nobody_has_a_history(file: object) -> None:
    later = replace(TOLD, snapshot=replace(SNAPSHOT, period=following(WEEK), key_results=(LINE,)))
    content = file([TOLD, later]).decode()  # type: ignore[operator]
    assert content.count("Mele Fonua") == 1
    assert content.count("Activation") > 2


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1+1", "'=1+1"),
        ("\t=1", "'=1"),
        ("\r=1", "'=1"),
        ("\n@x", "'@x"),
        ("two\nlines", "two lines"),
        ("0.5", "0.5"),
        ("a=b", "a=b"),
        ("\u202e=1", "'=1"),
        ("4.0\u2069 \u202eerocs", "4.0 erocs"),
        ("", ""),
    ],
)
def test_a_cell_is_no_formula(typed: str, cell: str) -> None:
    assert harmless(typed) == cell


@given(st.text())
def test_no_text_of_anybody_begins_a_formula_in_any_row(text: str) -> None:
    worst = replace(
        SNAPSHOT,
        team=text,
        key_results=(replace(LINE, name=text, owner=text, team=text),),
        calls=(replace(CALL, need=text, name=text, blocked_by=text, link=text),),
        decided=(replace(MADE, text=text, owner=text),),
        stop_or_shift=text,
    )
    rows = table(as_csv([Told(worst, text, text)]))
    assert len(rows) >= 4
    for row in rows:
        assert set(row) == set(COLUMNS)
        assert row["what"] in list(What)
        for cell in row.values():
            assert not cell.startswith(BEGINS_A_FORMULA)
            assert "\n" not in cell
