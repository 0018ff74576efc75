"""A small company for tests: `Company(session)` has a workspace and a running cycle; add people, teams, key results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cycles import CycleState
from bot.domain.kinds import Kind
from bot.domain.organisation import Level
from bot.domain.person import Person
from bot.services.access import Caller
from models import (
    Cycle,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    MemberKind,
    Objective,
    Team,
    Workspace,
)
from models.base import Base

Row = TypeVar("Row", bound=Base)

# The Thursday before the week of Monday, 5 October 2026.
BEFORE = datetime(2026, 10, 1, 12, tzinfo=UTC)
MONDAY = date(2026, 10, 5)


def as_slack_tells(member: Member, *, deleted: bool) -> Person:
    """The member as Slack tells them: here, or gone."""
    return Person(
        member.slack_user_id,
        member.name,
        member.display_name,
        member.email,
        member.time_zone,
        is_bot=False,
        is_guest=False,
        is_external=False,
        deleted=deleted,
        slack_team_id="T0TEST",
    )


@dataclass
class Company:
    """Builds rows as an import, a switch-on and Slack would have left them. Flushes; the caller commits."""

    session: Session
    now: datetime = BEFORE
    # A workspace that Okra is connected to already; else one is made.
    connected: Workspace | None = None

    def __post_init__(self) -> None:
        self.workspace = self.connected or self._add(
            Workspace(name="Test Works", slack_team_id="T0TEST", time_zone="UTC", created_at=self.now)
        )
        self.cycle = self._add(
            Cycle(
                workspace_id=self.workspace.id,
                name="2026 Q4",
                starts_on=date(2026, 10, 1),
                ends_on=date(2026, 12, 31),
                state=CycleState.ACTIVE,
                created_at=self.now,
            )
        )

    def person(
        self, name: str, *, zone: str = "UTC", kind: MemberKind = MemberKind.FULL, admin: bool = False
    ) -> Member:
        """A member; the Slack id is made from the name."""
        return self._add(
            Member(
                workspace_id=self.workspace.id,
                slack_user_id="U0" + "".join(filter(str.isalnum, name)).upper(),
                name=name,
                display_name=name.split(maxsplit=1)[0],
                email=f"{name.split(maxsplit=1)[0].lower()}@example.test",
                time_zone=zone,
                kind=kind,
                is_admin=admin,
                created_at=self.now,
            )
        )

    def member(self, name: str) -> Member:
        """Somebody who was read from Slack."""
        return self.session.scalars(
            sa.select(Member).where(Member.workspace_id == self.workspace.id, Member.name == name)
        ).one()

    def team(
        self,
        name: str,
        *,
        lead: Member | None = None,
        parent: Team | None = None,
        level: Level = Level.TEAM,
        channel_id: str | None = "C0LEADS",
        on: bool = True,
    ) -> Team:
        """A team, switched on unless said otherwise. The derived times (`next_…`) are left to the services."""
        return self._add(
            Team(
                workspace_id=self.workspace.id,
                name=name,
                level=level,
                parent_id=parent.id if parent else None,
                lead_id=lead.id if lead else None,
                channel="#leads",
                channel_id=channel_id,
                switched_on_at=self.now if on else None,
                created_at=self.now,
            )
        )

    def objective(self, team: Team, title: str = "Make new customers feel at home") -> Objective:
        return self._add(
            Objective(
                workspace_id=self.workspace.id,
                cycle_id=self.cycle.id,
                team_id=team.id,
                title=title,
                created_at=self.now,
            )
        )

    def key_result(
        self,
        objective: Objective,
        owner: Member | None,
        text: str = "Activation from 20 to 40 % by 15 Dec",
        *,
        kind: Kind = Kind.INCREASE,
        start: Decimal | None = Decimal(20),
        target: Decimal | None = Decimal(40),
        unit: str = "%",
        metric: str | None = "Activation",
        value_every_weeks: int = 1,
    ) -> KeyResult:
        """An active key result, or a draft where it has no owner."""
        number = self.workspace.next_key_result_number
        self.workspace.next_key_result_number = number + 1
        key_result = self._add(
            KeyResult(
                workspace_id=self.workspace.id,
                number=number,
                objective_id=objective.id,
                owner_id=owner.id if owner else None,
                state=KeyResultState.ACTIVE if owner else KeyResultState.DRAFT,
                created_at=self.now,
            )
        )
        self._add(
            KeyResultRevision(
                workspace_id=self.workspace.id,
                key_result_id=key_result.id,
                revision=1,
                text=text,
                kind=kind,
                metric=metric,
                unit=unit,
                start=start,
                target=target,
                value_every_weeks=value_every_weeks,
                created_at=self.now,
            )
        )
        return key_result

    def caller(self, member: Member) -> Caller:
        """The member as the one who acts."""
        return Caller(self.workspace.id, member.id)

    def _add(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row
