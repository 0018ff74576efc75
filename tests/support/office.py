"""A workspace to import into, and rows to import."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

import sqlalchemy as sa

from bot.domain.importing.columns import Column
from bot.domain.importing.plan import ImportPlan
from bot.domain.importing.rows import Rows, read_rows
from bot.services.importing import COMMAND_LINE, Importer, import_rows, plan_import
from models import (
    KeyResult,
    KeyResultRevision,
    Member,
    MemberKind,
    Team,
    Workspace,
)
from models.base import Base
from models.database import Database

Table = TypeVar("Table", bound=Base)

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 10, 9, 8, tzinfo=UTC)


def sheet(*rows: dict[str, str]) -> Rows:
    """Rows with the columns that they name; the rest is filled in."""
    basis = {"org": "Longfetch", "cycle": "2026 Q4", "level": "team", "team": "Hulls", "objective": "Float"}
    lines = [",".join(Column)]
    lines += [",".join('"' + {**basis, **row}.get(column, "") + '"' for column in Column) for row in rows]
    found = read_rows("\n".join(lines))
    assert found.problems == ()
    return found


def row(key: str, key_result: str = "Leaks from 9 to 2", **cells: str) -> dict[str, str]:
    return {"id": key, "key_result": key_result, **{name.replace("_", " "): text for name, text in cells.items()}}


class Office:
    """A workspace to import into."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.write() as session:
            workspace = Workspace(name="Longfetch", time_zone="Europe/London", created_at=NOW)
            session.add(workspace)
            session.flush()
            self.workspace_id = workspace.id

    def hire(self, name: str, kind: MemberKind = MemberKind.FULL) -> int:
        with self.database.write() as session:
            first = name.split(maxsplit=1)[0]
            member = Member(
                workspace_id=self.workspace_id,
                slack_user_id=f"U0{first.upper()}",
                name=name,
                display_name=first,
                email=f"{first.lower()}@longfetch.example",
                time_zone="UTC",
                kind=kind,
                created_at=NOW,
            )
            session.add(member)
            session.flush()
            return member.id

    def imports(
        self,
        rows: Rows,
        *,
        reason: str | None = None,
        stops: str | None = None,
        now: datetime = NOW,
        importer: Importer = COMMAND_LINE,
    ) -> ImportPlan:
        with self.database.write() as session:
            return import_rows(session, self.workspace_id, rows, now, importer=importer, reason=reason, stops=stops)

    def switch_on(self) -> None:
        """All teams check in."""
        with self.database.write() as session:
            session.execute(sa.update(Team).values(switched_on_at=NOW))

    def plan(self, rows: Rows, now: datetime = NOW) -> ImportPlan:
        with self.database.read() as session:
            return plan_import(session, self.workspace_id, rows, now)

    def all(self, table: type[Table]) -> Sequence[Table]:
        with self.database.read() as session:
            return session.scalars(sa.select(table).order_by(table.id)).all()

    def one(self, key: str) -> KeyResult:
        with self.database.read() as session:
            return session.scalars(sa.select(KeyResult).where(KeyResult.import_key == key)).one()

    def revisions(self, key: str) -> Sequence[KeyResultRevision]:
        with self.database.read() as session:
            return session.scalars(
                sa.select(KeyResultRevision)
                .join(KeyResult, KeyResult.id == KeyResultRevision.key_result_id)
                .where(KeyResult.import_key == key)
                .order_by(KeyResultRevision.revision)
            ).all()

    def count(self, table: type[Base]) -> int:
        with self.database.read() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
