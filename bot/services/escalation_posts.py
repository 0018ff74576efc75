"""What an escalation says in Slack: the thread, the direct message to the one who is asked, news to the owner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import escalation as messages
from bot.blocks.decisions import news_of_settling, settled
from bot.blocks.escalation import Case, Change, Decided, Person, Settled, Words
from bot.blocks.links import thread_link
from bot.blocks.post import Post
from bot.domain.cadence import following, period_of
from bot.domain.escalation import EscalationState
from bot.domain.organisation import Visibility
from bot.domain.permissions import Action, may
from bot.services import outbox
from bot.services.access import actor_of, key_result_facts, teams_above
from bot.services.prompt import prompts_about
from bot.services.standing import standings
from bot.services.still_open import blocking_at, newest_call
from models import (
    Answer,
    Decision,
    DecisionState,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    Member,
    Objective,
    PostKind,
    Team,
    Workspace,
)

# The direct message carries a link to the thread, so the thread's first message gets a head start.
HEAD_START = timedelta(seconds=1)


def root_key(escalation_id: int) -> str:
    return f"escalation:{escalation_id}"


# A thread whose first message could not be posted has no place for replies; nor has one that may not be read any more.
LOST = (DeliveryState.FAILED, DeliveryState.OBSOLETE)

# What can become of a decision.
SETTLING = (EscalationEventKind.DECISION_DONE, EscalationEventKind.DECISION_DROPPED)

# Queueing


def begin_thread(
    session: Session, now: datetime, escalation: Escalation, key_result: KeyResult, holder: Team | None
) -> None:
    """Queue the thread's first message and the request to the one who is asked.

    `holder` is the team whose channel holds the thread (`thread_team`); without one the thread is a direct message, to
    the one who is asked, or else to the owner.
    """
    channel_id = _channel(holder) if holder is not None else None
    recipient = None if channel_id else escalation.asked_id or key_result.owner_id
    if channel_id is None and recipient is None:
        return
    outbox.post(
        session,
        now,
        workspace_id=escalation.workspace_id,
        key=root_key(escalation.id),
        kind=PostKind.ESCALATION,
        channel_id=channel_id,
        member_id=recipient,
        escalation_id=escalation.id,
    )
    if channel_id is not None:
        _ask(session, now, escalation, f"escalation:{escalation.id}:ask:{escalation.asked_id}")


def ask_again(session: Session, now: datetime, escalation: Escalation, event: EscalationEvent) -> None:
    """Queue the request anew: what was decided did not help, and the owner calls again."""
    _ask(session, now, escalation, f"escalation:{escalation.id}:ask:{escalation.asked_id}:{event.id}")


def _ask(session: Session, now: datetime, escalation: Escalation, key: str) -> None:
    if escalation.asked_id is None:
        return
    outbox.post(
        session,
        now,
        workspace_id=escalation.workspace_id,
        key=key,
        kind=PostKind.ESCALATION_ASK,
        member_id=escalation.asked_id,
        escalation_id=escalation.id,
        not_before=now + HEAD_START,
    )


def thread_team(session: Session, key_result: KeyResult) -> Team | None:
    """The team whose channel holds this key result's thread: its own, or the nearest above that has a channel.

    None where there is no such team, or the channel's readers may not all see the key result.
    """
    if key_result_facts(session, key_result).visibility is not Visibility.WORKSPACE:
        return None
    home = session.get_one(Objective, key_result.objective_id).team_id
    return next((team for team in teams_above(session, home) if _channel(team)), None)


def _channel(team: Team) -> str | None:
    return team.escalation_channel_id or team.channel_id


def follow_up(session: Session, now: datetime, escalation: Escalation, event: EscalationEvent) -> None:
    """Queue the one reply to an event, the news to those whom the thread may not reach, and redraw the state."""
    redraw(session, now, escalation)
    root = outbox.delivery_of(session, escalation.workspace_id, root_key(escalation.id))
    if root is None:
        return
    is_lost = root.state in LOST or not _may_read(session, root, escalation)
    if not is_lost:
        _reply(session, now, event, root)
    if event.kind in SETTLING:
        _redraw_decision(session, now, event)
    for member_id in _whom_to_tell(session, escalation, event, root, is_lost=is_lost):
        outbox.post(
            session,
            now,
            workspace_id=escalation.workspace_id,
            key=f"escalation:{escalation.id}:event:{event.id}:to:{member_id}",
            kind=PostKind.ESCALATION_NEWS,
            member_id=member_id,
            escalation_id=escalation.id,
            escalation_event_id=event.id,
            shows_state=event.kind is EscalationEventKind.DECIDED,
        )


def _reply(session: Session, now: datetime, event: EscalationEvent, root: Delivery) -> None:
    outbox.post(
        session,
        now,
        workspace_id=event.workspace_id,
        key=f"escalation:{event.escalation_id}:event:{event.id}",
        kind=PostKind.ESCALATION_REPLY,
        channel_id=root.channel_id,
        member_id=root.member_id,
        escalation_id=event.escalation_id,
        escalation_event_id=event.id,
        follows_id=root.id,
        shows_state=event.kind is EscalationEventKind.DECIDED,
    )


def _redraw_decision(session: Session, now: datetime, event: EscalationEvent) -> None:
    """What told of the decision says what became of it, and asks for nothing any more."""
    keys = session.scalars(
        sa.select(Delivery.key)
        .join(EscalationEvent, EscalationEvent.id == Delivery.escalation_event_id)
        .where(EscalationEvent.decision_id == event.decision_id, EscalationEvent.kind == EscalationEventKind.DECIDED)
    ).all()
    outbox.redraw_all(session, now, workspace_id=event.workspace_id, keys=keys)


def redraw(session: Session, now: datetime, escalation: Escalation) -> None:
    """What shows the state is shown anew: the thread, the requests, and the prompts since it was opened."""
    keys = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.workspace_id == escalation.workspace_id,
            Delivery.escalation_id == escalation.id,
            Delivery.kind.in_([PostKind.ESCALATION, PostKind.ESCALATION_ASK]),
        )
    ).all()
    zone = ZoneInfo(session.get_one(Workspace, escalation.workspace_id).time_zone)
    # In the far west last week's check-in is answered while it is Monday here already.
    since = following(period_of(escalation.opened_at, zone), -1)
    prompts = prompts_about(session, escalation.key_result_id, since=since)
    outbox.redraw_all(session, now, workspace_id=escalation.workspace_id, keys=[*keys, *prompts])


def _whom_to_tell(
    session: Session, escalation: Escalation, event: EscalationEvent, root: Delivery, *, is_lost: bool
) -> Sequence[int]:
    """Mentioning somebody who is not in a channel notifies nobody, so some things are said directly as well.

    A decision: to those who own its follow-up and the key result; what became of it, also to who decided. Anything but
    their own words: to the owner, where the thread is somebody else's direct message, or was lost. Nobody is told what
    they did themselves, or what they read in a thread of their own; but who takes on the follow-up of their own
    decision, where the thread was lost, has its buttons nowhere else.
    """
    if event.kind is EscalationEventKind.RED_AGAIN:
        return ()
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    told: list[int | None] = []
    decision = session.get_one(Decision, event.decision_id) if event.decision_id is not None else None
    if decision is not None:
        told.append(decision.owner_id)
    if decision is not None and event.kind in SETTLING:
        told.append(decision.decided_by_id)
    if event.decision_id is not None or root.member_id is not None or is_lost:
        told.append(owner_id)
    reads_it = root.member_id if not is_lost else None
    did_it = event.actor_id
    if decision is not None and decision.owner_id == did_it and event.kind not in SETTLING and is_lost:
        did_it = None
    return [one for one in dict.fromkeys(told) if one is not None and one not in (did_it, reads_it)]


# Rendering. Who may read is looked at each time: a key result can be limited after its thread began.


def _may_read(session: Session, delivery: Delivery, escalation: Escalation, *told: int) -> bool:
    """Whether the readers of a post may see the escalation's key result, as things are now.

    In a channel it must be for everybody. Otherwise its reader must be here, and see it or be in on the escalation:
    who was asked, who took it, and (`told`) who is asked to make a decision happen.
    """
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    members = [one for one in (escalation.asked_id, escalation.taken_by_id, *told) if one is not None]
    facts = key_result_facts(session, key_result, asked=members)
    if delivery.member_id is None:
        return facts.visibility is Visibility.WORKSPACE
    return may(actor_of(session.get_one(Member, delivery.member_id)), Action.VIEW_KEY_RESULT, facts)


def _hidden(delivery: Delivery) -> Post | None:
    """Nothing, where nothing was said; else what stands is taken back, with its buttons."""
    return messages.hidden() if delivery.posted_ts is not None else None


def root_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The thread's first message. Where its readers may not see the key result any more it is not sent, or blanked."""
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if not _may_read(session, delivery, escalation):
        return _hidden(delivery)
    case = case_of(session, escalation, now)
    if delivery.member_id is not None and delivery.member_id == escalation.asked_id:
        return messages.ask(replace(case, link=None))
    return messages.root(case)


def ask_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message to the one who is asked. None once it was sent too late to be one, or they have left."""
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if not _may_read(session, delivery, escalation):
        return _hidden(delivery)
    if delivery.posted_ts is None and escalation.state is not EscalationState.OPEN:
        return None
    return messages.ask(case_of(session, escalation, now))


def reply_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The reply in the thread to one event. None where the thread's readers may not see the key result any more."""
    event = session.get_one(EscalationEvent, delivery.escalation_event_id)
    escalation = session.get_one(Escalation, event.escalation_id)
    if not _may_read(session, delivery, escalation):
        return None
    case = case_of(session, escalation, now)
    actor = _name(session, event.actor_id)
    match event.kind:
        case EscalationEventKind.OPENED:
            return None
        case EscalationEventKind.RED_AGAIN:
            return messages.again(case, _change(session, event, case))
        case EscalationEventKind.ACKNOWLEDGED:
            return messages.taken(case, actor)
        case EscalationEventKind.TAKEN_TO_REVIEW:
            return messages.to_review(case, actor)
        case EscalationEventKind.DECIDED:
            return messages.decided(case, _decided(session, session.get_one(Decision, event.decision_id)))
        case EscalationEventKind.RESOLVED:
            return messages.resolved(case, actor)
        case EscalationEventKind.DECISION_DONE | EscalationEventKind.DECISION_DROPPED:
            return _became(session, event, case, settled)


def news_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message about one event to somebody whom the thread may not reach."""
    reader = session.get_one(Member, delivery.member_id)
    event = session.get_one(EscalationEvent, delivery.escalation_event_id)
    escalation = session.get_one(Escalation, event.escalation_id)
    follows_up = [session.get_one(Decision, event.decision_id).owner_id] if event.decision_id is not None else []
    if not _may_read(session, delivery, escalation, *follows_up):
        return None
    case = case_of(session, escalation, now)
    actor = _name(session, event.actor_id)
    match event.kind:
        case EscalationEventKind.OPENED | EscalationEventKind.RED_AGAIN:
            return None
        case EscalationEventKind.ACKNOWLEDGED:
            return messages.news_of_taking(case, actor, to_a_review=False)
        case EscalationEventKind.TAKEN_TO_REVIEW:
            return messages.news_of_taking(case, actor, to_a_review=True)
        case EscalationEventKind.DECIDED:
            decision = session.get_one(Decision, event.decision_id)
            decided = _decided(session, decision)
            return messages.news_of_decision(case, decided, for_follow_up=reader.id == decision.owner_id)
        case EscalationEventKind.RESOLVED:
            return messages.news_of_end(case, actor)
        case EscalationEventKind.DECISION_DONE | EscalationEventKind.DECISION_DROPPED:
            return _became(session, event, case, news_of_settling)


def case_of(session: Session, escalation: Escalation, now: datetime) -> Case:
    """An escalation as its messages show it now: the owner's newest call for help, the newest score and colour."""
    workspace = session.get_one(Workspace, escalation.workspace_id)
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    team = session.get_one(Team, session.get_one(Objective, key_result.objective_id).team_id)
    zone = ZoneInfo(workspace.time_zone)
    # In the far east next week's check-in opens while it is still Sunday here.
    newest = following(period_of(now, zone))
    call = newest_call(session, [escalation.id])[escalation.id]
    root = outbox.delivery_of(session, workspace.id, root_key(escalation.id))
    in_channel = root is not None and root.channel_id is not None
    # A decision that did not help is not shown as the answer any more; it stands in the thread.
    decision = _newest_decision(session, escalation) if escalation.decided_at is not None else None
    return Case(
        escalation_id=escalation.id,
        standing=standings(session, [key_result.id], newest)[key_result.id],
        owner=_person(session.get(Member, key_result.owner_id) if key_result.owner_id else None),
        team=team.name,
        words=_words(session, key_result.id, call),
        state=escalation.state,
        opened_at=escalation.opened_at,
        zone=zone,
        asked=_person(session.get_one(Member, escalation.asked_id)) if escalation.asked_id else None,
        asked_as=_asked_as(session, escalation, team),
        deciders=names_of(session, who_may_decide(session, key_result, escalation)),
        taken_by=actor_name(session, escalation, EscalationEventKind.ACKNOWLEDGED, EscalationEventKind.TAKEN_TO_REVIEW),
        decided=_decided(session, decision) if decision is not None else None,
        resolved_by=actor_name(session, escalation, EscalationEventKind.RESOLVED),
        no_decision_reason=escalation.no_decision_reason,
        link=thread_link(root.posted_channel, root.posted_ts, workspace.url)
        if root is not None and in_channel and root.posted_channel and root.posted_ts
        else None,
    )


def _asked_as(session: Session, escalation: Escalation, team: Team) -> str | None:
    """The name of the team, nearest above, that the one who is asked leads."""
    if escalation.asked_id is None:
        return None
    return next((one.name for one in teams_above(session, team.id) if one.lead_id == escalation.asked_id), None)


def who_may_decide(session: Session, key_result: KeyResult, escalation: Escalation) -> list[int]:
    """The leads above and the one who was asked, nearest first; some of them may have left."""
    asked = [escalation.asked_id] if escalation.asked_id is not None else []
    facts = key_result_facts(session, key_result)
    return list(dict.fromkeys([*facts.lead_ids_above, *asked]))


def names_of(session: Session, member_ids: Sequence[int]) -> tuple[str, ...]:
    """The names of those who still take part, in the given order."""
    rows = session.scalars(sa.select(Member).where(Member.id.in_(member_ids))).all()
    by_id = {row.id: row.name for row in rows if row.may_take_part}
    return tuple(by_id[one] for one in member_ids if one in by_id)


def actor_name(session: Session, escalation: Escalation, *kinds: EscalationEventKind) -> str | None:
    """Who did the newest of these things."""
    return session.scalar(
        sa.select(Member.name)
        .join(EscalationEvent, EscalationEvent.actor_id == Member.id)
        .where(EscalationEvent.escalation_id == escalation.id, EscalationEvent.kind.in_(kinds))
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    )


def _change(session: Session, event: EscalationEvent, case: Case) -> Change:
    """What this call for help says beside the one before it."""
    call = session.get_one(Answer, event.answer_id)
    before = session.scalars(
        sa.select(Answer)
        .join(EscalationEvent, EscalationEvent.answer_id == Answer.id)
        .where(EscalationEvent.escalation_id == event.escalation_id, EscalationEvent.id < event.id)
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    ).one()
    then = _words(session, case.standing.key_result_id, before)
    now = _words(session, case.standing.key_result_id, call)
    return Change(
        confidence=call.confidence,
        score=messages.score(case.standing),
        lines=Words(
            stuck=now.stuck if now.stuck != then.stuck else "",
            blocked_by=now.blocked_by if now.blocked_by != then.blocked_by else "",
            plan=now.plan if now.plan != then.plan else "",
            need=now.need if now.need != then.need else "",
        ),
        is_new_week=call.check_in_id != before.check_in_id,
    )


def _words(session: Session, key_result_id: int, call: Answer) -> Words:
    blocking = blocking_at(session, {key_result_id: call.at})
    return Words(stuck=call.working, blocked_by=blocking.get(key_result_id, ""), plan=call.plan, need=call.need)


def _newest_decision(session: Session, escalation: Escalation) -> Decision | None:
    return session.scalar(
        sa.select(Decision).where(Decision.escalation_id == escalation.id).order_by(Decision.id.desc()).limit(1)
    )


def _became(
    session: Session, event: EscalationEvent, case: Case, told: Callable[[Case, Decided, Settled], Post]
) -> Post | None:
    decided = _decided(session, session.get_one(Decision, event.decision_id))
    return told(case, decided, decided.settled) if decided.settled is not None else None


def settled_by(session: Session, decision: Decision) -> int | None:
    """The member who said that it is done or dropped."""
    return session.scalar(
        sa.select(EscalationEvent.actor_id)
        .where(EscalationEvent.decision_id == decision.id, EscalationEvent.kind.in_(SETTLING))
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    )


def _decided(session: Session, decision: Decision) -> Decided:
    is_open = decision.state is DecisionState.OPEN
    return Decided(
        decision_id=decision.id,
        text=decision.text,
        by=_name(session, decision.decided_by_id),
        owner=_person(session.get_one(Member, decision.owner_id)),
        due_on=decision.due_on,
        settled=None if is_open else Settled(_name(session, settled_by(session, decision)), decision.reason),
    )


def _person(member: Member | None) -> Person:
    return Person(member.name, member.slack_user_id) if member is not None else Person("The owner", "")


def _name(session: Session, member_id: int | None) -> str:
    return session.get_one(Member, member_id).name if member_id is not None else "Okra"
