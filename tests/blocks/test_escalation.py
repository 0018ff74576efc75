"""Every message and dialog of an escalation fits Slack's rules, with the worst that people can type."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.blocks import decisions, escalation_shown, escalation_words
from bot.blocks import escalation as messages
from bot.blocks import escalation_dialogs as dialogs
from bot.blocks import escalation_replies as replies
from bot.blocks.escalation_foot import Foot, with_foot
from bot.blocks.escalation_path import Asked, Expected, Turn, goes_on
from bot.blocks.escalation_shown import Case, Change, Decided, Person, Settled, Words
from bot.blocks.post import Post
from bot.blocks.standing import Standing
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationFacts, EscalationState, Event, ProposedDecision, Refusal, next_state
from bot.domain.kinds import Kind
from bot.localslack.blockkit import check_message, check_view, too_long

OPENED = datetime(2026, 10, 5, 9, 12, tzinfo=UTC)
DAY = date(2026, 10, 16)

NASTY = {
    "amps": "&" * 3000,
    "words": "a word and " * 272,
    "mentions": "<!channel> @channel <@U0EVIL> <https://evil.example|click> " * 40,
    "emoji": "🚀👩‍👩‍👧‍👦" * 375,
    "one line a character": "x\n" * 1500,
    "right to left": "مرحبا بالعالم " * 200,
    "marks": "*_~`>" * 600,
}
TEXTS = pytest.mark.parametrize("text", NASTY.values(), ids=NASTY.keys())


def case(text: str = "short", **changes: Any) -> Case:
    standing = Standing(
        key_result_id=15,
        number=15,
        text=text,
        metric=None,
        kind=Kind.MILESTONE,
        unit="",
        start=None,
        target=None,
        score=Decimal("0.3"),
        last_score=Decimal("0.3"),
        confidence=Confidence.RED,
    )
    person = Person(text[:200] or "Mere Ngata", "U0MERE")
    made = Case(
        escalation_id=7,
        standing=standing,
        owner=person,
        team=text[:200],
        words=Words(text, text, text, text),
        state=EscalationState.OPEN,
        opened_at=OPENED,
        zone=ZoneInfo("UTC"),
        asked=Person(text, "U0LEAD"),
        steps=(Asked(1, text, OPENED, was_away=True), Asked(2, text, OPENED, leads=text)),
        expected=Expected(text, OPENED),
        review_on=DAY,
        deciders=(text, text),
        taken_by=text,
        decisions=(Decided(3, text, text, person, DAY),) * 9,
        resolved_by=text,
        no_decision_reason=text,
        link="https://slack.com/archives/C0GROWTH/p1790000000000100",
    )
    return replace(made, **changes)


def newest(made: Case) -> Decided:
    return made.decisions[0] if made.decisions else DECIDED


DECIDED = Decided(3, "HR frees Ana for two days", "Tama Reid", Person("Hana Mori", "U0HANA"), DAY)


def ask(made: Case) -> Post:
    return messages.ask(made, 2)


POSTS: dict[str, Callable[[Case], Post]] = {
    "root": messages.root,
    "ask": ask,
    "after the review": lambda made: messages.after_review(made, DAY),
    "went on": lambda made: replies.went_on(Turn(made.team, (made.team,), made.state)),
    "news of going on": lambda made: replies.news_of_going_on(made, Turn(made.team)),
    "taken": lambda made: replies.taken(made.team),
    "to review": lambda made: replies.to_review(made.review_on, made.team),
    "decided": lambda made: replies.decided(made, newest(made)),
    "resolved": lambda made: replies.resolved(made, made.team),
    "again": lambda made: replies.again(made, Change(Confidence.RED, "0.3, as last week", made.words)),
    "news of a follow-up": lambda made: replies.news_of_decision(made, newest(made), for_follow_up=True),
    "news of a decision": lambda made: replies.news_of_decision(made, newest(made), for_follow_up=False),
    "news of a follow-up that is done": lambda made: replies.news_of_decision(
        made, replace(newest(made), settled=Settled(made.team)), for_follow_up=True
    ),
    "decided and dropped": lambda made: replies.decided(
        made, replace(newest(made), settled=Settled(made.team, made.team))
    ),
    "done": lambda made: decisions.settled(made, newest(made), Settled(made.team)),
    "dropped": lambda made: decisions.settled(made, newest(made), Settled(made.team, made.no_decision_reason)),
    "news of dropping": lambda made: decisions.news_of_settling(
        made, newest(made), Settled(made.team, made.no_decision_reason)
    ),
    "news of taking": lambda made: replies.news_of_taking(made, made.team, to_a_review=True),
    "green again": replies.green_again,
    "the newest": lambda made: with_foot(replies.taken(made.team), made, Foot(acts=True)),
    "opened again": lambda made: replies.opened_again(made.standing, made.words),
    "opened again by somebody": lambda made: replies.opened_again(
        made.standing, replace(made.words, by=made.team), made.words.stuck
    ),
}


@TEXTS
@pytest.mark.parametrize("post", POSTS.values(), ids=POSTS.keys())
def test_every_message_fits_slack_whatever_was_typed(text: str, post: Callable[[Case], Post]) -> None:
    for state in EscalationState if post in (messages.root, ask) else (EscalationState.RESOLVED,):
        made = post(case(text, state=state))
        blocks = json.loads(json.dumps(list(made.blocks)))
        assert check_message(made.text, blocks) == []
        assert not too_long(blocks)
        assert len(made.text) < 4000


@TEXTS
@pytest.mark.parametrize("post", POSTS.values(), ids=POSTS.keys())
def test_what_people_typed_mentions_nobody_and_links_nowhere(text: str, post: Callable[[Case], Post]) -> None:
    made = post(case(text))
    everything = made.text + json.dumps(list(made.blocks), ensure_ascii=False)
    assert "<!channel" not in everything
    assert "U0EVIL>" not in everything.replace("&gt;", "")
    assert "<https://evil" not in everything


@TEXTS
def test_each_dialog_fits_slack_whatever_was_typed(text: str) -> None:
    for view in (dialogs.decide(case(text), due=DAY), dialogs.resolve(case(text)), decisions.drop("KR-7", 3, text)):
        assert check_view(json.loads(json.dumps(view))) == []


def test_a_dialog_for_the_highest_number_fits_its_title() -> None:
    standing = replace(case().standing, number=9_999_999)
    for view in (
        dialogs.decide(case(standing=standing), due=DAY),
        dialogs.resolve(case(standing=standing)),
        decisions.drop(standing.label, 3, "yes"),
    ):
        assert check_view(json.loads(json.dumps(view))) == []


def test_a_decision_is_shown_whole() -> None:
    text = "\n".join(f"line {number} " + "y" * 50 for number in range(48))
    made = replies.decided(case(), replace(DECIDED, text=text))
    shown = "".join(block["text"]["text"] for block in made.blocks if "text" in block)
    assert all(f"line {number} " in shown for number in range(48))


@pytest.mark.parametrize("state", EscalationState)
def test_the_buttons_are_those_that_the_state_machine_takes(state: EscalationState) -> None:
    facts = EscalationFacts(
        decision=ProposedDecision("yes", 1, DAY),
        has_decision=state is EscalationState.DECIDED,
        no_decision_reason="none",
    )
    shown = messages.buttons(7, state)
    offered = {button["action_id"] for button in shown}
    entries = [entry["value"] for one in shown for entry in one.get("options", [])]
    for action, event in {
        "take_escalation": Event.ACKNOWLEDGE,
        "take_to_review": Event.TAKE_TO_REVIEW,
        "decide": Event.DECIDE,
        "resolve_escalation": Event.RESOLVE,
    }.items():
        outcome = next_state(state, event, facts)
        if action in offered:
            assert not isinstance(outcome, Refusal), (state, action)
            assert outcome is not state or event is Event.DECIDE, (state, action)
    # It can be resolved in one place, until it is.
    places = ["resolve_escalation" in offered, "resolve:7" in entries]
    assert places.count(True) == (state is not EscalationState.RESOLVED)
    assert len(offered) == len(shown)


@pytest.mark.parametrize(
    ("score", "last", "said"),
    [
        ("0.3", "0.3", "0.3, as last week"),
        ("0.3", "0.4", "0.3, was 0.4"),
        ("0.32", "0.31", "0.3, as last week"),
        ("0.3", None, "0.3, the first score"),
        (None, None, "no score yet"),
    ],
)
def test_a_score_stands_beside_last_weeks(score: str | None, last: str | None, said: str) -> None:
    standing = replace(
        case().standing, score=Decimal(score) if score else None, last_score=Decimal(last) if last else None
    )
    assert escalation_shown.score(standing) == said


def test_a_metric_without_a_score_shows_its_value() -> None:
    standing = replace(case().standing, kind=Kind.INCREASE, unit="%", score=None, value=Decimal("28.5"))
    assert escalation_shown.score(standing) == "now 28.5 %, no score yet"
    assert escalation_shown.score(replace(standing, kind=Kind.HEALTH)) == "now 28.5 %, not scored"


def test_who_is_asked_next_is_said_as_long_as_somebody_will_be() -> None:
    coming = {state: "is asked next" in read(messages.root(case(state=state))) for state in EscalationState}
    assert [state for state, is_said in coming.items() if is_said] == [
        EscalationState.OPEN,
        EscalationState.ACKNOWLEDGED,
        EscalationState.IN_REVIEW,
    ]
    assert "is asked next" not in read(messages.root(case(expected=None)))
    night = case("Hana Mori", steps=(), asked=None)
    assert "Hana Mori will be asked to get this" in read(messages.root(night))
    assert "Hana Mori is asked when their working day begins" in read(messages.root(night))


def read(post: Post) -> str:
    return json.dumps(list(post.blocks), ensure_ascii=False)


@pytest.mark.parametrize(
    ("turn", "sentence"),
    [
        (Turn("Hana", after=EscalationState.OPEN), "Nobody has picked this up yet, so Hana is asked now."),
        (Turn("Hana", after=EscalationState.ACKNOWLEDGED), "Nothing is decided yet, so Hana is asked now."),
        (
            Turn("Hana", after=EscalationState.IN_REVIEW),
            "The review has brought no decision yet, so Hana is asked now.",
        ),
        (Turn("Hana", away=("Tama",)), "Tama is away, so Hana is asked now."),
        (Turn("Hana", away=("Tama", "Ana")), "Tama and Ana are away, so Hana is asked now."),
        (
            Turn("Hana", away=("Tama",), after=EscalationState.OPEN),
            "Nobody has picked this up yet and Tama is away, so Hana is asked now.",
        ),
    ],
)
def test_why_it_goes_on_is_a_state_of_things_and_nobodys_fault(turn: Turn, sentence: str) -> None:
    assert goes_on(turn) == sentence


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        (1, "Asked of you because you lead Growth"),
        (2, "Asked of you because you lead Product · Tama was asked"),
        (3, "Asked of you because you are an executive sponsor · Tama was asked"),
        (4, "Asked of you because you are on the path of Growth · Tama was asked"),
    ],
)
def test_who_is_asked_reads_why_and_who_was_before_them(reader: int, said: str) -> None:
    steps = (
        Asked(1, "Tama", OPENED, leads="Growth"),
        Asked(2, "Hana", OPENED, leads="Product"),
        Asked(3, "Rosa", OPENED, is_sponsor=True),
        Asked(4, "Ana", OPENED),
    )
    assert said in read(messages.ask(case("Growth", steps=steps), reader))


def test_names_are_listed_with_an_or_between_the_last_two() -> None:
    assert escalation_words.listed(["Ana"]) == "Ana"
    assert escalation_words.listed(["Ana", "Ben"]) == "Ana or Ben"
    assert escalation_words.listed(["Ana", "Ben", "Cleo"]) == "Ana, Ben or Cleo"
    assert escalation_words.listed([f"P{n}" for n in range(9)]) == "P0, P1, P2, P3, P4, P5 or others"
