"""Who reads a post about an escalation, and whether they may: looked at each time, for a key result can be limited."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from bot.blocks import escalation as messages
from bot.blocks.post import Post
from bot.domain.organisation import Visibility
from bot.domain.permissions import Action, Facts, may
from bot.services import conversations, outbox
from bot.services.access import actor_of
from bot.services.escalation_case import key_result_of
from bot.services.escalation_keys import root_key
from bot.services.escalation_members import facts_of
from models import Delivery, DeliveryState, Escalation, Member, PostKind

# A thread whose first message could not be posted has no place for replies; nor has one that may not be read any more.
LOST = (DeliveryState.FAILED, DeliveryState.OBSOLETE)


def may_read(session: Session, delivery: Delivery, escalation: Escalation, *told: int) -> bool:
    """Whether the readers of a post may see the escalation's key result, as things are now.

    In a channel it must be for everybody, and not private. Otherwise its reader must be here (of a group: somebody),
    and see it or be in on the escalation: who was asked, who took it, and (`told`) who is asked to make a decision
    happen.
    """
    if delivery.channel_id is not None:
        facts = _facts(session, escalation, told)
        return facts.visibility is Visibility.WORKSPACE and not facts.private
    here, reading = _here(session, delivery, escalation, told)
    return bool(here) and len(reading) == len(here)


def still_reading(session: Session, delivery: Delivery, escalation: Escalation) -> list[int]:
    """The readers of a direct or group message who are here and may see what it is about, as things are now."""
    return _here(session, delivery, escalation)[1]


def _here(
    session: Session, delivery: Delivery, escalation: Escalation, told: Collection[int] = ()
) -> tuple[list[int], list[int]]:
    """Of its readers: who is here, a guest too, for whom Slack shows all that is said; and who of these may see it."""
    facts = _facts(session, escalation, told)
    readers = [session.get_one(Member, one) for one in readers_of(session, delivery)]
    here = [one for one in readers if one.deactivated_at is None]
    reading = [one.id for one in here if may(actor_of(one), Action.VIEW_KEY_RESULT, facts)]
    return [one.id for one in here], reading


def _facts(session: Session, escalation: Escalation, told: Collection[int]) -> Facts:
    # Read at once with what belongs to it, where much is drawn together.
    key_result_of(session, escalation)
    taker = [escalation.taken_by_id] if escalation.taken_by_id is not None else []
    return facts_of(session, escalation, told=[*taker, *told])


def readers_of(session: Session, delivery: Delivery) -> Sequence[int]:
    """The members to whom a post goes by name: of a direct message, or of a group message; of a channel nobody."""
    if delivery.conversation_id is not None:
        return conversations.people_in(session, delivery.conversation_id)
    return [delivery.member_id] if delivery.member_id is not None else []


def may_stand(session: Session, delivery: Delivery, escalation: Escalation) -> bool:
    """Whether a post of a thread says what it is about: its thread was not left, and its readers may see it still."""
    return not is_left(session, delivery, escalation) and may_read(session, delivery, escalation)


def taken_back(session: Session, delivery: Delivery, escalation: Escalation) -> Post | None:
    """Nothing, where nothing was said, or nobody is here who reads it; else what stands is taken back, with its
    buttons."""
    if delivery.posted_ts is None or (delivery.channel_id is None and not _here(session, delivery, escalation)[0]):
        return None
    if escalation.regrouped and delivery.channel_id is None and is_left(session, delivery, escalation):
        # Where its owner reads it too, it was left because somebody else may not see it any more.
        owner_id = key_result_of(session, escalation).owner_id
        has_owner = owner_id in readers_of(session, delivery)
        return messages.hidden() if has_owner else messages.changed_hands()
    return messages.made_private() if escalation.private_at is not None else messages.hidden()


def is_left(session: Session, delivery: Delivery, escalation: Escalation) -> bool:
    """Whether it is of a thread that was left: what is said since goes on under another first message."""
    if delivery.kind is PostKind.ESCALATION:
        return delivery.key != root_key(escalation)
    if delivery.follows_id is None or not (escalation.has_moved or escalation.regrouped):
        return False
    here = outbox.delivery_of(session, escalation.workspace_id, root_key(escalation))
    return here is not None and delivery.follows_id != here.id
