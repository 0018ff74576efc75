"""A check-in to walk through: an owner with two key results on a Monday morning, and what they do in the dialog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from company import MONDAY, Company
from desk import Desk, Dialog

from bot.blocks.ids import Act
from bot.domain.kinds import Kind
from bot.services import definitions, planning
from handlers import checkin
from handlers.boundary import Handler
from handlers.checkin import Prefill
from handlers.reply import Done, Reply
from handlers.request import Request
from models import Answer, KeyResult, KeyResultRevision, Member, Workspace
from models.database import Database

NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)
THIS_WEEK = MONDAY.isoformat()


@dataclass
class Story:
    desk: Desk
    owner: Member
    lead: Member
    stranger: Member
    first: KeyResult
    second: KeyResult

    def check_in(self, who: Member | None = None, period: str = THIS_WEEK) -> Reply:
        return self.desk.press(who or self.owner, checkin.start, Act.CHECK_IN, period)

    def begin(self) -> Dialog:
        assert self.check_in() == Done()
        return self.desk.opened()

    def submit(self, dialog: Dialog, who: Member | None = None) -> Reply:
        return self.desk.submit(who or self.owner, checkin.submitted, dialog)

    def colour(self, dialog: Dialog, colour: str) -> Dialog:
        """Choose a colour and see what the dialog becomes."""
        dialog.fill(How_confident=colour)
        assert self.desk.choose(self.owner, checkin.colour_chosen, dialog, Act.CONFIDENCE) == Done()
        return Dialog(self.desk.gateway.updated[-1], before=dialog)

    def press(self, dialog: Dialog, handler: Handler, action_id: str) -> Dialog:
        """Press a button inside the dialog and see what it becomes."""
        assert self.desk.choose(self.owner, handler, dialog, action_id) == Done()
        return Dialog(self.desk.gateway.updated[-1], before=dialog)

    def again(self) -> Dialog:
        """Close the dialog, and press *Check in* once more."""
        return self.begin()

    def answers(self) -> list[Answer]:
        with self.desk.runtime.read() as session:
            return list(session.scalars(sa.select(Answer).order_by(Answer.id)))

    def open_for(self, prefill: Prefill, who: Member | None = None) -> Reply:
        key_result_id = self.first.id

        def handler(runtime: object, request: Request) -> Reply:
            return checkin.open_for(self.desk.runtime, request, key_result_id, prefill)

        return self.desk.command(who or self.owner, handler, "/kr", "")


def meet_on_tuesdays(story: Story) -> None:
    """Answering is on Thursday and Friday, and the digest on the Monday after."""
    with story.desk.runtime.write() as session:
        here = session.get_one(Workspace, story.owner.workspace_id)
        here.meeting_on, here.opens_on, here.closes_on, here.note_on, here.digest_on = 1, 3, 4, 4, 0


def measure_something_else(story: Story) -> None:
    """KR-1 is redefined: NPS instead of activation."""
    with story.desk.runtime.write() as session:
        key_result = session.get_one(KeyResult, story.first.id)
        old = definitions.definition_of(session, key_result)
        new = KeyResultRevision(
            workspace_id=key_result.workspace_id,
            key_result_id=key_result.id,
            revision=old.revision + 1,
            text="NPS from 30 to 60 points",
            kind=Kind.INCREASE,
            metric="NPS",
            unit="points",
            start=Decimal(30),
            target=Decimal(60),
            reason="activation says little",
            created_at=story.desk.now,
        )
        definitions.replace(session, key_result, old, new)


def begin_story(database: Database, *, cycle_ends_on: date | None = None) -> Story:
    """Monday, nine o'clock: the owner was asked about an increase and a milestone."""
    with database.write() as session:
        company = Company(session)
        company.cycle.ends_on = cycle_ends_on or company.cycle.ends_on
        owner, lead, stranger = (company.person(name) for name in ("Mere Ngata", "Tama Reid", "Sam Stone"))
        objective = company.objective(company.team("Growth", lead=lead))
        first = company.key_result(objective, owner)
        second = company.key_result(
            objective, owner, "SOC 2 certified by 15 Dec", kind=Kind.MILESTONE, start=None, target=None, metric=None
        )
        planning.replan(session, company.now, [owner.id])
        planning.open_due(session, NINE, 100)
    return Story(Desk(database, NINE), owner, lead, stranger, first, second)


def green(dialog: Dialog) -> Dialog:
    return dialog.fill(Current_value="30", How_confident="green", What_is_the_next_move="call ten customers")
