from __future__ import annotations

import ast
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from answers import answered
from company import MONDAY, Company

from bot.services import outbox
from migrations import run
from models import Answer, AnswerSource, Base, Blocker, Delivery, PostKind
from models.database import Database, open_database


def test_the_migrations_make_the_tables_that_the_models_describe(database: Database) -> None:
    with database.engine.connect() as connection:
        command.check(run.config(connection))


def test_the_migrations_make_every_check_and_counter_that_the_models_describe(
    database: Database, tmp_path: Path
) -> None:
    if not database.is_sqlite:
        found = sa.inspect(database.engine)
        checks = {table: {one["name"] for one in found.get_check_constraints(table)} for table in Base.metadata.tables}
        assert checks == {
            name: {str(one.name) for one in table.constraints if isinstance(one, sa.CheckConstraint)}
            for name, table in Base.metadata.tables.items()
        }
        return
    made = open_database(f"sqlite:///{tmp_path / 'made.db'}")
    Base.metadata.create_all(made.engine)
    assert _written_rules(database) == _written_rules(made)
    made.close()


def test_an_empty_database_gets_the_schema_that_the_migrations_make(database: Database) -> None:
    migrated = _all_that_is_written(database)
    run.downgrade(database, "base")
    assert run.upgrade(database) is True
    assert run.is_current(database)
    assert _all_that_is_written(database) == migrated


def test_rows_survive_the_way_down_and_up(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata")
        key_result = company.key_result(company.objective(company.team("Growth")), owner)
        answer = answered(session, key_result, MONDAY)
        answer.source = AnswerSource.UNCHANGED
        for key, kind in (("prompt:1", PostKind.PROMPT), ("prompt:1:again", PostKind.PROMPT_AGAIN)):
            outbox.post(
                session,
                company.now,
                outbox.NewPost(workspace_id=owner.workspace_id, key=key, kind=kind, member_id=owner.id),
            )
    run.downgrade(database, "0001")
    run.upgrade(database)
    with database.read() as session:
        assert [one.source for one in session.scalars(sa.select(Answer))] == [AnswerSource.DIALOG]
        assert session.scalars(sa.select(Delivery.key)).all() == ["prompt:1"]


def _all_that_is_written(database: Database) -> dict[str, set[tuple[object, ...]]]:
    """Columns, indexes and constraints as the engine tells of them. In which order columns stand means nothing."""
    with database.engine.connect() as connection:
        if not database.is_sqlite:
            return {what: set(map(tuple, connection.execute(sa.text(asked)))) for what, asked in POSTGRES_TELLS.items()}
        tables = connection.scalars(sa.text("select name from sqlite_master where type = 'table'")).all()
        told: dict[str, set[tuple[object, ...]]] = {}
        for table in tables:
            for pragma in ("table_xinfo", "foreign_key_list"):
                rows = connection.exec_driver_sql(f"pragma {pragma}({table})")
                # The first is a number in the order of their making.
                told[f"{pragma} {table}"] = {tuple(row)[1:] for row in rows}
        indexes = sa.text("select tbl_name, sql from sqlite_master where type = 'index' and sql is not null")
        told["indexes"] = set(map(tuple, connection.execute(indexes)))
    told["rules"] = {(table, counts, *sorted(checks)) for table, (counts, checks) in _written_rules(database).items()}
    return told


POSTGRES_TELLS = {
    "columns": "select table_name, column_name, data_type, is_nullable, column_default, is_identity"
    " from information_schema.columns where table_schema = 'public'",
    "indexes": "select tablename, indexdef from pg_indexes where schemaname = 'public'",
    "constraints": "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
    " where connamespace = 'public'::regnamespace",
}


def _written_rules(database: Database) -> dict[str, tuple[bool, set[tuple[str, str]]]]:
    """By table: whether its ids are counted on, and its CHECK constraints."""
    found = sa.inspect(database.engine)
    rules = {}
    with database.engine.connect() as connection:
        for table in Base.metadata.tables:
            sql = connection.scalar(sa.text("select sql from sqlite_master where name = :name"), {"name": table})
            checks = {(str(one["name"]), one["sqltext"]) for one in found.get_check_constraints(table)}
            rules[table] = ("AUTOINCREMENT" in str(sql), checks)
    return rules


def test_there_is_one_head_and_the_code_knows_it() -> None:
    assert ScriptDirectory.from_config(run.config()).get_heads() == [run.HEAD]


# What a migration may take away, because nothing that runs beside it reads it.
TAKEN_AWAY: dict[str, set[str]] = {}


def test_no_migration_takes_away_what_the_version_before_may_read() -> None:
    taken: dict[str, set[str]] = {}
    for script in ScriptDirectory.from_config(run.config()).walk_revisions():
        (way_up,) = (
            one
            for one in ast.parse(Path(script.path).read_text(encoding="utf-8")).body
            if isinstance(one, ast.FunctionDef) and one.name == "upgrade"
        )
        calls = {one.func.attr for one in ast.walk(way_up) if isinstance(one, ast.Call) and hasattr(one.func, "attr")}
        if away := calls & {"drop_column", "drop_table", "rename_table"}:
            taken[script.revision] = away
    assert taken == TAKEN_AWAY


def test_a_database_of_this_version_is_left_alone(database: Database) -> None:
    assert run.is_current(database)
    assert run.upgrade(database) is False


def test_the_way_down_leaves_nothing_and_the_way_up_works_again(database: Database) -> None:
    run.downgrade(database, "base")
    left = set(sa.inspect(database.engine).get_table_names()) - {"alembic_version", "sqlite_sequence"}
    assert left == set()
    assert run.upgrade(database) is True
    assert run.is_current(database)


@pytest.mark.parametrize("table", ["check_in", "key_result", "delivery", "escalation"])
def test_row_ids_are_never_used_again_on_sqlite(table: str, sqlite_template: object) -> None:
    engine = sa.create_engine(f"sqlite:///{sqlite_template}")
    with engine.connect() as connection:
        sql = connection.scalar(sa.text("select sql from sqlite_master where name = :name"), {"name": table})
    engine.dispose()
    assert "AUTOINCREMENT" in str(sql)


def test_a_key_result_has_one_open_blocker_at_a_time(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        key_result = company.key_result(company.objective(company.team("Growth")), company.person("Mere Ngata"))
        answer = answered(session, key_result, MONDAY)
        blocker = {
            "workspace_id": key_result.workspace_id,
            "key_result_id": key_result.id,
            "answer_id": answer.id,
            "by_words": "the auditor",
            "wants_help": False,
            "opened_at": answer.at,
        }
        session.add(Blocker(**blocker, cleared_at=answer.at))
        session.add(Blocker(**blocker))
        session.flush()
        session.add(Blocker(**blocker))
        with pytest.raises(sa.exc.IntegrityError):
            session.flush()
        session.rollback()
