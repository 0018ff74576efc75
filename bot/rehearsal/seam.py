"""The wire between a process and the local Slack: no socket, but everything that a socket can do to a request."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.client import IncompleteRead, RemoteDisconnected
from random import Random
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from bot.localslack import responses
from bot.localslack.core import LocalSlack
from bot.localslack.errors import SlackError
from bot.localslack.faults import Arrives, Effect
from bot.localslack.faults import Fate as CallFate
from bot.localslack.webapi.dispatch import Request
from bot.rehearsal.fate import Life
from bot.rehearsal.journal import Journal
from bot.rehearsal.ports import WireAnswer

Json = dict[str, Any]

NO_CONNECTION = "no_connection"
# How the answer begins in which Slack says that it did what it was asked for.
_TOOK_IT = b'{"ok": true'


@dataclass(frozen=True)
class Sent(Request):
    """A request that remembers which message and revision it draws."""

    drawing: tuple[int, int] | None = None


class Seam:
    """Carries requests of all processes. A death before a request leaves no effect, one after it no answer."""

    def __init__(
        self, core: LocalSlack, random: Random, journal: Journal, *, no_connection: float, settle_seconds: float
    ) -> None:
        self._core = core
        self._random = random
        self._journal = journal
        self._no_connection = no_connection
        self.asleep = True
        self.counts: Counter[str] = Counter()
        self._settle_seconds = settle_seconds
        # Effects that history shows later than Okra waits for: what no search can find in time.
        self.outside_the_bound = 0
        # Told of each answer to a press: whose press it was, and what they read.
        self.on_answer: Callable[[str, Json], None] = lambda *_: None
        # Who was told that a message was posted, by the message's opaque id.
        self._told: dict[str, Life] = {}

    def carry(self, life: Life, request: Request, *, seconds: float) -> WireAnswer:
        """Raises OSError and http.client's exceptions as the network would, and `Died`."""
        life.cross("before the request")
        life.took += (took := self._random.uniform(0.02, 0.3))
        if not self.asleep and self._random.random() < self._no_connection:
            self.counts[NO_CONNECTION] += 1
            raise URLError(ConnectionRefusedError("nobody listens"))
        exchange = self._core.exchange(
            Sent(request.method, request.query, request.content_type, request.body, request.authorization, life.drawing)
        )
        fate = exchange.fate
        if fate.kind is not None:
            self._note(life, fate)
        late = fate.effect_after if fate.effect is Effect.LATE else 0.0
        if fate.effect is not Effect.NONE and late + fate.lag > self._settle_seconds:
            self.outside_the_bound += 1
        life.cross("after the request")
        if fate.effect is Effect.LATE or took + fate.delay > seconds:
            life.took += seconds - took
            raise TimeoutError("timed out")
        life.took += fate.delay
        body = exchange.body()
        if fate.answer is Arrives.NONE:
            raise RemoteDisconnected("closed without an answer")
        if fate.answer is Arrives.TRUNCATED:
            raise IncompleteRead(body, len(body))
        life.cross("after the answer")
        if request.method == "chat.postMessage" and body.startswith(_TOOK_IT) and not life.cut:
            self._told[opaque_id(self._core.calls[-1].arguments.get("metadata"))] = life
        return WireAnswer(exchange.answer.status, exchange.answer.headers, body.decode())

    def who_knows(self, opaque_id: str) -> Life | None:
        """Who lives, was told that this message was posted, and was taken for dead by nobody since."""
        life = self._told.get(opaque_id)
        return life if life is not None and not life.dead else None

    def forget(self, life: Life) -> None:
        """Others take it for dead: they cannot know what it was told, and may look."""
        self._told = {message: who for message, who in self._told.items() if who is not life}

    def answer_press(self, life: Life, url: str, body: bytes) -> None:
        """Use a response_url. Raises OSError."""
        life.cross("before the request")
        if not self.asleep and self._random.random() < self._no_connection:
            self.counts[NO_CONNECTION] += 1
            raise URLError(ConnectionRefusedError("nobody listens"))
        workspace_id, url_id = urlsplit(url).path.split("/")[-2:]
        try:
            said = json.loads(body)
            responses.respond(self._core, workspace_id, url_id, said)
            self.on_answer(self._core.workspaces[workspace_id].response_urls[url_id].user, said)
        except SlackError as error:
            raise URLError(error.error) from error
        life.cross("after the request")

    def _note(self, life: Life, fate: CallFate) -> None:
        call = self._core.calls[-1]
        kind = fate.kind.value if fate.kind is not None else ""
        where = f"{call.arguments.get('channel')}/{call.arguments.get('ts')}"
        self._journal.note(opaque_id(call.arguments.get("metadata")) or where, f"{life.name} {call.method}: {kind}")


def opaque_id(metadata: dict[str, Any] | str | None) -> str:
    """The id that a delivery of Okra's travels with; empty where there is none."""
    known = json.loads(metadata) if isinstance(metadata, str) else metadata
    return str(((known or {}).get("event_payload") or {}).get("id", ""))
