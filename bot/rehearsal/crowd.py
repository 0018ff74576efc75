"""The people: each reacts to what arrives, in their own time, by what they see. Their stories are generators that
yield how many seconds they wait."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from bot.blocks.prompt import AGAIN
from bot.localslack.core import LocalSlack
from bot.localslack.facts.method import ConversationKind
from bot.localslack.state import Message, View
from bot.rehearsal.hands import Hands
from bot.rehearsal.roster import Roster, Somebody
from bot.rehearsal.timeline import Timeline
from bot.rehearsal.told import Told
from bot.rehearsal.witness import is_morning, is_prompt, is_reminder

Story = Iterator[float]

MINUTE, HOUR = 60.0, 3600.0
# How long somebody looks at a dialog for an answer before they press again.
PATIENCE = 6.0
# How long before everything is looked at nobody begins anything new.
QUIET = timedelta(hours=1)
# The share of those who check in before they are asked.
EARLY = 0.04


class Crowd:
    """Everybody, with what they share.

    `outage_ends`: until when Slack is down, for nobody can act meanwhile. `homes`: when each person's Home was last
    shown anew, by their id; `no_home` is told of somebody who has opened theirs in vain, since when, and `let_in` of
    somebody who has come in by a door that is not theirs.
    """

    def __init__(
        self,
        core: LocalSlack,
        timeline: Timeline,
        roster: Roster,
        told: Told,
        *,
        outage_ends: Callable[[], datetime | None],
        homes: Mapping[str, datetime],
        no_home: Callable[[Somebody, datetime], None],
        let_in: Callable[[Somebody, str], None],
    ) -> None:
        from bot.rehearsal import between, calls, curious, follow_ups, leads, leave, owners

        self.core = core
        self.time = timeline
        self.roster = roster
        self.told = told
        self._outage_ends = outage_ends
        self._busy: set[str] = set()
        self._owners = owners
        self._leads = leads
        self._leave = leave
        self._calls = calls
        self._curious = curious
        self._between = between
        self._follow_ups = follow_ups
        self.homes = homes
        self.no_home = no_home
        self.let_in = let_in
        # At rest everything is looked at: shortly before nobody begins anything.
        self.rests_at: datetime | None = None
        self.size = len(roster.owners)
        self._strangers = [one for one in roster.people.values() if one.is_stranger]

    def hands(self, person: Somebody) -> Hands:
        return Hands(self.core, person.id)

    def begin(self, person: Somebody, story: Story) -> None:
        """Let a story go on, a step at a time. Who has left does nothing."""
        if person.left_at is not None:
            return
        ends = self._outage_ends() or self._rest_ends()
        if ends is not None:
            self.time.at(ends + timedelta(seconds=person.random.uniform(1, 1800)), lambda: self.begin(person, story))
            return
        seconds = next(story, None)
        if seconds is not None:
            self.time.after(seconds, lambda: self.begin(person, story))

    def _rest_ends(self) -> datetime | None:
        if self.rests_at is not None and self.rests_at - QUIET <= self.time.now() < self.rests_at:
            return self.rests_at
        return None

    def alone(self, person: Somebody, story: Story) -> Story:
        """Let somebody do this unless they are at something of the kind: nobody fills in one dialog twice at once."""
        if person.id in self._busy:
            return
        self._busy.add(person.id)
        try:
            yield from story
        finally:
            self._busy.discard(person.id)

    def notice(self, message: Message) -> None:
        """A message has come: who reads it, and what do they make of it?"""
        self.told.read(message)
        channel = self.core.workspace.channels[message.channel]
        if channel.kind is ConversationKind.DIRECT:
            for member in channel.members:
                person = self.roster.people.get(member)
                if person is not None:
                    self._direct(person, message)
            return
        if message.thread_ts is None and self._strangers and channel.kind is not ConversationKind.GROUP:
            # One stream for what happens in a channel: its place in the story is the message's.
            random = Random(message.ts)  # noqa: S311 - a story, not a secret
            if Hands(self.core, self._strangers[0].id).sees(message, "I'll take it") and random.random() < 0.3:
                stranger = random.choice(self._strangers)
                self.begin(stranger, self._leads.press_without_leave(self, stranger, message))

    def _direct(self, person: Somebody, message: Message) -> None:
        hands = self.hands(person)
        if is_reminder(message) or message.text.startswith(AGAIN):
            self.begin(person, self._owners.reminded(self, person, message))
        elif is_prompt(message):
            self.begin(person, self._owners.check_in(self, person, message))
        elif hands.sees(message, "Check in"):
            self.begin(person, self._owners.questioned(self, person, message))
        elif hands.sees(message, "Not this"):
            self.begin(person, self._owners.understood(self, person, message))
        elif hands.sees(message, "I'll own it"):
            self.begin(person, self._leave.answer_offer(self, person, message))
        elif hands.sees(message, "Answer"):
            self.begin(person, self._leads.answer_note(self, person, message))
        elif is_morning(message):
            self.begin(person, self._follow_ups.asked(self, person, message))
            if hands.sees(message, "Decide"):
                self.begin(person, self._leads.help(self, person, message))
            if self._between.waited_for(message) is not None:
                self.begin(person, self._between.answer(self, person, message))
        elif self._between.waited_for(message) is not None:
            self.begin(person, self._between.answer(self, person, message))
        elif hands.sees(message, "Decide"):
            self.begin(person, self._leads.help(self, person, message))
        elif hands.sees(message, "Done"):
            self.begin(person, self._follow_ups.told(self, person, message))

    def plan_week(self, person: Somebody, monday: date) -> None:
        """Some tell before they are asked."""
        self._leave.plan_week(self, person, monday)
        self._calls.plan_week(self, person, monday)
        self._curious.plan_week(self, person, monday)
        opens = person.opens(monday).astimezone(UTC)
        if person.random.random() < EARLY:
            at = opens - timedelta(seconds=person.random.uniform(10 * MINUTE, 2 * HOUR))
            self.time.at(at, lambda: self.begin(person, self.alone(person, self._owners.early(self, person, monday))))

    def seconds_until(self, instant: datetime) -> float:
        return max(0.0, (instant - self.time.now()).total_seconds())

    def local(self, zone: ZoneInfo) -> datetime:
        return self.time.now().astimezone(zone)


def open_by(hands: Hands, random: Random, press: Callable[[], bool], *, tries: int = 5) -> Story:
    """Press until a dialog opens, or give up. There is one screen: what is open on it is finished first."""
    waited = 0.0
    while hands.dialog is not None and waited < 2 * HOUR:
        yield 20.0
        waited += 20.0
    # Left open and forgotten.
    hands.close()
    for _ in range(tries):
        if not press():
            return
        waited = 0.0
        while hands.dialog is None and waited < PATIENCE:
            yield 0.5
            waited += 0.5
        if hands.dialog is not None:
            return
        yield random.uniform(20, 300)


def submit(hands: Hands, random: Random, *, twice: bool = False, tries: int = 6) -> Iterator[float]:
    """Submit until the dialog shows something else or is gone, or give up with it as it is.

    What only tells something has no button for it: the answer to an earlier press, which came late.
    """
    for _ in range(tries):
        view = hands.dialog
        if view is None or view.body.get("submit") is None:
            return
        before = view.hash
        hands.submit(twice=twice)
        twice = False
        waited = 0.0
        while waited < PATIENCE and same(hands.dialog, before) and not (view.trouble or view.errors):
            yield 0.4
            waited += 0.4
        if not same(hands.dialog, before):
            return
        yield random.uniform(3, 60)


def same(view: View | None, before: str) -> bool:
    return view is not None and view.hash == before
