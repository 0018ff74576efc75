"""What a worker asks again and again costs the same after years: it reads what is to be done, not all that was done.

PostgreSQL plans what is asked often once, for any values (a *generic* plan), or anew for the values of each time: its
choice. Neither plan may read the whole of a table that grows from week to week.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from post_office import Alive, PostOffice, There
from sqlalchemy import event

from bot.services import agenda
from models.database import Database
from scheduler import courier, delivery, due, publishing, redrawing, ticks

# Of each table that grows. To read one whole takes hundreds of pages, to look for what is to be done a few.
OLD_ROWS, FEW_PAGES = 10_000, 60

NAME = re.compile(r"%\((\w+)\)s")
TABLES = "answer|check_in|delivery|escalation|message|seen_event"
ABOUT = re.compile(rf"^(?:SELECT|UPDATE|DELETE)\b.*\b(?:FROM|JOIN|UPDATE) (?:{TABLES})\b", re.DOTALL)

OLD = (
    "set statement_timeout = 0",
    """insert into check_in (workspace_id, key_result_id, period, owner_id, state, asks_value, opens_at, closes_at)
       select {workspace_id}, {key_result_id}, date '1600-01-03' + 7 * n, {member_id},
              case when n % 10 = 0 then 'missed' else 'answered' end, true, now(), now()
       from generate_series(1, {rows}) n""",
    """insert into answer (workspace_id, check_in_id, revision, definition, author_id, source, confidence, changed,
                           working, next_move, need, plan, at)
       select workspace_id, id, 1, 1, owner_id, 'dialog', 'green', 'More', 'All', 'On', '', '', now() from check_in""",
    """insert into escalation (workspace_id, key_result_id, team_id, state, round, opened_at, decided_at, resolved_at,
                               has_moved, regrouped)
       select {workspace_id}, {key_result_id}, {team_id}, 'resolved', 1, now(), now(), now(), false, 0
       from generate_series(1, {rows}) n""",
    """insert into delivery (workspace_id, key, kind, member_id, bulk, state, generation, attempts, lost, not_before,
                             opaque_id, created_at, settled_at, posted_channel, posted_ts)
       select {workspace_id}, 'old:' || n, 'prompt', {member_id}, n % 3 > 0,
              case when n % 20 = 0 then 'obsolete' when n % 100 = 1 then 'failed' else 'sent' end, 1, 1, 0,
              timestamptz '2026-01-01' + n * interval '1 second', 'old' || n, now(), now(), 'D1', 'ts' || n
       from generate_series(1, {rows}) n""",
    """insert into message (workspace_id, delivery_id, channel, ts, wanted, shown, generation, not_before, attempts)
       select workspace_id, id, posted_channel, posted_ts, 2, 2, 1, not_before, 0 from delivery""",
    """insert into seen_event (workspace_id, slack_id, words, seen_at)
       select {workspace_id}, 'Ev' || n, '', timestamptz '2026-10-05 08:00Z' from generate_series(1, {rows}) n""",
    "analyze",
)

QUEUED = """
    insert into delivery (workspace_id, key, kind, member_id, bulk, state, generation, attempts, lost, not_before,
                          opaque_id, created_at)
    select workspace_id, 'new:' || id, kind, member_id, true, 'queued', 0, 0, 0, timestamptz '2026-10-05 08:00Z',
           'new' || id, now()
    from delivery where state = 'sent'
"""


class OldOffice(PostOffice):
    """A post office after some years, in which nothing is to be done."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        with database.write() as session:
            company = There(session)
            team, owner = company.team("Growth"), company.person("Mele")
            key_result = company.key_result(company.objective(team), owner)
            ids = {
                "workspace_id": self.workspace_id,
                "team_id": team.id,
                "member_id": owner.id,
                "key_result_id": key_result.id,
            }
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in OLD:
                connection.exec_driver_sql(statement.format(rows=OLD_ROWS, **ids).replace("%", "%%"))

    @contextmanager
    def heard(self) -> Iterator[dict[str, Mapping[str, Any]]]:
        """The statements that are sent while the block runs, and the values that each was first sent with."""
        found: dict[str, Mapping[str, Any]] = {}

        def hear(_connection: Any, _cursor: Any, text: str, values: Any, *_rest: Any) -> None:
            found.setdefault(text, values[0] if isinstance(values, list) else values)

        engine = self.runtime.database.engine
        event.listen(engine, "before_cursor_execute", hear)
        try:
            yield found
        finally:
            event.remove(engine, "before_cursor_execute", hear)


@pytest.fixture
def old(database: Database) -> OldOffice:
    if database.is_sqlite:
        pytest.skip("SQLite's plans do not depend on values: tests/rehearsal/test_ways.py reads them")
    return OldOffice(database)


def pages_read(database: Database, text: str, values: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """How many pages of tables and indexes a statement reads by each kind of plan, and that plan."""
    names = list(dict.fromkeys(NAME.findall(text)))
    prepared = NAME.sub(lambda found: f"${names.index(found[1]) + 1}", text).replace("%%", "%")
    given = f"({', '.join(['%s'] * len(names))})" if names else ""
    explain = f"explain (analyze, buffers, timing off, summary off) execute one {given}"
    for choice in ("force_custom_plan", "force_generic_plan"):
        with database.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            cursor = psycopg.ClientCursor(driver)
            cursor.execute(f"set local plan_cache_mode = {choice}")
            cursor.execute(f"prepare one as {prepared}")
            plan = "\n".join(row[0] for row in cursor.execute(explain, [values[name] for name in names]))
            cursor.execute("deallocate one")
            connection.rollback()
        # The first line with buffers is the whole statement's, before those of its parts and of planning.
        whole = re.search(r"Buffers: (.*)", plan)
        yield sum(map(int, re.findall(r"(?:hit|read)=(\d+)", whole[1]))) if whole else 0, f"{choice}: {text}\n{plan}"


def test_what_is_asked_when_nothing_is_to_be_done_reads_no_table_whole(old: OldOffice) -> None:
    with old.heard() as statements:
        worker = courier.Courier(old.runtime, old.worker_id, Alive(), threading.Event())
        worker.look()
        worker.tidy(old.clock)
        ticks.tick(old.runtime, old.worker_id, old.clock)
        ticks.purge(old.runtime, old.clock)
        # What they ask only where there is something, and find nothing again because another worker was there.
        redrawing.claim(old.runtime, old.clock)
        publishing.claim(old.runtime, old.clock)
        with old.runtime.write() as session:
            due.take_back(session, old.workspace_id, old.clock)
            due.following(session, old.workspace_id, old.clock, most=delivery.BATCH, bulk=True)
            for step in ticks.STEPS:
                step.run(session, old.clock, step.at_most)
        with old.runtime.read() as session:
            agenda.next_due(session)
    assert len([text for text in statements if ABOUT.search(text)]) > 10
    assert_narrow(old.runtime.database, statements)


def test_a_worker_reads_no_further_into_a_queue_than_it_takes(old: OldOffice) -> None:
    with old.runtime.database.engine.begin() as connection:
        # Nobody has counted these yet.
        connection.exec_driver_sql(QUEUED)
    with old.heard() as statements:
        assert delivery.something_is_due(old.runtime, old.clock)
        with old.runtime.write() as session:
            found = due.following(session, old.workspace_id, old.clock, most=delivery.BATCH, bulk=True)
        assert len(found) == delivery.BATCH
    assert_narrow(old.runtime.database, statements)


def assert_narrow(database: Database, statements: Mapping[str, Mapping[str, Any]]) -> None:
    about = [text for text in statements if ABOUT.search(text)]
    read = [one for text in about for one in pages_read(database, text, statements[text])]
    wide = [f"{pages} pages, {plan}" for pages, plan in read if pages > FEW_PAGES]
    assert about
    assert not wide, "\n\n".join(wide)
