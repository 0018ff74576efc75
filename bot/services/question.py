"""*Ask the owner*: whoever sees a request for help asks one question, from its thread or from the digest.

The owner has it in a direct message, and the thread has it too.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from bot.blocks.escalation_shown import Case
from bot.blocks.post import Post
from bot.blocks.question import to_owner
from bot.domain.escalation import EscalationState
from bot.domain.permissions import Action, may
from bot.services.access import Caller, actor_of
from bot.services.escalation import happened, held, seen
from bot.services.escalation_case import case_of, person_of
from bot.services.escalation_members import facts_of
from bot.services.refusals import Reason, Refused
from models import Delivery, Escalation, EscalationEventKind, KeyResult, Member, Question


def about(session: Session, now: datetime, *, caller: Caller, escalation_id: int) -> Case:
    """What the dialog shows. Raises `Refused` as `ask`."""
    escalation = seen(session, caller, escalation_id, Action.ASK_OWNER)
    _owner_to_ask(session, caller, escalation)
    return case_of(session, escalation, now, reader_id=caller.member_id)


def ask(session: Session, now: datetime, *, caller: Caller, escalation_id: int, question: str) -> str:
    """The owner gets the question (1 to 1,000 code points) directly, and the thread has it; gives the owner's name.

    Raises `Refused`: the caller may not see it, it is over, it is their own, or nobody owns it who is here.
    """
    escalation = held(session, caller, escalation_id, Action.ASK_OWNER)
    owner = _owner_to_ask(session, caller, escalation)
    happened(session, now, escalation, EscalationEventKind.OWNER_ASKED, caller=caller, words=question.strip())
    return owner.name


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """A question that the version before had queued for its owner; None where it is not theirs any more, or who asked
    may not see it now."""
    question = session.get_one(Question, delivery.question_id)
    owner, asker = session.get_one(Member, question.owner_id), session.get_one(Member, question.asker_id)
    escalation = session.get_one(Escalation, question.escalation_id)
    is_theirs = owner.may_take_part and session.get_one(KeyResult, escalation.key_result_id).owner_id == owner.id
    if not is_theirs or not may(actor_of(asker), Action.ASK_OWNER, facts_of(session, escalation)):
        return None
    return to_owner(case_of(session, escalation, now, reader_id=owner.id), person_of(asker), question.text)


def _owner_to_ask(session: Session, caller: Caller, escalation: Escalation) -> Member:
    if escalation.state is EscalationState.RESOLVED:
        raise Refused(Reason.ESCALATION_RESOLVED)
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    owner = session.get(Member, key_result.owner_id) if key_result.owner_id is not None else None
    if owner is None or not owner.may_take_part:
        raise Refused(Reason.NOBODY_TO_ASK, number=key_result.number)
    if owner.id == caller.member_id:
        raise Refused(Reason.OWNER_IS_YOU, number=key_result.number)
    return owner
