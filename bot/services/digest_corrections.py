"""Corrections of digests that were taken: what was told is kept, and what is right now is shown, saying so."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.domain.digest import MadeDecision, Snapshot
from bot.domain.digest_correction import AnswerPutRight, Correction, DecidedSince, Shown, corrected
from bot.domain.digest_json import from_json
from bot.services import outbox
from bot.services.escalation_members import may_see
from models import (
    Answer,
    CheckIn,
    Decision,
    Delivery,
    Digest,
    DigestCorrection,
    Escalation,
    KeyResult,
    KeyResultRevision,
    Member,
    Objective,
    ObjectiveTeam,
    PostKind,
    Team,
)
from models.once import insert_once

# A decision that comes later than the next digest stands in that one.
NEWEST = timedelta(days=8)


def answer_put_right(session: Session, now: datetime, old: Answer, new: Answer) -> None:
    """`new` counts in place of `old`: the digests whose line was read off `old` are drawn anew."""
    check_in = session.get_one(CheckIn, old.check_in_id)
    digests = _of_teams_that_tell_of(session, check_in.key_result_id, Digest.period >= check_in.period)
    for digest in digests:
        snapshot, _ = as_it_is_right(session, digest)
        if any(line.answer_id == old.id for line in snapshot.key_results):
            _correct(session, now, digest, answer_id=new.id)


def decided(session: Session, now: datetime, decision: Decision) -> None:
    """A decision was recorded: the newest digests that ask for it are drawn anew, unless it was made in private."""
    if decision.escalation_id is None or not may_see(
        session, session.get_one(Escalation, decision.escalation_id), None
    ):
        return
    for digest in _of_teams_that_tell_of(session, decision.key_result_id, Digest.taken_at > now - NEWEST):
        snapshot, _ = as_it_is_right(session, digest)
        if any(call.escalation_id == decision.escalation_id for call in snapshot.want_help):
            _correct(session, now, digest, decision_id=decision.id)


def as_it_is_right(session: Session, digest: Digest) -> tuple[Snapshot, tuple[Shown, ...]]:
    """What was kept, put right, and what is said about it."""
    snapshot = from_json(digest.snapshot)
    return corrected(snapshot, _corrections(session, digest, snapshot))


def that_tell_of(*key_result_ids: int) -> sa.Select[int]:
    """The ids of the teams whose digests tell of key results: that hold or share their objectives, and those above."""
    objectives = sa.select(KeyResult.objective_id).where(KeyResult.id.in_(key_result_ids))
    holders = sa.union(
        sa.select(Objective.team_id.label("id")).where(Objective.id.in_(objectives)),
        sa.select(ObjectiveTeam.team_id).where(ObjectiveTeam.objective_id.in_(objectives)),
    ).subquery()
    chain = sa.select(holders.c.id).cte("tells", recursive=True)
    # A union, not a union all: a ring of parents ends.
    chain = chain.union(sa.select(Team.parent_id).join(chain, Team.id == chain.c.id).where(Team.parent_id.is_not(None)))
    return sa.select(chain.c.id)


def _of_teams_that_tell_of(session: Session, key_result_id: int, when: sa.ColumnElement[bool]) -> list[Digest]:
    """The newest digest of each of these teams."""
    rows = session.scalars(
        sa.select(Digest)
        .where(Digest.team_id.in_(that_tell_of(key_result_id)), when)
        .order_by(Digest.team_id, Digest.period.desc())
        .with_for_update(key_share=True)
    ).all()
    newest: dict[int, Digest] = {}
    for row in rows:
        newest.setdefault(row.team_id, row)
    return list(newest.values())


def _correct(
    session: Session,
    now: datetime,
    digest: Digest,
    *,
    answer_id: int | None = None,
    decision_id: int | None = None,
) -> None:
    made = insert_once(
        session,
        DigestCorrection,
        {
            "workspace_id": digest.workspace_id,
            "digest_id": digest.id,
            "answer_id": answer_id,
            "decision_id": decision_id,
            "at": now,
        },
        key=("digest_id", "answer_id" if answer_id is not None else "decision_id"),
    )
    if made is None:
        return
    keys = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.workspace_id == digest.workspace_id,
            Delivery.team_id == digest.team_id,
            Delivery.digest_id == digest.id,
            Delivery.kind.in_([PostKind.DIGEST, PostKind.DIGEST_DETAILS]),
        )
    ).all()
    outbox.redraw_all(session, now, workspace_id=digest.workspace_id, keys=keys)


def _corrections(session: Session, digest: Digest, snapshot: Snapshot) -> list[Correction]:
    measured = sa.and_(
        KeyResultRevision.key_result_id == CheckIn.key_result_id, KeyResultRevision.revision == Answer.definition
    )
    rows = session.execute(
        sa.select(
            DigestCorrection,
            Answer,
            _before.value,
            KeyResultRevision.unit,
            CheckIn.key_result_id,
            Decision,
            Member.name,
        )
        .outerjoin(Answer, Answer.id == DigestCorrection.answer_id)
        .outerjoin(_before, sa.and_(_before.check_in_id == Answer.check_in_id, _before.revision == Answer.revision - 1))
        .outerjoin(CheckIn, CheckIn.id == Answer.check_in_id)
        .outerjoin(KeyResultRevision, measured)
        .outerjoin(Decision, Decision.id == DigestCorrection.decision_id)
        .outerjoin(Member, Member.id == Decision.owner_id)
        .outerjoin(Escalation, Escalation.id == Decision.escalation_id)
        # What was made private since is told no more.
        .where(DigestCorrection.digest_id == digest.id, Escalation.private_at.is_(None))
        .order_by(DigestCorrection.id)
    ).all()
    calls = {call.escalation_id: call for call in snapshot.calls}
    found: list[Correction] = []
    for row, answer, was_value, unit, key_result_id, decision, owner in rows:
        if answer is not None:
            found.append(
                AnswerPutRight(
                    row.at,
                    key_result_id,
                    answer.id,
                    answer.score,
                    answer.confidence,
                    value=answer.value,
                    was_value=was_value,
                    unit=unit or "",
                )
            )
        elif decision is not None and decision.escalation_id in calls:
            call = calls[decision.escalation_id]
            made = MadeDecision(
                decision_id=decision.id,
                key_result_id=call.key_result_id,
                number=call.number,
                name=call.name,
                confidence=call.confidence,
                text=decision.text,
                owner=owner or "",
                due_on=decision.due_on,
                link=call.link,
                kind=decision.kind,
            )
            found.append(DecidedSince(row.at, decision.escalation_id, made))
    return found


# Made once: another name for a table copies all of its columns.
_before = aliased(Answer)
