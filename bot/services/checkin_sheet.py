"""The sheet on which a check-in is filled in: what is in hand, what else is due, and what was told before.

It is read in two statements, however many key results somebody owns, and then serves the whole interaction: the rules,
the answer that is saved, and the page that follows. Nothing that is on it is read again. What a new question or a new
field needs of a key result goes into `Subject`; what it needs of earlier answers, into `Told`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.domain.cadence import Period, following, period_of, period_on
from bot.domain.cadence import period as monday
from bot.domain.yellow import Yellow, another_yellow
from bot.services.access import Caller
from bot.services.answerable import check, is_answerable
from bot.services.refusals import Reason, Refused
from bot.services.standing import WEEKS, Told, told
from bot.services.subject import Subject, subject_of, subjects_of_run
from models import CheckInState


@dataclass(frozen=True)
class Sheet:
    """One person's check-in in one period. Who holds a sheet may answer what is `in_hand`.

    `run`: all that the caller was asked about in the period, in the order of the numbers; empty where only this one is
    answered. `next_up`: what of it is still due after this one, null at the end; `before`: what *Back* leads to, null
    at the beginning. `told`: the newest answer of each period up to this
    one, the oldest first, by the ids of those key results that this page or the one after it shows.
    """

    caller: Caller
    period: Period
    in_hand: Subject
    run: tuple[Subject, ...]
    next_up: Subject | None
    before: Subject | None
    told: Mapping[int, tuple[Told, ...]]

    @property
    def is_run(self) -> bool:
        return bool(self.run)

    @property
    def shown_at_the_end(self) -> tuple[Subject, ...]:
        """What the last page tells of: what was answered in this run, or this one alone."""
        return tuple(one for one in self.run if one.check_in_state is CheckInState.ANSWERED) or (self.in_hand,)

    @property
    def has_answers(self) -> bool:
        """Whether something of the run is answered."""
        return any(one.check_in_state is CheckInState.ANSWERED for one in self.run)

    @property
    def still_open(self) -> tuple[Subject, ...]:
        """What of the run is not answered yet, beside what is in hand."""
        mine = self.in_hand.key_result_id
        return tuple(one for one in self.run if one.awaits_answer and one.key_result_id != mine)

    def position_of(self, about: Subject) -> tuple[int, int]:
        """Which one of how many, in the order of the numbers: it is the same however somebody comes there."""
        if not self.is_run:
            return 1, 1
        wanted = [one.key_result_id for one in self.run if one.is_wanted or one.key_result_id == about.key_result_id]
        return wanted.index(about.key_result_id) + 1, len(wanted)

    def told_of(self, about: Subject) -> tuple[Told, ...]:
        return self.told.get(about.key_result_id, ())

    def told_in_cycle(self, about: Subject) -> tuple[Told, ...]:
        """The newest answer of each period of the cycle up to this one, the oldest first."""
        since = cycle_begins(about, self.period)
        return tuple([one for one in self.told_of(about) if one.period >= since])

    def another_yellow(self, about: Subject) -> Yellow:
        """What a yellow in this period does, seen from before it."""
        colours = {monday(one.period): one.confidence for one in self.told_in_cycle(about) if one.period < self.period}
        ended = about.help_ended_at
        after = period_of(ended, ZoneInfo(about.time_zone)) if ended is not None else None
        return another_yellow(colours, after=after, is_open=about.escalation_id is not None)

    def answered(self, about: Subject, answer: Told) -> Sheet:
        """The sheet once `answer` is saved about what is in hand."""
        id_ = about.key_result_id
        before = tuple(one for one in self.told_of(about) if one.period != self.period)
        return replace(
            self,
            in_hand=about,
            run=tuple(about if one.key_result_id == id_ else one for one in self.run),
            told={**self.told, id_: (*before, answer)},
        )


def sheet(
    session: Session,
    now: datetime,
    caller: Caller,
    key_result_id: int,
    period: Period,
    *,
    run: bool,
    to_save: bool = False,
) -> Sheet:
    """The sheet for one key result. Raises `Refused` as `answerable.check` does.

    `to_save`: the key result is held until the transaction ends, so that what is read here stays as it is.
    """
    if run:
        found = subjects_of_run(session, caller, key_result_id, period, held=to_save)
        in_hand = _in_hand(found, key_result_id)
    else:
        found = ()
        in_hand = subject_of(session, caller, key_result_id, period, held=to_save)
    check(session, now, in_hand, period)
    own = tuple(one for one in found if one.is_own)
    waiting = [one for one in own if one.awaits_answer and one.number > in_hand.number]
    next_up = next((one for one in waiting if is_answerable(session, now, one, period)), None)
    passed = [one for one in reversed(own) if one.is_wanted and one.number < in_hand.number]
    before = next((one for one in passed if is_answerable(session, now, one, period)), None)
    blank = Sheet(caller, period, in_hand, own, next_up, before, told={})
    shown = {one.key_result_id: one for one in (in_hand, *((next_up,) if next_up else blank.shown_at_the_end))}
    since = min(_first_shown(one, period) for one in shown.values())
    return replace(blank, told=told(session, list(shown), since=since, until=period))


def _in_hand(found: Iterable[Subject], key_result_id: int) -> Subject:
    for one in found:
        if one.key_result_id == key_result_id:
            return one
    raise Refused(Reason.NO_SUCH_KEY_RESULT)


def cycle_begins(about: Subject, period: Period) -> Period:
    """The first period whose answers count for a score of the cycle."""
    # What was answered before the cycle's first Monday, in the week in which it began, belongs to it too.
    return period_on(about.cycle_starts_on) if about.cycle_starts_on else period


def _first_shown(about: Subject, period: Period) -> Period:
    return min(cycle_begins(about, period), following(period, 1 - WEEKS))
