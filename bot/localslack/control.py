"""The control API: the clock, the people and channels, what people do, and what they see. For this machine only."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from aiohttp import web

from bot.localslack import commands
from bot.localslack.acting import ACTS, Deed
from bot.localslack.admission import SlackLimits, Unlimited
from bot.localslack.carrier import Carrier
from bot.localslack.core import LocalSlack
from bot.localslack.door import refusal
from bot.localslack.dumps import dump, plain_person
from bot.localslack.errors import ActError, FaultError, SetupError, SlackError
from bot.localslack.faults import Fault
from bot.localslack.manifest import Secrets, from_manifest
from bot.localslack.outgoing import Delivery
from bot.localslack.payloads import channel_object
from bot.localslack.state import Sharing

Json = dict[str, Any]

LONGEST_WAIT = 30.0  # seconds that a question about changes stays open


class Control:
    """Handlers under /_control/. Refusals are status 409 with {"error": sentence}; what cannot be understood is 400."""

    def __init__(self, core: LocalSlack, lock: AbstractContextManager[Any], carrier: Carrier, listens_on: str) -> None:
        self._core = core
        self._lock = lock
        self._carrier = carrier
        self._listens_on = listens_on
        self._loop: asyncio.AbstractEventLoop | None = None
        self._changed: list[asyncio.Future[None]] = []

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._core.on_change = self._on_change

    def stop(self) -> None:
        self._core.on_change = _nothing
        self._tell()

    def add_routes(self, app: web.Application) -> None:
        routes: list[tuple[str, str, Callable[[Json, web.Request], Awaitable[Any]]]] = [
            ("GET", "/_control/clock", self._clock),
            ("POST", "/_control/clock", self._jump),
            ("GET", "/_control/people", self._people),
            ("POST", "/_control/people", self._add_person),
            ("POST", "/_control/people/{person}", self._change_person),
            ("GET", "/_control/people/{person}/sees/{what}", self._sees),
            ("GET", "/_control/channels", self._channels),
            ("POST", "/_control/channels", self._add_channel),
            ("POST", "/_control/channels/{channel}", self._change_channel),
            ("POST", "/_control/acts", self._act),
            ("GET", "/_control/changes", self._changes),
            ("GET", "/_control/deliveries", self._deliveries),
            ("GET", "/_control/calls", self._calls),
            ("GET", "/_control/unknown_methods", self._unknown_methods),
            ("POST", "/_control/redeliver", self._redeliver),
            ("GET", "/_control/sockets", self._connections),
            ("POST", "/_control/sockets", self._sockets),
            ("GET", "/_control/faults", self._faults),
            ("POST", "/_control/faults", self._set_faults),
            ("POST", "/_control/app", self._app),
            ("POST", "/_control/workspace", self._workspace),
            ("GET", "/_control/dump", self._dump),
        ]
        for verb, path, handler in routes:
            app.router.add_route(verb, path, self.guarded(handler))

    def guarded(
        self, handler: Callable[[Json, web.Request], Awaitable[Any]]
    ) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def guarded(request: web.Request) -> web.StreamResponse:
            refused = refusal(request, self._listens_on)
            if refused is not None:
                return refused
            try:
                given = await request.json() if request.can_read_body else {}
                if not isinstance(given, dict):
                    raise ValueError("what is asked is an object")
                return web.json_response(await handler(given, request))
            except FaultError as problem:
                return web.json_response({"error": str(problem), "kind": type(problem).__name__}, status=400)
            except (ActError, SetupError) as problem:
                return web.json_response({"error": str(problem), "kind": type(problem).__name__}, status=409)
            except SlackError as problem:
                return web.json_response({"error": problem.error, "kind": "SlackError"} | problem.extra, status=409)
            except (KeyError, ValueError) as problem:
                return web.json_response({"error": repr(problem), "kind": type(problem).__name__}, status=400)

        return guarded

    def _on_change(self) -> None:
        if self._changed and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        waiting, self._changed = self._changed, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def _clock(self, given: Json, request: web.Request) -> Json:
        del given, request
        with self._lock:
            return {"now": self._core.clock.now().isoformat()}

    async def _jump(self, given: Json, request: web.Request) -> Json:
        del request
        with self._lock:
            return {"now": self._core.jump_to(datetime.fromisoformat(given["to"])).isoformat()}

    async def _people(self, given: Json, request: web.Request) -> Json:
        del given
        named = request.query.get("named")
        with self._lock:
            everybody = list(self._core.workspace.people.values())
            found = everybody if named is None else self._core.people_named(named)
            names = [one.shown_name for one in everybody if not one.is_bot][:50]
            return {"people": [plain_person(one) for one in found], "names": names}

    async def _add_person(self, given: Json, request: web.Request) -> Json:
        del request
        with self._lock:
            return plain_person(self._core.add_person(**given))

    async def _change_person(self, given: Json, request: web.Request) -> Json:
        mark = self._core.outgoing.added
        with self._lock:
            changed = self._core.change_person(request.match_info["person"], **given)
        await self.settle(mark)
        return plain_person(changed)

    async def _channels(self, given: Json, request: web.Request) -> Json:
        del given, request
        with self._lock:
            workspace = self._core.workspace
            bot = self._core.installation(workspace).bot_user
            named = [workspace.channels[one] for one in workspace.channels_by_name.values()]
            shapes = [channel_object(one, workspace, bot) | {"members": list(one.members)} for one in named]
            return {"channels": shapes}

    async def _add_channel(self, given: Json, request: web.Request) -> Json:
        del request
        with self._lock:
            bot = self._core.installation(self._core.workspace).bot_user
            members = [*given.get("members", []), *([bot] if given.get("with_app") else [])]
            channel = self._core.create_channel(
                self._core.workspace, given["name"], private=bool(given.get("private")), members=members
            )
            self._core.touch()
            return {"id": channel.id, "name": channel.name}

    async def _change_channel(self, given: Json, request: web.Request) -> Json:
        mark = self._core.outgoing.added
        with self._lock:
            workspace = self._core.workspace
            channel = self._core.channel(workspace, request.match_info["channel"])
            bot = self._core.installation(workspace).bot_user
            for word, joins in (("joins", True), ("leaves", False)):
                if word in given:
                    person = bot if given[word] == "app" else given[word]
                    self._core.move_member(channel, person, joins=joins)
            if "archived" in given:
                self._core.archive(channel, archived=bool(given["archived"]))
            if "sharing" in given:
                channel.sharing = Sharing(given["sharing"])
                self._core.touch()
        await self.settle(mark)
        return {"id": channel.id}

    async def _sees(self, given: Json, request: web.Request) -> Any:
        del given
        with self._lock:
            person = self._core.person(self._core.workspace, request.match_info["person"])
            screen = self._core.screen(person.id)
            match request.match_info["what"]:
                case "modal":
                    return {"modal": screen.modal()}
                case "home":
                    return {"home": screen.home(), "looking": person.home_opened}
                case "notifications":
                    return {"notifications": screen.notifications()}
                case "newest":
                    return {"messages": screen.newest_first()}
                case "conversation":
                    name = request.query["name"]
                    channel = commands.conversation_for(self._core, self._core.workspace, person, name)
                    return {"messages": screen.conversation(channel), "channel": channel.id}
                case "thread":
                    channel = self._core.channel(self._core.workspace, request.query["channel"])
                    if not channel.readable_by(person) or request.query["ts"] not in channel.messages:
                        raise ActError(f"{person.shown_name} sees no such thread")
                    return {"messages": screen.thread(channel, request.query["ts"])}
                case "last_interaction":
                    last = self._core.workspace.desk(person.id).last_interaction
                    found = self._core.outgoing.find(last) if last is not None else None
                    return {"delivery": last, "payload": found.payload if found is not None else None}
        raise ActError(f"nobody looks at {request.match_info['what']!r}")

    async def _act(self, given: Json, request: web.Request) -> Json:
        """One act of a person; answers when the app's answers to it are in and have had their effect."""
        del request
        deed = Deed(self._core, given)
        with self._lock:
            before = self._core.workspace.timestamps.next(self._core.clock.now())
            mark = self._core.outgoing.added
            failure = ACTS[given["act"]](deed)
        deliveries = await self.settle(mark)
        with self._lock:
            person = self._core.person(self._core.workspace, given["person"])
            screen = self._core.screen(person.id)
            came = [one for one in screen.newest_first(after=before) if one["by_app"]]
            error = failure.text if failure is not None else None
            modal = screen.modal()
            if error is None and any(one.error for one in deliveries if one.person == person.id):
                error = deed.trouble(deliveries)
            if error is None and modal is not None:
                error = modal["trouble"]
            return {"came_back": came[::-1], "modal": modal, "error": error,
                    "deliveries": [one.id for one in deliveries]}  # fmt: skip

    async def settled(self, delivery: Delivery) -> None:
        """Wait until the app has answered a delivery, or it is given up or put off."""
        await self._carrier.settled(delivery)

    async def settle(self, mark: int) -> list[Delivery]:
        """Wait for the answers to everything that was queued since `mark`; oldest first."""
        with self._lock:
            deliveries = self._core.outgoing.since(mark)[::-1]
        await asyncio.gather(*(self._carrier.settled(one) for one in deliveries))
        return deliveries

    async def _changes(self, given: Json, request: web.Request) -> Json:
        """Answers as soon as the state's revision is beyond `after`, or after `seconds`."""
        del given
        seconds = min(float(request.query.get("seconds", LONGEST_WAIT)), LONGEST_WAIT)
        await self.changed_after(int(request.query.get("after", -1)), seconds)
        with self._lock:
            return {"revision": self._core.revision}

    async def changed_after(self, revision: int, seconds: float = LONGEST_WAIT) -> None:
        """Wait until the state is beyond `revision`, or for so many seconds."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            if self._core.revision > revision:
                return
            self._changed.append(future)
        await asyncio.wait([future], timeout=seconds)
        with self._lock:
            if future in self._changed:
                self._changed.remove(future)

    async def _deliveries(self, given: Json, request: web.Request) -> Json:
        del given, request
        with self._lock:
            return {
                "deliveries": [
                    {
                        "id": one.id,
                        "kind": one.kind.value,
                        "stage": one.stage.value,
                        "attempt": one.attempt,
                        "reason": one.reason,
                        "error": one.error,
                        "payload": one.payload,
                        "answer": one.reply.body if one.reply is not None else None,
                    }
                    for one in self._core.outgoing.log()
                ]
            }

    async def _calls(self, given: Json, request: web.Request) -> Json:
        del given
        method = request.query.get("method")
        with self._lock:
            return {
                "calls": [
                    {
                        "method": one.method,
                        "arguments": one.arguments,
                        "answer": one.answer.body,
                        "status": one.answer.status,
                        "fault": one.fault,
                    }
                    for one in self._core.calls
                    if method in (None, one.method)
                ]
            }

    async def _unknown_methods(self, given: Json, request: web.Request) -> Json:
        """Methods that the app called and this Slack does not speak, with how often."""
        del given, request
        with self._lock:
            return {"methods": dict(self._core.unknown_methods)}

    async def _redeliver(self, given: Json, request: web.Request) -> Json:
        del request
        with self._lock:
            mark = self._core.outgoing.added
            delivery_id = given.get("delivery")
            if delivery_id is None:
                last = self._core.last_event(given.get("event"))
                if last is None:
                    raise ActError("no such event was sent")
                delivery_id = last.id
            again = self._core.deliver_again(delivery_id)
        await self.settle(mark)
        return {"delivery": again.id, "stage": again.stage.value, "error": again.error}

    async def _connections(self, given: Json, request: web.Request) -> Json:
        del given, request
        with self._lock:
            return {"connections": len(self._core.connections.ids)}

    async def _sockets(self, given: Json, request: web.Request) -> Json:
        del request
        return {"told": await self._carrier.disconnect(given.get("reason"))}

    async def _faults(self, given: Json, request: web.Request) -> Json:
        del given, request
        with self._lock:
            faults = self._core.faults
            return {"counts": dict(faults.counts), "rules": [one.to_json() for one in faults.rules]}

    async def _set_faults(self, given: Json, request: web.Request) -> Json:
        """seed (begins anew), clear (true), and add (a list of rules, see `Fault`), in this order.

        What cannot be is refused with status 400, and then nothing is changed.
        """
        strange = sorted(set(given) - {"seed", "clear", "add"})
        if strange:
            raise FaultError(f"of faults there is seed, clear and add, and no {', '.join(strange)}")
        if not isinstance(given.get("add", []), list):
            raise FaultError("add is a list of rules")
        if not isinstance(given.get("clear", False), bool):
            raise FaultError("clear is true or false")
        if not isinstance(given.get("seed", ""), int | str):
            raise FaultError("a seed is a whole number or a text")
        rules = [Fault.from_json(one) for one in given.get("add", [])]
        with self._lock:
            if "seed" in given:
                self._core.faults.reseed(given["seed"])
            if given.get("clear"):
                self._core.faults.clear()
            self._core.faults.add(*rules)
        return await self._faults({}, request)

    async def _app(self, given: Json, request: web.Request) -> Json:
        del request
        with self._lock:
            self._core.install(
                from_manifest(given["manifest"], Secrets(**given.get("secrets", {})), url=given.get("url"))
            )
            return {"name": self._core.app.name, "app_id": self._core.app.app_id}

    async def _workspace(self, given: Json, request: web.Request) -> Json:
        """edit_window_minutes (or null), refused_blocks (types of block), limits (see SlackLimits; or true or false for
        all or none of them), and the ends: uninstall, revoke_tokens."""
        del request
        mark = self._core.outgoing.added
        with self._lock:
            if "edit_window_minutes" in given:
                self._core.workspace.edit_window_minutes = given["edit_window_minutes"]
            if "refused_blocks" in given:
                self._core.workspace.refused_blocks = frozenset(given["refused_blocks"])
            if "limits" in given:
                limits = given["limits"]
                chosen = limits if isinstance(limits, dict) else {}
                self._core.admission = Unlimited() if limits is False else SlackLimits(**chosen)
            if given.get("uninstall"):
                self._core.uninstall()
            if given.get("revoke_tokens"):
                self._core.revoke_tokens()
        await self.settle(mark)
        return {"id": self._core.workspace.id}

    async def _dump(self, given: Json, request: web.Request) -> Json:
        del given, request
        with self._lock:
            return dump(self._core)


def _nothing() -> None:
    pass
