"""The roll of workers: whoever claims posts and ticks has a row, from its start until it says that it stops."""

from __future__ import annotations

import sqlalchemy as sa

from bot.runtime import Runtime
from models import Worker


def sign_on(runtime: Runtime, name: str) -> int:
    """Enter a worker that starts now, in one transaction. Returns its id."""
    with runtime.write() as session:
        worker = Worker(name=name, started_at=runtime.now())
        session.add(worker)
        session.flush()
        return worker.id


def sign_off(runtime: Runtime, worker_id: int) -> None:
    """Note that a worker stops now, in one transaction. One that dies never does: others find it out by its lock."""
    with runtime.write() as session:
        session.execute(sa.update(Worker).where(Worker.id == worker_id).values(stopped_at=runtime.now()))
