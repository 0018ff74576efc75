"""`python -m proofs.rehearsals`: full rehearsals in heavy weather, one process each, and what came of all of them.

Seeds 1 to 20 on SQLite and three of them on PostgreSQL lose nothing, say nothing twice and break no promise; one seed
tells the same twice; in all of them together death has struck at every point of the code, but for those that no
rehearsal comes to (`bot/rehearsal/points.py` says why), and nothing was later than the documented bound. One more,
beyond that bound, shows what lies outside. As many run at a time as there are cores. Prints a line for each as it ends,
then a summary as JSON; how long they took is told, and no reason to fail.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from benchmarks.databases import POSTGRESQL, databases


@dataclass(frozen=True)
class Run:
    """One rehearsal that has ended. `seconds`: of the clock on the wall; `cpu_seconds`: of the processor."""

    database: str
    seed: int
    faults: str
    seconds: float
    cpu_seconds: float
    text: str

    @property
    def facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def broken(self) -> tuple[int, int, int]:
        facts = self.facts
        return facts["lost"], facts["duplicates"], facts["violations"]

    def line(self) -> str:
        lost, duplicates, violations = self.broken
        return (
            f"{self.database} seed {self.seed} {self.faults}: "
            f"{lost} lost, {duplicates} duplicates, {violations} violations, "
            f"{self.seconds:.0f} s ({self.cpu_seconds:.0f} s of the processor)"
        )


def rehearse(owners: int, weeks: int, seed: int, *, faults: str = "heavy", database_url: str = "") -> Run:
    """Run `okra rehearse` in a process of its own. Raises CalledProcessError where it did not come to its end."""
    command = [sys.executable, "-m", "bot", "rehearse", "--owners", str(owners), "--weeks", str(weeks)]
    command += ["--seed", str(seed), "--faults", faults]
    if database_url:
        command += ["--database-url", database_url]
    before, begun = os.times(), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = os.times()
    if not done.stdout.startswith("{"):
        raise subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    kind = "PostgreSQL" if database_url else "SQLite"
    run = Run(kind, seed, faults, time.monotonic() - begun, cpu, done.stdout)
    print(run.line(), file=sys.stderr, flush=True)
    return run


def summary(heavy: list[Run], again: Run, beyond: Run) -> dict[str, object]:
    """What all of them show together."""
    never = set[str]()
    struck = set[str]()
    for run in heavy:
        never.update(run.facts["points_never_struck"])
        struck.update(run.facts["deaths"])
    first = next(run for run in heavy if run.seed == again.seed and run.database == again.database)
    return {
        "rehearsals": len(heavy),
        "owners": first.facts["owners"],
        "weeks": first.facts["weeks"],
        "lost": sum(run.broken[0] for run in heavy),
        "duplicates": sum(run.broken[1] for run in heavy),
        "violations": sum(run.broken[2] for run in heavy),
        "unclean": [run.line() for run in heavy if any(run.broken)],
        "messages": sum(sum(run.facts["messages"].values()) for run in heavy),
        "answers_told_as_saved": sum(run.facts["answers_told_as_saved"] for run in heavy),
        "deaths": sum(sum(run.facts["deaths"].values()) for run in heavy),
        "points_struck": len(struck),
        "points_never_struck": sorted(never - struck),
        "faults": sum(sum(run.facts["faults"].values()) for run in heavy),
        "effects_outside_the_bound": sum(run.facts["outside_the_bound"] for run in heavy),
        "longest_seconds": round(max(run.seconds for run in heavy), 1),
        "longest_cpu_seconds": round(max(run.cpu_seconds for run in heavy), 1),
        "same_seed_same_report": again.text == first.text,
        "beyond_the_bound": {
            "seed": beyond.seed,
            "effects_outside": beyond.facts["outside_the_bound"],
            "lost": beyond.broken[0],
            "duplicates": beyond.broken[1],
            "violations": beyond.broken[2],
        },
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m proofs.rehearsals", description=__doc__)
    parser.add_argument("--owners", type=int, default=200)
    parser.add_argument("--weeks", type=int, default=13)
    parser.add_argument("--seeds", type=int, default=20, help="1 to this one, on SQLite")
    parser.add_argument("--postgresql", type=int, default=3, help="1 to this one, on PostgreSQL")
    given = parser.parse_args()
    # Each in a process of its own, which counts what its rehearsals take of the processor.
    with databases() as made, ProcessPoolExecutor(os.cpu_count()) as pool:

        def one(seed: int, **how: str) -> Future[Run]:
            return pool.submit(rehearse, given.owners, given.weeks, seed, **how)

        runs = [one(seed) for seed in range(1, given.seeds + 1)]
        runs += [one(seed, database_url=made.url(POSTGRESQL)) for seed in range(1, given.postgresql + 1)]
        again, beyond = one(1), one(1, faults="beyond")
        told = summary([run.result() for run in runs], again.result(), beyond.result())
    print(json.dumps(told, indent=2))
    return 0 if is_whole(told) else 1


def is_whole(told: Mapping[str, Any]) -> bool:
    """Whether all that a summary tells is as it must be."""
    nothing = ("lost", "duplicates", "violations", "points_never_struck", "effects_outside_the_bound")
    return (
        not any(told[name] for name in nothing)
        and told["same_seed_same_report"]
        and told["beyond_the_bound"]["effects_outside"] > 0
    )


if __name__ == "__main__":
    sys.exit(main())
