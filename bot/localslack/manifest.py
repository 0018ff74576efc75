"""The app as its manifest describes it."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Json = dict[str, Any]


class Transport(Enum):
    """How the app hears from Slack."""

    SOCKET = "socket"
    HTTP = "http"


@dataclass(frozen=True)
class SlashCommand:
    command: str  # with its slash
    description: str = ""
    usage_hint: str = ""
    should_escape: bool = False
    url: str = ""


@dataclass(frozen=True)
class Shortcut:
    name: str
    kind: str  # "message" or "global"
    callback_id: str
    description: str = ""


@dataclass(frozen=True)
class AppConfig:
    """One app: what it may do, what it hears, and how it is reached."""

    name: str = "Okra"
    app_id: str = "A0LOCAL0001"
    signing_secret: str = "local-signing-secret"  # noqa: S105 - a secret of this machine only, meant to be known
    app_token: str = "xapp-1-A0LOCAL0001-local"  # noqa: S105
    bot_token: str = "xoxb-local"  # noqa: S105
    verification_token: str = "local-verification"  # noqa: S105
    bot_scopes: frozenset[str] = frozenset()
    events: frozenset[str] = frozenset()
    commands: tuple[SlashCommand, ...] = ()
    shortcuts: tuple[Shortcut, ...] = ()
    transport: Transport = Transport.SOCKET
    event_url: str = ""
    interactivity_url: str = ""
    options_url: str = ""
    home_tab: bool = True
    messages_tab: bool = True
    messages_read_only: bool = False  # nobody can write to the app
    interactive: bool = True

    def command(self, name: str) -> SlashCommand | None:
        return next((known for known in self.commands if known.command == name), None)

    def shortcut(self, name: str, kind: str) -> Shortcut | None:
        return next(
            (known for known in self.shortcuts if known.kind == kind and name in (known.name, known.callback_id)), None
        )


@dataclass(frozen=True)
class Secrets:
    """The credentials that go with an app, with this machine's defaults."""

    bot_token: str = "xoxb-local"  # noqa: S105
    app_token: str = "xapp-1-A0LOCAL0001-local"  # noqa: S105
    signing_secret: str = "local-signing-secret"  # noqa: S105
    app_id: str = field(default="A0LOCAL0001")


def from_manifest(manifest: Json, secrets: Secrets | None = None, *, url: str | None = None) -> AppConfig:
    """Read an app manifest (its JSON as a dict).

    `url`: where the app listens over HTTP, in place of the manifest's own request URLs; with it the transport is HTTP
    even when the manifest says Socket Mode.
    """
    secrets = secrets or Secrets()
    features: Json = manifest.get("features", {})
    settings: Json = manifest.get("settings", {})
    interactivity: Json = settings.get("interactivity", {})
    subscriptions: Json = settings.get("event_subscriptions", {})
    home: Json = features.get("app_home", {})
    socket = bool(settings.get("socket_mode_enabled", False)) and url is None
    interactivity_url = url or interactivity.get("request_url", "")
    return AppConfig(
        name=features.get("bot_user", {}).get("display_name") or manifest["display_information"]["name"],
        app_id=secrets.app_id,
        signing_secret=secrets.signing_secret,
        app_token=secrets.app_token,
        bot_token=secrets.bot_token,
        bot_scopes=frozenset(manifest.get("oauth_config", {}).get("scopes", {}).get("bot", [])),
        events=frozenset(subscriptions.get("bot_events", [])),
        commands=tuple(
            SlashCommand(
                command=item["command"],
                description=item.get("description", ""),
                usage_hint=item.get("usage_hint", ""),
                should_escape=bool(item.get("should_escape", False)),
                url=url or item.get("url", ""),
            )
            for item in features.get("slash_commands", [])
        ),
        shortcuts=tuple(
            Shortcut(item["name"], item["type"], item["callback_id"], item.get("description", ""))
            for item in features.get("shortcuts", [])
        ),
        transport=Transport.SOCKET if socket else Transport.HTTP,
        event_url=url or subscriptions.get("request_url", ""),
        interactivity_url=interactivity_url,
        options_url=url or interactivity.get("message_menu_options_url", "") or interactivity_url,
        home_tab=bool(home.get("home_tab_enabled", False)),
        messages_tab=bool(home.get("messages_tab_enabled", True)),
        messages_read_only=bool(home.get("messages_tab_read_only_enabled", False)),
        interactive=bool(interactivity.get("is_enabled", False)),
    )
