"""Check-ins: where one begins, the question about one key result, the answer, and what follows from it.

An interaction reads a `Sheet`, works on it, and saves: a green one is a handful of statements in one transaction, each
made once, when this module is loaded (docs/decisions/0008; `tests/handlers/test_checkin_cost.py` counts them). What is
rare (a blocker, a call for help, a baseline, an answer before the question) takes its own statements, and may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Finished, Question
from bot.domain import scoring
from bot.domain.cadence import Period
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.personal_week import opening
from bot.domain.validation import Valid
from bot.domain.yellow import Yellow
from bot.services import audit, blocking, definitions, dependency, draft, escalation, home_changes, once, outbox
from bot.services.access import Caller
from bot.services.answerable import check, is_answerable, period_in_hand, refuse_if_over
from bot.services.asking import Asked
from bot.services.blocking import BlockedBy
from bot.services.checkin_pages import end_of, question_about, told_blocker
from bot.services.checkin_sheet import Sheet, sheet
from bot.services.escalation_thread import hold_threads
from bot.services.planning import check_in_row, prompt_key
from bot.services.refusals import Reason, Refused
from bot.services.schedules import week_of
from bot.services.standing import Told
from bot.services.subject import Subject, subject_of, subjects_of_run
from models import (
    Answer,
    AnswerSource,
    CheckIn,
    CheckInState,
    KeyResult,
    KeyResultRevision,
    Member,
)
from models.base import table_of
from models.once import insert_once
from models.prepared import Prepared, Sent, together

BASELINE_GIVEN = "baseline given at the first check-in"


@dataclass(frozen=True)
class Said:
    """A valid answer. `score` is given for a milestone only, `value` for all other kinds; both 0.00 … as the columns.

    `start`: the baseline, where it was unknown and is given now. A red has a plan and a need. `wants_help`: about what
    is named as blocking, or about a yellow that stays yellow.
    """

    confidence: Confidence
    next_move: str
    value: Decimal | None = None
    score: Decimal | None = None
    start: Decimal | None = None
    changed: str = ""
    working: str = ""
    need: str = ""
    plan: str = ""
    blocked_by: BlockedBy | None = None
    wants_help: bool = False
    # Whether what blocked before and is named again is still about the same.
    same_blocker: bool = True

    @classmethod
    def of(
        cls,
        checked: Valid,
        *,
        blocked_by: BlockedBy | None = None,
        wants_help: bool = False,
        same_blocker: bool = True,
    ) -> Said:
        """What was typed and found valid; `blocked_by` is whom or what its words meant."""
        return cls(
            confidence=checked.confidence,
            next_move=checked.next_move,
            value=checked.value,
            score=checked.score,
            start=checked.start,
            changed=checked.changed,
            working=checked.working,
            need=checked.need,
            plan=checked.plan,
            blocked_by=blocked_by,
            wants_help=wants_help,
            same_blocker=same_blocker,
        )

    @property
    def asks_for_help(self) -> bool:
        return self.confidence is Confidence.RED or self.wants_help


def first_due(session: Session, now: datetime, caller: Caller, period: Period) -> int:
    """The key result with which the caller's check-in of a period begins, or goes on.

    Raises `Refused`: the period is over, all is answered, or nothing is the caller's; or as `answerable.check` does,
    where nothing of what is due can be answered.
    """
    refuse_if_over(session, now, caller, period)
    own = [one for one in subjects_of_run(session, caller, None, period) if one.asked_id == caller.member_id]
    due = [one for one in own if one.is_own and one.awaits_answer]
    for one in due:
        if is_answerable(session, now, one, period):
            return one.key_result_id
    if due:
        check(session, now, due[0], period)
    raise Refused(Reason.ALREADY_ANSWERED if own else Reason.NOTHING_DUE)


def question(
    session: Session,
    now: datetime,
    caller: Caller,
    key_result_id: int,
    period: Period | None,
    *,
    run: bool,
    offers_value: bool = False,
) -> Question:
    """What the dialog shows for one key result. A fixed number of queries.

    `period` None: `period_in_hand`. `run`: it is one of all that the caller owns. `offers_value`: a value is typed
    already, so its field is shown though it is not asked for this week. Raises `Refused` as `answerable.check` does.
    """
    this = period if period is not None else period_in_hand(session, now, caller, key_result_id)
    about = sheet(session, now, caller, key_result_id, this, run=run)
    return question_about(session, about, about.in_hand, offers_value=offers_value)


def finished(
    session: Session, now: datetime, caller: Caller, period: Period, key_result_id: int, *, run: bool
) -> Finished:
    """The end of the dialog: what the caller told in this run, or about this one key result."""
    return end_of(session, now, sheet(session, now, caller, key_result_id, period, run=run))


def record(
    session: Session,
    now: datetime,
    *,
    caller: Caller,
    key_result_id: int,
    period: Period,
    said: Said,
    source: AnswerSource = AnswerSource.DIALOG,
) -> Answer:
    """Save one answer by itself, as `save` does; returns its row. Raises `Refused` as `answerable.check` does."""
    about = sheet(session, now, caller, key_result_id, period, run=False, to_save=True)
    saved = save(session, now, about, said, source=source)
    return session.get_one(Answer, saved.told_of(saved.in_hand)[-1].answer_id)


def save(
    session: Session,
    now: datetime,
    about: Sheet,
    said: Said,
    *,
    source: AnswerSource = AnswerSource.DIALOG,
    delivered: once.Delivered | None = None,
) -> Sheet:
    """Save an answer about what is in hand, and return the sheet as it is then. The sheet was read `to_save`.

    A second answer in the same period is its next revision. The very same once more is no new one: somebody who was not
    told that it is saved presses again. The score is computed here. A baseline that is given makes a new definition.
    The owner's prompt is redrawn, blockers open and close, and a red, a wish for help or a third yellow running
    starts or continues its thread.

    `delivered`: what of Slack's brings it. Raises `once.SeenBefore` for one that was here before, and
    `once.OtherWords`: the transaction is to be given up then.
    """
    subject = _asked_about(session, about)
    told = about.told_in_cycle(subject)
    this_week = told[-1] if told and told[-1].period == about.period else None
    revision = subject.revision
    subject = _with_baseline(session, now, subject, said.start)
    if this_week is not None and subject.revision == revision and _says_the_same(session, this_week, said, subject):
        _refuse_if_seen(session, _note(session, now, subject, delivered), subject, delivered)
        if subject.draft_id is not None:
            draft.drop(session, about.caller, subject.key_result_id, about.period)
        return about
    earlier = told[:-1] if this_week is not None else told
    answer = Told(
        key_result_id=subject.key_result_id,
        period=about.period,
        answer_id=0,
        revision=this_week.revision + 1 if this_week is not None else 1,
        author_id=subject.caller_id,
        value=said.value,
        score=score_of(subject, said, earlier),
        confidence=said.confidence,
        changed=said.changed,
        working=said.working,
        next_move=said.next_move,
        need=said.need,
        plan=said.plan,
        source=source,
    )
    opens = said.confidence is Confidence.YELLOW and about.another_yellow(subject) is Yellow.OPENS
    more = opens or _touches_more(subject, said)
    session.flush()
    with together(session):
        noted = _note(session, now, subject, delivered)
        sent = _append(session, now, subject, answer)
        if not more:
            _redraw(session, now, subject, about.period)
            home_changes.look(session, now, subject.workspace_id)
    _refuse_if_seen(session, noted, subject, delivered)
    answer = answer._replace(answer_id=sent.rows()[0][0])
    if subject.draft_id is not None:
        draft.drop(session, about.caller, subject.key_result_id, about.period)
    if not more:
        done = subject._replace(check_in_state=CheckInState.ANSWERED, is_disowned=False, draft_id=None)
        return about.answered(done, answer)
    _settle_more(session, now, about.caller, said, subject=subject, saved=answer, opens=opens)
    _redraw(session, now, subject, about.period)
    return sheet(session, now, about.caller, subject.key_result_id, about.period, run=about.is_run)


def _note(session: Session, now: datetime, subject: Subject, delivered: once.Delivered | None) -> Sent | None:
    """Note the delivery of Slack's that brings an answer, where one does."""
    if delivered is None:
        return None
    return once.note(session, now, workspace_id=subject.workspace_id, delivered=delivered)


def _refuse_if_seen(session: Session, noted: Sent | None, subject: Subject, delivered: once.Delivered | None) -> None:
    if noted is None or delivered is None:
        return
    if not once.was_first(session, noted, workspace_id=subject.workspace_id, delivered=delivered):
        raise once.SeenBefore


_answer, _check_in = table_of(Answer), table_of(CheckIn)
_NEW_ANSWER = Prepared(sa.insert(_answer).returning(_answer.c.id))
_IS_ANSWERED = Prepared(
    sa.update(_check_in)
    .where(_check_in.c.id == sa.bindparam("check_in_id"))
    .values(state=CheckInState.ANSWERED, excuse=None)
)
# Who answers it after all has taken it back.
_IS_THEIRS = Prepared(
    sa.update(_check_in)
    .where(_check_in.c.id == sa.bindparam("check_in_id"))
    .values(disowned_at=None, disowned_words=None)
)
# What a row of `answer` has of an answer's words as they are.
_AS_TOLD = (
    "revision",
    "author_id",
    "value",
    "score",
    "confidence",
    "changed",
    "working",
    "next_move",
    "need",
    "plan",
    "source",
)


def _append(session: Session, now: datetime, subject: Subject, answer: Told) -> Sent:
    """Append the answer, note that its check-in is answered, and say so in the audit trail; its id comes back."""
    check_in_id = _known(subject.check_in_id)
    row = {
        "workspace_id": subject.workspace_id,
        "check_in_id": check_in_id,
        "definition": subject.revision,
        "at": now,
        **{name: getattr(answer, name) for name in _AS_TOLD},
    }
    sent = _NEW_ANSWER.send(session, row)
    if subject.check_in_state is not CheckInState.ANSWERED:
        _IS_ANSWERED.send(session, {"check_in_id": check_in_id})
    if subject.is_disowned:
        _IS_THEIRS.send(session, {"check_in_id": check_in_id})
    audit.record(
        session,
        now,
        workspace_id=subject.workspace_id,
        actor_id=subject.caller_id,
        actor_name=subject.caller_name,
        action="check_in.answered",
        subject=(CheckIn, check_in_id),
        detail={"revision": answer.revision, "source": answer.source.value},
    )
    return sent


def _redraw(session: Session, now: datetime, subject: Subject, period: Period) -> None:
    key = prompt_key(_known(subject.asked_id), period)
    outbox.redraw(session, now, workspace_id=subject.workspace_id, key=key)


def _known(id_: int | None) -> int:
    """An id of the check-in, which `_asked_about` has seen to."""
    if id_ is None:
        raise LookupError("nobody was asked")
    return id_


def _touches_more(subject: Subject, said: Said) -> bool:
    """Whether the answer bears upon a blocker or an escalation, so that more has to be read and written."""
    is_blocked = said.confidence.wants_more and said.blocked_by is not None
    return said.asks_for_help or is_blocked or subject.blocker_id is not None or subject.escalation_id is not None


def _settle_more(
    session: Session, now: datetime, caller: Caller, said: Said, *, subject: Subject, saved: Told, opens: bool
) -> None:
    key_result = session.get_one(KeyResult, subject.key_result_id)
    hold_threads(session, [key_result.id])
    dependency.hold(session, key_result.id)
    answer = session.get_one(Answer, saved.answer_id)
    by = said.blocked_by if said.confidence.wants_more else None
    blocker = None
    if by is not None or not (said.confidence.wants_more and _is_kept_from(session, subject)):
        blocker = blocking.settle(
            session,
            now,
            key_result=key_result,
            answer=answer,
            by=by,
            wants_help=said.asks_for_help,
            is_same=said.same_blocker,
        )
    escalation.on_answer(
        session,
        now,
        caller=caller,
        key_result=key_result,
        check_in=session.get_one(CheckIn, subject.check_in_id),
        answer=answer,
        blocker=blocker,
        wants_help=said.wants_help,
        opens=opens,
    )
    dependency.follow(session, now, key_result, blocker)


def _is_kept_from(session: Session, subject: Subject) -> bool:
    """Whether something blocks that the caller may not know of: who names nothing has not said that it is over."""
    return subject.blocker_id is not None and told_blocker(session, subject) is None


def _says_the_same(session: Session, answer: Told, said: Said, subject: Subject) -> bool:
    if answer.author_id != subject.caller_id or answer.value != said.value:
        return False
    if said.score is not None and said.score != answer.score:
        return False
    if any(
        getattr(answer, name) != getattr(said, name)
        for name in ("confidence", "changed", "working", "next_move", "need", "plan")
    ):
        return False
    if not said.confidence.wants_more:
        return True
    if not said.same_blocker:
        return False
    blocker = told_blocker(session, subject)
    if blocker is None or said.blocked_by is None:
        is_called_for = not said.wants_help or escalation.is_called_by(session, subject.escalation_id, answer.answer_id)
        return is_called_for and (blocker is None) == (said.blocked_by is None)
    return blocking.blocked_by_of(blocker) == said.blocked_by and blocker.wants_help == said.asks_for_help


def _asked_about(session: Session, about: Sheet) -> Subject:
    """What is in hand, with its check-in: made now where somebody tells before they are asked."""
    subject = about.in_hand
    if subject.check_in_id is not None:
        return subject
    asked = Asked(
        subject.key_result_id,
        subject.value_every_weeks,
        subject.cycle_starts_on or about.period,
        subject.cycle_ends_on or about.period,
    )
    owner = session.get_one(Member, subject.owner_id)
    week = week_of(session, owner)
    row = check_in_row(owner, asked, opening(about.period, week.rhythm, week.schedule))
    insert_once(session, CheckIn, row, key=("key_result_id", "period"))
    return subject_of(session, about.caller, subject.key_result_id, about.period)


def _with_baseline(session: Session, now: datetime, subject: Subject, start: Decimal | None) -> Subject:
    if start is None or subject.start is not None or not subject.kind.is_metric:
        return subject
    key_result = session.get_one(KeyResult, subject.key_result_id)
    old = session.scalars(
        sa.select(KeyResultRevision).where(
            KeyResultRevision.key_result_id == key_result.id, KeyResultRevision.revision == subject.revision
        )
    ).one()
    new = KeyResultRevision(
        workspace_id=old.workspace_id,
        key_result_id=old.key_result_id,
        revision=old.revision + 1,
        text=old.text,
        kind=old.kind,
        metric=old.metric,
        unit=old.unit,
        start=start,
        target=old.target,
        due_on=old.due_on,
        value_every_weeks=old.value_every_weeks,
        reason=BASELINE_GIVEN,
        author_id=subject.caller_id,
        created_at=now,
    )
    definitions.replace(session, key_result, old, new)
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=old.workspace_id,
        actor_id=subject.caller_id,
        actor_name=subject.caller_name,
        action="key_result.defined",
        subject=key_result,
        detail={"revision": new.revision, "reason": BASELINE_GIVEN},
    )
    return subject._replace(start=start, revision=new.revision)


def score_of(subject: Subject, said: Said, earlier: Sequence[Told]) -> Decimal | None:
    """The score after this answer; where the value was not asked for it stands as it was."""
    last_value = next((one.value for one in reversed(earlier) if one.value is not None), None)
    if subject.kind is Kind.MILESTONE:
        last_score = next((one.score for one in reversed(earlier) if one.score is not None), None)
        return said.score if said.score is not None else last_score
    values = [one.value for one in earlier if one.value is not None]
    if said.value is not None:
        values.append(said.value)
    kind = subject.kind
    held = [held for value in values if (held := scoring.holds(kind, subject.target, value)) is not None]
    value = said.value if said.value is not None else last_value
    return scoring.score(kind, subject.start, subject.target, value, held)
