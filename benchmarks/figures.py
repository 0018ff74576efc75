"""A figure is a ratio: what was measured, over a reference measured in the same run under the same conditions."""

from __future__ import annotations

import os
import platform
import sqlite3
import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from time import perf_counter


@dataclass(frozen=True)
class Goal:
    """What a ratio is to be: at least `bound`, or at most."""

    bound: float
    at_most: bool = False

    def is_met(self, ratio: float) -> bool:
        return ratio <= self.bound if self.at_most else ratio >= self.bound

    def __str__(self) -> str:
        return f"{'at most' if self.at_most else 'at least'} {self.bound:.3g}"


def at_least(bound: float) -> Goal:
    return Goal(bound)


def at_most(bound: float) -> Goal:
    return Goal(bound, at_most=True)


@dataclass(frozen=True)
class Figure:
    """`measured` over `reference`, both in `unit`. `goal` is null for what is only told."""

    what: str
    against: str
    measured: float
    reference: float
    unit: str
    goal: Goal | None = None

    @property
    def ratio(self) -> float:
        return self.measured / self.reference

    @property
    def verdict(self) -> str:
        if self.goal is None:
            return ""
        return "yes" if self.goal.is_met(self.ratio) else "no"


@dataclass(frozen=True)
class Report:
    """The figures of one benchmark. `note` says how they were measured."""

    subject: str
    figures: tuple[Figure, ...]
    note: str


def timed(work: Callable[[], object]) -> float:
    """How long it takes, in seconds."""
    begun = perf_counter()
    work()
    return perf_counter() - begun


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def show(value: float) -> str:
    """A number to three digits, for people."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def progress(said: str) -> None:
    """Tell whoever waits how far it is."""
    print(f"  {said}", file=sys.stderr, flush=True)


def lines(report: Report, circumstances: str) -> list[str]:
    """A report as Markdown, with what it was measured under."""
    told = [
        f"## {report.subject}",
        "",
        circumstances,
        "",
        "| measured | | reference | | ratio | goal | met |",
        "|---|---|---|---|---|---|---|",
    ]
    for figure in report.figures:
        told.append(
            f"| {figure.what} | {show(figure.measured)} {figure.unit} | {figure.against} "
            f"| {show(figure.reference)} {figure.unit} | **{show(figure.ratio)}** "
            f"| {figure.goal or ''} | {figure.verdict} |"
        )
    return [*told, "", report.note]


def machine(postgresql: str) -> list[str]:
    """What the figures were measured on: nothing that says whose machine it is."""
    return [
        f"- {os.cpu_count()} cores, {platform.machine()}, {platform.system()}",
        f"- Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, PostgreSQL {postgresql}",
        "- " + ", ".join(f"{name} {version(name)}" for name in ("slack-bolt", "slack-sdk", "SQLAlchemy", "waitress")),
    ]
