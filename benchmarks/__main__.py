"""`python -m benchmarks [subject …] [--quick]`: measure, print, and write each report into RESULTS.md as it comes."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from benchmarks.databases import Databases, databases
from benchmarks.figures import Report, lines, machine
from benchmarks.results import Results, circumstances
from benchmarks.scale import Scale
from benchmarks.serving import quiet

# In this order; each is a module with `run(databases, scale)`, which gives the reports that are named here, in turn.
SUBJECTS = {
    "interaction": ("An interaction that records a check-in",),
    "fanout": ("Fan-out within Slack's limit", "Fan-out without a limit"),
    "claims": ("Claims",),
    "tick": ("A tick", "A tick against a job per owner"),
    "digest": ("A team's digest, SQLite", "A team's digest, PostgreSQL"),
    "memory": ("A worker's memory",),
    "startup": ("Start-up",),
}
ASIDE = ("profile",)
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    names = (*SUBJECTS, *ASIDE)
    parser.add_argument("subjects", nargs="*", help=f"which: {', '.join(names)}; all of RESULTS.md without a name")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: it runs, and the figures mean nothing")
    given = parser.parse_args()
    strange = sorted(set(given.subjects) - set(names))
    if strange:
        parser.error(f"no benchmark is called {', '.join(strange)}")
    quiet()
    command = " ".join(["python -m benchmarks", *given.subjects])
    broken = []
    with databases() as made:
        for subject in given.subjects or SUBJECTS:
            try:
                _measure(made, subject, Scale(quick=given.quick), command)
            except Exception:  # the others are measured all the same
                traceback.print_exc()
                broken.append(subject)
    if broken:
        print(f"not measured: {', '.join(broken)}", file=sys.stderr)
    return 1 if broken else 0


def _measure(made: Databases, subject: str, scale: Scale, command: str) -> None:
    run: Callable[[Databases, Scale], Iterator[Report]] = importlib.import_module(f"benchmarks.{subject}").run
    reports = run(made, scale)
    while True:
        at, begun, load = datetime.now(UTC), perf_counter(), os.getloadavg()[0]
        report = next(reports, None)
        if report is None:
            return
        took = perf_counter() - begun
        told = lines(report, circumstances(command, at, took, (load, os.getloadavg()[0])))
        print("\n".join(told), flush=True)
        if subject in SUBJECTS and not scale.quick:
            headings = tuple(heading for one in SUBJECTS.values() for heading in one)
            Results(RESULTS, machine(made.postgresql_version), headings).put(report.subject, told)


if __name__ == "__main__":
    sys.exit(main())
