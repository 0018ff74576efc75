"""`/okr digest`: a look at a digest at any time, and posting it again, with a note, where it is wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import digest_sharing as blocks
from bot.blocks.digest import Beside
from bot.blocks.digest_sharing import Preview, SharedDigest
from bot.blocks.post import Post
from bot.domain.cadence import digest_at, period_of
from bot.domain.digest import Snapshot
from bot.domain.digest_json import VERSION, from_json, to_json
from bot.services import audit, charts, digest, digest_snapshot, digest_unread, outbox, signals
from bot.services.access import Caller, full_member
from bot.services.digest_readers import as_all_may_read
from bot.services.refusals import Reason, Refused
from bot.services.rhythm import digest_week
from models import Delivery, Digest, DigestShare, Member, PostKind, Team, Workspace


@dataclass(frozen=True)
class _Found:
    """What a digest says now. `kept` is the digest of this week, null while it is not taken: then nothing is kept."""

    snapshot: Snapshot
    beside: Beside
    kept: Digest | None


def preview(session: Session, now: datetime, caller: Caller, name: str) -> Preview:
    """The digest of the team of this name (without one: of the caller's team) as its channel reads it or would read it.

    Everybody who takes part may look: it says nothing that the whole workspace may not see. Raises `Refused`.
    """
    reads_in = ZoneInfo(full_member(session, caller).time_zone)
    team = signals.find_team(session, caller, name)
    workspace = session.get_one(Workspace, team.workspace_id)
    rhythm, zone = digest_week(workspace, team)
    found = _found(session, now, team)
    return Preview(
        team_id=team.id,
        team=team.name,
        snapshot=found.snapshot,
        beside=replace(found.beside, zone=reads_in),
        posted_at=digest_at(found.snapshot.period, rhythm, zone).astimezone(reads_in),
        was_taken=found.kept is not None,
        has_channel=team.channel_id is not None,
        is_stopped=team.digest_stopped_at is not None,
        may_post=_may_run(session, caller, team),
    )


def was_asked_for(session: Session, now: datetime, caller: Caller, team_id: int) -> None:
    """Somebody looked: the team's newest digest is one that is read."""
    newest = session.scalar(
        sa.select(Digest.id).where(Digest.team_id == team_id).order_by(Digest.period.desc()).limit(1)
    )
    if newest is not None:
        digest.used(session, now, caller.workspace_id, newest)


def about(session: Session, caller: Caller, team_id: int) -> Team:
    """The team whose digest is to be posted. Raises `Refused`: no such team, or not run by the caller."""
    team = session.scalar(sa.select(Team).where(Team.workspace_id == caller.workspace_id, Team.id == team_id))
    if team is None:
        raise Refused(Reason.NO_SUCH_DIGEST)
    digest_unread.allowed(session, caller, team)
    return team


def post_now(session: Session, now: datetime, caller: Caller, team_id: int, note: str) -> str:
    """Post it into the team's channel; gives the team's name. Raises `Refused` as `about`."""
    team = about(session, caller, team_id)
    if team.channel_id is None:
        raise Refused(Reason.NO_DIGEST_CHANNEL, team=team.name)
    share = _keep(session, now, caller, team, note)
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=team.workspace_id,
            key=f"digest:{team.id}:shared:{share.id}",
            kind=PostKind.DIGEST_SHARED,
            channel_id=team.channel_id,
            team_id=team.id,
            digest_share_id=share.id,
        ),
    )
    return team.name


def elsewhere(session: Session, now: datetime, caller: Caller, team_id: int, note: str) -> Post:
    """What is to be said in a channel that the caller has chosen, through the address that Slack gave for it.

    Raises `Refused` as `about`. It is noted that it was said, and not that it arrived.
    """
    return _post(session, _keep(session, now, caller, about(session, caller, team_id), note), now)


def start_again(session: Session, now: datetime, caller: Caller, team_id: int) -> str:
    """A digest that was stopped is posted again from the next one on. Raises `Refused` as `about`."""
    team = about(session, caller, team_id)
    digest_unread.start_again(session, now, caller, team)
    return team.name


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """A digest that was posted by hand; it does not leave for a team that has been switched off."""
    share = session.get(DigestShare, delivery.digest_share_id)
    team = session.get(Team, delivery.team_id)
    if share is None or team is None or not (team.is_on or delivery.posted_ts is not None):
        return None
    return _post(session, share, now)


def _post(session: Session, share: DigestShare, now: datetime) -> Post:
    workspace = session.get_one(Workspace, share.workspace_id)
    snapshot = as_all_may_read(session, from_json(share.snapshot))
    author = session.get_one(Member, share.author_id)
    beside = Beside(share.digest_id, with_charts=charts.are_drawn(workspace, now))
    return blocks.shared(SharedDigest(snapshot, beside, author.name, share.note))


def _keep(session: Session, now: datetime, caller: Caller, team: Team, note: str) -> DigestShare:
    found = _found(session, now, team)
    if found.snapshot.is_empty:
        raise Refused(Reason.NOTHING_TO_TELL, team=team.name)
    share = DigestShare(
        workspace_id=team.workspace_id,
        team_id=team.id,
        digest_id=found.kept.id if found.kept is not None else None,
        author_id=caller.member_id,
        note=note,
        version=VERSION,
        snapshot=to_json(found.snapshot),
        at=now,
    )
    session.add(share)
    session.flush()
    audit.record(
        session,
        now,
        workspace_id=team.workspace_id,
        actor_id=caller.member_id,
        action="digest.shared",
        subject=share,
    )
    return share


def _found(session: Session, now: datetime, team: Team) -> _Found:
    """The digest of this week as it was taken and put right, or else the week as it is now."""
    workspace = session.get_one(Workspace, team.workspace_id)
    this, zone = period_of(now, ZoneInfo(workspace.time_zone)), digest_week(workspace, team).zone
    kept = session.scalar(sa.select(Digest).where(Digest.team_id == team.id, Digest.period == this))
    if kept is None:
        return _Found(digest_snapshot.read(session, now, team, this), Beside(), None)
    snapshot, corrections = digest.as_it_may_be_seen(session, kept)
    return _Found(snapshot, Beside(kept.id, corrections=corrections, zone=zone), kept)


def _may_run(session: Session, caller: Caller, team: Team) -> bool:
    try:
        digest_unread.allowed(session, caller, team)
    except Refused:
        return False
    return True
