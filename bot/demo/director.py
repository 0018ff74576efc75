"""The demo as its visitor handles it, from the page or the terminal: jumps in time, people who go on by themselves, the
story. One jump at a time; while nobody jumps, the others go on by the clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.demo.autoplay import Autoplay, Spared
from bot.demo.happened import Happened, happened
from bot.demo.jumps import Jump, jumps
from bot.demo.story import HEROINE, Story, story
from bot.demo.town import Town
from models import Member

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
# What is due at an instant takes a moment to arrive, and what follows it another one.
A_MOMENT = timedelta(seconds=3)
SETTING_UP = "Eight weeks go by"


class NotNow(Exception):
    """What was asked for cannot be done; the text says why, to a person."""


@dataclass(frozen=True)
class Jumping:
    """A jump that is under way, since an instant of the demo's clock."""

    to: str
    label: str
    since: datetime


@dataclass(frozen=True)
class View:
    """Where the demo stands. `visitor` is a Slack id; `story` is null until it has begun."""

    now: datetime
    jumping: Jumping | None
    jumps: Sequence[Jump]
    happened: Sequence[Happened]
    others_answer: bool
    visitor: str | None
    story: Story | None
    story_is_put_away: bool


class Director:
    """Any thread may call. `changed` is called whenever the view is another one, for pages that look on."""

    def __init__(self, town: Town, *, changed: Callable[[], object] = lambda: None) -> None:
        self._town = town
        self._changed = changed
        self._jumps_now = threading.Lock()
        # Whoever makes something happen in town holds it: a jump, or the others between two jumps.
        self._busy = threading.Lock()
        self._autoplay = Autoplay(town, self._spared)
        self._jumping: Jumping | None = Jumping("begin", SETTING_UP, town.now())
        self._jumps: Sequence[Jump] = ()
        self._happened: Sequence[Happened] = ()
        self._heroine = self._visitor = town.person(HEROINE).id
        self._began_at: datetime | None = None
        self._put_away = False
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._go_on, name="demo-others", daemon=True)

    def begin(self) -> None:
        """The story begins now; from here on the visitor may jump, and the others go on by themselves."""
        self._began_at = self._town.now()
        self._jumping = None
        self._thread.start()
        self._changed()

    def stop(self) -> None:
        """Nothing goes on by itself any more."""
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join()

    def view(self) -> View:
        now = self._town.now()
        with self._town.program.runtime.read() as session:
            told = story(session, self._began_at) if self._began_at is not None else None
            # While time passes there is nothing to choose, and the page asks often.
            if self._jumping is None:
                self._jumps = jumps(session, now, others_at=self._autoplay.next_at())
        return View(
            now=now,
            jumping=self._jumping,
            jumps=self._jumps,
            happened=self._happened,
            others_answer=self._autoplay.is_on,
            visitor=self._visitor,
            story=told,
            story_is_put_away=self._put_away,
        )

    def jump(self, name: str) -> Sequence[Happened]:
        """Let time pass until the next thing of this name is over; returns what happened. Raises `NotNow`."""
        found = next((jump for jump in self.view().jumps if jump.name == name), None)
        if found is None:
            raise NotNow(f"There is no “{name}” to jump to.")
        if found.at is None:
            raise NotNow(f"{found.why}.")
        return self._pass_time(found.name, found.label, found.at)

    def jump_until(self, instant: datetime) -> Sequence[Happened]:
        """Let time pass until an instant (aware). Raises `NotNow`."""
        if instant <= self._town.now():
            raise NotNow("The clock goes forward only.")
        return self._pass_time("until", f"{instant:%a %-d %b %H:%M} UTC", instant)

    def let_others_answer(self, on: bool) -> None:
        """Whether people whom the visitor does not play answer by themselves."""
        self._autoplay.is_on = on
        self._changed()

    def play(self, slack_id: str) -> None:
        """The visitor is this person now. Raises `NotNow` for who is not there."""
        with self._town.program.runtime.read() as session:
            if session.scalar(sa.select(Member.id).where(Member.slack_user_id == slack_id)) is None:
                raise NotNow("Nobody here has that id.")
        self._visitor = slack_id

    def put_story_away(self, away: bool) -> None:
        """The guide steps aside, or comes back where it was."""
        self._put_away = away
        self._changed()

    def _pass_time(self, name: str, label: str, until: datetime) -> Sequence[Happened]:
        with self._one_at_a_time(name, label):
            since = self._town.now()
            self._town.pass_time(max(until, since) + A_MOMENT, self._autoplay)
            with self._town.program.runtime.read() as session:
                self._happened = happened(session, since, self._town.now())
            return self._happened

    @contextmanager
    def _one_at_a_time(self, name: str, label: str) -> Iterator[None]:
        if self._began_at is None or not self._jumps_now.acquire(blocking=False):
            raise NotNow("Time is passing already. A moment, please.")
        try:
            self._jumping = Jumping(name, label, self._town.now())
            self._changed()
            with self._busy:
                yield
        finally:
            self._jumping = None
            self._jumps_now.release()
            self._changed()

    def _spared(self, session: Session) -> Spared:
        """The visitor does what is theirs, and while the story goes on its heroine and its call for help wait."""
        began_at = self._began_at or self._town.now()
        told = story(session, began_at)
        if told.is_done or self._put_away:
            return Spared(began_at, frozenset([self._visitor]))
        return Spared(began_at, frozenset([self._visitor, self._heroine]), told.escalation_id)

    def _go_on(self) -> None:
        """While nobody jumps, real time passes: the others do what they get round to."""
        while not self._leaving.wait(LOOK_SECONDS):
            if not self._busy.acquire(blocking=False):
                continue
            try:
                if self._autoplay.act(self._town.now()):
                    self._changed()
            except Exception:  # a thread that dies of a fault of ours would leave everybody silent
                log.exception("the others stumbled")
            finally:
                self._busy.release()
