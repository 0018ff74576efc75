"""Digests as files for a board pack: what stands in them as rows (CSV) or as a tree (JSON).

What a digest does not tell its readers is in no file either: not who answered, and no history of a person. An owner
stands beside a key result as it is now, in the newest digest only.
"""

from __future__ import annotations

import csv
import enum
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.domain.digest import Call, KeyResultLine, Snapshot
from bot.domain.health import WAITS, Health
from bot.domain.reading_order import unturned

VERSION = 1

# A sheet takes what begins with one of these for a formula, and runs it.
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Format(enum.StrEnum):
    CSV = "csv"
    JSON = "json"


@dataclass(frozen=True)
class Told:
    """A digest with its sentences: the state, and the question that the data asks ("" without one); plain text."""

    snapshot: Snapshot
    headline: str
    question: str


class What(enum.StrEnum):
    """What a row is about."""

    STATE = "state"
    KEY_RESULT = "key result"
    DECIDE = "decision needed"
    HELP = "help wanted"
    DECIDED = "decided"
    OVERDUE = "decision overdue"
    STOP_OR_SHIFT = "stop or shift"
    QUESTION = "worth a question"
    HEALTH = "how it goes"


@dataclass(frozen=True)
class Row:
    """One line of the sheet. `number` is KR-12's; `person` the owner of a key result or of a decision."""

    week: str
    digest: str
    what: What
    number: str = ""
    name: str = ""
    team: str = ""
    person: str = ""
    colour: str = ""
    score: str = ""
    last_score: str = ""
    words: str = ""
    due: str = ""
    link: str = ""


COLUMNS = tuple(one.name for one in fields(Row))


def as_file(told: Sequence[Told], form: Format) -> bytes:
    """The digests, the oldest first, as the bytes of a file."""
    return as_json(told) if form is Format.JSON else as_csv(told)


def as_csv(told: Sequence[Told]) -> bytes:
    """One table; UTF-8 with a mark, without which sheets take it for another encoding."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for place, one in enumerate(told):
        for row in rows(one, with_owners=place == len(told) - 1):
            writer.writerow([harmless(getattr(row, column)) for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def harmless(cell: str) -> str:
    """A cell on one line, which no sheet takes for a formula, and whose words stand as they are read."""
    cell = unturned(cell)
    line = " ".join(cell.split())
    return f"'{line}" if line.startswith(BEGINS_A_FORMULA) or cell.startswith(BEGINS_A_FORMULA) else line


def rows(told: Told, *, with_owners: bool) -> list[Row]:
    """A digest as rows, in its own order; its key results last."""
    snapshot = told.snapshot
    week, digest = snapshot.period.isoformat(), snapshot.team
    teams = {line.key_result_id: line.team for line in snapshot.key_results}
    found = [Row(week, digest, What.STATE, words=told.headline)]
    needed = {call.escalation_id for call in snapshot.decide}
    found += [
        Row(
            week,
            digest,
            What.DECIDE if call.escalation_id in needed else What.HELP,
            number=_label(call.number),
            name=call.name,
            team=teams.get(call.key_result_id, ""),
            colour=_value(call.confidence),
            words=_wanted(call),
            link=call.link or "",
        )
        for call in snapshot.want_help
    ]
    found += [
        Row(
            week,
            digest,
            What.DECIDED,
            number=_label(one.number),
            name=one.name,
            person=one.owner,
            words=one.text,
            due=one.due_on.isoformat(),
            link=one.link or "",
        )
        for one in snapshot.decided
    ]
    found += [
        Row(
            week,
            digest,
            What.OVERDUE,
            number=_label(one.number),
            person=one.owner,
            words=one.text,
            due=one.due_on.isoformat(),
            link=one.link or "",
        )
        for one in snapshot.overdue
    ]
    if snapshot.stop_or_shift:
        found.append(Row(week, digest, What.STOP_OR_SHIFT, words=snapshot.stop_or_shift))
    if told.question:
        found.append(Row(week, digest, What.QUESTION, words=told.question))
    if snapshot.health is not None:
        found += [
            Row(week, digest, What.HEALTH, name=name, words=words) for name, words in _counts(snapshot.health).items()
        ]
    found += [
        Row(
            week,
            digest,
            What.KEY_RESULT,
            number=_label(line.number),
            name=line.name,
            team=line.team,
            person=line.owner if with_owners else "",
            colour=_value(line.confidence),
            score=_value(line.score),
            last_score=_value(line.last_score),
        )
        for line in snapshot.key_results
    ]
    return found


def as_json(told: Sequence[Told]) -> bytes:
    """The same as a tree: `{"version", "digests": […]}`, scores as text."""
    digests = [_tree(one, with_owners=place == len(told) - 1) for place, one in enumerate(told)]
    return json.dumps({"version": VERSION, "digests": digests}, ensure_ascii=False, indent=2).encode()


def _tree(told: Told, *, with_owners: bool) -> dict[str, Any]:
    snapshot = told.snapshot
    needed = {call.escalation_id for call in snapshot.decide}
    return {
        "team": snapshot.team,
        "week": snapshot.period.isoformat(),
        "headline": told.headline,
        "checked_in": {"answered": snapshot.answered, "asked": snapshot.asked},
        "key_results": [_key_result(line, with_owner=with_owners) for line in snapshot.key_results],
        "help_wanted": [
            {
                "key_result": _label(call.number),
                "name": call.name,
                "colour": _value(call.confidence) or None,
                "needs_a_decision": call.escalation_id in needed,
                "need": call.need,
                "blocked_by": call.blocked_by,
                "since": call.since.isoformat(),
                "link": call.link,
            }
            for call in snapshot.want_help
        ],
        "decided": [
            {
                "key_result": _label(one.number),
                "decision": one.text,
                "owner": one.owner,
                "due": one.due_on.isoformat(),
                "link": one.link,
            }
            for one in snapshot.decided
        ],
        "decisions_overdue": [
            {
                "key_result": _label(one.number),
                "decision": one.text,
                "owner": one.owner,
                "due": one.due_on.isoformat(),
                "link": one.link,
            }
            for one in snapshot.overdue
        ],
        "stop_or_shift": snapshot.stop_or_shift,
        "question": told.question or None,
        "weeks": [
            {
                "week": week.period.isoformat(),
                "mean_score": _value(week.score) or None,
                "expected": str(week.expected),
                "colours": vars(week.colours),
            }
            for week in snapshot.weeks
        ],
        "health": _counts(snapshot.health) if snapshot.health is not None else None,
    }


def _key_result(line: KeyResultLine, *, with_owner: bool) -> dict[str, Any]:
    return {
        "key_result": _label(line.number),
        "name": line.name,
        "team": line.team,
        **({"owner": line.owner} if with_owner else {}),
        "colour": _value(line.confidence) or None,
        "score": _value(line.score) or None,
        "last_score": _value(line.last_score) or None,
    }


def _counts(health: Health) -> dict[str, str]:
    waits = {f"{name}_hours": getattr(health, name).hours for name in WAITS}
    told = {name: f"{share.part} of {share.of}" for name, share in health.shares.items()}
    return {**told, **{name: str(hours) for name, hours in waits.items() if hours is not None}}


def _wanted(call: Call) -> str:
    waits = f"waits for {call.blocked_by}" if call.blocked_by else ""
    return "; ".join(filter(None, [call.need, waits]))


def _label(number: int) -> str:
    return f"KR-{number}"


def _value(value: object) -> str:
    if value is None:
        return ""
    return str(value.value) if isinstance(value, enum.Enum) else str(value)
