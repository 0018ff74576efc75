"""A post office for tests of delivery: one company, one worker, a Slack double, and steps turned by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from company import Company
from slack_double import SlackDouble
from sqlalchemy.orm import Session

from bot.blocks.post import CHART, Post
from bot.runtime import Runtime
from bot.services import charts, outbox
from bot.settings import Settings
from models import Cycle, Delivery, PostKind, Workspace
from models.database import Database
from scheduler import delivery, redrawing
from scheduler.workers import sign_on

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)
SETTLE = timedelta(seconds=90)


class Dead:
    """Every other worker is dead."""

    def reserve(self) -> None: ...

    def hold(self, worker_id: int) -> None: ...

    def is_gone(self, worker_id: int) -> bool:
        return True

    def keep(self) -> None: ...

    def release(self) -> None: ...


class Alive(Dead):
    def is_gone(self, worker_id: int) -> bool:
        return False


class PostOffice:
    """One company, one worker, a Slack double, and hand-turned steps."""

    everybody_else_lives = Alive()

    def __init__(self, database: Database) -> None:
        self.slack = SlackDouble()
        self.clock = NOW
        self.runtime = Runtime(Settings(_env_file=None), database, self.slack, lambda: self.clock, lambda: None)
        with database.write() as session:
            company = Company(session, NOW)
            self.workspace_id = company.workspace.id
            self.member_id = company.person("Ada Obi").id
            self.admin_id = company.person("Noor Admin", admin=True).id
        self.worker_id = self.sign_on()

    def sign_on(self) -> int:
        return sign_on(self.runtime, "here")

    def queue(self, key: str, *, kind: PostKind = PostKind.DIGEST, **given: object) -> int:
        to = (
            given
            if {"channel_id", "member_id", "conversation_id"} & given.keys()
            else {"channel_id": "C0LEADS", **given}
        )
        new = outbox.NewPost(workspace_id=self.workspace_id, key=key, kind=kind, **to)  # type: ignore[arg-type]
        with self.runtime.write() as session:
            found = outbox.post(session, self.clock, new)
        assert found is not None
        return found

    def work(self) -> None:
        """Claim and deliver all that is due now."""
        for claim in delivery.claim(self.runtime, self.worker_id, self.clock):
            ready = delivery.begin(self.runtime, claim, self.clock)
            if ready is not None:
                delivery.finish(self.runtime, ready, delivery.send(self.runtime, ready), self.clock)

    def pass_time(self, span: timedelta) -> None:
        self.clock += span

    def row(self, delivery_id: int) -> Delivery:
        with self.runtime.read() as session:
            return session.get_one(Delivery, delivery_id)

    @property
    def texts(self) -> list[str]:
        return [entry.text for entry in self.slack.entries]

    def draw_all(self) -> int:
        """Draw what shows less than is wanted; returns how many messages that were."""
        drawings = redrawing.claim(self.runtime, self.clock)
        for drawing in drawings:
            redrawing.finish(self.runtime, drawing, redrawing.draw(self.runtime, drawing), self.clock)
        return len(drawings)


class There(Company):
    """The company of the post office, whose rows are there already."""

    def __post_init__(self) -> None:
        self.workspace = self.session.scalars(sa.select(Workspace)).one()
        self.cycle = self.session.scalars(sa.select(Cycle)).one()


def with_charts_where_they_are_drawn(session: Session, row: Delivery, now: datetime) -> Post:
    drawn = charts.are_drawn(session.get_one(Workspace, row.workspace_id), now)
    return Post(f"{row.key} {'drawn' if drawn else 'in words'}", ({"type": CHART},) if drawn else ())
