"""What every listener and every tick is handed: the database, the gateway to Slack, the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.deadline import Stopwatch
from bot.services import home_changes
from bot.services.outbox import has_new_work
from bot.settings import Settings
from bot.slack import Gateway
from models.database import Database


@dataclass(frozen=True)
class Runtime:
    """Frozen and shared by all threads. `wake` tells this process's courier that something was committed.

    `stopwatch` measures how long somebody has been waiting; unlike `clock`, nothing sets it.
    """

    settings: Settings
    database: Database
    gateway: Gateway
    clock: Clock
    wake: Callable[[], None]
    stopwatch: Stopwatch = time.monotonic

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        return self.clock()

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.database.read() as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[sa.Connection]:
        """For one statement that reads."""
        with self.database.glance() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction; once it is committed, deliveries that it added leave at once.

        Those whom it concerns, and who look at their Home, see it there.
        """
        with self.database.write() as session:
            yield session
            on_home = home_changes.raise_wanted(session, self.now())
        if on_home or has_new_work(session):
            self.wake()
