"""After the week the demo stays open in its terminal, too: a visitor can be anybody, and let time pass."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from zoneinfo import ZoneInfo

from bot.demo.director import Director, NotNow
from bot.demo.happened import Happened
from bot.demo.jumps import NEXT
from bot.demo.story import HEROINE
from bot.demo.terminal import show, show_dialog, show_thread
from bot.demo.timekeeper import Stuck
from bot.demo.town import Town
from bot.localslack.driver import NotSeen, Refused, Seen, WaitedInVain

HELP = """\
  as NAME              be somebody else             who                   everybody here
  inbox                your messages from Okra      channel NAME          what stands in a channel
  thread WORDS         a thread, by words in it     next                  to the next thing that happens
  next prompt, next digest, next …                  further; `next` with a wrong word lists them
  press WORDS          press a button you see       press WORDS in KR-12  the one in that message
  fill LABEL = VALUE   a field of the open dialog   submit · close        the open dialog
  /okr · /kr 12 …      Okra's commands              help                  this list
  quit (or Ctrl-C)     leave"""

# Of a long jump, the last lines.
MOST_LINES = 40


class NotUnderstood(Exception):
    """What the visitor typed leads nowhere; the text says what would."""


def stay(town: Town, director: Director) -> None:
    """Read commands until the visitor leaves."""
    visitor = Visitor(town, director)
    print(HELP)
    print(f"\n  You are {visitor.name}. Try: next · inbox · press Check in · as Tane · /okr")
    while True:
        try:
            line = input(f"\n{visitor.name} · {visitor.local_time()} > ").strip()
        except EOFError:
            print()
            return
        if line in {"quit", "exit"}:
            return
        try:
            visitor.do(line)
        except NotUnderstood as trouble:
            print(f"  {trouble}")
        except NotSeen:
            print(f"  {visitor.what_is_there()}")
        except (Refused, WaitedInVain, Stuck, NotNow) as trouble:
            print(f"  {trouble}")


class Visitor:
    """Somebody at the terminal, in the shoes of one person."""

    def __init__(self, town: Town, director: Director) -> None:
        self._town = town
        self._director = director
        self.name = HEROINE
        self.person = town.person(HEROINE)
        self._commands: Mapping[str, Callable[[str], None]] = {
            "help": lambda _: print(HELP),
            "who": lambda _: print("  " + ", ".join(town.everybody())),
            "as": self._become,
            "inbox": lambda _: self._tell(self._inbox()[-3:]),
            "channel": lambda name: self._tell(self.person.channel(name.removeprefix("#")).messages[-5:]),
            "thread": self._thread,
            "next": self._next,
            "press": self._press,
            "fill": self._fill,
            "submit": lambda _: self._tell(self.person.submit().messages),
            "close": lambda _: self._close(),
        }

    def local_time(self) -> str:
        local = self._town.now().astimezone(ZoneInfo(self._town.zone_of(self.name)))
        return f"{local:%a %-d %b %H:%M}"

    def what_is_there(self) -> str:
        """What the visitor could press or fill instead of what they named."""
        modal = self.person.modal
        if modal is not None:
            fields = ", ".join(modal.fields) or "nothing to fill in"
            return f"The open dialog has: {fields}. Then: submit, close."
        places = [f"{', '.join(m.buttons)} ({m.headline[:40]}…)" for m in self.person.newest() if m.buttons]
        return f"You see no such thing. You can press: {' · '.join(places[:4]) or 'nothing yet; try next'}."

    def do(self, line: str) -> None:
        """Carry out one line. Raises `NotUnderstood` and what the local Slack's driver raises."""
        word, _, rest = line.partition(" ")
        if not word:
            return
        if word.startswith("/"):
            self._tell(self.person.command(line).messages)
        elif word in self._commands:
            self._commands[word](rest.strip())
        else:
            raise NotUnderstood("I don't know that one. `help` lists what there is.")
        if word in {"press", "fill", "submit"} or word.startswith("/"):
            self._dialog()

    def _become(self, given: str) -> None:
        if not given:
            raise NotUnderstood("Say who: as Tane. `who` lists everybody.")
        fitting = [name for name in self._town.everybody() if _folded(given) in _folded(name)]
        if not fitting:
            raise NotUnderstood(f"Nobody here is called “{given}”. `who` lists everybody.")
        if len(fitting) > 1:
            raise NotUnderstood(f"Which one: {', '.join(fitting)}?")
        self.person = self._town.person(fitting[0])
        self.name = fitting[0]
        self._director.play(self.person.id)

    def _inbox(self) -> list[Seen]:
        return [message for message in self.person.direct_messages() if not message.ephemeral]

    def _press(self, rest: str) -> None:
        words, _, where = rest.partition(" in ")
        self._tell(self.person.press(words.strip(), in_=where.strip() or None).messages)

    def _fill(self, rest: str) -> None:
        label, equals, value = rest.partition("=")
        if not equals:
            raise NotUnderstood("Say it as: fill LABEL = VALUE")
        self.person.fill(label.strip(), value.strip())

    def _close(self) -> None:
        if self.person.modal is None:
            raise NotUnderstood("No dialog is open.")
        self.person.close()

    def _tell(self, messages: Iterable[Seen]) -> None:
        told = False
        for message in messages:
            show(message, to=self.name)
            told = True
        if not told and self.person.modal is None:
            print("  Done." if self.person.direct_messages() else "  Nothing yet.")

    def _dialog(self) -> None:
        modal = self.person.modal
        if modal is not None:
            show_dialog(modal)

    def _thread(self, words: str) -> None:
        for message in self.person.newest():
            if words.casefold() in message.text.casefold() and message.replies:
                show_thread(self.person.thread(message))
                return
        raise NotUnderstood("You see no thread with these words.")

    def _next(self, word: str) -> None:
        names = {jump.name: jump for jump in self._director.view().jumps if jump.at is not None}
        name = word or NEXT
        if name not in names:
            others = ", ".join(f"next {one}" for one in names if one != NEXT)
            raise NotUnderstood(f"You can go to: {others}." if others else "Nothing is planned.")
        self._print(self._director.jump(name))
        print(f"  It is {self.local_time()} for {self.name.split()[0]}.")

    def _print(self, happened: Sequence[Happened]) -> None:
        if len(happened) > MOST_LINES:
            print("  …")
        zone = ZoneInfo(self._town.zone_of(self.name))
        for one in happened[-MOST_LINES:]:
            print(f"  {one.at.astimezone(zone):%a %-d %b %H:%M}  {one.text}")


def _folded(name: str) -> str:
    """Without accents and capitals: people type what their keyboard has."""
    bare = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in bare if not unicodedata.combining(sign)).casefold()
