"""users.*: the people of the workspace."""

from typing import Any

from bot.localslack.errors import SlackError
from bot.localslack.payloads import user_object
from bot.localslack.webapi.arguments import Arguments
from bot.localslack.webapi.caller import Caller
from bot.localslack.webapi.paging import page_of
from bot.localslack.world import World

Json = dict[str, Any]

WITHOUT_LIMIT = 5_000
"""More people than this are given in pages only (`limit_required`)."""


def info(world: World, caller: Caller, arguments: Arguments) -> Json:
    person = caller.workspace.people.get(arguments.text("user"))
    if person is None:
        raise SlackError("user_not_found")
    locale = arguments.flag("include_locale")
    shape = user_object(person, caller.workspace, world.clock.now(), email=_email(caller), locale=locale)
    return {"ok": True, "user": shape}


def lookup_by_email(world: World, caller: Caller, arguments: Arguments) -> Json:
    """A person by their address, in whatever case it is written; not one who is deactivated."""
    wanted = arguments.text("email").strip().casefold()
    for person in caller.workspace.people.values():
        if wanted and person.email.casefold() == wanted and not person.deleted and not person.is_bot:
            return {"ok": True, "user": user_object(person, caller.workspace, world.clock.now())}
    raise SlackError("users_not_found")


def list_users(world: World, caller: Caller, arguments: Arguments) -> Json:
    """Everybody, deactivated people and bots included, in pages when `limit` is given."""
    people = caller.workspace.people
    limit = arguments.number("limit", 0, "invalid_limit")
    if limit < 0:
        raise SlackError("invalid_limit")
    if limit == 0 and len(people) > WITHOUT_LIMIT:
        raise SlackError("limit_required")
    limit = min(limit, 1000) or WITHOUT_LIMIT
    page, following = page_of(list(people), "user", arguments.optional("cursor"), limit)
    now = world.clock.now()
    locale = arguments.flag("include_locale")
    return {
        "ok": True,
        "members": [
            user_object(people[one], caller.workspace, now, email=_email(caller), locale=locale) for one in page
        ],
        "cache_ts": int(now.timestamp()),
        "response_metadata": {"next_cursor": following},
    }


def _email(caller: Caller) -> bool:
    return "users:read.email" in caller.installation.scopes
