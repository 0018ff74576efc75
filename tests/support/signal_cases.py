"""Every question that the data can ask, for the page of messages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from messages import Case, Chapter
from samples import MONDAY

from bot.blocks import signals as blocks
from bot.blocks.health import health, health_line
from bot.blocks.signals import AskedSignal, TeamSignals
from bot.domain.health import Health, Share, Wait
from bot.domain.signals.fired import (
    About,
    BehindPace,
    Changed,
    Evidence,
    Fired,
    Lack,
    Lacks,
    Load,
    LongTexts,
    NearlyDone,
    NotHeardOf,
    Rule,
    StayedRed,
    StoodStill,
    Subject,
    TooMany,
    Waits,
    WithoutDecision,
)
from bot.domain.signals.signal import Signal


def about_key_result(rule: Rule, evidence: Evidence, name: str = "NPS", number: int = 7) -> Signal:
    return Signal(Fired(rule, About(Subject.KEY_RESULT, number), evidence, 1), 1, "Growth", number, name)


def about_team(rule: Rule, evidence: Evidence, subject: Subject = Subject.TEAM, **given: str) -> Signal:
    other = 2 if "other" in given else None
    named: dict[str, str] = {"name": "Growth", **given}
    return Signal(Fired(rule, About(subject, 1, other), evidence, 1), 1, "Growth", None, **named)


STOOD_STILL = about_key_result(Rule.SUSPICIOUS_GREEN, StoodStill(4, Decimal(12)))
ALL = (
    about_team(Rule.CEREMONIAL_REVIEW, WithoutDecision(2, 2, 2, 2)),
    STOOD_STILL,
    about_key_result(Rule.SUSPICIOUS_GREEN, BehindPace(Decimal("0.2"), Decimal("0.45")), "Activation", 12),
    about_key_result(Rule.QUESTIONABLE_RED, StayedRed(3, from_the_start=True), "SOC 2 certified", 15),
    about_key_result(Rule.QUESTIONABLE_RED, StayedRed(5, from_the_start=False), "Churn", 14),
    about_team(Rule.FRICTION, Waits(2, 3), other="Legal"),
    about_key_result(Rule.DRIFTING, NotHeardOf(2), "Partner sign-ups", 21),
    about_team(Rule.CHANGING_PRIORITIES, Changed(4, 4)),
    about_key_result(Rule.SANDBAG, NearlyDone(Decimal("0.96"), 40), "Demo calls", 22),
    about_team(Rule.OVERLOAD, TooMany(Load.OBJECTIVES, 5, 3)),
    about_team(
        Rule.OVERLOAD, TooMany(Load.KEY_RESULTS, 5, 3), Subject.OBJECTIVE, name="Make new customers feel at home"
    ),
    about_team(Rule.OVERLOAD, TooMany(Load.OWNED, 7, 5), Subject.OWNER, name=""),
    about_key_result(Rule.STATUS_INFLATION, LongTexts(3, 800), "Lead time", 23),
    about_key_result(Rule.ORPHAN, Lacks((Lack.OWNER, Lack.BASELINE, Lack.INITIATIVE)), "Refunds", 24),
    about_team(Rule.ORPHAN, Lacks((Lack.PRIORITY,)), Subject.OBJECTIVE, name="Make new customers feel at home"),
)
SHOWN = TeamSignals(1, "Growth", tuple(AskedSignal(one, None) for one in ALL), dismissed=0, may_dismiss=False)
LEADS = TeamSignals(1, "Growth", (AskedSignal(STOOD_STILL, MONDAY),), dismissed=2, may_dismiss=True)

GOES = Health(
    "Growth", "2026 Q4", Share(27, 36), Share(25, 27), Wait(Decimal("5.0"), 4), Wait(Decimal("26.0"), 3),
    Share(3, 4), Share(2, 3), Share(4, 6), Share(7, 9),
)  # fmt: skip
FEW = replace(GOES, completion=Share(), on_time=Share(), is_few=True)

HEALTH = Chapter(
    "How it goes",
    [
        Case("`/okr health`", lambda: health(GOES)),
        Case("In the company's digest, once a month", lambda: health_line(GOES)),
        Case("`/okr health`, of fewer than three people", lambda: health(FEW)),
        Case("In the digest then", lambda: health_line(FEW)),
        Case("When nothing was due yet", lambda: health(Health("Growth", "2026 Q4"))),
    ],
)
CHAPTER = Chapter(
    "Worth a question",
    [
        Case("`/okr signals`, all questions that there are", lambda: blocks.listed(SHOWN, 1)),
        Case("For a lead", lambda: blocks.listed(LEADS, 1)),
        Case("Nothing to ask", lambda: blocks.listed(TeamSignals(1, "Growth", (), 1, may_dismiss=True), 1)),
        Case("*Dismiss*", lambda: blocks.dismiss_dialog(STOOD_STILL, 1)),
        Case("After it", lambda: blocks.dismissed(STOOD_STILL)),
    ],
)
