"""Who is meant by the owners and leads of a file, and whom nobody could find."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.domain.importing.cells import names_several
from bot.domain.importing.columns import Column
from bot.domain.importing.people import Ambiguous, Found, Match, NotTakingPart, People
from bot.domain.importing.plan import FieldChange
from bot.domain.importing.problem import Problem, counted, in_file_order, shown
from bot.domain.importing.rows import Row

_NOBODY_KNOWN = "Okra knows nobody in this workspace yet"


@dataclass(frozen=True)
class Holder:
    """Who owns a key result or leads a team: a member, or else the name that nobody answers to yet."""

    member_id: int | None = None
    name: str | None = None


@dataclass(frozen=True)
class _Missed:
    """A row whose name nobody answers to, and whether a member holds the place anyway."""

    row: Row
    has_somebody: bool


class Assignments:
    """Finds members by what the file calls them, and remembers each name that nobody answers to."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._missed: dict[tuple[Column, str], list[_Missed]] = defaultdict(list)
        self._ownerless: list[Row] = []

    def find(self, text: str, column: Column, row: Row, before: Holder | None = None) -> Holder:
        """Who holds it after this cell: the member whom it names, else who did `before`.

        Where nobody fits for certain, that is a warning, and the name is kept for as long as there is no member.
        """
        before = before or Holder()
        if not text:
            if column is Column.OWNER and before == Holder():
                self._ownerless.append(row)
            return before
        match = self._people.find(text)
        if isinstance(match, Found):
            return Holder(match.person.member_id)
        self._missed[(column, text)].append(_Missed(row, before.member_id is not None))
        return before if before.member_id is not None else Holder(name=text)

    def warnings(self) -> tuple[Problem, ...]:
        """One for each name that was not found, however many rows have it, and one for all rows without an owner."""
        return in_file_order(self._all_warnings())

    def _all_warnings(self) -> Iterator[Problem]:
        if self._ownerless:
            these = counted(len(self._ownerless), "key result")
            has, stays = ("has", "stays a draft") if len(self._ownerless) == 1 else ("have", "stay drafts")
            message = f"{these} {has} no owner and {stays}: nobody is asked until there is one."
            yield self._ownerless[0].at(Column.OWNER, message)
        if self._people.is_empty and self._missed:
            yield self._nobody_known()
            return
        for (column, text), missed in self._missed.items():
            message = f"{_why(self._people.find(text), text, column)}{_consequence(column, missed)}"
            yield missed[0].row.at(column, message)

    def _nobody_known(self) -> Problem:
        """One for everybody, at the first owner whom the file names: owners decide whether anybody can be asked."""
        owners = [missed for (column, _), missed in self._missed.items() if column is Column.OWNER]
        if owners:
            message = "every key result stays a draft. Once Slack is connected, the same import finds the owners."
            return owners[0][0].row.at(Column.OWNER, f"{_NOBODY_KNOWN}, so {message}")
        (column, _), missed = next(iter(self._missed.items()))
        message = "nobody who is named here was found. Once Slack is connected, the same import finds them."
        return missed[0].row.at(column, f"{_NOBODY_KNOWN}, so {message}")


def _why(match: Match, text: str, column: Column) -> str:
    if isinstance(match, Ambiguous):
        ways = ", ".join(person.email or person.slack_user_id for person in match.people)
        return f"{shown(text)} could be any of {ways}; an email address here would decide."
    if isinstance(match, NotTakingPart):
        return f"{shown(text)} is a guest or has left, and so is never asked."
    if column is Column.OWNER and names_several(text):
        return f"{shown(text)} reads like several people; one of them is the owner, the others are co-owners."
    return f"{shown(text)} is nobody that Okra knows in this workspace."


def _consequence(column: Column, missed: list[_Missed]) -> str:
    if column is not Column.OWNER:
        return ""
    drafts = sum(not one.has_somebody for one in missed)
    if not drafts:
        return " The owner stays who it was."
    return f" Until then, {counted(drafts, 'key result stays a draft', 'key results stay drafts')}."


def change_of_holder(
    column: Column, before: Holder, after: Holder, member_names: Mapping[int, str]
) -> tuple[FieldChange, ...]:
    """The change as people read it, or nothing where it is the same person or the same unknown name."""
    if before == after:
        return ()
    return (FieldChange(column, *(_holder_shown(holder, member_names) for holder in (before, after))),)


def _holder_shown(holder: Holder, member_names: Mapping[int, str]) -> str:
    if holder.member_id is not None:
        return member_names.get(holder.member_id, f"member {holder.member_id}")
    return f"{holder.name} (not found)" if holder.name else ""
