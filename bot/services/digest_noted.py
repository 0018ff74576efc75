"""What was changed, added, settled, stopped, or not decided since a team's digest before: for its snapshot."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.domain.digest import Noted, NotedAs, SettledDecision
from bot.domain.redefinition import differences
from bot.services.definitions import current_definition, is_only_a_baseline, terms_of
from bot.services.escalation_members import open_to
from bot.services.still_open import decision_open_to, within
from bot.services.team_tree import held_or_shared_by
from bot.services.visibility import visible_to
from models import (
    Decision,
    DecisionState,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Objective,
)


def noted_since(session: Session, team_ids: Collection[int], since: datetime, until: datetime) -> tuple[Noted, ...]:
    """Of the key results that these teams hold or share and everybody may see, by number. A fixed number of queries."""
    found = [
        *_redefined(session, team_ids, since, until),
        *_stopped(session, team_ids, since, until),
        *_not_decided(session, team_ids, since, until),
    ]
    return tuple(sorted(found, key=lambda one: (list(NotedAs).index(one.noted_as), one.number)))


def settled_since(
    session: Session, team_ids: Collection[int], since: datetime, until: datetime
) -> tuple[SettledDecision, ...]:
    """What became of these teams' decisions, those that are done first. As for the rest, nothing that is private."""
    rows = session.execute(
        sa.select(Decision, KeyResult.number)
        .join(KeyResult, KeyResult.id == Decision.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .outerjoin(Escalation, Escalation.id == Decision.escalation_id)
        .where(
            Decision.state != DecisionState.OPEN,
            within(Decision.settled_at, since, until),
            held_or_shared_by(team_ids),
            visible_to(None),
            decision_open_to(None),
        )
        .order_by(Decision.settled_at, Decision.id)
    ).all()
    found = [
        SettledDecision(
            decision_id=decision.id,
            key_result_id=decision.key_result_id,
            number=number,
            text=decision.text,
            is_done=decision.state is DecisionState.DONE,
            reason=decision.reason,
        )
        for decision, number in rows
    ]
    return tuple(sorted(found, key=lambda one: not one.is_done))


def _redefined(session: Session, team_ids: Collection[int], since: datetime, until: datetime) -> list[Noted]:
    """What was changed, or added in mid-cycle: a first revision has a reason there only.

    Not where only a baseline that was missing is given now, unless a decision did that.
    """
    rows = session.execute(
        sa.select(KeyResult, _old, _new)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(_new, _new.key_result_id == KeyResult.id)
        .outerjoin(_old, sa.and_(_old.key_result_id == _new.key_result_id, _old.revision == _new.revision - 1))
        .where(
            within(_new.created_at, since, until),
            _new.reason.is_not(None),
            sa.or_(_new.decision_id.is_not(None), ~is_only_a_baseline(_old, _new)),
            KeyResult.archived_at.is_(None),
            held_or_shared_by(team_ids),
            visible_to(None),
        )
        .order_by(_new.id)
    ).all()
    return [
        Noted(
            NotedAs.CHANGED if before is not None else NotedAs.ADDED,
            key_result.id,
            key_result.number,
            (before or after).metric or (before or after).text,
            words=after.reason or "",
            differences=differences(terms_of(before), terms_of(after)) if before is not None else (),
            stops=after.stops or "",
        )
        for key_result, before, after in rows
    ]


def _stopped(session: Session, team_ids: Collection[int], since: datetime, until: datetime) -> list[Noted]:
    rows = session.execute(
        sa.select(KeyResult, KeyResultRevision)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(KeyResultRevision, current_definition())
        .where(
            KeyResult.state == KeyResultState.CLOSED,
            within(KeyResult.closed_at, since, until),
            KeyResult.learning.is_not(None),
            held_or_shared_by(team_ids),
            visible_to(None),
        )
    ).all()
    return [
        Noted(NotedAs.STOPPED, key_result.id, key_result.number, text.metric or text.text, key_result.learning or "")
        for key_result, text in rows
    ]


def _not_decided(session: Session, team_ids: Collection[int], since: datetime, until: datetime) -> list[Noted]:
    """Requests for help that were resolved with a reason why no decision was needed."""
    was_decided = sa.exists().where(
        Decision.escalation_id == EscalationEvent.escalation_id, Decision.created_at <= EscalationEvent.at
    )
    rows = session.execute(
        sa.select(KeyResult, KeyResultRevision, EscalationEvent.reason, Escalation.id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(KeyResultRevision, current_definition())
        .join(Escalation, Escalation.key_result_id == KeyResult.id)
        .join(EscalationEvent, EscalationEvent.escalation_id == Escalation.id)
        .where(
            EscalationEvent.kind == EscalationEventKind.RESOLVED,
            within(EscalationEvent.at, since, until),
            EscalationEvent.reason.is_not(None),
            ~was_decided,
            held_or_shared_by(team_ids),
            visible_to(None),
            open_to(None),
        )
        .order_by(EscalationEvent.id)
    ).all()
    return [
        Noted(
            NotedAs.NOT_DECIDED,
            key_result.id,
            key_result.number,
            text.metric or text.text,
            reason or "",
            escalation_id=escalation_id,
        )
        for key_result, text, reason, escalation_id in rows
    ]


# Made once: another name for a table copies all of its columns.
_old, _new = aliased(KeyResultRevision), aliased(KeyResultRevision)
