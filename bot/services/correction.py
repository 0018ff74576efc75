"""After the digest an answer stands; a lead may put it right, with a reason that its owner reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import correction as blocks
from bot.blocks.post import Post
from bot.domain.cadence import Period, following
from bot.domain.cadence import period as monday
from bot.domain.confidence import Confidence
from bot.domain.cycles import CycleState
from bot.domain.kinds import Kind
from bot.domain.numbers import format_value
from bot.domain.permissions import Action, Facts, may
from bot.services import access, audit, checkin, digest_corrections, outbox
from bot.services.access import Caller
from bot.services.checkin import Said
from bot.services.checkin_sheet import cycle_begins
from bot.services.definitions import measures_the_same_since
from bot.services.planning import prompt_key
from bot.services.prompt import changes_until
from bot.services.refusals import Reason, Refused
from bot.services.standing import Told, newest_answers, standings, told
from bot.services.subject import Subject, hold, subject_of
from models import Answer, CheckIn, Delivery, KeyResult, KeyResultRevision, KeyResultState, Member, PostKind


class NothingChanges(Exception):
    """What was typed is what stands there already."""


class CorrectedSince(Exception):
    """Somebody else has corrected the answer since the dialog showed it."""


@dataclass(frozen=True)
class Stands:
    """The newest answer of a key result, which its lead may correct now.

    `about` has the kind, the unit, the baseline and the target by which it was given: one that was changed since
    changes no score. Its text is the one of today.
    """

    about: Subject
    check_in: CheckIn
    answer: Answer
    definition: KeyResultRevision
    facts: Facts

    @property
    def period(self) -> Period:
        return monday(self.check_in.period)

    @property
    def shown(self) -> str:
        """What stands in the field: the value, or a milestone's score, to the last digit; empty where there is none."""
        return self.shown_of(self.answer)

    def shown_of(self, answer: Answer) -> str:
        """The same for an earlier revision of it."""
        return _shown(self.about.kind, "", answer).replace(",", "")


def find(session: Session, now: datetime, caller: Caller, key_result_id: int) -> Stands:
    """What the caller may correct. Raises `Refused`: not theirs, nothing was answered, or its digest is not out yet."""
    key_result = session.scalar(
        sa.select(KeyResult).where(
            KeyResult.workspace_id == caller.workspace_id,
            KeyResult.id == key_result_id,
            KeyResult.archived_at.is_(None),
        )
    )
    if key_result is None:
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    facts = access.key_result_facts(session, key_result)
    actor = access.actor_of(access.member_of(session, caller))
    if not may(actor, Action.VIEW_KEY_RESULT, facts):
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    if not may(actor, Action.CORRECT_ANSWER, facts):
        raise Refused(Reason.CORRECTED_BY_A_LEAD, number=key_result.number)
    row = session.execute(
        sa.select(CheckIn, Answer, KeyResultRevision)
        .join(Answer, Answer.check_in_id == CheckIn.id)
        .join(KeyResultRevision, _as_answered())
        .where(CheckIn.key_result_id == key_result_id)
        .order_by(CheckIn.period.desc(), Answer.revision.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise Refused(Reason.NOTHING_TO_CORRECT, number=key_result.number)
    check_in, answer, then = row
    about = subject_of(session, caller, key_result_id, monday(check_in.period))
    if about.state is not KeyResultState.ACTIVE or about.cycle_state is not CycleState.ACTIVE:
        raise Refused(Reason.NOTHING_TO_CORRECT, number=key_result.number)
    if not about.digest_was_taken and now < changes_until(about, monday(check_in.period), [about]):
        raise Refused(Reason.NOT_YET_TO_CORRECT, number=key_result.number)
    about = about._replace(revision=then.revision, kind=then.kind, unit=then.unit, start=then.start, target=then.target)
    return Stands(about, check_in, answer, then, facts)


def _reader(session: Session, caller: Caller, stands: Stands) -> Member | None:
    """Who is told of it: who answered; where they may not see the key result, or are the caller, its owner."""
    for member_id in (stands.check_in.owner_id, stands.about.owner_id):
        member = session.get(Member, member_id) if member_id not in (None, caller.member_id) else None
        if member is not None and may(access.actor_of(member), Action.VIEW_KEY_RESULT, stands.facts):
            return member
    return None


def question(session: Session, now: datetime, caller: Caller, key_result_id: int) -> blocks.Correctable:
    """What the dialog shows. Raises `Refused` as `find` does."""
    stands = find(session, now, caller, key_result_id)
    answered_by = session.get_one(Member, stands.check_in.owner_id)
    reader = _reader(session, caller, stands)
    return blocks.Correctable(
        standing=standings(session, [key_result_id], stands.period, readers={key_result_id: caller.member_id})[
            key_result_id
        ],
        period=stands.period,
        revision=stands.answer.revision,
        answered_by=answered_by.name,
        reader=reader.name if reader is not None else None,
        reader_answered=reader is answered_by,
        kind=stands.about.kind,
        answered_about=stands.definition.text if stands.definition.text != stands.about.text else None,
        value=stands.shown,
        confidence=stands.answer.confidence,
    )


def question_again(
    session: Session, now: datetime, caller: Caller, key_result_id: int, *, shown: int, typed: blocks.Typed
) -> blocks.Correctable:
    """What the dialog shows after `CorrectedSince`: what was typed over the answer of revision `shown` stays, and what
    was left as it was follows the newest. Raises `Refused` as `find` does."""
    stands = find(session, now, caller, key_result_id)
    asked = question(session, now, caller, key_result_id)
    then = session.scalar(sa.select(Answer).where(Answer.check_in_id == stands.check_in.id, Answer.revision == shown))
    if then is not None:
        typed = blocks.Typed(
            asked.value if typed.value == stands.shown_of(then) else typed.value,
            asked.confidence if typed.confidence is then.confidence else typed.confidence,
            typed.reason,
        )
    return replace(asked, typed=typed, corrected_by=session.get_one(Member, stands.answer.author_id).name)


def correct(
    session: Session,
    now: datetime,
    *,
    caller: Caller,
    key_result_id: int,
    period: Period,
    shown: int | None,
    value: Decimal | None,
    score: Decimal | None,
    confidence: Confidence,
    reason: str,
) -> None:
    """Save the next revision of the newest answer. Raises `NothingChanges`; `CorrectedSince`, where it is another
    revision than the one `shown` (null: not known); or `Refused` as `find` does.

    `score` is for a milestone, `value` for all others; `reason` is not empty. Where the value stays so does its score;
    another one is scored by the definition that counted for the answer. The words stay, the prompt of that week is
    drawn anew, and who answered is told, or the owner. No thread begins or ends: that is for an owner's own word.
    """
    hold(session, caller, key_result_id)
    stands = find(session, now, caller, key_result_id)
    if stands.period != period:
        raise Refused(Reason.NOTHING_TO_CORRECT, number=stands.about.number)
    old = stands.answer
    if shown is not None and shown != old.revision:
        raise CorrectedSince
    is_another = score != old.score if stands.about.kind is Kind.MILESTONE else value != old.value
    if confidence is old.confidence and not is_another:
        raise NothingChanges
    counts = old.score
    if is_another:
        said = Said(confidence, old.next_move, value=value, score=score)
        counts = checkin.score_of(stands.about, said, _told_before(session, stands))
    new = Answer(
        workspace_id=caller.workspace_id,
        check_in_id=old.check_in_id,
        revision=old.revision + 1,
        definition=old.definition,
        author_id=caller.member_id,
        source=old.source,
        value=value,
        score=counts,
        confidence=confidence,
        changed=old.changed,
        working=old.working,
        next_move=old.next_move,
        need=old.need,
        plan=old.plan,
        reason=reason,
        at=now,
    )
    session.add(new)
    session.flush()
    digest_corrections.answer_put_right(session, now, old, new)
    audit.record(
        session,
        now,
        workspace_id=caller.workspace_id,
        actor_id=caller.member_id,
        actor_name=stands.about.caller_name,
        action="check_in.corrected",
        subject=stands.check_in,
        detail={"answer": new.id, "revision": new.revision},
    )
    asked_id = stands.check_in.owner_id
    outbox.redraw(session, now, workspace_id=caller.workspace_id, key=prompt_key(asked_id, period))
    reader = _reader(session, caller, stands)
    if reader is not None:
        outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=caller.workspace_id,
                key=f"corrected:{new.id}",
                kind=PostKind.ANSWER_CORRECTED,
                member_id=reader.id,
                check_in_id=stands.check_in.id,
                part=new.revision,
            ),
        )


def _told_before(session: Session, stands: Stands) -> list[Told]:
    """What was answered in the cycle before, the oldest first; with the values that measure the same as this answer."""
    about = stands.about
    since = cycle_begins(about, stands.period)
    told_then = told(session, [about.key_result_id], since=since, until=following(stands.period, -1))
    same_since = measures_the_same_since(session, stands.definition)
    rows = newest_answers(since=since, until=following(stands.period, -1))
    values = {
        answer.id: answer.value
        for _, answer in session.execute(rows.where(CheckIn.key_result_id == about.key_result_id))
        if answer.definition >= same_since
    }
    return [one._replace(value=values.get(one.answer_id)) for one in told_then.get(about.key_result_id, ())]


def is_possible(session: Session, now: datetime, caller: Caller, key_result_id: int) -> bool:
    """Whether the dialog would open: a button that only refuses is not shown."""
    try:
        find(session, now, caller, key_result_id)
    except Refused:
        return False
    return True


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """What who answered is told, or the owner, while they may see the key result. `part` is the revision that corrects
    the answer."""
    reader = session.get(Member, delivery.member_id)
    row = session.execute(
        sa.select(CheckIn, KeyResult, Answer, KeyResultRevision)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Answer, Answer.check_in_id == CheckIn.id)
        .join(KeyResultRevision, _as_answered())
        .where(CheckIn.id == delivery.check_in_id, Answer.revision == delivery.part)
    ).one_or_none()
    if reader is None or not reader.may_take_part or row is None:
        return None
    check_in, key_result, new, definition = row
    if not may(access.actor_of(reader), Action.VIEW_KEY_RESULT, access.key_result_facts(session, key_result)):
        return None
    old = session.scalar(
        sa.select(Answer).where(Answer.check_in_id == check_in.id, Answer.revision == new.revision - 1)
    )
    if old is None or new.reason is None:
        return None
    is_theirs = check_in.owner_id == reader.id
    return blocks.corrected(
        blocks.Corrected(
            label=key_result.label,
            name=definition.metric or definition.text,
            period=monday(check_in.period),
            by=session.get_one(Member, new.author_id).name,
            was=_shown(definition.kind, definition.unit, old),
            now=_shown(definition.kind, definition.unit, new),
            was_colour=old.confidence,
            now_colour=new.confidence,
            reason=new.reason,
            answered_by=None if is_theirs else session.get_one(Member, check_in.owner_id).name,
        )
    )


def _as_answered() -> sa.ColumnElement[bool]:
    """Joins the definition by which an answer was given."""
    return sa.and_(
        KeyResultRevision.key_result_id == CheckIn.key_result_id, KeyResultRevision.revision == Answer.definition
    )


def _shown(kind: Kind, unit: str, answer: Answer) -> str:
    if kind is Kind.MILESTONE:
        return str(answer.score.normalize()) if answer.score is not None else ""
    return format_value(answer.value, unit) if answer.value is not None else ""
