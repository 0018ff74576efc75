"""An escalation as its messages show it now, read off its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from bot.blocks.escalation_path import Asked, Expected
from bot.blocks.escalation_shown import Case, Change, Decided, Person, Settled, Words, score
from bot.blocks.links import thread_link
from bot.domain.escalation import EscalationState, back_from
from bot.domain.localtime import Weekday, instant_of, local_date_of
from bot.services import conversations, outbox
from bot.services.access import teams_above
from bot.services.escalation_calls import CallForHelp, HelpAsked, blocking_at, newest_call
from bot.services.escalation_keys import root_key
from bot.services.escalation_members import facts_of
from bot.services.escalation_path import in_on_it, next_climb, steps_of, taking_part, waits_until
from bot.services.standing import standing_now
from bot.services.waiting import waits_now
from models import (
    Answer,
    CheckIn,
    Decision,
    DecisionState,
    Delivery,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    Member,
    Objective,
    Team,
    Workspace,
)
from models.loading import Loaded, objects
from models.memory import remembered
from models.prepared import Prepared

# A review on the very day is meant until then, by the organisation's clock.
REVIEWS_BEGIN = time(12)

# The path goes on.
GOING_ON = (EscalationEventKind.ASKED_NEXT, EscalationEventKind.NAMED_AGAIN)
# What can become of a decision.
SETTLING = (EscalationEventKind.DECISION_DONE, EscalationEventKind.DECISION_DROPPED)
# It was carried out in Okra: those whom it concerns are told by `bot/services/redefinition_posts.py`.
CARRIED_OUT = (EscalationEventKind.CHANGED, EscalationEventKind.STOPPED)


def root_of(session: Session, escalation: Escalation) -> Delivery | None:
    """The thread's first message, where the thread is now."""
    return outbox.delivery_of(session, escalation.workspace_id, root_key(escalation))


def case_of(session: Session, escalation: Escalation, now: datetime, *, reader_id: int | None = None) -> Case:
    """An escalation as its messages show it now: the owner's newest call for help, the newest score and colour.

    The link to a thread that is a group message is for a reader who is in it.
    """
    case = _case_of(session, escalation, now)
    root = root_of(session, escalation)
    if root is None or not root.posted_channel or not root.posted_ts or not _opens_for(session, root, reader_id):
        return case
    workspace = session.get_one(Workspace, escalation.workspace_id)
    return replace(case, link=thread_link(root.posted_channel, root.posted_ts, workspace.url))


@remembered
def _case_of(session: Session, escalation: Escalation, now: datetime) -> Case:
    """The same for every reader."""
    key_result = key_result_of(session, escalation)
    workspace = session.get_one(Workspace, escalation.workspace_id)
    team = session.get_one(Team, session.get_one(Objective, key_result.objective_id).team_id)
    zone = ZoneInfo(workspace.time_zone)
    call = newest_call(session, [escalation.id])[escalation.id]
    return Case(
        escalation_id=escalation.id,
        standing=standing_now(session, now, key_result),
        owner=person_of(session.get(Member, key_result.owner_id) if key_result.owner_id else None),
        team=team.name,
        words=words_of(session, key_result.id, call),
        waits=waits_now(session, key_result.id),
        state=escalation.state,
        opened_at=escalation.opened_at,
        zone=zone,
        asked=person_of(session.get_one(Member, escalation.asked_id)) if escalation.asked_id else None,
        steps=_steps(session, escalation, team),
        expected=_expected(session, escalation, now, local_date_of(now, zone)),
        review_on=escalation.review_on,
        back_from=back_from(escalation.state, escalation.review_on, local_date_of(now, zone)),
        deciders=names_of(session, who_may_decide(session, escalation)),
        taken_by=actor_name(session, escalation, EscalationEventKind.ACKNOWLEDGED, EscalationEventKind.TAKEN_TO_REVIEW),
        decisions=tuple(decided_of(session, one) for one in decisions_of(session, escalation)),
        resolved_by=actor_name(session, escalation, EscalationEventKind.RESOLVED),
        no_decision_reason=escalation.no_decision_reason,
        is_private=escalation.private_at is not None,
        link=None,
    )


@remembered
def key_result_of(session: Session, escalation: Escalation) -> KeyResult:
    """Its key result, read together with what else is mentioned of it: objective, team, owner and workspace."""
    found = _TOGETHER.first(session, {"key_result_id": escalation.key_result_id})
    if found is None:
        raise NoResultFound
    return found[0]


def _opens_for(session: Session, root: Delivery, reader_id: int | None) -> bool:
    """Whether a reader of what is drawn could follow a link to the thread."""
    if root.conversation_id is not None:
        return reader_id in conversations.people_in(session, root.conversation_id)
    return root.channel_id is not None


def _steps(session: Session, escalation: Escalation, team: Team) -> tuple[Asked, ...]:
    """Whom this round has met, in their order, and why they are on the path."""
    teams = teams_above(session, team.id)
    met = []
    for step in steps_of(session, escalation):
        member = session.get_one(Member, step.member_id)
        leads = next((one.name for one in teams if one.lead_id == member.id), None)
        met.append(
            Asked(
                member_id=member.id,
                name=member.name,
                at=step.at,
                was_away=not step.was_asked,
                leads=leads,
                is_sponsor=member.is_sponsor and leads is None,
            )
        )
    return tuple(met)


def _expected(session: Session, escalation: Escalation, now: datetime, today: date) -> Expected | None:
    """Who is asked next, and when, if nothing else happens; None while it waits for a review."""
    at, is_in_review = escalation.next_step_at, escalation.state is EscalationState.IN_REVIEW
    if at is None or (is_in_review and back_from(escalation.state, escalation.review_on, today) is None):
        return None
    steps = steps_of(session, escalation)
    found = next_climb(session, escalation, max(at, now, waits_until(escalation, steps) or now), steps).ask
    return Expected(session.get_one(Member, found.member_id).name, found.at) if found is not None else None


def who_may_decide(session: Session, escalation: Escalation) -> list[int]:
    """The leads above and those who were asked, nearest first; some of them may have left.

    Of a private one: those leads who are its members.
    """
    facts = facts_of(session, escalation)
    leads = [one for one in facts.lead_ids_above if not facts.private or one in facts.escalation_member_ids]
    return list(dict.fromkeys([*leads, *in_on_it(session, escalation)]))


def names_of(session: Session, member_ids: Sequence[int]) -> tuple[str, ...]:
    """The names of those who still take part, in the given order."""
    return tuple(one.name for one in taking_part(session, member_ids))


def actor_name(session: Session, escalation: Escalation, *kinds: EscalationEventKind) -> str | None:
    """Who did the newest of these things: of one kind, or of two."""
    session.flush()
    found = _ACTOR.first(session, {"escalation_id": escalation.id, "kind": kinds[0], "other": kinds[-1]})
    return found[0] if found is not None else None


def change_of(session: Session, event: EscalationEvent, case: Case) -> Change:
    """What this call for help says beside the one before it."""
    call = session.get_one(Answer, event.answer_id)
    before = session.scalars(
        sa.select(Answer)
        .join(EscalationEvent, EscalationEvent.answer_id == Answer.id)
        .where(EscalationEvent.escalation_id == event.escalation_id, EscalationEvent.id < event.id)
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    ).first()
    then = words_of(session, case.standing.key_result_id, before) if before is not None else Words()
    now = words_of(session, case.standing.key_result_id, call)
    return Change(
        confidence=call.confidence,
        score=score(case.standing),
        lines=Words(
            stuck=now.stuck if now.stuck != then.stuck else "",
            blocked_by=now.blocked_by if now.blocked_by != then.blocked_by else "",
            plan=now.plan if now.plan != then.plan else "",
            need=now.need if now.need != then.need else "",
            by=now.by,
        ),
        is_new_week=before is None or call.check_in_id != before.check_in_id,
    )


def words_of(session: Session, key_result_id: int, call: CallForHelp) -> Words:
    """What a call for help says, and who says it where that was not the owner: a co-owner, who covers, or a lead.

    What an owner said stays the owner's when the key result changes hands.
    """
    blocking = blocking_at(session, {key_result_id: call.at})
    words = Words(stuck=call.working, blocked_by=blocking.get(key_result_id, ""), plan=call.plan, need=call.need)
    if isinstance(call, HelpAsked):
        return replace(words, by=name_of(session, call.author_id), link=call.link, in_check_in=False)
    return words if _is_owners(session, key_result_id, call) else replace(words, by=name_of(session, call.author_id))


def _is_owners(session: Session, key_result_id: int, answer: Answer) -> bool:
    """Whether whose key result it is, or was then, gave the answer."""
    if answer.author_id == session.get_one(KeyResult, key_result_id).owner_id:
        return True
    check_in = session.get_one(CheckIn, answer.check_in_id)
    return answer.author_id == (check_in.covered_for_id or check_in.owner_id)


def asked_by(session: Session, call: CallForHelp, reader_id: int) -> str:
    """Who has called for help, for one who reads it; empty where it was they."""
    return "" if call.author_id == reader_id else name_of(session, call.author_id)


def decisions_of(session: Session, escalation: Escalation) -> Sequence[Decision]:
    """Those since it was opened, or opened again, the newest first.

    What was decided before that did not help: it stands in the thread, and is not shown as the answer any more.
    """
    if escalation.decided_at is None:
        return ()
    return objects(_DECISIONS.all(session, {"escalation_id": escalation.id, "since": escalation.decided_at}))


def decided_of(session: Session, decision: Decision) -> Decided:
    is_open = decision.state is DecisionState.OPEN
    return Decided(
        decision_id=decision.id,
        text=decision.text,
        by=name_of(session, decision.decided_by_id),
        owner=person_of(session.get_one(Member, decision.owner_id)),
        due_on=decision.due_on,
        settled=None if is_open else Settled(name_of(session, decision.settled_by_id), decision.reason),
        kind=decision.kind,
    )


def next_review(session: Session, now: datetime, escalation: Escalation) -> date:
    """The day of the next meeting of the key result's team: its own, or the organisation's."""
    workspace = session.get_one(Workspace, escalation.workspace_id)
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    team = session.get_one(Team, session.get_one(Objective, key_result.objective_id).team_id)
    meets_on = Weekday(team.meeting_on if team.meeting_on is not None else workspace.meeting_on)
    zone = ZoneInfo(workspace.time_zone)
    day = local_date_of(now, zone)
    if now >= instant_of(day, REVIEWS_BEGIN, zone):
        day += timedelta(days=1)
    return day + timedelta(days=(meets_on - day.weekday()) % 7)


def person_of(member: Member | None) -> Person:
    return Person(member.name, member.slack_user_id) if member is not None else Person("The owner", "")


def name_of(session: Session, member_id: int | None) -> str:
    return session.get_one(Member, member_id).name if member_id is not None else "Okra"


# Made once: every message about an escalation asks who took it, and who has ended it.
_TOGETHER = Loaded(
    sa.select(KeyResult, Objective, Team, Workspace, Member)
    .join(Objective, Objective.id == KeyResult.objective_id)
    .join(Team, Team.id == Objective.team_id)
    .join(Workspace, Workspace.id == KeyResult.workspace_id)
    .outerjoin(Member, Member.id == KeyResult.owner_id)
    .where(KeyResult.id == sa.bindparam("key_result_id"))
)
_DECISIONS = Loaded(
    sa.select(Decision)
    .where(Decision.escalation_id == sa.bindparam("escalation_id"), Decision.created_at >= sa.bindparam("since"))
    .order_by(Decision.id.desc())
)
_ACTOR = Prepared(
    sa.select(Member.name)
    .join(EscalationEvent, EscalationEvent.actor_id == Member.id)
    .where(
        EscalationEvent.escalation_id == sa.bindparam("escalation_id"),
        sa.or_(EscalationEvent.kind == sa.bindparam("kind"), EscalationEvent.kind == sa.bindparam("other")),
    )
    .order_by(EscalationEvent.id.desc())
    .limit(1)
)
