"""The local Slack's server: the core's wire, on a loop and a thread of its own."""

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.localslack.carrier import Carrier
from bot.localslack.clock import real_time
from bot.localslack.control import Control
from bot.localslack.core import LocalSlack
from bot.localslack.exchange import Exchange
from bot.localslack.faults import RESPONSE_URL, UPLOAD, Arrives
from bot.localslack.files import receive
from bot.localslack.outgoing import ACK_SECONDS
from bot.localslack.page import Page
from bot.localslack.responses import respond
from bot.localslack.side import Side
from bot.localslack.webapi.arguments import merge
from bot.localslack.webapi.dispatch import Request

Json = dict[str, Any]

LARGEST_REQUEST = 8 * 1024 * 1024  # bytes


class LocalSlackServer:
    """Serves a core over HTTP and WebSockets.

    `with LocalSlackServer(core) as server:` and the app's Slack address is `server.api_url`; people act through the
    control API at `server.base_url`, best with `bot.localslack.driver.Driver`.
    """

    def __init__(
        self,
        core: LocalSlack,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        signing_time: Callable[[], datetime] = real_time,
        ack_seconds: float = ACK_SECONDS,
        side: Side | None = None,
    ) -> None:
        """`port` 0 takes a free one. `signing_time`: the app's clock, by which it verifies signatures.
        `ack_seconds`: how long the app has to answer; Slack gives it 3 s. `side`: what else the page can ask for."""
        self.core = core
        self.lock = threading.RLock()
        self.base_url = ""
        self._host = host
        self._port = port
        self._carrier = Carrier(core, self.lock, signing_time, ack_seconds)
        self._control = Control(core, self.lock, self._carrier, listens_on=host)
        self.page = Page(core, self.lock, self._control)
        self.side = side
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failure: OSError | None = None

    @property
    def api_url(self) -> str:
        """What a `WebClient` takes as its base_url."""
        return f"{self.base_url}/api/"

    def start(self) -> str:
        """Serve until `stop`; returns the base URL. Raises OSError when the port cannot be had."""
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="local-slack", daemon=True)
        self._thread.start()
        ready.wait()
        if self._failure is not None:
            raise self._failure
        return self.base_url

    def nudge(self) -> None:
        """Tell the pages that look on that there is news; for a side whose own state changed."""
        with self.lock:
            self.core.touch()

    def stop(self) -> None:
        """Close every connection and wait for the thread. Harmless when it is not running."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self, ready: threading.Event) -> None:
        asyncio.run(self._serve(ready))

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{workspace}/{url}", self._response)
        app.router.add_post("/upload/{workspace}/{ticket}", self._upload)
        app.router.add_get("/link", self._carrier.link)
        self._control.add_routes(app)
        self.page.add_routes(app)
        if self.side is not None:
            for verb, path, handler in self.side.routes():
                app.router.add_route(verb, path, self._control.guarded(handler))
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError as problem:
            self._failure = problem
            await runner.cleanup()
            ready.set()
            return
        self.base_url = f"http://{self._host}:{runner.addresses[0][1]}"
        with self.lock:
            self.core.base_url = self.base_url
        self._carrier.start()
        self._control.start()
        ready.set()
        await self._stop.wait()
        self._control.stop()
        await self._carrier.stop()
        await runner.cleanup()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        call = Request(
            method=request.match_info["method"],
            query=list(request.query.items()),
            content_type=request.content_type,
            body=await _body(request),
            authorization=request.headers.get("Authorization"),
        )
        with self.lock:
            exchange = self.core.exchange(call)
        return await _carry(request, exchange)

    async def _response(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()

        def use() -> str:
            values = merge((), request.content_type, body)
            if "payload" in values:
                values = json.loads(str(values["payload"]))
            respond(self.core, request.match_info["workspace"], request.match_info["url"], values)
            return "ok"

        with self.lock:
            exchange = self.core.at_address(RESPONSE_URL, use)
        return await _carry(request, exchange)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        """The bytes of a file: as the body itself, or as the only file of a multipart form."""
        content = await _file(request)

        def use() -> str:
            received = receive(self.core, request.match_info["workspace"], request.match_info["ticket"], content)
            return f"OK - {received}"

        with self.lock:
            exchange = self.core.at_address(UPLOAD, use)
        return await _carry(request, exchange)


async def _carry(request: web.Request, exchange: Exchange) -> web.StreamResponse:
    """Answer as the exchange's fate will have it."""
    if exchange.fate.delay:
        await asyncio.sleep(exchange.fate.delay)
    if exchange.fate.answer in (Arrives.NONE, Arrives.TRUNCATED):
        return await _broken(request, exchange)
    return web.Response(
        body=exchange.body(),
        status=exchange.answer.status,
        headers=exchange.answer.headers,
        content_type=exchange.content_type,
        charset="utf-8",
    )


async def _file(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    for field in (await request.post()).values():
        if isinstance(field, web.FileField):
            return field.file.read()
    return b""


async def _broken(request: web.Request, exchange: Exchange) -> web.StreamResponse:
    """Send what arrives of an answer, then end the connection."""
    response = web.StreamResponse(status=exchange.answer.status)
    if exchange.fate.answer is Arrives.TRUNCATED:
        response.content_type = exchange.content_type
        response.content_length = len(exchange.whole())
        await response.prepare(request)
        await response.write(exchange.body())
    if request.transport is not None:
        request.transport.close()
    return response


async def _body(request: web.Request) -> bytes:
    """The body as a form or JSON. A multipart form (the SDK sends one with files only) is turned into a plain one."""
    if request.content_type != "multipart/form-data":
        return await request.read()
    fields = await request.post()
    return json.dumps({key: value for key, value in fields.items() if isinstance(value, str)}).encode()
