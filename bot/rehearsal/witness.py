"""Stands outside and watches what people see: at each effect at Slack, and against the database when all is at rest.

What it holds Okra to: nobody is asked twice for a period and nobody forgotten; what a person was told is saved is in
the database with exactly that text; every open escalation has exactly one open thread; no digest and no lead's note is
missing, late or there twice; a message never shows an older state again; replies stand under their root; who may not,
changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bot.blocks.dates import day
from bot.blocks.post import Post
from bot.blocks.prompt import AGAIN
from bot.localslack.core import LocalSlack
from bot.localslack.facts.method import ConversationKind
from bot.localslack.inputs import elements
from bot.localslack.state import Message
from bot.localslack.webapi.dispatch import Answer, Request
from bot.rehearsal.journal import Journal, Violation
from bot.rehearsal.roster import OwnTeam, Roster, Somebody
from bot.rehearsal.seam import Sent, opaque_id
from bot.rehearsal.timeline import Timeline
from bot.rehearsal.weather import Outage

Json = dict[str, Any]

# How long after its closing a prompt may still arrive: it may have been on its way.
UNDER_WAY = timedelta(minutes=5)
# How long it may take until Okra hears that somebody has left: events are repeated for six minutes, then lost.
NEWS = timedelta(days=2)
A_WEEK = timedelta(weeks=1)

_STAGES = "help wanted|.+ is on it|goes to [^·]+|back from [^·]+|decided|resolved"
_ROOT = re.compile(rf"KR-(\d+) .*: ({_STAGES}) · ", re.DOTALL)
_MORNING = re.compile(
    r"^Good morning: .*(?:decisions? (?:is|are) due|for help waits? for you|waits for your answer|wait for your team)"
)
_ENDS = re.compile(r"\*Decided\*|\*No decision was needed:\*")
_LEFT = re.compile(r"^🔒 (?:Made private|This key result has changed hands)")
_TAKEN_BACK = re.compile(rf"{_LEFT.pattern}|^This request for help is for fewer people now")
_NUMBER = re.compile(r"KR-(\d+)")
_DIGEST = re.compile(r"^(.+), week of (.+?): ")
_NOTE = re.compile(r"^(.+), (?:before the digest on|until) \w+ \d+:\d+: ")
_ANSWERED = re.compile(rf"^(?:Week of [^:]+: |{AGAIN}: )?(\d+) of \d+ answered")
_ALL_IN = re.compile(r"^Thank you: (?:it is|(?P<both>both) are|all (?P<all>\d+) are) in")
_STILL_OPEN = re.compile(r"^Put off until [^,]+, as you asked: (\d+) of (\d+) still open")
_NONE_YET = re.compile(
    rf"^(?:Good \w+|Hello|Welcome back|{AGAIN}|Put off until [^,]+, as you asked): \d+ key results?, about"
)
_OVER = re.compile(r"^(?:Week of |Nothing (?:is due|is open|is asked|here waits)|Answering was open)")
_REMINDER = re.compile(r"^(?:One check-in is|\d+ check-ins are) open until ")

MOST_REMINDERS = 2
# Nearer to each other than this they have piled up.
REMINDERS_APART = timedelta(hours=1)
# A digest, and the note to a lead, is read within this time of its hour, unless Slack was down then.
AFTER_ITS_HOUR = timedelta(hours=1)
# What somebody has pressed for shows within this time, outages included.
AT_ONCE = timedelta(hours=1)


class Witness:
    """Sees every effect. `on_message` is told of each new message, for people to react to."""

    def __init__(self, core: LocalSlack, timeline: Timeline, journal: Journal) -> None:
        self._core = core
        self._time = timeline
        self._journal = journal
        self.roster: Roster | None = None
        self.on_message: Callable[[Message], None] = lambda _message: None
        self.violations: list[Violation] = []
        self.duplicates = 0
        self.lost = 0
        self.messages: Counter[str] = Counter()
        self.updates = 0
        self.homes = 0
        self.places: dict[str, tuple[str, str]] = {}
        # The revision that an update has shown, by message, and that a post was drawn at, by its opaque id.
        self.drawn: dict[int, int] = {}
        self.posted_at: dict[str, int] = {}
        # How what stands reads, by its place.
        self.marks: dict[tuple[str, str], str] = {}
        self.stages: dict[tuple[str, str], tuple[int, str]] = {}
        self.digests: Counter[tuple[str, str, str]] = Counter()
        self._prompts: Counter[tuple[str, date]] = Counter()
        self._seconds: Counter[tuple[str, date]] = Counter()
        # How often a lead was told about a team before the digest of a week.
        self._notes: Counter[tuple[str, str, date]] = Counter()
        self.outages: Sequence[Outage] = ()
        self.put_off: set[tuple[str, date]] = set()
        self.goes_private: dict[tuple[int, str], datetime] = {}
        self._reminders: dict[tuple[str, date], list[datetime]] = defaultdict(list)
        self._answered: dict[tuple[str, str], int] = {}
        # Since when somebody reads that all of a week is in, by the place of its prompt; and that place.
        self._thanked: dict[tuple[str, str], datetime] = {}
        self._prompt_at: dict[tuple[str, date], tuple[str, str]] = {}
        self._asked_at: dict[tuple[str, date], datetime] = {}
        # How often somebody got a request about a key result, by its number and their id; and the replies of a thread.
        self.requests: Counter[tuple[int, str]] = Counter()
        self._mornings: Counter[tuple[str, date]] = Counter()
        self.replies: dict[tuple[str, str], set[str]] = defaultdict(set)
        # Threads that went on elsewhere, once they were made private.
        self.left: set[tuple[str, str]] = set()
        # How many answers of somebody may be hidden from themselves since, because what they are about is limited.
        self.hidden_since: Callable[[str], int] = lambda _person_id: 0
        self.on_effect: Callable[[Request, Json, Answer], None] = lambda *_: None
        self.on_post: Callable[[Request, Message, str, str], None] = lambda *_: None
        self.on_update: Callable[[Request, Message], None] = lambda *_: None
        self.on_home: Callable[[str], None] = lambda _person_id: None
        self._looks: dict[str, Callable[[Message, str], None]] = {
            "prompt": self._asked,
            "second prompt": self._asked_again,
            "reminder": self._reminded,
            "morning": self._morning,
            "request to a lead": self._wanted,
            "reply": self._replied,
            "thread": lambda message, _opaque: self._show_stage(message),
            "digest": self._digest,
            "lead's note": self._note,
            "other direct message": self._about_nothing,
            "stray": lambda message, opaque: self.broke(
                f"outside of any thread in a channel: {message.text[:80]!r}", opaque
            ),
        }
        core.on_effect = self._saw

    def broke(self, what: str, *subjects: str) -> None:
        """Note that a promise was broken."""
        self.violations.append(Violation(what, self._time.now(), self._journal.trace(*subjects)))

    def lose(self, what: str, *subjects: str) -> None:
        self.lost += 1
        self.broke(what, *subjects)

    def expect_prompt(self, person: Somebody, monday: date, *, is_answered: Callable[[], bool] = lambda: False) -> None:
        """To be called a while after answering has closed: whoever was here all the time was asked, once.

        `is_answered` is asked where nothing has come: whether all of it was saved before, of which they were not told.
        """
        if not person.was_settled(person.opens(monday) - NEWS, self._time.now()):
            return
        if self._prompts[person.id, monday] == 0 and not is_answered():
            self.lose(f"{person.name} was never asked for the week of {monday}", person.id)

    def expect_note(self, team: OwnTeam, monday: date, *, is_held_back: Callable[[], bool] = lambda: False) -> None:
        """To be called when a team's digest has come: whoever leads it, and was here all the week, was told before.

        `is_held_back` is asked where no note has come: whether they had so many messages that it stands on Home.
        """
        lead = self.roster.people.get(team.lead) if self.roster is not None else None
        now = self._time.now()
        if lead is None or not lead.was_settled(now - A_WEEK, now):
            return
        if self._notes[lead.id, team.name, monday] == 0 and not is_held_back():
            self.lose(f"{lead.name} had no note about {team.name} before the digest of the week of {monday}", lead.id)

    # Effects

    def _saw(self, request: Request, arguments: Json, answer: Answer) -> None:
        if not answer.body.get("ok"):
            return
        self.on_effect(request, arguments, answer)
        if request.method in ("chat.postMessage", "chat.update"):
            message = self._message(answer)
            self.marks[message.channel, message.ts] = Post(arguments["text"], tuple(arguments["blocks"])).mark
        if request.method == "chat.postMessage":
            self._posted(request, arguments, answer)
        elif request.method == "chat.update":
            self._updated(request, answer)
        elif request.method == "views.publish":
            self._published(request, arguments)

    def _posted(self, request: Request, arguments: Json, answer: Answer) -> None:
        message = self._message(answer)
        opaque = opaque_id(message.metadata)
        if isinstance(request, Sent) and request.drawing is not None:
            self.posted_at[opaque] = request.drawing[1]
        kind = self._kind(message)
        self.messages[kind] += 1
        self._journal.note(opaque, f"posted in {message.channel}: {message.text[:80]!r}")
        if opaque in self.places:
            self.duplicates += 1
            self.broke(f"said twice: {message.text[:80]!r}", opaque)
        self.places[opaque] = (message.channel, message.ts)
        look = self._looks.get(kind)
        if look is not None:
            look(message, opaque)
        self.on_post(request, message, kind, opaque)
        self.on_message(message)

    def _asked(self, message: Message, opaque: str) -> None:
        person = self.partner(message)
        monday = _period(message)
        if person is None or monday is None:
            return
        self._prompts[person.id, monday] += 1
        self._asked_at[person.id, monday] = self._time.now()
        self._prompt_at[person.id, monday] = (message.channel, message.ts)
        self._journal.note(person.id, f"asked for {monday}")
        if self._prompts[person.id, monday] > 1:
            self.duplicates += 1
            self.broke(f"{person.name} was asked twice for the week of {monday}", opaque, person.id)
        now = self._time.now()
        was_settled = person.was_settled(person.opens(monday) - NEWS, now)
        if now < person.opens(monday) and was_settled:
            self.broke(f"{person.name} was asked for the week of {monday} before it had begun", opaque)
        if now > person.closes(monday) + UNDER_WAY and was_settled:
            self.broke(f"{person.name} was asked for the week of {monday} after it had closed", opaque)
        self.at_work(person, f"asked for the week of {monday}", opaque)

    def _asked_again(self, message: Message, opaque: str) -> None:
        """Who put a prompt off is asked about it once more, at work, and nobody else is."""
        person = self.partner(message)
        monday = _period(message)
        if person is None or monday is None:
            return
        self._journal.note(person.id, f"asked again for {monday}")
        if (person.id, monday) not in self.put_off:
            self.broke(f"{person.name} was asked again for the week of {monday} and had not put it off", opaque)
        self._seconds[person.id, monday] += 1
        if self._seconds[person.id, monday] > 1:
            self.duplicates += 1
            self.broke(f"{person.name} was asked again twice for the week of {monday}", opaque, person.id)
        self.at_work(person, f"asked again for the week of {monday}", opaque)

    def _reminded(self, message: Message, opaque: str) -> None:
        person = self.partner(message)
        monday = _period(message)
        if person is None or monday is None:
            return
        now = self._time.now()
        before = self._reminders[person.id, monday]
        self._journal.note(person.id, f"reminded of {monday}")
        if len(before) >= MOST_REMINDERS:
            self.duplicates += 1
            self.broke(f"{person.name} was reminded {len(before) + 1} times of the week of {monday}", opaque, person.id)
        elif before and now - before[-1] < REMINDERS_APART:
            self.broke(f"{person.name} was reminded twice within the hour", opaque, person.id)
        elif now - self._asked_at.get((person.id, monday), now) < REMINDERS_APART:
            self.broke(f"{person.name} was reminded right after they were asked", opaque, person.id)
        thanked = self._thanked.get(self._prompt_at.get((person.id, monday), ("", "")))
        if thanked is not None and now - thanked > UNDER_WAY:
            self.broke(f"{person.name} was reminded of {monday}, and had been thanked for all of it", opaque, person.id)
        before.append(now)
        self.at_work(person, "reminded", opaque)

    def _morning(self, message: Message, opaque: str) -> None:
        """Somebody is asked for all that waits for them: in one message a day, at work."""
        person, now = self.partner(message), self._time.now()
        if person is None:
            return
        today = now.astimezone(person.zone).date()
        self._mornings[person.id, today] += 1
        if self._mornings[person.id, today] > 1 and person.was_settled(now - NEWS, now):
            self.duplicates += 1
            self.broke(f"{person.name} had two messages on the morning of {today:%d %B}", opaque, person.id)
        self.at_work(person, "sent their morning's message", opaque)

    def _replied(self, message: Message, _opaque: str) -> None:
        self.replies[message.channel, message.thread_ts or ""].add(message.ts)

    def _about_nothing(self, message: Message, opaque: str) -> None:
        if _ALL_IN.match(message.text) or _OVER.match(message.text):
            self.broke(f"asks about nothing: {message.text[:80]!r}", opaque)

    def _wanted(self, message: Message, opaque: str) -> None:
        """Somebody is asked for help with a key result."""
        person, found = self.partner(message), _NUMBER.search(message.text)
        if person is not None and found is not None:
            request = (int(found[1]), person.id)
            self.requests[request] += 1
            self._journal.note(person.id, f"asked for help with KR-{found[1]}")
            made_private = self.goes_private.get(request)
            if made_private is not None and self._time.now() - made_private < AT_ONCE:
                # Nobody else is left to be in the thread, so it goes on with them: they have asked for that just now.
                return
            self.at_work(person, f"asked for help with KR-{found[1]}", opaque)

    def at_work(self, person: Somebody, what: str, opaque: str) -> None:
        """Nobody is asked for anything at night or at a weekend, or once they have left."""
        now = self._time.now()
        if person.left_at is not None and now > person.left_at + NEWS:
            self.broke(f"{person.name} was {what} long after leaving", opaque, person.id)
        if person.was_settled(now - NEWS, now) and not person.is_at_work(now):
            self.broke(f"{person.name} was {what} on {now.astimezone(person.zone):%A at %H:%M}", opaque, person.id)

    def _digest(self, message: Message, opaque: str) -> None:
        found = _DIGEST.match(message.text)
        if found is None:
            return
        channel, team, week = message.channel, found[1], found[2]
        self.digests[channel, team, week] += 1
        if self.digests[channel, team, week] > 1:
            self.duplicates += 1
            self.broke(f"the digest of {team} for the week of {week} came twice", opaque)
        of = self.roster.teams_by_name.get(team) if self.roster is not None else None
        if of is not None:
            self._digest_hour(of, week, opaque)

    def _digest_hour(self, team: OwnTeam, week: str, opaque: str) -> None:
        now = self._time.now()
        monday = team.due(now)
        if day(monday) != week:
            self.broke(f"the digest of {team.name} for the week of {week} came when that of {monday} was due", opaque)
            return
        due = team.digest_at(monday)
        if now > self._up_since(due) + AFTER_ITS_HOUR:
            self.broke(f"the digest of {team.name} for the week of {week} came {now - due} after its hour", opaque)

    def _up_since(self, at: datetime) -> datetime:
        """`at` itself, or when Slack is there again where it is down within what a message may take."""
        return max([at, *(one.until for one in self.outages if one.since < at + AFTER_ITS_HOUR and at < one.until)])

    def _note(self, message: Message, opaque: str) -> None:
        """Whoever leads a team is told about it once, before its digest."""
        person, found = self.partner(message), _NOTE.match(message.text)
        team = self.roster.teams_by_name.get(found[1]) if self.roster is not None and found is not None else None
        if person is None or team is None:
            return
        monday = team.due(self._time.now()) + timedelta(weeks=1)
        self._notes[person.id, team.name, monday] += 1
        if self._notes[person.id, team.name, monday] > 1:
            self.duplicates += 1
            self.broke(f"{person.name} was told twice about {team.name} in the week of {monday}", opaque, person.id)
        self.at_work(person, f"told about {team.name}", opaque)

    def _updated(self, request: Request, answer: Answer) -> None:
        self.updates += 1
        message = self._message(answer)
        drawing = request.drawing if isinstance(request, Sent) else None
        subject = f"{message.channel}/{message.ts}"
        if drawing is not None:
            message_id, revision = drawing
            self._journal.note(subject, f"shows revision {revision}: {message.text[:60]!r}")
            if revision < self.drawn.get(message_id, self.posted_at.get(opaque_id(message.metadata), 0)):
                self.broke(f"went back to an older state: {message.text[:80]!r}", subject)
            self.drawn[message_id] = revision
        self._never_fewer(message, subject)
        if message.thread_ts is None and self._is_channel(message):
            if _ROOT.search(message.text) is not None:
                self._show_stage(message)
            elif _LEFT.match(message.text) is not None and (message.channel, message.ts) in self.stages:
                del self.stages[message.channel, message.ts]
                self.left.add((message.channel, message.ts))
        self.on_update(request, message)

    def _published(self, request: Request, arguments: Json) -> None:
        """Somebody's Home is shown anew, and never an older state than before."""
        self.homes += 1
        person_id = str(arguments.get("user_id"))
        drawing = request.drawing if isinstance(request, Sent) else None
        if drawing is not None:
            home, revision = drawing
            if revision < self.drawn.get(home, 0):
                self.broke("a Home went back to an older state", person_id)
            self.drawn[home] = revision
        self.on_home(person_id)

    def _never_fewer(self, message: Message, subject: str) -> None:
        """What was answered stays so, though more may be asked; a reader of "all are in" has nothing to do."""
        if _ALL_IN.match(message.text) is not None:
            self._thanked.setdefault((message.channel, message.ts), self._time.now())
        else:
            self._thanked.pop((message.channel, message.ts), None)
        count = _answers(message.text)
        if count is None:
            return
        before = self._answered.get((message.channel, message.ts), 0)
        if count < before and before - count > self._hidden_since(message):
            self.broke(f"fewer answers than before: {message.text[:80]!r}", subject)
        self._answered[message.channel, message.ts] = max(count, before)

    def _hidden_since(self, message: Message) -> int:
        person = self.partner(message)
        return self.hidden_since(person.id) if person is not None else 0

    def _show_stage(self, message: Message) -> None:
        found = _ROOT.search(message.text)
        if found is None:
            return
        self.stages[message.channel, message.ts] = (int(found[1]), found[2])
        if found[2] == "resolved" and not _ENDS.search(str(message.blocks)):
            subject = f"{message.channel}/{message.ts}"
            self.broke(f"resolved without a decision or a reason: {message.text[:80]!r}", subject)

    # Reading messages

    def _kind(self, message: Message) -> str:
        """What a reader would call it."""
        if message.thread_ts is not None:
            return "reply"
        if not self._is_channel(message):
            actions = {element["action_id"] for _, element in elements(message.blocks)}
            if "check_in" in actions:
                if message.text.startswith(AGAIN):
                    return "second prompt"
                return "reminder" if is_reminder(message) else "prompt"
            if is_morning(message):
                return "morning"
            # Without a button where its team has nothing that a digest may tell.
            if "answer_note" in actions or _NOTE.match(message.text) is not None:
                return "lead's note"
            return "request to a lead" if "decide" in actions else "other direct message"
        if _ROOT.search(message.text) is not None:
            return "thread"
        return "digest" if _DIGEST.match(message.text) is not None else "stray"

    def _is_channel(self, message: Message) -> bool:
        return self._core.workspace.channels[message.channel].kind is not ConversationKind.DIRECT

    def _message(self, answer: Answer) -> Message:
        return self._core.workspace.channels[answer.body["channel"]].messages[answer.body["ts"]]

    def partner(self, message: Message) -> Somebody | None:
        if self.roster is None:
            return None
        members = self._core.workspace.channels[message.channel].members
        return next((self.roster.people[one] for one in members if one in self.roster.people), None)

    def open_threads(self) -> dict[int, list[tuple[str, str]]]:
        """The threads that do not say they are resolved, by key result number."""
        found: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for place, (number, stage) in self.stages.items():
            if stage != "resolved":
                found[number].append(place)
        return found

    def says_it_is_open(self, message: Message) -> bool:
        """Whether it is the first message of a thread, or a request, that is not resolved."""
        found = _ROOT.search(message.text)
        return found is not None and found[2] != "resolved"

    def is_taken_back(self, message: Message) -> bool:
        """Whether nothing stands any more where a request for help stood."""
        return _TAKEN_BACK.match(message.text) is not None

    def stands(self, channel: str, ts: str, opaque: str) -> Message | None:
        """The message with this id at this place, as people can read it."""
        where = self._core.workspace.channels.get(channel)
        message = where.messages.get(ts) if where is not None else None
        return message if message is not None and opaque_id(message.metadata) == opaque else None


def is_reminder(message: Message) -> bool:
    """Whether it reminds of a prompt, which came before it."""
    return _REMINDER.match(message.text) is not None


def is_prompt(message: Message) -> bool:
    """Whether it asks for a check-in: the first time, again, or as a reminder."""
    return _period(message) is not None


def is_morning(message: Message) -> bool:
    """Whether it asks for all that waits for its reader's decision."""
    return _MORNING.match(message.text) is not None


def _answers(text: str) -> int | None:
    """How many answers a prompt says that it has; None where it does not say."""
    if (some := _ANSWERED.match(text)) is not None:
        return int(some[1])
    if (all_in := _ALL_IN.match(text)) is not None:
        return 2 if all_in["both"] else int(all_in["all"] or 1)
    if (still := _STILL_OPEN.match(text)) is not None:
        return int(still[2]) - int(still[1])
    return 0 if _NONE_YET.match(text) is not None else None


def _period(message: Message) -> date | None:
    for _, element in elements(message.blocks):
        if element["action_id"] == "check_in":
            return date.fromisoformat(element["value"])
    return None
