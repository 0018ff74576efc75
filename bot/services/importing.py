"""Importing a file of OKRs: the difference to what is there, and writing it down. Needs no Slack and asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.importing.difference import difference
from bot.domain.importing.plan import ImportPlan
from bot.domain.importing.problem import Problem
from bot.domain.importing.rows import Rows
from bot.domain.importing.sheet import read_sheet
from bot.domain.organisation import Level
from bot.services.asking import hold
from bot.services.import_snapshot import snapshot
from bot.services.import_writing import COMMAND_LINE, Importer, Writing
from models import Team, Workspace

__all__ = ["COMMAND_LINE", "ImportRefused", "Importer", "apply_import", "import_rows", "plan_import"]


class ImportRefused(Exception):
    """Nothing was written. `problems` is what to put right first, in the order of the file.

    `wants_reason`: there is nothing wrong with the file, but it changes texts or targets, or adds key results in
    mid-cycle, and nobody said why; `wants_stops`: nor what stops for that.
    """

    def __init__(self, problems: Sequence[Problem], *, wants_reason: bool = False, wants_stops: bool = False) -> None:
        super().__init__(f"{len(problems)} to put right")
        self.problems = tuple(problems)
        self.wants_reason = wants_reason
        self.wants_stops = wants_stops


def plan_import(session: Session, workspace_id: int, rows: Rows, now: datetime) -> ImportPlan:
    """What importing `rows` would do; changes nothing.

    The plan holds every problem with the file, from its quotes to its teams; without one, it holds every row. Which
    cycles are over is decided by the day that `now` is in the workspace's zone.
    """
    workspace = session.get_one(Workspace, workspace_id)
    sheet = read_sheet(rows, company=_company(session, workspace))
    today = now.astimezone(ZoneInfo(workspace.time_zone)).date()
    return difference(workspace_id, sheet, snapshot(session, workspace_id, today))


def apply_import(
    session: Session, plan: ImportPlan, importer: Importer, now: datetime, *, reason: str | None, stops: str | None
) -> None:
    """Write down a plan that was made in this transaction, with an audit event for each thing created or changed.

    Teams are created off, so nobody is asked anything. Raises `ImportRefused`, with nothing written, where the plan
    has problems, or where the plan wants reasons, or what stops, and they are not given.
    """
    why, what_stops = (reason or "").strip() or None, (stops or "").strip() or None
    if plan.problems:
        raise ImportRefused(plan.problems)
    wants_stops = bool(plan.stops_wanted) and what_stops is None
    if plan.reasons_wanted and why is None:
        raise ImportRefused(plan.reasons_wanted, wants_reason=True, wants_stops=wants_stops)
    if wants_stops:
        raise ImportRefused(plan.stops_wanted, wants_stops=True)
    Writing(session, plan, importer, now, reason=why, stops=what_stops).write()


def import_rows(
    session: Session,
    workspace_id: int,
    rows: Rows,
    now: datetime,
    *,
    importer: Importer,
    reason: str | None = None,
    stops: str | None = None,
) -> ImportPlan:
    """Plan and apply in one go, with the workspace held so that two imports at once come one after the other.

    Returns the plan as it was applied. Raises `ImportRefused` as `apply_import` does.
    """
    hold(session, workspace_id)
    plan = plan_import(session, workspace_id, rows, now)
    apply_import(session, plan, importer, now, reason=reason, stops=stops)
    return plan


def _company(session: Session, workspace: Workspace) -> str:
    """The company's name where a file does not say it: the only company there is, or else the workspace's name."""
    names = session.scalars(
        sa.select(Team.name).where(
            Team.workspace_id == workspace.id, Team.level == Level.COMPANY, Team.archived_at.is_(None)
        )
    ).all()
    return names[0] if len(names) == 1 else workspace.name
