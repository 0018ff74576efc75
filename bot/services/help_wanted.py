"""Asking for help without a check-in: by a lead or the owner, or by whoever turns a message into a blocker.

It opens the key result's one thread, or goes on in the open one. Of a message only its link is kept; its text where who
turned it into a blocker has said so, and then until it is posted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.help_wanted import Destination
from bot.domain.permissions import Action, may
from bot.services import blocking, dependency
from bot.services.access import Caller, actor_of, key_result_facts, member_of, require
from bot.services.blocking import BlockedBy
from bot.services.escalation import call_for_help, goes_on_in
from bot.services.escalation_case import root_of
from bot.services.escalation_events import Called
from bot.services.escalation_members import may_see
from bot.services.escalation_thread import channel_of, hold_threads, thread_team
from bot.services.refusals import Reason, Refused
from models import Blocker, KeyResult, KeyResultState


@dataclass(frozen=True)
class Message:
    """A message of somebody's: its address, and its text where it is to be copied."""

    link: str
    quote: str | None = None


def to_ask_about(session: Session, *, caller: Caller, key_result_id: int) -> KeyResult:
    """The key result, for a lead above or an owner who asks for help. Raises `Refused`."""
    return _allowed(session, caller, key_result_id, Action.ASK_FOR_HELP, lock=False)


def ask(
    session: Session,
    now: datetime,
    *,
    caller: Caller,
    key_result_id: int,
    stuck: str,
    need: str,
    by: BlockedBy | None,
) -> None:
    """A lead or owner asks for help with it. Raises `Refused`."""
    key_result = _allowed(session, caller, key_result_id, Action.ASK_FOR_HELP, lock=True)
    blocker = _block(session, now, key_result, by) if by is not None else None
    called = Called(stuck=stuck, need=need)
    call_for_help(session, now, caller=caller, key_result=key_result, called=called, blocker=blocker)


def to_block(session: Session, now: datetime, *, caller: Caller, key_result_id: int) -> tuple[KeyResult, Destination]:
    """The key result, for anybody who may see it, and where its thread is. Raises `Refused`."""
    key_result = _allowed(session, caller, key_result_id, Action.NAME_BLOCKER, lock=False)
    return key_result, destination(session, now, caller, key_result)


def turn_into_blocker(
    session: Session, now: datetime, *, caller: Caller, key_result_id: int, by: BlockedBy, message: Message
) -> None:
    """The message is what is in the way of the key result. Raises `Refused`."""
    key_result = _allowed(session, caller, key_result_id, Action.NAME_BLOCKER, lock=True)
    blocker = _block(session, now, key_result, by)
    called = Called(link=message.link, quote=message.quote or None)
    call_for_help(session, now, caller=caller, key_result=key_result, called=called, blocker=blocker)


def destination(session: Session, now: datetime, caller: Caller, key_result: KeyResult) -> Destination:
    """Where a call for help with the key result stands, or would: in the thread that it goes on in, or in a new one.

    Who is no member of a private request is told as if there were none: its thread has fewer readers than that channel.
    """
    escalation = goes_on_in(session, now, key_result)
    if escalation is not None and (escalation.private_at is None or may_see(session, escalation, caller.member_id)):
        root = root_of(session, escalation)
        if root is not None:
            return Destination(root.channel_id)
    team = thread_team(session, key_result)
    return Destination(channel_of(team) if team is not None else None)


def may_ask(session: Session, caller: Caller, key_result: KeyResult) -> bool:
    """Whether the button makes sense: the caller may, and it is asked about."""
    try:
        to_ask_about(session, caller=caller, key_result_id=key_result.id)
    except Refused:
        return False
    return True


def _block(session: Session, now: datetime, key_result: KeyResult, by: BlockedBy) -> Blocker | None:
    """This is what blocks it from now on, as if a check-in had named it."""
    hold_threads(session, [key_result.id])
    dependency.hold(session, key_result.id)
    blocker = blocking.settle(session, now, key_result=key_result, answer=None, by=by, wants_help=True)
    dependency.follow(session, now, key_result, blocker)
    return blocker


def _allowed(session: Session, caller: Caller, key_result_id: int, action: Action, *, lock: bool) -> KeyResult:
    wanted = sa.select(KeyResult).where(
        KeyResult.workspace_id == caller.workspace_id, KeyResult.id == key_result_id, KeyResult.archived_at.is_(None)
    )
    if lock:
        # Two calls at once must not open two threads.
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    key_result = session.scalar(wanted)
    if key_result is None:
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    facts = key_result_facts(session, key_result)
    # What somebody may not see does not exist for them.
    try:
        require(session, caller, Action.VIEW_KEY_RESULT, facts)
    except Refused as refused:
        raise Refused(
            Reason.NOT_A_FULL_MEMBER if refused.reason is Reason.NOT_A_FULL_MEMBER else Reason.NO_SUCH_KEY_RESULT
        ) from None
    if not may(actor_of(member_of(session, caller)), action, facts):
        raise Refused(Reason.NOT_YOURS_TO_ASK, number=key_result.number)
    if key_result.state is KeyResultState.DRAFT:
        raise Refused(Reason.KEY_RESULT_DRAFT, number=key_result.number)
    if key_result.state is KeyResultState.CLOSED:
        raise Refused(Reason.KEY_RESULT_CLOSED, number=key_result.number)
    return key_result
