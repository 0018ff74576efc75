"""Who sees what, as a condition of a query: every listing takes the viewer.

It says the same as `bot/domain/permissions.py: may(…, Action.VIEW_KEY_RESULT, …)`; a test compares the two.
"""

from __future__ import annotations

import sqlalchemy as sa

from bot.domain.organisation import Visibility
from bot.services.access import Caller
from bot.services.team_tree import held_or_shared_by
from models import KeyResult, KeyResultCoOwner, KeyResultViewer, Objective, ObjectiveViewer, Team
from models.base import table_of

Condition = sa.ColumnElement[bool]


def visible_to(viewer: Caller | None) -> Condition:
    """For a select over `KeyResult` joined with `Objective`: what this full member may see.

    None stands for the readers of a channel: they see only what the whole workspace sees.
    """
    everybody = sa.and_(KeyResult.visibility == Visibility.WORKSPACE, Objective.visibility == Visibility.WORKSPACE)
    if viewer is None:
        return everybody
    me = viewer.member_id
    named_only = sa.or_(KeyResult.visibility == Visibility.NAMED, Objective.visibility == Visibility.NAMED)
    return sa.or_(everybody, _answers_for_it(me), _is_named(me), sa.and_(~named_only, _in_team(me)))


def is_led_by(me: int) -> Condition:
    """For a select over `Objective`: this member leads the team that holds it, or one above."""
    led = sa.select(Team.id).where(Team.lead_id == me).cte(recursive=True)
    # A union, not a union all: a ring of parents ends.
    led = led.union(sa.select(Team.id).join(led, Team.parent_id == led.c.id))
    return Objective.team_id.in_(sa.select(led.c.id))


def owned_by(me: int) -> sa.CompoundSelect[int]:
    """The ids of the key results that this member owns or co-owns."""
    return _OWNED.where(_owned.c.owner_id == me).union_all(_CO_OWNED.where(_co_owned.c.member_id == me))


def _answers_for_it(me: int) -> Condition:
    """Owner, co-owner, or a lead above."""
    co_owner = sa.exists().where(KeyResultCoOwner.key_result_id == KeyResult.id, KeyResultCoOwner.member_id == me)
    return sa.or_(KeyResult.owner_id == me, co_owner, is_led_by(me))


def _is_named(me: int) -> Condition:
    on_key_result = sa.exists().where(KeyResultViewer.key_result_id == KeyResult.id, KeyResultViewer.member_id == me)
    on_objective = sa.exists().where(ObjectiveViewer.objective_id == Objective.id, ObjectiveViewer.member_id == me)
    return sa.or_(on_key_result, on_objective)


def _in_team(me: int) -> Condition:
    """Leads, and owners of a key result, of a team that holds or shares the objective."""
    return held_or_shared_by(_LED.where(_team.c.lead_id == me).union(_OWNING.where(_owning.c.owner_id == me)))


# Other names for the tables: what is asked of these stays apart from the select that they stand in.
_owned, _co_owned = table_of(KeyResult).alias("owned"), table_of(KeyResultCoOwner).alias("co_owned")
_team, _held = table_of(Team).alias("led"), table_of(Objective).alias("held_by_theirs")
_owning = table_of(KeyResult).alias("owning")
_LED = sa.select(_team.c.id)
_OWNING = sa.select(_held.c.team_id).join_from(_held, _owning, _owning.c.objective_id == _held.c.id)
_OWNED, _CO_OWNED = sa.select(_owned.c.id), sa.select(_co_owned.c.key_result_id)
