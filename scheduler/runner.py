"""A worker: APScheduler ticks, the courier delivers. Any number may run on one PostgreSQL."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.background import BackgroundScheduler

from bot.runtime import Runtime
from models.database import DATABASE_AWAY
from scheduler import members, ticks
from scheduler.courier import Courier
from scheduler.liveness import liveness_of
from scheduler.workers import sign_off, sign_on

log = structlog.get_logger(__name__)

# A tick that takes longer than the time between two is no news: the next one finds the same work.
logging.getLogger("apscheduler").setLevel(logging.ERROR)

MEMBERS_LOOK_SECONDS = 600
PURGE_SECONDS = 3600


class Runner:
    """Starts and stops a worker. `bell` is rung by commits of this process, so that a post leaves at once."""

    def __init__(self, runtime: Runtime, bell: threading.Event) -> None:
        self._runtime = runtime
        self._bell = bell
        self._liveness = liveness_of(runtime.database)
        self._scheduler = BackgroundScheduler(
            jobstores={"default": MemoryJobStore()},
            executors={"default": ThreadPoolExecutor(4)},
            # Late jobs still run, and a pile of them runs once.
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone="UTC",
        )
        self._courier: Courier | None = None
        self.worker_id = 0

    def reserve(self) -> None:
        """Before anything is changed, the schema too. Raises `SecondWorker` where SQLite is already served."""
        self._liveness.reserve()

    def give_up(self) -> None:
        """Free what was reserved, where nothing was started."""
        self._liveness.release()

    def start(self) -> None:
        """Raises `SecondWorker` as `reserve` does, which need not have been called before."""
        self.reserve()
        self.worker_id = sign_on(self._runtime, f"{socket.gethostname()}:{os.getpid()}")
        self._liveness.hold(self.worker_id)
        self._courier = Courier(self._runtime, self.worker_id, self._liveness, self._bell)
        seconds = self._runtime.settings.tick_seconds
        self._every(seconds, "tick", lambda now: ticks.tick(self._runtime, self.worker_id, now))
        self._every(seconds, "tidy", self._courier.tidy)
        self._every(MEMBERS_LOOK_SECONDS, "members", lambda now: members.read_due(self._runtime, now))
        self._every(PURGE_SECONDS, "purge", lambda now: ticks.purge(self._runtime, now))
        self._courier.start()
        self._scheduler.start()
        log.info("worker_started", worker=self.worker_id)

    def hurry(self) -> None:
        """Tick now, in the caller's thread, rather than at the next interval: for a clock that has just been set."""
        self._guarded("tick", lambda now: ticks.tick(self._runtime, self.worker_id, now))
        self._bell.set()

    def stop(self) -> None:
        """Finish what is in flight, then go."""
        if self._courier is not None:
            self._courier.leave()
        self._scheduler.shutdown(wait=True)
        if self._courier is not None:
            self._courier.stop()
        try:
            sign_off(self._runtime, self.worker_id)
        except DATABASE_AWAY as error:
            log.warning("worker_left_unsigned", error=type(error).__name__)
        self._liveness.release()
        log.info("worker_stopped", worker=self.worker_id)

    def _every(self, seconds: float, name: str, work: Callable[[datetime], object]) -> None:
        def run() -> None:
            self._guarded(name, work)

        # `next_run_time` would be a time of the machine's; the first run is asked for by hand instead.
        self._scheduler.add_job(run, "interval", seconds=seconds, id=name)
        if name in {"tick", "members"}:
            self._scheduler.add_job(run, id=f"{name}-first")

    def _guarded(self, name: str, work: Callable[[datetime], object]) -> None:
        try:
            work(self._runtime.now())
        except DATABASE_AWAY as error:
            # The database is away for a moment. Nothing is lost: the next tick finds the same work.
            log.warning("tick_waits", job=name, error=type(error).__name__)
