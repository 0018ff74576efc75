"""What is still open: escalations that are not resolved, decisions that are not done. Queries for other screens."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.links import thread_link
from bot.blocks.standing import EscalationLink
from bot.domain.escalation import DecisionKind, EscalationState, back_from
from bot.services.access import Caller
from bot.services.definitions import current_definition
from bot.services.escalation_calls import blocking_at, newest_call
from bot.services.escalation_keys import is_root_key
from bot.services.escalation_members import may_see, open_to, seen_by
from bot.services.team_tree import held_or_shared_by
from bot.services.visibility import owned_by, visible_to
from models import (
    ConversationMember,
    Decision,
    DecisionState,
    Delivery,
    Escalation,
    EscalationStep,
    KeyResult,
    KeyResultRevision,
    Member,
    Objective,
    Workspace,
)
from models.base import table_of
from models.escalation import is_unresolved
from models.prepared import Listed

# Who looks at which key result: member ids by key result id.
Readers = Mapping[int, int]


@dataclass(frozen=True)
class OpenEscalation:
    """An escalation that is not resolved. `asked_…` are null where nobody could be asked, `taken_by_name` until taken.

    `stuck`, `need` and `blocked_by` are the newest words that asked for help, by whom `said_by_id` names; empty where
    nothing was said.
    `posted_channel` and `posted_ts` say where the thread's first message stands; null until it was sent, and where the
    thread is a direct or group message that the viewer could not open.
    """

    escalation_id: int
    key_result_id: int
    # The answer that opened it.
    answer_id: int | None
    number: int
    text: str
    metric: str | None
    state: EscalationState
    opened_at: datetime
    # The day of the review that it was taken to.
    review_on: date | None
    asked_id: int | None
    asked_name: str | None
    asked_slack_id: str | None
    taken_by_name: str | None
    stuck: str
    need: str
    blocked_by: str
    said_by_id: int | None
    posted_channel: str | None
    posted_ts: str | None
    workspace_url: str | None
    is_private: bool

    @property
    def is_decided(self) -> bool:
        return self.state is EscalationState.DECIDED

    def back_from(self, today: date) -> date | None:
        """The day of the review that it was taken to, once that has passed and nothing is decided."""
        return back_from(self.state, self.review_on, today)

    @property
    def link(self) -> str | None:
        """The thread's address."""
        if self.posted_channel is None or self.posted_ts is None:
            return None
        return thread_link(self.posted_channel, self.posted_ts, self.workspace_url)


@dataclass(frozen=True)
class OpenDecision:
    """A decision and its follow-up. `link`: the thread it was made in. `owner_left`: its owner is not here any more."""

    decision_id: int
    key_result_id: int
    number: int
    key_result_text: str
    metric: str | None
    text: str
    owner_name: str
    owner_slack_id: str
    decided_by_name: str
    due_on: date
    is_overdue: bool
    link: str | None
    kind: DecisionKind
    owner_left: bool


def open_escalations(session: Session, viewer: Caller | None, team_ids: Collection[int]) -> list[OpenEscalation]:
    """The unresolved escalations about objectives that these teams hold or share, oldest first.

    `viewer`: who reads; None for the readers of a channel, who see only what the whole workspace sees. A private one is
    seen by its members.
    """
    wanted = _UNRESOLVED.where(held_or_shared_by(team_ids), visible_to(viewer), open_to(viewer))
    return _open(session, wanted, viewer=viewer)


def open_for_key_results(
    session: Session, key_result_ids: Collection[int], readers: Readers | None = None
) -> dict[int, OpenEscalation]:
    """By key result id; the caller has seen to it that these may be seen.

    `readers`: who looks at which of them, by member id. A private one is there for a reader who is its member.
    """
    if not key_result_ids:
        return {}
    found = _open(session, _OF_KEY_RESULTS, {"key_result_ids": list(key_result_ids)}, readers=readers or {})
    return {one.key_result_id: one for one in found}


def escalations(session: Session, viewer: Caller, escalation_ids: Collection[int]) -> dict[int, OpenEscalation]:
    """By id, resolved or not; those that the viewer may see now, or has taken."""
    wanted = _ANY.where(Escalation.id.in_(escalation_ids), seen_by(viewer))
    found = _open(session, wanted, viewer=viewer) if escalation_ids else []
    return {one.escalation_id: one for one in found}


def thread_links(
    session: Session, key_result_ids: Collection[int], readers: Readers | None = None
) -> dict[int, EscalationLink]:
    """By key result id: the state of its open escalation, and where the thread stands if that is a channel.

    `readers` as for `open_for_key_results`.
    """
    return {
        key_result_id: EscalationLink(
            state, posted if channel is not None else None, ts if channel is not None else None, *shown
        )
        for escalation_id, private_at, key_result_id, state, channel, posted, ts, *shown in _LINKS.rows(
            session, key_result_ids
        )
        if private_at is None or _is_for(session, session.get_one(Escalation, escalation_id), readers or {})
    }


def open_escalations_of(session: Session, viewer: Caller) -> list[OpenEscalation]:
    """The unresolved escalations that somebody is part of, oldest first: it is about what they own or co-own, they were
    asked and may see it still, or they have taken it."""
    me = viewer.member_id
    # One after the other, because each has an index of its own, and all together have none.
    theirs = sa.union_all(
        _ONES.where(_one.c.key_result_id.in_(owned_by(me))),
        _ONES.where(_one.c.asked_id == me),
        _ONES.where(_one.c.taken_by_id == me),
        sa.select(_step.c.escalation_id).where(_step.c.member_id == me, _step.c.until.is_not(None)),
    )
    return _open(session, _UNRESOLVED.where(Escalation.id.in_(theirs), seen_by(viewer)), viewer=viewer)


def open_decisions(
    session: Session, team_ids: Collection[int], today: date, *, viewer: Caller | None = None
) -> list[OpenDecision]:
    """The decisions of these teams whose follow-up is not done, the overdue first. `viewer` as above."""
    return _decisions(session, today, viewer, Decision.state == DecisionState.OPEN, held_or_shared_by(team_ids))


def open_decisions_of(
    session: Session, viewer: Caller, today: date, *, also: Collection[int] = ()
) -> list[OpenDecision]:
    """The decisions whose follow-up is the viewer's and not done, those due first at the head; `also`: the ids of
    those that they are asked about for another reason."""
    theirs = sa.or_(Decision.owner_id == viewer.member_id, Decision.id.in_(also))
    own = sa.and_(Decision.workspace_id == viewer.workspace_id, theirs)
    return _decisions(session, today, viewer, Decision.state == DecisionState.OPEN, own)


def decisions(session: Session, viewer: Caller, decision_ids: Collection[int], today: date) -> dict[int, OpenDecision]:
    """By id, settled or not; those that the viewer may see now, or has a part in: they made it, or make it happen."""
    me = viewer.member_id
    seen = sa.or_(
        sa.and_(visible_to(viewer), decision_open_to(viewer)), Decision.owner_id == me, Decision.decided_by_id == me
    )
    found = _decisions_where(session, today, viewer, Decision.id.in_(decision_ids), seen) if decision_ids else []
    return {one.decision_id: one for one in found}


def decisions_since(
    session: Session,
    team_ids: Collection[int],
    since: datetime,
    until: datetime,
    today: date,
) -> list[OpenDecision]:
    """The decisions of these teams that were recorded after `since`, no later than `until`, and not dropped, done or
    not; those that the whole workspace sees."""
    made = sa.and_(within(Decision.created_at, since, until), Decision.state != DecisionState.DROPPED)
    return _decisions(session, today, None, made, held_or_shared_by(team_ids))


def _decisions(
    session: Session, today: date, viewer: Caller | None, *conditions: sa.ColumnElement[bool]
) -> list[OpenDecision]:
    return _decisions_where(session, today, viewer, *conditions, visible_to(viewer), decision_open_to(viewer))


def _decisions_where(
    session: Session, today: date, viewer: Caller | None, *conditions: sa.ColumnElement[bool]
) -> list[OpenDecision]:
    rows = session.execute(
        sa.select(Decision, KeyResult.number, KeyResultRevision, _owner, _decider.name, Delivery, Workspace.url)
        .join(KeyResult, KeyResult.id == Decision.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(KeyResultRevision, current_definition())
        .join(_owner, _owner.id == Decision.owner_id)
        .join(_decider, _decider.id == Decision.decided_by_id)
        .join(Workspace, Workspace.id == Decision.workspace_id)
        .outerjoin(Escalation, Escalation.id == Decision.escalation_id)
        .outerjoin(Delivery, root_of(Escalation))
        .where(*conditions)
        .order_by(Decision.due_on, Decision.id)
    ).all()
    reached = places(session, [row[5] for row in rows], viewer)
    return [
        OpenDecision(
            decision_id=decision.id,
            key_result_id=decision.key_result_id,
            number=number,
            key_result_text=definition.text,
            metric=definition.metric,
            text=decision.text,
            owner_name=who.name,
            owner_slack_id=who.slack_user_id,
            decided_by_name=decided_by,
            due_on=decision.due_on,
            is_overdue=decision.state is DecisionState.OPEN and decision.due_on < today,
            link=link_to(root, url) if root and root.id in reached else None,
            kind=decision.kind,
            owner_left=not who.may_take_part,
        )
        for decision, number, definition, who, decided_by, root, url in rows
    ]


def decision_open_to(viewer: Caller | None) -> sa.ColumnElement[bool]:
    """A decision of a private escalation is for its members, and for who made it or makes it happen."""
    seen = sa.or_(Decision.escalation_id.is_(None), open_to(viewer))
    if viewer is None:
        return seen
    return sa.or_(seen, Decision.owner_id == viewer.member_id, Decision.decided_by_id == viewer.member_id)


def _open(
    session: Session,
    wanted: _Opened,
    given: Mapping[str, Any] | None = None,
    *,
    viewer: Caller | None = None,
    readers: Readers | None = None,
) -> list[OpenEscalation]:
    rows = session.execute(wanted, given or {}).all()
    if readers is not None:
        rows = [row for row in rows if row[0].private_at is None or _is_for(session, row[0], readers)]
    if not rows:
        return []
    reached = places(session, [row[5] for row in rows], viewer)
    calls = newest_call(session, [row[0].id for row in rows])
    blocking = blocking_at(session, {row[0].key_result_id: calls[row[0].id].at for row in rows})
    return [
        OpenEscalation(
            escalation_id=escalation.id,
            key_result_id=escalation.key_result_id,
            answer_id=escalation.answer_id,
            number=number,
            text=definition.text,
            metric=definition.metric,
            state=escalation.state,
            opened_at=escalation.opened_at,
            review_on=escalation.review_on,
            asked_id=escalation.asked_id,
            asked_name=who.name if who else None,
            asked_slack_id=who.slack_user_id if who else None,
            taken_by_name=taken_by,
            stuck=calls[escalation.id].working,
            need=calls[escalation.id].need,
            blocked_by=blocking.get(escalation.key_result_id, ""),
            said_by_id=calls[escalation.id].author_id,
            posted_channel=root.posted_channel if root and root.id in reached else None,
            posted_ts=root.posted_ts if root and root.id in reached else None,
            workspace_url=url,
            is_private=escalation.private_at is not None,
        )
        for escalation, number, definition, who, taken_by, root, url in rows
    ]


def within(
    at: sa.SQLColumnExpression[datetime] | sa.SQLColumnExpression[datetime | None], since: datetime, until: datetime
) -> sa.ColumnElement[bool]:
    """After `since`, and no later than `until`."""
    return sa.and_(at > since, at <= until)


def root_of(escalation: type[Escalation]) -> sa.ColumnElement[bool]:
    """Joins the delivery of a thread's first message, where the thread is now."""
    return sa.and_(
        Delivery.workspace_id == escalation.workspace_id,
        is_root_key(table_of(Delivery).c.key, escalation, now_only=True),
    )


def _is_for(session: Session, escalation: Escalation, readers: Readers) -> bool:
    return may_see(session, escalation, readers.get(escalation.key_result_id))


def places(session: Session, roots: Collection[Delivery | None], viewer: Caller | None) -> set[int]:
    """The ids of those first messages that the viewer can open: in a channel, or in a group message of theirs."""
    found = {root.id for root in roots if root is not None and root.channel_id is not None}
    groups = {root.conversation_id for root in roots if root is not None and root.conversation_id is not None}
    if groups and viewer is not None:
        theirs = set(session.scalars(_THEIRS, {"conversation_ids": list(groups), "me": viewer.member_id}))
        found |= {root.id for root in roots if root is not None and root.conversation_id in theirs}
    return found


def link_to(root: Delivery, base: str | None) -> str | None:
    """The thread's address; null until its first message stands. Not everybody can open it: see `places`."""
    if root.posted_channel is None or root.posted_ts is None:
        return None
    return thread_link(root.posted_channel, root.posted_ts, base)


# Made once: putting such statements together takes longer than the database needs for them.

_Opened = sa.Select[Escalation, int, KeyResultRevision, Member, str, Delivery, str | None]
_asked, _taker = aliased(Member), aliased(Member)
_ANY: _Opened = (
    sa.select(Escalation, KeyResult.number, KeyResultRevision, _asked, _taker.name, Delivery, Workspace.url)
    .join(KeyResult, KeyResult.id == Escalation.key_result_id)
    .join(Objective, Objective.id == KeyResult.objective_id)
    .join(KeyResultRevision, current_definition())
    .join(Workspace, Workspace.id == Escalation.workspace_id)
    .outerjoin(_asked, _asked.id == Escalation.asked_id)
    .outerjoin(_taker, _taker.id == Escalation.taken_by_id)
    .outerjoin(Delivery, root_of(Escalation))
    .order_by(Escalation.opened_at, Escalation.id)
)
_UNRESOLVED = _ANY.where(Escalation.state != EscalationState.RESOLVED)
_OF_KEY_RESULTS = _UNRESOLVED.where(Escalation.key_result_id.in_(sa.bindparam("key_result_ids", expanding=True)))

# Another name for the table: what is asked of it stays apart from the select that it stands in.
_one, _step = table_of(Escalation).alias("one"), table_of(EscalationStep)
_ONES = sa.select(_one.c.id)

_LINKS = Listed(
    lambda ids: (
        sa.select(
            Escalation.id,
            Escalation.private_at,
            Escalation.key_result_id,
            Escalation.state,
            Delivery.channel_id,
            Delivery.posted_channel,
            Delivery.posted_ts,
            Workspace.url,
            _taker.name,
            Escalation.review_on,
        )
        .join(Workspace, Workspace.id == Escalation.workspace_id)
        .outerjoin(_taker, _taker.id == Escalation.taken_by_id)
        .outerjoin(Delivery, root_of(Escalation))
        .where(Escalation.key_result_id.in_(ids), is_unresolved(table_of(Escalation)))
    )
)

_THEIRS = sa.select(ConversationMember.conversation_id).where(
    ConversationMember.conversation_id.in_(sa.bindparam("conversation_ids", expanding=True)),
    ConversationMember.member_id == sa.bindparam("me"),
)


# Made once: another name for a table copies all of its columns.
_owner, _decider = aliased(Member), aliased(Member)
