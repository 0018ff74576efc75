"""Finding the member whom a file means by "Mere Ngata", "mere@longfetch.example" or "U024BE7LH"."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Candidate:
    """A member as matching sees them. `takes_part` is false for guests, bots and people who left."""

    member_id: int
    slack_user_id: str
    name: str
    display_name: str
    email: str | None
    takes_part: bool = True


@dataclass(frozen=True)
class Found:
    """Exactly one member fits."""

    person: Candidate


@dataclass(frozen=True)
class Unknown:
    """Nobody fits."""


@dataclass(frozen=True)
class Ambiguous:
    """Several members fit equally well; an email address would decide."""

    people: tuple[Candidate, ...]


@dataclass(frozen=True)
class NotTakingPart:
    """Somebody fits, but is a guest, a bot or gone, and so is never asked."""

    person: Candidate


Match = Found | Unknown | Ambiguous | NotTakingPart

_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_WITH_ADDRESS = re.compile(r"[^<>]*<\s*([^<>\s]+@[^<>\s]+)\s*>")


class People:
    """Members by each way of naming them. Names and addresses are compared without regard to case or spacing."""

    def __init__(self, people: Iterable[Candidate]) -> None:
        self._by_slack_id: dict[str, Candidate] = {}
        self._by_email: dict[str, list[Candidate]] = defaultdict(list)
        self._by_name: dict[str, list[Candidate]] = defaultdict(list)
        for person in people:
            self._by_slack_id[person.slack_user_id] = person
            if person.email:
                self._by_email[fold(person.email)].append(person)
            for name in {fold(person.name), fold(person.display_name)} - {""}:
                self._by_name[name].append(person)

    @property
    def is_empty(self) -> bool:
        """Whether no member is known at all, as before Slack is connected."""
        return not self._by_slack_id

    def find(self, text: str) -> Match:
        """Who is meant: by Slack id (also as a mention), else by email address, else by full or display name.

        Somebody who takes part comes before a namesake who does not.
        """
        words = " ".join(text.split())
        mention = _MENTION.fullmatch(words)
        by_id = self._by_slack_id.get(mention[1] if mention else words)
        if by_id is not None:
            return _one_of([by_id])
        address = _WITH_ADDRESS.fullmatch(words)
        if address is not None:
            words = address[1]
        by_email = self._by_email.get(fold(words.removeprefix("mailto:")), [])
        return _one_of(by_email or self._by_name.get(fold(words.removeprefix("@")), []))


def fold(text: str) -> str:
    """The text as names are compared: one normal form, no case, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _one_of(people: list[Candidate]) -> Match:
    here = [person for person in people if person.takes_part]
    if len(here) == 1:
        return Found(here[0])
    if here:
        return Ambiguous(tuple(here))
    return NotTakingPart(people[0]) if people else Unknown()
