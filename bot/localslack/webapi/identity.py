"""auth.test: who the app is."""

from typing import Any

from bot.localslack.webapi.arguments import Arguments
from bot.localslack.webapi.caller import Caller
from bot.localslack.world import World

Json = dict[str, Any]


def auth_test(world: World, caller: Caller, arguments: Arguments) -> Json:
    del world, arguments
    workspace = caller.workspace
    return {
        "ok": True,
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": workspace.people[caller.bot].name,
        "team_id": workspace.id,
        "user_id": caller.bot,
        "bot_id": caller.installation.bot_id,
        "is_enterprise_install": False,
    }
