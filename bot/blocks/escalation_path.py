"""The path of an escalation in words: who is asked next and when, why somebody is asked, why it went on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.blocks.moments import moment, named_day
from bot.blocks.text import said
from bot.domain.escalation import EscalationState

NAME = 80


@dataclass(frozen=True)
class Asked:
    """Somebody on the path who was asked, or passed over because they were away.

    Why they are on it: they lead the team `leads`, or are an executive sponsor, or stand on the team's own path.
    """

    member_id: int
    name: str
    at: datetime
    was_away: bool = False
    leads: str | None = None
    is_sponsor: bool = False


@dataclass(frozen=True)
class Expected:
    """Who is asked next, and when, if nothing else happens."""

    name: str
    at: datetime


@dataclass(frozen=True)
class Again:
    """Who or what is named as blocking once more, and since which day nothing has been decided."""

    by: str
    since: date


@dataclass(frozen=True)
class Turn:
    """Whose turn it is. `away`: who was passed over for them; `after`: how far it had come with whom was asked before.

    `after` is null where nobody was. `again`: what was named again, where it goes on for that.
    """

    name: str
    away: tuple[str, ...] = ()
    after: EscalationState | None = None
    again: Again | None = None


def review(on: date | None) -> str:
    return f"the review on {named_day(on)}" if on is not None else "the team's next review"


def back(on: date) -> str:
    """Where a request for help is after a review that brought no decision."""
    return f"back from the review of {named_day(on)}, nothing decided"


def coming(expected: Expected | None, steps: Sequence[Asked], state: EscalationState, zone: ZoneInfo) -> list[str]:
    """Who is asked next, and when: nobody is bypassed without seeing it. One line, or none."""
    if expected is None or state in (EscalationState.DECIDED, EscalationState.RESOLVED):
        return []
    name, at = said(expected.name, NAME), moment(expected.at, zone)
    if not steps:
        return [f"{name} is asked when their working day begins, {at}"]
    unless = "if nobody picks it up" if state is EscalationState.OPEN else "if nothing is decided by then"
    return [f"{name} is asked next, {at}, {unless}"]


def why(steps: Sequence[Asked], reader_id: int, team: str, zone: ZoneInfo) -> list[str]:
    """Why somebody is asked, and who was before them; nothing for somebody who is not on the path."""
    place = next((index for index, one in enumerate(steps) if one.member_id == reader_id), None)
    if place is None:
        return []
    me = steps[place]
    if me.leads is not None:
        because = f"you lead {said(me.leads, NAME)}"
    elif me.is_sponsor:
        because = "you are an executive sponsor"
    else:
        because = f"you are on the path of {said(team, NAME)}"
    notes = [f"Asked of you because {because}"]
    for one in steps[:place]:
        name = said(one.name, NAME)
        notes.append(f"{name} is away" if one.was_away else f"{name} was asked {moment(one.at, zone)}")
    return notes


def goes_on(turn: Turn) -> str:
    """Why the next one is asked: a state of things, nobody's fault."""
    reasons: list[str] = [_again(turn.again)] if turn.again is not None else []
    match turn.after if turn.again is None else None:
        case EscalationState.OPEN:
            reasons.append("nobody has picked this up yet")
        case EscalationState.IN_REVIEW:
            reasons.append("the review has brought no decision yet")
        case EscalationState.ACKNOWLEDGED | EscalationState.DECIDED | EscalationState.RESOLVED:
            reasons.append("nothing is decided yet")
        case None:
            pass
    if turn.away:
        reasons.append(f"{_all(turn.away)} {'is' if len(turn.away) == 1 else 'are'} away")
    because = " and ".join(reasons)
    return f"{because[:1].upper()}{because[1:]}, so {said(turn.name, NAME)} is asked now."


def goes_on_later(again: Again, expected: Expected | None, zone: ZoneInfo, *, is_newest: bool) -> str:
    """The same is named again, and nobody can be asked at this moment. `expected` is null where nobody is left; who is
    asked next is said in the newest reply only: later it is known better."""
    because = _again(again)
    if not is_newest:
        then = ""
    elif expected is None:
        then = ". Everybody on the path has been asked"
    else:
        then = f", so {said(expected.name, NAME)} is asked next, {moment(expected.at, zone)}"
    return f"{because[:1].upper()}{because[1:]}{then}."


def _again(again: Again) -> str:
    return f"{said(again.by, NAME)} is named again, no decision since {named_day(again.since)}"


def _all(names: Sequence[str]) -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and Cleo"; at most six by name."""
    inert = [said(name, NAME) for name in names[:6]]
    if len(names) > len(inert):
        inert.append("others")
    return inert[0] if len(inert) == 1 else f"{', '.join(inert[:-1])} and {inert[-1]}"
