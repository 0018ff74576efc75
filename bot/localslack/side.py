"""What somebody else may add to the server, beside Slack: the demo's clock and story, say."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from aiohttp import web

Json = dict[str, Any]
Handler = Callable[[Json, web.Request], Awaitable[Any]]
"""Takes the request's JSON ({} when there is none) and returns what is answered as JSON. An ActError or a SetupError is
answered with 409 and its sentence."""


class Side(Protocol):
    """More routes for the page. They answer this machine only, and run on the server's loop."""

    def routes(self) -> Sequence[tuple[str, str, Handler]]:
        """(verb, path, handler), each path below `/_demo/`."""
        ...
