"""Who may use what is for this machine only: its own programs, and the page that this server itself gave a browser.

A browser on this machine also runs the pages of others, and sends what they ask it to. It says where that comes from.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web


def refusal(request: web.Request, listens_on: str) -> web.Response | None:
    """What is answered to a request that is not let in; None where it is. `listens_on`: the server's own name."""
    if request.remote is None or not _is_loopback(request.remote):
        return _refused("the control API answers this machine only")
    if not _is_our_name(request.host, listens_on):
        # Whoever owns a name may have it lead to this machine, and then their pages count as ours.
        return _refused("the control API answers under this machine's own names only")
    origin = request.headers.get("Origin", f"http://{request.host}")
    if (
        origin.casefold() != f"http://{request.host}".casefold()
        or request.headers.get("Sec-Fetch-Site") == "cross-site"
    ):
        return _refused("the control API does not answer the pages of others")
    if request.can_read_body and request.content_type != "application/json":
        # A browser sends anything else to other servers without asking them first.
        return _refused("the control API reads application/json", 415)
    return None


def _is_our_name(host: str, listens_on: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in ("localhost", listens_on.casefold()) or _is_loopback(name)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _refused(why: str, status: int = 403) -> web.Response:
    return web.json_response({"error": why}, status=status)
