"""The work that should move a key result, named by its owner, a co-owner or a lead above."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.initiatives import Initiatives
from bot.domain.permissions import Action, may
from bot.services import access, audit
from bot.services.access import Caller
from bot.services.refusals import Reason, Refused
from models import Initiative, KeyResult, KeyResultRevision, KeyResultState, Member


def view(session: Session, caller: Caller, key_result_id: int) -> Initiatives:
    """What the dialog shows. Raises `Refused`: it is not the caller's to say, or it is closed."""
    _, key_result = _allowed(session, caller, key_result_id)
    return _shown(session, key_result)


def name(session: Session, now: datetime, caller: Caller, key_result_id: int, lines: Sequence[str]) -> Initiatives:
    """These lines are its initiatives now (each 1 to `LONGEST` code points); one that stays keeps its place.

    Raises `Refused` as `view`. What goes is archived.
    """
    member, key_result = _allowed(session, caller, key_result_id, lock=True)
    wanted = list(dict.fromkeys(lines))
    rows = {row.text: row for row in _named(session, key_result)}
    for text in rows.keys() - set(wanted):
        rows[text].archived_at = now
    for text in wanted:
        if text not in rows:
            session.add(
                Initiative(workspace_id=key_result.workspace_id, key_result_id=key_result.id, text=text, created_at=now)
            )
    session.flush()
    if set(wanted) != rows.keys():
        audit.record(
            session,
            now,
            workspace_id=key_result.workspace_id,
            actor_id=member.id,
            actor_name=member.name,
            action="key_result.initiatives_named",
            subject=key_result,
            detail={"from": len(rows), "to": len(wanted)},
        )
    return _shown(session, key_result)


def of(session: Session, key_result_id: int) -> tuple[str, ...]:
    """The initiatives of a key result that the caller may see, in the order in which they were named."""
    return tuple(
        session.scalars(
            sa.select(Initiative.text)
            .where(Initiative.key_result_id == key_result_id, Initiative.archived_at.is_(None))
            .order_by(Initiative.id)
        )
    )


def may_name(session: Session, viewer: Caller, key_result: KeyResult) -> bool:
    """Whether the button is shown."""
    if key_result.state is KeyResultState.CLOSED:
        return False
    actor = access.actor_of(access.member_of(session, viewer))
    return may(actor, Action.NAME_INITIATIVES, access.key_result_facts(session, key_result))


def _named(session: Session, key_result: KeyResult) -> Sequence[Initiative]:
    return session.scalars(
        sa.select(Initiative)
        .where(Initiative.key_result_id == key_result.id, Initiative.archived_at.is_(None))
        .order_by(Initiative.id)
    ).all()


def _shown(session: Session, key_result: KeyResult) -> Initiatives:
    definition = session.scalars(
        sa.select(KeyResultRevision).where(
            KeyResultRevision.key_result_id == key_result.id, KeyResultRevision.revision == key_result.revision
        )
    ).one()
    called = definition.metric or definition.text
    return Initiatives(key_result.id, key_result.number, called, of(session, key_result.id))


def _allowed(session: Session, caller: Caller, key_result_id: int, *, lock: bool = False) -> tuple[Member, KeyResult]:
    wanted = sa.select(KeyResult).where(
        KeyResult.workspace_id == caller.workspace_id, KeyResult.id == key_result_id, KeyResult.archived_at.is_(None)
    )
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    key_result = session.scalar(wanted)
    member = access.member_of(session, caller)
    facts = access.key_result_facts(session, key_result) if key_result is not None else None
    # Who may not see it learns nothing about it, not even that it exists.
    if key_result is None or facts is None or not may(access.actor_of(member), Action.VIEW_KEY_RESULT, facts):
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    if not may(access.actor_of(member), Action.NAME_INITIATIVES, facts):
        raise Refused(Reason.NOT_FOR_YOU, owner_id=facts.owner_id)
    if key_result.state is KeyResultState.CLOSED:
        raise Refused(Reason.KEY_RESULT_CLOSED, number=key_result.number)
    return member, key_result
