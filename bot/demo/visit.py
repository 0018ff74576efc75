"""After the week the demo stays open: a visitor can be anybody, and let time pass."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from zoneinfo import ZoneInfo

from bot.demo.terminal import heading, show, show_dialog, show_thread
from bot.demo.timekeeper import Stuck
from bot.demo.town import Town
from bot.localslack.driver import DrivenPerson, NotSeen, Refused, Seen, WaitedInVain

HELP = """\
  as NAME              be somebody else            who                   everybody here
  inbox                your messages from Okra     channel NAME          what stands in a channel
  thread WORDS         a thread, by words in it    press WORDS           press a button you see
  fill LABEL = VALUE   a field of the open dialog  submit · close        the open dialog
  /okr · /kr 12 …      Okra's commands             next                  to the next thing that is due
  help                 this list                   quit (or Ctrl-C)      leave"""


def stay(town: Town) -> None:
    """Read commands until the visitor leaves."""
    heading("Now it is yours")
    print(HELP)
    visitor = Visitor(town)
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
        except (NotSeen, Refused, WaitedInVain, Stuck) as trouble:
            print(f"  {trouble}")


class Visitor:
    """Somebody at the terminal, in the shoes of one person."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.name = "Mere Ngata"
        self.person: DrivenPerson = town.person(self.name)

    def local_time(self) -> str:
        local = self._town.now().astimezone(ZoneInfo(self._zone()))
        return f"{local:%a %-d %b %H:%M}"

    def do(self, line: str) -> None:  # noqa: PLR0912 - one branch a command
        """Carry out one line. Raises what the local Slack's driver raises, with words for the visitor."""
        word, _, rest = line.partition(" ")
        rest = rest.strip()
        match word:
            case "":
                return
            case "help":
                print(HELP)
            case "who":
                print("  " + ", ".join(self._town.everybody()))
            case "as":
                self.name = self._town.full_name(rest)
                self.person = self._town.person(self.name)
            case "inbox":
                for message in self.person.direct_messages()[-5:]:
                    show(message)
            case "channel":
                for message in self.person.channel(rest.removeprefix("#")).messages[-5:]:
                    show(message)
            case "thread":
                self._thread(rest)
            case "next":
                self._next()
            case "press":
                self._tell(self.person.press(rest).messages)
            case "fill":
                label, _, value = rest.partition("=")
                self.person.fill(label.strip(), value.strip())
            case "submit":
                self._tell(self.person.submit().messages)
            case "close":
                self.person.close()
            case _ if word.startswith("/"):
                self._tell(self.person.command(line).messages)
            case _:
                print("  I don't know that one. `help` lists what there is.")
        if word in {"press", "fill", "submit"} or word.startswith("/"):
            self._dialog()

    def _tell(self, messages: Iterable[Seen]) -> None:
        for message in messages:
            show(message)

    def _dialog(self) -> None:
        modal = self.person.modal
        if modal is not None:
            show_dialog(modal)

    def _thread(self, words: str) -> None:
        for message in self.person.newest():
            if words.casefold() in message.text.casefold() and message.replies:
                show_thread(self.person.thread(message))
                return
        print("  You see no thread with these words.")

    def _next(self) -> None:
        due = self._town.time.next_due()
        if due is None:
            print("  Nothing is planned.")
            return
        before = len(self.person.newest())
        self._town.time.advance_to(max(due, self._town.now()) + timedelta(seconds=2))
        fresh = len(self.person.newest()) - before
        print(f"  It is {self.local_time()}. {fresh or 'No'} new message{'' if fresh == 1 else 's'} for you.")

    def _zone(self) -> str:
        return self._town.zone_of(self.name)
