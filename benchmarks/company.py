"""A company of any size, written by the database itself: a million key results take seconds, not hours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.confidence import Confidence
from bot.domain.cycles import CycleState
from bot.domain.kinds import Kind
from bot.domain.organisation import Level
from models import (
    Answer,
    AnswerSource,
    CheckIn,
    CheckInState,
    Cycle,
    Delivery,
    DeliveryState,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    Message,
    Objective,
    PostKind,
    Team,
    Workspace,
)
from models.base import Base
from models.database import Database

# The Monday of the week that is measured.
MONDAY = date(2026, 11, 16)
STARTS_ON, ENDS_ON = date(2026, 10, 1), date(2026, 12, 31)
FOUNDED = datetime(2026, 10, 1, 12, tzinfo=UTC)
# Everybody is in UTC, so that all openings are one instant unless a benchmark moves them.
OPENING = datetime.combine(MONDAY, time(9), tzinfo=UTC)
CLOSING = datetime.combine(MONDAY + timedelta(days=1), time(17), tzinfo=UTC)
OWNERS_IN_A_TEAM = 10
SLACK_TEAM = "T0BENCH"

Number = sa.ColumnElement[int]
Columns = Callable[[Number], Mapping[str, Any]]


@dataclass(frozen=True)
class Size:
    """So many owners with so many key results each, and the weeks in which these were answered before."""

    owners: int
    key_results_each: int = 1
    weeks: int = 1

    @property
    def key_results(self) -> int:
        return self.owners * self.key_results_each


def found(database: Database, size: Size, *, slack_team_id: str = SLACK_TEAM, opens: datetime = OPENING) -> int:
    """Write the company; returns the workspace's id. Each owner's period opens at `opens`.

    Ids count from 1 in every table, so that two databases of one size are alike. Key result n belongs to the owner
    `(n - 1) // key_results_each + 1`; ten owners make a team, which has one objective. Where there was a week before,
    its prompts were sent.
    """
    with database.write() as session:
        if not database.is_sqlite:
            # What is written here refers rightly; checking each row would take most of the time.
            session.execute(sa.text("set local session_replication_role = replica"))
        workspace = Workspace(
            name="Bench Works",
            slack_team_id=slack_team_id,
            time_zone="UTC",
            created_at=FOUNDED,
            members_read_at=opens,
            next_key_result_number=size.key_results + 1,
        )
        session.add(workspace)
        session.flush()
        cycle = Cycle(
            workspace_id=workspace.id,
            name="2026 Q4",
            starts_on=STARTS_ON,
            ends_on=ENDS_ON,
            state=CycleState.ACTIVE,
            created_at=FOUNDED,
        )
        session.add(cycle)
        session.flush()
        _rows(session, workspace.id, cycle.id, size, opens)
        workspace_id = workspace.id
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # What a server does by itself once it has been running for a while.
        connection.exec_driver_sql("analyze")
    return workspace_id


def open_this_week(database: Database, size: Size) -> None:
    """Every key result's check-in of this week is due, as the planning tick leaves it."""
    with database.write() as session:
        _check_ins(session, size, MONDAY, CheckInState.DUE)


def _rows(session: Session, workspace_id: int, cycle_id: int, size: Size, opens: datetime) -> None:
    common = {"workspace_id": workspace_id, "created_at": FOUNDED}
    teams = -(-size.owners // OWNERS_IN_A_TEAM)

    def member(n: Number) -> Mapping[str, Any]:
        return common | {
            "slack_user_id": _numbered("U0B", n),
            "name": _numbered("Owner ", n),
            "display_name": _numbered("Owner ", n),
            "time_zone": "UTC",
            "introduced_at": FOUNDED,
            "next_period": MONDAY,
            "next_opening_at": opens,
        }

    def team(n: Number) -> Mapping[str, Any]:
        return common | {
            "name": _numbered("Team ", n),
            "level": Level.TEAM,
            "lead_id": (n - 1) * OWNERS_IN_A_TEAM + 1,
            "channel": "#leads",
            "channel_id": "C0LEADS",
            "switched_on_at": FOUNDED,
            # Later than what is measured, which is Monday morning.
            "next_note_at": CLOSING,
            "next_digest_at": CLOSING + timedelta(days=1),
        }

    def objective(n: Number) -> Mapping[str, Any]:
        return common | {"cycle_id": cycle_id, "team_id": n, "title": "Make new customers feel at home"}

    def key_result(n: Number) -> Mapping[str, Any]:
        owner = _owner(n, size)
        return common | {
            "number": n,
            "objective_id": (owner - 1) // OWNERS_IN_A_TEAM + 1,
            "owner_id": owner,
            "state": KeyResultState.ACTIVE,
        }

    def definition(n: Number) -> Mapping[str, Any]:
        return common | {
            "key_result_id": n,
            "revision": 1,
            "text": "Activation from 20 to 40 % by 15 Dec",
            "kind": Kind.INCREASE,
            "metric": "Activation",
            "unit": "%",
            "start": Decimal(20),
            "target": Decimal(40),
        }

    _fill(session, Member, size.owners, member)
    _fill(session, Team, teams, team)
    _fill(session, Objective, teams, objective)
    _fill(session, KeyResult, size.key_results, key_result)
    _fill(session, KeyResultRevision, size.key_results, definition)
    for week in range(1, size.weeks + 1):
        _check_ins(session, size, MONDAY - timedelta(weeks=week), CheckInState.ANSWERED)
    _answers(session)
    if size.weeks:
        _prompts(session, workspace_id, size, MONDAY - timedelta(weeks=1))


def _prompts(session: Session, workspace_id: int, size: Size, period: date) -> None:
    """What everybody was sent in a week before, as it stands in their direct messages."""
    opens = datetime.combine(period, time(9), tzinfo=UTC)

    def prompt(n: Number) -> Mapping[str, Any]:
        return {
            "workspace_id": workspace_id,
            "key": _numbered("prompt:", n) + sa.literal(f":{period.isoformat()}"),
            "kind": PostKind.PROMPT,
            "member_id": n,
            "period": period,
            "bulk": True,
            "state": DeliveryState.SENT,
            "generation": 1,
            "attempts": 1,
            "not_before": opens,
            "opaque_id": _numbered("bench-", n),
            "attempted_at": opens,
            "posted_channel": _numbered("D0B", n),
            "posted_ts": _numbered("1700000000.", n),
            "created_at": opens,
            "settled_at": opens,
        }

    def message(n: Number) -> Mapping[str, Any]:
        return {
            "workspace_id": workspace_id,
            "delivery_id": n,
            "channel": _numbered("D0B", n),
            "ts": _numbered("1700000000.", n),
            "wanted": 2,
            "shown": 2,
            "not_before": opens,
        }

    _fill(session, Delivery, size.owners, prompt)
    _fill(session, Message, size.owners, message)


def _check_ins(session: Session, size: Size, period: date, state: CheckInState) -> None:
    opens = datetime.combine(period, time(9), tzinfo=UTC)
    workspace_id = session.scalars(sa.select(Workspace.id)).one()

    def check_in(n: Number) -> Mapping[str, Any]:
        return {
            "workspace_id": workspace_id,
            "key_result_id": n,
            "period": period,
            "owner_id": _owner(n, size),
            "state": state,
            "opens_at": opens,
            "closes_at": opens + timedelta(days=1, hours=8),
        }

    _fill(session, CheckIn, size.key_results, check_in)


def _answers(session: Session) -> None:
    """Green, half way, for every check-in that is answered."""
    told: Mapping[str, Any] = {
        "workspace_id": CheckIn.workspace_id,
        "check_in_id": CheckIn.id,
        "revision": 1,
        "definition": 1,
        "author_id": CheckIn.owner_id,
        "source": AnswerSource.DIALOG,
        "value": Decimal(30),
        "score": Decimal("0.5"),
        "confidence": Confidence.GREEN,
        "changed": "two experiments moved it",
        "working": "the shorter form works",
        "next_move": "new sign-up to half of the users",
        "at": CheckIn.opens_at,
    }
    _insert(session, Answer, told, lambda columns: sa.select(*columns).where(CheckIn.state == CheckInState.ANSWERED))


def _fill(session: Session, table: type[Base], count: int, columns: Columns) -> None:
    """Insert `count` rows; `columns` is given the row's number, from 1."""
    numbers = sa.select(sa.literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(sa.select(numbers.c.n + 1).where(numbers.c.n < count))
    _insert(session, table, columns(numbers.c.n), lambda given: sa.select(*given).select_from(numbers))


def _insert(
    session: Session,
    table: type[Base],
    columns: Mapping[str, Any],
    select: Callable[[list[sa.SQLColumnExpression[Any]]], sa.Select[Any]],
) -> None:
    types = table.__table__.columns
    given = [
        value if isinstance(value, sa.SQLColumnExpression) else sa.literal(value, types[name].type)
        for name, value in columns.items()
    ]
    session.execute(sa.insert(table).from_select(list(columns), select(given)))


def _owner(n: Number, size: Size) -> Number:
    return (n - 1) // size.key_results_each + 1


def _numbered(word: str, n: Number) -> sa.ColumnElement[str]:
    return sa.literal(word) + sa.cast(n, sa.Text)
