"""Looks at what people see of requests for help, of decisions and of Home; and, at rest, holds it against the database.

Each person types texts with a number of their own, by which they are found again, wherever they stand.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import unquote_plus

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.dependency import DependencyState
from bot.domain.localtime import local_date_of
from bot.localslack.core import LocalSlack
from bot.localslack.facts.method import ConversationKind
from bot.localslack.state import Message
from bot.localslack.webapi.dispatch import Request
from bot.rehearsal.between import waited_for
from bot.rehearsal.roster import Somebody
from bot.rehearsal.timeline import Timeline
from bot.rehearsal.told import CONFIDENTIAL, OVERHEARD, Told
from bot.rehearsal.witness import NEWS, Witness
from models import (
    Absence,
    AuditEvent,
    ConversationMember,
    Decision,
    DecisionState,
    Delivery,
    Dependency,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    EscalationStep,
    HandOver,
    HandOverState,
    Home,
    KeyResult,
    KeyResultState,
    Member,
    Objective,
    StopOrShift,
    Team,
)

# What a message of the morning asks about, and what it does not ask about any more.
_IS_IT_DONE = "*Is it done?*"
_MARK = re.compile(r"#(\d+): ")
_QUESTION = re.compile(rf"#(\d+): (?:{CONFIDENTIAL})?who knows more\?")
_OVERHEARD = re.compile(rf"#(\d+): {OVERHEARD}")
_CONFIDENTIAL = re.compile(rf"#(\d+): {CONFIDENTIAL}")
_WORDS_OF_ITS_OWN = (OVERHEARD.split()[1].encode(), CONFIDENTIAL.split(",")[0].encode())

# Weekly, by the day; a move to another zone may take one of them.
APART = timedelta(days=6)
# A weekend and the hours until the morning lie between a day and the message about it.
LATE = timedelta(days=5)
MOST_AT_ONCE = 5
UNDER_WAY = timedelta(hours=1)


@dataclass(frozen=True)
class Asked:
    """Somebody was asked whether a decision is done: on which day of theirs."""

    person: Somebody
    on: date
    at: datetime


class Onlooker:
    """Sees every effect, as the witness does. `homes`: when each Home was last shown anew, by its owner's id."""

    def __init__(self, witness: Witness, core: LocalSlack, timeline: Timeline, told: Told) -> None:
        self._witness = witness
        self._core = core
        self._time = timeline
        self._told = told
        self.homes: dict[str, datetime] = {}
        self._asked: dict[int, list[Asked]] = defaultdict(list)
        self._questions: Counter[tuple[int, bool]] = Counter()
        self._between: Counter[tuple[int, str]] = Counter()
        self._copied: Counter[int] = Counter()
        # Where something that was typed about a private request was read: its number, and who is in that conversation.
        self._read: set[tuple[int, str]] = set()
        self._read_before: set[tuple[int, str]] = set()
        self._questions_seen = 0
        witness.on_post = self._posted
        witness.on_update = self._typed_words
        witness.on_home = self._home

    # Effects

    def _posted(self, request: Request, message: Message, kind: str, opaque: str) -> None:
        person = self._witness.partner(message)
        if kind == "morning" and person is not None:
            self._morning(message, person, opaque)
        elif kind == "other direct message" and person is not None and (about := waited_for(message)) is not None:
            self._team_is_asked(about, person, opaque)
        found = _QUESTION.search(message.text)
        if found is not None and kind in {"reply", "other direct message"}:
            self._question(int(found[1]), opaque, direct=kind != "reply")
        self._typed_words(request, message)
        if any(word in request.body for word in _WORDS_OF_ITS_OWN[:1]):
            for order in {int(one) for one in _OVERHEARD.findall(_body(request))}:
                self._copied[order] += 1
                if self._copied[order] > 1:
                    self._twice(f"message #{order} was copied twice", opaque)

    def _morning(self, message: Message, person: Somebody, opaque: str) -> None:
        today = self._time.now().astimezone(person.zone).date()
        for block in message.blocks:
            words = str((block.get("text") or {}).get("text", "")) if block.get("type") == "section" else ""
            found = _MARK.search(words) if words.startswith(_IS_IT_DONE) else None
            if found is None:
                continue
            asked = self._asked[int(found[1])]
            if any(one.person is person and today - one.on < APART for one in asked):
                self._twice(f"{person.name} was asked about decision #{found[1]} twice within a week", opaque)
            asked.append(Asked(person, today, self._time.now()))

    def _team_is_asked(self, about: int, person: Somebody, opaque: str) -> None:
        self._between[about, person.id] += 1
        if self._between[about, person.id] > 1:
            self._twice(f"{person.name} was asked twice to answer for a team", opaque)
        self._witness.at_work(person, "asked to answer for a team", opaque)

    def _question(self, order: int, opaque: str, *, direct: bool) -> None:
        self._questions[order, direct] += 1
        if self._questions[order, direct] > 1:
            self._twice(f"question #{order} came twice", opaque)

    def _typed_words(self, request: Request, message: Message) -> None:
        """What was not to travel does not, and what is private stands where its readers are alone."""
        if not any(word in request.body for word in _WORDS_OF_ITS_OWN):
            return
        body = _body(request)
        subject = f"{message.channel}/{message.ts}"
        for order in {int(one) for one in _OVERHEARD.findall(body)} - self._told.ticked:
            self._witness.broke(f"the text of message #{order} was copied, and nobody had said so", subject)
        channel = self._core.workspace.channels[message.channel]
        for order in {int(one) for one in _CONFIDENTIAL.findall(body)}:
            if channel.kind not in (ConversationKind.DIRECT, ConversationKind.GROUP):
                self._witness.broke(f"#{order} is private, and stands in #{channel.name}", subject)
            self._read.update((order, one) for one in channel.members)

    def _home(self, person_id: str) -> None:
        self.homes[person_id] = self._time.now()

    def saw_no_home(self, person: Somebody, since: datetime) -> None:
        """Somebody has opened their Home again and again, and nothing came."""
        if person.was_settled(since - NEWS, self._time.now()):
            self._witness.lose(f"{person.name} opened Home, and it stayed as it was", person.id)

    def let_in(self, person: Somebody, door: str) -> None:
        """Somebody has a dialog that they may not have."""
        self._witness.broke(f"{person.name} tried {door!r}, which is not theirs, and was let in", person.id)

    def _twice(self, what: str, *subjects: str) -> None:
        self._witness.duplicates += 1
        self._witness.broke(what, *subjects)

    # At rest

    def look(self, session: Session, now: datetime) -> None:
        """Hold what was told and seen against the database."""
        self._decisions(session, now)
        self._settled(session)
        self._stopped(session)
        self._between_teams(session)
        self._asked_of_owners(session, now)
        self._private(session)
        self._left()
        self._strangers(session)
        self._homes_stand(session, now)

    def _decisions(self, session: Session, now: datetime) -> None:
        """Each is asked about on its day or the next working one, then weekly; not before, nor once it is settled."""
        roster = self._witness.roster
        people = roster.by_member() if roster is not None else {}
        away = defaultdict(list)
        for absence in session.scalars(sa.select(Absence)):
            away[absence.member_id].append(absence)
        rows = [
            (row, int(found[1])) for row in session.scalars(sa.select(Decision)) if (found := _MARK.search(row.text))
        ]
        owed = Counter(row.owner_id for row, _ in rows if row.state is DecisionState.OPEN and row.due_on <= now.date())
        for row, order in rows:
            person = people.get(row.owner_id)
            asked = self._asked.get(order, [])
            for one in asked:
                if one.on < row.due_on:
                    self._witness.broke(f"{one.person.name} was asked about decision #{order} before its day")
                if row.settled_at is not None and one.at > row.settled_at + UNDER_WAY:
                    self._witness.broke(f"{one.person.name} was asked about decision #{order}, which was settled")
            if row.state is not DecisionState.OPEN or person is None or owed[row.owner_id] > MOST_AT_ONCE:
                continue
            since = max([row.due_on, *(one.on + timedelta(weeks=1) for one in asked)])
            today = local_date_of(now, person.zone)
            was_here = person.was_settled(now - (today - since) - LATE - NEWS, now) and not any(
                one.last_on >= since for one in away[row.owner_id]
            )
            if today - since > LATE and was_here:
                self._witness.lose(f"{person.name} was not asked about decision #{order}, due {since}", person.id)

    def _settled(self, session: Session) -> None:
        ids = self._told.settled
        if ids:
            still = session.scalars(
                sa.select(Decision.id).where(Decision.id.in_(ids), Decision.state == DecisionState.OPEN)
            )
            for one in still:
                self._witness.lose(f"decision {one} was told as settled, and is open")

    def _stopped(self, session: Session) -> None:
        for number, learning in self._told.stopped.items():
            kept = session.scalar(sa.select(KeyResult).where(KeyResult.number == number))
            if kept is None or kept.state is not KeyResultState.CLOSED or kept.learning != learning:
                self._witness.lose(f"KR-{number} was told as stopped, and is not, or not for {learning!r}")

    def _between_teams(self, session: Session) -> None:
        """The last word of a team that another one waits for is what is kept."""
        rows = session.scalars(sa.select(Dependency).where(Dependency.id.in_(list(self._told.between)))).all()
        for row in rows:
            state, word = self._told.between[row.id]
            kept = row.reason if state is DependencyState.REFUSED else str(row.due_on)
            if row.state is not state or kept != word:
                self._witness.lose(f"a team answered {word!r}, and {kept!r} is kept")

    def _asked_of_owners(self, session: Session, now: datetime) -> None:
        """Each question that somebody was told is asked has come to its owner, if they are who they were then."""
        orders = self._told.questions[self._questions_seen :]
        self._questions_seen = len(self._told.questions)
        missing = {order for order in orders if not self._questions[order, True]}
        if not missing:
            return
        people = self._witness.roster.by_member() if self._witness.roster is not None else {}
        rows = session.execute(
            sa.select(EscalationEvent, KeyResult.owner_id)
            .join(Escalation, Escalation.id == EscalationEvent.escalation_id)
            .join(KeyResult, KeyResult.id == Escalation.key_result_id)
            .where(EscalationEvent.kind == EscalationEventKind.OWNER_ASKED)
        )
        excused = set()
        for event, owner_id in rows:
            owner, found = people.get(owner_id or 0), _QUESTION.search(event.words or "")
            if found is not None and (owner is None or not owner.was_settled(event.at - NEWS, now)):
                excused.add(int(found[1]))
        for order in sorted(missing):
            if order not in excused or not self._questions[order, False]:
                self._witness.lose(f"question #{order} was told as asked, and its owner does not have it")

    def _private(self, session: Session) -> None:
        """What was typed about a private request was read by those whom it concerns, and by nobody else."""
        new, self._read_before = self._read - self._read_before, set(self._read)
        roster = self._witness.roster
        if not new or roster is None:
            return
        concerned = {order: self._concerned(session, self._told.confidential.get(order, 0)) for order, _ in new}
        for order, person_id in sorted(new):
            person = roster.people.get(person_id)
            if person is not None and person.member_id not in concerned[order]:
                self._witness.broke(f"{person.name} has read #{order}, which is private", person_id)

    def _concerned(self, session: Session, number: int) -> set[int]:
        """The members whom a private request about a key result concerns, by what happened to it."""
        key_result = session.scalars(sa.select(KeyResult).where(KeyResult.number == number)).one()
        ids = session.scalars(
            sa.select(Escalation.id).where(
                Escalation.key_result_id == key_result.id, Escalation.private_at.is_not(None)
            )
        ).all()
        accepted = sa.select(HandOver).where(
            HandOver.key_result_id == key_result.id, HandOver.state == HandOverState.ACCEPTED
        )
        # It was theirs when they read it, and is somebody else's now.
        owned = {one for change in session.scalars(accepted) for one in (change.from_id, change.to_id)}
        of = {
            key_result.owner_id,
            *owned,
            *session.scalars(sa.select(EscalationEvent.actor_id).where(EscalationEvent.escalation_id.in_(ids))),
            *session.scalars(sa.select(EscalationStep.member_id).where(EscalationStep.escalation_id.in_(ids))),
            *session.scalars(sa.select(Decision.owner_id).where(Decision.escalation_id.in_(ids))),
            *session.scalars(
                sa.select(Team.lead_id).join(Escalation, Escalation.team_id == Team.id).where(Escalation.id.in_(ids))
            ),
            *self._leads_in_it(session, key_result, ids),
        }
        return {one for one in of if one is not None}

    @staticmethod
    def _leads_in_it(session: Session, key_result: KeyResult, escalation_ids: Collection[int]) -> set[int]:
        """The leads above who are in a group message about it: the nearest one, as it was when that began."""
        above: set[int] = set()
        team = session.get(Team, session.get_one(Objective, key_result.objective_id).team_id)
        while team is not None:
            above |= {team.lead_id} if team.lead_id is not None else set()
            team = session.get(Team, team.parent_id) if team.parent_id is not None else None
        in_it = session.scalars(
            sa.select(ConversationMember.member_id)
            .join(Delivery, Delivery.conversation_id == ConversationMember.conversation_id)
            .where(Delivery.escalation_id.in_(escalation_ids))
        )
        return above & set(in_it)

    def _left(self) -> None:
        """In the thread that was left when a request was made private, nothing of Okra's stands but that it was."""
        bot = self._core.installation(self._core.workspace).bot_user
        for channel, ts in sorted(self._witness.left):
            messages = self._core.workspace.channels[channel].messages
            for reply in messages[ts].replies:
                one = messages[reply]
                if one.user == bot and not one.text.startswith("🔒"):
                    self._witness.broke(f"was made private, and still says {one.text[:80]!r}", f"{channel}/{reply}")

    def _strangers(self, session: Session) -> None:
        """Whoever owns nothing and leads nobody stands nowhere as one who has done something."""
        roster = self._witness.roster
        ids = [one.member_id for one in roster.people.values() if one.is_stranger] if roster is not None else []
        deeds = {
            "decided": Decision.decided_by_id,
            "settled a decision": Decision.settled_by_id,
            "offered a key result": HandOver.asked_by_id,
            "said what should stop": StopOrShift.author_id,
            "changed something": AuditEvent.actor_id,
        }
        counts = [sa.select(sa.func.count(one)).where(one.in_(ids)).scalar_subquery() for one in deeds.values()]
        for deed, count in zip(deeds, session.execute(sa.select(*counts)).one(), strict=True):
            if count:
                self._witness.broke(f"strangers have {deed}: {count} times")

    def _homes_stand(self, session: Session, now: datetime) -> None:
        stale = session.execute(
            sa.select(Member.name, Member.slack_user_id, Home.error)
            .join(Home, Home.member_id == Member.id)
            .where(Home.shown < Home.wanted, Home.opened_at < now - UNDER_WAY, Home.not_before < now - UNDER_WAY)
        )
        for name, slack_id, error in stale:
            self._witness.broke(f"the Home of {name} shows an old state ({error})", slack_id)


def _body(request: Request) -> str:
    return unquote_plus(request.body.decode())
