"""Growth waits for Legal: a small company with two teams under one lead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from calls import MORNING, WEEK, Scene, set_scene, tell
from company import MONDAY
from sqlalchemy.orm import Session

from bot.services import dependency
from bot.services.access import Caller
from bot.services.blocking import BlockedBy
from models import Absence, Blocker, Dependency, Member, Team

ASK = "dependency:1"


@dataclass(frozen=True)
class Between:
    """Growth waits for Legal, which Finn leads, in the company that Rosa leads."""

    scene: Scene
    legal: Team
    boss: Member
    session: Session

    @property
    def finn(self) -> Caller:
        return self.scene.company.caller(self.scene.stranger)

    def says(self, weeks: int = 0, *, now: datetime | None = None, **said: Any) -> None:
        """The owner answers a week's check-in; blocked by Legal, unless said otherwise."""
        at = now or MORNING + weeks * WEEK
        given = {"by": self.scene.owner, "period": MONDAY + weeks * WEEK, "blocked_by": self.by_legal, **said}
        tell(self.session, at, self.scene.key_result, **given)
        blocker = self.session.scalar(sa.select(Blocker).where(Blocker.cleared_at.is_(None)))
        dependency.follow(self.session, at, self.scene.key_result, blocker)

    @property
    def by_legal(self) -> BlockedBy:
        return BlockedBy(team_id=self.legal.id)

    def the_one(self) -> Dependency:
        return self.session.scalars(sa.select(Dependency)).one()

    def all(self) -> list[Dependency]:
        return list(self.session.scalars(sa.select(Dependency).order_by(Dependency.id)))


def between(session: Session) -> Between:
    scene = set_scene(session)
    boss = scene.company.person("Rosa Lind", zone="Europe/London")
    whole = scene.company.team("Company", lead=boss, channel_id="C0ALL")
    scene.product.parent_id = whole.id
    legal = scene.company.team("Legal", lead=scene.stranger, parent=whole, channel_id="C0LEGAL")
    session.flush()
    return Between(scene, legal, boss, session)


def away(session: Session, member: Member) -> None:
    session.add(
        Absence(
            workspace_id=member.workspace_id,
            member_id=member.id,
            first_on=MONDAY,
            last_on=MONDAY + timedelta(days=4),
            created_at=MORNING,
        )
    )
    session.flush()
