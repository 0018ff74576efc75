"""Handing a key result over in mid-week: what is due goes with it, and both owners' prompts show so."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period, period
from bot.domain.excuses import Excuse
from bot.domain.personal_week import opening
from bot.services import covering, escalation_thread, outbox, path_changes, planning
from bot.services.asked_members import Whom
from bot.services.asking import asked_about
from bot.services.planning import prompt_key
from bot.services.prompt import changes_until
from bot.services.rhythm import OwnWeek
from bot.services.schedules import Week, weeks_of
from models import (
    CheckIn,
    CheckInState,
    Delivery,
    HandOver,
    HandOverState,
    KeyResult,
    Member,
    Objective,
    PostKind,
    Team,
    Workspace,
)

# A note is about this period or the one before.
NOTE_STANDS = timedelta(weeks=2)


def offer_key(hand_over_id: int) -> str:
    """The permanent key of the message that asks somebody to take a key result over."""
    return f"hand_over:{hand_over_id}"


def hand_over(session: Session, now: datetime, workspace_id: int, key_result_ids: Collection[int]) -> None:
    """These key results have another owner, since a moment ago in this transaction.

    That was flushed. `escalation_thread.hold_threads` came before, and then `planning.replan` for both sides: it holds
    the owners, so that no tick opens a check-in for the old one meanwhile.

    - A check-in that is due becomes the new owner's, with the time that they have in their zone, and never less than
      it had. Where they have not been asked this week and their opening has come, they are asked as soon as they are at
      work. Where leave keeps them from answering it, who covers for them is, or it is excused.
    - So does what is open still and was excused because the old owner, or who covered for them, is on leave or does not
      work until it closes: the new one is asked.
    - It is excused where nobody can be asked about it any more, or where answering closed before the hand-over: the
      old owner could not answer for long, and the new one was never asked. What was answered stays as it is.
    - A request for help that is with some people goes on with the new owner among them.
    - Who was asked whether they take it over reads that this is settled, and the lead's note and list that name it show
      who owns it.

    A fixed number of queries, one post a person, and some more a check-in whose new owner is on leave, and a request
    for help that goes on elsewhere.
    """
    if not key_result_ids:
        return
    found = session.execute(
        sa.select(CheckIn, KeyResult.owner_id, Team.meeting_on, Team.digest_zone)
        .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Team, Team.id == Objective.team_id)
        .where(
            CheckIn.key_result_id.in_(key_result_ids),
            sa.or_(
                sa.and_(
                    CheckIn.owner_id != KeyResult.owner_id,
                    CheckIn.state.in_([CheckInState.DUE, CheckInState.MISSED]),
                ),
                # Also what the new owner was to answer so far in the place of the one before.
                sa.and_(CheckIn.covered_for_id.is_not(None), CheckIn.state == CheckInState.DUE),
                sa.and_(CheckIn.excuse.in_([Excuse.AWAY, Excuse.NOT_ASKED]), CheckIn.closes_at > now),
            ),
        )
        .order_by(CheckIn.id)
        .with_for_update(of=CheckIn, key_share=True)
    ).all()
    rows = [
        (check_in, owner_id, OwnWeek(meeting_on, digest_zone))
        for check_in, owner_id, meeting_on, digest_zone in found
        if owner_id is not None  # there is nobody to hand it to
    ]
    workspace = session.get_one(Workspace, workspace_id)
    asks: dict[tuple[int, Period], tuple[Whom, Period, datetime]] = {}
    changed = _offers(session, key_result_ids) | _lists(session, now, workspace_id, key_result_ids)
    owners = {row.id: row for row in _members(session, {owner_id for _, owner_id, _ in rows})}
    weeks = weeks_of(session, list(owners.values()))
    asked = {one.key_result_id for each in asked_about(session, owners).values() for one in each}
    for check_in, owner_id, week in rows:
        of, owner = period(check_in.period), owners[owner_id]
        if changes_until(workspace, of, [week]) <= now:
            continue
        is_asked = check_in.key_result_id in asked and owner.may_take_part
        if check_in.state is CheckInState.EXCUSED and not is_asked:
            continue
        changed.add(prompt_key(check_in.owner_id, of))
        if check_in.state is CheckInState.MISSED or not is_asked:
            check_in.state, check_in.excuse = CheckInState.EXCUSED, Excuse.NOT_ASKED
            continue
        changed.add(prompt_key(owner.id, of))
        to_ask = _take_over(session, now, check_in, owner, weeks[owner.id])
        if to_ask is not None:
            asks.setdefault((to_ask[0].id, of), to_ask)
    session.flush()
    planning.ask_also(session, now, workspace_id, list(asks.values()), changed=changed)
    planning.revise(session, now, key_result_ids)
    escalation_thread.keep_threads(session, now, key_result_ids)
    # Who owned it may be on the path now, and who owns it is no more.
    path_changes.of_key_results(session, now, workspace_id, key_result_ids)


def redraw_lists(session: Session, now: datetime, key_result: KeyResult) -> None:
    """The lead's note and list that name this key result show who owns it now."""
    keys = _lists(session, now, key_result.workspace_id, [key_result.id])
    outbox.redraw_all(session, now, workspace_id=key_result.workspace_id, keys=keys)


def _lists(session: Session, now: datetime, workspace_id: int, key_result_ids: Collection[int]) -> set[str]:
    """The keys of the notes and lists of the leads in whose teams these key results are."""
    teams = session.execute(
        sa.select(Team.id, Team.lead_id)
        .join(Objective, Objective.team_id == Team.id)
        .join(KeyResult, KeyResult.objective_id == Objective.id)
        .where(KeyResult.id.in_(key_result_ids))
        .distinct()
    ).all()
    here = sa.select(Delivery.key).where(Delivery.workspace_id == workspace_id)
    notes = here.where(
        Delivery.kind == PostKind.LEAD_NOTE,
        Delivery.team_id.in_({team_id for team_id, _ in teams}),
        Delivery.period >= (now - NOTE_STANDS).date(),
    )
    leads = {lead_id for _, lead_id in teams if lead_id is not None}
    lists = here.where(Delivery.kind == PostKind.OWNERLESS, Delivery.member_id.in_(leads))
    # Not one condition with "or": each half has an index of its own.
    return set(session.scalars(notes.union_all(lists)))


def _offers(session: Session, key_result_ids: Collection[int]) -> set[str]:
    """The keys of what asks somebody to take one of these over, and was not answered yet."""
    waiting = sa.select(HandOver.id).where(
        HandOver.key_result_id.in_(key_result_ids), HandOver.state == HandOverState.WAITING
    )
    return {offer_key(hand_over_id) for hand_over_id in session.scalars(waiting)}


def _take_over(
    session: Session, now: datetime, check_in: CheckIn, owner: Member, week: Week
) -> tuple[Whom, Period, datetime] | None:
    theirs = opening(period(check_in.period), week.rhythm, week.schedule)
    check_in.opens_at = theirs.at
    check_in.closes_at = max(check_in.closes_at, theirs.closes_at)
    return covering.give(session, now, check_in, owner, week)


def _members(session: Session, member_ids: Collection[int]) -> list[Member]:
    return list(session.scalars(sa.select(Member).where(Member.id.in_(member_ids))).all())
