"""Reading what an import is compared with: one pass over the workspace, whatever the size of the file."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.importing.existing import (
    Existing,
    ExistingCycle,
    ExistingKeyResult,
    ExistingObjective,
    ExistingPriority,
    ExistingTeam,
)
from bot.domain.importing.people import Candidate, People, fold
from bot.domain.importing.sheet import ObjectiveKey
from bot.domain.importing.terms import Terms
from bot.domain.organisation import Limit
from bot.services.definitions import current_definition
from models import (
    Cycle,
    KeyResult,
    KeyResultCoOwner,
    KeyResultRevision,
    KeyResultState,
    KeyResultViewer,
    Member,
    Objective,
    ObjectiveTeam,
    Priority,
    Team,
)


def snapshot(session: Session, workspace_id: int, today: date) -> Existing:
    """Everything in the workspace that an import may find again. `today` is the day in the workspace's zone."""
    cycles = session.scalars(sa.select(Cycle).where(Cycle.workspace_id == workspace_id)).all()
    priorities = session.scalars(sa.select(Priority).where(Priority.workspace_id == workspace_id)).all()
    teams = session.scalars(sa.select(Team).where(Team.workspace_id == workspace_id)).all()
    objectives = session.scalars(sa.select(Objective).where(Objective.workspace_id == workspace_id)).all()
    members = session.scalars(sa.select(Member).where(Member.workspace_id == workspace_id)).all()
    cycle_keys = {cycle.id: fold(cycle.name) for cycle in cycles}
    team_keys = {team.id: fold(team.name) for team in teams}
    priority_keys = {priority.id: fold(priority.name) for priority in priorities}
    objective_keys = {one.id: (cycle_keys[one.cycle_id], team_keys[one.team_id], fold(one.title)) for one in objectives}
    shared_with: dict[int, set[str]] = defaultdict(set)
    for sharing in session.scalars(sa.select(ObjectiveTeam).where(ObjectiveTeam.workspace_id == workspace_id)):
        shared_with[sharing.objective_id].add(team_keys[sharing.team_id])
    return Existing(
        today=today,
        cycles={cycle_keys[cycle.id]: ExistingCycle(cycle.id, cycle.name, cycle.state) for cycle in cycles},
        priorities={priority_keys[one.id]: ExistingPriority(one.id, one.name) for one in priorities},
        teams={team_keys[team.id]: _team(team, team_keys) for team in teams},
        objectives={
            objective_keys[one.id]: ExistingObjective(
                one.id, one.title, priority_keys.get(one.priority_id or 0, ""), frozenset(shared_with[one.id])
            )
            for one in objectives
        },
        key_results=_key_results(session, workspace_id, objective_keys),
        people=People(candidate(member) for member in members),
        member_names={member.id: member.name for member in members},
    )


def _team(team: Team, team_keys: dict[int, str]) -> ExistingTeam:
    return ExistingTeam(
        id=team.id,
        name=team.name,
        level=team.level,
        parent=team_keys.get(team.parent_id or 0, ""),
        lead_id=team.lead_id,
        lead_name=team.lead_name,
        channel=team.channel,
        is_on=team.is_on,
    )


def candidate(member: Member) -> Candidate:
    """A member as matching by name sees them."""
    return Candidate(
        member.id, member.slack_user_id, member.name, member.display_name, member.email, member.may_take_part
    )


def _key_results(
    session: Session, workspace_id: int, objective_keys: dict[int, ObjectiveKey]
) -> dict[str, ExistingKeyResult]:
    co_owners: dict[int, set[int]] = defaultdict(set)
    for co_owner in session.scalars(sa.select(KeyResultCoOwner).where(KeyResultCoOwner.workspace_id == workspace_id)):
        co_owners[co_owner.key_result_id].add(co_owner.member_id)
    viewers: dict[int, set[int]] = defaultdict(set)
    for viewer in session.scalars(sa.select(KeyResultViewer).where(KeyResultViewer.workspace_id == workspace_id)):
        viewers[viewer.key_result_id].add(viewer.member_id)
    imported = (
        sa.select(KeyResult, KeyResultRevision)
        .join(KeyResultRevision, current_definition())
        .where(KeyResult.workspace_id == workspace_id, KeyResult.import_key.is_not(None))
    )
    return {
        key_result.import_key or "": ExistingKeyResult(
            id=key_result.id,
            number=key_result.number,
            objective=objective_keys[key_result.objective_id],
            text=revision.text,
            terms=Terms(
                revision.kind, revision.metric, revision.unit, revision.start, revision.target, revision.due_on
            ),
            owner_id=key_result.owner_id,
            owner_name=key_result.owner_name,
            co_owner_ids=frozenset(co_owners[key_result.id]),
            is_draft=key_result.state is KeyResultState.DRAFT,
            score=key_result.imported_score,
            note=key_result.imported_note,
            archived=key_result.archived_at is not None,
            limit=Limit(key_result.visibility, frozenset(viewers[key_result.id])),
        )
        for key_result, revision in session.execute(imported)
    }
