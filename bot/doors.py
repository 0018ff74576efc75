"""How Slack's payloads come in: over Socket Mode, or over signed HTTP."""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.socket_mode.builtin import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.turnstile import Turnstile

HTTP_THREADS = 8
SOCKET_THREADS = 8
# What an answer that is written already may take to leave, when the program ends.
LAST_WORDS_SECONDS = 2
# Slack waits this long for an answer. What takes longer, at the end of the program too, is late whatever happens.
ANSWER_SECONDS = 3

# Slack's payloads are some kilobytes. A body is read before its signature can be checked, so it has a limit.
MOST_BYTES = 1_048_576
# The SDK gives a connection up after five pings that could not be sent or four that nobody answered. At its own pace
# (10 s) Okra would be deaf for most of a minute after the cable was cut.
PING_SECONDS = 2


class Door(Protocol):
    """How Slack's payloads come in."""

    def open(self) -> None: ...

    def close(self) -> None: ...


class SocketDoor:
    """Socket Mode: Okra connects to Slack, so it needs no public address."""

    def __init__(self, bolt: App, *, app_token: str, slack_base_url: str) -> None:
        self._handler = LastAnswers(
            bolt,
            app_token=app_token,
            web_client=WebClient(token=app_token, base_url=slack_base_url, retry_handlers=[]),
            concurrency=SOCKET_THREADS,
            ping_interval=PING_SECONDS,
        )

    def open(self) -> None:
        settle_in()
        self._handler.connect()  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Take nothing new, answer what is being worked on, and disconnect."""
        self._handler.finish(ANSWER_SECONDS)
        self._handler.close()  # type: ignore[no-untyped-call]


class LastAnswers(SocketModeHandler):
    """The SDK closes its connection first and then waits for its threads, whose answers have no way out any more: a
    person would see an error for what was saved. This one can be asked to let them answer before."""

    def __init__(self, *given: Any, **named: Any) -> None:
        # First: the SDK's threads start at once.
        self._changed = threading.Condition()
        self._working = 0
        self._finishing = False
        super().__init__(*given, **named)

    def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]
        with self._changed:
            if self._finishing:
                # Without an answer an event comes again, to whoever is connected then; a press shows that it failed.
                return
            self._working += 1
        try:
            super().handle(client, req)
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def finish(self, seconds: float) -> None:
        """Begin nothing from now on, and wait until all that was begun has been answered, at most so long."""
        with self._changed:
            self._finishing = True
            self._changed.wait_for(lambda: self._working == 0, seconds)


class HttpDoor:
    """Signed HTTP: Slack posts to `/slack/events` here."""

    def __init__(self, bolt: App, *, host: str, port: int, at_once: int) -> None:
        """`at_once`: how many requests may work at the same moment, at most; `port` 0 binds any that is free."""
        from waitress.server import create_server
        from waitress.wasyncore import close_all

        # All that the server's loop watches, by file descriptor; only its own thread may close any of it.
        self._watched: dict[int, Any] = {}
        try:
            self._server = create_server(
                wsgi(bolt, at_once),
                map=self._watched,
                host=host,
                port=port,
                threads=HTTP_THREADS,
                clear_untrusted_proxy_headers=True,
                max_request_body_size=MOST_BYTES,
            )
        except OSError:
            close_all(self._watched)  # waitress leaves its sockets open where it cannot have the port
            raise
        self._thread = threading.Thread(target=self._server.run, name="okra-http", daemon=True)

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self._server.effective_port)

    def open(self) -> None:
        settle_in()
        self._thread.start()

    def close(self) -> None:
        """Let nobody in any more, finish what is being answered, and end the thread."""
        from waitress.wasyncore import close_all, dispatcher

        if not self._thread.is_alive():
            self._server.task_dispatcher.shutdown()
            close_all(self._watched)
            return
        # A socket closed from here, while the loop waits for it, would end the loop with "Bad file descriptor".
        self._in_the_loop(lambda: dispatcher.close(self._server))
        self._server.task_dispatcher.shutdown()
        self._in_the_loop(self._hang_up)
        end = time.monotonic() + LAST_WORDS_SECONDS
        while self._lines() and time.monotonic() < end:
            time.sleep(0.01)
        self._in_the_loop(lambda: close_all(self._watched))
        self._thread.join()

    def _in_the_loop(self, work: Callable[[], object]) -> None:
        self._server.trigger.pull_trigger(work)

    def _lines(self) -> list[Any]:
        """The connections that are open."""
        return [one for one in list(self._watched.values()) if hasattr(one, "close_when_flushed")]

    def _hang_up(self) -> None:
        for line in self._lines():
            line.close_when_flushed = True


def settle_in() -> None:
    """What was made so far lives as long as the process: the collector need not look at it while somebody waits."""
    gc.collect()
    gc.freeze()


def wsgi(bolt: App, at_once: int) -> Callable[[dict[str, Any], Callable[..., Any]], Any]:
    """The WSGI application: Slack's requests at `/slack/events`, and `/healthz` for those who watch."""
    slack = SlackRequestHandler(bolt)
    turnstile = Turnstile(at_once)

    def serve(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        if environ.get("PATH_INFO") == "/healthz":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok\n"]
        with turnstile.inside():
            return slack(environ, start_response)

    return serve
