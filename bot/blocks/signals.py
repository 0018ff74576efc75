"""Signals: what was seen, and a question. They ask and never accuse; nobody is named by them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from bot.blocks.dates import day
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import button, context, dialog, field_input, section, text_element
from bot.blocks.paging import pages
from bot.blocks.post import Block, Post, View
from bot.blocks.text import said
from bot.domain.cadence import Period
from bot.domain.numbers import format_value
from bot.domain.scoring import show
from bot.domain.signals.fired import (
    BehindPace,
    Changed,
    Lack,
    Lacks,
    Load,
    LongTexts,
    NearlyDone,
    NotHeardOf,
    StayedRed,
    StoodStill,
    Subject,
    TooMany,
    Waits,
    WithoutDecision,
)
from bot.domain.signals.signal import Signal

NAME = 60
REASON = 1000
"""The longest reason, in code points."""

_LACKS: Mapping[Lack, tuple[str, str]] = {
    Lack.OWNER: ("no owner who is still here", "Who drives it from now on?"),
    Lack.BASELINE: ("no baseline", "Where does it start from?"),
    Lack.INITIATIVE: ("no initiative", "What work is to move it?"),
    Lack.PRIORITY: ("no priority that it serves", "Which one is it for, or can it stop?"),
}


@dataclass(frozen=True)
class AskedSignal:
    """`told_in`: the week of the digest that asked it last."""

    signal: Signal
    told_in: Period | None


@dataclass(frozen=True)
class TeamSignals:
    """What fires about a team and those beneath it, the most useful first; `dismissed`: how many rest."""

    team_id: int
    team: str
    signals: tuple[AskedSignal, ...]
    dismissed: int
    may_dismiss: bool
    is_on: bool = True


def question(signal: Signal) -> str:
    """One line of mrkdwn: what it is about, what was seen, and what to ask."""
    match signal.fired.evidence:
        case StoodStill(weeks, value):
            still = said(format_value(value, signal.unit), 40)
            seen, asks = f"green for {weeks} weeks, still {still}", "Too easy, or the wrong measure?"
        case BehindPace(score, expected):
            seen = f"green at {show(score)}, where {show(expected)} is the pace"
            asks = "What will bring it there?"
        case StayedRed(weeks, from_the_start):
            since = "since the start, " if from_the_start else "for "
            seen, asks = f"red {since}{_weeks(weeks)}", "Out of reach, or the wrong measure?"
        case NearlyDone(score, gone):
            seen, asks = f"at {show(score)} with {gone} % of the cycle gone", "Was the aim too low?"
        case NotHeardOf(weeks):
            seen, asks = f"no answer for {_weeks(weeks)}, and no movement before", "Does it still fit?"
        case LongTexts(weeks, _):
            seen, asks = f"long answers for {_weeks(weeks)}, and no movement", "What would move the number?"
        case Lacks(what):
            seen, asks = ", ".join(_LACKS[one][0] for one in dict.fromkeys(what)), _LACKS[what[0]][1] if what else ""
        case TooMany(what, count, most):
            return _too_many(signal, what, count, most)
        case Changed(count, weeks):
            seen = f"{count} key results added or changed within {_weeks(weeks)}"
            asks = "What stops for them?"
        case WithoutDecision():
            seen, asks = _without_decision(signal.fired.evidence), "What would make it easier to decide?"
        case Waits(key_results, weeks):
            stuck = "1 key result" if key_results == 1 else f"{key_results} key results"
            longest = f", the longest for {_weeks(weeks)}" if weeks else ""
            seen, asks = f"{stuck} waiting for {said(signal.other, NAME)}{longest}", "Can the two leads settle it?"
    return f"{_about(signal)}: {seen}. {asks}"


def listed(view: TeamSignals, page: int) -> Post:
    """`/okr signals`: all that fires, each with *Dismiss* for those who lead the team."""
    team = said(view.team, 80)
    rest = _resting(view.dismissed)
    if not view.is_on:
        return Post(f"{team} has not joined Okra yet, so there is nothing to ask.")
    if not view.signals:
        return Post(f"{team}: nothing in the data asks a question this week.{f' {rest}' if rest else ''}")
    count = len(view.signals)
    title = f"{team}: {count} {'question' if count == 1 else 'questions'} that the data asks"
    found = pages([_asked(one, view) for one in view.signals])
    number = min(max(page, 1), len(found))
    foot = ["They ask, and accuse nobody.", rest]
    if len(found) > 1:
        more = f" · `/okr signals {team} {number + 1}` shows the next" if number < len(found) else ""
        foot.append(f"Page {number} of {len(found)}{more}")
    return Post(title, (section(f"*{title}*"), *found[number - 1], context(" ".join(filter(None, foot)))))


def dismiss_dialog(signal: Signal, team_id: int) -> View:
    """Putting a question aside takes a reason."""
    return dialog(
        "Put it aside",
        [
            section(question(signal)),
            field_input(
                "What makes it all right?",
                Typed.REASON,
                text_element(Typed.REASON, multiline=True, most=REASON),
                hint="Kept with it. I ask again only if it gets worse.",
            ),
        ],
        callback_id=Dialog.DISMISS_SIGNAL,
        metadata=json.dumps({"signal": signal.key, "team": team_id}),
        submit="Put aside",
        close="Cancel",
    )


def dismissed(signal: Signal) -> Post:
    """After the dialog."""
    text = f"Put aside: {_about(signal)}. I ask again only if it gets worse."
    return Post(text)


# What is said under a field, in plain text: Slack formats nothing there


def reason_missing() -> str:
    return "Please say in a line what makes it all right."


def _asked(one: AskedSignal, view: TeamSignals) -> Block:
    told = f"\n_in the digest of {day(one.told_in)}_" if one.told_in is not None else ""
    value = f"{view.team_id}:{one.signal.key}"
    accessory = button("Dismiss", Act.DISMISS_SIGNAL, value=value) if view.may_dismiss else None
    return section(f"{question(one.signal)}{told}", accessory=accessory)


def _about(signal: Signal) -> str:
    match signal.fired.about.subject:
        case Subject.KEY_RESULT:
            return f"KR-{signal.number} {said(signal.name, NAME)}"
        case Subject.OBJECTIVE:
            return f"“{said(signal.name, NAME)}” ({said(signal.team, NAME)})"
        case Subject.TEAM | Subject.OWNER:
            return said(signal.team, NAME)


def _too_many(signal: Signal, what: Load, count: int, most: int) -> str:
    team = said(signal.team, NAME)
    match what:
        case Load.OBJECTIVES:
            return f"{team}: {count} objectives, where {most} do well. Which of them could wait?"
        case Load.KEY_RESULTS:
            return f"{_about(signal)}: {count} key results, where {most} do well. Which of them decide?"
        case Load.OWNED:
            return f"{team}: one person drives {count} key results, where {most} do well. What could someone else take?"


def _without_decision(seen: WithoutDecision) -> str:
    parts = [
        _count(seen.reviews, "the last review ended", "the last {} reviews ended", " without a decision"),
        _count(seen.undecided, "1 request for help ended", "{} requests for help ended", " without one"),
        _count(seen.repeats, "1 red came back", "{} reds came back"),
        _count(seen.overdue, "1 decision is past its day", "{} decisions are past their day"),
    ]
    return ", ".join(filter(None, parts))


def _count(number: int, one: str, several: str, rest: str = "") -> str:
    return f"{one if number == 1 else several.format(number)}{rest}" if number else ""


def _weeks(number: int) -> str:
    return "1 week" if number == 1 else f"{number} weeks"


def _resting(dismissed: int) -> str:
    if not dismissed:
        return ""
    if dismissed == 1:
        return "One that was put aside rests unless it gets worse."
    return f"{dismissed} that were put aside rest unless they get worse."
