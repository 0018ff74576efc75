"""What time does: each tick asks the database what is due and does it, in small transactions.

`due_at <= now and not done`, never "is it this minute": a late tick catches up, a second one finds nothing to do, and
any number of processes may tick at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.runtime import Runtime
from bot.services import (
    agenda,
    cycles,
    dependency,
    digest,
    draft,
    escalation_ladder,
    lead_note,
    looking_again,
    morning,
    once,
    planning,
    reminding,
    understanding,
)
from bot.services.faults import STUMBLES
from models import Worker
from models.base import table_of
from models.prepared import Prepared
from scheduler import pace

log = structlog.get_logger(__name__)


class Step(NamedTuple):
    """A step, how many rows it takes in one transaction (on SQLite a dialog waits for that), and when it has work.

    One query answers that for all steps, so no transaction begins in vain.
    """

    run: Callable[[Session, datetime, int], int]
    at_most: int
    due: Callable[[agenda.Planned], datetime | None]


STEPS: tuple[Step, ...] = (
    Step(cycles.turn, 100, lambda planned: planned.turns),
    Step(planning.open_due, 200, lambda planned: planned.openings),
    Step(planning.close_due, 100, lambda planned: planned.closings),
    Step(reminding.remind_due, 100, lambda planned: planned.reminders),
    Step(looking_again.look_due, 100, lambda planned: planned.paths),
    Step(escalation_ladder.step_due, 20, lambda planned: planned.escalations),
    Step(dependency.step_due, 20, lambda planned: planned.dependencies),
    Step(morning.ask_due, 100, lambda planned: planned.mornings),
    Step(lead_note.write_due, 50, lambda planned: planned.notes),
    # Read off a whole team, each takes some 40 ms.
    Step(digest.take_due, 8, lambda planned: planned.digests),
    Step(draft.forget_over, 500, lambda planned: planned.drafts),
    Step(understanding.forget_over, 100, lambda planned: planned.understandings),
)


def tick(runtime: Runtime, worker_id: int, now: datetime) -> None:
    """Do all that is due up to `now`, then note that this worker has ticked through it.

    A step that fails for a reason of its own stops no other: the digest leaves although planning stumbled. What it left
    undone is due at the next tick. Raises when the database is away.
    """
    whole = True
    number = next_step(runtime, 0, now)
    while number is not None:
        step = STEPS[number]
        try:
            exhaust(runtime, step, now)
        except STUMBLES:
            whole = False
            log.exception("step_stumbled", step=f"{step.run.__module__}.{step.run.__qualname__}")
        number = next_step(runtime, number + 1, now)
    if whole:
        note(runtime, worker_id, now)


def next_step(runtime: Runtime, number: int, now: datetime) -> int | None:
    """The first step from this number on that has something to do up to `now`; None where none has.

    To be asked again after each step: what one does may be another one's work. Locks nothing.
    """
    if number >= len(STEPS):
        return None
    with runtime.glance() as connection:
        planned = agenda.planned(connection)
    dues = ((place, step.due(planned)) for place, step in enumerate(STEPS) if place >= number)
    return next((place for place, at in dues if at is not None and at <= now), None)


def note(runtime: Runtime, worker_id: int, now: datetime) -> None:
    """Note that this worker has ticked through `now`."""
    with runtime.write() as session:
        _TICKED.send(session, {"worker_id": worker_id, "now": now})


def exhaust(runtime: Runtime, step: Step, now: datetime) -> None:
    """Repeat a step, a transaction of at most `at_most` rows each, until it finds nothing more to do."""
    while True:
        with runtime.write() as session:
            done = step.run(session, now, step.at_most)
        if done < step.at_most:
            return


def purge(runtime: Runtime, now: datetime) -> None:
    """Forget what Slack cannot deliver again, and the pace of conversations that are quiet."""
    with runtime.write() as session:
        once.purge(session, now)
        pace.forget(session, now)


_worker = table_of(Worker)
_TICKED = Prepared(
    sa.update(_worker).where(_worker.c.id == sa.bindparam("worker_id")).values(ticked_through=sa.bindparam("now"))
)
