"""Who may see an escalation, and act on it. Once it was made private: its members, and nobody else.

The members of a private one are the key result's owner and co-owners, who took it, whoever was asked, and those leads
above who are in its group message. Said twice, as a fact for one of them and as a condition of a query; a test compares
the two.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.permissions import Action, Actor, Facts, may
from bot.services.access import Caller, key_result_facts
from bot.services.escalation_keys import is_root_key, root_keys
from bot.services.escalation_path import in_on_it
from bot.services.visibility import is_led_by, visible_to
from models import (
    ConversationMember,
    Delivery,
    Escalation,
    EscalationStep,
    KeyResult,
    KeyResultCoOwner,
    Member,
    Objective,
    PathStep,
)
from models.base import table_of

Condition = sa.ColumnElement[bool]


def facts_of(session: Session, escalation: Escalation, *, told: Collection[int] = ()) -> Facts:
    """What permission about an escalation depends on. `told`: others who are in on it for what they are told."""
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    if escalation.private_at is None:
        return key_result_facts(session, key_result, asked=[*in_on_it(session, escalation), *told])
    facts = key_result_facts(session, key_result)
    asked = session.scalars(sa.select(EscalationStep.member_id).where(_was_asked(escalation.id))).all()
    taker = [escalation.taken_by_id] if escalation.taken_by_id is not None else []
    leads = set(facts.lead_ids_above) & set(session.scalars(_in_its_group(escalation)))
    return replace(facts, private=True, escalation_member_ids=frozenset([*asked, *leads, *taker, *told]))


def may_see(session: Session, escalation: Escalation, member_id: int | None) -> bool:
    """Whether a full member may see it; None stands for the readers of a channel."""
    if member_id is None:
        return escalation.private_at is None
    return may(Actor(member_id), Action.VIEW_KEY_RESULT, facts_of(session, escalation))


def open_to(viewer: Caller | None) -> Condition:
    """For a select over `Escalation`, `KeyResult` and `Objective`: those that are not private, or the viewer's too.

    It says nothing about the key result's own visibility. None stands for the readers of a channel.
    """
    if viewer is None:
        return Escalation.private_at.is_(None)
    me = viewer.member_id
    co_owner = sa.exists().where(KeyResultCoOwner.key_result_id == KeyResult.id, KeyResultCoOwner.member_id == me)
    asked = sa.exists().where(_was_asked(Escalation.id), EscalationStep.member_id == me)
    # A select that joins the thread's first message means one of them; here each counts.
    in_group = sa.exists().where(
        _root.c.workspace_id == _here.c.workspace_id,
        is_root_key(_root.c.key, _here),
        ConversationMember.conversation_id == _root.c.conversation_id,
        ConversationMember.member_id == me,
    )
    return sa.or_(
        Escalation.private_at.is_(None),
        KeyResult.owner_id == me,
        Escalation.taken_by_id == me,
        co_owner,
        asked,
        sa.and_(in_group, is_led_by(me)),
    )


def seen_by(viewer: Caller) -> Condition:
    """For a select over `Escalation`, `KeyResult` and `Objective`: those that this full member may see, or has taken.

    To have been asked once is not enough: of a key result that is limited they see no more once they are not on the
    path any more, for they lead its team no longer, or are no sponsor. Whom the way between two teams passes over is
    still on their own team's path here.
    """
    me = viewer.member_id
    asked = sa.exists().where(_was_asked(Escalation.id), EscalationStep.member_id == me)
    visible = sa.or_(visible_to(viewer), Escalation.taken_by_id == me, sa.and_(asked, _is_on_path(me)))
    return sa.or_(
        sa.and_(Escalation.private_at.is_(None), visible),
        sa.and_(Escalation.private_at.is_not(None), open_to(viewer)),
    )


def seen_among(session: Session, viewer: Caller, escalation_ids: Collection[int]) -> set[int]:
    """Those of these escalations that `seen_by` lets through; one query."""
    found = session.scalars(
        sa.select(Escalation.id)
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .where(Escalation.id.in_(escalation_ids), seen_by(viewer))
    )
    return set(found)


def _is_on_path(me: int) -> Condition:
    """Beside the leads above, who see all beneath them: who stands on the team's own path, or without one a sponsor."""
    own_path = sa.exists().where(PathStep.team_id == Objective.team_id)
    sponsor = sa.exists().where(Member.id == me, Member.is_sponsor)
    return sa.or_(
        sa.exists().where(PathStep.team_id == Objective.team_id, PathStep.member_id == me), sa.and_(sponsor, ~own_path)
    )


def _was_asked(escalation_id: object) -> Condition:
    return sa.and_(EscalationStep.escalation_id == escalation_id, EscalationStep.until.is_not(None))


def _in_its_group(escalation: Escalation) -> sa.Select[int]:
    """Who is in the group message that holds the thread, or the one in which it began."""
    return (
        sa.select(ConversationMember.member_id)
        .join(Delivery, Delivery.conversation_id == ConversationMember.conversation_id)
        .where(Delivery.workspace_id == escalation.workspace_id, Delivery.key.in_(root_keys(escalation)))
    )


# Made once: another name for a table copies all of its columns.
_here, _root = table_of(Escalation), table_of(Delivery).alias("group_root")
