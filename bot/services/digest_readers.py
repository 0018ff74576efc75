"""What everybody may still read of a digest that was taken, as things are now: looked at each time that it is drawn.

A key result can be limited to fewer people after its digest was taken, and a request for help can be made private.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.digest import Snapshot
from bot.domain.digest_subjects import Subjects
from bot.services import outbox
from bot.services.digest_corrections import that_tell_of
from bot.services.visibility import visible_to
from models import Decision, Delivery, Digest, Escalation, KeyResult, Objective, PostKind
from models.prepared import Listed


def as_all_may_read(session: Session, snapshot: Snapshot) -> Snapshot:
    """What was kept, without what is for fewer people now."""
    return snapshot.without(hidden_now(session, snapshot.subjects))


def hidden_now(session: Session, told: Subjects) -> Subjects:
    """What of this the whole workspace may not see any more: three queries."""
    visible = {one for (one,) in _VISIBLE.rows(session, told.key_results)}
    return Subjects(
        told.key_results - visible,
        frozenset(one for (one,) in _PRIVATE.rows(session, told.escalations)),
        frozenset(one for (one,) in _DECIDED_IN_PRIVATE.rows(session, told.decisions)),
    )


def made_private(session: Session, now: datetime, escalation: Escalation) -> None:
    """A request for help was made private: every digest that may have told of it is drawn anew, and so is each that
    somebody posted by hand. What Slack itself posted in a channel of somebody's choice cannot be."""
    _drawn_anew(session, now, escalation.workspace_id, [escalation.key_result_id], since=escalation.opened_at)


def seen_by_others(session: Session, now: datetime, key_results: Sequence[KeyResult]) -> None:
    """Other people may see these, of one workspace, now: as `made_private`, for all digests that may ever have told of
    them. All that was kept is looked through, once for all of them."""
    since = min(one.created_at for one in key_results)
    _drawn_anew(session, now, key_results[0].workspace_id, [one.id for one in key_results], since=since)


def _drawn_anew(
    session: Session, now: datetime, workspace_id: int, key_result_ids: Sequence[int], *, since: datetime
) -> None:
    told = _that_told_of(workspace_id, key_result_ids, since)
    rows = session.execute(
        sa.select(Delivery.id, Delivery.key, Delivery.kind)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.team_id.in_(that_tell_of(*key_result_ids).union(told)),
            Delivery.kind.in_([PostKind.DIGEST, PostKind.DIGEST_DETAILS, PostKind.DIGEST_SHARED]),
            Delivery.created_at >= since,
        )
        .order_by(Delivery.id)
    ).all()
    by_hand = [row.id for row in rows if row.kind is PostKind.DIGEST_SHARED]
    if by_hand:
        outbox.show_from_now_on(session, now, workspace_id=workspace_id, delivery_ids=by_hand)
    keys = [row.key for row in rows if row.kind is not PostKind.DIGEST_SHARED]
    outbox.redraw_all(session, now, workspace_id=workspace_id, keys=keys)


def _that_told_of(workspace_id: int, key_result_ids: Sequence[int], since: datetime) -> sa.Select[int]:
    """The ids of the teams whose digests have told of these: they were another team's then, or shared with them."""
    # One pattern for all of them: so what was kept, which is long, is unpacked and read once.
    named = f'"key_result_id": (?:{"|".join(map(str, key_result_ids))})[,}}]'
    return sa.select(Digest.team_id).where(
        Digest.workspace_id == workspace_id,
        Digest.taken_at >= since,
        sa.cast(Digest.snapshot, sa.Text).regexp_match(named),
    )


# Made once: each redraw of a digest asks for them.
_VISIBLE = Listed(
    lambda ids: (
        sa.select(KeyResult.id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(KeyResult.id.in_(ids), visible_to(None))
    )
)
_PRIVATE = Listed(
    lambda ids: sa.select(Escalation.id).where(Escalation.id.in_(ids), Escalation.private_at.is_not(None))
)
_DECIDED_IN_PRIVATE = Listed(
    lambda ids: (
        sa.select(Decision.id)
        .join(Escalation, Escalation.id == Decision.escalation_id)
        .where(Decision.id.in_(ids), Escalation.private_at.is_not(None))
    )
)
