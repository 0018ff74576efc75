from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.confidence import Confidence
from bot.domain.numbers import format_value
from bot.domain.words import Understood, understand, waits_for

G, Y, R = Confidence


def meant(
    number: int | None = None,
    value: str | None = None,
    unit: str = "",
    colour: Confidence | None = None,
    rest: str = "",
    *unclear: str,
    same: bool = False,
    **named: str,
) -> Understood:
    return Understood(number, None if value is None else Decimal(value), unit, colour, same, rest, unclear, **named)


PHRASES = {
    # which key result
    "12": meant(12),
    "KR-12": meant(12),
    "kr12 45": meant(12, "45"),
    "kr 12: 45": meant(12, "45"),
    "#12 green": meant(12, colour=G),
    "12. 45 yellow": meant(12, "45", colour=Y),
    "set KR-12 to 45 yellow": meant(12, "45", colour=Y),
    "please update 12 to 45%": meant(12, "45", "%"),
    "45% for KR-12, yellow": meant(12, "45", "%", Y),
    "yellow 45 KR-12": meant(12, "45", colour=Y),
    "12 45 yellow blocked by KR-7": meant(12, "45", colour=Y, rest="blocked by KR-7"),
    # values
    "12 45% yellow waiting on legal": meant(12, "45", "%", Y, "waiting on legal"),
    "12 at 45, yellow": meant(12, "45", colour=Y),
    "12:45": meant(12, "45"),
    "12 = 45": meant(12, "45"),
    "12 now at 45.": meant(12, "45"),
    "12 45 percent": meant(12, "45", "%"),
    "12 28,5 % g": meant(12, "28.5", "%", G),
    "12 1,200 green": meant(12, "1200", colour=G),
    "12 1 200, green": meant(12, "1200", colour=G),
    "12 1'200 green": meant(12, "1200", colour=G),
    "12 1\u00a0200 sign-ups lost": meant(12, "1200", rest="sign-ups lost"),
    "12 -3": meant(12, "-3"),
    "12 −3.5 pts red": meant(12, "-3.5", "pts", R),
    "12 $1.2M red need budget": meant(12, "1200000", "$", R, "need budget"),
    "kr 12 45k€ green": meant(12, "45000", "€", G),
    "12 3 days": meant(12, "3", "days"),
    "12 down to 3 days": meant(12, "3", "days"),
    "12 up to 45": meant(12, "45"),
    "12: 40 → 45 yellow": meant(12, "45", colour=Y),
    "12 from 40 to 45 red": meant(12, "45", colour=R),
    "12 45 active users, yellow": meant(12, "45", "active users", Y),
    "12 0.45": meant(12, "0.45"),
    "45% yellow": meant(None, "45", "%", Y),
    "1,200 yellow": meant(None, "1200", colour=Y),
    "12 days": meant(None, "12", "days"),
    # the same as before
    "12 same": meant(12, same=True),
    "12 same as last week, green": meant(12, colour=G, same=True),
    "12 unchanged y still waiting": meant(12, colour=Y, rest="still waiting", same=True),
    "12 nothing changed, still green": meant(12, colour=G, same=True),
    "12 no change": meant(12, same=True),
    # colours
    "12 45 GREEN": meant(12, "45", colour=G),
    "12, 45, amber, legal": meant(12, "45", colour=Y, rest="legal"),
    "12 🟢 45": meant(12, "45", colour=G),
    "12 45 🟡 yellow waiting": meant(12, "45", colour=Y, rest="waiting"),
    "12 45 :large_yellow_circle: waiting": meant(12, "45", colour=Y, rest="waiting"),
    "12 45 :red_circle:": meant(12, "45", colour=R),
    "12 45 r need two days": meant(12, "45", colour=R, rest="need two days"),
    "12 is at 45 and yellow because legal is slow": meant(12, "45", colour=Y, rest="because legal is slow"),
    "12 waiting on legal, yellow": meant(12, colour=Y, rest="waiting on legal"),
    "12 waiting on legal 🔴": meant(12, colour=R, rest="waiting on legal"),
    "yellow, waiting": meant(colour=Y, rest="waiting"),
    # free text stays whole
    "12 waiting on legal": meant(12, rest="waiting on legal"),
    "2 people left": meant(2, rest="people left"),
    "12 45 not red yet": meant(12, "45", rest="not red yet"),
    "12 45 red tape everywhere": meant(12, "45", rest="red tape everywhere"),
    "12 45 greenhouse opened": meant(12, "45", rest="greenhouse opened"),
    "12 45 yellow\nwaiting\non legal": meant(12, "45", colour=Y, rest="waiting\non legal"),
    "12 :tada: done": meant(12, rest=":tada: done"),
    # as people write in a chat
    "kr 12 is at 45%, looking yellow": meant(12, "45", "%", Y),
    "KR12: 1.200,5 € green": meant(12, "1200.5", "€", G),
    "12 → 45": meant(12, "45"),
    "12: no change, still green": meant(12, colour=G, same=True),
    "12 unchanged, yellow: waiting for the bank": meant(12, colour=Y, rest="waiting for the bank", same=True),
    "same for 12, green": meant(12, colour=G, same=True),
    "45% on 12, red": meant(12, "45", "%", R),
    "45% for 12 customers": meant(None, "45", "%", rest="for 12 customers"),
    "12 0,4 yellow": meant(12, "0.4", colour=Y),
    "12 .5 red": meant(12, "0.5", colour=R),
    "12 1.234.567 green": meant(12, "1234567", colour=G),
    "12 45k users green": meant(12, "45000", "users", G),
    "Update KR-12 to 45, colour yellow": meant(12, "45", colour=Y),
    "12 on track": meant(12, rest="on track"),
    # named within the words
    "12 45% yellow waiting on legal, next: call them": meant(
        12, "45", "%", Y, "waiting on legal", next_move="call them"
    ),
    "12 at 45, yellow, next move: call ten": meant(12, "45", colour=Y, next_move="call ten"),
    "12 20 red waiting on HR. need: two days. plan: the old way": meant(
        12, "20", "", R, "waiting on HR", need="two days", plan="the old way"
    ),
    "12 same green next step = rest": meant(12, colour=G, same=True, next_move="rest"),
    "12 45 green next week we ship": meant(12, "45", colour=G, rest="next week we ship"),
    "12 45 green next: a, next: b": meant(12, "45", "", G, "", "next: b", next_move="a"),
    # another answer behind what is named: told, and no part of it
    "2 0.4 green next: audit; 1 35 green next: go": meant(
        2, "0.4", "", G, "", "1 35 green", "next: go", next_move="audit"
    ),
    "12 45 yellow plan: the old way\nand KR-13 50 yellow waits; so be it": meant(
        12, "45", "", Y, "", "and KR-13 50 yellow waits; so be it", plan="the old way"
    ),
    "12 45 green next: ask 3 people; 2 of them today; 1 by Friday": meant(
        12, "45", colour=G, next_move="ask 3 people; 2 of them today; 1 by Friday"
    ),
    # refused: it could mean two things
    "12 45 green; 13 50 yellow": meant(12, "45", "", G, "", "13 50 yellow"),
    "12 45 and 13 50 green": meant(12, "45", "", None, "", "and 13 50 green"),
    "12 12 345,67 kr green": meant(12, None, "", None, "kr green", "12 345,67"),
    "12 is minus 3": meant(12, None, "", None, "", "minus 3"),
    "12 50/100 green": meant(12, None, "", G, "", "50/100"),
    "12 ?": meant(12, None, "", None, "", "?"),
    "12 1.234 green": meant(12, None, "", G, "", "1.234"),
    "12 45-50 yellow": meant(12, None, "", Y, "", "45-50"),
    "12 45 of 60 green": meant(12, None, "", G, "", "45 of 60"),
    "12/15 yellow": meant(None, None, "", Y, "", "12/15"),
    "12 +5 green": meant(12, None, "", G, "", "+5"),
    "12 up 5": meant(12, None, "", None, "", "up 5"),
    "12 about 45": meant(12, None, "", None, "", "about 45"),
    "12 45 300 people asked": meant(12, None, "", None, "people asked", "45 300"),
    "12 45g": meant(12, None, "", None, "", "45g"),
    "12 1e5": meant(12, None, "", None, "", "1e5"),
    "12 45 50": meant(12, "45", "", None, "", "50"),
    "12 same 45": meant(12, None, "", None, "", "45", same=True),
    "12 yellow/red": meant(12, None, "", None, "", "yellow/red"),
    "12 45 yellow or red": meant(12, "45", "", None, "", "yellow or red"),
    "12 45 yellow, legal, red": meant(12, "45", "", None, "legal", "yellow", "red"),
    "12 45 green?": meant(12, "45", "", None, "", "green?"),
    "12 g": meant(12, None, "", None, "", "g"),
    "KR-12 and KR-13 are green": meant(None, None, "", G, "", "KR-12 and KR-13"),
    "12 and 13 green": meant(None, None, "", G, "", "12 and 13"),
    "0 45": meant(None, "45", "", None, "", "0"),
    # nothing of a check-in
    "hello there": meant(None, None, "", None, "", "hello there"),
    "KR-12.5 green": meant(None, None, "", None, "", "KR-12.5 green"),
    "": meant(),
    "  ": meant(),
}


@pytest.mark.parametrize("phrase", PHRASES)
def test_a_phrase_is_understood_as_it_was_meant(phrase: str) -> None:
    assert understand(phrase) == PHRASES[phrase]


def test_the_table_is_long_enough_to_trust() -> None:
    assert len(PHRASES) >= 60


def test_a_number_and_words_alone_are_no_answer() -> None:
    assert not understand("2 people left").is_answer
    assert not understand("12").is_answer
    assert understand("12 same").is_answer
    assert understand("12 yellow").is_answer


@given(
    number=st.integers(1, 99999),
    value=st.decimals(min_value=-99999, max_value=99999, places=2, allow_nan=False),
    unit=st.sampled_from(["%", "$", "days", ""]),
    colour=st.sampled_from(Confidence),
    form=st.sampled_from(["KR-{} {} {}, {}", "{} at {}, {}, {}", "#{}: {} and {} – {}", "kr{} {} {} {}"]),
    words=st.sampled_from(["waiting on legal", "we lost two people", "see <#C1>", "über alles"]),
)
def test_what_is_written_plainly_is_understood_exactly(
    *, number: int, value: Decimal, unit: str, colour: Confidence, form: str, words: str
) -> None:
    found = understand(form.format(number, format_value(value, unit), colour, words))
    assert found == Understood(number, value, unit, colour, rest=words)


@given(
    words=st.lists(st.text(st.characters(categories=["Ll"]), min_size=1, max_size=12), min_size=1, max_size=6),
    name=st.sampled_from(
        [("next: ", "next_move"), ("next move: ", "next_move"), ("need: ", "need"), ("plan: ", "plan")]
    ),
)
def test_what_is_named_comes_back_under_its_name(words: list[str], name: tuple[str, str]) -> None:
    label, field = name
    found = understand(f"12 45 green, {label}{' '.join(words)}")
    assert found == Understood(12, Decimal(45), "", G, **{field: " ".join(words)})  # type: ignore[arg-type]


TOKENS = """
12 KR-12 #7 45% $1.2M -3 1,200 1.234 45-50 +5 same yellow red g 🟢 :red_circle: at is from to → and or & , . : - / ( )
hello not days users? 🎯 next: need: plan:
"""
tokens = st.sampled_from(TOKENS.split())


@given(st.text(max_size=120) | st.lists(tokens, max_size=14).map(" ".join) | st.lists(tokens, max_size=8).map("".join))
def test_no_text_breaks_it_and_no_word_is_invented(text: str) -> None:
    found = understand(text)
    for piece in (found.rest, found.next_move, found.need, found.plan, *found.not_understood):
        assert piece in text
    assert all(piece.strip() for piece in found.not_understood)
    assert found.number is None or found.number > 0
    assert not (found.same and found.value is not None)
    if text.strip() and found == Understood():
        pytest.fail("something was said, and nothing of it came back")


def test_what_a_field_does_not_hold_is_set_aside_and_what_is_named_behind_it_is_read() -> None:
    long = "so much to say " * 230
    found = understand(f"1 30 green {long}, next: call the bank")
    assert (found.rest, found.next_move) == (long[:3000], "call the bank")
    assert found.not_understood == (long[3000:].strip(),)


def test_a_text_as_long_as_slack_takes_it_is_read() -> None:
    assert understand("1 " + "30 " * 13_000).number == 1


@pytest.mark.parametrize(
    ("words", "whom"),
    [
        ("waiting on legal", "legal"),
        ("still waiting for the People team, since Monday", "People team"),
        ("Blocked by Ana Lima.", "Ana Lima"),
        ("waiting on", ""),
        ("legal is slow", ""),
        ("we stopped waiting on legal", ""),
        ("", ""),
    ],
)
def test_who_is_waited_for_is_named_at_the_head(words: str, whom: str) -> None:
    assert waits_for(words) == whom


def test_what_is_named_is_found_behind_however_many_blanks() -> None:
    found = understand("12 45 green a" + "\n" * 40_000 + "next: call the bank")
    assert (found.rest, found.next_move) == ("a", "call the bank")
    assert understand("12 45 green, need: two days. next: call").need == "two days"
