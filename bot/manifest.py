"""The app manifest: what Slack must know about Okra. Made from the ids and scopes that the code uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.blocks.ids import Command, Event, Shortcut
from bot.scopes import SCOPES

# What a person reads in Slack's list of commands: what it does, and what may follow it.
COMMANDS: Mapping[Command, tuple[str, str]] = {
    Command.OKR: (
        "Your key results, your team's, or the company's",
        "[team NAME | company | away DAYS | settings | help]",
    ),
    Command.KR: ("Look at a key result, or check in", "12  or  12 45 yellow waiting on legal"),
}

# What a person reads in the menu of a message.
SHORTCUTS: Mapping[Shortcut, tuple[str, str]] = {
    Shortcut.TURN_INTO_BLOCKER: ("Turn into a blocker", "Ask for help with a key result, with a link to this message"),
}


def manifest(url: str | None = None) -> dict[str, Any]:
    """The manifest as Slack's app pages take it.

    Without `url` Slack is reached by Socket Mode. With it (`https://okra.example.com/slack/events`) Slack posts
    everything there.
    """
    # Over HTTP one address hears everything; with Socket Mode there is none.
    address = {"request_url": url} if url else {}
    return {
        "_metadata": {"major_version": 2, "minor_version": 1},
        "display_information": {
            "name": "Okra",
            "description": "OKR check-ins where the work already happens: it asks, it listens, it gets help.",
        },
        "features": {
            # Home shows what somebody must do; a check-in can be told in words, in the direct message.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "Okra", "always_online": True},
            "slash_commands": [
                {
                    "command": command.value,
                    "description": description,
                    "usage_hint": hint,
                    # So that somebody who is mentioned in the text arrives as an id.
                    "should_escape": True,
                    **({"url": url} if url else {}),
                }
                for command, (description, hint) in COMMANDS.items()
            ],
            "shortcuts": [
                {"name": name, "type": "message", "callback_id": shortcut.value, "description": description}
                for shortcut, (name, description) in SHORTCUTS.items()
            ],
        },
        "oauth_config": {"scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**address, "bot_events": [event.value for event in Event]},
            "interactivity": {
                "is_enabled": True,
                **address,
                **({"message_menu_options_url": url} if url else {}),
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": False,
        },
    }
