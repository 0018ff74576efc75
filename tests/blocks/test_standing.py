from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
import samples

from bot.blocks.standing import EscalationLink, colour, history, measure, score_pair, standing_line
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.kinds import Kind

ACTIVATION = replace(
    samples.ACTIVATION,
    scores=(None, Decimal(0), Decimal("0.4"), Decimal("0.5")),
    owner_name="Mele Fonua",
)


def test_one_line_shows_colour_with_its_word_and_the_score_with_last_weeks() -> None:
    assert standing_line(ACTIVATION) == "🟢 green *KR-12* Activation 22 → 35 % · now 28.5 % · *0.5* (0.4)"


def test_the_first_line_of_a_message_spells_last_week_out() -> None:
    assert standing_line(ACTIVATION, spelled=True).endswith("*0.5* (last week 0.4)")


def test_the_owner_is_named_in_plain_text() -> None:
    assert standing_line(ACTIVATION, owner=True).endswith("· Mele Fonua")


def test_an_answer_older_than_last_week_is_dated() -> None:
    assert standing_line(ACTIVATION, period=period(date(2026, 11, 16))).endswith("(0.4)")
    older = standing_line(ACTIVATION, period=period(date(2026, 11, 23)), spelled=True)
    assert older.endswith("*0.5* (the time before 0.4) · as of 9 Nov")


def test_a_key_result_that_was_never_answered_claims_no_colour_and_no_score() -> None:
    fresh = replace(ACTIVATION, value=None, score=None, last_score=None, confidence=None, as_of=None)
    assert standing_line(fresh) == "⚪ no colour yet *KR-12* Activation 22 → 35 % · no score yet"


def test_a_first_score_shows_that_there_was_none_last_week() -> None:
    assert score_pair(Decimal("0.25"), None, bold=True, before="last week") == "*0.2* (first score)"
    assert score_pair(Decimal("0.25"), None, first="first") == "0.2 (first)"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": Kind.AT_LEAST, "target": Decimal("99.9"), "start": None}, "Activation at least 99.9 %"),
        ({"kind": Kind.AT_MOST, "target": Decimal(3), "unit": "days"}, "Activation at most 3 days"),
        ({"start": None}, "Activation to 35 %"),
        ({"unit": "$", "start": Decimal(1000), "target": Decimal(2500)}, "Activation $1,000 → $2,500"),
        ({"kind": Kind.MILESTONE, "metric": None, "text": "SOC 2 certified", "target": None}, "SOC 2 certified"),
        ({"metric": None}, "Activation from 22 to 35 % by 15 Dec"),
        ({"unit": "<!channel>"}, "Activation 22 → 35 &lt;!channel&gt;"),
    ],
)
def test_each_kind_says_which_way_it_is_to_go(change: dict[str, object], said: str) -> None:
    assert measure(replace(ACTIVATION, **change)) == said  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "unit", "said"),
    [
        ("Months of cash", "months", "Months of cash at least 9 · now 8"),
        ("Cash", "months", "Cash at least 9 months · now 8 months"),
        ("Days a month on call", "days", "Days a month on call at least 9 · now 8"),
        ("Margin", "%", "Margin at least 9 % · now 8 %"),
    ],
)
def test_a_unit_that_stands_in_the_name_is_not_said_again(name: str, unit: str, said: str) -> None:
    cash = replace(ACTIVATION, metric=name, unit=unit, kind=Kind.AT_LEAST, target=Decimal(9), value=Decimal(8))
    assert said in standing_line(cash)


def test_health_is_watched_and_not_scored() -> None:
    watched = replace(ACTIVATION, kind=Kind.HEALTH, target=None, start=None, score=None, last_score=None)
    assert standing_line(watched) == "🟢 green *KR-12* Activation · now 28.5 % · watched, not scored"


def test_an_open_escalation_is_linked_once_its_thread_exists() -> None:
    waiting = replace(ACTIVATION, escalation=EscalationLink(EscalationState.OPEN, None, None))
    posted = replace(ACTIVATION, escalation=EscalationLink(EscalationState.DECIDED, "C1", "1790000000.000100"))
    assert standing_line(waiting).endswith("· help wanted")
    taken = EscalationLink(EscalationState.ACKNOWLEDGED, None, None, taken_by="Noor <Haddad>")
    assert standing_line(replace(ACTIVATION, escalation=taken)).endswith("· Noor &lt;Haddad&gt; is on it")
    review = EscalationLink(EscalationState.IN_REVIEW, None, None, review_on=date(2026, 11, 19))
    assert standing_line(replace(ACTIVATION, escalation=review)).endswith("· taken to the review of Thu 19 Nov")
    assert standing_line(posted).endswith("· <https://slack.com/archives/C1/p1790000000000100|decided>")


def test_every_colour_has_its_word() -> None:
    assert [colour(one).split()[1] for one in Confidence] == [one.value for one in Confidence]


def test_the_history_is_a_row_of_characters_or_nothing() -> None:
    assert history(ACTIVATION) == "·▁▄▅"
    assert history(replace(ACTIVATION, scores=(None, None, None))) == ""
    # Two weeks are no row.
    assert history(replace(ACTIVATION, scores=(Decimal("0.4"), Decimal("0.5")))) == ""


def test_typed_text_stays_one_short_inert_line() -> None:
    loud = replace(ACTIVATION, metric="<!channel>\n" + "long " * 800, owner_name="*<@U1>*")
    line = standing_line(loud, owner=True)
    assert "\n" not in line
    assert "<!" not in line
    assert "<@" not in line
    assert len(line) < 300
