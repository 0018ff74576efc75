"""What an escalation says in Slack: the thread, the direct message to the one who is asked, news to the owner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import escalation as messages
from bot.blocks import question
from bot.blocks.decisions import news_of_settling, settled
from bot.blocks.escalation import Case, Decided, Settled
from bot.blocks.escalation_foot import with_foot
from bot.blocks.escalation_path import Again, Turn
from bot.blocks.post import Post
from bot.blocks.standing import Standing
from bot.domain.cadence import following, period, period_of
from bot.domain.escalation import EscalationState
from bot.domain.ladder import Ask
from bot.domain.organisation import Visibility
from bot.domain.permissions import Action, may
from bot.services import conversations, outbox, redefinition_posts
from bot.services.access import actor_of, key_result_facts, leads_above, teams_above
from bot.services.escalation_case import (
    CARRIED_OUT,
    SETTLING,
    case_of,
    change_of,
    decided_of,
    first_root_key,
    key_result_of,
    name_of,
    next_review,
    person_of,
    root_key,
    root_of,
    words_of,
)
from bot.services.escalation_foot import foot_of, is_newest, keys_that_carry, may_carry
from bot.services.escalation_members import facts_of
from bot.services.escalation_path import in_on_it, steps_of, taking_part
from bot.services.morning_plan import keys_about, of_escalation
from bot.services.named_again import again_of
from bot.services.prompt import prompts_about
from bot.services.standing import standings
from bot.services.still_open import asked_at
from models import (
    Answer,
    CheckIn,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    EscalationStep,
    KeyResult,
    Member,
    Objective,
    PostKind,
    Team,
    Workspace,
)

# The direct message carries a link to the thread, so the thread's first message gets a head start.
HEAD_START = timedelta(seconds=1)

# A thread whose first message could not be posted has no place for replies; nor has one that may not be read any more.
LOST = (DeliveryState.FAILED, DeliveryState.OBSOLETE)

# Queueing


@dataclass(frozen=True)
class Place:
    """Where a thread is: a channel, a group message, or, where only one person is left, their direct message."""

    channel_id: str | None = None
    conversation_id: int | None = None
    member_id: int | None = None


def begin_thread(
    session: Session, now: datetime, escalation: Escalation, *, holder: Team | None, first: Ask | None
) -> None:
    """Queue the thread's first message.

    `holder` is the team whose channel holds the thread (`thread_team`); without one it is a group message of the owner,
    the lead and who is asked `first`, and leaves when they are at work.
    """
    channel_id = channel_of(holder) if holder is not None else None
    asked = [first.member_id] if first is not None else []
    place = Place(channel_id) if channel_id else _group(session, now, escalation, group_of(session, escalation, asked))
    _begin(session, now, escalation, place, at=first.at if channel_id is None and first is not None else now)


def move_thread(session: Session, now: datetime, escalation: Escalation, actor_id: int) -> None:
    """It was made private: the thread goes on in a group message. What stands where it was says no more than that.

    A group message that has the actor in it stays.
    """
    root = root_of(session, escalation)
    if root is not None and root.channel_id is None and actor_id in readers_of(session, root):
        redraw(session, now, escalation)
        return
    escalation.has_moved = root is not None
    session.flush()
    place = _group(session, now, escalation, group_of(session, escalation, [actor_id]))
    _begin(session, now, escalation, place, at=now)
    if root is not None:
        left = session.scalars(
            sa.select(Delivery.id).where(Delivery.workspace_id == root.workspace_id, Delivery.follows_id == root.id)
        ).all()
        outbox.show_from_now_on(session, now, workspace_id=root.workspace_id, delivery_ids=[root.id, *left])
    redraw(session, now, escalation)


def group_of(session: Session, escalation: Escalation, more: Sequence[int]) -> Sequence[Member]:
    """Who reads a group message about it: the owner, `more` people, the nearest lead, those who were asked or took it.

    Those who do not take part are left out. Nobody can be added to it later: who is asked after that is asked directly.
    """
    key_result = session.get_one(KeyResult, escalation.key_result_id)
    leads = leads_above(session, session.get_one(Objective, key_result.objective_id).team_id)
    lead = [one.id for one in taking_part(session, [one for one in leads if one != key_result.owner_id])[:1]]
    people = [key_result.owner_id, *more, *lead, escalation.taken_by_id, *in_on_it(session, escalation)]
    wanted = [one for one in dict.fromkeys(people) if one is not None]
    return taking_part(session, wanted)[: conversations.MOST]


def _group(session: Session, now: datetime, escalation: Escalation, people: Sequence[Member]) -> Place | None:
    """The group message of these people; of only one it is their direct message."""
    ids = [one.id for one in people]
    if len(ids) > 1:
        return Place(conversation_id=conversations.with_people(session, now, escalation.workspace_id, ids))
    return Place(member_id=ids[0]) if ids else None


def _begin(session: Session, now: datetime, escalation: Escalation, place: Place | None, *, at: datetime) -> None:
    if place is None:
        return
    outbox.post(
        session,
        now,
        workspace_id=escalation.workspace_id,
        key=root_key(escalation),
        kind=PostKind.ESCALATION,
        channel_id=place.channel_id,
        conversation_id=place.conversation_id,
        member_id=place.member_id,
        escalation_id=escalation.id,
        not_before=at,
    )


def ask(session: Session, now: datetime, escalation: Escalation, step: EscalationStep) -> None:
    """Queue the request to the one whose turn it is, unless they are the first, and the thread reaches them itself."""
    root = root_of(session, escalation)
    is_first = escalation.round == 1 and not any(
        one.was_asked and one.number < step.number for one in steps_of(session, escalation)
    )
    if is_first and root is not None and root.state not in LOST and step.member_id in readers_of(session, root):
        return
    again = "" if escalation.round == 1 else f":{escalation.round}"
    _ask(session, now, escalation, f"escalation:{escalation.id}:ask:{step.member_id}{again}", step.member_id)


def ask_directly(session: Session, now: datetime, root: Delivery) -> None:
    """The thread's first message could not be posted, so who was to read it there is asked by a direct message."""
    if root.kind is not PostKind.ESCALATION or root.channel_id is not None:
        return
    escalation = session.get_one(Escalation, root.escalation_id)
    for member_id in {one.member_id for one in steps_of(session, escalation) if one.was_asked}:
        _ask(session, now, escalation, f"escalation:{escalation.id}:ask:{member_id}", member_id)


def ask_after_review(session: Session, now: datetime, escalation: Escalation, member_id: int) -> bool:
    """Queue the request for what the review decided; False where it was asked for already."""
    key = f"escalation:{escalation.id}:review:{escalation.review_on}:{member_id}"
    return _ask(session, now, escalation, key, member_id, kind=PostKind.ESCALATION_REVIEW)


def tell_who_was_away(
    session: Session, at: datetime, escalation: Escalation, event: EscalationEvent, member_id: int
) -> None:
    """Queue the news, for when they are back, that somebody else was asked in their place."""
    outbox.post(
        session,
        at,
        workspace_id=escalation.workspace_id,
        key=f"escalation:{escalation.id}:event:{event.id}:away:{member_id}",
        kind=PostKind.ESCALATION_NEWS,
        member_id=member_id,
        escalation_id=escalation.id,
        escalation_event_id=event.id,
    )


def _ask(
    session: Session,
    now: datetime,
    escalation: Escalation,
    key: str,
    member_id: int,
    *,
    kind: PostKind = PostKind.ESCALATION_ASK,
) -> bool:
    queued = outbox.post(
        session,
        now,
        workspace_id=escalation.workspace_id,
        key=key,
        kind=kind,
        member_id=member_id,
        escalation_id=escalation.id,
        not_before=now + HEAD_START,
    )
    return queued is not None


def thread_team(session: Session, key_result: KeyResult) -> Team | None:
    """The team whose channel holds this key result's thread: its own, or the nearest above that has a channel.

    None where there is no such team, or the channel's readers may not all see the key result.
    """
    if key_result_facts(session, key_result).visibility is not Visibility.WORKSPACE:
        return None
    home = session.get_one(Objective, key_result.objective_id).team_id
    return next((team for team in teams_above(session, home) if channel_of(team)), None)


def channel_of(team: Team) -> str | None:
    """The channel that holds the threads of a team."""
    return team.escalation_channel_id or team.channel_id


def follow_up(session: Session, now: datetime, escalation: Escalation, event: EscalationEvent) -> None:
    """Queue the one reply to an event, the news to those whom the thread may not reach, and redraw the state."""
    redraw(session, now, escalation)
    root = root_of(session, escalation)
    if root is None:
        return
    is_lost = root.state in LOST or not may_read(session, root, escalation)
    if not is_lost:
        _reply(session, now, event, root)
    if event.kind in (*SETTLING, *CARRIED_OUT):
        _redraw_decision(session, now, event.workspace_id, event.decision_id)
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


def tell_owner_of_help(session: Session, now: datetime, escalation: Escalation, event: EscalationEvent) -> None:
    """Queue the news to the owner that somebody else has asked for help with what is theirs, unless they read it."""
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    root = root_of(session, escalation)
    reads_it = root is not None and root.state not in LOST and owner_id in readers_of(session, root)
    if owner_id is not None and owner_id != event.actor_id and not reads_it:
        outbox.post(
            session,
            now,
            workspace_id=escalation.workspace_id,
            key=f"escalation:{escalation.id}:event:{event.id}:to:{owner_id}",
            kind=PostKind.ESCALATION_NEWS,
            member_id=owner_id,
            escalation_id=escalation.id,
            escalation_event_id=event.id,
            not_before=now + HEAD_START,
        )


def _reply(session: Session, now: datetime, event: EscalationEvent, root: Delivery) -> None:
    outbox.reply(
        session,
        now,
        root,
        key=f"escalation:{event.escalation_id}:event:{event.id}",
        kind=PostKind.ESCALATION_REPLY,
        escalation_event_id=event.id,
        shows_state=may_carry(event),
    )


def redraw_decided(session: Session, now: datetime, decision: Decision) -> None:
    """Somebody else makes it happen: the thread says so, and what told of the decision."""
    redraw(session, now, session.get_one(Escalation, decision.escalation_id))
    _redraw_decision(session, now, decision.workspace_id, decision.id)


def _redraw_decision(session: Session, now: datetime, workspace_id: int, decision_id: int | None) -> None:
    """What told of the decision says what became of it, and who makes it happen."""
    keys = session.scalars(
        sa.select(Delivery.key)
        .join(EscalationEvent, EscalationEvent.id == Delivery.escalation_event_id)
        .where(EscalationEvent.decision_id == decision_id, EscalationEvent.kind == EscalationEventKind.DECIDED)
    ).all()
    outbox.redraw_all(session, now, workspace_id=workspace_id, keys=keys)


def redraw(session: Session, now: datetime, escalation: Escalation) -> None:
    """What shows the state is shown anew: the thread, the requests, and the prompts of this week and the last.

    A prompt that is older stays as its week left it, and leads to the thread. Reminders show nothing of it.
    """
    keys = session.scalars(
        sa.select(Delivery.key).where(
            Delivery.workspace_id == escalation.workspace_id,
            Delivery.escalation_id == escalation.id,
            Delivery.kind.in_([PostKind.ESCALATION, PostKind.ESCALATION_ASK, PostKind.ESCALATION_REVIEW]),
        )
    ).all()
    zone = ZoneInfo(session.get_one(Workspace, escalation.workspace_id).time_zone)
    # In the far west last week's check-in is answered while it is Monday here already.
    since = following(period_of(now, zone), -1)
    prompts = prompts_about(session, escalation.key_result_id, since=since)
    mornings = keys_about(session, escalation.workspace_id, of_escalation(escalation.id))
    shown = [key for prompt in prompts for key in (prompt, outbox.again_key(prompt))]
    keys = [*keys, *keys_that_carry(session, escalation), *shown, *mornings]
    outbox.redraw_all(session, now, workspace_id=escalation.workspace_id, keys=keys, alone=True)


def _whom_to_tell(
    session: Session, escalation: Escalation, event: EscalationEvent, root: Delivery, *, is_lost: bool
) -> Sequence[int]:
    """Mentioning somebody who is not in a channel notifies nobody, so some things are said directly as well.

    A decision: to those who own its follow-up and the key result; what became of it, also to who decided. Anything but
    their own words: to the owner, where they do not read the thread, or it was lost. Nobody is told what
    they did themselves, or what they read in a thread of their own; but who takes on the follow-up of their own
    decision, where the thread was lost, has its buttons nowhere else.
    """
    if event.kind in _SAID_IN_THE_THREAD:
        return ()
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    if event.kind is EscalationEventKind.OWNER_ASKED:
        return [owner_id] if owner_id is not None else ()
    told: list[int | None] = []
    decision = session.get_one(Decision, event.decision_id) if event.decision_id is not None else None
    if decision is not None:
        told.append(decision.owner_id)
    if decision is not None and event.kind in SETTLING:
        told.append(decision.decided_by_id)
    # What came of their request is told to the owner by `bot/services/outcome.py`.
    is_outcome = event.kind in (EscalationEventKind.DECISION_DONE, EscalationEventKind.RESOLVED)
    if not is_outcome and (event.decision_id is not None or root.channel_id is None or is_lost):
        told.append(owner_id)
    read_it = readers_of(session, root) if not is_lost else ()
    did_it = event.actor_id
    if decision is not None and decision.owner_id == did_it and event.kind not in SETTLING and is_lost:
        did_it = None
    return [one for one in dict.fromkeys(told) if one is not None and one != did_it and one not in read_it]


# Rendering. Who may read is looked at each time: a key result can be limited after its thread began.


def may_read(session: Session, delivery: Delivery, escalation: Escalation, *told: int) -> bool:
    """Whether the readers of a post may see the escalation's key result, as things are now.

    In a channel it must be for everybody, and not private. Otherwise its reader must be here (of a group: somebody),
    and see it or be in on the escalation: who was asked, who took it, and (`told`) who is asked to make a decision
    happen.
    """
    # Read at once with what belongs to it, where much is drawn together.
    key_result_of(session, escalation)
    taker = [escalation.taken_by_id] if escalation.taken_by_id is not None else []
    facts = facts_of(session, escalation, told=[*taker, *told])
    if delivery.channel_id is not None:
        return facts.visibility is Visibility.WORKSPACE and not facts.private
    readers = [session.get_one(Member, one) for one in readers_of(session, delivery)]
    here = [one for one in readers if one.may_take_part]
    return bool(here) and all(may(actor_of(one), Action.VIEW_KEY_RESULT, facts) for one in here)


def readers_of(session: Session, delivery: Delivery) -> Sequence[int]:
    """The members to whom a post goes by name: of a direct message, or of a group message; of a channel nobody."""
    if delivery.conversation_id is not None:
        return conversations.people_in(session, delivery.conversation_id)
    return [delivery.member_id] if delivery.member_id is not None else []


def taken_back(session: Session, delivery: Delivery, escalation: Escalation) -> Post | None:
    """Nothing, where nothing was said; else what stands is taken back, with its buttons."""
    if delivery.posted_ts is None:
        return None
    return messages.made_private() if escalation.private_at is not None else messages.hidden()


def is_left(session: Session, delivery: Delivery, escalation: Escalation) -> bool:
    """Whether it is of the thread that was left when the escalation was made private."""
    if not escalation.has_moved:
        return False
    left = outbox.delivery_of(session, escalation.workspace_id, first_root_key(escalation.id))
    return left is not None and left.id in (delivery.id, delivery.follows_id)


def root_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The thread's first message. Where its readers may not see the key result any more it is not sent, or blanked."""
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if is_left(session, delivery, escalation) or not may_read(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    case = case_of(session, escalation, now)
    owner_id = session.get_one(KeyResult, escalation.key_result_id).owner_id
    reader_id = delivery.member_id
    if reader_id is not None and reader_id != owner_id:
        return messages.ask(replace(case, link=None), reader_id)
    return messages.root(case)


def ask_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message to the one who is asked. None once it was sent too late to be one, or they have left."""
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if not may_read(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    if delivery.posted_ts is None and _was_helped_since(session, delivery, escalation):
        return None
    assert delivery.member_id is not None  # noqa: S101 - a request goes to a person
    return messages.ask(case_of(session, escalation, now, reader_id=delivery.member_id), delivery.member_id)


def review_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message on the review's evening. None where something was decided before it was sent."""
    escalation = session.get_one(Escalation, delivery.escalation_id)
    if not may_read(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    if delivery.posted_ts is None and escalation.state is not EscalationState.IN_REVIEW:
        return None
    return messages.after_review(case_of(session, escalation, now, reader_id=delivery.member_id))


def _was_helped_since(session: Session, delivery: Delivery, escalation: Escalation) -> bool:
    """Whether somebody picked it up after this request was queued: then it asks for nothing any more."""
    if escalation.state in (EscalationState.DECIDED, EscalationState.RESOLVED):
        return True
    picked_up = sa.exists().where(
        EscalationEvent.escalation_id == escalation.id,
        EscalationEvent.kind.in_([EscalationEventKind.ACKNOWLEDGED, EscalationEventKind.TAKEN_TO_REVIEW]),
        EscalationEvent.at >= delivery.created_at,
    )
    return bool(session.scalar(sa.select(picked_up)))


def reply_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The reply in the thread to one event. None where the thread's readers may not see the key result any more."""
    event = session.get_one(EscalationEvent, delivery.escalation_event_id)
    escalation = session.get_one(Escalation, event.escalation_id)
    if is_left(session, delivery, escalation):
        return taken_back(session, delivery, escalation)
    if not may_read(session, delivery, escalation):
        return None
    case = case_of(session, escalation, now)
    foot = foot_of(session, delivery, escalation, event, now)
    latest = is_newest(session, delivery, escalation)
    if event.kind is EscalationEventKind.GREEN_AGAIN:
        # Beneath a decision the way to resolve is the first of the buttons anyway.
        made: Post | None = messages.green_again(case, proposes=latest and not (foot and foot.shows_resolve(case)))
    else:
        made = _reply_of(session, event, case, is_newest=latest)
    return with_foot(made, case, foot) if made is not None and foot is not None else made


def _reply_of(session: Session, event: EscalationEvent, case: Case, *, is_newest: bool) -> Post | None:
    """`is_newest`: no newer reply says where it stands."""
    actor = name_of(session, event.actor_id)
    match event.kind:
        case EscalationEventKind.OPENED | EscalationEventKind.MADE_PRIVATE | EscalationEventKind.GREEN_AGAIN:
            return None
        case EscalationEventKind.OWNER_ASKED:
            return question.in_thread(case, _who_was_asked(session, event, case), actor, event.words or "")
        case EscalationEventKind.HELP_ASKED | EscalationEventKind.RED_AGAIN:
            return _call_of(session, event, case)
        case EscalationEventKind.ASKED_NEXT:
            return messages.went_on(_turn(session, event))
        case EscalationEventKind.NAMED_AGAIN:
            again = again_of(session, event)
            if event.step_id is not None or again is None:
                return messages.went_on(_turn(session, event)) if event.step_id is not None else None
            return messages.named_again(case, again, is_newest=is_newest)
        case EscalationEventKind.ACKNOWLEDGED:
            return messages.taken(case, actor)
        case EscalationEventKind.TAKEN_TO_REVIEW:
            day = next_review(session, event.at, session.get_one(Escalation, event.escalation_id))
            return messages.to_review(day, actor)
        case EscalationEventKind.RESOLVED:
            return messages.resolved(replace(case, no_decision_reason=event.reason), actor)
        case EscalationEventKind.REOPENED:
            return _opened_again(session, event, case)
        case _:
            return _of_a_decision(session, event, case)


def _of_a_decision(session: Session, event: EscalationEvent, case: Case) -> Post | None:
    decision = session.get_one(Decision, event.decision_id)
    if event.kind in CARRIED_OUT:
        return redefinition_posts.reply(session, decision)
    if event.kind in SETTLING:
        return _became(session, event, case, settled)
    return messages.decided(case, decided_of(session, decision))


def _call_of(session: Session, event: EscalationEvent, case: Case) -> Post:
    """A further call for help: by an answer, or without a check-in."""
    if event.kind is EscalationEventKind.RED_AGAIN:
        answer = session.get_one(Answer, event.answer_id)
        stood = _as_it_stood(session, event, answer, case)
        return messages.again(case, replace(change_of(session, event, case), score=messages.score(stood)))
    words = words_of(session, case.standing.key_result_id, asked_at(event))
    return messages.help_asked(case, words, event.quote or "")


def _as_it_stood(session: Session, event: EscalationEvent, answer: Answer | None, case: Case) -> Standing:
    """The key result in the week of the call: the thread keeps what was said, however often a reply is drawn."""
    key_result_id = case.standing.key_result_id
    week = period(session.get_one(CheckIn, answer.check_in_id).period) if answer is not None else None
    week = week or period_of(event.at, case.zone)
    return standings(session, [key_result_id], week)[key_result_id]


def _who_was_asked(session: Session, event: EscalationEvent, case: Case) -> str:
    """The owner who got the question; another one may own it now."""
    name = session.scalar(
        sa.select(Member.name)
        .join(Delivery, Delivery.member_id == Member.id)
        .where(
            Delivery.workspace_id == event.workspace_id,
            Delivery.escalation_event_id == event.id,
            Delivery.kind == PostKind.ESCALATION_NEWS,
        )
    )
    return name or case.owner.name


def _opened_again(session: Session, event: EscalationEvent, case: Case) -> Post:
    """What is said with the call that opened it again: an answer's words, or whose call it was and theirs."""
    answer = session.get(Answer, event.answer_id) if event.answer_id is not None else None
    words = words_of(session, case.standing.key_result_id, answer or asked_at(event))
    return messages.opened_again(_as_it_stood(session, event, answer, case), words, event.quote or "")


def news_post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The direct message about one event to somebody whom the thread may not reach."""
    reader = session.get_one(Member, delivery.member_id)
    event = session.get_one(EscalationEvent, delivery.escalation_event_id)
    escalation = session.get_one(Escalation, event.escalation_id)
    follows_up = [session.get_one(Decision, event.decision_id).owner_id] if event.decision_id is not None else []
    if not may_read(session, delivery, escalation, *follows_up):
        return None
    case = case_of(session, escalation, now, reader_id=reader.id)
    actor = name_of(session, event.actor_id)
    match event.kind:
        case EscalationEventKind.OPENED | EscalationEventKind.HELP_ASKED | EscalationEventKind.REOPENED:
            words = words_of(session, case.standing.key_result_id, asked_at(event))
            return messages.news_of_help(case, words) if event.answer_id is None else None
        case (
            EscalationEventKind.RED_AGAIN
            | EscalationEventKind.CHANGED
            | EscalationEventKind.STOPPED
            | EscalationEventKind.GREEN_AGAIN
            | EscalationEventKind.RESOLVED
            | EscalationEventKind.MADE_PRIVATE
        ):
            return None
        case EscalationEventKind.OWNER_ASKED:
            if reader.id != session.get_one(KeyResult, escalation.key_result_id).owner_id:
                return None
            return question.to_owner(case, person_of(session.get_one(Member, event.actor_id)), event.words or "")
        case EscalationEventKind.ASKED_NEXT | EscalationEventKind.NAMED_AGAIN:
            return messages.news_of_going_on(case, _turn(session, event)) if event.step_id is not None else None
        case EscalationEventKind.ACKNOWLEDGED:
            return messages.news_of_taking(case, actor, to_a_review=False)
        case EscalationEventKind.TAKEN_TO_REVIEW:
            return messages.news_of_taking(case, actor, to_a_review=True)
        case EscalationEventKind.DECIDED:
            decision = session.get_one(Decision, event.decision_id)
            decided = decided_of(session, decision)
            return messages.news_of_decision(case, decided, for_follow_up=reader.id == decision.owner_id)
        case EscalationEventKind.DECISION_DONE | EscalationEventKind.DECISION_DROPPED:
            return _became(session, event, case, news_of_settling)


def _became(
    session: Session, event: EscalationEvent, case: Case, told: Callable[[Case, Decided, Settled], Post]
) -> Post | None:
    decided = decided_of(session, session.get_one(Decision, event.decision_id))
    return told(case, decided, decided.settled) if decided.settled is not None else None


def _turn(session: Session, event: EscalationEvent) -> Turn:
    """Whose turn it is, and why it is not somebody else's, as it was at the event."""
    step = session.get_one(EscalationStep, event.step_id)
    before = session.scalars(
        sa.select(EscalationStep)
        .where(
            EscalationStep.escalation_id == event.escalation_id,
            EscalationStep.round == step.round,
            EscalationStep.number < step.number,
        )
        .order_by(EscalationStep.number.desc())
    ).all()
    away = [name_of(session, one.member_id) for one in takewhile(lambda one: not one.was_asked, before)]
    return Turn(
        name=name_of(session, step.member_id),
        away=tuple(reversed(away)),
        after=_newest_before(session, event) if len(before) > len(away) else None,
        again=_named_again(session, event),
    )


def _named_again(session: Session, event: EscalationEvent) -> Again | None:
    """What was named again, where that is why it went on: at the event, or before it, when nobody could be asked."""
    cause = session.scalar(
        sa.select(EscalationEvent)
        .where(
            EscalationEvent.escalation_id == event.escalation_id,
            EscalationEvent.id <= event.id,
            EscalationEvent.kind.in_(_GOING_ON),
        )
        .order_by(EscalationEvent.id.desc())
        .offset(0 if event.kind is EscalationEventKind.NAMED_AGAIN else 1)
        .limit(1)
    )
    if cause is None or cause.kind is not EscalationEventKind.NAMED_AGAIN:
        return None
    was_asked_for = cause.id == event.id or cause.step_id is None
    return again_of(session, cause) if was_asked_for else None


def _newest_before(session: Session, event: EscalationEvent) -> EscalationState:
    """Whether it had been picked up before the event: open, acknowledged or in review."""
    kind = session.scalar(
        sa.select(EscalationEvent.kind)
        .where(
            EscalationEvent.escalation_id == event.escalation_id,
            EscalationEvent.id < event.id,
            EscalationEvent.kind.in_(_STATE_AFTER),
        )
        .order_by(EscalationEvent.id.desc())
        .limit(1)
    )
    return _STATE_AFTER[kind] if kind is not None else EscalationState.OPEN


_GOING_ON = (EscalationEventKind.ASKED_NEXT, EscalationEventKind.NAMED_AGAIN)

_SAID_IN_THE_THREAD = (
    EscalationEventKind.RED_AGAIN,
    EscalationEventKind.HELP_ASKED,
    EscalationEventKind.GREEN_AGAIN,
    EscalationEventKind.REOPENED,
    *_GOING_ON,
    *CARRIED_OUT,
)

_STATE_AFTER = {
    EscalationEventKind.OPENED: EscalationState.OPEN,
    EscalationEventKind.RED_AGAIN: EscalationState.OPEN,
    EscalationEventKind.REOPENED: EscalationState.OPEN,
    EscalationEventKind.ACKNOWLEDGED: EscalationState.ACKNOWLEDGED,
    EscalationEventKind.TAKEN_TO_REVIEW: EscalationState.IN_REVIEW,
}
