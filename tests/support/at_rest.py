"""A square at rest: what stands in its Slack and what the database says of it, each told by hand, so that they may
differ. Ada owns KR-1, Ben leads her team.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypeVar

from company import Company
from sqlalchemy.orm import Session
from square import MONDAY, Square

from bot.domain.escalation import EscalationState
from bot.rehearsal.rest import Rest
from bot.rehearsal.roster import Roster, Somebody
from models import (
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    EscalationStep,
    Message,
    PostKind,
)
from models.base import Base

Row = TypeVar("Row", bound=Base)

WEEK = MONDAY.date()
ROOT = "KR-1 Weigh less: help wanted · 0.3"
BEFORE = MONDAY - timedelta(days=14)


class AtRest:
    """Posts and rows of Monday morning, and a look at both."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.square = Square()
        self.witness, self.told, self.onlooker = self.square.witness, self.square.told, self.square.onlooker
        self.company = Company(session, BEFORE)
        self.ada = self.square.owner
        self.people = {self.ada.id: self.ada}
        self.witness.roster = self.roster = Roster(self.people, (), self.company.workspace.id)
        self._is_member(self.ada)
        self.ben = self.joins("Ben Ito")
        lead = self.company.member("Ben Ito")
        self.team = self.company.team("Square", lead=lead, channel_id=self.square.channel)
        self.key_result = self.company.key_result(self.company.objective(self.team), self.company.member("Ada Obi"))
        self._heard = 0

    @property
    def now(self) -> datetime:
        return self.square.time.now()

    def joins(self, name: str) -> Somebody:
        """Somebody new: in Slack, in the roster and in the database."""
        return self._is_member(self.square.joins(name, 0))

    def _is_member(self, person: Somebody) -> Somebody:
        member = self.company.person(person.name)
        member.slack_user_id, person.member_id = person.id, member.id
        return person

    def add(self, row: Row) -> Row:
        self.session.add(row)
        self.session.flush()
        return row

    def posted(
        self, kind: PostKind, text: str, *, to: Somebody | None = None, under: Delivery | None = None, **more: Any
    ) -> Delivery:
        """A message that stands in Slack, to somebody or else in the channel, and that the database calls sent.

        `about`: what the row says besides; `thread`: another thread than that of the row that it is `under`.
        """
        post = f"row-{next(self.square.numbers)}"
        about: dict[str, Any] = more.pop("about", {})
        thread: Delivery | None = more.pop("thread", under)
        if thread is not None:
            more["thread_ts"] = thread.posted_ts
        where = self.square.direct_with(to) if to is not None else self.square.channel
        answer = self.square.says(text, to=where, post=post, **more)
        return self.add(
            Delivery(
                workspace_id=self.company.workspace.id,
                key=post,
                kind=kind,
                member_id=to.member_id if to is not None else None,
                channel_id=self.square.channel if to is None else None,
                follows_id=under.id if under is not None else None,
                state=DeliveryState.SENT,
                not_before=self.now,
                created_at=self.now,
                opaque_id=post,
                posted_channel=answer["channel"],
                posted_ts=answer["ts"],
                **about,
            )
        )

    def message(self, row: Delivery, *, revision: int) -> Message:
        """The row's message shows state, and this revision of it is the newest."""
        return self.add(
            Message(
                workspace_id=row.workspace_id,
                delivery_id=row.id,
                channel=row.posted_channel,
                ts=row.posted_ts,
                wanted=revision,
                shown=revision,
                not_before=self.now,
            )
        )

    def wants_help(self, *, state: EscalationState = EscalationState.ACKNOWLEDGED, **more: Any) -> Escalation:
        """A request for help, which Ben has taken unless said otherwise; its thread is up to the caller."""
        return self.add(
            Escalation(
                workspace_id=self.company.workspace.id,
                key_result_id=self.key_result.id,
                team_id=self.team.id,
                state=state,
                taken_by_id=self.ben.member_id if state is EscalationState.ACKNOWLEDGED else None,
                opened_at=self.now,
                **more,
            )
        )

    def thread(self, escalation: Escalation, text: str = ROOT, **more: Any) -> Delivery:
        """The first message of its thread."""
        return self.posted(PostKind.ESCALATION, text, about={"escalation_id": escalation.id}, **more)

    def asked(self, escalation: Escalation, person: Somebody, *, at: datetime, until: datetime | None) -> None:
        """A step of the first round."""
        steps = self.session.query(EscalationStep).filter_by(escalation_id=escalation.id).count()
        self.add(
            EscalationStep(
                workspace_id=escalation.workspace_id,
                escalation_id=escalation.id,
                round=1,
                number=steps + 1,
                member_id=person.member_id,
                at=at,
                until=until,
            )
        )

    def happens(self, escalation: Escalation, root: Delivery, kind: EscalationEventKind, **more: Any) -> Delivery:
        """Something happens in it, and stands as a reply in its thread."""
        event = self.add(
            EscalationEvent(
                workspace_id=escalation.workspace_id, escalation_id=escalation.id, kind=kind, at=self.now, **more
            )
        )
        about = {"escalation_id": escalation.id, "escalation_event_id": event.id}
        return self.posted(PostKind.ESCALATION_REPLY, f"it is {kind.value}", under=root, about=about)

    def look(self) -> list[str]:
        """What was said since the last look, and what a look at all of it finds."""
        self.session.flush()
        Rest(self.witness, self.roster, self.told, self.onlooker).look(self.session, self.now, WEEK)
        said = self.square.broken[self._heard :]
        self._heard += len(said)
        return said
