"""The permanent key of a thread's first message. It is another one wherever the thread goes on.

Said twice, as a value and for queries; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa

from models import Escalation

_PREFIX = "escalation:"
# What the key ends in where the thread left its channel, because the escalation was made private.
PRIVATE = ":private"


def root_key(escalation: Escalation) -> str:
    """Where the thread is now."""
    group = f":{escalation.regrouped}" if escalation.regrouped else ""
    return first_root_key(escalation.id) + (PRIVATE if escalation.has_moved else "") + group


def first_root_key(escalation_id: int) -> str:
    """Where the thread began."""
    return f"{_PREFIX}{escalation_id}"


def root_keys(escalation: Escalation) -> list[str]:
    """Where the thread began, and where it is now. Whoever was in between and may still read it was taken along."""
    return [first_root_key(escalation.id), root_key(escalation)]


def is_root_key(
    key: sa.ColumnElement[str], escalation: sa.FromClause | type[Escalation], *, now_only: bool = False
) -> sa.ColumnElement[bool]:
    """As `root_key` where only the place of now counts, else as `root_keys`."""
    of = escalation.c if isinstance(escalation, sa.FromClause) else escalation
    first = sa.literal(_PREFIX).concat(sa.cast(of.id, sa.Text))
    group = sa.case((of.regrouped > 0, sa.literal(":").concat(sa.cast(of.regrouped, sa.Text))), else_="")
    here = first.concat(sa.case((of.has_moved, PRIVATE), else_="")).concat(group)
    return key == here if now_only else key.in_([first, here])
