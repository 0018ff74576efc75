"""The running Okra, the Slack it is in, and time: what the stories of `tests/stories/` are told with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from company import Company
from sqlalchemy.orm import Session

from bot.app import Program
from bot.demo.timekeeper import Timekeeper
from bot.localslack.driver import DrivenPerson, Driver, Seen
from bot.localslack.server import LocalSlackServer
from models import Cycle, Workspace

# What was committed leaves within a second; a second message to the same person a second later.
A_MOMENT = timedelta(seconds=3)


@dataclass(frozen=True)
class Okra:
    """The running Okra, the Slack it is in, and time. People are driven by what they see."""

    server: LocalSlackServer
    slack: Driver
    program: Program
    time: Timekeeper
    workspace_id: int

    def person(self, name: str) -> DrivenPerson:
        return self.slack.person(name)

    def now(self) -> datetime:
        return self.program.runtime.now()

    def advance(self, until: str | datetime) -> None:
        """Let time pass; a text is an instant in UTC."""
        instant = datetime.fromisoformat(until).replace(tzinfo=UTC) if isinstance(until, str) else until
        self.time.advance_to(instant)

    def settle(self) -> None:
        """Let what was just caused be posted and drawn."""
        self.advance(self.now() + A_MOMENT)

    def newest(self, name: str) -> Seen:
        """The newest direct message that somebody has from Okra."""
        return self.person(name).direct_messages()[-1]

    @contextmanager
    def company(self) -> Iterator[Company]:
        """Change rows by hand, in one transaction; people and teams are there already."""
        with self.program.runtime.write() as session:
            yield _Later(session, self.now(), session.get_one(Workspace, self.workspace_id))

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.program.runtime.read() as session:
            yield session


class _Later(Company):
    """The company when it stands: its cycle was made before."""

    def __post_init__(self) -> None:
        assert self.connected is not None
        self.workspace = self.connected
        self.cycle = self.session.scalars(sa.select(Cycle).where(Cycle.workspace_id == self.workspace.id)).one()
