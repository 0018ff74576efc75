"""Companies with eight weeks behind them, so that their digests are as full as they get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from answers import answered, asked
from calls import tell
from company import MONDAY, Company
from story import Okra

from bot.domain.confidence import Confidence
from models import CheckInState, Cycle, Decision, DecisionState, KeyResult, Member, Objective, StopOrShift, Team

WEEKS = 8
LAST_MONDAY = MONDAY + timedelta(weeks=WEEKS - 1)
TUESDAY = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEDNESDAY = datetime(2026, 11, 25, 10, tzinfo=UTC)
NEVER = datetime(2027, 6, 1, tzinfo=UTC)

METRICS = (
    *("Activation", "Churn", "Lead time", "Onboarding time", "NPS", "Pricing test", "Uptime", "Retention"),
    *("Sign-ups from partners", "Answers within a day", "Revenue a customer", "Defects found late"),
)
NEEDS = ("two days of HR", "a yes or no about the second supplier", "somebody from Legal this week")
SETTLED = (
    ("Two days of HR for the evidence that the auditor waits for", DecisionState.DONE, None),
    ("The second supplier is paid for until the end of the year", DecisionState.DONE, None),
    ("A demo every day instead of every week", DecisionState.DROPPED, "nobody came to the ones that there are"),
)
OWNERS = ("Mere Ngata", "Ana Silva", "Tama Reid", "Rosa Lind", "Sam Stone")


def nine_key_results(okra: Okra) -> None:
    """Growth with nine key results, two of which are red."""
    with okra.company() as company:
        _be_quiet(company)
        growth = _team(company, "Growth")
        company.session.execute(sa.update(Objective).values(archived_at=okra.now()))
        _live(company, [growth], 9, reds=2)
        growth.next_digest_at = WEDNESDAY
    _come_to_wednesday(okra)


def four_teams(okra: Okra) -> None:
    """The company with 36 key results in four teams."""
    _several_teams(okra, teams=4, each=9, reds=1)


def forty_teams(okra: Okra) -> None:
    """The company with 400 key results in forty teams."""
    _several_teams(okra, teams=40, each=10, reds=1)


def _several_teams(okra: Okra, *, teams: int, each: int, reds: int) -> None:
    everybody = [okra.person(name) for name in OWNERS]
    for number in range(2, teams + 1):
        okra.slack.add_channel(_room(number), members=everybody)
    rooms = {channel.name: channel.id for channel in okra.program.runtime.gateway.channels(okra.workspace_id)}
    with okra.company() as company:
        _be_quiet(company)
        whole, growth = _team(company, "Company"), _team(company, "Growth")
        company.session.execute(sa.update(Objective).values(archived_at=okra.now()))
        others = [_more(company, whole, number, rooms) for number in range(2, teams + 1)]
        for place, team in enumerate([growth, *others]):
            _live(company, [team], each, reds=reds if place % 3 == 0 else 0, turn=place)
            team.next_digest_at = WEDNESDAY
        whole.next_digest_at = WEDNESDAY
    _come_to_wednesday(okra)


def _team(company: Company, name: str) -> Team:
    return company.session.scalars(sa.select(Team).where(Team.name == name)).one()


def _more(company: Company, whole: Team, number: int, rooms: Mapping[str, str]) -> Team:
    names = ("Shop", "Care", "Platform", "Sales", "Design", "Legal", "Supply", "Data", "Field", "People")
    place = (number - 2) // len(names)
    name = f"{names[(number - 2) % len(names)]}{f' {place + 1}' if place else ''}"
    return company.team(name, lead=company.member("Tama Reid"), parent=whole, channel_id=rooms[_room(number)])


def _room(number: int) -> str:
    return f"leads-{number}"


def _be_quiet(company: Company) -> None:
    """Nothing is planned but what this is about: eight weeks pass at once."""
    company.cycle = company.session.scalars(sa.select(Cycle)).one()
    company.session.execute(
        sa.update(Member).values(next_opening_at=None, next_period=None, next_reminder_at=None, reminder_period=None)
    )
    company.session.execute(sa.update(Team).values(next_note_at=NEVER, next_digest_at=NEVER))


def _live(company: Company, teams: Sequence[Team], each: int, *, reds: int, turn: int = 0) -> None:
    """Each key result is answered week by week; the first ones end red and ask for help, one is missed this week."""
    session = company.session
    for team in teams:
        objective = company.objective(team, f"Make new customers feel at home with {team.name}")
        for place in range(each):
            owner = company.member(OWNERS[(place + turn) % len(OWNERS)])
            name = METRICS[(place + turn) % len(METRICS)]
            key_result = company.key_result(objective, owner, f"{name} from 20 to 40 % by 15 Dec", metric=name)
            for week in range(WEEKS):
                period = MONDAY + timedelta(weeks=week)
                is_last = week == WEEKS - 1
                if is_last and place == each - 1:
                    asked(session, key_result, period, CheckInState.MISSED)
                    continue
                if is_last and place < reds:
                    tell(
                        session,
                        TUESDAY,
                        key_result,
                        by=owner,
                        period=period,
                        score="0.3",
                        need=NEEDS[(place + turn) % len(NEEDS)],
                    )
                    continue
                colour = (Confidence.GREEN, Confidence.GREEN, Confidence.YELLOW)[(place + turn + week // 3) % 3]
                score = Decimal(min(week * (2 + (place + turn) % 4), 30)) / 40
                answered(session, key_result, period, score=str(score.quantize(Decimal("0.01"))), confidence=colour)
        _words(company, team, objective)


def _words(company: Company, team: Team, objective: Objective) -> None:
    session = company.session
    lead = company.member("Tama Reid")
    session.add(
        StopOrShift(
            workspace_id=team.workspace_id,
            team_id=team.id,
            period=LAST_MONDAY,
            author_id=lead.id,
            text="Webinars pause until the audit has its evidence",
            at=TUESDAY,
        )
    )
    key_result_id = session.scalars(sa.select(KeyResult.id).where(KeyResult.objective_id == objective.id)).first()
    assert key_result_id is not None
    for text, state, reason in SETTLED:
        session.add(
            Decision(
                workspace_id=team.workspace_id,
                key_result_id=key_result_id,
                text=text,
                decided_by_id=lead.id,
                owner_id=lead.id,
                due_on=TUESDAY.date(),
                state=state,
                reason=reason,
                settled_at=TUESDAY,
                settled_by_id=lead.id,
                created_at=TUESDAY - timedelta(weeks=2),
            )
        )
    session.flush()


def _come_to_wednesday(okra: Okra) -> None:
    okra.advance(WEDNESDAY)
    okra.advance(WEDNESDAY + timedelta(minutes=3))
