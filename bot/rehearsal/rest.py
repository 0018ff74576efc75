"""What must hold when all is at rest, late in a week: what people saw against what the database says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import takewhile, zip_longest
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from bot.blocks.dates import day
from bot.blocks.post import Post
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.rehearsal.ladder import Ladder
from bot.rehearsal.onlooker import Onlooker
from bot.rehearsal.roster import Roster
from bot.rehearsal.told import NEEDED, Told, ToldAnswer
from bot.rehearsal.witness import NEWS, Witness
from bot.services.blocking import blocked_by_of
from bot.services.schedules import Weeks
from models import (
    Answer,
    Blocker,
    CheckIn,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    EscalationEvent,
    KeyResult,
    Message,
    PostKind,
    StopOrShift,
)
from scheduler.posts import render, render_all

# What was queued this long ago has left, or something is wrong.
PATIENCE = timedelta(hours=1)
# What makes one answer another than the one before it.
_SAID = ("value", "score", "confidence", "changed", "working", "next_move", "need", "plan")

# What is drawn anew as long as its week lasts, and what of a block somebody reads or presses.
_OF_A_WEEK = (PostKind.PROMPT, PostKind.DIGEST)
_SHOWN = ("text", "alt_text", "action_id", "value")
# Who has nothing due any more is not told that the week is over.
_NOTHING_DUE = "Nothing is due"

_UNDER_WAY = (DeliveryState.QUEUED, DeliveryState.CLAIMED, DeliveryState.SENDING, DeliveryState.UNKNOWN)


class Shows(Protocol):
    """A message as it stands at Slack, or as Okra draws it."""

    @property
    def text(self) -> str: ...
    @property
    def blocks(self) -> Sequence[Any]: ...


class Rest:
    """Looks at everything at rest. Each look goes on where the last one ended."""

    def __init__(self, witness: Witness, roster: Roster, told: Told, onlooker: Onlooker) -> None:
        self._witness = witness
        self._roster = roster
        self._told = told
        self._deliveries_seen = 0
        self._answers_seen = 0
        self._calls_seen = self._turned_seen = 0
        self._decisions_seen = 0
        # When help was last wished for beside a yellow, by the key result's number.
        self._wishes: dict[int, datetime] = {}
        self._ladder = Ladder(witness, roster)
        self._onlooker = onlooker

    def look(self, session: Session, now: datetime, monday: date) -> None:
        """Check the week of `monday`, which is over."""
        self._deliveries(session, now)
        self._messages(session, now)
        self.look_at_drawings(session, now, monday)
        self._answers(session)
        self._calls(session, now)
        self._threads(session, now)
        self._decisions(session)
        self._shifts(session)
        self._digests(monday)
        self._strangers(session)
        self._ladder.look(session, now)
        self._onlooker.look(session, now)

    def _deliveries(self, session: Session, now: datetime) -> None:
        witness = self._witness
        first = aliased(Delivery)
        late = session.scalars(
            sa.select(Delivery)
            .outerjoin(first, first.id == Delivery.follows_id)
            .where(
                Delivery.state.in_(_UNDER_WAY),
                Delivery.not_before < now - PATIENCE,
                # A reply waits for the first message, and that for somebody's working hours where it rings.
                sa.or_(first.id.is_(None), first.not_before < now - PATIENCE),
            )
        ).all()
        for row in late:
            witness.lose(f"still {row.state.value} after an hour: {row.key}", row.opaque_id)
        rows = session.scalars(
            sa.select(Delivery).where(Delivery.id > self._deliveries_seen).order_by(Delivery.id)
        ).all()
        threads: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
        roots = {row.id: row for row in rows}
        for row in rows:
            if row.state is DeliveryState.SENT:
                self._stands(session, row, roots, threads)
            elif row.state is DeliveryState.FAILED:
                witness.lose(f"failed for good ({row.error}): {row.key}", row.opaque_id)
        for replies in threads.values():
            if [ts for ts, _ in replies] != sorted(ts for ts, _ in replies):
                witness.broke(f"replies out of their order: {[key for _, key in replies]}")
        self._deliveries_seen = max((row.id for row in rows), default=self._deliveries_seen)

    def _stands(
        self,
        session: Session,
        row: Delivery,
        roots: dict[int, Delivery],
        threads: dict[tuple[str, str], list[tuple[str, str]]],
    ) -> None:
        """What the database calls sent is where it says, and a reply is under its root."""
        witness = self._witness
        message = witness.stands(row.posted_channel or "", row.posted_ts or "", row.opaque_id)
        if message is None:
            witness.lose(f"called sent, and nobody can read it: {row.key}", row.opaque_id)
            return
        if row.follows_id is None:
            if message.thread_ts is not None:
                witness.broke(f"stands in a thread: {row.key}", row.opaque_id)
            return
        root = roots.get(row.follows_id) or session.get_one(Delivery, row.follows_id)
        if (message.channel, message.thread_ts) != (root.posted_channel, root.posted_ts):
            witness.broke(f"stands outside of its thread: {row.key}", row.opaque_id)
        if row.kind is PostKind.ESCALATION_REPLY:
            threads[message.channel, message.thread_ts or ""].append((message.ts, row.key))

    def _messages(self, session: Session, now: datetime) -> None:
        """Every message shows its newest state."""
        rows = session.execute(
            sa.select(Message, Delivery)
            .join(Delivery, Delivery.id == Message.delivery_id)
            .where(Message.gone_at.is_(None), Message.channel.is_not(None))
            .order_by(Message.id)
        ).all()
        for message, delivery in rows:
            key = delivery.key
            posted_at = self._witness.posted_at.get(delivery.opaque_id, 1)
            drawn = self._witness.drawn.get(message.id, posted_at)
            subject = f"{message.channel}/{message.ts}"
            if message.shown != message.wanted:
                self._witness.broke(f"shows {message.shown} of {message.wanted} for long: {key}", subject)
            elif (
                drawn != message.wanted
                # What reads the same is not drawn again.
                and not self._stands_as_noted(message)
                # What makes no sense any more (its reader has left) stays as it is.
                and render(session, delivery, now) is not None
            ):
                self._witness.broke(f"shows an old state ({drawn} of {message.wanted}): {key}", subject)

    def _stands_as_noted(self, message: Message) -> bool:
        mark = self._witness.marks.get((message.channel or "", message.ts or ""))
        return message.stands_as is not None and message.stands_as.rsplit(" ", 1)[-1] == mark

    def look_at_drawings(self, session: Session, now: datetime, monday: date) -> None:
        """What stands is what would be drawn now: whoever has changed something has asked for the redraw.

        Holds at any time, for what no redraw is on its way of; what is over stays as it was at its end.
        """
        standing = session.scalars(
            sa.select(Delivery)
            .join(Message, Message.delivery_id == Delivery.id)
            .outerjoin(Escalation, Escalation.id == Delivery.escalation_id)
            .where(
                Message.gone_at.is_(None),
                Message.channel.is_not(None),
                Message.shown == Message.wanted,
                sa.or_(
                    sa.and_(Delivery.kind.in_(_OF_A_WEEK), Delivery.period == monday),
                    sa.and_(Delivery.kind == PostKind.ESCALATION, Escalation.state != EscalationState.RESOLVED),
                ),
            )
            .order_by(Delivery.id)
        ).all()
        people = self._roster.by_member()
        posts = render_all(session, standing, now, Weeks())
        for delivery in standing:
            reader = people.get(delivery.member_id or 0)
            if reader is not None and not reader.was_settled(reader.opens(monday) - NEWS, now):
                # Its hours are told in the zone that they were in.
                continue
            if reader is not None and now < reader.closes(monday):
                # Far west of the digest it is still open, and its greeting and its hours go on with the day.
                continue
            channel, ts = delivery.posted_channel or "", delivery.posted_ts or ""
            message, post = self._witness.stands(channel, ts, delivery.opaque_id), posts[delivery.id]
            if message is None or not isinstance(post, Post) or message.text.startswith(_NOTHING_DUE):
                continue
            shown, wanted = _shown(message), _shown(post)
            if shown != wanted:
                old, new = next(both for both in zip_longest(shown, wanted, fillvalue="") if both[0] != both[1])
                alike = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(old, new, strict=False)))
                old, new = (one[max(0, alike - 20) :][:80] for one in (old, new))
                self._witness.broke(f"shows {old!r}, and {new!r} is true: {delivery.key}", f"{channel}/{ts}")

    def _answers(self, session: Session) -> None:
        """What people were told is saved is there, whole and once, and their last word counts."""
        told = self._told.answers[self._answers_seen :]
        self._answers_seen = len(self._told.answers)
        if not told:
            return
        rows = session.execute(
            sa.select(KeyResult.number, CheckIn.period, Answer)
            .join(CheckIn, CheckIn.id == Answer.check_in_id)
            .join(KeyResult, KeyResult.id == CheckIn.key_result_id)
            .where(CheckIn.period.in_({one.monday for one in told}))
            .order_by(Answer.id)
        ).all()
        kept: dict[str, list[Answer]] = defaultdict(list)
        newest: dict[tuple[int, date], Answer] = {}
        for number, period, answer in rows:
            kept[answer.next_move].append(answer)
            newest[number, period] = answer
        blockers = _blockers(session)
        words: dict[tuple[int, date, str], list[str]] = defaultdict(list)
        for one in told:
            self._kept(one, kept.get(one.next_move, []), blockers[one.number])
            words[one.number, one.monday, one.author].append(one.next_move)
        for (number, monday, _), own in words.items():
            found = newest.get((number, monday))
            # Where two answer at once nobody was told whose word came last, and somebody may have submitted once more
            # without being told; but nobody's own word of before is the last one.
            if found is not None and found.next_move != own[-1] and found.next_move in own:
                self._witness.broke(f"KR-{number}, week of {monday}: an older answer counts")
        for text, answers in kept.items():
            # Who was not told, and adds something before they press again, has said two things.
            said = Counter(tuple(getattr(answer, name) for name in _SAID) for answer in answers)
            for count in said.values():
                if count > 1:
                    self._witness.duplicates += 1
                    self._witness.broke(f"one answer was saved {count} times: {text!r}")

    def _kept(self, one: ToldAnswer, answers: Sequence[Answer], blockers: Sequence[Blocker]) -> None:
        if not answers:
            self._witness.lose(f"KR-{one.number}, week of {one.monday}: told as saved and lost: {one.next_move!r}")
            return
        answer = answers[-1]
        for name in ("changed", "working", "need", "plan"):
            typed = one.texts.get(name, "")
            if typed and getattr(answer, name) != typed:
                self._witness.lose(f"KR-{one.number}: {name} was {typed!r} and is {getattr(answer, name)!r}")
        for name in ("value", "score"):
            typed = one.texts.get(name, "")
            if typed and getattr(answer, name) != Decimal(typed):
                self._witness.lose(f"KR-{one.number}: {name} was {typed} and is {getattr(answer, name)}")
        if answer.confidence.value != one.colour:
            self._witness.lose(f"KR-{one.number}: {one.colour} was said and {answer.confidence.value} is kept")
        named = one.texts.get("blocked_by", "")
        if named and not any(_blocks(blocker, named, answer.at) for blocker in blockers):
            self._witness.lose(f"KR-{one.number}: {named} was named as blocking it at {answer.at}, and is not kept")
        if one.texts.get("help"):
            self._wishes[one.number] = max(answer.at, self._wishes.get(one.number, answer.at))

    def _calls(self, session: Session, now: datetime) -> None:
        """What somebody was told is posted for them is there, with what they named as blocking, and was read."""
        told = [*self._told.calls[self._calls_seen :], *self._told.turned[self._turned_seen :]]
        self._calls_seen, self._turned_seen = len(self._told.calls), len(self._told.turned)
        if not told:
            return
        events = session.execute(
            sa.select(KeyResult.number, EscalationEvent)
            .join(Escalation, Escalation.id == EscalationEvent.escalation_id)
            .join(KeyResult, KeyResult.id == Escalation.key_result_id)
            .where(sa.or_(EscalationEvent.need.is_not(None), EscalationEvent.link.is_not(None)))
        ).all()
        blockers = _blockers(session)
        for one in told:
            said = (event.at for number, event in events if number == one.number and _says(event, one.said))
            at = next(said, None)
            if at is None:
                self._witness.lose(f"KR-{one.number}: help was asked for, and nobody knows: {one.said!r}")
            elif one.blocked_by and not any(_blocks(blocker, one.blocked_by, at) for blocker in blockers[one.number]):
                self._witness.lose(f"KR-{one.number}: {one.blocked_by} was named as blocking it, and is not kept")
        for one in told:
            is_read = one.order in self._told.needs_read or self._waits(session, one.number, now)
            if one.said.endswith(NEEDED) and not is_read:
                self._witness.lose(f"KR-{one.number}: nobody can read what is needed: {one.said!r}")

    def _threads(self, session: Session, now: datetime) -> None:
        """Every red, or wish for help, that was not resolved since has exactly one open thread, and no other key result
        has one."""
        witness = self._witness
        numbers = dict(session.execute(sa.select(KeyResult.id, KeyResult.number)).all())
        unresolved: set[int] = set()
        for key_result_id in session.scalars(
            sa.select(Escalation.key_result_id).where(Escalation.state != EscalationState.RESOLVED)
        ):
            unresolved.add(numbers[key_result_id])
        resolved_at = dict(
            session.execute(
                sa.select(Escalation.key_result_id, sa.func.max(Escalation.resolved_at)).group_by(
                    Escalation.key_result_id
                )
            ).all()
        )
        reds = session.execute(
            sa.select(CheckIn.key_result_id, sa.func.max(Answer.at))
            .join(CheckIn, CheckIn.id == Answer.check_in_id)
            .where(Answer.confidence == Confidence.RED)
            .group_by(CheckIn.key_result_id)
        )
        for key_result_id, red_at in reds:
            ended = resolved_at.get(key_result_id)
            if numbers[key_result_id] not in unresolved and (ended is None or ended < red_at):
                witness.lose(f"KR-{numbers[key_result_id]} is red since {red_at:%Y-%m-%d %H:%M}, and nobody is asked")
        for key_result_id, number in numbers.items():
            wished_at, ended = self._wishes.get(number), resolved_at.get(key_result_id)
            if wished_at is not None and number not in unresolved and (ended is None or ended < wished_at):
                witness.lose(f"KR-{number}: help was wished for at {wished_at:%Y-%m-%d %H:%M}, and nobody is asked")
        shown = witness.open_threads()
        for number in sorted(unresolved | set(shown)):
            places = shown.get(number, [])
            if number in unresolved and len(places) == 1:
                continue
            subjects = [f"{channel}/{ts}" for channel, ts in places]
            if not places and (self._is_with_one_person(session, number) or self._waits(session, number, now)):
                continue
            if not places:
                witness.lose(f"KR-{number} wants help, and no thread says so")
            elif number not in unresolved:
                witness.broke(f"KR-{number} is resolved, and a thread says that it is open", *subjects)
            else:
                witness.duplicates += 1
                witness.broke(f"KR-{number} has {len(places)} open threads", *subjects)

    def _is_with_one_person(self, session: Session, number: int) -> bool:
        """Whether the thread is a direct message, which says that it is open: nobody else is left to be in it."""
        root = _root_of(session, number)
        if root is None or root.member_id is None:
            return False
        message = self._witness.stands(root.posted_channel or "", root.posted_ts or "", root.opaque_id)
        return message is not None and self._witness.says_it_is_open(message)

    def _waits(self, session: Session, number: int, now: datetime) -> bool:
        """Whether the thread is for some people alone, and waits until one of them is at work."""
        root = _root_of(session, number) if number in self._roster.limited else None
        return root is not None and root.state is DeliveryState.QUEUED and root.not_before > now - PATIENCE

    def _decisions(self, session: Session) -> None:
        """What a lead was told is recorded is there once; what its thread says of it is looked at by `Ladder`."""
        told = self._told.decisions[self._decisions_seen :]
        self._decisions_seen = len(self._told.decisions)
        kept = Counter(session.scalars(sa.select(Decision.text)))
        for one in told:
            if kept[one.text] == 0:
                self._witness.lose(f"a decision was lost: {one.text!r}")
        for text, count in kept.items():
            if count > 1:
                self._witness.duplicates += 1
                self._witness.broke(f"a decision was recorded {count} times: {text!r}")

    def _shifts(self, session: Session) -> None:
        """The last word of a lead before the digest is what is kept."""
        kept = set(session.scalars(sa.select(StopOrShift.text)))
        last = {one.note_ts: one for one in self._told.shifts}
        for one in last.values():
            if one.text not in kept:
                self._witness.lose(f"what should stop or shift was lost: {one.text!r}")

    def _digests(self, monday: date) -> None:
        """One digest for each team that has key results which go on, and which everybody may see."""
        for team in self._roster.teams:
            told = team.numbers - self._roster.stopped - self._roster.limited
            if told and not self._witness.digests[team.channel, team.name, day(monday)]:
                self._witness.lose(f"{team.name} had no digest for the week of {monday}")

    def _strangers(self, session: Session) -> None:
        """Who may not, has changed nothing."""
        ids = [one.member_id for one in self._roster.people.values() if one.is_stranger]
        acted = session.scalar(
            sa.select(sa.func.count()).select_from(EscalationEvent).where(EscalationEvent.actor_id.in_(ids))
        )
        answered = session.scalar(sa.select(sa.func.count()).select_from(Answer).where(Answer.author_id.in_(ids)))
        if acted or answered:
            self._witness.broke(f"strangers have acted {acted} times and answered {answered} times")


def _shown(what: Shows) -> list[str]:
    """What somebody reads or presses of it, in order."""
    return [what.text, *_read(what.blocks)]


def _read(node: Any) -> Iterator[str]:
    """What can be read, and what its buttons stand for, in order."""
    if isinstance(node, dict):
        yield from (str(node[name]) for name in _SHOWN if isinstance(node.get(name), str))
        node = list(node.values())
    if isinstance(node, list | tuple):
        for child in node:
            yield from _read(child)


def _root_of(session: Session, number: int) -> Delivery | None:
    """The newest first message of a key result's open thread."""
    return session.scalar(
        sa.select(Delivery)
        .join(Escalation, Escalation.id == Delivery.escalation_id)
        .join(KeyResult, KeyResult.id == Escalation.key_result_id)
        .where(
            KeyResult.number == number,
            Escalation.state != EscalationState.RESOLVED,
            Delivery.kind == PostKind.ESCALATION,
        )
        .order_by(Delivery.id.desc())
        .limit(1)
    )


def _blockers(session: Session) -> dict[int, list[Blocker]]:
    """All that ever blocked, by the key result's number."""
    found: dict[int, list[Blocker]] = defaultdict(list)
    for number, blocker in session.execute(
        sa.select(KeyResult.number, Blocker).join(KeyResult, KeyResult.id == Blocker.key_result_id)
    ):
        found[number].append(blocker)
    return found


def _blocks(blocker: Blocker, named: str, at: datetime) -> bool:
    """Whether it names this, as the value of a menu's entry, and stood then."""
    stood = blocker.opened_at <= at and (blocker.cleared_at is None or blocker.cleared_at > at)
    return stood and blocked_by_of(blocker).value == named


def _says(event: EscalationEvent, said: str) -> bool:
    return event.need == said or (event.link or "").endswith(said)
