"""Who may see a key result or a whole objective, and which teams share it, as it stands: for the admins who set it.

These are settings. An admin who may not see the key result itself sees them too, and reads no word of it.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Choice
from bot.blocks.post import Post
from bot.blocks.who_sees import Audience, ItsObjective, Person, WhoSees, limited_to, news_of_limit, news_of_objective
from bot.domain.permissions import Action, Facts, may
from bot.services import access
from bot.services.access import Caller
from bot.services.definitions import name_of
from bot.services.refusals import Reason, Refused
from bot.services.visibility import visible_to
from models import (
    Delivery,
    KeyResult,
    KeyResultViewer,
    Member,
    MemberKind,
    Objective,
    ObjectiveTeam,
    ObjectiveViewer,
    Team,
)

MOST_SUGGESTED = 100
# How a post's key says what it is about: there is no column for it.
_KEY_RESULT, _OBJECTIVE = "key_result", "objective"


def may_limit(session: Session, viewer: Caller) -> bool:
    """Whether the buttons are shown."""
    return may(access.actor_of(access.member_of(session, viewer)), Action.LIMIT, Facts())


def hidden(session: Session, viewer: Caller, number: int) -> WhoSees | None:
    """A key result that an admin may not see, as a setting; None where there is none, or the viewer is no admin."""
    if not may_limit(session, viewer):
        return None
    key_result = session.scalar(_key_results(viewer).where(KeyResult.number == number))
    return who_sees(session, viewer, key_result) if key_result is not None else None


def key_result_to_limit(
    session: Session, caller: Caller, key_result_id: int, action: Action, *, lock: bool = False
) -> KeyResult:
    """A key result of which the caller may say who sees it, and whose objective is shared. `lock`: held until the end.

    Raises `Refused`: there is none, or the caller is no admin.
    """
    wanted = _key_results(caller).where(KeyResult.id == key_result_id)
    if lock:
        wanted = wanted.with_for_update(key_share=True).execution_options(populate_existing=True)
    key_result = session.scalar(wanted)
    member = access.full_member(session, caller)
    if key_result is None or not may(access.actor_of(member), action, Facts()):
        # Who may not see it learns nothing about it, not even that it exists.
        seen = key_result is not None and _sees(session, caller, key_result)
        raise Refused(Reason.ADMINS_ONLY if seen else Reason.NO_SUCH_KEY_RESULT)
    return key_result


def who_sees(session: Session, viewer: Caller, key_result: KeyResult) -> WhoSees:
    """What the dialog shows to an admin."""
    name = name_of(session, key_result) if _sees(session, viewer, key_result) else ""
    return _who_sees(session, key_result, name)


def its_objective(session: Session, viewer: Caller, key_result: KeyResult) -> ItsObjective:
    """What the dialog shows to an admin."""
    return _its_objective(session, key_result, shows_title=_sees(session, viewer, key_result))


def limits(session: Session, key_result: KeyResult) -> str:
    """Under a key result that the viewer may see: who else does, where not everybody does."""
    view = _who_sees(session, key_result, "")
    return limited_to(view.audience, view.of_objective)


def suggestions(session: Session, viewer: Caller, typed: str) -> list[Choice]:
    """Teams whose name has what was typed in it, whatever its case."""
    access.full_member(session, viewer)
    words = " ".join(typed.split()).casefold()
    teams = session.execute(
        sa.select(Team.id, Team.name)
        .where(Team.workspace_id == viewer.workspace_id, Team.archived_at.is_(None))
        .order_by(Team.name, Team.id)
    )
    return [Choice(name, str(team_id)) for team_id, name in teams if words in name.casefold()][:MOST_SUGGESTED]


def news_key(subject: KeyResult | Objective, change: int, member_id: int) -> str:
    """The permanent key of what a member is told about the so-many-th change."""
    what = _KEY_RESULT if isinstance(subject, KeyResult) else _OBJECTIVE
    return f"who_sees:{what}:{subject.id}:{change}:{member_id}"


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """What an owner or a lead is told, as it stands now. None where they may not see what it is about."""
    _, what, about, *_ = delivery.key.split(":")
    reader = Caller(delivery.workspace_id, session.get_one(Member, delivery.member_id).id)
    by = session.get_one(Member, delivery.about_member_id).name
    is_it = KeyResult.id == int(about) if what == _KEY_RESULT else KeyResult.objective_id == int(about)
    key_result = session.scalars(_visible(reader).where(is_it).order_by(KeyResult.id).limit(1)).first()
    if key_result is None:
        return None
    if what == _KEY_RESULT:
        return news_of_limit(who_sees(session, reader, key_result), by)
    return news_of_objective(its_objective(session, reader, key_result), by)


def _who_sees(session: Session, key_result: KeyResult, name: str) -> WhoSees:
    objective = session.get_one(Objective, key_result.objective_id)
    teams = (session.get_one(Team, objective.team_id).name, *(one.text for one in _sharing(session, objective)))
    named = sa.select(KeyResultViewer.member_id).where(KeyResultViewer.key_result_id == key_result.id)
    widely = sa.select(ObjectiveViewer.member_id).where(ObjectiveViewer.objective_id == objective.id)
    return WhoSees(
        key_result.id,
        key_result.number,
        name,
        Audience(key_result.visibility, teams, _people(session, named)),
        Audience(objective.visibility, teams, _people(session, widely)),
    )


def _its_objective(session: Session, key_result: KeyResult, *, shows_title: bool) -> ItsObjective:
    objective = session.get_one(Objective, key_result.objective_id)
    return ItsObjective(
        key_result.id,
        key_result.number,
        objective.title if shows_title else "",
        _who_sees(session, key_result, "").of_objective,
        session.get_one(Team, objective.team_id).name,
        _sharing(session, objective),
    )


def _sharing(session: Session, objective: Objective) -> tuple[Choice, ...]:
    rows = session.execute(
        sa.select(Team.id, Team.name)
        .join(ObjectiveTeam, ObjectiveTeam.team_id == Team.id)
        .where(ObjectiveTeam.objective_id == objective.id)
        .order_by(Team.name, Team.id)
    )
    return tuple(Choice(name, str(team_id)) for team_id, name in rows)


def _people(session: Session, named: sa.Select[int]) -> tuple[Person, ...]:
    rows = session.execute(
        sa.select(Member.slack_user_id, Member.name)
        .where(Member.id.in_(named), Member.kind == MemberKind.FULL, Member.deactivated_at.is_(None))
        .order_by(Member.name, Member.id)
    )
    return tuple(Person(slack_id, name) for slack_id, name in rows)


def _sees(session: Session, viewer: Caller, key_result: KeyResult) -> bool:
    return session.scalar(_visible(viewer).where(KeyResult.id == key_result.id)) is not None


def _visible(viewer: Caller) -> sa.Select[KeyResult]:
    return _key_results(viewer).join(Objective, Objective.id == KeyResult.objective_id).where(visible_to(viewer))


def _key_results(viewer: Caller) -> sa.Select[KeyResult]:
    return sa.select(KeyResult).where(KeyResult.workspace_id == viewer.workspace_id, KeyResult.archived_at.is_(None))
