"""What could not be delivered is told to the admins, once, and stands where they look: `okra doctor`, their Home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import notices
from bot.blocks.post import Post
from bot.domain.cadence import period_on
from bot.domain.permissions import Action, Facts
from bot.services import access, digest_hours, outbox
from bot.services.access import Caller
from models import CheckIn, CheckInState, Delivery, DeliveryState, Member, PostKind

# Why a prompt was not sent: answering had closed before it could leave. Why a digest was not: the next one was due.
TOO_LATE = notices.TOO_LATE
# How far back an admin looks.
LATELY = timedelta(days=28)


@dataclass(frozen=True)
class Undelivered:
    """Posts of one kind to one recipient that failed for one reason. `to`: a person's name, a channel's link, or that
    it is a group message: who is in it, an admin need not know."""

    kind: PostKind
    to: str
    code: str
    count: int
    last_at: datetime


@dataclass(frozen=True)
class Failures:
    """What did not arrive lately. `too_late`: prompts that were not sent, because answering had closed by then.
    `uncertain`: posts of which nobody knows yet whether they arrived; they are being looked up. `not_made`: the teams
    whose digest is due and could not be taken, with its hour in its channel's zone."""

    undelivered: tuple[Undelivered, ...]
    too_late: int
    uncertain: int
    not_made: tuple[tuple[str, datetime], ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.undelivered or self.too_late or self.uncertain or self.not_made)


def view(session: Session, caller: Caller, now: datetime) -> Failures:
    """What an admin sees of the failures of their workspace. Raises `Refused` for anybody else."""
    access.require(session, caller, Action.SEE_FAILURES, Facts())
    return failures_of(session, now, workspace_id=caller.workspace_id)


def failures_of(session: Session, now: datetime, *, workspace_id: int | None = None) -> Failures:
    """The failures of the last weeks, the newest first; None: of all workspaces, for who runs Okra."""
    found = failures_since(session, now - LATELY, workspace_id=workspace_id)
    return replace(found, not_made=tuple(digest_hours.not_made(session, now, workspace_id)))


def failures_since(session: Session, since: datetime, *, workspace_id: int | None = None) -> Failures:
    """What did not arrive after an instant, the newest first; None: in all workspaces."""
    here = Delivery.workspace_id == workspace_id if workspace_id is not None else sa.true()
    groups = session.execute(
        sa.select(
            Delivery.kind,
            Delivery.workspace_id,
            Delivery.member_id,
            Delivery.channel_id,
            Delivery.conversation_id,
            sa.func.coalesce(Delivery.error, "unknown"),
            sa.func.count(),
            sa.func.max(Delivery.settled_at),
        )
        .where(here, Delivery.state == DeliveryState.FAILED, Delivery.settled_at > since)
        .group_by(
            Delivery.kind,
            Delivery.workspace_id,
            Delivery.member_id,
            Delivery.channel_id,
            Delivery.conversation_id,
            Delivery.error,
        )
        .order_by(sa.func.max(Delivery.settled_at).desc())
    ).all()
    names = _names(session, [member_id for _, _, member_id, *_ in groups if member_id is not None])
    return Failures(
        undelivered=tuple(
            Undelivered(
                kind,
                names[member_id] if member_id is not None else _place(channel_id),
                code,
                count,
                last_at or since,
            )
            for kind, _, member_id, channel_id, _, code, count, last_at in groups
        ),
        too_late=_count(
            session,
            here,
            Delivery.state == DeliveryState.OBSOLETE,
            Delivery.error == TOO_LATE,
            Delivery.settled_at > since,
        ),
        uncertain=_count(session, here, Delivery.state == DeliveryState.UNKNOWN),
    )


def why_not_sent(session: Session, row: Delivery, now: datetime) -> str | None:
    """For a post that makes no sense any more: `TOO_LATE` for a prompt whose questions have closed unanswered.

    None where what it was about has been answered, excused or taken away: then nobody missed anything.
    """
    if row.kind is not PostKind.PROMPT:
        return None
    closed = session.scalar(
        sa.select(
            sa.exists().where(
                CheckIn.workspace_id == row.workspace_id,
                CheckIn.owner_id == row.member_id,
                CheckIn.period == row.period,
                CheckIn.state.in_((CheckInState.DUE, CheckInState.MISSED)),
                CheckIn.closes_at <= now,
            )
        )
    )
    return TOO_LATE if closed else None


def _names(session: Session, member_ids: Sequence[int]) -> dict[int, str]:
    return dict(session.execute(sa.select(Member.id, Member.name).where(Member.id.in_(member_ids))).all())


def _count(session: Session, *conditions: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Delivery).where(*conditions)) or 0


def tell_admins(session: Session, failed: Delivery, now: datetime) -> None:
    """Queue one direct message to each admin about a delivery that failed for good.

    They are told once a week about one recipient and reason, however many posts fail for it; the rest is counted where
    they look. A notice that fails itself is not told about: `okra doctor` counts it.
    """
    if failed.kind is PostKind.ADMIN_NOTICE:
        return
    admins = session.scalars(
        sa.select(Member).where(
            Member.workspace_id == failed.workspace_id,
            Member.is_admin,
            Member.deactivated_at.is_(None),
            Member.id != failed.member_id if failed.member_id is not None else sa.true(),
        )
    ).all()
    place = f"to:member:{failed.member_id}" if failed.member_id is not None else f"to:{failed.channel_id}"
    if failed.conversation_id is not None:
        place = f"to:group:{failed.conversation_id}"
    week = period_on(now.date())
    for admin in admins:
        outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=failed.workspace_id,
                key=f"failure:{place}:{failed.error}:{week}:{admin.id}",
                kind=PostKind.ADMIN_NOTICE,
                member_id=admin.id,
                about_id=failed.id,
            ),
        )


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The notice to an admin: what did not arrive, why, and what to do."""
    failed = session.get(Delivery, delivery.about_id)
    admin = session.get(Member, delivery.member_id)
    if failed is None or admin is None or not admin.may_take_part:
        return None
    return notices.undelivered(what=failed.kind.value, to=_recipient(session, failed), code=failed.error or "unknown")


def _recipient(session: Session, failed: Delivery) -> str:
    if failed.member_id is not None:
        return session.get_one(Member, failed.member_id).name
    return _place(failed.channel_id)


def _place(channel_id: str | None) -> str:
    return f"<#{channel_id}>" if channel_id is not None else notices.a_group_message()
