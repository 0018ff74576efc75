"""Carries deliveries to the app: over the WebSockets of Socket Mode, or as signed HTTP requests."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout, TCPConnector, WSMsgType, web

from bot.localslack.core import LocalSlack
from bot.localslack.faults import FaultKind
from bot.localslack.httpmode import reply_of, request_of
from bot.localslack.manifest import Transport
from bot.localslack.outgoing import ACK_SECONDS, Delivery, Reply, Stage
from bot.localslack.socketmode import envelope

Json = dict[str, Any]

GRACE_SECONDS = 5.0
# So long after a warning Slack closes the connection.
WARNING_SECONDS = 10.0
HALF_OPEN = "half_open"
GOODBYES = {FaultKind.SOCKET_WARNING: "warning", FaultKind.SOCKET_REFRESH: "refresh_requested"}


class Carrier:
    """Lives on one asyncio loop; touches the core only under its lock."""

    def __init__(
        self,
        core: LocalSlack,
        lock: AbstractContextManager[Any],
        signing_time: Callable[[], datetime],
        ack_seconds: float = ACK_SECONDS,
    ) -> None:
        """`signing_time`: the clock by which requests are signed; the app verifies against its own."""
        self._core = core
        self._lock = lock
        self._signing_time = signing_time
        self._ack_seconds = ack_seconds
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._dead: set[str] = set()  # connections that only look open
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._later: asyncio.TimerHandle | None = None
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._http: ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin on the running loop."""
        self._loop = asyncio.get_running_loop()
        self._http = ClientSession(
            # a connection for each request: one kept alive may die with the app's old process, and take a payload along
            connector=TCPConnector(force_close=True),
            timeout=ClientTimeout(total=self._ack_seconds),
        )
        with self._lock:
            self._core.outgoing.on_due = self.wake
            self._core.outgoing.on_settled = self._settled
        self.wake()

    async def stop(self) -> None:
        with self._lock:
            self._core.outgoing.on_due = _nothing
            self._core.outgoing.on_settled = _ignore
        for timer in [*self._timers.values(), *([self._later] if self._later is not None else [])]:
            timer.cancel()
        for socket in list(self._sockets.values()):
            await socket.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._http is not None:
            await self._http.close()

    def wake(self) -> None:
        """Look at the queue soon; from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._pump)

    async def settled(self, delivery: Delivery) -> None:
        """Wait until a delivery is answered, given up, or put off to a later attempt."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            if delivery.finished or (delivery.stage is Stage.WAITING and delivery.due_at > self._core.clock.now()):
                return
            self._waiting.setdefault(delivery.id, []).append(future)
        await future

    def _settled(self, delivery: Delivery) -> None:
        for future in self._waiting.pop(delivery.id, []):
            if not future.done():
                future.set_result(None)

    def _pump(self) -> None:
        with self._lock:
            self._core.run_due()
            due = self._core.outgoing.take()
            for delivery in due:
                self._send(delivery)
            following = self._core.next_due()
            wait = (following - self._core.clock.now()).total_seconds() if following is not None else None
        if self._later is not None:
            self._later.cancel()
            self._later = None
        if wait is not None and self._loop is not None:
            self._later = self._loop.call_later(max(0.0, wait), self._pump)

    def _send(self, delivery: Delivery) -> None:
        if self._core.app.transport is Transport.HTTP:
            self._spawn(self._send_http(delivery))
            return
        connection = self._core.connections.assign(delivery)
        socket = self._sockets.get(connection.id) if connection is not None else None
        if connection is None or socket is None or self._loop is None:
            self._core.outgoing.unanswered(delivery.id, "connection_failed")
            return
        self._timers[delivery.id] = self._loop.call_later(self._ack_seconds, self._expire, delivery.id)
        fault = self._core.faults.line(delivery.kind.value, self._core.clock.now())
        if fault is FaultKind.SOCKET_HALF_OPEN:
            self._dead.add(connection.id)
        if fault is FaultKind.SOCKET_CUT:
            _cut(socket)
        elif connection.id not in self._dead:
            self._spawn(_send_frame(socket, envelope(delivery)))
        if fault in GOODBYES:
            self._spawn(self._say_goodbye(connection.id, socket, GOODBYES[fault]))

    def _expire(self, envelope_id: str) -> None:
        with self._lock:
            self._timers.pop(envelope_id, None)
            self._core.connections.expired(envelope_id)
            self._core.outgoing.unanswered(envelope_id, "timeout")

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def link(self, request: web.Request) -> web.StreamResponse:
        """One Socket Mode connection, from its ticket to its end."""
        with self._lock:
            connection = self._core.connections.connect(request.query.get("ticket", ""))
            if connection is None:
                return web.Response(status=403, text="unknown or spent ticket, or too many connections")
            hello = self._core.connections.hello(connection, self._core.app.app_id, self._core.clock.now())
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        self._sockets[connection.id] = socket
        try:
            await socket.send_str(json.dumps(hello))
            with self._lock:
                self._core.touch()
            async for frame in socket:
                if connection.id in self._dead:
                    continue
                if frame.type is WSMsgType.TEXT:
                    self._acked(connection.id, frame.data)
                elif frame.type is WSMsgType.PING:
                    await socket.pong(frame.data)
        finally:
            self._sockets.pop(connection.id, None)
            self._dead.discard(connection.id)
            with self._lock:
                for envelope_id in self._core.connections.drop(connection.id):
                    self._stop_timer(envelope_id)
                    self._core.outgoing.unanswered(envelope_id, "connection_failed")
                self._core.touch()
        return socket

    def _acked(self, connection_id: str, text: str) -> None:
        try:
            frame = json.loads(text)
        except ValueError:
            return
        envelope_id = frame.get("envelope_id") if isinstance(frame, dict) else None
        if not isinstance(envelope_id, str):
            return
        with self._lock:
            if self._core.connections.acked(connection_id, envelope_id):
                self._stop_timer(envelope_id)
                payload = frame.get("payload")
                body = payload if isinstance(payload, dict) else {"text": payload} if payload else None
                self._core.outgoing.answered(envelope_id, Reply(200, body))

    def _stop_timer(self, envelope_id: str) -> None:
        timer = self._timers.pop(envelope_id, None)
        if timer is not None:
            timer.cancel()

    async def disconnect(self, reason: str | None) -> int:
        """Send a disconnect frame on every connection and close it a little later; without a reason the cable is cut;
        `half_open`: each looks open, and nothing goes through it. Returns how many connections there were."""
        sockets = dict(self._sockets)
        for connection_id, socket in sockets.items():
            if reason is None:
                _cut(socket)
            elif reason == HALF_OPEN:
                self._dead.add(connection_id)
            else:
                await self._say_goodbye(connection_id, socket, reason)
        return len(sockets)

    async def _say_goodbye(self, connection_id: str, socket: web.WebSocketResponse, reason: str) -> None:
        with self._lock:
            if connection_id not in self._core.connections.ids:
                return
            frame = self._core.connections.say_goodbye(connection_id, reason)
        await _send_frame(socket, frame)
        self._spawn(_close_later(socket, WARNING_SECONDS if reason == "warning" else GRACE_SECONDS))

    async def _send_http(self, delivery: Delivery) -> None:
        request = request_of(self._core.app, delivery, self._signing_time())
        reason = None
        reply = Reply()
        try:
            if self._http is None or not request.url:
                reason = "connection_failed"
            else:
                async with self._http.post(
                    request.url, data=request.body, headers=request.headers, allow_redirects=False
                ) as response:
                    reply = reply_of(response.status, response.headers, await response.text())
        except TimeoutError:
            reason = "http_timeout"
        except ClientError:
            reason = "connection_failed"
        with self._lock:
            if reason is None:
                self._core.outgoing.answered(delivery.id, reply)
            else:
                self._core.outgoing.unanswered(delivery.id, reason)


def _cut(socket: web.WebSocketResponse) -> None:
    if socket._req is not None and socket._req.transport is not None:
        socket._req.transport.abort()


async def _send_frame(socket: web.WebSocketResponse, frame: Json) -> None:
    if not socket.closed:
        await socket.send_str(json.dumps(frame))


async def _close_later(socket: web.WebSocketResponse, seconds: float) -> None:
    """A client that was told to go has a moment to finish what it holds."""
    await asyncio.sleep(seconds)
    await socket.close()


def _nothing() -> None:
    pass


def _ignore(delivery: Delivery) -> None:
    del delivery
