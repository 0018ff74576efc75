"""An app that uses all that the page can draw: every element, stacked dialogs, errors, shortcuts, Home, questions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from slack_bolt import App
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sockets import over_sockets

from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.driver import DrivenPerson, Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.localslack.side import Side

Json = dict[str, Any]

MONDAY = datetime(2026, 10, 5, 9, tzinfo=UTC)
# A browser beside it takes the machine's time.
ACK_SECONDS, PING_SECONDS = 45, 15

MANIFEST: Json = {
    "display_information": {"name": "Chef"},
    "features": {
        "app_home": {"home_tab_enabled": True, "messages_tab_enabled": True},
        "bot_user": {"display_name": "Chef"},
        "slash_commands": [
            {"command": "/cook", "description": "Opens the dialog", "usage_hint": "[dish]"},
            {"command": "/clean", "description": "Says something to you alone"},
            {"command": "/burn", "description": "Fails"},
        ],
        "shortcuts": [
            {"name": "Keep this recipe", "type": "message", "callback_id": "keep", "description": "x"},
            {"name": "Cook something", "type": "global", "callback_id": "cook", "description": "Opens the dialog"},
        ],
    },
    "oauth_config": {"scopes": {"bot": ["chat:write", "commands", "im:history", "im:write", "users:read"]}},
    "settings": {
        "event_subscriptions": {"bot_events": ["app_home_opened"]},
        "interactivity": {"is_enabled": True},
        "socket_mode_enabled": True,
    },
}


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def options(*texts: str) -> list[Json]:
    return [{"text": plain(text), "value": text.lower()} for text in texts]


def asks(label: str, element: Json, **more: Any) -> Json:
    name = label.lower().replace(" ", "_")
    return {"type": "input", "block_id": name, "label": plain(label), "element": {"action_id": "v"} | element} | more


FIELDS = [
    asks("Dish", {"type": "plain_text_input", "placeholder": plain("In a word")}),
    asks("Steps", {"type": "plain_text_input", "multiline": True}, optional=True, hint=plain("One a line")),
    asks("Minutes", {"type": "number_input", "is_decimal_allowed": False}, optional=True),
    asks("Mail", {"type": "email_text_input"}, optional=True),
    asks("Link", {"type": "url_text_input"}, optional=True),
    asks("Course", {"type": "static_select", "options": options("Starter", "Main", "Dessert")}, optional=True),
    asks("Tastes", {"type": "multi_static_select", "options": options("Sweet", "Sour", "Salty")}, optional=True),
    asks("Heat", {"type": "radio_buttons", "options": options("Mild", "Hot")}, optional=True),
    asks("Extras", {"type": "checkboxes", "options": options("Bread", "Rice")}, optional=True),
    asks("Day", {"type": "datepicker"}, optional=True),
    asks("Hour", {"type": "timepicker"}, optional=True),
    asks("Served at", {"type": "datetimepicker"}, optional=True),
    asks("Cook", {"type": "users_select"}, optional=True),
    asks("Guests", {"type": "multi_users_select"}, optional=True),
    asks("Kitchen", {"type": "channels_select"}, optional=True),
    asks("Table", {"type": "conversations_select"}, optional=True),
    asks("Supplier", {"type": "external_select", "min_query_length": 1}, optional=True),
    asks("Suppliers", {"type": "multi_external_select", "min_query_length": 1}, optional=True),
]


def dialog(title: str, blocks: list[Json], **more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "recipe",
        "title": plain(title),
        "submit": plain("Save"),
        "blocks": blocks,
    } | more


def button(label: str, action_id: str, **more: Any) -> Json:
    return {"type": "button", "action_id": action_id, "text": plain(label)} | more


EATEN = [{"label": day, "value": bowls} for day, bowls in (("Mon", 3), ("Tue", 5), ("Wed", 4))]
SPILL = {
    "title": plain("Spill it?"),
    "text": plain("It is gone then."),
    "confirm": plain("Spill"),
    "deny": plain("Keep"),
}
SIZES = {
    "type": "static_select",
    "action_id": "size",
    "placeholder": plain("A size"),
    "options": options("Small", "Large"),
}


def menu_blocks(me: str, room: str, link: str) -> list[Json]:
    """A message of all kinds of blocks; `link` leads to another message."""
    told = f"*Soup* for <@{me}> in <#{room}> since <!date^1791190800^{{time}}|9>, see <{link}|the recipe>"
    rows = (("Dish", "Left"), ("Soup", "3"), ("Bread", "7"))
    return [
        {"type": "header", "text": plain("Today's *menu* :tada:")},
        {"type": "section", "text": mrkdwn(told)},
        {
            "type": "section",
            "text": plain("Plain *stars* stay"),
            "accessory": {
                "type": "overflow",
                "action_id": "choose",
                "options": options("Warm it up", "Throw it away"),
            },
        },
        {"type": "context", "elements": [mrkdwn("_small_ print :spoon: &lt;escaped&gt; &amp; whole, 10:01:30")]},
        {
            "type": "data_visualization",
            "title": "Eaten",
            "chart": {
                "type": "line",
                "series": [{"name": "Bowls", "data": EATEN}],
                "axis_config": {"categories": [one["label"] for one in EATEN]},
            },
        },
        {"type": "table", "rows": [[{"type": "raw_text", "text": word} for word in row] for row in rows]},
        {
            "type": "actions",
            "elements": [
                button("Eat", "eat", style="primary", value="1"),
                button("Spill", "spill", style="danger", confirm=SPILL),
                SIZES,
            ],
        },
    ]


RECIPE = dialog("Recipe", [{"type": "actions", "elements": [button("One more", "more")]}, *FIELDS])


@dataclass
class Kitchen:
    """The running app, its Slack, and what it was told."""

    server: LocalSlackServer
    slack: Driver
    client: WebClient
    heard: list[Json] = field(default_factory=list)

    def told(self, action: str) -> list[Json]:
        """The actions of this id that were reported, oldest first."""
        return [one for body in self.heard for one in body.get("actions", []) if one["action_id"] == action]

    def submitted(self) -> Json:
        """The state of the newest submission."""
        views: list[Json] = [body["view"] for body in self.heard if body.get("type") == "view_submission"]
        return views[-1]["state"]["values"]  # type: ignore[no-any-return]

    def person(self, name: str) -> DrivenPerson:
        return self.slack.person(name)

    def serve_menu(self, room: str, me: str) -> str:
        """Post all kinds of blocks; returns the message's timestamp."""
        posted = self.client.chat_postMessage(channel=room, text="bread is ready")
        link = self.client.chat_getPermalink(channel=room, message_ts=posted["ts"])["permalink"]
        blocks = menu_blocks(me, room, link)
        return str(self.client.chat_postMessage(channel=room, text="The menu", blocks=blocks)["ts"])


@contextmanager
def open_kitchen(side: Side | None = None) -> Iterator[Kitchen]:
    """The app on a Slack with three people, who are in #kitchen; Ann and Bo are in #pantry too."""
    config = from_manifest(MANIFEST)
    core = LocalSlack(config, SlackClock(start=MONDAY), workspace_name="Test kitchen")
    with LocalSlackServer(core, ack_seconds=ACK_SECONDS, side=side) as server:
        slack = Driver(server.base_url)
        people = [
            slack.add_person(name, tz=zone, title=title)
            for name, zone, title in (
                ("Ann Ale", "Europe/London", "Cooks"),
                ("Bo Barley", "Pacific/Auckland", "Bakes"),
                ("Cy Corn", "America/New_York", "Eats"),
            )
        ]
        slack.add_channel("kitchen", members=people, with_app=True)
        slack.add_channel("pantry", members=people[:2], with_app=True)
        client = WebClient(token=config.bot_token, base_url=server.api_url)
        kitchen = Kitchen(server, slack, client)
        app = App(client=client, signing_secret=config.signing_secret, token_verification_enabled=False)
        _listen(app, kitchen.heard)
        with over_sockets(app, server, ping_seconds=PING_SECONDS):
            yield kitchen


def _listen(app: App, heard: list[Json]) -> None:
    @app.middleware
    def hear(body: Json, next: Any) -> None:
        heard.append(body)
        next()

    @app.event("app_home_opened")
    def home(event: Json, client: WebClient) -> None:
        if event["tab"] == "home":
            client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [
                {"type": "header", "text": plain("Your kitchen")},
                {"type": "section", "text": mrkdwn("*Nothing* burns"), "accessory": {
                    "type": "button", "action_id": "stir", "text": plain("Stir")}},
                asks("Note", {"type": "plain_text_input"}, dispatch_action=True),
            ]})  # fmt: skip

    @app.command("/cook")
    @app.shortcut("cook")
    @app.shortcut("keep")
    def cook(ack: Any, body: Json, client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=RECIPE)

    @app.command("/clean")
    def clean(ack: Any) -> None:
        ack(text="*Clean* as :sparkles:")

    @app.command("/burn")
    def burn(ack: Any, client: WebClient) -> None:
        try:
            client.api_call("stoves.burn")
        except SlackApiError:
            ack(text="There is no such stove")

    @app.action("more")
    def more(ack: Any, body: Json, client: WebClient) -> None:
        ack()
        blocks = [{"type": "section", "text": mrkdwn("*On top*")}, asks("Again", {"type": "plain_text_input"})]
        client.views_push(trigger_id=body["trigger_id"], view=dialog("One more", blocks, close=plain("Back to it")))

    @app.action("eat")
    def eat(ack: Any, body: Json, client: WebClient) -> None:
        ack()
        client.chat_postMessage(
            channel=body["channel"]["id"], thread_ts=body["message"]["ts"], text=f"<@{body['user']['id']}> eats"
        )

    for name in ("spill", "choose", "size", "stir", "v"):
        app.action(name)(lambda ack: ack())

    @app.options("v")
    def suppliers(ack: Any, body: Json) -> None:
        names = ("Mill Lane", "Market Hall", "Harbour")
        ack(options=options(*[name for name in names if body["value"].lower() in name.lower()]))

    @app.view("recipe")
    def save(ack: Any, view: Json) -> None:
        values = view["state"]["values"]
        if values.get("dish", {}).get("v", {}).get("value") == "nothing":
            ack(response_action="errors", errors={"dish": "Nothing is no dish."})
        else:
            ack()
