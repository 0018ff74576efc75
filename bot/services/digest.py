"""The digest: taken once a team and period at a fixed local time, whatever is missing."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from bot.blocks.digest import Beside, digest_post
from bot.blocks.digest_details import details, for_fewer_now, further_up, tables
from bot.blocks.digest_teams import TeamLink
from bot.blocks.post import Post
from bot.domain.cadence import Period, digest_at, digest_due, following
from bot.domain.digest import Snapshot
from bot.domain.digest_correction import Shown
from bot.domain.digest_json import VERSION, to_json
from bot.domain.signals.signal import Signal
from bot.services import (
    audit,
    charts,
    digest_corrections,
    digest_hours,
    digest_recipient,
    digest_snapshot,
    digest_unread,
    lead_note,
    outbox,
    prompt,
    signals,
)
from bot.services.access import Caller, full_member
from bot.services.digest_links import digest_key, links_to
from bot.services.digest_readers import as_all_may_read
from bot.services.faults import STUMBLES
from bot.services.note_to_come import note_key
from bot.services.refusals import Reason, Refused
from bot.services.rhythm import digest_week
from models import Delivery, Digest, Member, PostKind, Team, Workspace
from models.once import insert_once

log = structlog.get_logger(__name__)

A_MINUTE = timedelta(minutes=1)


def take_due(session: Session, now: datetime, limit: int) -> int:
    """Take the digests of up to `limit` teams whose time has come; returns how many teams there were, and 0 where all
    of them wait: one of which somebody answers something at this moment is taken at the next tick.

    A late one is taken all the same. After several missed weeks only the newest is: the older ones would tell of a
    week that nobody acts on any more. What a digest covers is said in `bot/services/digest_snapshot.py`. One that
    cannot be made for a fault of ours stops no other: it is tried again, and stands where admins look
    (`bot/services/digest_hours.py`).
    """
    teams = session.scalars(
        sa.select(Team)
        .where(Team.next_digest_at <= now)
        .order_by(Team.next_digest_at, Team.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    taken: dict[tuple[int, Period], list[tuple[int, Signal | None]]] = {}
    waiting = 0
    for team in teams:
        workspace = session.get_one(Workspace, team.workspace_id)
        rhythm, zone = digest_week(workspace, team)
        period = digest_due(now, rhythm, zone)
        try:
            with session.begin_nested():
                asked = _take(session, now, team, period, due_at=digest_at(period, rhythm, zone))
        except _BeingAnswered:
            # What was held of it is free again.
            waiting += 1
            continue
        except STUMBLES:
            log.exception("digest_not_made", team=team.id, period=period.isoformat())
            team.next_digest_at = now + digest_hours.AGAIN
            continue
        taken.setdefault((workspace.id, period), []).append((team.id, asked))
        team.next_digest_at = digest_at(following(period), rhythm, zone)
        if team.next_note_at is None:  # it had no lead when it was switched on
            team.next_note_at = lead_note.note_time(session, team, following(period))
    session.flush()
    for (workspace_id, period), of_teams in taken.items():
        # All at once, because what two teams ask is kept in one row, and two workers may be at it.
        signals.tell(session, now, workspace_id, [asked for _, asked in of_teams if asked is not None], period)
        team_ids = [team_id for team_id, _ in of_teams]
        prompt.redraw_over(session, now, workspace_id=workspace_id, team_ids=team_ids, this=period)
    return len(teams) if waiting < len(teams) else 0


class _BeingAnswered(Exception):
    """Somebody is answering what the digest is to tell of."""


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The digest as it was taken. One that has not left does not leave any more where its reader takes part no more,
    its team was switched off, nothing is left to tell, or the next one overtook it. One that stands is taken back from
    a reader who takes part no more."""
    if not _may_be_read(session, delivery):
        return for_fewer_now() if delivery.posted_ts is not None else None
    snapshot, corrections = _snapshot(session, delivery)
    if snapshot is None or digest_hours.is_overtaken(session, delivery):
        return None
    workspace = session.get_one(Workspace, delivery.workspace_id)
    zone = digest_week(workspace, session.get_one(Team, delivery.team_id)).zone
    return digest_post(
        snapshot,
        Beside(
            delivery.digest_id,
            links=_links(session, delivery, snapshot),
            with_charts=charts.are_drawn(workspace, now),
            corrections=corrections,
            zone=zone,
            late=digest_hours.late(session, delivery, now, zone),
        ),
    )


def details_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """One of the replies in the digest's thread; in the place of one that stands and has nothing left to say, that.
    Of readers as `post`."""
    if not _may_be_read(session, delivery):
        return for_fewer_now() if delivery.posted_ts is not None else None
    snapshot, _ = _snapshot(session, delivery)
    if snapshot is None:
        return None
    replies = details(snapshot, _links(session, delivery, snapshot))
    number = delivery.part or 1
    if number <= len(replies):
        return replies[number - 1]
    if delivery.posted_ts is None:
        return None
    return for_fewer_now() if snapshot.is_empty else further_up()


def used(session: Session, now: datetime, workspace_id: int, digest_id: int) -> None:
    """Somebody pressed something in it: it is read."""
    session.execute(
        sa.update(Digest)
        .where(Digest.workspace_id == workspace_id, Digest.id == digest_id, Digest.used_at.is_(None))
        .values(used_at=now)
    )


def shown_whole(session: Session, caller: Caller, digest_id: int) -> tuple[Post, ...]:
    """All key results of a digest, in tables, for whoever asks. Raises `Refused`: not a full member, no such digest."""
    full_member(session, caller)
    digest = session.scalar(sa.select(Digest).where(Digest.workspace_id == caller.workspace_id, Digest.id == digest_id))
    if digest is None:
        raise Refused(Reason.NO_SUCH_DIGEST)
    return tables(as_it_may_be_seen(session, digest)[0])


def _take(session: Session, now: datetime, team: Team, period: Period, *, due_at: datetime) -> Signal | None:
    """Take a team's digest unless it was taken; returns the question that it asks, null without one. Raises
    `_BeingAnswered`."""
    if not digest_snapshot.hold(session, now, team, period):
        raise _BeingAnswered
    snapshot = digest_snapshot.read(session, now, team, period)
    digest_id = insert_once(
        session,
        Digest,
        {
            "workspace_id": team.workspace_id,
            "team_id": team.id,
            "period": period,
            "version": VERSION,
            "snapshot": to_json(snapshot),
            "taken_at": now,
            "due_at": due_at,
        },
        key=("team_id", "period"),
    )
    if digest_id is None:
        return None
    audit.record(
        session,
        now,
        workspace_id=team.workspace_id,
        actor_id=None,
        action="digest.taken",
        subject=session.get_one(Digest, digest_id),
        detail={"key_results": len(snapshot.key_results)},
    )
    outbox.redraw(session, now, workspace_id=team.workspace_id, key=note_key(team.id, period))
    if not snapshot.is_empty:
        _queue(session, now, team, digest_id, snapshot)
    return snapshot.signal


def _queue(session: Session, now: datetime, team: Team, digest_id: int, snapshot: Snapshot) -> None:
    """To the team's channel; where it has none, to its lead, or while they are gone the nearest one above; where it has
    neither, or was stopped, nobody reads it."""
    if team.digest_stopped_at is not None or (team.channel_id is None and team.lead_id is None):
        return
    digest_unread.propose(session, now, team, digest_id, snapshot.period)
    # Where no lead is here, its own is named when it is told that nobody reads it.
    to_lead = (digest_recipient.reader_of(session, team) or team.lead_id) if team.channel_id is None else None
    key = digest_key(team.id, snapshot.period)
    root_id = outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=team.workspace_id,
            key=key,
            kind=PostKind.DIGEST,
            member_id=to_lead,
            channel_id=team.channel_id,
            team_id=team.id,
            period=snapshot.period,
            digest_id=digest_id,
            bulk=True,
        ),
    )
    for number, _page in enumerate(details(snapshot), 1):
        outbox.post(
            session,
            now,
            outbox.NewPost(
                workspace_id=team.workspace_id,
                key=f"{key}:details:{number}",
                kind=PostKind.DIGEST_DETAILS,
                member_id=to_lead,
                channel_id=team.channel_id,
                team_id=team.id,
                period=snapshot.period,
                digest_id=digest_id,
                part=number,
                follows_id=root_id,
                # By then the digests stand that it leads into.
                not_before=now + A_MINUTE if snapshot.has_teams else None,
                bulk=True,
            ),
        )


def _may_be_read(session: Session, delivery: Delivery) -> bool:
    """Whether it goes to a channel, or its reader takes part: who became a guest sees nothing."""
    return delivery.member_id is None or session.get_one(Member, delivery.member_id).may_take_part


def _snapshot(session: Session, delivery: Delivery) -> tuple[Snapshot | None, tuple[Shown, ...]]:
    """What was kept, put right, without what is for fewer people by now.

    Null for what has not left where the team is off, or nothing is left to tell. What stands is drawn all the
    same: else it would go on telling what it told.
    """
    team = session.get(Team, delivery.team_id)
    digest = session.get(Digest, delivery.digest_id)
    stands = delivery.posted_ts is not None
    if team is None or digest is None or not (team.is_on or stands):
        return None, ()
    snapshot, corrections = as_it_may_be_seen(session, digest)
    return (None, ()) if snapshot.is_empty and not stands else (snapshot, corrections)


def as_it_may_be_seen(session: Session, digest: Digest) -> tuple[Snapshot, tuple[Shown, ...]]:
    """What was kept, put right, without what is for fewer people by now; and what is said about it."""
    snapshot, corrections = digest_corrections.as_it_is_right(session, digest)
    seen = as_all_may_read(session, snapshot)
    numbers = {line.number for line in seen.key_results} | {call.number for call in seen.calls}
    return seen, tuple(one for one in corrections if one.number in numbers)


def _links(session: Session, delivery: Delivery, snapshot: Snapshot) -> tuple[TeamLink, ...]:
    """Where the digests of the teams beneath stand; a digest of few key results shows them in its thread only."""
    if not snapshot.has_teams:
        return ()
    beneath = {state.team_id for state in snapshot.teams} - {snapshot.team_id}
    return links_to(session, delivery.workspace_id, beneath, snapshot.period)
