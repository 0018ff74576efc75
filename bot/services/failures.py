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
from bot.services import access, digest_hours, installations, outbox
from bot.services.access import Caller
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    DeliveryState,
    Home,
    InstallationState,
    Member,
    Message,
    PostKind,
)

# Why a prompt was not sent: answering had closed before it could leave. Why a digest was not: the next one was due.
TOO_LATE = notices.TOO_LATE
# Why a digest was not sent: who was to read it takes part no more, and no lead above is here.
NO_READER = notices.NO_READER
# Why something was not posted in a channel: people of another organisation read it.
SHARED_OUTSIDE = notices.SHARED_OUTSIDE
# Why something was not posted that Slack may take in another channel, or in the same one once Okra is let in there. The
# first few are over as soon as Okra sees the channel and is in it.
REACHED_AGAIN = frozenset({"channel_not_found", "is_archived", "not_in_channel", SHARED_OUTSIDE})
_CLOSED = frozenset({"ekm_access_denied"})
# What Slack says of a message that is no more, or that can no longer be reached or edited. It stays as it is, and that
# is no failure: where a channel is closed, the next post to it is told about.
NO_MORE = frozenset(
    {
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "is_inactive",
        "message_not_found",
    }
)
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


@dataclass(frozen=True)
class NotShown:
    """Messages of one kind at one place, or somebody's Home (`kind` null), that show an older state for one reason."""

    kind: PostKind | None
    to: str
    code: str
    count: int


@dataclass(frozen=True)
class Failures:
    """What did not arrive lately. `too_late`: prompts that were not sent, because answering had closed by then.
    `uncertain`: posts of which nobody knows yet whether they arrived; they are being looked up. `kept`: direct messages
    that wait because Slack takes none of Okra's. `not_made`: the teams whose digest is due and could not be taken, with
    its hour in its channel's zone. `not_shown`: what arrived and could not be brought up to date. `silent`: the
    workspaces, by name, in which nothing is posted until Okra is started anew."""

    undelivered: tuple[Undelivered, ...]
    too_late: int
    uncertain: int
    not_made: tuple[tuple[str, datetime], ...] = ()
    not_shown: tuple[NotShown, ...] = ()
    kept: int = 0
    silent: tuple[tuple[str, InstallationState], ...] = ()

    @property
    def is_empty(self) -> bool:
        counts = self.too_late or self.uncertain or self.kept
        return not (counts or self.undelivered or self.not_made or self.not_shown or self.silent)


def view(session: Session, caller: Caller, now: datetime) -> Failures:
    """What an admin sees of the failures of their workspace. Raises `Refused` for anybody else."""
    access.require(session, caller, Action.SEE_FAILURES, Facts())
    return failures_of(session, now, workspace_id=caller.workspace_id)


def failures_of(session: Session, now: datetime, *, workspace_id: int | None = None) -> Failures:
    """The failures of the last weeks, the newest first; None: of all workspaces, for who runs Okra."""
    found = failures_since(session, now - LATELY, workspace_id=workspace_id)
    return replace(
        found,
        not_made=tuple(digest_hours.not_made(session, now, workspace_id)),
        silent=tuple(installations.silent(session, workspace_id)),
    )


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
            )
            for kind, _, member_id, channel_id, _, code, count in groups
        ),
        too_late=_count(
            session,
            here,
            Delivery.state == DeliveryState.OBSOLETE,
            Delivery.error == TOO_LATE,
            Delivery.settled_at > since,
        ),
        uncertain=_count(session, here, Delivery.state == DeliveryState.UNKNOWN),
        kept=_count(
            session, here, Delivery.state == DeliveryState.QUEUED, Delivery.error == notices.NO_DIRECT_MESSAGES
        ),
        not_shown=(*_messages_not_shown(session, since, workspace_id), *_homes_not_shown(session, since, workspace_id)),
    )


def _messages_not_shown(session: Session, since: datetime, workspace_id: int | None) -> list[NotShown]:
    here = Message.workspace_id == workspace_id if workspace_id is not None else sa.true()
    given_up = sa.and_(Message.gone_at > since, Message.error.not_in(NO_MORE))
    # These are tried on, however long it takes: the next version of Okra may be able to draw them.
    not_drawn = sa.and_(
        Message.shown < Message.wanted,
        Message.gone_at.is_(None),
        Message.channel.is_not(None),
        Message.error.startswith(notices.NOT_RENDERED, autoescape=True),
    )
    where = (Delivery.kind, Delivery.workspace_id, Delivery.member_id, Delivery.channel_id, Delivery.conversation_id)
    # One after the other: each has an index of its own.
    groups = [
        row
        for trouble in (given_up, not_drawn)
        for row in session.execute(
            sa.select(*where, sa.func.coalesce(Message.error, "unknown"), sa.func.count())
            .join(Delivery, Delivery.id == Message.delivery_id)
            .where(here, trouble)
            .group_by(*where, Message.error)
            .order_by(sa.func.count().desc(), sa.func.max(Message.id).desc())
        )
    ]
    names = _names(session, [member_id for _, _, member_id, *_ in groups if member_id is not None])
    return [
        NotShown(kind, names[member_id] if member_id is not None else _place(channel_id), code, count)
        for kind, _, member_id, channel_id, _, code, count in groups
    ]


def _homes_not_shown(session: Session, since: datetime, workspace_id: int | None) -> list[NotShown]:
    """Those that were looked at since."""
    here = Home.workspace_id == workspace_id if workspace_id is not None else sa.true()
    rows = session.execute(
        sa.select(Member.name, Home.error)
        .join(Member, Member.id == Home.member_id)
        # What Slack may yet take is on its way, and no failure.
        .where(
            here,
            Home.opened_at > since,
            sa.or_(
                sa.and_(Home.error.is_not(None), Home.shown == Home.wanted),
                Home.error.startswith(notices.NOT_RENDERED, autoescape=True),
            ),
        )
        .order_by(Home.opened_at.desc(), Home.id)
    )
    return [NotShown(None, name, error or "unknown", 1) for name, error in rows]


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


def is_of_the_channel(code: str) -> bool:
    """Whether something was not posted because of where it was to stand: then nothing of it was said."""
    return code in REACHED_AGAIN or code in _CLOSED or code.startswith(notices.RESTRICTED)


def _names(session: Session, member_ids: Sequence[int]) -> dict[int, str]:
    return dict(session.execute(sa.select(Member.id, Member.name).where(Member.id.in_(member_ids))).all())


def _count(session: Session, *conditions: sa.ColumnElement[bool]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(Delivery).where(*conditions)) or 0


def tell_admins(session: Session, failed: Delivery, now: datetime) -> None:
    """Queue one direct message to each admin about a delivery that failed for good.

    They are told once a week about one recipient and reason, however many posts fail for it; the rest is counted where
    they look. A notice that fails itself is not told about: `okra doctor` counts it.
    """
    if failed.kind is not PostKind.ADMIN_NOTICE:
        _tell(session, now, failed.workspace_id, _what(failed), about_id=failed.id, but=failed.member_id)


def tell_of_message(session: Session, message: Message, now: datetime) -> None:
    """As `tell_admins`, about a message that stands and cannot be brought up to date; what ails one ails most of its
    kind, so about one only."""
    posted = session.get_one(Delivery, message.delivery_id)
    if posted.kind is not PostKind.ADMIN_NOTICE:
        _tell(session, now, posted.workspace_id, f"unshown:{posted.kind.value}:{message.error}", about_id=posted.id)


def tell_of_home(session: Session, home: Home, now: datetime) -> None:
    """As `tell_admins`, about a Home that cannot be brought up to date; what ails one ails most, so about one only."""
    _tell(session, now, home.workspace_id, f"unshown:home:{home.error}", about_member_id=home.member_id)


def _what(failed: Delivery) -> str:
    """What failed, as it stands in the keys of notices: to whom, and why."""
    to = failed.channel_id
    if failed.conversation_id is not None:
        to = f"group:{failed.conversation_id}"
    elif failed.member_id is not None:
        to = f"member:{failed.member_id}"
    return f"failure:to:{to}:{failed.error}"


def _tell(
    session: Session,
    now: datetime,
    workspace_id: int,
    what: str,
    *,
    about_id: int | None = None,
    about_member_id: int | None = None,
    but: int | None = None,
) -> None:
    """Queue the notice for each admin, `but` for one whom it would not reach either."""
    admins = session.scalars(
        sa.select(Member).where(
            Member.workspace_id == workspace_id,
            Member.is_admin,
            Member.deactivated_at.is_(None),
            Member.id != but if but is not None else sa.true(),
        )
    ).all()
    week = period_on(now.date())
    for admin in admins:
        outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=workspace_id,
                key=f"{what}:{week}:{admin.id}",
                kind=PostKind.ADMIN_NOTICE,
                member_id=admin.id,
                about_id=about_id,
                about_member_id=about_member_id,
            ),
            # What was queued again before this had left has failed once more.
            revive=True,
        )


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The notice to an admin: what did not arrive or is not shown, why, and what to do. Nothing where it is by now."""
    admin = session.get(Member, delivery.member_id)
    if admin is None or not admin.may_take_part:
        return None
    if delivery.about_member_id is not None:
        whose = session.get_one(Member, delivery.about_member_id)
        code = session.scalar(sa.select(Home.error).where(Home.member_id == whose.id))
        return None if code is None else notices.not_shown(what=notices.HOME, to=whose.name, code=code)
    about = session.get(Delivery, delivery.about_id)
    if about is None:
        return None
    if about.state is not DeliveryState.FAILED:
        # It comes after all. What else failed for the same reason is told of in its place.
        about = _another(session, delivery, since=now - LATELY) or about
    what, to = about.kind.value, _recipient(session, about)
    if about.state is DeliveryState.FAILED:
        return notices.undelivered(what=what, to=to, code=about.error or "unknown")
    code = session.scalar(sa.select(Message.error).where(Message.delivery_id == about.id))
    return None if code is None else notices.not_shown(what=what, to=to, code=code)


def _another(session: Session, notice: Delivery, *, since: datetime) -> Delivery | None:
    """The newest post that failed of those that the notice's key stands for."""
    failed = session.scalars(
        sa.select(Delivery)
        .where(
            Delivery.workspace_id == notice.workspace_id,
            Delivery.state == DeliveryState.FAILED,
            Delivery.settled_at > since,
            Delivery.channel_id.is_not(None),
        )
        .order_by(Delivery.id.desc())
    )
    return next((one for one in failed if notice.key.startswith(f"{_what(one)}:")), None)


def _recipient(session: Session, failed: Delivery) -> str:
    if failed.member_id is not None:
        return session.get_one(Member, failed.member_id).name
    return _place(failed.channel_id)


def _place(channel_id: str | None) -> str:
    return f"<#{channel_id}>" if channel_id is not None else notices.a_group_message()
