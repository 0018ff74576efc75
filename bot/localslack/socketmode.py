"""Socket Mode without a socket: tickets, connections, envelopes, and which connection gets what.

A server moves the frames; here is only what they say. Frames are dicts, sent as JSON text.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.localslack.ids import Ids
from bot.localslack.outgoing import Delivery, Kind

Json = dict[str, Any]

MOST = 10
"""An app has at most this many connections open (Slack's Socket Mode guide)."""


@dataclass
class Connection:
    id: str
    pending: dict[str, None] = field(default_factory=dict)  # envelope ids that wait for an ack
    leaving: bool = False  # told to reconnect: gets nothing new


class Connections:
    """The open connections of one app. Each payload goes to one of them in turn."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._tickets: dict[str, str] = {}
        self._open: dict[str, Connection] = {}
        self._last: str | None = None

    def new_url(self, base_url: str, app_id: str) -> str:
        """A WebSocket address with a ticket that opens one connection."""
        ticket = self._ids.uuid("ticket")
        self._tickets[ticket] = app_id
        return f"ws{base_url.removeprefix('http')}/link?ticket={ticket}&app_id={app_id}"

    def connect(self, ticket: str) -> Connection | None:
        """Open a connection. None for a ticket that is unknown or spent, or when too many are open."""
        if self._tickets.pop(ticket, None) is None or len(self._open) >= MOST:
            return None
        connection = Connection(self._ids.uuid("connection"))
        self._open[connection.id] = connection
        return connection

    def hello(self, connection: Connection, app_id: str, started: datetime) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {
                "host": connection.id,
                "started": started.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.000"),
                "build_number": 1,
                "approximate_connection_time": 3600,
            },
            "connection_info": {"app_id": app_id},
        }

    def drop(self, connection_id: str) -> list[str]:
        """Forget a connection; returns the envelope ids that it left without an ack."""
        connection = self._open.pop(connection_id, None)
        return list(connection.pending) if connection is not None else []

    def assign(self, delivery: Delivery) -> Connection | None:
        """The connection that carries a delivery: the next in turn after the last one used. None when none is open."""
        ready = [one for one in self._open.values() if not one.leaving]
        if not ready:
            return None
        ids = [one.id for one in ready]
        at = (ids.index(self._last) + 1) % len(ids) if self._last in ids else 0
        chosen = ready[at]
        self._last = chosen.id
        chosen.pending[delivery.id] = None
        return chosen

    def acked(self, connection_id: str, envelope_id: str) -> bool:
        """Whether this ack was awaited on this connection."""
        connection = self._open.get(connection_id)
        if connection is None or envelope_id not in connection.pending:
            return False
        del connection.pending[envelope_id]
        return True

    def expired(self, envelope_id: str) -> None:
        """No ack came in time; a later one means nothing."""
        for connection in self._open.values():
            connection.pending.pop(envelope_id, None)

    def say_goodbye(self, connection_id: str, reason: str) -> Json:
        """The disconnect frame. After anything but a warning the connection gets no new payloads."""
        connection = self._open[connection_id]
        connection.leaving = reason != "warning"
        return {"type": "disconnect", "reason": reason, "debug_info": {"host": connection_id}}

    @property
    def ids(self) -> list[str]:
        return list(self._open)


def envelope(delivery: Delivery) -> Json:
    """The frame that carries a delivery."""
    kind = Kind.INTERACTION if delivery.kind is Kind.OPTIONS else delivery.kind
    frame: Json = {
        "envelope_id": delivery.id,
        "payload": delivery.payload,
        "type": kind.value,
        "accepts_response_payload": delivery.accepts_response_payload,
    }
    if delivery.kind is Kind.EVENT:
        frame |= {"retry_attempt": delivery.attempt, "retry_reason": delivery.reason or ""}
    return frame
