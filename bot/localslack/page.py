"""The web page's side of the server: the bundle, and what one person looks at, live. For this machine only.

What people do goes through the control API's acts, as in tests.
"""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.localslack import acts, commands, sight
from bot.localslack.acting import Deed
from bot.localslack.control import Control
from bot.localslack.core import LocalSlack
from bot.localslack.errors import ActError
from bot.localslack.inputs import options_of
from bot.localslack.outgoing import Stage
from bot.localslack.reading import mark_read
from bot.localslack.sight import Sight

Json = dict[str, Any]

BUNDLE = Path(__file__).parent / "bundle"
"""Where `make page` puts what the browser loads; in a wheel it is there already."""

SHOWN = 50
"""How many messages of a conversation are drawn at first."""

HEADERS = {
    # Nothing is loaded from anywhere else, whatever a message says.
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
    "Cache-Control": "no-cache",
}
NOT_BUILT = "The page is not built yet. In a checkout of Okra, `make page` builds it.\n"


class Page:
    """Handlers of `/` and under `/_page/`."""

    def __init__(self, core: LocalSlack, lock: AbstractContextManager[Any], control: Control) -> None:
        self._core = core
        self._lock = lock
        self._control = control
        self.bundle = BUNDLE

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/", self._index)
        app.router.add_get("/assets/{name}", self._asset)
        for verb, path, handler in (
            ("GET", "/_page/start", self._start),
            ("GET", "/_page/screen", self._screen),
            ("POST", "/_page/read", self._read),
            ("POST", "/_page/direct", self._direct),
            ("POST", "/_page/suggest", self._suggest),
        ):
            app.router.add_route(verb, path, self._control.guarded(handler))

    async def _index(self, request: web.Request) -> web.StreamResponse:
        del request
        return self._file("index.html")

    async def _asset(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        # An encoded slash comes decoded: a name stays in its folder.
        if Path(name).name != name:
            raise web.HTTPNotFound
        return self._file(f"assets/{name}")

    def _file(self, name: str) -> web.StreamResponse:
        path = self.bundle / name
        if not (self.bundle / "index.html").is_file():
            return web.Response(status=503, text=NOT_BUILT)
        if not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers=HEADERS)

    async def _start(self, given: Json, request: web.Request) -> Json:
        del given, request
        with self._lock:
            return sight.start(self._core, self._core.workspace)

    async def _screen(self, given: Json, request: web.Request) -> Json:
        """All that `person` looks at, as soon as the state is beyond the revision `after`: the sidebar, `channel` with
        its `newest` messages, the `thread` (a root's timestamp, in the conversation `threadin`), dialogs and Home."""
        del given
        query = request.query
        await self._control.changed_after(int(query.get("after", -1)))
        with self._lock:
            core, workspace = self._core, self._core.workspace
            person = core.person(workspace, query["person"])
            seen = Sight(core, workspace, person)
            channel = core.channel(workspace, query["channel"]) if query.get("channel") else None
            beside = core.channel(workspace, query["threadin"]) if query.get("threadin") else None
            if any(one is not None and not one.readable_by(person) for one in (channel, beside)):
                raise ActError(f"{person.shown_name} cannot read this conversation")
            thread = seen.thread(beside, query["thread"]) if beside is not None and query.get("thread") else None
            newest = int(query.get("newest", SHOWN))
            return {
                "revision": core.revision,
                "now": core.clock.now().isoformat(),
                "stamp": sight.stamp(core, workspace),
                "sidebar": seen.sidebar(),
                "conversation": seen.conversation(channel, newest) if channel is not None else None,
                "thread": thread,
                "modals": seen.modals(),
                "home": seen.home(),
                "unknown_methods": list(core.unknown_methods),
            }

    async def _read(self, given: Json, request: web.Request) -> Json:
        """`person` has seen `channel`."""
        del request
        with self._lock:
            workspace = self._core.workspace
            person = self._core.person(workspace, given["person"])
            mark_read(self._core, workspace, person, self._core.channel(workspace, given["channel"]))
        return {}

    async def _direct(self, given: Json, request: web.Request) -> Json:
        """The conversation of `person` with `other`, made when there is none."""
        del request
        with self._lock:
            workspace = self._core.workspace
            person = acts.actor(self._core, workspace, given["person"])
            return {"channel": commands.conversation_for(self._core, workspace, person, given["other"]).id}

    async def _suggest(self, given: Json, request: web.Request) -> Json:
        """What the app offers for `value`, typed into an external select."""
        del request
        deed = Deed(self._core, given)
        with self._lock:
            delivery = acts.suggest(
                self._core,
                deed.workspace,
                deed.person,
                deed.place,
                block_id=given["block_id"],
                action_id=given["action_id"],
                typed=given["value"],
            )
        await self._control.settled(delivery)
        if delivery.stage is not Stage.ANSWERED or delivery.reply is None:
            return {"options": [], "error": deed.trouble([delivery])}
        body = delivery.reply.body or {}
        return {"options": options_of(body), "groups": body.get("option_groups", []), "error": None}
