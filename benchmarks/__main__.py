"""`python -m benchmarks [subject …] [--quick]`: measure, print, and write RESULTS.md when everything was measured."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from benchmarks.databases import Databases, databases
from benchmarks.figures import Report, lines, machine
from benchmarks.scale import Scale
from benchmarks.serving import quiet

# In this order; each is a module with `run(databases, scale) -> Report`.
SUBJECTS = ("interaction", "tick", "fanout", "claims", "digest", "memory", "startup")
ASIDE = ("profile",)
RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("subjects", nargs="*", help=f"which: {', '.join(SUBJECTS + ASIDE)}; all without a name")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: it runs, and the figures mean nothing")
    given = parser.parse_args()
    strange = sorted(set(given.subjects) - set(SUBJECTS + ASIDE))
    if strange:
        parser.error(f"no benchmark is called {', '.join(strange)}")
    quiet()
    told: list[str] = []
    with databases() as made:
        for subject in given.subjects or SUBJECTS:
            told += _measure(made, subject, Scale(quick=given.quick))
        if not given.subjects and not given.quick:
            RESULTS.write_text("\n".join(_head(made) + told).rstrip() + "\n", encoding="utf-8")


def _measure(made: Databases, subject: str, scale: Scale) -> list[str]:
    run: Callable[[Databases, Scale], Report] = importlib.import_module(f"benchmarks.{subject}").run
    begun = perf_counter()
    found = lines(run(made, scale))
    print("\n".join(found), flush=True)
    print(f"({subject}: {perf_counter() - begun:.0f} s)\n", file=sys.stderr, flush=True)
    return found


def _head(made: Databases) -> list[str]:
    return [
        "# Benchmarks",
        "",
        "Ratios against a reference that was measured in the same run, with the same server, settings, threads and",
        "payload. Written by `make bench` (`python -m benchmarks`); one subject alone: `python -m benchmarks fanout`.",
        "",
        *machine(made.postgresql_version),
        "",
    ]


if __name__ == "__main__":
    main()
