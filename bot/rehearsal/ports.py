"""The ports of a process that can die: its database, and its clients for Slack's Web API."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import Request as HttpRequest

import sqlalchemy as sa
from slack_sdk import WebClient
from sqlalchemy.orm import Session

from bot.localslack.webapi.dispatch import Request
from bot.rehearsal.fate import Life
from models.database import Database

API = "http://127.0.0.1/api/"


@dataclass(frozen=True)
class MortalDatabase(Database):
    """The database as one process reaches it."""

    life: Life = field(kw_only=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        self.life.check()
        with super().read() as session:
            yield session

    @contextmanager
    def glance(self) -> Iterator[sa.Connection]:
        self.life.check()
        with super().glance() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        self.life.check()
        with super().write() as session:
            yield session
            self.life.cross("before the commit")
        self.life.cross("after the commit")


def mortal(database: Database, life: Life) -> MortalDatabase:
    """The same database, for one life."""
    return MortalDatabase(
        engine=database.engine,
        _glancing=database._glancing,
        _reading=database._reading,
        _writing=database._writing,
        _turns=database._turns,
        _durable=database._durable,
        patience=database.patience,
        life=life,
    )


@dataclass(frozen=True)
class WireAnswer:
    """What came back over the wire: whole, or cut off in the middle."""

    status: int
    headers: Mapping[str, str]
    body: str


class Wire(Protocol):
    """Carries a request of one life to Slack. Raises what the network would."""

    def carry(self, life: Life, request: Request, *, seconds: float) -> WireAnswer: ...

    def answer_press(self, life: Life, url: str, body: bytes) -> None: ...


def client_of(wire: Wire, life: Life) -> Callable[..., WebClient]:
    """Makes the SDK's clients for one life: all of the SDK but the socket."""

    class Client(WebClient):
        def _perform_urllib_http_request_internal(self, url: str, req: HttpRequest) -> dict[str, Any]:
            parts = urlsplit(url)
            answer = wire.carry(
                life,
                Request(
                    method=parts.path.rsplit("/", 1)[1],
                    query=parse_qsl(parts.query),
                    content_type=req.get_header("Content-type") or "",
                    body=req.data if isinstance(req.data, bytes) else b"",
                    authorization=req.get_header("Authorization"),
                ),
                seconds=self.timeout,
            )
            headers = Headers()
            headers["Content-Type"] = "application/json"
            for name, value in answer.headers.items():
                headers[name] = value
            if answer.status >= 300:
                raise HTTPError(url, answer.status, "", headers, io.BytesIO(answer.body.encode()))
            return {"status": answer.status, "headers": headers, "body": answer.body}

    return Client
