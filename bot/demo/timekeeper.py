"""Makes time pass: from one instant at which something is due to the next, never over one, and waits at each."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.services.agenda import earliest, next_due
from models import Delivery, DeliveryState, Home, Message, Worker
from models.database import Database
from scheduler.liveness import liveness_of

POLL_SECONDS = 0.02
NEARLY_NOW_SECONDS = 0.2


class Stuck(Exception):
    """What was due did not get done. The text says what is left."""


class Others(Protocol):
    """People who do things by themselves as time passes."""

    def next_at(self) -> datetime | None:
        """When somebody does something next, in the past where it is late."""
        ...

    def act(self, now: datetime) -> bool:
        """Let them do it; False where there was nothing. What was due is not due afterwards."""
        ...


class Nobody:
    """Nobody does anything by themselves."""

    def next_at(self) -> datetime | None:
        return None

    def act(self, now: datetime) -> bool:
        del now
        return False


NOBODY = Nobody()


def set_clock(now: Callable[[], datetime], jump: Callable[[datetime], object], instant: datetime) -> None:
    """Set a clock that ticks on by itself to an instant; nothing happens where that is over."""
    while (left_seconds := (instant - now()).total_seconds()) > 0:
        # What is nearly now is waited for, so that the clock is never asked to go back.
        if left_seconds > NEARLY_NOW_SECONDS:
            jump(instant)
        time.sleep(POLL_SECONDS)


class Timekeeper:
    """Moves a shared clock for the workers of one database. `jump` sets it, `now` reads it (aware, UTC).

    `hurry` makes this process's worker look at once; others come to it by themselves.
    """

    def __init__(
        self,
        database: Database,
        *,
        now: Callable[[], datetime],
        jump: Callable[[datetime], object],
        hurry: Callable[[], object] = lambda: None,
        patience_seconds: float = 30,
    ) -> None:
        self._database = database
        self._liveness = liveness_of(database)
        self._now = now
        self._jump = jump
        self._hurry = hurry
        self._patience = patience_seconds

    def next_due(self) -> datetime | None:
        """The next instant at which something is due, in the past where it is late."""
        with self._database.read() as session:
            return next_due(session)

    def advance_to(self, target: datetime, others: Others = NOBODY) -> None:
        """Let time pass until `target`; stops wherever something is due or somebody does something. Raises `Stuck`."""
        due = self._wait(lambda session, due: self._in_hand(session))
        while (stop := earliest(due, others.next_at())) is not None and stop <= target:
            due = self._step(max(stop, self._now()))
            if others.act(self._now()):
                due = self._wait(lambda session, due: self._in_hand(session))
        self._step(max(target, self._now()))

    def jump_only(self, instant: datetime) -> None:
        """Set the clock without waiting for anything that is due."""
        set_clock(self._now, self._jump, instant)

    def _step(self, instant: datetime) -> datetime | None:
        """Go to an instant and wait until all is quiet there; returns what is due next."""
        self.jump_only(instant)
        self._hurry()
        return self._wait(lambda session, due: self._left(session, due, instant))

    def _wait(self, left: Callable[[Session, datetime | None], str]) -> datetime | None:
        """Wait until nothing is left; returns what was due next then.

        All of it is read at one moment: the clock ticks on, and what was due may be in hand a moment later, or the
        other way round. Who read one after the other could find neither, and jump over what is on its way.
        """
        end = time.monotonic() + self._patience
        while True:
            with self._one_moment() as session:
                due = next_due(session)
                text = left(session, due)
            if not text:
                return due
            if time.monotonic() > end:
                raise Stuck(f"at {self._now():%Y-%m-%d %H:%M:%S} UTC: {text}")
            time.sleep(POLL_SECONDS)

    @contextmanager
    def _one_moment(self) -> Iterator[Session]:
        with self._database.read() as session:
            if not self._database.is_sqlite:  # there, every transaction sees one moment
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def _left(self, session: Session, due: datetime | None, instant: datetime) -> str:
        """What is still to be done at `instant`; empty when all is quiet."""
        workers = self._living(session)
        if not workers:
            return "no worker runs"
        behind = [worker.id for worker in workers if (worker.ticked_through or worker.started_at) < instant]
        if behind:
            return f"workers {behind} have not ticked yet"
        if due is not None and due <= instant:
            return f"something was due at {due:%H:%M:%S}"
        return self._in_hand(session)

    def _in_hand(self, session: Session) -> str:
        """What the workers are busy with; empty when it is nothing."""
        in_flight = session.scalar(
            sa.select(sa.func.count()).where(
                Delivery.state.in_((DeliveryState.CLAIMED, DeliveryState.SENDING)),
                Delivery.worker_id.in_([worker.id for worker in self._living(session)]),
            )
        )
        if in_flight:
            return f"{in_flight} deliveries are on their way"
        drawing = session.scalar(
            sa.select(sa.func.count()).where(
                Message.leased_until > self._now(),
                Message.shown < Message.wanted,
                # One of unknown fate is not on its way any more; the agenda knows when it is drawn again.
                Message.error.is_(None),
            )
        )
        if drawing:
            return f"{drawing} messages are being redrawn"
        publishing = session.scalar(
            sa.select(sa.func.count()).where(
                Home.leased_until > self._now(), Home.shown < Home.wanted, Home.error.is_(None)
            )
        )
        return f"{publishing} Homes are being published" if publishing else ""

    def _living(self, session: Session) -> list[Worker]:
        rows = session.scalars(sa.select(Worker).where(Worker.stopped_at.is_(None)).order_by(Worker.id)).all()
        if self._database.is_sqlite:
            return list(rows[-1:])
        return [row for row in rows if not self._liveness.is_gone(row.id)]
