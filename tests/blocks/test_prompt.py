from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
import samples
from samples import MONDAY, at

from bot.blocks.post import Post
from bot.blocks.prompt import Item, ItemState, Prompt, greeting, minutes, prompt
from bot.blocks.snooze import Offer
from bot.blocks.standing import EscalationLink
from bot.domain.cadence import following
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.snooze import Later
from bot.localslack.blockkit import check_message, too_long

SCORES = (Decimal("0.3"), Decimal("0.4"), Decimal("0.5"))
ACTIVATION = replace(samples.ACTIVATION, scores=SCORES, owner_name=None)
CHURN = replace(ACTIVATION, number=14, metric="Churn", confidence=Confidence.YELLOW, next_move="")


def shown(*states: ItemState, **changed: object) -> Prompt:
    view = Prompt(
        period=MONDAY,
        items=tuple(Item((ACTIVATION, CHURN)[index % 2], state) for index, state in enumerate(states)),
        now=at(16, 9),
        closes=at(17, 17),
        changes_until=at(18, 10),
        digest_follows=True,
        limited=False,
    )
    return replace(view, **changed)  # type: ignore[arg-type]


def words(post: Post) -> str:
    return "\n".join(
        element["text"] if isinstance(element["text"], str) else element["text"]["text"]
        for block in post.blocks
        for element in ([block] if "text" in block else block.get("elements", []))
        if "text" in element
    )


def test_after_a_missed_week_no_score_is_said_to_be_last_weeks() -> None:
    older = replace(CHURN, as_of=following(MONDAY, -2))
    items = (Item(older, ItemState.OPEN), Item(replace(ACTIVATION, as_of=following(MONDAY, -1)), ItemState.OPEN))
    first, second = (line for line in words(prompt(shown(items=items))).splitlines() if "*KR-1" in line)
    assert "(the time before 0.4) · as of 2 Nov" in first
    assert "(last week 0.4)" in second
    assert "as of" not in second


def buttons(post: Post) -> list[str]:
    return [element["value"] for element in row(post) if element["type"] == "button"]


def row(post: Post) -> list[Mapping[str, Any]]:
    """What can be pressed."""
    return [element for block in post.blocks if block["type"] == "actions" for element in block["elements"]]


def menu(post: Post, kind: str) -> list[str]:
    """The entries of the menu of a kind; none where there is no such menu."""
    return [option["text"]["text"] for one in row(post) if one["type"] == kind for option in one["options"]]


def test_what_is_put_off_says_until_when_and_can_be_answered_now() -> None:
    post = prompt(shown(ItemState.OPEN, ItemState.OPEN, snoozed_until=at(16, 14)))
    assert post.text == "Put off until Mon 14:00, as you asked: 2 key results, about 2 minutes"
    assert buttons(post) == ["2026-11-16"]
    partly = prompt(shown(ItemState.ANSWERED, ItemState.OPEN, snoozed_until=at(16, 14)))
    assert partly.text == "Put off until Mon 14:00, as you asked: 1 of 2 still open"
    over = prompt(shown(ItemState.OPEN, snoozed_until=at(16, 14), now=at(16, 14)))
    assert over.text == "Good afternoon: 1 key result, about 1 minute, open until Tue 17:00"


def test_the_second_message_says_that_it_was_asked_for() -> None:
    assert prompt(shown(ItemState.OPEN, is_again=True)).text.startswith("As you asked: 1 key result")
    partly = prompt(shown(ItemState.ANSWERED, ItemState.OPEN, is_again=True))
    assert partly.text == "As you asked: 1 of 2 answered, open until Tue 17:00"


def test_later_is_offered_with_its_hour_while_there_is_one() -> None:
    offers = (
        Offer(Later.THIS_AFTERNOON, at(16, 14)),
        Offer(Later.TOMORROW_MORNING, at(17, 9)),
        Offer(Later.AT_A_TIME, at(16, 10)),
    )
    post = prompt(shown(ItemState.OPEN, later=offers))
    assert menu(post, "static_select") == [
        "This afternoon, 14:00", "Next morning, Tue 09:00", "At a time of my own…",
    ]  # fmt: skip
    assert menu(prompt(shown(ItemState.OPEN)), "static_select") == []


def test_the_three_dots_hold_what_makes_sense() -> None:
    assert menu(prompt(shown(ItemState.OPEN, ItemState.OPEN, may_stay=True)), "overflow") == [
        "Nothing changed", "Only one of them", "Not mine",
    ]  # fmt: skip
    assert menu(prompt(shown(ItemState.OPEN)), "overflow") == ["Not mine"]


def test_what_is_not_the_readers_is_not_counted_and_says_who_was_told() -> None:
    view = shown(ItemState.ANSWERED, ItemState.DISOWNED)
    told = replace(view, items=(view.items[0], replace(view.items[1], told="Tama Reid")))
    post = prompt(told)
    assert post.text == "Thank you: it is in"
    assert "not yours, you say: Tama Reid has been told" in words(post)
    assert row(post) == []


def test_nothing_can_be_pressed_once_the_week_is_over() -> None:
    for states in ((ItemState.OPEN,), (ItemState.MISSED, ItemState.ANSWERED), (ItemState.DISOWNED,)):
        assert row(prompt(shown(*states, now=at(18, 10), snoozed_until=at(18, 12), may_stay=True))) == []


def test_the_first_line_says_how_much_how_long_and_until_when() -> None:
    post = prompt(shown(ItemState.OPEN, ItemState.OPEN, ItemState.OPEN))
    assert post.text == "Good morning: 3 key results, about 2 minutes, open until Tue 17:00"
    assert buttons(post) == ["2026-11-16"]


def test_each_key_result_shows_where_it_is_and_what_the_next_move_was() -> None:
    text = words(prompt(shown(ItemState.OPEN)))
    assert "🟢 green *KR-12* Activation 22 → 35 % · now 28.5 % · *0.5* (last week 0.4) · ▃▄▅" in text
    assert "_Your next move was:_ new sign-up to half of the users" in text
    assert "Red means “I could use help”. Everyone here can see your answers." in text


def test_a_next_move_is_the_readers_only_where_they_named_it() -> None:
    def reads(**changed: Any) -> str:
        return words(prompt(replace(shown(), items=(Item(ACTIVATION, ItemState.OPEN, **changed),))))

    assert "_Your next move was:_ new sign-up" in reads()
    assert "_The next move was:_ new sign-up" in reads(is_own_word=False)
    assert "_The next move was:_ new sign-up" in reads(covered_for="Ana Silva")


def test_last_week_is_spelled_out_once() -> None:
    fresh = Item(replace(ACTIVATION, last_score=None), ItemState.OPEN)
    view = shown(ItemState.OPEN, ItemState.OPEN)
    text = words(prompt(replace(view, items=(fresh, *view.items))))
    assert "*0.5* (first score)" in text
    assert text.count("(last week 0.4)") == 1
    assert text.count("(0.4)") == 1


def test_an_open_escalation_is_linked() -> None:
    link = EscalationLink(EscalationState.OPEN, "C1", "1790000000.000100")
    view = shown(ItemState.OPEN)
    text = words(prompt(replace(view, items=(Item(replace(ACTIVATION, escalation=link), ItemState.OPEN),))))
    assert "/archives/C1/p1790000000000100|help wanted>" in text


def test_limited_key_results_do_not_claim_to_be_seen_by_everyone() -> None:
    assert "Everyone" not in words(prompt(shown(ItemState.OPEN, limited=True)))


@pytest.mark.parametrize(
    ("states", "headline", "has_button"),
    [
        ((ItemState.ANSWERED, ItemState.OPEN, ItemState.OPEN), "1 of 3 answered, open until Tue 17:00", True),
        ((ItemState.ANSWERED, ItemState.ANSWERED), "Thank you: both are in", False),
        ((ItemState.ANSWERED,) * 3, "Thank you: all 3 are in", False),
        ((ItemState.ANSWERED,), "Thank you: it is in", False),
        ((ItemState.ANSWERED, ItemState.EXCUSED), "Thank you: it is in", False),
        ((ItemState.EXCUSED, ItemState.EXCUSED), "Nothing is due from you this week", False),
    ],
)
def test_it_changes_with_its_state_and_old_ones_have_no_button(
    states: tuple[ItemState, ...], headline: str, has_button: bool
) -> None:
    post = prompt(shown(*states))
    assert post.text == headline
    assert bool(buttons(post)) is has_button


def test_when_all_is_in_it_says_what_follows() -> None:
    text = words(prompt(shown(ItemState.ANSWERED, ItemState.ANSWERED)))
    assert "the digest goes out Wed 10:00. To change an answer until then: `/kr 12`, then *Update*." in text
    assert "digest" not in words(prompt(shown(ItemState.ANSWERED, digest_follows=False)))


@pytest.mark.parametrize(
    ("states", "headline"),
    [
        ((ItemState.MISSED, ItemState.MISSED), "2 check-ins are still open, until Wed 10:00"),
        ((ItemState.MISSED, ItemState.ANSWERED), "1 check-in is still open, until Wed 10:00"),
        ((ItemState.OPEN,), "1 check-in is still open, until Wed 10:00"),
    ],
)
def test_what_is_late_is_still_taken_until_the_digest(states: tuple[ItemState, ...], headline: str) -> None:
    late = prompt(shown(*states, now=at(17, 17)))
    assert late.text == headline
    assert buttons(late) == ["2026-11-16"]
    assert "not answered" not in words(late)


@pytest.mark.parametrize(
    ("states", "headline"),
    [
        ((ItemState.MISSED, ItemState.MISSED), "Week of 16 Nov: 0 of 2 answered. The next one comes Mon 09:00."),
        ((ItemState.OPEN, ItemState.ANSWERED), "Week of 16 Nov: 1 of 2 answered. The next one comes Mon 09:00."),
        ((ItemState.ANSWERED,), "Week of 16 Nov: 1 of 1 answered. The next one comes Mon 09:00."),
        ((ItemState.EXCUSED,), "Week of 16 Nov: nothing was due from you"),
    ],
)
def test_after_the_digest_it_names_its_week_and_offers_nothing(states: tuple[ItemState, ...], headline: str) -> None:
    over = prompt(shown(*states, now=at(18, 10), next_at=at(23, 9)))
    assert over.text == headline
    assert buttons(over) == []
    assert "until" not in words(over)
    assert ("not answered" in words(over)) == (ItemState.MISSED in states or ItemState.OPEN in states)


def test_where_no_prompt_is_planned_none_is_promised() -> None:
    assert prompt(shown(ItemState.MISSED, now=at(18, 10))).text == "Week of 16 Nov: 0 of 1 answered"


def test_greetings_follow_the_readers_clock_and_minutes_the_number() -> None:
    assert [greeting(at(16, hour)) for hour in (3, 9, 13, 19, 23)] == [
        "Hello", "Good morning", "Good afternoon", "Good evening", "Hello",
    ]  # fmt: skip
    assert [minutes(count) for count in (1, 2, 3, 4)] == [
        "about 1 minute", "about 2 minutes", "about 2 minutes", "about 3 minutes",
    ]  # fmt: skip


@pytest.mark.parametrize("state", list(ItemState))
@pytest.mark.parametrize("count", [1, 3, 200])
def test_the_longest_prompt_is_still_one_that_slack_takes(state: ItemState, count: int) -> None:
    loud = replace(
        ACTIVATION,
        number=10**6,
        metric="&<@U1>" * 500,
        unit="<!channel>" * 4,
        value=Decimal("-8999999999999.123456"),
        next_move="&" * 3000,
        scores=(None, *[Decimal(1)] * 12),
        escalation=EscalationLink(EscalationState.IN_REVIEW, "C" + "1" * 20, "1790000000.000100"),
    )
    post = prompt(replace(shown(), items=(Item(loud, state),) * count))
    assert check_message(post.text, list(map(dict, post.blocks))) == []
    assert not too_long(list(map(dict, post.blocks)))
    assert "<!channel>" not in words(post)
    assert "<@U1>" not in words(post)
