"""An admin limits a key result or an objective to a team or to named people, opens it again, or lets teams share it.

What was posted shows it from then on to those alone who may see it. Its owner and lead are told; who sees it no more
is not.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.who_sees import Saved
from bot.domain.cadence import following, period_of
from bot.domain.organisation import Limit, Visibility
from bot.domain.permissions import Action
from bot.services import (
    access,
    audit,
    dependency_ladder,
    digest_readers,
    escalation_thread,
    home_changes,
    morning_plan,
    outbox,
    ownership,
    path_changes,
    who_sees,
)
from bot.services.access import Caller
from bot.services.prompt import prompts_about
from bot.services.refusals import Reason, Refused
from models import (
    AuditEvent,
    Decision,
    Delivery,
    KeyResult,
    KeyResultState,
    KeyResultViewer,
    Member,
    MorningRequest,
    Objective,
    ObjectiveTeam,
    ObjectiveViewer,
    PostKind,
    Team,
    Workspace,
)


class CannotSee(Exception):
    """These people see nothing of Okra's: guests, bots, those who have left."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(", ".join(names))
        self.names = names


def limit(session: Session, now: datetime, caller: Caller, key_result_id: int, to: Limit) -> Saved:
    """From now on the key result is for these: everybody, the team and who is named, or who is named alone.

    Raises `Refused`: there is none, or the caller is no admin; `CannotSee`.
    """
    key_result = who_sees.key_result_to_limit(session, caller, key_result_id, Action.LIMIT, lock=True)
    is_new = _limit(session, now, caller, key_result, to)
    if is_new:
        seen_by_others(session, now, [key_result])
        team_id = session.get_one(Objective, key_result.objective_id).team_id
        _tell(session, now, caller, key_result, [key_result.owner_id, *_leads(session, [team_id])])
    return Saved(who_sees.who_sees(session, caller, key_result), is_new)


def set_objective(
    session: Session, now: datetime, caller: Caller, key_result_id: int, to: Limit, *, team_ids: Collection[int]
) -> Saved:
    """From now on these teams, beside the one that holds it, share the objective of a key result, and it is for these
    people, as `limit` says, with all its key results.

    Raises `Refused`: there is none, a team is not here, or the caller is no admin; `CannotSee`.
    """
    asked = who_sees.key_result_to_limit(session, caller, key_result_id, Action.SHARE_OBJECTIVE)
    objective = session.get_one(Objective, asked.objective_id, with_for_update={"key_share": True})
    before = _sharing(session, objective)
    is_shared = _share(session, now, caller, objective, set(team_ids) - {objective.team_id})
    is_limited = _limit(session, now, caller, objective, to)
    if is_shared or is_limited:
        held = session.scalars(
            sa.select(KeyResult)
            .where(KeyResult.objective_id == objective.id)
            .order_by(KeyResult.id)
            .with_for_update(key_share=True)
        ).all()
        seen_by_others(session, now, held)
        owners = [one.owner_id for one in held if one.state is not KeyResultState.CLOSED and one.archived_at is None]
        teams = {objective.team_id, *before, *_sharing(session, objective)}
        _tell(session, now, caller, objective, [*owners, *_leads(session, sorted(teams))])
    return Saved(who_sees.its_objective(session, caller, asked), is_shared or is_limited)


def write(session: Session, subject: KeyResult | Objective, wanted: Limit) -> bool:
    """Write a limit down, and no more than that; whether it is another than before."""
    rows, before = _viewers(session, subject), _limit_of(session, subject)
    if before == wanted:
        return False
    subject.visibility = wanted.visibility
    for row in rows:
        if row.member_id not in wanted.member_ids:
            session.delete(row)
    session.add_all(_viewer(subject, one) for one in sorted(wanted.member_ids - before.member_ids))
    session.flush()
    return True


def share(session: Session, objective: Objective, team_ids: Collection[int]) -> bool:
    """Write down which further teams share it, and no more than that; whether they are others than before."""
    before, wanted = set(_sharing(session, objective)), set(team_ids)
    if before == wanted:
        return False
    session.execute(
        sa.delete(ObjectiveTeam).where(
            ObjectiveTeam.objective_id == objective.id, ObjectiveTeam.team_id.in_(before - wanted)
        )
    )
    session.add_all(
        ObjectiveTeam(workspace_id=objective.workspace_id, objective_id=objective.id, team_id=one)
        for one in sorted(wanted - before)
    )
    session.flush()
    return True


def _limit(session: Session, now: datetime, caller: Caller, subject: KeyResult | Objective, to: Limit) -> bool:
    """Write it down, with its audit event; whether anything is another way now."""
    is_open = to.visibility is Visibility.WORKSPACE
    wanted = Limit(to.visibility, frozenset() if is_open else _may_see(session, caller, to.member_ids))
    before = _limit_of(session, subject)
    if not write(session, subject, wanted):
        return False
    _record(session, now, caller, subject, what="limited", before=_detail(before), after=_detail(wanted))
    return True


def _share(session: Session, now: datetime, caller: Caller, objective: Objective, wanted: set[int]) -> bool:
    """These further teams share it; whether anything is another way now."""
    here = sa.select(Team.id).where(
        Team.workspace_id == objective.workspace_id, Team.id.in_(wanted), Team.archived_at.is_(None)
    )
    before = set(_sharing(session, objective))
    if not wanted - before <= set(session.scalars(here)):
        raise Refused(Reason.NO_SUCH_TEAM)
    if not share(session, objective, wanted):
        return False
    _record(session, now, caller, objective, what="shared", before=sorted(before), after=sorted(wanted))
    return True


def seen_by_others(session: Session, now: datetime, key_results: Sequence[KeyResult]) -> None:
    """All that shows these is drawn anew for who may see it now: digests, requests for help, prompts, lists, Homes."""
    if not key_results:
        return
    workspace_id = key_results[0].workspace_id
    # Of all at once: it holds their requests for help, which comes before any message.
    escalation_thread.seen_by_others(session, now, [one.id for one in key_results])
    path_changes.of_key_results(session, now, workspace_id, [one.id for one in key_results])
    digest_readers.seen_by_others(session, now, key_results)
    home_changes.concerns_everybody(session, now, workspace_id)
    zone = ZoneInfo(session.get_one(Workspace, workspace_id).time_zone)
    # In the far west last week's check-in is answered while it is Monday here already.
    since = following(period_of(now, zone), -1)
    for key_result in key_results:
        dependency_ladder.redraw_about(session, now, key_result.id)
        ownership.redraw_lists(session, now, key_result)
        decisions = sa.select(Decision.id).where(Decision.key_result_id == key_result.id)
        made = session.scalars(
            sa.select(Delivery.key).where(
                Delivery.workspace_id == workspace_id,
                Delivery.kind == PostKind.DECISION_MADE,
                Delivery.decision_id.in_(decisions),
            )
        ).all()
        mornings = morning_plan.keys_about(session, workspace_id, MorningRequest.decision_id.in_(decisions))
        prompts = prompts_about(session, key_result.id, since=since)
        outbox.redraw_all(session, now, workspace_id=workspace_id, keys=[*made, *mornings, *prompts])


def _tell(
    session: Session,
    now: datetime,
    caller: Caller,
    subject: KeyResult | Objective,
    member_ids: Sequence[int | None],
) -> None:
    """Queue the word to these, who do not hear of it twice; who has done it knows."""
    change = session.scalar(
        sa.select(sa.func.count())
        .select_from(AuditEvent)
        .where(
            AuditEvent.workspace_id == subject.workspace_id,
            AuditEvent.subject == subject.__tablename__,
            AuditEvent.subject_id == subject.id,
        )
    )
    for member_id in dict.fromkeys(member_ids):
        if member_id not in (None, caller.member_id):
            outbox.post(
                session,
                now,
                outbox.NewPost(
                    workspace_id=subject.workspace_id,
                    key=who_sees.news_key(subject, change or 0, member_id),
                    kind=PostKind.KEY_RESULT_CHANGED,
                    member_id=member_id,
                    about_member_id=caller.member_id,
                ),
            )


def _may_see(session: Session, caller: Caller, member_ids: Collection[int]) -> frozenset[int]:
    people = session.scalars(
        sa.select(Member)
        .where(Member.workspace_id == caller.workspace_id, Member.id.in_(member_ids))
        .order_by(Member.name, Member.id)
    ).all()
    strangers = [one.name for one in people if not one.may_take_part]
    if strangers:
        raise CannotSee(strangers)
    return frozenset(one.id for one in people)


def _limit_of(session: Session, subject: KeyResult | Objective) -> Limit:
    return Limit(subject.visibility, frozenset(row.member_id for row in _viewers(session, subject)))


def _viewers(session: Session, subject: KeyResult | Objective) -> Sequence[KeyResultViewer | ObjectiveViewer]:
    if isinstance(subject, KeyResult):
        return session.scalars(sa.select(KeyResultViewer).where(KeyResultViewer.key_result_id == subject.id)).all()
    return session.scalars(sa.select(ObjectiveViewer).where(ObjectiveViewer.objective_id == subject.id)).all()


def _viewer(subject: KeyResult | Objective, member_id: int) -> KeyResultViewer | ObjectiveViewer:
    if isinstance(subject, KeyResult):
        return KeyResultViewer(workspace_id=subject.workspace_id, key_result_id=subject.id, member_id=member_id)
    return ObjectiveViewer(workspace_id=subject.workspace_id, objective_id=subject.id, member_id=member_id)


def _sharing(session: Session, objective: Objective) -> Sequence[int]:
    return session.scalars(
        sa.select(ObjectiveTeam.team_id).where(ObjectiveTeam.objective_id == objective.id).order_by(ObjectiveTeam.id)
    ).all()


def _leads(session: Session, team_ids: Sequence[int]) -> list[int | None]:
    return [session.get_one(Team, one).lead_id for one in team_ids]


def _detail(limit: Limit) -> dict[str, object]:
    return {"visibility": limit.visibility.value, "people": sorted(limit.member_ids)}


def _record(
    session: Session,
    now: datetime,
    caller: Caller,
    subject: KeyResult | Objective,
    *,
    what: str,
    before: object,
    after: object,
) -> None:
    audit.record(
        session,
        now,
        workspace_id=subject.workspace_id,
        actor_id=caller.member_id,
        actor_name=access.member_of(session, caller).name,
        action=f"{subject.__tablename__}.{what}",
        subject=subject,
        detail={"from": before, "to": after},
    )
