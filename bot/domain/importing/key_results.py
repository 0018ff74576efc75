"""Comparing each key result of a file with the one that an earlier import made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from bot.domain.cycles import CycleState, parse_cycle
from bot.domain.importing.assignments import Assignments, Holder, change_of_holder
from bot.domain.importing.columns import Column
from bot.domain.importing.existing import Existing, ExistingKeyResult
from bot.domain.importing.plan import FieldChange, PlannedKeyResult, change
from bot.domain.importing.problem import Problem, shown
from bot.domain.importing.sheet import ObjectiveKey, WantedKeyResult
from bot.domain.importing.terms import Terms, Unfit, merge, reworded, terms_of_text
from bot.domain.importing.visibility import limit_said, read_limit
from bot.domain.numbers import format_value
from bot.domain.organisation import Limit

_NO_CHANGES: tuple[FieldChange, ...] = ()


class KeyResultReader:
    """Reads key results one after another; what is to be said about them gathers in its lists."""

    def __init__(
        self,
        existing: Existing,
        assignments: Assignments,
        renamed: Mapping[ObjectiveKey, ObjectiveKey],
        team_names: Mapping[str, str],
    ) -> None:
        """`team_names`: of the file's teams and of those that are there, by key."""
        self._existing = existing
        self._team_names = team_names
        self._assignments = assignments
        self._renamed = renamed
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.reasons_wanted: list[Problem] = []
        self.stops_wanted: list[Problem] = []

    def read(self, wanted: WantedKeyResult) -> PlannedKeyResult | None:
        """What becomes of the row; None where there is a problem with it or it is to be left alone."""
        known = self._existing.key_results.get(wanted.key)
        self.warnings.extend(_due_outside(wanted))
        if known is None:
            return self._new(wanted)
        if known.archived:
            message = f"KR-{known.number} has been archived and is left as it is."
            self.warnings.append(wanted.row.at(Column.ID, message))
            return None
        if known.objective[0] != wanted.objective[0]:
            message = (
                f"{shown(wanted.key)} is KR-{known.number} of another cycle already; "
                "what goes on in a new cycle needs an id of its own."
            )
            self.problems.append(wanted.row.at(Column.ID, message))
            return None
        return self._known(wanted, known)

    def _new(self, wanted: WantedKeyResult) -> PlannedKeyResult | None:
        terms = self._fitting(wanted, merge(wanted.given, _said(wanted)))
        owner = self._assignments.find(wanted.owner, Column.OWNER, wanted.row)
        co_owners = self._co_owners(wanted, owner, frozenset())
        limit = self._limit(wanted)
        if terms is None or isinstance(limit, str):
            return None
        in_mid_cycle = self._is_under_way(wanted.objective)
        if in_mid_cycle:
            self._want_reason(wanted, Column.ID, f"{shown(wanted.key)} is new in mid-cycle")
            self._want_stops(wanted, f"{shown(wanted.key)} is new")
        return _planned(wanted, None, terms, owner, co_owners, limit=limit, in_mid_cycle=in_mid_cycle)

    def _known(self, wanted: WantedKeyResult, known: ExistingKeyResult) -> PlannedKeyResult | None:
        if known.text == wanted.text:
            terms = self._fitting(wanted, merge(wanted.given, known.terms))
        else:
            terms = self._fitting(wanted, reworded(wanted.given, _said(wanted), known.terms))
        before = Holder(known.owner_id, known.owner_name)
        owner = self._assignments.find(wanted.owner, Column.OWNER, wanted.row, before)
        co_owners = self._co_owners(wanted, owner, known.co_owner_ids)
        limit = self._limit(wanted)
        if terms is None or isinstance(limit, str):
            return None
        definition = (
            *change(Column.KEY_RESULT, known.text, wanted.text),
            *_changed_terms(known.terms, terms),
        )
        moved = self._moved(wanted, known)
        self._want_reasons(wanted, known, (*definition, *moved))
        gives_baseline = known.terms.start is None and [one.name for one in definition] == [Column.START]
        in_mid_cycle = bool(definition) and not gives_baseline and self._is_under_way(wanted.objective)
        if in_mid_cycle:
            self._want_stops(wanted, f"KR-{known.number} changes")
        names = self._existing.member_names
        changes = (
            *moved,
            *definition,
            *change_of_holder(Column.OWNER, before, owner, names),
            *change(Column.CO_OWNERS, self._names(known.co_owner_ids), self._names(co_owners)),
            *self._changed_score(wanted, known),
            *self._changed_limit(known.limit, limit),
        )
        return _planned(
            wanted,
            known,
            terms,
            owner,
            co_owners,
            limit=limit,
            changes=changes,
            revises=bool(definition),
            in_mid_cycle=in_mid_cycle,
        )

    def _moved(self, wanted: WantedKeyResult, known: ExistingKeyResult) -> tuple[FieldChange, ...]:
        """The change of its objective, if any. Two teams may have one in the same words, so a move from team to team
        names both."""
        if known.objective == self._renamed.get(wanted.objective, wanted.objective):
            return _NO_CHANGES
        old = self._existing.objectives.get(known.objective)
        before, after = old.title if old else "", wanted.row[Column.OBJECTIVE]
        of, to = known.objective[1], wanted.objective[1]
        if of != to:
            before, after = f"{before} ({self._team_names[of]})", f"{after} ({self._team_names[to]})"
        return change(Column.OBJECTIVE, before, after)

    def _is_under_way(self, objective: ObjectiveKey) -> bool:
        """Whether its cycle runs and its team checks in. What a team brings along when it joins changes nothing."""
        cycle, team = self._existing.cycles.get(objective[0]), self._existing.teams.get(objective[1])
        runs = cycle is not None and cycle.state in (CycleState.ACTIVE, CycleState.CLOSING)
        return runs and team is not None and team.is_on

    def _fitting(self, wanted: WantedKeyResult, terms: Terms | Unfit) -> Terms | None:
        if isinstance(terms, Unfit):
            self.problems.append(wanted.row.at(terms.column, terms.message))
            return None
        return terms

    def _co_owners(self, wanted: WantedKeyResult, owner: Holder, known: frozenset[int]) -> frozenset[int]:
        """Everyone whom the cell names and who was found; an empty cell leaves alone who is there."""
        if not wanted.co_owners:
            return known
        found = (self._assignments.find(name, Column.CO_OWNERS, wanted.row).member_id for name in wanted.co_owners)
        return frozenset(member_id for member_id in found if member_id is not None) - {owner.member_id}

    def _limit(self, wanted: WantedKeyResult) -> Limit | str | None:
        """Who may see it, as the cell says; why that cannot be taken; None of an empty cell, which leaves it alone."""
        if not wanted.row[Column.VISIBLE_TO]:
            return None
        limit = read_limit(wanted.row[Column.VISIBLE_TO], self._existing.people)
        if isinstance(limit, str):
            self.problems.append(wanted.row.at(Column.VISIBLE_TO, limit))
        return limit

    def _changed_limit(self, before: Limit, after: Limit | None) -> tuple[FieldChange, ...]:
        if after is None or before == after:
            return _NO_CHANGES
        names = self._existing.member_names
        return (FieldChange(Column.VISIBLE_TO, limit_said(before, names), limit_said(after, names)),)

    def _changed_score(self, wanted: WantedKeyResult, known: ExistingKeyResult) -> tuple[FieldChange, ...]:
        score, note = wanted.score.score, wanted.score.note
        if score is None and note is None:
            return _NO_CHANGES
        return change(Column.SCORE, _number(known.score) or known.note, _number(score) or note)

    def _want_reasons(
        self, wanted: WantedKeyResult, known: ExistingKeyResult, changes: tuple[FieldChange, ...]
    ) -> None:
        for changed in changes:
            column = Column(changed.name)
            what = "has new words" if column is Column.KEY_RESULT else f"has another {column}"
            self._want_reason(wanted, column, f"KR-{known.number} {what}")

    def _want_reason(self, wanted: WantedKeyResult, column: Column, what: str) -> None:
        self.reasons_wanted.append(wanted.row.at(column, f"{what}, and that needs a reason."))

    def _want_stops(self, wanted: WantedKeyResult, what: str) -> None:
        self.stops_wanted.append(wanted.row.at(Column.ID, f"{what} in mid-cycle: what stops for it?"))

    def _names(self, member_ids: frozenset[int]) -> str:
        names = self._existing.member_names
        return ", ".join(names.get(member_id, str(member_id)) for member_id in sorted(member_ids))


def _due_outside(wanted: WantedKeyResult) -> Iterator[Problem]:
    cycle, due = parse_cycle(wanted.row[Column.CYCLE]), wanted.given.due
    if cycle is not None and due is not None and not cycle.starts_on <= due <= cycle.ends_on:
        yield wanted.row.at(Column.DUE, f"{due.isoformat()} is not inside {wanted.row[Column.CYCLE]}.")


def _said(wanted: WantedKeyResult) -> Terms:
    return terms_of_text(wanted.text, parse_cycle(wanted.row[Column.CYCLE]))


def _planned(
    wanted: WantedKeyResult,
    known: ExistingKeyResult | None,
    terms: Terms,
    owner: Holder,
    co_owners: frozenset[int],
    *,
    limit: Limit | None,
    changes: tuple[FieldChange, ...] = (),
    revises: bool = False,
    in_mid_cycle: bool = False,
) -> PlannedKeyResult:
    says_score = wanted.score.score is not None or wanted.score.note is not None
    promoted = known is not None and known.is_draft and known.owner_id is None and owner.member_id is not None
    return PlannedKeyResult(
        id=known.id if known else None,
        line=wanted.row.line,
        key=wanted.key,
        number=known.number if known else None,
        objective=wanted.objective,
        text=wanted.text,
        terms=terms,
        owner_id=owner.member_id,
        owner_name=owner.name,
        co_owner_ids=co_owners,
        score=wanted.score.score if says_score or known is None else known.score,
        note=wanted.score.note if says_score or known is None else known.note,
        source=wanted.row[Column.SOURCE],
        is_draft=owner.member_id is None if known is None else known.is_draft and not promoted,
        promoted=promoted,
        revises=revises,
        in_mid_cycle=in_mid_cycle,
        limit=limit,
        changes=changes,
    )


def _changed_terms(before: Terms, after: Terms) -> tuple[FieldChange, ...]:
    return (
        *change(Column.KIND, before.kind, after.kind),
        *change(Column.METRIC, before.metric, after.metric),
        *change(Column.UNIT, before.unit, after.unit),
        *_changed_quantity(Column.START, before, after),
        *_changed_quantity(Column.TARGET, before, after),
        *change(Column.DUE, _day(before.due), _day(after.due)),
    )


def _changed_quantity(column: Column, before: Terms, after: Terms) -> tuple[FieldChange, ...]:
    old, new = ((terms.start if column is Column.START else terms.target) for terms in (before, after))
    # a changed unit is a change of its own, not of both numbers too
    return () if old == new else change(column, _quantity(old, before.unit), _quantity(new, after.unit))


def _quantity(value: Decimal | None, unit: str) -> str:
    return "" if value is None else format_value(value, unit)


def _number(value: Decimal | None) -> str:
    return "" if value is None else format_value(value, "")


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
