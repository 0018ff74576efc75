"""Decisions and what becomes of them, for docs/messages.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from escalation_cases import DONE, DROPPED, FRIDAY, HANA, HR_DAYS, LINK, OPEN
from messages import Case, Chapter
from samples import ACTIVATION

from bot.blocks import decision_list, decisions, redefining
from bot.blocks.decision_list import Listed, Page
from bot.blocks.escalation_shown import Decided
from bot.blocks.redefining import ChangeQuestion, Redefined, Stopped, StopQuestion
from bot.domain.decision_filter import DecisionFilter, Which
from bot.domain.escalation import DecisionKind
from bot.domain.redefinition import Difference, Part, Trouble

TARGET = Decided(
    6, "aim for 30 %: two of three channels are gone", "Tama Reid", HANA, FRIDAY, kind=DecisionKind.CHANGE_TARGET
)
LISTED = Listed(
    decision_id=5,
    number=15,
    name="SOC 2 certified by 15 Dec",
    text="HR frees Ana for two days",
    kind=DecisionKind.UNBLOCK,
    owner="Hana Mori",
    decided_by="Tama Reid",
    due_on=FRIDAY,
    is_overdue=False,
    is_done=False,
    is_dropped=False,
    settled_by="",
    reason="",
    link=LINK,
    may_settle=True,
)
STOP = replace(
    LISTED, decision_id=6, number=14, name="Churn", text="nobody works on it before spring", kind=DecisionKind.STOP,
    due_on=date(2026, 11, 13), is_overdue=True, may_settle=False,
)  # fmt: skip
DROPPED_ONE = replace(
    LISTED, is_dropped=True, settled_by="Hana Mori", reason="the audit was put off to March", may_settle=False
)
CHANGE = ChangeQuestion(6, 12, 1, "Activation from 22 to 35 % by 15 Dec", "22", "35", date(2026, 12, 15), "U0MERE", "")
REDEFINED = Redefined(
    12, "Activation", "Tama Reid", (Difference(Part.TARGET, "35 %", "30 %"),), "two of three channels are gone",
    "the webinars",
)  # fmt: skip
STOPPED = Stopped(14, "Churn", "Tama Reid", "who leaves has left weeks before; ask in the first month")

CHAPTER = Chapter(
    "Decisions",
    (
        Case(
            "`/okr decide 12 …`",
            lambda: decisions.decide_outside(
                ACTIVATION, due=FRIDAY, text="pricing test for half of the visitors", kinds=tuple(DecisionKind)
            ),
        ),
        Case("`/okr decide` without a number", lambda: decisions.decide_which("two days of HR for the auditor")),
        Case(
            "`/okr decide`, and Slack opens no dialog",
            lambda: decisions.not_opened(15, "two days of HR for the auditor"),
        ),
        Case("`/okr decide`, too long", lambda: decisions.too_long_to_decide("12 two days of HR for the auditor")),
        Case("After it", lambda: decisions.recorded(ACTIVATION, HR_DAYS, in_thread=False)),
        Case("To the key result's owner", lambda: decisions.made(ACTIVATION, HR_DAYS, for_follow_up=False)),
        Case("To who makes it happen", lambda: decisions.made(ACTIVATION, HR_DAYS, for_follow_up=True)),
        Case("To who makes it happen, a new target", lambda: decisions.made(ACTIVATION, TARGET, for_follow_up=True)),
        Case("*Done*", decisions.noted_as_done),
        Case("To those whom it concerns: done", lambda: decisions.became(ACTIVATION, HR_DAYS, DONE)),
        Case("The same, with a thread", lambda: decisions.news_of_settling(OPEN, HR_DAYS, DONE)),
        Case("*Give to…*", lambda: decisions.give("KR-15", 5, "HR frees Ana for two days", "Hana Mori")),
        Case("After it", lambda: decisions.given("Sam Stone")),
        Case(
            "`/okr decisions`, where an owner has left",
            lambda: decision_list.decisions(
                Page(DecisionFilter(), "", 1, 1, 1, (replace(LISTED, owner_left=True),)),
            ),
        ),
        Case("*Drop*", lambda: decisions.drop("KR-15", 5, "HR frees Ana for two days")),
        Case("Without a reason", decisions.reason_missing),
        Case("To those whom it concerns: dropped", lambda: decisions.became(ACTIVATION, HR_DAYS, DROPPED)),
        Case("`/okr decisions`", lambda: decision_list.decisions(Page(DecisionFilter(), "", 2, 1, 1, (LISTED, STOP)))),
        Case(
            "`/okr decisions dropped Growth`, the second page",
            lambda: decision_list.decisions(
                Page(DecisionFilter(Which.DROPPED, team="Growth"), "Growth", 14, 2, 3, (DROPPED_ONE,))
            ),
        ),
        Case(
            "`/okr decisions overdue`, where none is",
            lambda: decision_list.decisions(Page(DecisionFilter(Which.OVERDUE), "", 0, 1, 1, ())),
        ),
        Case("*Change it…*", lambda: redefining.change_dialog(CHANGE, just_decided=False)),
        Case("The same, right after *Decide*", lambda: redefining.change_dialog(CHANGE, just_decided=True)),
        Case(
            "The same, where somebody else has changed it meanwhile",
            lambda: redefining.change_dialog(
                replace(
                    CHANGE,
                    now="Activation from 22 to 50 % by 15 Dec",
                    text="Activation from 22 to 50 % by 15 Dec",
                    target="30",
                    reason="30 is enough",
                    stops="the second campaign",
                    changed=(Difference(Part.TARGET, "35 %", "50 %"),),
                ),
                just_decided=False,
            ),
        ),
        *[
            Case(
                f"A field of it that is refused: `{what.value}`", lambda what=what: redefining.trouble(Part.TEXT, what)
            )  # type: ignore[misc]
            for what in Trouble
        ],
        Case("Without a reason for the change", redefining.reason_missing),
        Case("Without what stops for it", redefining.stops_missing),
        Case("Another owner, who may not be asked", redefining.cannot_hand_over),
        Case("In the thread: changed", lambda: redefining.changed(REDEFINED)),
        Case("To its owner: changed", lambda: redefining.news_of_change(REDEFINED)),
        Case(
            "*Stop it…*",
            lambda: redefining.stop_dialog(
                StopQuestion(6, 14, "Churn from 4 to 2.5 % by 15 Dec", "nobody works on it before spring"),
                just_decided=False,
            ),
        ),
        Case("Without what was learnt", redefining.learning_missing),
        Case("In the thread: stopped", lambda: redefining.stopped(STOPPED)),
        Case("To its owner: stopped", lambda: redefining.news_of_stop(STOPPED)),
    ),
)
