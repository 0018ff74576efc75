"""The driver's side of the control API: JSON over HTTP, and its refusals as exceptions."""

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Json = dict[str, Any]

LONGEST = 60.0  # seconds until an answer of the control API is given up


class NotSeen(LookupError):
    """Nothing a person sees fits; the message says what is there instead."""


class Refused(Exception):
    """The local Slack does not let this person do this."""


class WaitedInVain(AssertionError):
    """What a test waited for did not come."""


class Wire:
    """One control API. Every call opens and closes its own connection, so that any thread may call."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._host = parts.hostname or "127.0.0.1"
        self._port = parts.port or 80

    def get(self, *path: str, **query: str | float) -> Any:
        return self._call("GET", path, query, None)

    def post(self, *path: str, **body: Any) -> Any:
        return self._call("POST", path, {}, body)

    def _call(self, verb: str, path: tuple[str, ...], query: dict[str, Any], body: Json | None) -> Any:
        address = "/_control/" + "/".join(quote(part, safe="") for part in path)
        if query:
            address += "?" + urlencode(query)
        connection = HTTPConnection(self._host, self._port, timeout=LONGEST)
        try:
            content = None if body is None else json.dumps(body).encode()
            connection.request(verb, address, content, {"Content-Type": "application/json", "Connection": "close"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status == 409:
            raise Refused(answer["error"])
        if response.status != 200:
            raise RuntimeError(f"the control API answered {response.status}: {answer}")
        return answer
