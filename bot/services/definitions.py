"""A key result's definition as it is now, what the key result is called by it, and the next one in its place."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.redefinition import Terms, is_same_measure
from bot.services import outbox
from models import Delivery, KeyResult, KeyResultRevision, Understanding, UnderstandingState


def current_definition() -> sa.ColumnElement[bool]:
    """Joins the revision that counts."""
    return sa.and_(KeyResultRevision.key_result_id == KeyResult.id, KeyResultRevision.revision == KeyResult.revision)


def is_only_a_baseline(old: type[KeyResultRevision], new: type[KeyResultRevision]) -> sa.ColumnElement[bool]:
    """Whether the revision `new` gives the start that `old` left open, and says all else as that did.

    That changes nothing that was agreed on. The first revision, outer joined with none before it, is none of these.
    """
    rest = (
        (old.text, new.text),
        (old.kind, new.kind),
        (old.metric, new.metric),
        (old.unit, new.unit),
        (old.target, new.target),
        (old.due_on, new.due_on),
    )
    is_alike = (before.is_not_distinct_from(after) for before, after in rest)
    return sa.and_(old.start.is_(None), new.start.is_not(None), *is_alike)


def definition_of(session: Session, key_result: KeyResult) -> KeyResultRevision:
    """The revision that counts."""
    return session.scalars(
        sa.select(KeyResultRevision).where(
            KeyResultRevision.key_result_id == key_result.id, KeyResultRevision.revision == key_result.revision
        )
    ).one()


def name_of(session: Session, key_result: KeyResult) -> str:
    """The metric, or the whole text where there is none."""
    definition = definition_of(session, key_result)
    return definition.metric or definition.text


def terms_of(row: KeyResultRevision) -> Terms:
    """A revision as the rules of `bot/domain/redefinition.py` see it."""
    return Terms(row.text, row.kind, row.metric, row.unit, row.start, row.target, row.due_on)


def measures_the_same_since(session: Session, definition: KeyResultRevision) -> int:
    """The oldest revision whose values say something by this one."""
    since = definition
    older = sa.select(KeyResultRevision).where(
        KeyResultRevision.key_result_id == definition.key_result_id, KeyResultRevision.revision < definition.revision
    )
    for one in session.scalars(older.order_by(KeyResultRevision.revision.desc())):
        if not is_same_measure(terms_of(one), terms_of(since)):
            break
        since = one
    return since.revision


def replace(session: Session, key_result: KeyResult, old: KeyResultRevision, new: KeyResultRevision) -> None:
    """`new` counts from now on, instead of `old`. Where it measures something else, earlier values mean nothing."""
    session.add(new)
    key_result.revision = new.revision
    if not is_same_measure(terms_of(old), terms_of(new)):
        key_result.measured_since = new.revision
        _show_lines_anew(session, new)


def _show_lines_anew(session: Session, new: KeyResultRevision) -> None:
    """What was written to Okra about it and waits for its *Save* says that its value is to be said anew."""
    keys = session.scalars(
        sa.select(Delivery.key)
        .join(Understanding, Understanding.id == Delivery.understanding_id)
        .where(
            Understanding.key_result_id == new.key_result_id,
            Understanding.workspace_id == new.workspace_id,
            Understanding.state == UnderstandingState.PENDING,
        )
    ).all()
    outbox.redraw_all(session, new.created_at, workspace_id=new.workspace_id, keys=keys)
