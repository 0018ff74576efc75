"""The local Slack without I/O: requests of the app in, answers out; acts of people in, deliveries to the app out.

`LocalSlack` keeps no thread and opens no socket. A transport asks it for what is due (`outgoing.take`), carries that to
the app, and reports back; the server in this package is one, a simulation in one thread can be another. What goes wrong
on purpose is in `faults`; see `bot.localslack.faults`.
"""

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.localslack import acts, commands, events
from bot.localslack.admission import Admission
from bot.localslack.clock import SlackClock
from bot.localslack.errors import ActError, SetupError, SlackError
from bot.localslack.exchange import Afterwards, Exchange, hide, instead
from bot.localslack.faults import Effect, Fate
from bot.localslack.manifest import AppConfig
from bot.localslack.outgoing import Delivery, Kind
from bot.localslack.screen import Screen
from bot.localslack.socketmode import Connections
from bot.localslack.state import Channel, Message, Person
from bot.localslack.webapi import dispatch
from bot.localslack.webapi.dispatch import Answer, Call, Request
from bot.localslack.world import World

Json = dict[str, Any]

PERSON_FIELDS = frozenset(
    {
        "name", "real_name", "display_name", "email", "title", "tz", "locale", "deleted", "is_bot", "is_admin",
        "is_owner", "is_restricted", "is_ultra_restricted", "is_stranger", "works_at", "status_text", "status_emoji",
    }
)  # fmt: skip
CALLS_KEPT = 5_000


class LocalSlack(World):
    """One app and its workspaces, with everything that can happen in them."""

    def __init__(
        self,
        app: AppConfig,
        clock: SlackClock | None = None,
        *,
        seed: int = 0,
        workspace_name: str = "Kauri",
        domain: str = "kauri",
        admission: Admission | None = None,
    ) -> None:
        """Begin with one empty workspace with the app's bot in it. Without `admission` nothing is rate limited."""
        super().__init__(app, clock or SlackClock(), seed=seed, admission=admission)
        self.connections = Connections(self.ids)
        self._afterwards = Afterwards()
        self.calls: deque[Call] = deque(maxlen=CALLS_KEPT)
        # Methods that the app called and this Slack does not speak, with how often.
        self.unknown_methods: Counter[str] = Counter()
        # Told of every call at the moment of its effect, a late one too, with the method's own answer.
        self.on_effect: Callable[[Request, Json, Answer], None] = _unseen
        self.add_workspace(workspace_name, domain, app.bot_token)

    def handle(self, request: Request) -> Answer:
        """Answer one Web API call, with nothing going wrong on the way."""
        answer, arguments = dispatch.answer(self, self.connections, request)
        self._log(Call(request.method, arguments, answer))
        return answer

    def exchange(self, request: Request) -> Exchange:
        """Answer one Web API call as `faults` will have it: with its effect now, later or not at all."""
        self.run_due()
        now = self.clock.now()
        fate = self.faults.fate(request.method, now)
        fault = fate.kind.value if fate.kind is not None else None
        if fate.effect is Effect.NOW:
            answer, arguments = dispatch.answer(self, self.connections, request)
            hide(self, answer, fate.lag, now)
            self.on_effect(request, arguments, answer)
            if fate.replaces_answer:
                answer = instead(fate)
        else:
            answer, arguments = instead(fate), dispatch.arguments_of(request)
        if fate.effect is Effect.LATE:
            self._later(partial(self._happen, request, fate.lag), fate, now)
        self._log(Call(request.method, arguments, answer, fault))
        return Exchange(answer, fate)

    def at_address(self, name: str, use: Callable[[], str]) -> Exchange:
        """Use an address that Slack gave out, as `faults` will have it by this name: with its effect now, later or not
        at all. `use` has the effect and gives the answer, or raises SlackError."""
        self.run_due()
        now = self.clock.now()
        fate = self.faults.fate(name, now)
        plain, problem = None, None
        if fate.effect is Effect.NOW:
            plain, problem = _used(use)
        if fate.effect is Effect.LATE:
            self._later(lambda due: _used(use), fate, now)
        if fate.replaces_answer:
            answer = instead(fate)
            # No method answers here, so an error has a status.
            return Exchange(replace(answer, status=500) if answer.status == 200 else answer, fate)
        return Exchange(problem or Answer({}), fate, plain if problem is None else None)

    def _later(self, happen: Callable[[datetime], object], fate: Fate, now: datetime) -> None:
        self._afterwards.add(happen, now + timedelta(seconds=fate.effect_after))
        self.outgoing.on_due()

    def _happen(self, request: Request, lag: float, due: datetime) -> None:
        answer, arguments = dispatch.answer(self, self.connections, request)
        # A clock that jumped shows more than the effect's own instant by now.
        hide(self, answer, lag, due)
        self.on_effect(request, arguments, answer)

    def next_due(self) -> datetime | None:
        """The earliest instant at which something happens by itself: a late effect, or a payload for the app."""
        instants = (self._afterwards.next_due(), self.outgoing.next_due())
        return min((instant for instant in instants if instant is not None), default=None)

    def run_due(self) -> None:
        """Let the late effects happen whose time has come. `jump_to` and `exchange` do it too."""
        while (late := self._afterwards.take(self.clock.now())) is not None:
            late.happen(late.due)

    def call(self, method: str, token: str | None = None, **arguments: Any) -> Json:
        """Answer one call given as values rather than bytes; the app's bot token unless another one is given."""
        given = {"token": token if token is not None else self.app.bot_token} | arguments
        answer, merged = dispatch.answer_values(self, self.connections, method, given)
        self._log(Call(method, merged, answer))
        return answer.body

    def _log(self, call: Call) -> None:
        self.calls.append(call)
        if call.answer.body.get("error") == "unknown_method":
            self.unknown_methods[call.method] += 1
            self.touch()

    def install(self, app: AppConfig) -> None:
        """Put another manifest (and its credentials) in the place of the present one; tokens of before stop working."""
        workspace = self.workspace
        old = self.installation(workspace)
        self.app = app
        del self.installations[old.bot_token]
        old.bot_token, old.scopes = app.bot_token, app.bot_scopes
        old.revoked = old.uninstalled = False
        self.installations[app.bot_token] = old
        workspace.people[old.bot_user].real_name = app.name
        self.touch()

    def add_person(self, real_name: str, *, tz: str = "Etc/UTC", joins: bool = False, **fields: Any) -> Person:
        """Add a person. `joins`: the app hears of it as team_join. Other fields: see PERSON_FIELDS.

        Raises SetupError for an unknown zone, field or a handle that is taken."""
        workspace = self.workspace
        self._check_fields(fields)
        _check_zone(tz)
        name = fields.pop("name", None) or real_name.lower().replace(" ", ".")
        person = Person(self.ids.next("U"), name, real_name, tz, **fields)
        person.updated = int(self.clock.now().timestamp())
        workspace.people[person.id] = person
        if joins:
            events.team_joined(self, workspace, person)
        self.touch()
        return person

    def change_person(self, person_id: str, *, quietly: bool = False, **fields: Any) -> Person:
        """Change a person's fields; the app hears of it as user_change unless `quietly`. Raises SetupError."""
        person = self.person(self.workspace, person_id)
        self._check_fields(fields)
        if "tz" in fields:
            _check_zone(fields["tz"])
        for field, value in fields.items():
            setattr(person, field, value)
        person.updated = int(self.clock.now().timestamp())
        if not quietly:
            events.user_changed(self, self.workspace, person)
        self.touch()
        return person

    def move_member(self, channel: Channel, person_id: str, *, joins: bool) -> None:
        """Put a person (or the app) into a channel, or take them out; the app hears of it where it is a member."""
        workspace = self.workspace
        self.person(workspace, person_id)
        if joins == (person_id in channel.members):
            return
        if joins:
            self.join(workspace, channel, person_id)
        else:
            del channel.members[person_id]
            workspace.channels_of.get(person_id, {}).pop(channel.id, None)
        events.member_moved(self, workspace, channel, person_id, joined=joins)
        self.touch()

    def archive(self, channel: Channel, *, archived: bool = True) -> None:
        channel.archived = archived
        events.channel_archived(self, self.workspace, channel, archived=archived)
        self.touch()

    def uninstall(self) -> None:
        """Remove the app from the workspace: its tokens stop working, and it hears of both."""
        workspace = self.workspace
        installation = self.installation(workspace)
        installation.uninstalled = True
        tokens = {"oauth": [], "bot": [installation.bot_user]}
        events.send(self, workspace, "tokens_revoked", {"type": "tokens_revoked", "tokens": tokens})
        events.send(self, workspace, "app_uninstalled", {"type": "app_uninstalled"})
        self.touch()

    def revoke_tokens(self) -> None:
        """Revoke the bot's token; the app stays installed."""
        workspace = self.workspace
        installation = self.installation(workspace)
        installation.revoked = True
        tokens = {"oauth": [], "bot": [installation.bot_user]}
        events.send(self, workspace, "tokens_revoked", {"type": "tokens_revoked", "tokens": tokens})
        self.touch()

    def say(
        self,
        person_id: str,
        text: str,
        *,
        to: str | None = None,
        thread_ts: str | None = None,
        file: str | None = None,
    ) -> Message:
        """A person writes: to the app, or `to` a channel or person (name or id). `file`: the name of one beside it.
        Raises ActError."""
        workspace = self.workspace
        person = acts.actor(self, workspace, person_id)
        channel = commands.conversation_for(self, workspace, person, to or self.app.name)
        return commands.say(self, workspace, person_id, text, channel=channel.id, thread_ts=thread_ts, file=file)

    def open_app(self, person_id: str, tab: str = "home") -> Delivery | None:
        """A person opens the app's Home or Messages tab."""
        return commands.open_app(self, self.workspace, person_id, tab)

    def deliver_again(self, delivery_id: str) -> Delivery:
        """Send what was sent before once more, byte for byte (an event keeps its event_id). Raises ActError."""
        old = self.outgoing.find(delivery_id)
        if old is None:
            raise ActError("that delivery is not remembered")
        return self.outgoing.add(old.kind, old.payload, old.person, on_reply=old.on_reply, on_error=old.on_error)

    def last_event(self, kind: str | None = None) -> Delivery | None:
        """The newest event that a person caused (by their act, not by a post of the app), of a type when given."""
        return self.outgoing.last(
            lambda one: (
                one.kind is Kind.EVENT
                and one.payload["event"].get("bot_id") is None
                and one.payload["event"].get("subtype") not in ("message_changed", "message_deleted")
                and kind in (None, one.payload["event"]["type"])
            )
        )

    def screen(self, person_id: str) -> Screen:
        return Screen(self, self.workspace, self.person(self.workspace, person_id))

    def people_named(self, wanted: str) -> list[Person]:
        """Everybody whom others would call so: by name shown, real name, handle or id."""
        return [
            one for one in self.workspace.people.values() if wanted in (one.id, one.shown_name, one.real_name, one.name)
        ]

    def jump_to(self, instant: datetime) -> datetime:
        """Push the clock forward (see SlackClock.jump_to). Retries that became due are due at once."""
        now = self.clock.jump_to(instant)
        self.run_due()
        self.outgoing.on_due()
        self.touch()
        return now

    @staticmethod
    def _check_fields(fields: Json) -> None:
        strange = sorted(set(fields) - PERSON_FIELDS)
        if strange:
            raise SetupError(f"a person has no {', '.join(strange)}")


def _used(use: Callable[[], str]) -> tuple[str | None, Answer | None]:
    """What an address answers, or which refusal."""
    try:
        return use(), None
    except SlackError as problem:
        told = {"ok": False, "error": problem.error} | problem.extra
        return None, Answer(told, problem.status if problem.status >= 400 else 400)


def _unseen(request: Request, arguments: Json, answer: Answer) -> None:
    del request, arguments, answer


def _check_zone(tz: str) -> None:
    try:
        ZoneInfo(tz)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise SetupError(f"{tz!r} is not an IANA time zone") from problem
