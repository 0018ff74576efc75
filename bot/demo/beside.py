"""What the page can ask for beside Slack: the clock and its jumps, the story, who answers by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.demo.director import SETTING_UP, Director, NotNow, View
from bot.demo.happened import Happened
from bot.demo.jumps import Jump
from bot.demo.story import TITLE, Step, Story
from bot.demo.timekeeper import Stuck
from bot.localslack.errors import ActError
from bot.localslack.side import Handler

Json = dict[str, Any]

OTHERS = "Others answer by themselves"


class Beside:
    """Routes below `/_demo/`, for this machine only. Until there is a director, the page hears that time is passing."""

    def __init__(self, company: str, begins_at: datetime) -> None:
        """`begins_at`: what the clock shows until there is one."""
        self.director: Director | None = None
        self.now: Callable[[], datetime] = lambda: begins_at
        self._company = company

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        return (
            ("GET", "/_demo/state", self._state),
            ("POST", "/_demo/jump", self._jump),
            ("POST", "/_demo/autoplay", self._autoplay),
            ("POST", "/_demo/visitor", self._visitor),
            ("POST", "/_demo/story", self._story),
        )

    async def _state(self, given: Json, request: web.Request) -> Json:
        del given, request
        if self.director is None:
            return self._not_yet()
        # It reads the database, and the loop carries Slack.
        return self._as_json(await asyncio.to_thread(self.director.view))

    async def _jump(self, given: Json, request: web.Request) -> Json:
        if "until" in given:
            until = datetime.fromisoformat(str(given["until"]))
            return await self._do(lambda director: director.jump_until(until), request)
        return await self._do(lambda director: director.jump(str(given["to"])), request)

    async def _autoplay(self, given: Json, request: web.Request) -> Json:
        return await self._do(lambda director: director.let_others_answer(bool(given["on"])), request)

    async def _visitor(self, given: Json, request: web.Request) -> Json:
        return await self._do(lambda director: director.play(str(given["person"])), request)

    async def _story(self, given: Json, request: web.Request) -> Json:
        return await self._do(lambda director: director.put_story_away(bool(given.get("skip"))), request)

    async def _do(self, work: Callable[[Director], object], request: web.Request) -> Json:
        director = self.director
        if director is None:
            raise ActError("The company is still moving in. A moment, please.")
        try:
            await asyncio.to_thread(work, director)
        except NotNow as refused:
            raise ActError(str(refused)) from None
        except Stuck as stuck:
            raise ActError(f"Time got stuck {stuck}.") from None
        return await self._state({}, request)

    def _not_yet(self) -> Json:
        now = self.now().isoformat()
        return {
            "company": self._company,
            "clock": {"now": now, "jumping": {"to": "begin", "label": SETTING_UP, "since": now}, "jumps": []},
            "happened": [],
            "autoplay": {"on": True, "label": OTHERS},
            "visitor": None,
            "story": None,
        }

    def _as_json(self, view: View) -> Json:
        jumping = view.jumping
        return {
            "company": self._company,
            "clock": {
                "now": view.now.isoformat(),
                "jumping": None
                if jumping is None
                else {"to": jumping.to, "label": jumping.label, "since": jumping.since.isoformat()},
                "jumps": [_jump(one) for one in view.jumps],
            },
            "happened": [_happened(one) for one in view.happened],
            "autoplay": {"on": view.others_answer, "label": OTHERS},
            "visitor": view.visitor,
            "story": None if view.story is None else _story(view.story, put_away=view.story_is_put_away),
        }


def _jump(one: Jump) -> Json:
    return {"name": one.name, "label": one.label, "at": one.at.isoformat() if one.at else None, "why": one.why}


def _happened(one: Happened) -> Json:
    return {"at": one.at.isoformat(), "text": one.text, "person": one.person, "channel": one.channel, "ts": one.ts}


def _story(told: Story, *, put_away: bool) -> Json:
    return {"title": TITLE, "done": told.is_done or put_away, "steps": [_step(step) for step in told.steps]}


def _step(step: Step) -> Json:
    place = step.place
    return {
        "id": step.id,
        "title": step.title,
        "text": step.text,
        "state": step.stage.value,
        "person": step.person,
        "place": None
        if place is None
        else {"kind": "thread" if place.is_thread else "channel", "channel": place.channel, "ts": place.ts},
        "press": step.press,
        "jump": step.jump,
    }
