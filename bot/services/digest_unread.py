"""A digest that nobody presses: after four weeks Okra proposes to stop it, to the team's lead and to the admins."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.digest_unread import Outcome, Unread, unread
from bot.blocks.post import Post
from bot.domain.cadence import Period, following
from bot.domain.permissions import Action, Facts
from bot.services import access, audit, outbox
from bot.services.access import Caller
from bot.services.refusals import Reason, Refused
from models import Delivery, DeliveryState, Digest, Member, PostKind, Team

WEEKS = 4


def propose(session: Session, now: datetime, team: Team, digest_id: int, period: Period) -> None:
    """Ask whether the digest should go on, where nobody pressed anything in the four before this one, and nobody was
    asked in these weeks."""
    if not _is_unread(session, team, period) or _was_proposed(session, team, period):
        return
    for member in session.scalars(
        sa.select(Member)
        .where(Member.workspace_id == team.workspace_id, sa.or_(Member.id == team.lead_id, Member.is_admin))
        .order_by(Member.id)
    ):
        if member.may_take_part:
            outbox.post(
                session,
                now,
                outbox.NewPost(
                    workspace_id=team.workspace_id,
                    key=_key(team.id, period, member.id),
                    kind=PostKind.DIGEST_UNREAD,
                    member_id=member.id,
                    team_id=team.id,
                    digest_id=digest_id,
                    period=period,
                ),
            )


def keep(session: Session, now: datetime, caller: Caller, digest_id: int) -> None:
    """It stays. Raises `Refused`: no such digest, or not a lead of the team nor an admin."""
    digest, team = _found(session, caller, digest_id)
    digest.kept_at = digest.kept_at or now
    start_again(session, now, caller, team)
    _redraw(session, now, digest)


def stop(session: Session, now: datetime, caller: Caller, digest_id: int) -> str:
    """It is not posted any more; gives the team's name. Raises `Refused` as `keep`."""
    digest, team = _found(session, caller, digest_id)
    if team.digest_stopped_at is None:
        team.digest_stopped_at = now
        _note(session, now, caller, team, "digest.stopped")
    _redraw(session, now, digest)
    return team.name


def start_again(session: Session, now: datetime, caller: Caller, team: Team) -> None:
    """It is posted again, from the next one on. The caller has been allowed to."""
    if team.digest_stopped_at is not None:
        team.digest_stopped_at = None
        _note(session, now, caller, team, "digest.started_again")


def allowed(session: Session, caller: Caller, team: Team) -> None:
    """Raises `Refused` for whoever is neither a lead of the team, or above it, nor an admin."""
    facts = Facts(lead_ids_above=tuple(access.leads_above(session, team.id)))
    try:
        access.require(session, caller, Action.RUN_DIGEST, facts)
    except Refused as refused:
        if refused.reason is Reason.NOT_FOR_YOU:
            raise Refused(Reason.NOT_YOUR_DIGEST, team=team.name) from None
        raise


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The proposal, or what became of it; None for somebody who may not decide it any more."""
    digest, team = session.get(Digest, delivery.digest_id), session.get(Team, delivery.team_id)
    reader = session.get(Member, delivery.member_id)
    if digest is None or team is None or reader is None or not reader.may_take_part or not team.is_on:
        return None
    if not reader.is_admin and reader.id not in access.leads_above(session, team.id):
        return None
    outcome = Outcome.STOPPED if team.digest_stopped_at is not None else Outcome.OPEN
    if outcome is Outcome.OPEN and digest.kept_at is not None:
        outcome = Outcome.KEPT
    return unread(Unread(digest.id, team.name, WEEKS, outcome))


def _key(team_id: int, period: Period, member_id: int) -> str:
    return f"digest:{team_id}:{period.isoformat()}:unread:{member_id}"


def _is_unread(session: Session, team: Team, period: Period) -> bool:
    """Whether each of the four weeks before had a digest that was posted, and nobody pressed anything in any."""
    before = [following(period, -back) for back in range(1, WEEKS + 1)]
    count = session.scalar(
        sa.select(sa.func.count())
        .select_from(Digest)
        .join(
            Delivery,
            sa.and_(
                Delivery.workspace_id == Digest.workspace_id,
                Delivery.digest_id == Digest.id,
                Delivery.team_id == team.id,
                Delivery.kind == PostKind.DIGEST,
                Delivery.state == DeliveryState.SENT,
            ),
        )
        .where(
            Digest.team_id == team.id,
            Digest.period.in_(before),
            Digest.used_at.is_(None),
            Digest.kept_at.is_(None),
        )
    )
    return count == WEEKS


def _was_proposed(session: Session, team: Team, period: Period) -> bool:
    """A proposal that was left open is not made again within four weeks."""
    proposed = sa.exists().where(
        Delivery.workspace_id == team.workspace_id,
        Delivery.team_id == team.id,
        Delivery.kind == PostKind.DIGEST_UNREAD,
        Delivery.period > following(period, -WEEKS),
    )
    return bool(session.scalar(sa.select(proposed)))


def _found(session: Session, caller: Caller, digest_id: int) -> tuple[Digest, Team]:
    digest = session.scalar(sa.select(Digest).where(Digest.workspace_id == caller.workspace_id, Digest.id == digest_id))
    if digest is None:
        raise Refused(Reason.NO_SUCH_DIGEST)
    team = session.scalars(
        sa.select(Team)
        .where(Team.id == digest.team_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    allowed(session, caller, team)
    return digest, team


def _redraw(session: Session, now: datetime, digest: Digest) -> None:
    session.flush()
    keys = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.workspace_id == digest.workspace_id,
            Delivery.digest_id == digest.id,
            Delivery.kind == PostKind.DIGEST_UNREAD,
        )
    ).all()
    outbox.redraw_all(session, now, workspace_id=digest.workspace_id, keys=keys)


def _note(session: Session, now: datetime, caller: Caller, team: Team, action: str) -> None:
    session.flush()
    audit.record(session, now, workspace_id=team.workspace_id, actor_id=caller.member_id, action=action, subject=team)
