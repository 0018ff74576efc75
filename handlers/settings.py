"""`/okr settings`, and for admins `/okr rhythm`: dialogs about when people are asked."""

from __future__ import annotations

from datetime import time

from bot.blocks import settings as blocks
from bot.blocks.ids import Act, Dialog, Typed
from bot.domain.attention import LEAST_BUDGET, MOST_BUDGET
from bot.domain.localtime import Weekday
from bot.domain.pace import expected_of
from bot.domain.preferences import Odd, check
from bot.runtime import Runtime
from bot.services import preferences, steering
from bot.services.preferences import Chosen
from bot.services.refusals import Reason
from bot.services.steering import Steered
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.opening import open_view
from handlers.reply import Done, Errors, Options, Reply, Whisper
from handlers.request import OpenView, Request


def register(desk: Desk) -> None:
    desk.action(Act.SETTINGS, mine)
    desk.action(Act.RHYTHM, everybodys_week)
    desk.suggest(Act.ZONE, zones)
    desk.suggest(Act.DIGEST_ZONE, digest_zones)
    desk.suggest(Act.COUNTRY, countries)
    desk.submit(Dialog.SETTINGS, chosen)
    desk.submit(Dialog.RHYTHM, steered)
    desk.submit(Dialog.TEAM_RHYTHM, team_steered)


def mine(runtime: Runtime, request: Request) -> Reply:
    """`/okr settings`, or *Settings* on Home."""
    with runtime.read() as session:
        view = blocks.settings_dialog(preferences.mine(session, request.caller))
    return open_view(runtime, request, view)


def rhythm(runtime: Runtime, request: Request, team: str) -> Reply:
    """`/okr rhythm`, or with a team's name behind it that team's exception."""
    with runtime.read() as session:
        if team:
            view = blocks.team_dialog(steering.team_week(session, request.caller, team))
        else:
            view = blocks.rhythm_dialog(steering.organisation(session, request.caller))
    return open_view(runtime, request, view)


def everybodys_week(runtime: Runtime, request: Request) -> Reply:
    """*Everybody's week*, on an admin's Home."""
    return rhythm(runtime, request, "")


def zones(runtime: Runtime, request: Request) -> Reply:
    """Time zones, while somebody types."""
    with runtime.read() as session:
        slack_zone = preferences.mine(session, request.caller).slack_zone
    return Options(blocks.zone_options(preferences.zones_like(request.value), slack_zone))


def digest_zones(runtime: Runtime, request: Request) -> Reply:
    """Time zones for a team's channel, while somebody types."""
    with runtime.read() as session:
        common = steering.common_zone(session, request.caller)
    return Options(blocks.digest_zone_options(preferences.zones_like(request.value), common))


def countries(runtime: Runtime, request: Request) -> Reply:
    """Countries whose public holidays are known, while somebody types."""
    return Options(blocks.country_options(preferences.countries_like(request.value)))


def chosen(runtime: Runtime, request: Request) -> Reply:
    """A person's own settings were submitted."""
    view = request.dialog
    zone = view.option(Act.ZONE) or blocks.SLACKS
    if zone != blocks.SLACKS and not preferences.is_zone(zone):
        return Errors({Act.ZONE: blocks.unknown_zone()})
    wanted = Chosen(
        hour=_time(view, Typed.HOUR),
        zone=None if zone == blocks.SLACKS else zone,
        starts=_time(view, Typed.WORKS_FROM),
        ends=_time(view, Typed.WORKS_UNTIL),
        days=frozenset(Weekday(int(day)) for day in view.options(Typed.WORKDAYS)),
        country=view.option(Act.COUNTRY),
    )
    odd = check(wanted.hour, wanted.starts, wanted.ends, wanted.days)
    if odd is not None:
        return _odd(odd)
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        preferences.choose(session, now, request.caller, wanted)
        next_at = preferences.mine(session, request.caller).next_at
    return Whisper(blocks.saved(next_at))


def steered(runtime: Runtime, request: Request) -> Reply:
    """Everybody's week was submitted."""
    view = request.dialog
    budget = view.text(Typed.BUDGET)
    if not budget.isdecimal() or len(budget) > 6 or not LEAST_BUDGET <= int(budget) <= MOST_BUDGET:
        return Errors({Typed.BUDGET: blocks.budget_odd()})
    expected = expected_of(view.text(Typed.EXPECTED))
    if expected is None:
        return Errors({Typed.EXPECTED: blocks.expected_odd()})
    wanted = Steered(
        meeting=Weekday(int(view.option(Typed.MEETING) or 0)),
        opens=_time(view, Typed.OPENS_AT),
        closes=_time(view, Typed.CLOSES_AT),
        note=_time(view, Typed.NOTE_AT),
        digest=_time(view, Typed.DIGEST_AT),
        budget=int(budget),
        status_words=tuple(filter(None, (word.strip() for word in view.text(Typed.STATUS_WORDS).splitlines()))),
        country=view.option(Act.COUNTRY),
        expected_score=expected,
    )
    if wanted.rhythm is None:
        return Errors({Typed.CLOSES_AT: blocks.nobody_could_answer()})
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        steering.steer(session, now, request.caller, wanted)
        shown = steering.organisation(session, request.caller)
    return Whisper(blocks.week_saved(shown))


def team_steered(runtime: Runtime, request: Request) -> Reply:
    """A team's exception was submitted."""
    view = request.dialog
    team_id = parse_id(view.metadata.get("team"), Reason.NO_SUCH_TEAM)
    meeting = view.option(Typed.MEETING) or blocks.COMMON
    reason = view.text(Typed.EXCEPTION_REASON)
    if meeting != blocks.COMMON and not reason:
        return Errors({Typed.EXCEPTION_REASON: blocks.reason_missing()})
    zone = view.option(Act.DIGEST_ZONE) or blocks.COMMON
    if zone != blocks.COMMON and not preferences.is_zone(zone):
        return Errors({Act.DIGEST_ZONE: blocks.unknown_zone()})
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        steering.set_team_week(
            session,
            now,
            request.caller,
            team_id,
            meeting=None if meeting == blocks.COMMON else Weekday(int(meeting)),
            reason=reason,
            country=view.option(Act.COUNTRY),
            zone=None if zone == blocks.COMMON else zone,
        )
        shown = steering.team_week_of(session, request.caller, team_id)
    return Whisper(blocks.team_saved(shown))


def _time(view: OpenView, name: str) -> time:
    return time.fromisoformat(view.time(name) or "09:00")


def _odd(odd: Odd) -> Errors:
    match odd:
        case Odd.NO_DAYS:
            return Errors({Typed.WORKDAYS: blocks.no_days()})
        case Odd.ENDS_BEFORE_IT_STARTS:
            return Errors({Typed.WORKS_UNTIL: blocks.ends_before_it_starts()})
        case Odd.HOUR_OUTSIDE_WORK:
            return Errors({Typed.HOUR: blocks.hour_outside_work()})
