"""RESULTS.md: one part a report, each of which says when, where and under which load it was measured.

It is written anew after each report, so that a run that was broken off keeps what it had measured, and a run of one
subject renews that subject's parts alone. What another machine had measured is left out.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
# A row of a table that has a goal: its first, fifth, sixth and seventh cell.
ROW = re.compile(r"^\| (?P<what>[^|]+) \|.*\| \*\*(?P<ratio>[^|*]+)\*\* \| (?P<goal>[^|]+) \| (?P<met>yes|no) \|$")


@dataclass
class Results:
    """The file, with its parts by their headings in the order of `headings`, as far as these were measured."""

    path: Path
    machine: list[str]
    headings: tuple[str, ...]
    parts: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.path.exists():
            return
        head, *parts = re.split(r"(?m)^(?=## )", self.path.read_text(encoding="utf-8"))
        if all(line in head.splitlines() for line in self.machine):
            for part in parts:
                told = part.rstrip().splitlines()
                self.parts[told[0].removeprefix("## ")] = told

    def put(self, heading: str, told: list[str]) -> None:
        """Put a part in its place, and write the file."""
        self.parts[heading] = told
        in_order = [self.parts[one] for one in self.headings if one in self.parts]
        whole = [*self._head(in_order), *(line for part in in_order for line in [*part, ""])]
        self.path.write_text("\n".join(whole).rstrip() + "\n", encoding="utf-8")

    def _head(self, parts: list[list[str]]) -> list[str]:
        return [
            "# Benchmarks",
            "",
            "Ratios against a reference that was measured in the same run, with the same server, settings, threads and",
            "payload. `make bench` (`python -m benchmarks`) measures everything and writes this file part by part;",
            "`python -m benchmarks fanout` renews the parts of one subject.",
            "",
            *self.machine,
            "",
            *_goals(parts),
            "",
        ]


def _goals(parts: list[list[str]]) -> list[str]:
    """How many goals are met, and which are not."""
    rows = [(part[0].removeprefix("## "), found) for part in parts for line in part if (found := ROW.match(line))]
    missed = [(heading, row) for heading, row in rows if row["met"] == "no"]
    told = f"{len(rows) - len(missed)} of {len(rows)} goals are met."
    if not missed:
        return [told]
    return [
        f"{told} Those that are not:",
        "",
        *(f"- {heading}: {row['what']}: {row['ratio']}, to be {row['goal']}" for heading, row in missed),
    ]


def circumstances(command: str, begun: datetime, seconds: float, load: tuple[float, float]) -> str:
    """What a reader needs to judge a part by. `load`: the load average of a minute, before and after."""
    return (
        f"Measured by `{command}` at {begun:%Y-%m-%d %H:%M} UTC, on {_revision()}, in {seconds:.0f} s. Load average "
        f"{load[0]:.1f} before and {load[1]:.1f} after, on {os.cpu_count()} cores."
    )


def _revision() -> str:
    try:
        revision = _git("rev-parse", "--short", "HEAD")
        changed = _git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!benchmarks/RESULTS.md")
    except (OSError, subprocess.CalledProcessError):
        return "a copy without its history"
    return f"{revision} with changes" if changed else revision


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S607
