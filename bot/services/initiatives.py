"""The work that should move a key result, named by its owner, a co-owner or a lead above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.initiatives import Initiatives
from bot.domain.permissions import Action, may
from bot.services import access, audit
from bot.services.access import Caller
from bot.services.definitions import name_of
from models import Initiative, KeyResult, KeyResultState


class NamedSince(Exception):
    """Somebody else has named others since the dialog showed them. `view` has them, with what was typed in `typed`."""

    def __init__(self, view: Initiatives) -> None:
        super().__init__(f"others are named for key result {view.key_result_id}")
        self.view = view


def view(session: Session, caller: Caller, key_result_id: int) -> Initiatives:
    """What the dialog shows. Raises `Refused`: it is not the caller's to say, or it is closed."""
    _, key_result = access.key_result_for(session, caller, key_result_id, Action.NAME_INITIATIVES)
    return _shown(session, key_result)


def name(
    session: Session,
    now: datetime,
    caller: Caller,
    key_result_id: int,
    lines: Sequence[str],
    *,
    shown: Sequence[int] | None = None,
) -> Initiatives:
    """These lines are its initiatives now (each 1 to `LONGEST` code points); one that stays keeps its place.

    `shown`: the ids of those that the lines were typed over, where that is known. Raises `Refused` as `view`, or
    `NamedSince` where there are others by now. What goes is archived.
    """
    member, key_result = access.key_result_for(session, caller, key_result_id, Action.NAME_INITIATIVES, lock=True)
    wanted = list(dict.fromkeys(lines))
    rows = {row.text: row for row in _named(session, key_result.id)}
    if shown is not None and set(shown) != {row.id for row in rows.values()} and set(wanted) != rows.keys():
        before = _texts(session, key_result.id, shown)
        # What others added comes along, and what they took away does not come back.
        mine = [text for text in wanted if text in rows or text not in before]
        theirs = [text for text in rows if text not in before and text not in wanted]
        raise NamedSince(replace(_shown(session, key_result), typed=(*mine, *theirs)))
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
    return tuple(one.text for one in _named(session, key_result_id))


def may_name(session: Session, viewer: Caller, key_result: KeyResult) -> bool:
    """Whether the button is shown."""
    if key_result.state is KeyResultState.CLOSED:
        return False
    actor = access.actor_of(access.member_of(session, viewer))
    return may(actor, Action.NAME_INITIATIVES, access.key_result_facts(session, key_result))


def _named(session: Session, key_result_id: int) -> Sequence[Initiative]:
    return session.scalars(
        sa.select(Initiative)
        .where(Initiative.key_result_id == key_result_id, Initiative.archived_at.is_(None))
        .order_by(Initiative.id)
    ).all()


def _texts(session: Session, key_result_id: int, ids: Sequence[int]) -> set[str]:
    """The words of these, archived or not."""
    return set(
        session.scalars(
            sa.select(Initiative.text).where(Initiative.key_result_id == key_result_id, Initiative.id.in_(ids))
        )
    )


def _shown(session: Session, key_result: KeyResult) -> Initiatives:
    rows = _named(session, key_result.id)
    return Initiatives(
        key_result.id,
        key_result.number,
        name_of(session, key_result),
        tuple(row.text for row in rows),
        ids=tuple(row.id for row in rows),
    )
