"""Who may see a key result, and which teams share an objective, as cells say it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.domain.importing.people import Ambiguous, Found, Match, NotTakingPart, People, fold
from bot.domain.importing.problem import shown
from bot.domain.organisation import FOR_EVERYBODY, MOST_NAMED, Limit, Visibility

_EVERYBODY = {"everybody", "everyone"}
_TEAM = {"team", "the team"}
_BETWEEN = re.compile(r"[;\n]")


def split(text: str) -> tuple[str, ...]:
    """What stands between semicolons, each once. Names have commas in them: "Ngata, Mere"."""
    parts = (" ".join(part.split()) for part in _BETWEEN.split(text))
    return tuple(dict.fromkeys(part for part in parts if part))


def read_limit(text: str, people: People) -> Limit | str:
    """ "everybody", "team", people, or "team" and people; or why that cannot be taken, as a sentence.

    Unlike an owner who is not found, nothing is kept for later: what is to be limited is not imported for everybody.
    """
    words = split(text)
    named = [one for one in words if fold(one) not in _EVERYBODY | _TEAM]
    if any(fold(one) in _EVERYBODY for one in words):
        return FOR_EVERYBODY if len(words) == 1 else "Either everybody may see it, or those who are named."
    if len(named) > MOST_NAMED:
        return f"These are {len(named)} people; {MOST_NAMED} can be named."
    found: set[int] = set()
    for one in named:
        match = people.find(one)
        if not isinstance(match, Found):
            return _why(match, one)
        found.add(match.person.member_id)
    return Limit(Visibility.TEAM if len(named) < len(words) else Visibility.NAMED, frozenset(found))


def limit_said(limit: Limit, names: Mapping[int, str]) -> str:
    """As a cell says it, with people by name."""
    if limit.visibility is Visibility.WORKSPACE:
        return "everybody"
    people = sorted(names.get(one, str(one)) for one in limit.member_ids)
    return "; ".join(["team", *people] if limit.visibility is Visibility.TEAM else people)


def _why(match: Match, text: str) -> str:
    if isinstance(match, Ambiguous):
        ways = ", ".join(person.email or person.slack_user_id for person in match.people)
        return f"{shown(text)} could be any of {ways}; an email address here would decide."
    if isinstance(match, NotTakingPart):
        return f"{shown(text)} is a guest or has left, and so sees nothing."
    return f"{shown(text)} is nobody that Okra knows in this workspace, so it cannot be limited to them."
