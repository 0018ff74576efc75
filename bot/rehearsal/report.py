"""What a rehearsal tells at its end: JSON without any real time in it, the same for the same seed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from bot.app import build
from bot.rehearsal.points import all_points, why_out_of_reach
from handlers import desk_of

if TYPE_CHECKING:
    from bot.rehearsal.roster import Roster
    from bot.rehearsal.run import Rehearsal

MOST_VIOLATIONS = 50


@dataclass(frozen=True)
class Report:
    """The facts, and the three numbers that must be zero."""

    facts: Mapping[str, Any]
    lost: int
    duplicates: int
    violations: int

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.duplicates or self.violations)

    def to_json(self) -> str:
        return json.dumps(self.facts, indent=2, ensure_ascii=False)


class Size(NamedTuple):
    """How many there are before the first week: later some have left, given away or stopped what they own."""

    owners: int
    key_results: int
    teams: int


def size_of(roster: Roster) -> Size:
    return Size(len(roster.owners), sum(len(one.owned) for one in roster.owners), len(roster.teams))


def report_of(rehearsal: Rehearsal, size: Size) -> Report:
    """Everything that was counted."""
    plan, witness, told, fleet = rehearsal.plan, rehearsal.witness, rehearsal.told, rehearsal.fleet
    faults = {**rehearsal.core.faults.counts, **rehearsal.seam.counts}
    never = _never_struck(rehearsal)
    facts = {
        "seed": plan.seed,
        "cycle": rehearsal.cycle.name,
        "weeks": rehearsal.weeks,
        **size._asdict(),
        "key_results_limited": len(rehearsal.roster.limited),
        "faults_level": plan.level.value,
        "database": "sqlite" if rehearsal.database.is_sqlite else "postgresql",
        "workers": rehearsal.worker_count,
        "messages": _sorted(witness.messages),
        "updates": witness.updates,
        "homes_shown": witness.homes,
        "answers_told_as_saved": len(told.answers),
        "decisions_told_as_saved": len(told.decisions),
        "decisions_told_as_settled": len(told.settled),
        "key_results_told_as_changed": told.changes,
        "key_results_told_as_stopped": len(told.stopped),
        "calls_for_help_told_as_posted": len(told.calls),
        "messages_turned_into_blockers": len(told.turned),
        "questions_told_as_asked": len(told.questions),
        "made_private": told.made_private,
        "refused_or_dated_between_teams": len(told.between),
        "double_submissions": told.double_submissions,
        "stale_presses": told.stale_presses,
        "presses_by_strangers": told.presses_by_strangers,
        "given_up": told.given_up,
        "refused": _sorted(told.refused),
        "faults": _sorted(faults),
        "deaths": _sorted(rehearsal.fate.deaths),
        "points_never_struck": never.pop("", []),
        "points_out_of_reach": {why: never[why] for why in sorted(never)},
        "stalls": fleet.stalls,
        "locks_cut": fleet.cuts,
        "starts": fleet.starts,
        "outside_the_bound": rehearsal.seam.outside_the_bound,
        "too_late": rehearsal.too_late(),
        "lost": witness.lost,
        "duplicates": witness.duplicates,
        "violations": len(witness.violations),
        "what_was_broken": [
            {"what": one.what, "at": one.at.isoformat(), "trace": list(one.trace)}
            for one in witness.violations[:MOST_VIOLATIONS]
        ],
    }
    return Report(facts, witness.lost, witness.duplicates, len(witness.violations))


def _never_struck(rehearsal: Rehearsal) -> dict[str, list[str]]:
    """The points at which death has not struck, by why no rehearsal comes to them; those of which one should by ""."""
    points = all_points(desk_of(build(rehearsal.settings, database=rehearsal.database).runtime))
    found: dict[str, list[str]] = defaultdict(list)
    for point in sorted(points.keys() - rehearsal.fate.deaths.keys()):
        found[why_out_of_reach(point, points[point])].append(point)
    return found


def _sorted(counts: Mapping[Any, int]) -> dict[str, int]:
    return {str(name): counts[name] for name in sorted(counts, key=str)}
