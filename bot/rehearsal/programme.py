"""Who and what is rehearsed: an invented company, or the people and teams of somebody's own file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from bot.domain.importing.columns import Column
from bot.domain.importing.people import fold
from bot.domain.importing.rows import Row, Rows

COMPANY = "Fernhill"
# The organisation's zone: the digest's hour is local to it.
HOME_ZONE = "Europe/London"
FIRST_DAY = date(2026, 10, 1)
WEEKS_IN_QUARTER = 13
OWNERS_IN_TEAM = 8
TEAMS_IN_DEPARTMENT = 5
# Which share of the key results is for its team alone, for its team and somebody else, and for named people.
FOR_TEAM, FOR_TEAM_AND_NAMED, FOR_NAMED = 0.12, 0.02, 0.03
_EVERYBODY, _TEAM = ("everybody", "everyone"), ("team", "the team")

# From the first Monday morning on earth to the last, with changes of the clock on both hemispheres and odd offsets.
ZONES = (
    "Pacific/Kiritimati", "Pacific/Auckland", "Australia/Lord_Howe", "Asia/Tokyo", "Asia/Kathmandu", "Asia/Kolkata",
    "Asia/Tehran", "Africa/Nairobi", "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "America/St_Johns",
    "America/New_York", "America/Denver", "America/Los_Angeles", "Pacific/Pago_Pago",
)  # fmt: skip
_FIRST = (
    "Abel", "Bilal", "Carla", "Dunja", "Edda", "Fiona", "Goran", "Hana", "Ines", "Jonas", "Kiri", "Lale", "Malik",
    "Nadia", "Oisín", "Paula", "Quentin", "Runa", "Selma", "Tomás", "Ursa", "Vera", "Wanja", "Yusuf", "Zora",
)  # fmt: skip
_LAST = (
    "Almeida", "Brandt", "Castro", "Duarte", "Eriksen", "Farkas", "Gupta", "Holm", "Ivanov", "Jansen", "Keita", "Lindt",
    "Moreau", "Nakata", "Okoye", "Petrov", "Quist", "Rao", "Silva", "Tanaka", "Ueda", "Varga", "Weiss", "Yilmaz",
    "Zeman",
)  # fmt: skip
_DEEDS = (
    ("increase", "Accounts in weekly use", "accounts", 120, 260),
    ("decrease", "Hours to a first answer", "hours", 30, 8),
    ("at_least", "Builds that pass at once", "%", 80, 92),
    ("milestone", "New ledger runs in every branch", "", None, None),
    ("increase", "Renewals signed early", "%", 12, 35),
    ("at_most", "Parcels returned", "%", 9, 4),
)
# “Ada Lovelace <ada@acme.test>”, as mail programs write it.
_WITH_ADDRESS = re.compile(r"([^<>]*[^<>\s])\s*<\s*([^<>\s]+@[^<>\s]+)\s*>")
_COLUMNS = (
    "id", "cycle", "level", "team", "objective", "key_result", "owner", "parent team", "lead", "channel", "kind",
    "metric", "unit", "start", "target", "visible to",
)  # fmt: skip


@dataclass(frozen=True)
class Newcomer:
    """Somebody who is in the workspace. `guest`: sees some channels, may do nothing."""

    name: str
    zone: str
    email: str = ""
    guest: bool = False


@dataclass(frozen=True)
class Programme:
    """What is rehearsed: the import file's text, and the people and channels that are there before it."""

    text: str
    people: tuple[Newcomer, ...]
    channels: tuple[str, ...]


def invented(owners: int, weeks: int, random: Random, limits: Random) -> Programme:
    """A company with so many owners, in teams of about eight under departments under the company.

    Which key results are for fewer than everybody is drawn from `limits`, so that the rest is as it would be without.
    """
    names = list(_names(owners + 2))
    people = [Newcomer(name, random.choice(ZONES)) for name in names[:owners]]
    last_day = FIRST_DAY + timedelta(weeks=max(weeks, 1), days=6)
    cycle = "2026 Q4" if weeks <= WEEKS_IN_QUARTER else f"{FIRST_DAY}..{last_day}"
    out = io.StringIO()
    table = csv.DictWriter(out, _COLUMNS)
    table.writeheader()
    channels = {"leads": None}
    number = 0
    for index, person in enumerate(people):
        team_number = index // OWNERS_IN_TEAM + 1
        department_number = (team_number - 1) // TEAMS_IN_DEPARTMENT + 1
        department, team = f"Department {department_number}", f"Team {team_number}"
        place = {"level": "team", "team": team, "parent team": department}
        lead = people[(team_number - 1) * OWNERS_IN_TEAM].name
        if index == 0:
            place = {"level": "company", "team": COMPANY, "parent team": ""}
            lead, channel = people[0].name, "leads"
        elif index % (OWNERS_IN_TEAM * TEAMS_IN_DEPARTMENT) == 1:
            place = {"level": "department", "team": department, "parent team": COMPANY}
            lead, channel = person.name, f"department-{department_number}"
        else:
            channel = f"team-{team_number}"
        channels[channel] = None
        for _ in range(random.choice((1, 1, 1, 1, 2, 2, 3))):
            number += 1
            kind, metric, unit, start, target = _DEEDS[number % len(_DEEDS)]
            visible_to = _limit(limits, [one.name for one in people])
            if visible_to:
                # Found again wherever it stands: nothing else is called so.
                metric = f"Behind door {number}: {metric}"
            known = start if random.random() < 0.9 else None
            table.writerow(
                place
                | {
                    "id": f"re-{number}",
                    "cycle": cycle,
                    "objective": f"Make {place['team']} easier to work with by the end of the year",
                    "key_result": f"{metric} number {number}"
                    + (f" from {start} to {target} {unit}" if target is not None else ""),
                    "owner": person.name,
                    "lead": lead,
                    "channel": f"#{channel}",
                    "kind": kind,
                    "metric": metric,
                    "unit": unit,
                    "start": known if kind in {"increase", "decrease"} else "",
                    "target": target,
                    "visible to": visible_to,
                }
            )
    strangers = (Newcomer(names[-2], "Europe/Berlin"), Newcomer(names[-1], "Europe/Berlin", guest=True))
    return Programme(out.getvalue(), (*people, *strangers), tuple(channels))


def of_file(text: str, rows: Rows, random: Random) -> Programme:
    """Somebody's own programme: the people are invented from the names in the file, the zones from the seed."""
    named = dict.fromkeys(
        name.strip()
        for row in rows.rows
        for name in (row[Column.OWNER], row[Column.LEAD], *row[Column.CO_OWNERS].split(";"), *_viewers(row))
        if name.strip()
    )
    people = _people(named, random)
    channels = dict.fromkeys(row[Column.CHANNEL].removeprefix("#") for row in rows.rows if row[Column.CHANNEL])
    strangers = (Newcomer("Otto Bystander", "Europe/Berlin"), Newcomer("Gia Guest", "Europe/Berlin", guest=True))
    return Programme(text, (*people, *strangers), tuple(channels))


def _people(named: Iterable[str], random: Random) -> list[Newcomer]:
    """One for each who is named. “Ben” and “ben@acme.test” are one person, or nobody could tell whom “Ben” means."""
    found: dict[str, Newcomer] = {}
    for text in named:
        name, email = name_and_address(text)
        if name == email:
            name = email.split("@")[0].replace(".", " ").title()
        known = found.get(fold(name))
        if known is None:
            found[fold(name)] = Newcomer(name, random.choice(ZONES), email)
        elif email and not known.email:
            found[fold(name)] = replace(known, email=email)
        elif email and fold(known.email) != fold(email):
            found[email] = Newcomer(name, random.choice(ZONES), email)
    return list(found.values())


def name_and_address(text: str) -> tuple[str, str]:
    """Somebody as a cell names them; an address alone is both."""
    address = _WITH_ADDRESS.fullmatch(text)
    return (address[1], address[2]) if address is not None else (text, text if "@" in text else "")


def limit_in(cell: str) -> tuple[bool, list[str]] | None:
    """Whom a cell limits a key result to: whether to its team, and to which people; None where it is for all."""
    words = [one.strip() for one in re.split(r"[;\n]", cell) if one.strip()]
    named = [one for one in words if one.casefold() not in (*_EVERYBODY, *_TEAM)]
    if not words or any(one.casefold() in _EVERYBODY for one in words):
        return None
    return len(named) < len(words), named


def _viewers(row: Row) -> list[str]:
    limit = limit_in(row[Column.VISIBLE_TO])
    return limit[1] if limit is not None else []


def _limit(random: Random, names: Sequence[str]) -> str:
    """Who may see a key result: mostly everybody, else the team, or people."""
    drawn, named = random.random(), random.choice(names)
    if drawn < FOR_TEAM:
        return _TEAM[0]
    if drawn < FOR_TEAM + FOR_TEAM_AND_NAMED:
        return f"{_TEAM[0]}; {named}"
    return named if drawn < FOR_TEAM + FOR_TEAM_AND_NAMED + FOR_NAMED else ""


def _names(count: int) -> Iterator[str]:
    def endless() -> Iterable[str]:
        round_ = 0
        while True:
            for shift in range(len(_LAST)):
                for index, first in enumerate(_FIRST):
                    last = _LAST[(index + shift) % len(_LAST)]
                    yield f"{first} {last}" if not round_ else f"{first} {last} {round_ + 1}"
            round_ += 1

    for name, _ in zip(endless(), range(count), strict=False):
        yield name
