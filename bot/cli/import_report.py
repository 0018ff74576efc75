"""What an import says in the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date

from bot.domain.cycles import CycleState
from bot.domain.importing.plan import (
    ImportPlan,
    Planned,
    PlannedCycle,
    PlannedKeyResult,
    PlannedObjective,
    PlannedTeam,
)
from bot.domain.importing.problem import Problem, counted
from bot.domain.importing.sheet import ObjectiveKey
from bot.domain.importing.terms import Terms
from bot.domain.kinds import Kind
from bot.domain.numbers import format_value

_KINDS = (
    ("cycle", "cycles"),
    ("priority", "priorities"),
    ("team", "teams"),
    ("objective", "objectives"),
    ("key result", "key results"),
)


def located(file: str, problems: Iterable[Problem]) -> Iterator[str]:
    """`FILE:line: column: message`, as compilers write it, so that editors can jump there."""
    for problem in problems:
        column = f" {problem.column}:" if problem.column else ""
        yield f"{file}:{problem.line}:{column} {problem.message}"


def wanted(*, reason: bool, stops: bool) -> str:
    """How to give what these changes need; "" where they need nothing."""
    ways = [
        *(['why with --reason "…"'] if reason else []),
        *(['what stops for it with --stops "…" (“nothing” is an answer too)'] if stops else []),
    ]
    kept = "it is kept" if len(ways) == 1 else "both are kept"
    return f"Say {', and '.join(ways)}: {kept} with each of these changes." if ways else ""


def warnings(file: str, plan: ImportPlan) -> Iterator[str]:
    """What to know, in the file's order; an import goes on in spite of it."""
    if plan.warnings:
        yield "Worth knowing:"
        yield from (f"  {line}" for line in located(file, plan.warnings))
        yield ""


def differences(plan: ImportPlan, *, whole: bool) -> Iterator[str]:
    """Every change, before and after; with `whole` also everything that is new, key results under their objectives."""
    if whole and any(planned.is_new for planned in plan.everything()):
        yield "New:"
        yield from _new(plan)
        yield ""
    changed = [planned for planned in plan.everything() if planned.is_changed]
    if changed:
        yield "Changed:"
        for planned in changed:
            yield f"  {planned.label} (line {planned.line})"
            yield from (
                f"    {one.name}: {one.before or 'nothing'} → {one.after or 'nothing'}" for one in planned.changes
            )
        yield ""


def summary(plan: ImportPlan, *, dry_run: bool) -> Iterator[str]:
    """How much is new, changed and as before, what is a draft, and what happens next."""
    groups: tuple[Iterable[Planned], ...] = (
        plan.cycles.values(),
        plan.priorities.values(),
        plan.teams.values(),
        plan.objectives.values(),
        plan.key_results,
    )
    for names, group in zip(_KINDS, groups, strict=True):
        if line := _count(names, list(group)):
            yield line
    if plan.drafts:
        yield _drafts(plan)
    if plan.left_alone:
        verb = "is not in this file and stays" if plan.left_alone == 1 else "are not in this file and stay"
        yield f"{counted(plan.left_alone, 'earlier key result')} of these cycles {verb}; an import removes nothing."
    yield _last_line(plan, dry_run=dry_run)


def _last_line(plan: ImportPlan, *, dry_run: bool) -> str:
    if plan.changes_nothing:
        return "Everything is there already; nothing changes."
    if dry_run and plan.reasons_wanted:
        changes = counted(len(plan.reasons_wanted), "change")
        options = "--reason and --stops" if plan.stops_wanted else "--reason"
        return f"Nothing was changed: this was a dry run. {changes} above will need {options}."
    if dry_run:
        return "Nothing was changed: this was a dry run."
    if plan.cycles and all(cycle.state is CycleState.CLOSED for cycle in plan.cycles.values()):
        return "Imported. These cycles are over, so nobody is asked about them."
    if plan.can_be_asked:
        is_first = any(team.is_new for team in plan.teams.values())
        return f"Imported.{' Nobody is asked yet: each team begins with `okra team on NAME`.' if is_first else ''}"
    if plan.knows_nobody:
        return (
            "Imported. Nobody can be asked yet: connect Slack (`okra doctor`), "
            "then run the same import again to find the owners."
        )
    return "Imported. Nobody can be asked yet: no key result has an owner whom Slack knows."


def _drafts(plan: ImportPlan) -> str:
    drafts = counted(plan.drafts, "key result is a draft", "key results are drafts")
    them = "it" if plan.drafts == 1 else "them"
    cycles = "a cycle that is over" if plan.drafts_over == 1 else "cycles that are over"
    if plan.drafts_over == plan.drafts:
        return f"{drafts}, in {cycles}."
    over = f", {plan.drafts_over} of them in {cycles}" if plan.drafts_over else ""
    return f"{drafts}{over}: nobody is asked about {them} until there is an owner."


def _count(names: tuple[str, str], group: list[Planned]) -> str:
    new = sum(planned.is_new for planned in group)
    changed = sum(planned.is_changed for planned in group)
    if not group:
        return ""
    parts = [(new, "new"), (changed, "changed"), (len(group) - new - changed, "as before")]
    return f"{counted(len(group), *names)}: {', '.join(f'{number} {word}' for number, word in parts if number)}"


def _new(plan: ImportPlan) -> Iterator[str]:
    for cycle in plan.cycles.values():
        if cycle.is_new:
            yield f"  cycle     {_cycle(cycle)}"
    for priority in plan.priorities.values():
        if priority.is_new:
            yield f"  priority  {priority.name}"
    for team in plan.teams.values():
        if team.is_new:
            yield f"  team      {_team(team, plan)}"
    of_objective: dict[ObjectiveKey, list[PlannedKeyResult]] = defaultdict(list)
    for key_result in plan.key_results:
        if key_result.is_new:
            of_objective[key_result.objective].append(key_result)
    for key, objective in plan.objectives.items():
        if objective.is_new or of_objective[key]:
            yield f"  objective {_objective(objective, plan)}"
            yield from (f"    {_key_result(one)}" for one in of_objective[key])


def _cycle(cycle: PlannedCycle) -> str:
    if cycle.starts_on is None or cycle.ends_on is None:
        return f"{cycle.name}, {cycle.state.value}"
    return f"{cycle.name}, {_day(cycle.starts_on)} – {_day(cycle.ends_on)}, {cycle.state.value}"


def _team(team: PlannedTeam, plan: ImportPlan) -> str:
    parent = plan.teams[team.parent].name if team.parent in plan.teams else ""
    parts = (f"{team.name}, {team.level.value}", f"under {parent}" if parent else "", team.channel or "")
    return ", ".join(part for part in parts if part)


def _objective(objective: PlannedObjective, plan: ImportPlan) -> str:
    cycle, team, _ = objective.key
    return f"{objective.title} ({plan.teams[team].name}, {plan.cycles[cycle].name})"


def _key_result(key_result: PlannedKeyResult) -> str:
    draft = " · draft" if key_result.is_draft else ""
    return f"{key_result.key}  {key_result.text} [{_terms(key_result.terms)}]{draft}"


def _terms(terms: Terms) -> str:
    """The definition as Okra read it, so that a misreading is seen before it is asked about."""
    due = f", by {_day(terms.due)}" if terms.due else ""
    if terms.target is None:
        return f"{terms.kind.value}{due}"
    target = format_value(terms.target, terms.unit)
    if terms.kind is Kind.AT_LEAST:
        return f"at least {target}{due}"
    if terms.kind is Kind.AT_MOST:
        return f"at most {target}{due}"
    start = "?" if terms.start is None else format_value(terms.start, terms.unit)
    return f"{start} → {target}{due}"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
