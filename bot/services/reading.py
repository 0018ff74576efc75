"""A line in words beside its key result as it stands now: what would be saved, and what keeps it from being saved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Filled, Question
from bot.blocks.checkin_problems import really, sentence
from bot.blocks.understanding import Missing, measures_something_else
from bot.domain.cadence import period as monday
from bot.domain.confidence import Confidence
from bot.domain.doubts import doubt
from bot.domain.validation import Field, Invalid, Problem, Valid, validate
from bot.domain.words import waits_for
from bot.services import blocking, checkin
from bot.services.access import Caller
from bot.services.checkin_input import Prefill, facts_of, input_of, prefilled
from bot.services.refusals import Reason, Refused
from models import Understanding


@dataclass(frozen=True)
class Reading:
    """A line as it stands beside its key result: what would be saved, and what keeps it from being saved."""

    row: Understanding
    question: Question
    filled: Filled
    blocked_by: blocking.BlockedBy | None
    next_move_stays: bool
    checked: Valid | Invalid
    odd: str
    prefill: Prefill

    @property
    def missing(self) -> tuple[Missing, ...]:
        if isinstance(self.checked, Valid):
            return ()
        found = {finding.problem for finding in self.checked.problems.values()}
        return tuple(missing for missing, problems in _MISSING.items() if found & problems)

    @property
    def wrong(self) -> str:
        """A sentence about the value that cannot be taken."""
        if self.prefill.value_anew:
            return measures_something_else()
        if isinstance(self.checked, Valid) or Field.VALUE not in self.checked.problems:
            return ""
        finding = self.checked.problems[Field.VALUE]
        return "" if finding.problem in _MISSING[Missing.VALUE] else sentence(finding)


_MISSING: dict[Missing, set[Problem]] = {
    Missing.VALUE: {Problem.VALUE_MISSING, Problem.SCORE_MISSING},
    Missing.COLOUR: {Problem.COLOUR_MISSING},
    Missing.NEXT_MOVE: {Problem.NEXT_MOVE_MISSING},
    Missing.NEED: {Problem.NEED_MISSING},
    Missing.PLAN: {Problem.PLAN_MISSING},
}


def prefill_of(row: Understanding, measured_since: int) -> Prefill:
    """What was understood, to stand in the dialog; no value of a definition before `measured_since`, which is asked for
    anew where one was said."""
    is_of_before = row.definition is not None and row.definition < measured_since
    return Prefill(
        value_text="" if is_of_before else row.value,
        confidence=row.confidence,
        words=row.words,
        not_understood=tuple(row.not_understood.splitlines()),
        next_move=row.next_move,
        need=row.need,
        plan=row.plan,
        understanding=row.id,
        value_anew=is_of_before and (bool(row.value) or row.same),
    )


def read(session: Session, now: datetime, caller: Caller, row: Understanding) -> Reading:
    """A pending line beside its key result as it stands now. Raises `Refused`: it cannot be answered (any more)."""
    if row.key_result_id is None or row.period is None:
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    question = checkin.question(
        session,
        now,
        caller,
        row.key_result_id,
        monday(row.period),
        run=False,
        offers_value=bool(row.value),
    )
    # A draft is another matter: what was written is shown, and nothing that stands beside it.
    question = replace(question, filled=question.brought)
    named = blocking.meant(session, caller, waits_for(row.words)) if row.confidence is not Confidence.GREEN else None
    prefill = prefill_of(row, question.measured_since)
    filled = prefilled(question, prefill, named)
    if not filled.next_move:
        # This week's answer, where there is one, has the newer next move.
        filled = replace(filled, next_move=question.last.next_move)
    stays = not row.next_move and bool(filled.next_move)
    by = filled.blocked_by if row.confidence is not None and row.confidence.wants_more else None
    if not row.value and not row.same and question.needs_value:
        # The value beside the field was not said: nothing is saved on a guess.
        filled = replace(filled, value="")
    checked = validate(input_of(filled), facts_of(question))
    odd = doubt(checked.value, facts_of(question)) if isinstance(checked, Valid) else None
    return Reading(
        row=row,
        question=question,
        filled=filled,
        blocked_by=blocking.parse_choice(session, caller.workspace_id, by.value if by else None),
        next_move_stays=stays,
        checked=checked,
        odd=really(odd, question.standing.unit) if odd is not None else "",
        prefill=prefill,
    )
