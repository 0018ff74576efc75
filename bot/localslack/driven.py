"""One person in the driver's hands: what they can do and what they see."""

from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from bot.localslack.seen import (
    Control,
    Field,
    Home,
    Modal,
    Note,
    Outcome,
    Seen,
    Surface,
    find_control,
    message_seen,
    surface_of,
)
from bot.localslack.wire import NotSeen, Wire

Json = dict[str, Any]
Value = str | int | float | Decimal | date | datetime | time | list[str] | None
Where = Seen | Surface | str


class Room:
    """A channel or conversation as one person sees it."""

    def __init__(self, person: "DrivenPerson", name: str) -> None:
        self._person = person
        self._name = name

    @property
    def messages(self) -> list[Seen]:
        """The newest 200 messages outside of threads, oldest first."""
        return self._person.conversation(self._name)

    def thread_of(self, words: str) -> list[Seen]:
        """The thread whose root contains these words: the root, then the replies. Raises NotSeen."""
        roots = [one for one in self.messages if words in one.text or words in one.headline]
        if not roots:
            raise NotSeen(f"no message in {self._name!r} says {words!r}; there are: {_words(self.messages)}")
        return self._person.thread(roots[-1])


class DrivenPerson:
    """Made by `Driver.person`."""

    def __init__(self, wire: Wire, raw: Json) -> None:
        self._wire = wire
        self.id: str = raw["id"]
        self.name: str = raw["shown_name"]
        self.tz: str = raw["tz"]

    def __repr__(self) -> str:
        return f"<{self.name} ({self.tz})>"

    # What they do

    def command(self, line: str, *, in_: str | None = None) -> Outcome:
        """Type a slash command; in the conversation with the app unless `in_` names a channel."""
        return self._act("command", line=line, to=in_)

    def says(self, text: str, *, to: str | None = None, thread: Seen | None = None, file: str | None = None) -> Outcome:
        """Write a message: to the app, or `to` a channel or person; in a thread when one is given. `file`: the name of
        one beside it."""
        if thread is not None:
            return self._act("say", text=text, to=thread.channel, thread_ts=thread.thread_ts or thread.ts, file=file)
        return self._act("say", text=text, to=to, file=file)

    def press(self, label: str, *, in_: Where | None = None, beside: str | None = None) -> Outcome:
        """Press a button, or an entry of an overflow menu, by its words.

        Without `in_`: the open dialog if it has one (its submit and close buttons included), else Home while it is
        looked at, else the newest message that has one. `in_`: a message as it is now, a dialog or Home, or words of a
        message. `beside`: words near the button, where several look alike. Raises NotSeen.
        """
        modal = self.modal
        if in_ is None and modal is not None and label not in modal.buttons:
            if label == modal.submit_label:
                return self.submit()
            if label == modal.close_label:
                return self.close()
        for place, controls in self._places(in_, modal):
            hit = find_control(controls, label, beside)
            if hit is not None:
                return self._touch(place, hit.control, hit.option)
        raise NotSeen(f"{self.name} sees no button {label!r}{_near(beside)}; {self._all_buttons(in_)}")

    def choose(self, label: str, option: Value) -> Outcome:
        """Choose from a menu by its label or placeholder: in the dialog, on Home, or in a message."""
        surface: Surface | None = self.modal
        if surface is None and self._looks_at_home:
            surface = self.home
        if surface is not None:
            return self.fill(label, option, in_=surface)
        for place, controls in self._places(None, None):
            for one in controls:
                if one.type not in ("button", "overflow") and label in (one.label, one.beside):
                    return self._enter(place, one, option)
        raise NotSeen(f"{self.name} sees no menu {label!r}; {self._all_buttons(None)}")

    def fill(self, label: str, value: Value, *, enter: bool = False, in_: Surface | None = None) -> Outcome:
        """Put a value into a field of the open dialog (or `in_`), by its label; None empties it.

        Text and number fields take text or numbers; dates and times ISO text or the objects; menus the option's words
        (a list where several can be chosen); people and channels their names. An external menu is typed into, the app
        asked, and the first fitting option taken. `enter`: press the enter key, for fields that report then. Raises
        NotSeen, and Refused for what the field does not take."""
        surface = in_ or self.modal
        if surface is None:
            raise NotSeen(f"{self.name} has no dialog open to fill in {label!r}")
        found = surface.field(label)
        return self._enter({"view": surface.id}, found, value, enter=enter)

    def fill_in(self, values: dict[str, Value]) -> Outcome:
        """Several fields, in order."""
        outcome = Outcome((), self.modal, None)
        for label, value in values.items():
            outcome = self.fill(label, value)
        return outcome

    def submit(self, *, times: int = 1) -> Outcome:
        """Submit the open dialog; `times` sends the very same submission that often, one after the other."""
        outcome = self._act("submit")
        if times > 1:
            last = self._sees("last_interaction")["delivery"]
            for _ in range(times - 1):
                self._wire.post("redeliver", delivery=last)
            outcome = Outcome(outcome.messages, self.modal, outcome.error)
        return outcome

    def submit_twice_at_once(self) -> Outcome:
        """The same submission twice, the second sent before the first is answered."""
        return self._act("submit", twice=True)

    def close(self, *, whole_stack: bool = False) -> Outcome:
        """Press the dialog's close button, or its × with `whole_stack`."""
        return self._act("close", whole_stack=whole_stack)

    def open_home(self) -> Outcome:
        """Open the app's Home tab. What the app publishes by then is in `home`."""
        return self._act("open", tab="home")

    def message_shortcut(self, name: str, on: Seen) -> Outcome:
        """Choose a shortcut from a message's menu."""
        return self._act("message_shortcut", shortcut=name, channel=on.channel, ts=on.ts)

    def shortcut(self, name: str) -> Outcome:
        """Choose a global shortcut."""
        return self._act("global_shortcut", shortcut=name)

    def change(self, **fields: Any) -> None:
        """Change this person: tz, status_text, status_emoji, deleted, is_restricted, …; the app hears of it."""
        raw = self._wire.post("people", self.id, **fields)
        self.name, self.tz = raw["shown_name"], raw["tz"]

    # What they see

    def direct_messages(self) -> list[Seen]:
        """The conversation with the app, ephemeral messages among them, oldest first."""
        return self.conversation("")

    def conversation(self, name: str) -> list[Seen]:
        """A conversation by the name of a channel or person; "" is the one with the app."""
        return self._messages(self._sees("conversation", name=name))

    def channel(self, name: str) -> Room:
        return Room(self, name)

    def thread(self, root: Seen) -> list[Seen]:
        """A thread as it is now, its root first."""
        return self._messages(self._sees("thread", channel=root.channel, ts=root.thread_ts or root.ts))

    def newest(self) -> list[Seen]:
        """Messages of all conversations, newest first."""
        return self._messages(self._sees("newest"))

    @property
    def modal(self) -> Modal | None:
        raw = self._sees("modal")["modal"]
        return surface_of(raw, Modal) if raw is not None else None

    @property
    def home(self) -> Home | None:
        """What the app published for this person, looked at or not."""
        raw = self._sees("home")["home"]
        return surface_of(raw, Home) if raw is not None else None

    def notifications(self) -> list[Note]:
        """What rang, oldest first."""
        raw = self._sees("notifications")["notifications"]
        return [Note(one["text"], one["where"], one["why"]) for one in raw]

    @property
    def payload_of_last_interaction(self) -> Json:
        """What the app was last sent for an act of this person (events aside). Raises NotSeen."""
        payload: Json | None = self._sees("last_interaction")["payload"]
        if payload is None:
            raise NotSeen(f"{self.name} has done nothing yet")
        return payload

    # How it is done

    @property
    def _looks_at_home(self) -> bool:
        return bool(self._sees("home")["looking"])

    def _sees(self, what: str, **query: str) -> Json:
        answer: Json = self._wire.get("people", self.id, "sees", what, **query)
        return answer

    def _messages(self, raw: Json) -> list[Seen]:
        return [message_seen(one, self._press_copy) for one in raw["messages"]]

    def _act(self, act: str, **given: Any) -> Outcome:
        raw = self._wire.post("acts", act=act, person=self.id, **given)
        return Outcome(
            messages=tuple(message_seen(one, self._press_copy) for one in raw["came_back"]),
            modal=surface_of(raw["modal"], Modal) if raw["modal"] is not None else None,
            error=raw["error"],
        )

    def _touch(self, place: Json, control: Control | Field, value: Any = None, **more: Any) -> Outcome:
        return self._act("press", block_id=control.block_id, action_id=control.action_id, value=value, **place, **more)

    def _press_copy(self, copy: Seen, label: str, beside: str | None) -> Outcome:
        hit = find_control(copy.controls, label, beside)
        if hit is None:
            raise NotSeen(f"that message has no button {label!r}{_near(beside)}; it has: {copy.buttons + copy.menus}")
        place = {"channel": copy.channel, "ts": copy.ts, "copy": copy.object}
        return self._touch(place, hit.control, hit.option)

    def _places(self, in_: Where | None, modal: Modal | None) -> Iterable[tuple[Json, tuple[Control, ...]]]:
        """Where to look, in order: how the control API calls the place, and what can be pressed there."""
        if isinstance(in_, Surface):
            yield {"view": in_.id}, in_.controls
            return
        if in_ is None and modal is not None:
            yield {"view": modal.id}, modal.controls
        if in_ is None and self._looks_at_home:
            home = self.home
            if home is not None:
                yield {"view": home.id}, home.controls
        candidates = self.newest()
        if isinstance(in_, Seen):
            around = self.thread(in_) if in_.thread_ts is not None else self.conversation(in_.channel)
            candidates = [one for one in around if one.ts == in_.ts]
        for one in candidates:
            if not isinstance(in_, str) or in_ in one.text or in_ in one.headline:
                yield {"channel": one.channel, "ts": one.ts}, one.controls

    def _enter(self, place: Json, control: Control | Field, value: Value, *, enter: bool = False) -> Outcome:
        raw: Any = _plain(value)
        if control.type.endswith("external_select"):
            return self._search(place, control, raw)
        if value is not None and "users_select" in control.type:
            raw = self._translated(raw, self._person_id)
        elif value is not None and ("channels_select" in control.type or "conversations_select" in control.type):
            raw = self._translated(raw, self._channel_id)
        return self._touch(place, control, raw, enter=enter)

    def _search(self, place: Json, control: Control | Field, raw: Any) -> Outcome:
        wanted: list[str] = raw if isinstance(raw, list) else [] if raw is None else [raw]
        outcome = self._touch(place, control, None) if not wanted else None
        for number, typed in enumerate(wanted, 1):
            where = {"block_id": control.block_id, "action_id": control.action_id}
            self._act("suggest", value=typed, **where, **place)
            several = control.type.startswith("multi_")
            outcome = self._touch(place, control, wanted[:number] if several else typed)
        if outcome is None:
            raise NotSeen("nothing was chosen")
        return outcome

    def _translated(self, raw: Any, one: Any) -> Any:
        return [one(name) for name in raw] if isinstance(raw, list) else one(raw)

    def _person_id(self, name: str) -> str:
        found = self._wire.get("people", named=name)
        if not found["people"]:
            raise NotSeen(f"nobody is called {name!r}; there are: {found['names']}")
        person_id: str = found["people"][0]["id"]
        return person_id

    def _channel_id(self, name: str) -> str:
        channels = {one["name"]: one["id"] for one in self._wire.get("channels")["channels"]}
        if name.removeprefix("#") in channels:
            return str(channels[name.removeprefix("#")])
        raise NotSeen(f"there is no channel {name!r}; there are: {list(channels)}")

    def _all_buttons(self, in_: Where | None) -> str:
        shown = [
            f"{[*(one.label for one in controls), *(option for one in controls for option in one.options)]}"
            for _, controls in self._places(in_, self.modal)
            if controls
        ]
        texts = _words(self.newest()[:5])
        return f"pressable, newest first: {', '.join(shown[:10]) or 'nothing'}; newest messages: {texts}"


def _plain(value: Value) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp())
    if isinstance(value, date | time):
        return value.isoformat() if isinstance(value, date) else value.strftime("%H:%M")
    if isinstance(value, int | float | Decimal):
        return str(value)
    return value


def _words(messages: list[Seen]) -> list[str]:
    return [(one.text or one.headline)[:80] for one in messages]


def _near(beside: str | None) -> str:
    return f" beside {beside!r}" if beside else ""
