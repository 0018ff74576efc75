"""A person's own settings: hour, zone, working hours and days, public holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from functools import cache
from zoneinfo import available_timezones

from sqlalchemy.orm import Session

from bot.blocks.settings import Mine
from bot.domain.days_off import countries, is_country
from bot.domain.localtime import WORKDAYS, Weekday
from bot.domain.preferences import check
from bot.services import access, audit, path_changes, planning, team_planning
from bot.services.access import Caller
from bot.services.schedules import as_bits, default_hours, week_of

MOST_SUGGESTED = 50


@dataclass(frozen=True)
class Chosen:
    """What somebody chose. `zone` null: Slack's; `country` null: the organisation's or their team's."""

    hour: time
    zone: str | None
    starts: time
    ends: time
    days: frozenset[Weekday]
    country: str | None


def mine(session: Session, caller: Caller) -> Mine:
    """What the dialog shows. Raises `Refused` for who is no full member."""
    member = access.full_member(session, caller)
    week = week_of(session, member)
    return Mine(
        hour=week.schedule.hour,
        zone=member.time_zone if member.zone_is_chosen else None,
        slack_zone=member.slack_time_zone or member.time_zone,
        starts=week.schedule.starts,
        ends=week.schedule.ends,
        days=week.schedule.workdays,
        country=member.country,
        common_country=week.schedule.off.country,
        next_at=member.next_opening_at.astimezone(week.schedule.zone) if member.next_opening_at is not None else None,
        is_admin=member.is_admin,
    )


def choose(session: Session, now: datetime, caller: Caller, chosen: Chosen) -> None:
    """Take it over; `bot/domain/preferences.py: check` has nothing against it (ValueError). Raises `Refused` as `mine`.

    What is the same as everybody's stays everybody's, so that it moves along with that. The next opening moves; what is
    open closes no earlier than was said.
    """
    member = access.full_member(session, caller)
    odd = check(chosen.hour, chosen.starts, chosen.ends, chosen.days)
    if odd is not None:
        raise ValueError(f"makes no sense: {odd.value}")
    week = week_of(session, member)
    common = default_hours(week.rhythm)
    member.zone_is_chosen = chosen.zone is not None
    member.time_zone = chosen.zone or member.slack_time_zone or member.time_zone
    own_hours = (chosen.starts, chosen.ends) != common
    member.works_from, member.works_until = (chosen.starts, chosen.ends) if own_hours else (None, None)
    member.asked_at = chosen.hour if chosen.hour != week.rhythm.opens.at else None
    member.workdays = as_bits(chosen.days) if chosen.days != WORKDAYS else None
    member.country = chosen.country if chosen.country is not None and is_country(chosen.country) else None
    session.flush()
    planning.replan(session, now, [member.id])
    team_planning.replan_teams_of(session, [member.id])
    path_changes.of_members(session, now, member.workspace_id, [member.id])
    audit.record(
        session,
        now,
        workspace_id=member.workspace_id,
        actor_id=member.id,
        actor_name=member.name,
        action="member.settings_changed",
        subject=member,
    )


def is_zone(name: str) -> bool:
    return name in _zones()


def zones_like(typed: str) -> list[str]:
    """Zones whose name contains what was typed ("new york" finds America/New_York), those that begin so first."""
    wanted = typed.strip().casefold().replace(" ", "_")
    found = [zone for zone in _zones() if wanted in zone.casefold()]
    return sorted(found, key=lambda zone: (not zone.casefold().rpartition("/")[2].startswith(wanted), zone))[
        :MOST_SUGGESTED
    ]


def countries_like(typed: str) -> list[str]:
    """Codes of countries and their parts that begin with what was typed."""
    wanted = typed.strip().upper()
    return [code for code in countries() if code.startswith(wanted)][:MOST_SUGGESTED]


@cache
def _zones() -> tuple[str, ...]:
    # Asking walks through the files of all zones. Those without a place are not what somebody lives in.
    return tuple(sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))
