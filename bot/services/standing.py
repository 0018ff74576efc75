"""Where key results stand, read off their answers in a fixed number of queries, whatever the number of key results."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.standing import EscalationLink, Standing
from bot.domain.cadence import Period, following, period_of
from bot.domain.cadence import period as monday
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.services.still_open import Readers, thread_links
from models import Answer, AnswerSource, CheckIn, Escalation, KeyResult, KeyResultRevision, Member, Workspace
from models.base import table_of
from models.escalation import is_unresolved
from models.prepared import Listed, Prepared, Row, at_once

# A quarter: as many weeks as the row of characters shows, and as far back as an answer still says something.
WEEKS = 13


class Defined(Protocol):
    """A key result's number, its definition that counts, and whose it is."""

    @property
    def key_result_id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def metric(self) -> str | None: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def unit(self) -> str: ...
    @property
    def start(self) -> Decimal | None: ...
    @property
    def target(self) -> Decimal | None: ...
    @property
    def owner_name(self) -> str | None: ...


class Told(NamedTuple):
    """The newest answer of one key result in one period."""

    key_result_id: int
    period: date
    answer_id: int
    revision: int
    author_id: int
    value: Decimal | None
    score: Decimal | None
    confidence: Confidence
    changed: str
    working: str
    next_move: str
    need: str
    plan: str
    source: AnswerSource


class _Line(NamedTuple):
    """`escalation_id`: the open one, null where there is none."""

    key_result_id: int
    number: int
    text: str
    metric: str | None
    kind: Kind
    unit: str
    start: Decimal | None
    target: Decimal | None
    owner_name: str | None
    escalation_id: int | None


def standings(
    session: Session, key_result_ids: Collection[int], period: Period, *, readers: Readers | None = None
) -> dict[int, Standing]:
    """By key result id, as the answers up to and with `period` left it; ids that do not exist are absent.

    The caller has seen to it that these key results may be seen. In each check-in the newest answer counts; what an
    answer left out (a value that is asked every N weeks) stands as it was. Answers more than `WEEKS` back are not
    looked at. `readers`: who looks at which, by member id; a private escalation is shown to its members only.
    """
    return standings_and_answers(session, key_result_ids, period, readers=readers)[0]


def standing_now(session: Session, now: datetime, key_result: KeyResult) -> Standing:
    """One key result as its newest answer left it, however long ago that is: a message that stands says the same
    whenever it is drawn."""
    zone = ZoneInfo(session.get_one(Workspace, key_result.workspace_id).time_zone)
    # In the far east next week's check-in opens while it is still Sunday here.
    until = following(period_of(now, zone))
    session.flush()
    [(newest,)] = _NEWEST.rows(session, {"key_result_id": key_result.id, "until": until})
    return standings(session, [key_result.id], monday(newest) if newest is not None else until)[key_result.id]


def colours(session: Session, key_result_ids: Collection[int], period: Period) -> dict[int, Confidence]:
    """By key result id: the colour of the newest answer up to and with `period`, however long ago that is. Those that
    have none are absent. One query, and none without ids."""
    rows = _COLOURS.rows(session, key_result_ids, {"until": period})
    return {row[0]: row[1] for row in rows}


def standings_and_answers(
    session: Session, key_result_ids: Collection[int], period: Period, *, readers: Readers | None = None
) -> tuple[dict[int, Standing], dict[int, tuple[Told, ...]]]:
    """As `standings`, with the answers that they were read off, as `told` gives them."""
    if not key_result_ids:
        return {}, {}
    ids = list(key_result_ids)
    span = {"since": following(period, 1 - WEEKS), "until": period}
    said, rows = at_once(session, (_TOLD, ids, span), (_LINES, ids, {}))
    answers = _by_key_result(said)
    lines = [_Line._make(row) for row in rows]
    asking = [one.key_result_id for one in lines if one.escalation_id is not None]
    escalations = thread_links(session, asking, readers)
    stands = {
        line.key_result_id: standing_of(
            line,
            answers.get(line.key_result_id, ()),
            period,
            escalation=escalations.get(line.key_result_id),
        )
        for line in lines
    }
    return stands, answers


def newest_answers(*, since: Period, until: Period) -> sa.Select[CheckIn, Answer]:
    """The answers that count, one a check-in, of the periods from `since` to `until`; to be narrowed further."""
    return (
        sa.select(CheckIn, Answer)
        .join(Answer, Answer.check_in_id == CheckIn.id)
        .where(
            CheckIn.period.between(since, until),
            ~sa.exists().where(_later.check_in_id == Answer.check_in_id, _later.revision > Answer.revision),
        )
    )


def told(
    session: Session, key_result_ids: Sequence[int], *, since: Period, until: Period
) -> dict[int, tuple[Told, ...]]:
    """By key result id: the newest answer of each period from `since` to `until`, the oldest first."""
    return _by_key_result(_TOLD.rows(session, key_result_ids, {"since": since, "until": until}))


def _by_key_result(rows: Sequence[Row]) -> dict[int, tuple[Told, ...]]:
    found: dict[int, list[Told]] = {}
    for row in rows:
        one = Told._make(row)
        found.setdefault(one.key_result_id, []).append(one)
    return {key_result_id: tuple(ones) for key_result_id, ones in found.items()}


def standing_of(
    key_result: Defined, answers: Sequence[Told], period: Period, *, escalation: EscalationLink | None
) -> Standing:
    """One key result's standing. `answers`: as `told` gives them, from any period on; later ones count in `period`."""
    oldest = following(period, 1 - WEEKS)
    answers = [one for one in answers if one.period >= oldest]
    as_of = monday(answers[-1].period) if answers else None
    now = stood_after(answers)
    last = stood_after([one for one in answers if one.period < as_of]) if as_of is not None else now
    return Standing(
        key_result_id=key_result.key_result_id,
        number=key_result.number,
        text=key_result.text,
        metric=key_result.metric,
        kind=key_result.kind,
        unit=key_result.unit,
        start=key_result.start,
        target=key_result.target,
        value=now.value,
        score=now.score,
        last_score=last.score,
        confidence=now.answer.confidence if now.answer else None,
        next_move=now.answer.next_move if now.answer else "",
        scores=_row(answers, period),
        as_of=as_of,
        answer_id=now.answer.answer_id if now.answer else None,
        author_id=now.answer.author_id if now.answer else None,
        escalation=escalation,
        owner_name=key_result.owner_name,
        stayed=now.answer is not None and now.answer.source is AnswerSource.UNCHANGED,
    )


_key_result, _definition, _owner = table_of(KeyResult), table_of(KeyResultRevision), table_of(Member)
_check_in, _answer, _escalation = table_of(CheckIn), table_of(Answer), table_of(Escalation)
_newer = _answer.alias("newer")
_next_check_in, _next_answer = _check_in.alias("next_check_in"), _answer.alias("next_answer")

_ALL_LINES = (
    sa.select(
        _key_result.c.id,
        _key_result.c.number,
        _definition.c.text,
        _definition.c.metric,
        _definition.c.kind,
        _definition.c.unit,
        _definition.c.start,
        _definition.c.target,
        sa.func.coalesce(_owner.c.name, _key_result.c.owner_name),
        _escalation.c.id,
    )
    .select_from(_key_result)
    .join(
        _definition,
        sa.and_(_definition.c.key_result_id == _key_result.c.id, _definition.c.revision == _key_result.c.revision),
    )
    .outerjoin(_owner, _owner.c.id == _key_result.c.owner_id)
    .outerjoin(
        _escalation,
        sa.and_(
            _escalation.c.workspace_id == _key_result.c.workspace_id,
            _escalation.c.key_result_id == _key_result.c.id,
            is_unresolved(_escalation),
        ),
    )
)
_LINES = Listed(lambda ids: _ALL_LINES.where(_key_result.c.id.in_(ids)))

_ALL_TOLD = (
    sa.select(
        _check_in.c.key_result_id,
        _check_in.c.period,
        _answer.c.id,
        _answer.c.revision,
        _answer.c.author_id,
        # A value of another measure than the one that counts now says nothing any more; scores stay as they were given.
        sa.case((_answer.c.definition >= _key_result.c.measured_since, _answer.c.value)),
        _answer.c.score,
        _answer.c.confidence,
        _answer.c.changed,
        _answer.c.working,
        _answer.c.next_move,
        _answer.c.need,
        _answer.c.plan,
        _answer.c.source,
    )
    .select_from(_check_in)
    .join(_answer, _answer.c.check_in_id == _check_in.c.id)
    .join(_key_result, _key_result.c.id == _check_in.c.key_result_id)
    .where(
        _check_in.c.period.between(sa.bindparam("since"), sa.bindparam("until")),
        ~sa.exists().where(_newer.c.check_in_id == _answer.c.check_in_id, _newer.c.revision > _answer.c.revision),
    )
    .order_by(_check_in.c.period)
)
_NEWEST = Prepared(
    sa.select(sa.func.max(_check_in.c.period)).where(
        _check_in.c.key_result_id == sa.bindparam("key_result_id"),
        _check_in.c.period <= sa.bindparam("until"),
        sa.exists().where(_answer.c.check_in_id == _check_in.c.id),
    )
)
_COLOURS = Listed(
    lambda ids: (
        sa.select(_check_in.c.key_result_id, _answer.c.confidence)
        .select_from(_check_in)
        .join(_answer, _answer.c.check_in_id == _check_in.c.id)
        .where(
            _check_in.c.key_result_id.in_(ids),
            _check_in.c.period <= sa.bindparam("until"),
            ~sa.exists().where(_newer.c.check_in_id == _answer.c.check_in_id, _newer.c.revision > _answer.c.revision),
            ~sa.exists().where(
                _next_check_in.c.key_result_id == _check_in.c.key_result_id,
                _next_check_in.c.period > _check_in.c.period,
                _next_check_in.c.period <= sa.bindparam("until"),
                _next_answer.c.check_in_id == _next_check_in.c.id,
            ),
        )
    )
)
_TOLD = Listed(lambda ids: _ALL_TOLD.where(_check_in.c.key_result_id.in_(ids)))


class Stood(NamedTuple):
    """What stood after some week: what an answer left out stands as it was."""

    value: Decimal | None = None
    score: Decimal | None = None
    answer: Told | None = None


def stood_after(answers: Sequence[Told]) -> Stood:
    """What stands after these answers, the oldest first."""
    value = score = None
    for one in reversed(answers):
        value = one.value if value is None else value
        score = one.score if score is None else score
        if value is not None and score is not None:
            break
    return Stood(value, score, answers[-1] if answers else None)


def _row(answers: Sequence[Told], period: Period) -> tuple[Decimal | None, ...]:
    """One score a week; it begins with the first answer, so that a young key result has a short row."""
    if not answers:
        return ()
    first = monday(answers[0].period)
    scores: list[Decimal | None] = [None] * ((period - first).days // 7 + 1)
    for one in answers:
        if one.period <= period:
            scores[(one.period - first).days // 7] = one.score
    return tuple(scores)


# Made once: another name for a table copies all of its columns.
_later = aliased(Answer)
