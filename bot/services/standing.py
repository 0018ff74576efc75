"""Where key results stand, read off their answers in a fixed number of queries, whatever the number of key results."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.standing import EscalationLink, Standing
from bot.domain.cadence import Period, following
from bot.domain.cadence import period as monday
from bot.services.still_open import OpenEscalation, open_for_key_results
from models import Answer, CheckIn, KeyResult, KeyResultRevision, Member

# A quarter: as many weeks as the row of characters shows, and as far back as an answer still says something.
WEEKS = 13


def standings(session: Session, key_result_ids: Collection[int], period: Period) -> dict[int, Standing]:
    """By key result id, as the answers up to and with `period` left it; ids that do not exist are absent.

    The caller has seen to it that these key results may be seen. In each check-in the newest answer counts; what an
    answer left out (a value that is asked every N weeks) stands as it was. Answers more than `WEEKS` back are not
    looked at.
    """
    if not key_result_ids:
        return {}
    answers = _answers(session, key_result_ids, period)
    escalations = open_for_key_results(session, key_result_ids)
    rows = session.execute(
        sa.select(KeyResult, KeyResultRevision, Member.name)
        .join(
            KeyResultRevision,
            sa.and_(KeyResultRevision.key_result_id == KeyResult.id, KeyResultRevision.revision == KeyResult.revision),
        )
        .outerjoin(Member, Member.id == KeyResult.owner_id)
        .where(KeyResult.id.in_(key_result_ids))
    ).all()
    return {
        key_result.id: _standing(
            key_result,
            definition,
            owner or key_result.owner_name,
            answers=answers.get(key_result.id, {}),
            escalation=escalations.get(key_result.id),
            period=period,
        )
        for key_result, definition, owner in rows
    }


def newest_answers(*, since: Period, until: Period) -> sa.Select[CheckIn, Answer]:
    """The answers that count, one a check-in, of the periods from `since` to `until`; to be narrowed further."""
    newer = aliased(Answer)
    return (
        sa.select(CheckIn, Answer)
        .join(Answer, Answer.check_in_id == CheckIn.id)
        .where(
            CheckIn.period.between(since, until),
            ~sa.exists().where(newer.check_in_id == Answer.check_in_id, newer.revision > Answer.revision),
        )
    )


@dataclass(frozen=True)
class _Stood:
    """What stood after some week."""

    value: Decimal | None = None
    score: Decimal | None = None
    answer: Answer | None = None


def _answers(session: Session, key_result_ids: Collection[int], period: Period) -> dict[int, dict[date, Answer]]:
    rows = session.execute(
        newest_answers(since=following(period, 1 - WEEKS), until=period)
        .where(CheckIn.key_result_id.in_(key_result_ids))
        .order_by(CheckIn.period)
    )
    found: dict[int, dict[date, Answer]] = {}
    for check_in, answer in rows:
        found.setdefault(check_in.key_result_id, {})[check_in.period] = answer
    return found


def _standing(
    key_result: KeyResult,
    definition: KeyResultRevision,
    owner_name: str | None,
    *,
    answers: Mapping[date, Answer],
    escalation: OpenEscalation | None,
    period: Period,
) -> Standing:
    as_of = monday(max(answers)) if answers else None
    now = _stood(answers, as_of)
    last = _stood(answers, following(as_of, -1) if as_of else None)
    return Standing(
        key_result_id=key_result.id,
        number=key_result.number,
        text=definition.text,
        metric=definition.metric,
        kind=definition.kind,
        unit=definition.unit,
        start=definition.start,
        target=definition.target,
        value=now.value,
        score=now.score,
        last_score=last.score,
        confidence=now.answer.confidence if now.answer else None,
        last_confidence=last.answer.confidence if last.answer else None,
        next_move=now.answer.next_move if now.answer else "",
        scores=_row(answers, period),
        as_of=as_of,
        answer_id=now.answer.id if now.answer else None,
        escalation=_link(escalation),
        owner_name=owner_name,
    )


def _stood(answers: Mapping[date, Answer], until: Period | None) -> _Stood:
    stood = _Stood()
    for week in sorted(answers):
        if until is not None and week <= until:
            answer = answers[week]
            stood = _Stood(
                value=answer.value if answer.value is not None else stood.value,
                score=answer.score if answer.score is not None else stood.score,
                answer=answer,
            )
    return stood


def _row(answers: Mapping[date, Answer], period: Period) -> tuple[Decimal | None, ...]:
    """One score a week; it begins with the first answer, so that a young key result has a short row."""
    if not answers:
        return ()
    weeks = (period - monday(min(answers))).days // 7 + 1
    row = [answers.get(following(period, -back)) for back in reversed(range(weeks))]
    return tuple(answer.score if answer else None for answer in row)


def _link(escalation: OpenEscalation | None) -> EscalationLink | None:
    if escalation is None:
        return None
    return EscalationLink(
        escalation.state,
        escalation.posted_channel,
        escalation.posted_ts,
        escalation.workspace_url,
        taken_by=escalation.taken_by_name,
    )
