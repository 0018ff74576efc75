"""*Ask the owner*: a reader of the digest asks one question, and the owner answers from person to person."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.blocks.question import Asked, asked
from bot.domain.permissions import Action, may
from bot.services import audit, escalation, outbox
from bot.services.access import Caller, actor_of, key_result_facts
from bot.services.refusals import Reason, Refused
from bot.services.still_open import open_for_key_results
from models import Delivery, Escalation, KeyResult, KeyResultRevision, Member, PostKind, Question


def about(session: Session, caller: Caller, escalation_id: int) -> Asked:
    """What the dialog shows; its `text` is empty yet. Raises `Refused` as `ask`."""
    found = escalation.seen(session, caller, escalation_id, Action.VIEW_KEY_RESULT)
    owner = _owner(session, caller, found)
    return _asked(session, found, asker=session.get_one(Member, caller.member_id), owner=owner, text="")


def ask(session: Session, now: datetime, caller: Caller, escalation_id: int, text: str) -> str:
    """Ask the owner; gives their name. `text` is 1 to `QUESTION_LENGTH` code points.

    Raises `Refused`: the caller may not see it, it is their own, or nobody owns it who is here.
    """
    found = escalation.seen(session, caller, escalation_id, Action.VIEW_KEY_RESULT)
    owner = _owner(session, caller, found)
    question = Question(
        workspace_id=caller.workspace_id,
        escalation_id=found.id,
        asker_id=caller.member_id,
        owner_id=owner.id,
        text=text,
        at=now,
    )
    session.add(question)
    session.flush()
    outbox.post(
        session,
        now,
        workspace_id=caller.workspace_id,
        key=f"question:{question.id}",
        kind=PostKind.QUESTION,
        member_id=owner.id,
        question_id=question.id,
    )
    audit.record(
        session,
        now,
        workspace_id=caller.workspace_id,
        actor_id=caller.member_id,
        action="question.asked",
        subject=question,
        detail={"escalation": found.id},
    )
    return owner.name


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """What the owner reads; None where it is not theirs any more, or who asked may not see it now."""
    question = session.get(Question, delivery.question_id)
    if question is None:
        return None
    owner, asker = session.get_one(Member, question.owner_id), session.get_one(Member, question.asker_id)
    found = session.get_one(Escalation, question.escalation_id)
    key_result = session.get_one(KeyResult, found.key_result_id)
    facts = key_result_facts(session, key_result)
    is_theirs = owner.may_take_part and key_result.owner_id == owner.id
    if not is_theirs or not may(actor_of(asker), Action.VIEW_KEY_RESULT, facts):
        return None
    return asked(_asked(session, found, asker=asker, owner=owner, text=question.text))


def _owner(session: Session, caller: Caller, found: Escalation) -> Member:
    key_result = session.get_one(KeyResult, found.key_result_id)
    owner = session.get(Member, key_result.owner_id) if key_result.owner_id is not None else None
    if owner is None or not owner.may_take_part:
        raise Refused(Reason.NOBODY_TO_ASK, number=key_result.number)
    if owner.id == caller.member_id:
        raise Refused(Reason.OWNER_IS_YOU, number=key_result.number)
    return owner


def _asked(session: Session, found: Escalation, *, asker: Member, owner: Member, text: str) -> Asked:
    key_result, definition = session.execute(
        sa.select(KeyResult, KeyResultRevision)
        .join(
            KeyResultRevision,
            sa.and_(KeyResultRevision.key_result_id == KeyResult.id, KeyResultRevision.revision == KeyResult.revision),
        )
        .where(KeyResult.id == found.key_result_id)
    ).one()
    thread = open_for_key_results(session, [key_result.id]).get(key_result.id)
    return Asked(
        escalation_id=found.id,
        number=key_result.number,
        name=definition.metric or definition.text,
        owner=owner.name,
        asker=asker.name,
        slack_id=asker.slack_user_id,
        need=thread.need if thread is not None else "",
        text=text,
        link=thread.link if thread is not None else None,
    )
