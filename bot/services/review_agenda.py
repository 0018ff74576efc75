"""What is open in teams, for a meeting that exists already. As far as the viewer may see it; queries only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from bot.blocks.escalation_shown import score
from bot.blocks.standing import Standing
from bot.domain.cadence import following, period_of
from bot.domain.escalation import EscalationState
from bot.domain.localtime import local_date_of
from bot.domain.review_agenda import Agenda, Call, Due, Item, in_order
from bot.services.access import Caller, full_member
from bot.services.between_teams import waiting_now
from bot.services.standing import standings
from bot.services.still_open import OpenDecision, OpenEscalation, open_decisions, open_escalations
from bot.services.team_tree import with_those_beneath
from models import Team, Workspace


def agenda(session: Session, viewer: Caller, now: datetime, teams: Sequence[Team]) -> Agenda:
    """What is open in these teams and those beneath them. A fixed number of queries.

    Days are those of the organisation's clock, as the reviews are.
    """
    full_member(session, viewer)
    zone = ZoneInfo(session.get_one(Workspace, viewer.workspace_id).time_zone)
    today = local_date_of(now, zone)
    team_ids = with_those_beneath(session, [team.id for team in teams])
    calls = open_escalations(session, viewer, team_ids)
    # In the far east next week's check-in opens while it is still Sunday here.
    stands = standings(session, {one.key_result_id for one in calls}, following(period_of(now, zone)))
    items: list[Item] = [
        *(_call(one, stands[one.key_result_id], zone) for one in calls),
        *(_due(one) for one in open_decisions(session, team_ids, today, viewer=viewer)),
        *waiting_now(session, viewer, team_ids, zone),
    ]
    return Agenda(tuple(team.name for team in teams), today, in_order(items, today))


def _call(one: OpenEscalation, standing: Standing, zone: ZoneInfo) -> Call:
    return Call(
        escalation_id=one.escalation_id,
        number=one.number,
        name=one.metric or one.text,
        confidence=standing.confidence,
        score=score(standing) if standing.score is not None else "",
        state=one.state,
        since=local_date_of(one.opened_at, zone),
        review_on=_review(one),
        need=one.need,
        blocked_by=one.blocked_by,
        asked=one.asked_name,
        taken_by=one.taken_by_name,
        link=one.link,
    )


def _review(one: OpenEscalation) -> date | None:
    return one.review_on if one.state is EscalationState.IN_REVIEW else None


def _due(one: OpenDecision) -> Due:
    return Due(
        decision_id=one.decision_id,
        number=one.number,
        text=one.text,
        owner=one.owner_name,
        due_on=one.due_on,
        link=one.link,
    )
