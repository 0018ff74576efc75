"""Many rows at once: the same rows on both engines, in one statement on PostgreSQL."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from company import Company
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from queries import counted
from sqlalchemy.orm import Session

from bot.domain.kinds import Kind
from models import KeyResultRevision, Member, Worker
from models.base import table_of
from models.database import Database
from models.many import ForEach, insert_all
from models.once import insert_all_once

NOW = datetime(2026, 10, 12, 9, tzinfo=UTC)
_worker = table_of(Worker)
_SEEN = ForEach(
    Worker,
    lambda each: sa.and_(_worker.c.id == each("of"), _worker.c.stopped_at.is_(None)),
    lambda each: {"name": each("called")},
    of=_worker.c.id,
    called=_worker.c.name,
)
_member = table_of(Member)
_WAITS = ForEach(
    Member,
    lambda each: _member.c.id == each("id"),
    lambda each: {"next_opening_at": each("opens"), "next_period": each("of")},
    held=True,
    id=_member.c.id,
    opens=_member.c.next_opening_at,
    of=_member.c.next_period,
)
words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20)


def _workers(session: Session) -> list[tuple[str, datetime, datetime | None]]:
    rows = session.execute(sa.select(Worker.name, Worker.started_at, Worker.stopped_at).order_by(Worker.id))
    return [(name, started, stopped) for name, started, stopped in rows]


# Each example begins with an empty table.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(words, st.integers(0, 10**6), st.booleans()), max_size=40))
def test_what_is_inserted_is_what_stands_there_in_its_order(
    database: Database, wanted: list[tuple[str, int, bool]]
) -> None:
    given_rows = [
        (name, NOW + timedelta(milliseconds=at), NOW + timedelta(days=1) if stopped else None)
        for name, at, stopped in wanted
    ]
    with database.write() as session:
        session.execute(sa.delete(Worker))
        insert_all(
            session,
            Worker,
            [{"name": name, "started_at": started, "stopped_at": stopped} for name, started, stopped in given_rows],
        )
        assert _workers(session) == given_rows


def test_defaults_stand_where_nothing_is_said_and_types_are_the_columns_own(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        one = company.key_result(company.objective(company.team("Growth")), company.person("Bo Owner"))
        common = {
            "workspace_id": one.workspace_id,
            "key_result_id": one.id,
            "text": "100 % “free”, {curly}",
            "kind": Kind.INCREASE,
            "due_on": None,
            "reason": "it was too low",
            "created_at": NOW,
        }
        rows = [
            common | {"revision": 2, "target": Decimal("0.1000"), "start": None},
            common | {"revision": 3, "target": Decimal(3), "start": Decimal("-7"), "due_on": date(2026, 12, 1)},
        ]
        made = insert_all_once(session, KeyResultRevision, rows, key=("key_result_id", "revision"))
        assert set(made) == {(one.id, 2), (one.id, 3)}
        # Those that are there already stay as they are, and only the new one is told.
        rows = [*rows, common | {"revision": 4, "target": Decimal(3), "start": None}]
        assert set(insert_all_once(session, KeyResultRevision, rows, key=("key_result_id", "revision"))) == {
            (one.id, 4)
        }
        kept = session.scalars(
            sa.select(KeyResultRevision).where(KeyResultRevision.revision > 1).order_by(KeyResultRevision.revision)
        ).all()
        assert [(row.target, row.start, row.due_on) for row in kept] == [
            (Decimal("0.1"), None, None),
            (Decimal(3), Decimal(-7), date(2026, 12, 1)),
            (Decimal(3), None, None),
        ]
        assert {(row.kind, row.text, row.value_every_weeks) for row in kept} == {(Kind.INCREASE, common["text"], 1)}


@pytest.mark.parametrize("count", [0, 1, 2, 150])
def test_each_row_is_changed_to_its_own_values(database: Database, count: int) -> None:
    with database.write() as session:
        insert_all(session, Worker, [{"name": "as before", "started_at": NOW} for _ in range(151)])
        ids = session.scalars(sa.select(Worker.id).order_by(Worker.id)).all()
    with counted(database) as statements, database.write() as session:
        _SEEN.run(session, [{"of": one, "called": f"worker {one}", "more": 1} for one in ids[:count]])
    assert len([one for one in statements if "UPDATE" in str(one).upper()]) == min(count, 1)
    with database.read() as session:
        names = session.scalars(sa.select(Worker.name).order_by(Worker.id)).all()
    assert names == [f"worker {one}" if place < count else "as before" for place, one in enumerate(ids)]


def test_rows_that_are_held_are_changed_each_to_its_own_value(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        people = [company.person(f"Owner {number}") for number in range(5)]
        session.flush()
        ids = [one.id for one in people]
        session.scalars(sa.select(Member).where(Member.id.in_(ids)).with_for_update()).all()
        _WAITS.run(
            session, [{"id": one, "opens": NOW + timedelta(days=one), "of": date(2026, 10, 12)} for one in ids[1:]]
        )
        session.expire_all()
        found = session.execute(sa.select(Member.next_opening_at, Member.next_period).order_by(Member.id)).all()
    assert [tuple(row) for row in found] == [
        (None, None),
        *((NOW + timedelta(days=one), date(2026, 10, 12)) for one in ids[1:]),
    ]
