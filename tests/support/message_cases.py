"""The states of each message that matter, told with an invented company: Mere Ngata owns three key results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import decision_cases
import digest_cases
import escalation_cases
import home_cases
import rhythm_cases
import signal_cases
from messages import Case, Chapter
from samples import ACTIVATION, AUDIT, CHURN, MONDAY, at

from bot.blocks import (
    checkin_end,
    checkin_modal,
    checkin_problems,
    not_mine,
    prompt_more,
    refusals,
    snooze,
    value_rhythm,
)
from bot.blocks import introduction as introductions
from bot.blocks import morning as mornings
from bot.blocks import prompt as prompts
from bot.blocks import understanding as words
from bot.blocks.checkin_parts import Choice, Course, Filled, Finished, LastAnswer, Question, Running
from bot.blocks.dependency import Unanswered
from bot.blocks.home_now import Asking, OwnDecision
from bot.blocks.morning import FollowUp, Help, Morning, TeamQuestion
from bot.blocks.prompt import Item, ItemState, Prompt
from bot.blocks.snooze import LaterQuestion, Offer
from bot.blocks.standing import Standing
from bot.domain.cadence import following
from bot.domain.confidence import Confidence
from bot.domain.doubts import Doubt, Odd
from bot.domain.escalation import EscalationState
from bot.domain.numbers import NotANumber, NumberTrouble, format_value
from bot.domain.refusals import Reason
from bot.domain.scoring import hint
from bot.domain.snooze import Later, TooOdd
from bot.domain.validation import Finding, Problem
from bot.domain.yellow import Yellow

THREE = (ACTIVATION, CHURN, AUDIT)
OFFERS = (
    Offer(Later.THIS_AFTERNOON, at(16, 14)),
    Offer(Later.TOMORROW_MORNING, at(17, 9)),
    Offer(Later.AT_A_TIME, at(16, 10)),
)


def asked(*states: ItemState, **changed: object) -> Prompt:
    view = Prompt(
        period=MONDAY,
        items=tuple(Item(one, state) for one, state in zip(THREE, states, strict=False)),
        now=at(16, 9),
        closes=at(17, 17),
        changes_until=at(18, 10),
        digest_follows=True,
        limited=False,
        later=OFFERS,
        may_stay=True,
    )
    return replace(view, **changed)  # type: ignore[arg-type]


def prompt(*states: ItemState, **changed: object) -> Callable[[], object]:
    return lambda: prompts.prompt(asked(*states, **changed))


def covering(*, has_left: bool = False) -> Callable[[], object]:
    churn = Item(CHURN, ItemState.OPEN, covered_for="Ana Silva", has_left=has_left)
    items = (Item(ACTIVATION, ItemState.OPEN), churn)
    return lambda: prompts.prompt(replace(asked(), items=items))


def somebody_elses() -> Callable[[], object]:
    items = (Item(ACTIVATION, ItemState.OPEN), Item(CHURN, ItemState.OPEN, is_own_word=False))
    return lambda: prompts.prompt(replace(asked(), items=items))


OPEN, DONE, MISSED, EXCUSED, DISOWNED = (
    ItemState.OPEN,
    ItemState.ANSWERED,
    ItemState.MISSED,
    ItemState.EXCUSED,
    ItemState.DISOWNED,
)


def question(standing: Standing = ACTIVATION, **changed: object) -> Question:
    known = Filled(value=str(standing.value or standing.score))
    base = Question(
        standing=standing,
        objective="Make new customers feel at home",
        period=MONDAY,
        run=True,
        position=1,
        total=3,
        shows_value=True,
        needs_value=True,
        asks_start=False,
        hint=hint(standing.kind, standing.start, standing.target, standing.unit),
        last=LastAnswer(
            _last_value(standing), "a new first page", "sign-ups are up", standing.next_move, "a lawyer", "ask HR"
        ),
        filled=known,
        brought=known,
        may_stay=standing.confidence is not Confidence.RED,
    )
    return replace(base, **changed)  # type: ignore[arg-type]


def _last_value(standing: Standing) -> str:
    if standing.value is None:
        return str(standing.score)
    return format_value(standing.value, standing.unit)


TYPED = Filled(value="30", next_move="new sign-up for everybody")
GREEN = replace(TYPED, confidence=Confidence.GREEN)
YELLOW = replace(TYPED, confidence=Confidence.YELLOW, blocked_by=Choice("Legal", "team:3"))
RED = replace(YELLOW, confidence=Confidence.RED, need="two days of HR")


def finished(*standings: Standing, **changed: object) -> Finished:
    base = Finished(standings, at(18, 10), digest_follows=True, asks_for_help=(), period=MONDAY)
    return replace(base, **changed)  # type: ignore[arg-type]


UNDERSTOOD = words.Understood(
    understanding_id=7,
    standing=ACTIVATION,
    value="30 %",
    same=False,
    confidence=Confidence.YELLOW,
    words="waiting on legal",
    blocked_by="Legal",
    next_move="new sign-up to half of the users",
    next_move_stays=True,
    need="",
    plan="",
    not_understood=(),
    missing=(),
    wrong="",
    odd="",
)
FOLLOW_UP = FollowUp(
    OwnDecision(
        5, 15, "HR frees Ana for two days", "Hana Mori", at(16, 9).date(), "https://example.slack.com/archives/C1/p1"
    )
)
UNANSWERED = TeamQuestion(
    Unanswered(4, 15, "SOC 2 certified by 15 Dec", "Growth", "Legal", at(13, 9).date()), is_open=True
)
LEFT = replace(FOLLOW_UP, decision=replace(FOLLOW_UP.decision, left="Sam Stone"))
ASKING = Asking(
    escalation_id=9,
    number=14,
    name="Churn",
    state=EscalationState.OPEN,
    since=at(12, 9).date(),
    need="somebody who can call the ten who left",
    stuck="",
    asked="Tama Reid",
    taken_by=None,
    link="https://example.slack.com/archives/C1/p2",
)
RHYTHM = value_rhythm.ValueRhythm(1, 12, "Activation", 1, following(MONDAY))
MORNING = Morning(at(16, 9).date(), (FOLLOW_UP,), (Help(ASKING, is_open=True),))
CANDIDATES = tuple(prompt_more.Candidate(one.key_result_id, one.label, one.name) for one in THREE)

_FACTS = {
    "number": 12,
    "owner": "Mere Ngata",
    "team": "Growth",
    "next": "Mon 09:00",
    "name": "Tama Reid",
    "names": ("Tama Reid", "Hana Mori"),
    "is_done": True,
    "closes": "Tue 17:00",
    "label": "KR-12",
    "cycle": "2026 Q9",
}
_FINDINGS = {
    Problem.NOT_A_NUMBER: Finding(Problem.NOT_A_NUMBER, number=NotANumber(NumberTrouble.UNCLEAR, ("1.234", "1234"))),
    Problem.OTHER_UNIT: Finding(Problem.OTHER_UNIT, typed="days", expected="%"),
    Problem.START_PAST_TARGET: Finding(Problem.START_PAST_TARGET, target=Decimal(35)),
    Problem.TOO_LONG: Finding(Problem.TOO_LONG, length=3412, limit=3000),
}


def _refusals() -> Sequence[Case]:
    return [
        Case(f"`{reason.value}`", lambda reason=reason: refusals.sentence(reason, _FACTS))  # type: ignore[misc]
        for reason in Reason
    ] + [
        Case(
            "`digest_out` in a cycle's last week", lambda: refusals.sentence(Reason.DIGEST_OUT, _FACTS | {"next": None})
        )
    ]


def _problems() -> Sequence[Case]:
    return [
        Case(
            f"`{problem.value}`",
            lambda problem=problem: checkin_problems.sentence(_FINDINGS.get(problem, Finding(problem))),  # type: ignore[misc]
        )
        for problem in Problem
    ]


def _odd(odd: Odd, value: str, beside: str) -> Case:
    doubt = Doubt(odd, Decimal(value), Decimal(beside))
    return Case(f"`{odd.value}`", lambda: checkin_problems.really(doubt, "%"))


CHAPTERS: Sequence[Chapter] = (
    Chapter(
        "Before the first Monday",
        [
            Case(
                "To an owner, once",
                lambda: introductions.introduction(
                    introductions.Introduction(
                        first_name="Mere",
                        team="Growth",
                        key_results=((12, "Activation"), (14, "Churn"), (15, "SOC 2 certified by 15 Dec")),
                        opens=at(16, 9),
                        closes=at(17, 17),
                        wanted_by="Hana Mori",
                        told=("Tama Reid",),
                    )
                ),
            ),
            Case(
                "To an owner with no lead above them",
                lambda: introductions.introduction(
                    introductions.Introduction(
                        first_name="Hana",
                        team="Company",
                        key_results=((3, "Retention"),),
                        opens=at(16, 9),
                        closes=at(17, 17),
                        wanted_by=None,
                        told=(),
                    )
                ),
            ),
        ],
    ),
    Chapter(
        "The weekly prompt",
        [
            Case("Monday morning", prompt(OPEN, OPEN, OPEN)),
            Case("After *Later*, this afternoon", prompt(OPEN, OPEN, OPEN, snoozed_until=at(16, 14))),
            Case("At that hour, the second message", prompt(OPEN, OPEN, OPEN, is_again=True, now=at(16, 14), later=())),
            Case("Two of three are answered", prompt(DONE, DONE, OPEN)),
            Case("All are answered", prompt(DONE, DONE, DONE)),
            Case("The first one after leave", prompt(OPEN, OPEN, OPEN, is_back=True)),
            Case("For somebody who is away", covering()),
            Case("For somebody who has left", covering(has_left=True)),
            Case("Somebody else named a next move: a co-owner, or who covered for the reader", somebody_elses()),
            Case("Tuesday evening, one was missed", prompt(DONE, DONE, MISSED, now=at(17, 18), later=())),
            Case("One was excused, and the others are answered", prompt(DONE, DONE, EXCUSED)),
            Case("All were excused", prompt(EXCUSED, EXCUSED)),
            Case(
                "One is not the reader's",
                lambda: prompts.prompt(
                    replace(
                        asked(OPEN, OPEN, DISOWNED),
                        items=(Item(ACTIVATION, OPEN), Item(CHURN, OPEN), Item(AUDIT, DISOWNED, "Tama Reid")),
                    )
                ),
            ),
            Case("When the digest is out", prompt(DONE, DONE, MISSED, now=at(18, 10), next_at=at(23, 9))),
        ],
    ),
    Chapter(
        "The check-in's dialog",
        [
            Case("As it opens", lambda: checkin_modal.checkin_dialog(question())),
            Case(
                "Green, after the first was saved",
                lambda: checkin_modal.checkin_dialog(
                    question(CHURN, position=2, has_before=True),
                    replace(GREEN, value="3.5"),
                    note=checkin_end.just_saved(ACTIVATION),
                ),
            ),
            Case("Yellow", lambda: checkin_modal.checkin_dialog(question(), YELLOW)),
            Case(
                "Yellow, for the second time running",
                lambda: checkin_modal.checkin_dialog(question(CHURN, yellow=Yellow.ASKS), YELLOW),
            ),
            Case(
                "Yellow, for the third time running",
                lambda: checkin_modal.checkin_dialog(question(CHURN, yellow=Yellow.OPENS), YELLOW),
            ),
            Case(
                "Blocked as the last time",
                lambda: checkin_modal.checkin_dialog(
                    question(CHURN, blocked_before=True, brought=Filled(blocked_by=YELLOW.blocked_by)), YELLOW
                ),
            ),
            Case("Red", lambda: checkin_modal.checkin_dialog(question(), RED)),
            Case("Red, sent before its fields had appeared", lambda: checkin_modal.more_is_asked(Confidence.RED)),
            Case("Yellow, sent before its fields had appeared", lambda: checkin_modal.more_is_asked(Confidence.YELLOW)),
            Case(
                "An odd value",
                lambda: checkin_modal.checkin_dialog(
                    question(),
                    replace(GREEN, value="300"),
                    course=Course(sure_of="300"),
                    odd=checkin_problems.really(Doubt(Odd.TEN_TIMES, Decimal(300), Decimal("28.5")), "%"),
                ),
            ),
            Case("A draft", lambda: checkin_modal.checkin_dialog(question(filled=YELLOW, kept_at=at(16, 9, 12)))),
            Case(
                "*Nothing changed*",
                lambda: checkin_modal.checkin_dialog(question(), course=Course(unchanged=True, staying=True)),
            ),
            Case("*Nothing changed*, at a red", lambda: checkin_modal.looks_afresh(AUDIT)),
            Case("*Nothing changed*, twice running", lambda: checkin_modal.looks_afresh(replace(CHURN, stayed=True))),
            Case(
                "*Nothing changed*, at a first check-in",
                lambda: checkin_modal.looks_afresh(replace(CHURN, confidence=None)),
            ),
            Case(
                "The baseline is not known", lambda: checkin_modal.checkin_dialog(question(asks_start=True, hint=None))
            ),
            Case("A milestone", lambda: checkin_modal.checkin_dialog(question(AUDIT, position=3, has_before=True))),
            Case("The end", lambda: checkin_end.finished_dialog(finished(*THREE, asks_for_help=(15,)))),
            Case(
                "The end, one was yellow for the third time running",
                lambda: checkin_end.finished_dialog(
                    finished(ACTIVATION, CHURN, asks_for_help=(14,), opened_by_themselves=(14,))
                ),
            ),
            Case(
                "The end, one is red though its decision still has until its day",
                lambda: checkin_end.finished_dialog(finished(*THREE, decided=(Running(15, at(20, 9).date()),))),
            ),
            Case("Above the next one, the same", lambda: checkin_end.just_saved(CHURN, opened=True)),
            Case(
                "The end, one was skipped", lambda: checkin_end.finished_dialog(finished(ACTIVATION, still_open=(14,)))
            ),
            Case(
                "The end, one of three was skipped",
                lambda: checkin_end.finished_dialog(finished(ACTIVATION, CHURN, still_open=(15,))),
            ),
            Case(
                "The end, all skipped",
                lambda: checkin_end.nothing_told_dialog(finished(still_open=(12, 14, 15))),
            ),
        ],
    ),
    Chapter("Under a field of the check-in", _problems()),
    Chapter(
        "A second look at a value",
        [
            _odd(Odd.TEN_TIMES, "300", "28.5"),
            _odd(Odd.A_TENTH, "2.85", "28.5"),
            _odd(Odd.PAST_TARGET, "40", "35"),
            _odd(Odd.BEHIND_START, "20", "22"),
            Case("The box is not ticked", checkin_problems.tick_if_sure),
        ],
    ),
    Chapter(
        "Later, only one of them, not mine",
        [
            Case(
                "*Later*, at a time of one's own",
                lambda: snooze.later_dialog(LaterQuestion(MONDAY, at(16, 10), at(17, 17))),
            ),
            *[
                Case(f"A time that is refused: `{why.value}`", lambda why=why: snooze.too_odd(why, at(17, 17)))  # type: ignore[misc]
                for why in TooOdd
            ],
            Case("*Only one of them*", lambda: prompt_more.which_one_dialog(CANDIDATES, MONDAY)),
            Case("*Not mine*", lambda: not_mine.not_mine_dialog(CANDIDATES, MONDAY, ["Tama Reid"])),
            Case("What happens next", lambda: not_mine.told_dialog("KR-12", "Tama Reid")),
            Case(
                "To the lead",
                lambda: not_mine.not_mine(
                    not_mine.Disowned(1, 12, "Activation", "Mere Ngata", "U1", "Ana's, since August", "Growth")
                ),
            ),
        ],
    ),
    Chapter(
        "How often a value is asked for",
        [
            Case("*How often* under `/kr 12`", lambda: value_rhythm.value_rhythm_dialog(RHYTHM)),
            Case("After *Save*", lambda: value_rhythm.value_rhythm_saved(replace(RHYTHM, weeks=4))),
        ],
    ),
    Chapter(
        "What waits for a decision, once a working morning",
        [
            Case("A decision is due, and a request for help is open", lambda: mornings.morning(MORNING)),
            Case(
                "Both are settled",
                lambda: mornings.morning(
                    replace(
                        MORNING,
                        follow_ups=(replace(FOLLOW_UP, is_settled=True),),
                        helps=(Help(replace(ASKING, state=EscalationState.ACKNOWLEDGED, taken_by="Tama Reid"), False),),
                    )
                ),
            ),
            Case(
                "A week later, dropped",
                lambda: mornings.morning(
                    Morning(
                        at(23, 9).date(), (replace(FOLLOW_UP, is_settled=True, reason="the audit was put off"),), ()
                    )
                ),
            ),
            Case(
                "Where a question to the reader's team has no answer",
                lambda: mornings.morning(replace(MORNING, follow_ups=(), helps=(), questions=(UNANSWERED,))),
            ),
            Case(
                "Where the owner of a decision has left",
                lambda: mornings.morning(replace(MORNING, follow_ups=(LEFT,), helps=())),
            ),
            Case(
                "When a newer message asks again",
                lambda: mornings.morning(
                    replace(MORNING, follow_ups=(replace(FOLLOW_UP, is_asked_again=True),), helps=())
                ),
            ),
        ],
    ),
    Chapter(
        "A check-in in words",
        [
            Case("“12 30% yellow waiting on legal”", lambda: words.understood(UNDERSTOOD)),
            Case(
                "The same, for the second time running",
                lambda: words.understood(replace(UNDERSTOOD, yellow=Yellow.ASKS)),
            ),
            Case(
                "The same, for the third time running",
                lambda: words.understood(replace(UNDERSTOOD, yellow=Yellow.OPENS)),
            ),
            Case(
                "“12 at 30” where nothing was said before",
                lambda: words.understood(
                    replace(
                        UNDERSTOOD,
                        confidence=None,
                        words="",
                        blocked_by="",
                        next_move="",
                        next_move_stays=False,
                        missing=(words.Missing.COLOUR, words.Missing.NEXT_MOVE),
                    )
                ),
            ),
            Case(
                "“12 same, green; 13 50 red”",
                lambda: words.understood(
                    replace(
                        UNDERSTOOD,
                        value="28.5 %",
                        same=True,
                        confidence=Confidence.GREEN,
                        words="",
                        blocked_by="",
                        not_understood=("13 50 red",),
                    )
                ),
            ),
            Case(
                "“12 at 300 %, green”",
                lambda: words.understood(
                    replace(
                        UNDERSTOOD,
                        value="300 %",
                        confidence=Confidence.GREEN,
                        words="",
                        blocked_by="",
                        odd=checkin_problems.really(Doubt(Odd.TEN_TIMES, Decimal(300), Decimal("28.5")), "%"),
                    )
                ),
            ),
            Case(
                "“12 30 yellow waiting on legal”, once KR-12 measures something else",
                lambda: words.understood(replace(UNDERSTOOD, value="", wrong=words.measures_something_else())),
            ),
            Case(
                "Seven lines at once",
                lambda: words.not_read(("17 0.4 green, next: the last two", "18 60 %, yellow, waiting on legal")),
            ),
            Case("After *Save*", lambda: words.saved(ACTIVATION, at(18, 10), digest_follows=True)),
            Case("After *Save*, once the digest is out", lambda: words.was_saved("KR-12")),
            Case("After *Not this*", lambda: words.not_saved("KR-12")),
            Case("Not saved before the digest", lambda: words.too_late("KR-12")),
            Case("“hello there”", lambda: words.not_clear("hello there")),
            Case("“30 %, green”", lambda: words.which_one("30 %, green", ("KR-12", "KR-14"))),
            Case(
                "“42”, which is no key result's number",
                lambda: words.no_such_number(refusals.sentence(Reason.NO_SUCH_KEY_RESULT, {"number": 42}), 42),
            ),
            Case("“99 45 green”", lambda: words.cannot(refusals.sentence(Reason.NO_SUCH_KEY_RESULT, {"number": 99}))),
        ],
    ),
    rhythm_cases.CHAPTER,
    escalation_cases.THREAD,
    escalation_cases.PEOPLE,
    escalation_cases.OTHER_TEAM,
    escalation_cases.DIALOGS,
    decision_cases.CHAPTER,
    digest_cases.CHAPTER,
    signal_cases.CHAPTER,
    signal_cases.HEALTH,
    home_cases.HOME,
    home_cases.LISTS,
    home_cases.ANSWERS,
    Chapter("What cannot be done, and what to do", _refusals()),
    home_cases.FAILURES,
)
