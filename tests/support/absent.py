"""A team of which somebody is away, and what its weeks and messages look like then."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa
from company import MONDAY, Company

from bot.domain.absence import Days
from bot.domain.cadence import period
from bot.domain.excuses import Excuse
from bot.services import planning
from models import CheckIn, CheckInState, Delivery, Member, PostKind

WEEK = period(MONDAY)
NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
# The Thursday and the Friday before that Monday, and two weeks from then.
BEFORE = datetime(2026, 10, 1, 12, tzinfo=UTC)
TWO_WEEKS = Days(date(2026, 10, 3), date(2026, 10, 16))


def team_of_three(company: Company) -> tuple[Member, Member, Member]:
    """An owner of two key results, their lead, and a colleague with one key result."""
    lead, ana, tama = company.person("Rosa Lead"), company.person("Ana Owner"), company.person("Tama Cover")
    objective = company.objective(company.team("Growth", lead=lead))
    company.key_result(objective, ana)
    company.key_result(objective, ana, "Churn from 4 to 2 %", metric="Churn")
    company.key_result(objective, tama, "NPS from 20 to 30", metric="NPS")
    planning.replan(company.session, company.now, [ana.id, tama.id])
    return ana, lead, tama


def states(company: Company, member: Member) -> list[tuple[date, CheckInState, Excuse | None]]:
    rows = company.session.scalars(
        sa.select(CheckIn).where(CheckIn.owner_id == member.id).order_by(CheckIn.period, CheckIn.id)
    )
    return [(row.period, row.state, row.excuse) for row in rows]


def prompted(company: Company, member: Member) -> list[date | None]:
    return list(
        company.session.scalars(
            sa.select(Delivery.period)
            .where(Delivery.member_id == member.id, Delivery.kind == PostKind.PROMPT)
            .order_by(Delivery.id)
        )
    )


def news(company: Company) -> list[tuple[int | None, datetime]]:
    rows = company.session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.AWAY_NEWS).order_by(Delivery.id))
    return [(row.member_id, row.not_before) for row in rows]
