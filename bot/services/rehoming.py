"""What could not be posted in its team's channel comes once the team has a channel that takes it.

The channel was archived, say, or Okra was put out of it. What is still wanted is queued again, under its key and drawn
as things stand then: the thread of a request for help that is open, with its replies in their order, and the digest
until the next one is due. What stands in the old channel stays there, and what nobody knows the fate of is left alone:
it may stand there too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.notices import NO_ROOT
from bot.domain.cadence import digest_due
from bot.domain.escalation import EscalationState
from bot.services import asking, failures, outbox
from bot.services.digest_links import digest_key
from bot.services.escalation_case import root_of
from bot.services.escalation_keys import is_root_key
from bot.services.escalation_news import say_what_happened
from bot.services.escalation_thread import channel_of, thread_team
from bot.services.rhythm import digest_week
from models import Delivery, DeliveryState, Escalation, EscalationEvent, KeyResult, PostKind, Team, Workspace
from models.base import table_of

# Once something is decided, or it is over, the thread would ask for what has been given.
_ASKS_STILL = (EscalationState.OPEN, EscalationState.ACKNOWLEDGED, EscalationState.IN_REVIEW)


def bring_back(session: Session, now: datetime, team: Team) -> None:
    """An admin has named the team's channels, the ones that it had or others, and Okra may post in them: what failed
    for its channel comes there, and the digest that nobody was there to read. The caller holds the team, and nothing
    that is held after requests for help."""

    def is_mended(code: str) -> bool:
        return failures.is_of_the_channel(code) or code == failures.NO_READER

    _bring_back(session, now, team, (team.channel_id, channel_of(team)), is_mended)


def ask_again(session: Session, now: datetime, escalation: Escalation) -> None:
    """Help is wanted again where it was decided or over: what failed for its channel is tried in the one that holds
    its thread now. The caller holds the escalation, and has not yet noted that."""
    team = thread_team(session, session.get_one(KeyResult, escalation.key_result_id))
    channel_id = channel_of(team) if team is not None else None
    if team is not None and channel_id is not None:
        _thread(session, now, escalation, team, channel_id, is_mended=failures.is_of_the_channel)


def bring_back_to(session: Session, now: datetime, workspace_id: int, reached: Collection[str]) -> None:
    """Okra sees these channels (Slack's ids), is in them, and nobody outside reads them: what failed because one of
    them was not so comes there. The caller holds nothing yet."""
    failed = session.execute(
        sa.select(Delivery.channel_id, Delivery.error)
        .where(
            Delivery.workspace_id == workspace_id,
            Delivery.state == DeliveryState.FAILED,
            Delivery.channel_id.is_not(None),
        )
        .distinct()
    )
    mended = {one for one, error in failed if one in reached and error in failures.REACHED_AGAIN}
    if not mended:
        return
    asking.hold(session, workspace_id)
    teams = session.scalars(
        sa.select(Team)
        .where(
            Team.workspace_id == workspace_id,
            sa.or_(Team.channel_id.in_(mended), Team.escalation_channel_id.in_(mended)),
        )
        .order_by(Team.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for team in teams:
        digest_to, threads_to = (one if one in mended else None for one in (team.channel_id, channel_of(team)))
        _bring_back(session, now, team, (digest_to, threads_to), failures.REACHED_AGAIN.__contains__)


def _bring_back(
    session: Session,
    now: datetime,
    team: Team,
    places: tuple[str | None, str | None],
    is_mended: Callable[[str], bool],
) -> None:
    """`places`: where the digest goes, and the threads; null where that is not looked at. `is_mended`: whether the
    reason why something failed is over."""
    digest_to, threads_to = places
    if threads_to is not None:
        _threads(session, now, team, threads_to, is_mended)
    if digest_to is not None:
        _digest(session, now, team, digest_to, is_mended)


def _threads(session: Session, now: datetime, team: Team, channel_id: str, is_mended: Callable[[str], bool]) -> None:
    """The threads that the team's channel holds: of its own requests for help, and of the teams beneath without one.
    What another team has answered meanwhile stands in the first message."""
    for escalation in _hold(session, team):
        _thread(session, now, escalation, team, channel_id, is_mended=is_mended)


def _thread(
    session: Session,
    now: datetime,
    escalation: Escalation,
    team: Team,
    channel_id: str,
    *,
    is_mended: Callable[[str], bool],
) -> None:
    root = root_of(session, escalation)
    if root is None or not is_mended(root.error or ""):
        return
    roots = _held(session, Delivery.id == root.id, Delivery.channel_id.is_not(None))
    if not roots:
        return
    if root.channel_id != channel_id:
        # Whoever copied a message into it was told who would read it there.
        session.execute(
            sa.update(EscalationEvent)
            .where(EscalationEvent.escalation_id == escalation.id, EscalationEvent.quote.is_not(None))
            .values(quote=None)
        )
    escalation.team_id = team.id
    _send(session, now, roots, channel_id)
    say_what_happened(session, now, escalation, root)


def _hold(session: Session, team: Team) -> Sequence[Escalation]:
    """The requests for help that ask still, whose threads failed in some channel and would begin in the team's now;
    held in the order of their rows."""
    lost = sa.select(Escalation.id).join(
        Delivery,
        sa.and_(
            Delivery.workspace_id == Escalation.workspace_id,
            Delivery.escalation_id == Escalation.id,
            Delivery.kind == PostKind.ESCALATION,
        ),
    )
    ids = session.scalars(
        lost.where(
            Delivery.workspace_id == team.workspace_id,
            Delivery.state == DeliveryState.FAILED,
            Delivery.channel_id.is_not(None),
            Escalation.state.in_(_ASKS_STILL),
            is_root_key(table_of(Delivery).c.key, Escalation, now_only=True),
        )
    ).all()
    if not ids:
        return ()
    held = session.scalars(
        sa.select(Escalation)
        .where(Escalation.id.in_(ids))
        .order_by(Escalation.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    return [one for one in held if one.state in _ASKS_STILL and _is_held_by(session, one, team)]


def _is_held_by(session: Session, escalation: Escalation, team: Team) -> bool:
    holder = thread_team(session, session.get_one(KeyResult, escalation.key_result_id))
    return holder is not None and holder.id == team.id


def _digest(session: Session, now: datetime, team: Team, channel_id: str, is_mended: Callable[[str], bool]) -> None:
    """The team's newest digest, until the next one is due."""
    if not team.is_on or team.digest_stopped_at is not None:
        return
    workspace = session.get_one(Workspace, team.workspace_id)
    newest = digest_key(team.id, digest_due(now, *digest_week(workspace, team)))
    found = _held(session, Delivery.workspace_id == team.workspace_id, Delivery.key == newest)
    _send(session, now, [one for one in found if is_mended(one.error or "")], channel_id)


def _send(session: Session, now: datetime, roots: Sequence[Delivery], channel_id: str) -> None:
    """These, and the replies that failed with them."""
    for root in roots:
        waited = sa.and_(Delivery.workspace_id == root.workspace_id, Delivery.follows_id == root.id)
        replies = _held(session, waited, Delivery.error.startswith(NO_ROOT, autoescape=True))
        outbox.send_elsewhere(session, now, [root, *replies], channel_id)


def _held(session: Session, *where: sa.ColumnElement[bool]) -> Sequence[Delivery]:
    """What failed, as it is now, held in the order of its rows."""
    return session.scalars(
        sa.select(Delivery)
        .where(Delivery.state == DeliveryState.FAILED, *where)
        .order_by(Delivery.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
