"""The processes of an installation: who listens, who died and comes back, and a new version now and then."""

from __future__ import annotations

from collections import Counter
from random import Random

from bot.rehearsal.journal import Journal
from bot.rehearsal.process import Ground, Process
from bot.rehearsal.timeline import Timeline

RETIRED = "retired"


class Fleet:
    """As many processes as there should be. A dead one is started anew by whatever watches over it."""

    ground: Ground

    def __init__(self, timeline: Timeline, random: Random, journal: Journal, *, size: int) -> None:
        self._time = timeline
        self._random = random
        self._journal = journal
        self._size = size
        self._processes: list[Process] = []
        self.starts = 0
        self.endings: Counter[str] = Counter()
        self.stalls = 0
        self.cuts = 0

    def start_all(self) -> None:
        for _ in range(self._size):
            self._start()

    def choose(self) -> Process | None:
        """One that listens now."""
        ready = [one for one in self._processes if one.listens]
        return self._random.choice(ready) if ready else None

    def wake(self) -> None:
        """Something was changed from outside: the next tick and the next look find it."""
        for process in self._processes:
            process.wake(0.2)
            process.tick_within(self._random.uniform(0, 5))

    def deploy(self) -> None:
        """A new version: each process is asked to finish and is then started again."""
        for process in list(self._processes):
            process.retire()

    def deploy_amid_claims(self) -> None:
        """A new version as soon as a process has to give back what it has claimed."""
        if any(process.has_claims for process in self._processes):
            self.deploy()
        else:
            self._time.after(0.1, self.deploy_amid_claims)

    def gone(self, process: Process, why: str) -> None:
        """A process has ended; another takes its place after a while."""
        self._journal.note_world(f"{process.name} ended: {why}")
        if why != RETIRED:
            self.endings[why] += 1
        self.stalls += process.stalls
        self._processes = [one for one in self._processes if one is not process]
        long = self._random.random() < 0.05
        self._time.after(self._random.uniform(300, 900) if long else self._random.uniform(1, 30), self._start)
        self._others_tidy(process)

    def cut(self, process: Process) -> None:
        """Others take a process for dead, and it is not."""
        self._journal.note_world(f"{process.name} lost its lock")
        self.cuts += 1
        self._others_tidy(process)

    def rang(self, process: Process) -> None:
        """It has committed something new; the others find it at their next look."""
        for other in self._processes:
            if other is not process:
                other.wake(self._random.uniform(0, 0.25))

    def _others_tidy(self, process: Process) -> None:
        for other in self._processes:
            if other is not process:
                other.tidy_within(self._random.uniform(0, self.ground.settings.tick_seconds))

    def _start(self) -> None:
        self.starts += 1
        process = Process(self.ground, f"okra-{self.starts}")
        self._processes.append(process)
        process.start()
