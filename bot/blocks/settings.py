"""Settings: a person's own hour, zone and working week; the organisation's week; a team's exception."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from bot.blocks.dates import weekday_time
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import context, dialog, divider, field_input, option, section, text_element
from bot.blocks.post import Block, Post, View
from bot.blocks.text import plain, said
from bot.domain.attention import LEAST_BUDGET, MOST_BUDGET
from bot.domain.localtime import WORKDAYS, Weekday
from bot.domain.meeting import rhythm_before
from bot.domain.pace import BY_THE_END, LEAST_EXPECTED, MOST_EXPECTED

SLACKS = "slack"
COMMON = "common"
MOST_EXCEPTIONS = 20
MOST_OPTIONS = 50
REASON_LENGTH = 300
WORDS_LENGTH = 300

_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Mine:
    """A person's settings. `zone` null: Slack's; `country` null: `common_country`, that of their team or of all."""

    hour: time
    zone: str | None
    slack_zone: str
    starts: time
    ends: time
    days: frozenset[Weekday]
    country: str | None
    common_country: str | None
    next_at: datetime | None
    is_admin: bool


@dataclass(frozen=True)
class TeamException:
    """A team with a week of its own (`meeting`, with its reason), or whose digest's channel has a zone of its own."""

    team: str
    meeting: Weekday | None
    reason: str
    zone: str | None = None


@dataclass(frozen=True)
class Organisation:
    """The organisation's week and what else an admin steers. `zone`: by whose clock digests come."""

    meeting: Weekday
    opens: time
    closes: time
    note: time
    digest: time
    budget: int
    status_words: tuple[str, ...]
    country: str | None
    exceptions: tuple[TeamException, ...]
    zone: str
    expected_score: Decimal = BY_THE_END


@dataclass(frozen=True)
class TeamWeek:
    """One team's week. `meeting` null: it keeps the organisation's, `common_meeting`. `zone` null: its digest comes by
    the organisation's clock, `common_zone`."""

    team_id: int
    team: str
    meeting: Weekday | None
    reason: str
    common_meeting: Weekday
    country: str | None
    zone: str | None
    common_zone: str


def settings_dialog(mine: Mine) -> View:
    """When a person is asked. Everything is filled in with what holds now."""
    when = (
        f"Your next check-in opens {weekday_time(mine.next_at)}."
        if mine.next_at
        else "No check-in is planned for you so far."
    )
    blocks: list[Block] = [
        section(when),
        field_input("Ask me at", Typed.HOUR, _time(Typed.HOUR, mine.hour), hint="On the day your week opens."),
        field_input("Time zone", Act.ZONE, _zone(mine), hint="Slack's own follows you when you travel."),
        field_input("I start work at", Typed.WORKS_FROM, _time(Typed.WORKS_FROM, mine.starts)),
        field_input("I stop at", Typed.WORKS_UNTIL, _time(Typed.WORKS_UNTIL, mine.ends)),
        field_input("I work on", Typed.WORKDAYS, _days(mine.days), hint="Nothing unasked comes outside of these."),
        field_input("Public holidays of", Act.COUNTRY, _country(mine.country, mine.common_country), optional=True),
        context(
            "`/okr away` is for leave and free days."
            + (" `/okr rhythm` sets everybody's week." if mine.is_admin else "")
        ),
    ]
    return dialog("Your settings", blocks, callback_id=Dialog.SETTINGS, metadata="{}", submit="Save", close="Cancel")


def rhythm_dialog(view: Organisation) -> View:
    """The day of the leadership meeting; the other days are counted back from it."""
    blocks: list[Block] = [
        section(week_in_words(view)),
        field_input(
            "The leadership meets on",
            Typed.MEETING,
            _day(Typed.MEETING, view.meeting),
            hint="The digest is read the working day before; note, closing and opening are counted back from there.",
        ),
        field_input(
            "Check-ins open at", Typed.OPENS_AT, _time(Typed.OPENS_AT, view.opens), hint="By each owner's clock."
        ),
        field_input("Answering closes at", Typed.CLOSES_AT, _time(Typed.CLOSES_AT, view.closes)),
        field_input("Leads get their note at", Typed.NOTE_AT, _time(Typed.NOTE_AT, view.note)),
        field_input(
            "Digests are posted at",
            Typed.DIGEST_AT,
            _time(Typed.DIGEST_AT, view.digest),
            hint=f"By the clock of {_spaced(view.zone)}, or of a team's channel that is elsewhere.",
        ),
        field_input(
            "Messages a week nobody asked for, at most",
            Typed.BUDGET,
            {
                "type": "number_input",
                "action_id": Typed.BUDGET,
                "is_decimal_allowed": False,
                "initial_value": str(min(max(view.budget, LEAST_BUDGET), MOST_BUDGET)),
                "min_value": str(LEAST_BUDGET),
                "max_value": str(MOST_BUDGET),
            },
            hint="Prompts, reminders and notes together, for each person. No feature can send more.",
        ),
        field_input(
            "Score expected at the end of a cycle",
            Typed.EXPECTED,
            {
                "type": "number_input",
                "action_id": Typed.EXPECTED,
                "is_decimal_allowed": True,
                "initial_value": str(min(max(view.expected_score, LEAST_EXPECTED), MOST_EXPECTED)),
                "min_value": str(LEAST_EXPECTED),
                "max_value": str(MOST_EXPECTED),
            },
            hint="The pace leads there in a straight line. 0.7 is the target; 1.0 means that the aim was too low.",
        ),
        field_input(
            "Slack statuses that pause reminders",
            Typed.STATUS_WORDS,
            text_element(Typed.STATUS_WORDS, initial="\n".join(view.status_words), multiline=True, most=WORDS_LENGTH),
            optional=True,
            hint="One a line. A status that contains one of them counts.",
        ),
        field_input("Public holidays of", Act.COUNTRY, _country(view.country, None), optional=True),
        divider(),
        section(_exceptions(view.exceptions)),
    ]
    return dialog("Everybody's week", blocks, callback_id=Dialog.RHYTHM, metadata="{}", submit="Save", close="Cancel")


def team_dialog(week: TeamWeek) -> View:
    """A team's exception, which needs a reason."""
    common = f"As everybody: {_NAMES[week.common_meeting]}"
    days = WORKDAYS | ({week.meeting} if week.meeting is not None else set())
    chosen = option(common, COMMON) if week.meeting is None else option(_NAMES[week.meeting], str(int(week.meeting)))
    return dialog(
        "A team's week",
        [
            section(f"*{said(week.team, 80)}*\nOne rhythm for everybody is worth a lot. An exception needs a reason."),
            field_input(
                "Its meeting is on",
                Typed.MEETING,
                {
                    "type": "static_select",
                    "action_id": Typed.MEETING,
                    "options": [
                        option(common, COMMON),
                        *(option(_NAMES[day], str(int(day))) for day in sorted(days)),
                    ],
                    "initial_option": chosen,
                },
            ),
            field_input(
                "Why not as everybody?",
                Typed.EXCEPTION_REASON,
                text_element(Typed.EXCEPTION_REASON, initial=week.reason, most=REASON_LENGTH),
                optional=True,
                hint="Admins read it in the list of exceptions.",
            ),
            field_input(
                "Time zone of its channel",
                Act.DIGEST_ZONE,
                _typed_zone(Act.DIGEST_ZONE, _commons(week.common_zone) if week.zone is None else _named(week.zone)),
                hint="Its digest comes at the hour that is set for everybody, by the clock there.",
            ),
            field_input("Public holidays of", Act.COUNTRY, _country(week.country, None), optional=True),
        ],
        callback_id=Dialog.TEAM_RHYTHM,
        metadata=json.dumps({"team": week.team_id}),
        submit="Save",
        close="Cancel",
    )


def week_in_words(view: Organisation) -> str:
    """The week as it is now, day by day."""
    rhythm = rhythm_before(view.meeting, opens=view.opens, closes=view.closes, digest=view.digest, note=view.note)
    return "\n".join(
        [
            f"*Opening* {_NAMES[rhythm.opens.weekday]} {view.opens:%H:%M}, by each owner's clock, or their own hour",
            f"*Closing* {_NAMES[rhythm.closes.weekday]} {view.closes:%H:%M}; two reminders at most before",
            f"*Lead's note* the working day before the digest, {view.note:%H:%M}",
            f"*Digest* {_NAMES[rhythm.digest.weekday]} {view.digest:%H:%M}, by the clock of {_spaced(view.zone)}",
            f"*Leadership meeting* {_NAMES[view.meeting]}",
        ]
    )


def saved(next_at: datetime | None) -> Post:
    when = f" Your next check-in opens {weekday_time(next_at)}." if next_at is not None else ""
    return Post(f"Saved.{when}")


def week_saved(view: Organisation) -> Post:
    text = f"Saved. It holds from the next opening on.\n{week_in_words(view)}"
    return Post("Saved. It holds from the next opening on.", (section(text),))


def team_saved(week: TeamWeek) -> Post:
    clock = f" Its digest comes by the clock of {_spaced(week.zone)}." if week.zone is not None else ""
    if week.meeting is None:
        return Post(f"Saved. {said(week.team, 80)} keeps everybody's week.{clock}")
    meets = f"{said(week.team, 80)} meets on {_NAMES[week.meeting]}; its days are counted back from there."
    return Post(f"Saved. {meets}{clock}")


def zone_options(zones: Sequence[str], slack_zone: str) -> list[Block]:
    """What the zone menu suggests; Slack's own is always among it."""
    return [_slacks(slack_zone), *(_named(zone) for zone in zones[:MOST_OPTIONS])]


def digest_zone_options(zones: Sequence[str], common_zone: str) -> list[Block]:
    """What the menu of a team's channel suggests; the organisation's zone is always among it."""
    return [_commons(common_zone), *(_named(zone) for zone in zones[:MOST_OPTIONS])]


def country_options(codes: Sequence[str]) -> list[Block]:
    return [_named(code) for code in codes[:MOST_OPTIONS]]


# What is said under a field, in plain text: Slack formats nothing there


def no_days() -> str:
    return "Please tick at least one day."


def ends_before_it_starts() -> str:
    return "Work stops before it starts. For a night shift, choose the part of it before midnight."


def hour_outside_work() -> str:
    return "That hour lies outside of your working hours. Please choose one within."


def nobody_could_answer() -> str:
    return "Check-ins must be open for three hours at least. Please choose a later closing, or an earlier opening."


def reason_missing() -> str:
    return "Please say why this team differs: admins read it in the list of exceptions."


def budget_odd() -> str:
    return f"Please choose a whole number from {LEAST_BUDGET} to {MOST_BUDGET}."


def expected_odd() -> str:
    return f"Please choose a score from {LEAST_EXPECTED} to {MOST_EXPECTED}, with two decimals at most."


def unknown_zone() -> str:
    return "I don't know that zone. Please choose one from the list."


def _exceptions(teams: Sequence[TeamException]) -> str:
    if not teams:
        return "*Exceptions:* none. `/okr rhythm TEAM` gives a team a week of its own, or its channel a zone."
    lines = [f"• {said(one.team, 60)}: {_differs(one)}" for one in teams]
    if len(lines) > MOST_EXCEPTIONS:
        lines = [*lines[:MOST_EXCEPTIONS], f"…and {len(lines) - MOST_EXCEPTIONS} more"]
    return "\n".join(["*Exceptions* (`/okr rhythm TEAM` changes one)", *lines])


def _differs(one: TeamException) -> str:
    parts = []
    if one.meeting is not None:
        parts.append(f"{_NAMES[one.meeting]}, because “{said(one.reason, 100)}”")
    if one.zone is not None:
        parts.append(f"its digest by the clock of {_spaced(one.zone)}")
    return "; ".join(parts)


def _time(action_id: str, initial: time) -> Block:
    return {"type": "timepicker", "action_id": action_id, "initial_time": f"{initial:%H:%M}"}


def _day(action_id: str, initial: Weekday) -> Block:
    return {
        "type": "static_select",
        "action_id": action_id,
        "options": [option(_NAMES[day], str(int(day))) for day in sorted(WORKDAYS | {initial})],
        "initial_option": option(_NAMES[initial], str(int(initial))),
    }


def _days(chosen: Collection[Weekday]) -> Block:
    boxes: dict[str, object] = {
        "type": "checkboxes",
        "action_id": Typed.WORKDAYS,
        "options": [option(_NAMES[day], str(int(day))) for day in Weekday],
    }
    if chosen:
        boxes["initial_options"] = [option(_NAMES[day], str(int(day))) for day in sorted(chosen)]
    return boxes


def _zone(mine: Mine) -> Block:
    return _typed_zone(Act.ZONE, _slacks(mine.slack_zone) if mine.zone is None else _named(mine.zone))


def _typed_zone(action_id: Act, initial: Block) -> Block:
    return {
        "type": "external_select",
        "action_id": action_id,
        "min_query_length": 0,
        "placeholder": plain("Type a city", 150),
        "initial_option": initial,
    }


def _named(name: str) -> Block:
    """A zone or a country. A value has 150 characters at most, and no name of ours comes near."""
    return option(_spaced(name), name[:150])


def _spaced(zone: str) -> str:
    """A zone as people read it; no name of ours has anything else in it that Slack would format."""
    return zone.replace("_", " ")


def _slacks(zone: str) -> Block:
    return option(f"As in Slack ({_spaced(zone)})", SLACKS)


def _commons(zone: str) -> Block:
    return option(f"As everybody ({_spaced(zone)})", COMMON)


def _country(chosen: str | None, common: str | None) -> Block:
    element: dict[str, object] = {
        "type": "external_select",
        "action_id": Act.COUNTRY,
        "min_query_length": 1,
        "placeholder": plain(f"As everybody: {common}" if common else "Type two letters, as NZ or US-CA", 150),
    }
    if chosen:
        element["initial_option"] = _named(chosen)
    return element
