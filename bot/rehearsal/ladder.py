"""The path of escalations, looked at when all is at rest: who was asked, when, and whether the thread says so.

Each person is asked once a round at most; nobody at night, at a weekend or while they are away; whatever happened
stands as a reply in the thread, the newest last, and the first message names who is asked now. Nobody who is away is
asked for a check-in either.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.escalation import EscalationState
from bot.rehearsal.roster import Roster, Somebody
from bot.rehearsal.witness import NEWS, Witness
from bot.services.escalation_path import next_climb, steps_of, waits_until
from models import (
    Absence,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    EscalationStep,
    KeyResult,
    Member,
    PostKind,
)

# A request that was on its way when its reader went away, or closed their door, comes all the same.
UNDER_WAY = timedelta(hours=1)

# The first message says that it was opened, and another one that it went on elsewhere.
_IN_A_FIRST_MESSAGE = (EscalationEventKind.OPENED, EscalationEventKind.MADE_PRIVATE)


class Ladder:
    """Looks at every step and every event once, in the week in which it came."""

    def __init__(self, witness: Witness, roster: Roster) -> None:
        self._witness = witness
        self._people = roster.by_member()
        self._steps_seen = 0
        self._asked_seen = 0
        self._events_seen = 0

    def look(self, session: Session, now: datetime) -> None:
        away: dict[int, list[Absence]] = defaultdict(list)
        for absence in session.scalars(sa.select(Absence).order_by(Absence.id)):
            away[absence.member_id].append(absence)
        self._asked_at_work(session, now, away)
        self._asked_for_check_ins(session, now, away)
        self._asked_once(session)
        self._went_on(session, now)
        self._replied(session)
        self._named(session)

    def _asked_at_work(self, session: Session, now: datetime, away: Mapping[int, Sequence[Absence]]) -> None:
        steps = session.scalars(
            sa.select(EscalationStep).where(EscalationStep.id > self._steps_seen).order_by(EscalationStep.id)
        ).all()
        self._steps_seen = max((step.id for step in steps), default=self._steps_seen)
        for step in steps:
            person = self._people.get(step.member_id)
            if step.was_asked and person is not None and person.was_settled(step.at - NEWS, now):
                self._at_work(person, step.at, away.get(step.member_id, ()))

    def _at_work(self, person: Somebody, at: datetime, away: Sequence[Absence]) -> None:
        local = at.astimezone(person.zone)
        if not person.is_at_work(at):
            self._witness.broke(f"{person.name} was asked for help on {local:%A at %H:%M}", person.id)
        if was_away(away, at, local.date()):
            self._witness.broke(f"{person.name} was asked for help while away, on {local:%A}, {local:%d %B}", person.id)

    def _asked_for_check_ins(self, session: Session, now: datetime, away: Mapping[int, Sequence[Absence]]) -> None:
        """Who is away is neither asked nor reminded."""
        rows = session.scalars(
            sa.select(Delivery)
            .where(
                Delivery.id > self._asked_seen,
                Delivery.kind.in_((PostKind.PROMPT, PostKind.PROMPT_AGAIN, PostKind.REMINDER)),
                Delivery.state == DeliveryState.SENT,
            )
            .order_by(Delivery.id)
        ).all()
        self._asked_seen = max((row.id for row in rows), default=self._asked_seen)
        for row in rows:
            person = self._people.get(row.member_id or 0)
            absences = away.get(row.member_id or 0)
            if person is None or not absences or row.posted_ts is None:
                continue
            at = datetime.fromtimestamp(float(row.posted_ts), UTC)
            local = at.astimezone(person.zone)
            if person.stayed(at - NEWS, now) and was_away(absences, at, local.date()):
                what = "reminded" if row.kind is PostKind.REMINDER else "asked"
                self._witness.broke(
                    f"{person.name} was {what} while away, on {local:%A}, {local:%d %B}", row.opaque_id, person.id
                )

    def _asked_once(self, session: Session) -> None:
        """Of one key result nobody has more requests than its escalations had rounds, and reviews of theirs; and a
        thread, where nobody else is left to be in it."""
        rounds: Counter[tuple[int, str]] = Counter()
        for number, slack_id in session.execute(
            sa.select(KeyResult.number, Member.slack_user_id)
            .join(Escalation, Escalation.key_result_id == KeyResult.id)
            .join(EscalationStep, EscalationStep.escalation_id == Escalation.id)
            .join(Member, Member.id == EscalationStep.member_id)
            .where(EscalationStep.until.is_not(None))
        ):
            rounds[number, slack_id] += 1
        others = session.execute(
            sa.select(KeyResult.number, Member.slack_user_id)
            .join(Escalation, Escalation.key_result_id == KeyResult.id)
            .join(Delivery, Delivery.escalation_id == Escalation.id)
            .join(Member, Member.id == Delivery.member_id)
            .where(Delivery.kind.in_([PostKind.ESCALATION_REVIEW, PostKind.ESCALATION]))
        )
        for number, slack_id in others:
            rounds[number, slack_id] += 1
        for asked, times in self._witness.requests.items():
            if times > rounds[asked]:
                self._witness.duplicates += 1
                number, who = asked
                self._witness.broke(f"KR-{number}: {who} was asked {times} times in {rounds[asked]} rounds", who)

    def _went_on(self, session: Session, now: datetime) -> None:
        """Where nobody has picked it up within the limit, the next one on the path is asked."""
        rows = session.execute(
            sa.select(Escalation, EscalationStep)
            .join(
                EscalationStep,
                sa.and_(
                    EscalationStep.escalation_id == Escalation.id,
                    EscalationStep.round == Escalation.round,
                    EscalationStep.until.is_not(None),
                ),
            )
            .where(Escalation.state == EscalationState.OPEN)
            .order_by(EscalationStep.number)
        )
        newest = {escalation.id: (escalation, step) for escalation, step in rows}
        for escalation, step in newest.values():
            if step.until is None or step.until > now - UNDER_WAY:
                continue
            following = next_climb(session, escalation, step.until, steps_of(session, escalation)).ask
            if following is not None and following.at < now - UNDER_WAY:
                self._witness.lose(f"escalation {escalation.id}: nobody else is asked since {step.until:%A, %d %B}")
        self._waits_for_the_first(session, now)

    def _waits_for_the_first(self, session: Session, now: datetime) -> None:
        """Where nobody has their time, whoever is at work first is waited for."""
        waiting = session.scalars(
            sa.select(Escalation).where(Escalation.state == EscalationState.OPEN).order_by(Escalation.id)
        )
        for escalation in waiting:
            steps, at = steps_of(session, escalation), escalation.next_step_at
            found = next_climb(session, escalation, max(now, waits_until(escalation, steps) or now), steps).ask
            if found is not None and (at is None or at > found.at):
                self._witness.lose(
                    f"escalation {escalation.id}: waits until {at}, and somebody could be asked {found.at}"
                )

    def _replied(self, session: Session) -> None:
        """Each event but the first has its one reply or was told directly, and the newest stands last in the thread."""
        rows = session.execute(
            sa.select(EscalationEvent, Delivery)
            .outerjoin(
                Delivery,
                sa.and_(Delivery.escalation_event_id == EscalationEvent.id, Delivery.kind == PostKind.ESCALATION_REPLY),
            )
            .where(EscalationEvent.id > self._events_seen, EscalationEvent.kind.not_in(_IN_A_FIRST_MESSAGE))
            .order_by(EscalationEvent.id)
        ).all()
        self._events_seen = max((event.id for event, _ in rows), default=self._events_seen)
        # Where nobody could read the thread when it happened, those whom it concerns were told directly.
        told = set(
            session.scalars(
                sa.select(Delivery.escalation_event_id).where(
                    Delivery.escalation_event_id.in_([event.id for event, _ in rows]),
                    Delivery.kind == PostKind.ESCALATION_NEWS,
                )
            )
        )
        for event, count in Counter(event for event, _ in rows).items():
            if count > 1:
                self._witness.duplicates += 1
                self._witness.broke(
                    f"escalation {event.escalation_id}: {event.kind.value} stands {count} times in the thread"
                )
        newest: dict[int, Delivery] = {}
        for event, reply in rows:
            if reply is None:
                root = self._root(session, event.escalation_id, at=event.at)
                if root is None or event.id in told or self._concerns_nobody_else(session, event, root):
                    continue
                self._witness.lose(f"escalation {event.escalation_id}: {event.kind.value} stands nowhere")
            elif reply.state is DeliveryState.SENT:
                newest[event.escalation_id] = reply
        for escalation_id, reply in newest.items():
            root = self._root(session, escalation_id)
            if root is None or reply.follows_id != root.id:
                # It was made private since, and goes on elsewhere.
                continue
            last = self._last_in_thread(session, escalation_id)
            if last != (reply.posted_channel, reply.posted_ts):
                self._witness.broke(f"escalation {escalation_id}: the newest reply is not the last", reply.opaque_id)

    def _concerns_nobody_else(self, session: Session, event: EscalationEvent, root: Delivery) -> bool:
        """Whether its thread was taken back, and whoever has to be told of it did it themselves."""
        message = self._witness.stands(root.posted_channel or "", root.posted_ts or "", root.opaque_id)
        if message is None or not self._witness.is_taken_back(message):
            return False
        decision = session.get(Decision, event.decision_id) if event.decision_id is not None else None
        return decision is None or {decision.owner_id, decision.decided_by_id} <= {event.actor_id, None}

    def _root(self, session: Session, escalation_id: int, *, at: datetime | None = None) -> Delivery | None:
        """Its thread's first message: the newest, as made private it goes on under another one; or that of then."""
        return session.scalar(
            sa.select(Delivery)
            .where(
                Delivery.escalation_id == escalation_id,
                Delivery.kind == PostKind.ESCALATION,
                Delivery.state == DeliveryState.SENT,
                Delivery.created_at <= at if at is not None else sa.true(),
            )
            .order_by(Delivery.id.desc())
            .limit(1)
        )

    def _last_in_thread(self, session: Session, escalation_id: int) -> tuple[str, str] | None:
        root = self._root(session, escalation_id)
        if root is None or root.posted_channel is None or root.posted_ts is None:
            return None
        # What another team answers stands there too, and is no event.
        others = session.scalars(
            sa.select(Delivery.posted_ts).where(
                Delivery.escalation_id == escalation_id, Delivery.kind == PostKind.DEPENDENCY_REPLY
            )
        )
        replies = self._witness.replies.get((root.posted_channel, root.posted_ts), set()) - set(others)
        return (root.posted_channel, max(replies)) if replies else None

    def _named(self, session: Session) -> None:
        """The first message names who is asked, as long as nobody has picked it up."""
        rows = session.execute(
            sa.select(Delivery, Member.name, Member.slack_user_id)
            .join(Escalation, Escalation.id == Delivery.escalation_id)
            .join(Member, Member.id == Escalation.asked_id)
            .where(
                Escalation.state == EscalationState.OPEN,
                Delivery.kind == PostKind.ESCALATION,
                Delivery.state == DeliveryState.SENT,
            )
            .order_by(Delivery.id)
        )
        # Made private, it goes on under another one.
        newest = {root.escalation_id: (root, name, slack_id) for root, name, slack_id in rows}
        for root, name, slack_id in newest.values():
            message = self._witness.stands(root.posted_channel or "", root.posted_ts or "", root.opaque_id)
            shown = json.dumps(message.blocks, ensure_ascii=False) if message is not None else slack_id
            if name not in shown and slack_id not in shown:
                self._witness.broke(f"{root.key}: {name} is asked, and the thread does not say so", root.opaque_id)


def was_away(absences: Sequence[Absence], at: datetime, day: date) -> bool:
    """Whether somebody was away at an instant, which was `day` where they are, and Okra has known it for a while."""
    return any(
        one.first_on <= day <= one.last_on
        and one.created_at < at - UNDER_WAY
        and (one.ended_at is None or one.ended_at > at)
        for one in absences
    )
