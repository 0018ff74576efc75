from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import samples
from samples import LINE, MONDAY, TAKEN_ON
from samples import RED_LINE as RED

from bot.blocks.digest import Beside, digest_post
from bot.blocks.digest_details import details
from bot.blocks.digest_teams import TeamLink, checked_in
from bot.blocks.post import Post
from bot.blocks.text import escape
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import (
    STOP_OR_SHIFT_LENGTH,
    MadeDecision,
    Mix,
    Noted,
    NotedAs,
    OverdueDecision,
    Snapshot,
    Waiting,
    Week,
)
from bot.domain.digest_correction import Shown
from bot.domain.digest_json import from_json, to_json
from bot.domain.escalation import EscalationState
from bot.domain.redefinition import Difference, Part
from bot.localslack.blockkit import check_message, too_long

WEEK = MONDAY
LINK = "https://slack.com/archives/C1/p1790000000000100"

CALL = replace(
    samples.CALL,
    key_result_id=2,
    number=15,
    name="SOC 2",
    taken_by="Noor Haddad",
    need="Someone to free two HR days",
    asked_slack_id="U0LEAD",
    link=LINK,
)
WEEK_OF_GROWTH = samples.snapshot(
    LINE,
    RED,
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
    """All that is read in it, a block a line; what is pressed is not among it."""
    lines: list[str] = []
    for block in post.blocks:
        if block["type"] == "section":
            lines.append(block["text"]["text"])
        elif block["type"] == "context":
            lines.append(block["elements"][0]["text"])
        elif block["type"] == "table":
            lines += [" | ".join(cell["text"] for cell in row) for row in block["rows"]]
    return "\n".join(lines)


def buttons(post: Post) -> list[list[str]]:
    return [
        [element["text"]["text"] for element in block["elements"]]
        for block in post.blocks
        if block["type"] == "actions"
    ]


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


def test_a_review_without_a_decision_asks_as_before_it() -> None:
    back = replace(CALL, state=EscalationState.IN_REVIEW, back_from=date(2026, 11, 12))
    text = words(digest_post(replace(WEEK_OF_GROWTH, calls=(back,))))
    assert " · <@U0LEAD>, back from the review of Thu 12 Nov, nothing decided, open since Mon · " in text
    assert "waits for a decision" in words(digest_post(replace(WEEK_OF_GROWTH, calls=(replace(back, need=""),))))
    kept = replace(WEEK_OF_GROWTH, calls=(back,))
    assert from_json(to_json(kept)) == kept


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
    assert text.count("7 more decisions are needed") == 1
    assert text.count("and 6 more") == 1


def test_the_details_name_every_key_result_and_not_who_is_late() -> None:
    late = replace(LINE, was_answered=False)
    (page,) = details(replace(WEEK_OF_GROWTH, key_results=(late, RED)))
    assert page.text == "All key results of Growth, week of 16 Nov"
    assert "KR-12 | Activation | 🟢 green | 0.5 (0.4) | – | Mele Fonua" in words(page)
    assert "KR-15 | SOC 2 | 🔴 red | 0.5 (0.5) | – | Ana Lima" in words(page)
    assert "updated" not in words(page)


def test_a_week_without_an_answer_leaves_no_gap_beside_an_owners_name() -> None:
    out = replace(LINE, was_answered=False, scores=(Decimal("0.3"), None, Decimal("0.5"), None))
    (page,) = details(replace(WEEK_OF_GROWTH, key_results=(out,)))
    assert "| ▃▃▅▅ | Mele Fonua" in words(page)


WEEKS = tuple(
    Week(period(date(2026, 10, 5) + timedelta(weeks=n)), Decimal(n) / 20, Decimal(n) / 10, Mix(5 - n % 3, n % 3, 1))
    for n in range(7)
)


def test_each_of_three_asks_can_be_pressed_and_more_are_counted() -> None:
    calls = tuple(replace(CALL, escalation_id=n, number=n) for n in range(1, 6))
    post = digest_post(replace(WEEK_OF_GROWTH, calls=calls), Beside(7))
    assert buttons(post) == [["Decide", "Ask the owner", "Open"]] * 3 + [["Show me all"]]
    assert "2 more decisions are needed." in words(post)
    without_thread = digest_post(replace(WEEK_OF_GROWTH, calls=(replace(CALL, link=None),)), Beside(7))
    assert buttons(without_thread)[0] == ["Decide", "Ask the owner"]


def test_the_pace_and_the_colours_are_told_in_words_and_drawn_from_the_third_week_on() -> None:
    told = replace(WEEK_OF_GROWTH, weeks=WEEKS, ends_on=date(2026, 12, 31))
    post = digest_post(told, Beside(7, with_charts=True))
    assert (
        "*Score against pace*  0.30 (0.25) on average, 0.60 expected by now · at this pace about 0.6 at the end · "
        "▁▁▁▂▂▃▃"
    ) in words(post)
    assert "*Colours*  🔴 1 red, 🟢 5 green (last week 🔴 1 red, 🟡 2 yellow, 🟢 3 green)" in words(post)
    drawn = [block for block in post.blocks if block["type"] == "data_visualization"]
    assert [block["title"] for block in drawn] == ["Score against pace", "Colours, week by week"]
    assert [len(one["data"]) for one in drawn[0]["chart"]["series"]] == [7, 7]
    young = replace(told, weeks=WEEKS[:2])
    assert all(
        block["type"] != "data_visualization" for block in digest_post(young, Beside(7, with_charts=True)).blocks
    )
    assert all(block["type"] != "data_visualization" for block in digest_post(told, Beside(7)).blocks)


def company_of(teams: int, each: int) -> Snapshot:
    lines = tuple(
        replace(
            LINE,
            key_result_id=team * each + n,
            number=100 + team * each + n,
            team=f"Team {team:02}",
            team_id=team,
            is_own=False,
            was_answered=n > 0,
            confidence=Confidence.RED if n < team % 3 else Confidence.GREEN,
        )
        for team in range(1, teams + 1)
        for n in range(each)
    )
    calls = tuple(
        replace(CALL, escalation_id=line.key_result_id, key_result_id=line.key_result_id, number=line.number)
        for line in lines
        if line.confidence is Confidence.RED
    )
    return replace(WEEK_OF_GROWTH, team="Company", team_id=0, has_teams=True, key_results=lines, calls=calls)


def test_the_digest_of_very_many_key_results_speaks_about_teams_and_leads_into_theirs() -> None:
    large = company_of(40, 10)
    text = words(digest_post(large, Beside(7, (TeamLink(2, LINK),))))
    teams = text.partition("*Teams*")[2].partition("*Stop or shift*")[0].strip().splitlines()
    assert teams[0] == f"• *<{LINK}|Team 02>* · 2 decisions needed · 🔴 1 red, 🟢 8 green, 1 not updated"
    assert len(teams) == 6
    assert teams[-1] == "• 35 more teams, 30 decisions needed"
    assert "▲ 360 up" in text
    replies = details(large, (TeamLink(2, LINK),))
    assert replies[0].text == "All 40 teams, week of 16 Nov (1 of 2)"
    assert sum(words(one).count("Team ") for one in replies[:2]) == 40
    assert replies[2].text == "All key results of Company, week of 16 Nov (1 of 7)"


def test_the_digest_of_a_few_teams_speaks_about_key_results_and_has_a_reply_a_team() -> None:
    small = company_of(4, 9)
    assert "*Teams*" not in words(digest_post(small, Beside(7)))
    replies = details(small, (TeamLink(2, LINK),))
    assert [one.text.partition(":")[0] for one in replies] == [
        *("Team 02", "Team 01", "Team 04", "Team 03"),
        "All key results of Company, week of 16 Nov",
    ]
    assert words(replies[0]).startswith(
        f"*<{LINK}|Team 02>*  2 decisions needed · 2 want help · 🔴 1 red, 🟢 7 green, 1 not updated"
    )
    assert "KR-118 Activation" not in words(replies[1])


LONG = [
    pytest.param("word " * 600, id="3,000 characters"),
    pytest.param("&<>" * 1000, id="to be escaped"),
    pytest.param('"\\\n' * 1000, id="quotes"),
    pytest.param("👩‍👩‍👧‍👦🏳️‍🌈" * 300, id="emoji"),
    pytest.param("مرحبا שלום " * 300, id="right to left"),
    pytest.param("<!channel> <@U1> @here https://evil.test " * 70, id="hostile"),
]


def worst_week(text: str) -> Snapshot:
    """Two hundred of everything, and everybody wrote this."""
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
    made = tuple(MadeDecision(n, n, 10_000 + n, text, Confidence.RED, text, text, TAKEN_ON, LINK) for n in range(200))
    decisions = tuple(OverdueDecision(n, n, 10_000 + n, text, text, TAKEN_ON, LINK) for n in range(200))
    return Snapshot(
        text, WEEK, TAKEN_ON, lines, calls, made, decisions, text, has_teams=True, weeks=WEEKS, ends_on=TAKEN_ON
    )


@pytest.mark.parametrize("text", LONG)
def test_slack_takes_the_worst_week_of_two_hundred_key_results(text: str) -> None:
    worst = worst_week(text)
    links = tuple(TeamLink(n, LINK) for n in range(7))
    few = replace(worst, key_results=tuple(replace(line, team_id=line.number % 7) for line in worst.key_results[:50]))
    for snapshot in (worst, few):
        pages = details(snapshot, links)
        for one in (digest_post(snapshot, Beside(7, links, with_charts=True)), *pages):
            assert_slack_takes(one)
            if one.blocks[-1]["type"] != "table":  # where Slack formats nothing
                assert "<!" not in words(one)
                assert "https://evil" not in words(one)
        rows = [len(block["rows"]) - 1 for page in pages for block in page.blocks if block["type"] == "table"]
        assert sum(rows) == len(snapshot.key_results)


@pytest.mark.parametrize("week", [WEEK_OF_GROWTH, worst_week("&<>" * 1000)], ids=["a week", "one that is cut short"])
def test_the_leads_word_stands_there_whole_however_much_else_there_is(week: Snapshot) -> None:
    word = "Webinars pause until KR-15 has its evidence & HR two people. ".ljust(STOP_OR_SHIFT_LENGTH, "x")
    assert f"*Stop or shift*  {escape(word)}" in words(digest_post(replace(week, stop_or_shift=word), Beside(7)))


WAITING = Waiting(
    key_result_id=1,
    number=12,
    name="Activation",
    team="Growth",
    other="Legal",
    state=DependencyState.ASKED,
    by=None,
    due_on=None,
    reason=None,
    asked_on=WEEK,
)


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, "KR-12 Activation · Growth waits for Legal, not answered since 16 Nov"),
        (
            {"state": DependencyState.ACCEPTED, "by": "Finn Adler"},
            "KR-12 Activation · Growth waits for Legal: Legal takes it on, says Finn Adler",
        ),
        (
            {"state": DependencyState.DATED, "by": "Finn Adler", "due_on": date(2026, 11, 20)},
            "KR-12 Activation · Growth waits for Legal: Legal can do it by Fri 20 Nov, says Finn Adler",
        ),
        (
            {"state": DependencyState.REFUSED, "by": "Finn Adler", "reason": "no lawyer is free"},
            "KR-12 Activation · Growth waits for Legal: Legal can't, says Finn Adler: “no lawyer is free”",
        ),
    ],
)
def test_what_another_team_says_is_one_line(changed: dict[str, object], line: str) -> None:
    waiting = replace(WAITING, **changed)  # type: ignore[arg-type]
    assert f"*Between teams*  {line}" in words(digest_post(replace(WEEK_OF_GROWTH, waiting=(waiting,))))


def test_many_that_wait_are_counted_and_still_fit() -> None:
    text = "<!channel> & waiting for the auditor, who waits for us; " * 20
    worst = replace(WAITING, name=text, team=text, other=text, state=DependencyState.REFUSED, by=text, reason=text)
    post = digest_post(replace(WEEK_OF_GROWTH, waiting=(worst,) * 9))
    assert "and 6 more" in words(post)
    assert_slack_takes(post)


def test_a_digest_and_the_company_above_it_count_the_same_colours() -> None:
    late = replace(LINE, key_result_id=3, number=13, was_answered=False)
    week = Week(MONDAY, Decimal("0.5"), Decimal("0.4"), Mix(green=1, red=1))
    own = replace(WEEK_OF_GROWTH, key_results=(LINE, late, RED), weeks=(week,), calls=())
    assert "*Colours*  🔴 1 red, 🟢 1 green, 1 not updated" in words(digest_post(own, Beside()))
    other = replace(LINE, key_result_id=4, number=14, team="Sales", team_id=9)
    above = details(replace(own, key_results=(*own.key_results, other), has_teams=True))
    assert any("🔴 1 red, 🟢 1 green, 1 not updated · 2 of 3 checked in" in words(reply) for reply in above)


def test_a_correction_that_the_rounded_score_does_not_show_is_told_in_values() -> None:
    half = Decimal("0.52")
    one = Shown(
        datetime(2026, 11, 18, 11, tzinfo=UTC),
        32,
        score=half,
        was_score=Decimal("0.49"),
        confidence=Confidence.GREEN,
        was_confidence=Confidence.GREEN,
        value=Decimal(69),
        was_value=Decimal(68),
        unit="mA",
    )

    def told(shown: Shown) -> str:
        return words(digest_post(WEEK_OF_GROWTH, Beside(corrections=(shown,))))

    assert "Corrected Wed 11:00 · KR-32 69 mA, was 68 mA" in told(one)
    # A milestone has no value beside its score.
    typed = replace(one, value=None, was_value=None)
    assert "KR-32 0.52, was 0.49" in told(typed)
    watched = replace(one, score=None, was_score=None)
    assert "KR-32 69 mA, was 68 mA" in told(watched)
    assert "KR-32 0.5, was 0.3" in told(replace(one, was_score=Decimal("0.3")))


def test_what_was_added_for_one_reason_stands_in_one_line_and_fits_however_long_it_is() -> None:
    def new(number: int, why: str = "Care joins", stops: str = "the survey", name: str = "First answer") -> Noted:
        return Noted(NotedAs.ADDED, number, number, name, why, stops=stops)

    one = words(digest_post(replace(WEEK_OF_GROWTH, noted=(new(31),))))
    assert "*Changed*  KR-31 First answer is new (“Care joins”; stops for it: “the survey”)" in one
    many = words(digest_post(replace(WEEK_OF_GROWTH, noted=tuple(new(number) for number in range(31, 36)))))
    assert "KR-33 First answer, and 2 more are new (“Care joins”; stops for them: “the survey”)" in many
    text = "&" * 2000
    worst = tuple(new(number, f"{number}{text}", text, text) for number in range(31, 40))
    lines = [Noted(NotedAs.CHANGED, 1, 12, text, text, (Difference(Part.TEXT, text, text),), stops=text)] * 3
    for noted in (worst, tuple(replace(one, words=text) for one in worst), tuple(lines)):
        assert_slack_takes(digest_post(replace(WEEK_OF_GROWTH, noted=noted)))
