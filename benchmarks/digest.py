"""A team's digest over a year of check-ins against the same one over a single week."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from benchmarks.company import CLOSING, Size, found, open_this_week
from benchmarks.databases import ENGINES, Databases, unhurried
from benchmarks.figures import Figure, Report, at_most, median, progress
from benchmarks.scale import Scale
from bot.domain.cadence import period_on
from bot.services import digest, digest_snapshot
from models import Answer, Digest, Team
from models.database import Database

WEEKS = 52
AT_ONCE = 20
# When the company of the benchmarks posts its digests.
DIGEST_AT = CLOSING + timedelta(days=1)


def run(databases: Databases, scale: Scale) -> Iterator[Report]:
    """The snapshot alone, and a digest that is taken with all that it queues, on each engine."""
    key_results, rounds = scale.pick((30_000, 25), (600, 1))
    for engine in ENGINES:
        year, week = (_Company(databases, engine, Size(key_results, weeks=weeks)) for weeks in (WEEKS, 1))
        # One after the other, so that both meet the same machine.
        for _ in range(rounds + 1):
            for one in (year, week):
                one.measure()
        for one in (year, week):
            one.close()
        what, against = f"{key_results:,} key results, {WEEKS} weeks, {engine}", "1 week"
        yield Report(
            f"A team's digest, {engine}",
            (
                Figure(f"snapshot of a team, {what}", against, year.snapshot, week.snapshot, "ms", at_most(1.5)),
                Figure(f"digest of a team, {what}", against, year.digest, week.digest, "ms", at_most(1.5)),
                Figure(f"statements a digest, {what}", against, year.statements, week.statements, "", at_most(1)),
            ),
            (
                "A team of ten key results. The snapshot is what is read for a digest, its signals with it; a digest "
                f"is taken, kept and queued, {AT_ONCE} in a transaction. Medians. Every key result was answered in "
                f"every week before ({year.answers:,} answers), and is due in the week that is told."
            ),
        )


class _Company:
    """One database, and what was measured in it."""

    def __init__(self, databases: Databases, engine: str, size: Size) -> None:
        self._database = unhurried(databases.url(engine))
        workspace_id = found(self._database, size)
        open_this_week(self._database, size)
        with self._database.read() as session:
            of_company = sa.select(Team.id).where(Team.workspace_id == workspace_id).order_by(Team.id)
            self._team_ids = list(session.scalars(of_company))
            self.answers = session.scalar(sa.select(sa.func.count()).select_from(Answer)) or 0
        progress(f"{engine}, {size.weeks} weeks: {self.answers:,} answers are there")
        with _counted(self._database) as statements:
            _take(self._database, 1)
        self.statements = len(statements)
        self._snapshots: list[float] = []
        self._digests: list[float] = []

    def measure(self) -> None:
        """One more of each."""
        self._snapshots.append(_snapshot(self._database, self._team_ids.pop()))
        self._digests.append(_take(self._database, AT_ONCE) / AT_ONCE)

    @property
    def snapshot(self) -> float:
        """Milliseconds; the first is not counted, here and below."""
        return median(self._snapshots[1:]) * 1000

    @property
    def digest(self) -> float:
        return median(self._digests[1:]) * 1000

    def close(self) -> None:
        """Raises RuntimeError where it is no digest that was measured."""
        with self._database.read() as session:
            taken = session.scalar(sa.select(sa.func.count()).select_from(Digest))
        self._database.close()
        if taken != 1 + AT_ONCE * len(self._digests):
            raise RuntimeError(f"{taken} digests were taken")


def _snapshot(database: Database, team_id: int) -> float:
    with database.read() as session:
        team = session.get_one(Team, team_id)
        begun = perf_counter()
        snapshot = digest_snapshot.read(session, DIGEST_AT, team, period_on(DIGEST_AT.date()))
        took = perf_counter() - begun
    if len(snapshot.key_results) != 10:
        raise RuntimeError(f"a digest of {len(snapshot.key_results)} key results")
    return took


def _take(database: Database, limit: int) -> float:
    begun = perf_counter()
    with database.write() as session:
        digest.take_due(session, DIGEST_AT, limit)
    return perf_counter() - begun


@contextmanager
def _counted(database: Database) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)
