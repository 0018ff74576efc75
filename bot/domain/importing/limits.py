"""How much a team takes on: objectives a team and cycle, key results an objective."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator

from bot.domain.importing.columns import Column
from bot.domain.importing.problem import Problem, shown
from bot.domain.importing.sheet import Sheet, WantedObjective
from bot.domain.organisation import KEY_RESULTS, OBJECTIVES, Level


def over_limit(sheet: Sheet, over: Collection[str] = ()) -> Iterator[Problem]:
    """A warning for each team with too many objectives in a cycle, and each objective with too many key results.

    Only what the file holds is counted; in the cycles of `over`, by key, it is too late to choose.
    """
    per_team: dict[tuple[str, str], list[WantedObjective]] = defaultdict(list)
    for objective in sheet.objectives.values():
        if objective.key[0] in over:
            continue
        per_team[objective.key[:2]].append(objective)
    for (_, team_key), objectives in per_team.items():
        team, first = sheet.teams[team_key], objectives[0]
        level = team.level or Level.TEAM
        meant = OBJECTIVES[level]
        if len(objectives) > meant.most:
            message = (
                f"{shown(team.name)} has {len(objectives)} objectives in {first.cycle}; "
                f"a {level.value} does best with {meant.least} to {meant.most}."
            )
            yield first.row.at(Column.OBJECTIVE, message)
    for objective_key, number in Counter(key_result.objective for key_result in sheet.key_results).items():
        if number > KEY_RESULTS and objective_key[0] not in over:
            objective = sheet.objectives[objective_key]
            message = f"{shown(objective.title)} has {number} key results; {KEY_RESULTS} are enough to keep in mind."
            yield objective.row.at(Column.OBJECTIVE, message)
