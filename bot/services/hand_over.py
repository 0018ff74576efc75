"""Handing a key result over: the owner or a lead asks somebody, and it stays where it is until they accept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.hand_over import Offer, OfferState, Question, asked, news
from bot.blocks.post import Post
from bot.domain.permissions import Action, Facts, may
from bot.services import access, audit, outbox, ownership, planning
from bot.services.access import Caller
from bot.services.asking import hold
from bot.services.definitions import name_of
from bot.services.escalation_thread import hold_threads
from bot.services.refusals import Reason, Refused
from models import (
    Delivery,
    DeliveryState,
    HandOver,
    HandOverState,
    KeyResult,
    KeyResultState,
    Member,
    Objective,
    PostKind,
    Team,
)

_SHOWN = {
    HandOverState.WAITING: OfferState.WAITING,
    HandOverState.ACCEPTED: OfferState.ACCEPTED,
    HandOverState.DECLINED: OfferState.DECLINED,
    HandOverState.WITHDRAWN: OfferState.WITHDRAWN,
}


@dataclass(frozen=True)
class Asked:
    """What asking came to, about the key result of this number. `name`: who was asked; it `is_theirs` already where
    they asked themselves."""

    hand_over_id: int
    number: int
    name: str
    is_theirs: bool


def key(hand_over_id: int) -> str:
    """The permanent key of the message that asks the new owner."""
    return ownership.offer_key(hand_over_id)


def question(session: Session, caller: Caller, key_result_id: int) -> Question:
    """What the dialog asks about. Raises `Refused`: it is not the caller's to give away."""
    key_result = _key_result(session, caller, key_result_id)
    _require(session, caller, key_result)
    owner = session.get(Member, key_result.owner_id) if key_result.owner_id is not None else None
    waiting = _waiting(session, key_result)
    to = session.get_one(Member, waiting.to_id) if waiting is not None else None
    return Question(
        key_result_id=key_result.id,
        number=key_result.number,
        name=name_of(session, key_result),
        owner=owner.name if owner is not None else None,
        is_readers=key_result.owner_id == caller.member_id,
        waits_for=to.name if to is not None else None,
    )


def ask(session: Session, now: datetime, caller: Caller, key_result_id: int, to_id: int) -> Asked:
    """Ask somebody to own a key result; who takes it on themselves owns it at once. Raises `Refused`.

    Whoever was asked before is asked no more; the same person not twice, unless what they were asked has lapsed. The
    new owner decides; until then all stays as it is.
    """
    if to_id == caller.member_id:
        hold(session, caller.workspace_id)
    key_result = _key_result(session, caller, key_result_id, lock=True)
    member = _require(session, caller, key_result)
    to = session.scalar(sa.select(Member).where(Member.workspace_id == caller.workspace_id, Member.id == to_id))
    if to is None or not to.may_take_part:
        raise Refused(Reason.CANNOT_OWN, name=to.name if to is not None else None)
    if to.id == key_result.owner_id:
        raise Refused(Reason.OWNS_IT_ALREADY, name=to.name, number=key_result.number)
    before = _waiting(session, key_result)
    if before is not None and before.to_id == to.id and _stands(session, before, key_result):
        return _came_to(before, key_result, to)
    if before is not None:
        _settle(session, now, before, HandOverState.WITHDRAWN)
    hand_over = HandOver(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        from_id=key_result.owner_id,
        to_id=to.id,
        asked_by_id=member.id,
        created_at=now,
    )
    session.add(hand_over)
    session.flush()
    _note(session, now, member, hand_over, "hand_over.asked")
    if to.id == member.id:
        _accept(session, now, hand_over, key_result, to)
        return _came_to(hand_over, key_result, to)
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=key_result.workspace_id,
            key=key(hand_over.id),
            kind=PostKind.HAND_OVER,
            member_id=to.id,
            hand_over_id=hand_over.id,
        ),
    )
    return _came_to(hand_over, key_result, to)


def accept(session: Session, now: datetime, caller: Caller, hand_over_id: int) -> None:
    """The caller owns it from now on, with what is due. Raises `Refused`: it was not asked of them, or is settled."""
    hold(session, caller.workspace_id)
    hand_over, key_result, member = _asked_of(session, caller, hand_over_id)
    if key_result.owner_id != hand_over.from_id or key_result.state is KeyResultState.CLOSED:
        raise Refused(Reason.HAND_OVER_SETTLED)
    _accept(session, now, hand_over, key_result, member)


def decline(session: Session, now: datetime, caller: Caller, hand_over_id: int) -> None:
    """It stays with its owner, who is told. Raises `Refused` as `accept`."""
    hand_over, _, member = _asked_of(session, caller, hand_over_id)
    _settle(session, now, hand_over, HandOverState.DECLINED)
    _note(session, now, member, hand_over, "hand_over.declined")
    _tell(session, now, hand_over, but=member.id)


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The request as it stands; it does not leave once it is settled."""
    hand_over = session.get_one(HandOver, delivery.hand_over_id)
    to = session.get_one(Member, hand_over.to_id)
    if not to.may_take_part or (delivery.posted_ts is None and hand_over.state is not HandOverState.WAITING):
        return None
    return asked(_offer(session, hand_over))


def news_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """What became of it, for who asked and for who owned it. None where they may not see the key result any more; but
    whoever gives a limited one away hears that it was taken, though they see no more of it."""
    reader = session.get_one(Member, delivery.member_id)
    if not reader.may_take_part:
        return None
    hand_over = session.get_one(HandOver, delivery.hand_over_id)
    gave_it_away = hand_over.state is HandOverState.ACCEPTED and reader.id == hand_over.from_id
    facts = access.key_result_facts(session, session.get_one(KeyResult, hand_over.key_result_id))
    if not (gave_it_away or may(access.actor_of(reader), Action.VIEW_KEY_RESULT, facts)):
        return None
    return news(_offer(session, hand_over))


def _offer(session: Session, hand_over: HandOver) -> Offer:
    key_result = session.get_one(KeyResult, hand_over.key_result_id)
    team = session.scalars(
        sa.select(Team.name)
        .join(Objective, Objective.team_id == Team.id)
        .where(Objective.id == key_result.objective_id)
    ).one()
    owner = session.get(Member, hand_over.from_id) if hand_over.from_id is not None else None
    is_over = key_result.owner_id != hand_over.from_id or key_result.state is KeyResultState.CLOSED
    state = _SHOWN[hand_over.state]
    return Offer(
        hand_over_id=hand_over.id,
        number=key_result.number,
        name=name_of(session, key_result),
        team=team,
        owner=owner.name if owner is not None else None,
        owner_has_left=owner is not None and not owner.may_take_part,
        to=session.get_one(Member, hand_over.to_id).name,
        asked_by=session.get_one(Member, hand_over.asked_by_id).name,
        state=OfferState.WITHDRAWN if state is OfferState.WAITING and is_over else state,
    )


def _accept(session: Session, now: datetime, hand_over: HandOver, key_result: KeyResult, to: Member) -> None:
    hold_threads(session, [key_result.id])
    before = key_result.owner_id
    key_result.owner_id = to.id
    if key_result.state is KeyResultState.DRAFT:
        key_result.state = KeyResultState.ACTIVE
    _settle(session, now, hand_over, HandOverState.ACCEPTED)
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=key_result.workspace_id,
        actor_id=to.id,
        actor_name=to.name,
        action="key_result.handed_over",
        subject=key_result,
        detail={"from": before, "to": to.id},
    )
    planning.replan(session, now, sorted({to.id, *([before] if before is not None else [])}))
    ownership.hand_over(session, now, key_result.workspace_id, [key_result.id])
    _tell(session, now, hand_over, but=to.id)


def _settle(session: Session, now: datetime, hand_over: HandOver, state: HandOverState) -> None:
    hand_over.state, hand_over.settled_at = state, now
    session.flush()
    outbox.redraw(session, now, workspace_id=hand_over.workspace_id, key=key(hand_over.id))


def _tell(session: Session, now: datetime, hand_over: HandOver, *, but: int) -> None:
    for member_id in dict.fromkeys((hand_over.asked_by_id, hand_over.from_id)):
        if member_id is None or member_id == but:
            continue
        outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=hand_over.workspace_id,
                key=f"{key(hand_over.id)}:news:{member_id}",
                kind=PostKind.HAND_OVER_NEWS,
                member_id=member_id,
                hand_over_id=hand_over.id,
            ),
        )


def _came_to(hand_over: HandOver, key_result: KeyResult, to: Member) -> Asked:
    return Asked(
        hand_over_id=hand_over.id,
        number=key_result.number,
        name=to.name,
        is_theirs=hand_over.state is HandOverState.ACCEPTED,
    )


def _asked_of(session: Session, caller: Caller, hand_over_id: int) -> tuple[HandOver, KeyResult, Member]:
    hand_over = session.scalar(
        sa.select(HandOver).where(HandOver.workspace_id == caller.workspace_id, HandOver.id == hand_over_id)
    )
    member = access.full_member(session, caller)
    facts = Facts(offered_to_id=hand_over.to_id if hand_over is not None else None)
    if hand_over is None or not may(access.actor_of(member), Action.ANSWER_HAND_OVER, facts):
        raise Refused(Reason.NOT_ASKED_OF_YOU)
    # The key result first, as `ask` holds it; then the request is read again, and whether its reader is still here.
    key_result = _key_result(session, caller, hand_over.key_result_id, lock=True)
    session.refresh(hand_over, with_for_update={"key_share": True})
    session.refresh(member)
    access.full_member(session, caller)
    if hand_over.state is not HandOverState.WAITING:
        raise Refused(Reason.HAND_OVER_SETTLED)
    return hand_over, key_result, member


def _waiting(session: Session, key_result: KeyResult) -> HandOver | None:
    return session.scalar(
        sa.select(HandOver).where(HandOver.key_result_id == key_result.id, HandOver.state == HandOverState.WAITING)
    )


def _stands(session: Session, hand_over: HandOver, key_result: KeyResult) -> bool:
    """Whether who was asked can say yes to it: it is the owner of now whom they would follow, and the message has
    reached them, or will."""
    state = session.scalar(
        sa.select(Delivery.state).where(
            Delivery.workspace_id == hand_over.workspace_id, Delivery.key == key(hand_over.id)
        )
    )
    is_lost = state in (None, DeliveryState.OBSOLETE, DeliveryState.FAILED)
    return hand_over.from_id == key_result.owner_id and not is_lost


def _require(session: Session, caller: Caller, key_result: KeyResult) -> Member:
    facts = access.key_result_facts(session, key_result)
    member = access.member_of(session, caller)
    # Who may not see it learns nothing about it, not even that it exists.
    if not may(access.actor_of(member), Action.VIEW_KEY_RESULT, facts):
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    if not may(access.actor_of(member), Action.HAND_OVER, facts):
        raise Refused(Reason.NOT_YOURS_TO_GIVE, number=key_result.number)
    return member


def _key_result(session: Session, caller: Caller, key_result_id: int, *, lock: bool = False) -> KeyResult:
    wanted = sa.select(KeyResult).where(
        KeyResult.workspace_id == caller.workspace_id,
        KeyResult.id == key_result_id,
        KeyResult.archived_at.is_(None),
    )
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    found = session.scalar(wanted)
    if found is None:
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    if found.state is KeyResultState.CLOSED:
        raise Refused(Reason.KEY_RESULT_CLOSED, number=found.number)
    return found


def _note(session: Session, now: datetime, actor: Member, hand_over: HandOver, action: str) -> None:
    audit.record(
        session,
        now,
        workspace_id=hand_over.workspace_id,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        subject=hand_over,
        detail={"key_result": hand_over.key_result_id, "to": hand_over.to_id},
    )
