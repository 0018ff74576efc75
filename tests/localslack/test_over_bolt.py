"""A small Bolt app on both transports: what it is told, what it answers, and what people then see."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from threading import Event, Lock
from typing import Any

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from bot.localslack.driver import Driver, NotSeen, Refused
from bot.localslack.server import LocalSlackServer

Json = dict[str, Any]
Running = Callable[[App], AbstractContextManager[None]]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(text: str) -> Json:
    return {"text": plain(text), "value": text.lower()}


def field(label: str, block_id: str, element: Json, **more: Any) -> Json:
    return {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": "v"} | element,
    } | more


COLOURS = [option("🟢 green"), option("🔴 red")]
EXTERNAL = {"type": "external_select", "action_id": "blocked", "min_query_length": 1}


def checkin(number: int = 12, **more: Any) -> Json:
    """A dialog as Okra's: block ids carry the key result."""
    return {
        "type": "modal",
        "callback_id": "checkin",
        "title": plain(f"KR-{number}"),
        "submit": plain("Save"),
        "close": plain("Later"),
        "private_metadata": str(number),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": f"*KR-{number}* Activation"}},
            field("Current value", f"value-{number}", {"type": "number_input", "is_decimal_allowed": True}),
            field("Colour", f"colour-{number}", {"type": "radio_buttons", "options": COLOURS}),
            field("Next move", f"next-{number}", {"type": "plain_text_input"}, hint=plain("One line")),
            field("Blocked by", f"blocked-{number}", EXTERNAL, optional=True),
            field("Since", f"since-{number}", {"type": "datepicker"}, optional=True),
            field("Helper", f"helper-{number}", {"type": "users_select"}, optional=True),
        ],
    } | more


@pytest.fixture
def heard(app: App) -> list[Json]:
    """The bodies of all requests that the app got."""
    bodies: list[Json] = []

    @app.middleware
    def hear(body: Json, next: Callable[[], None]) -> None:
        bodies.append(body)
        next()

    return bodies


@pytest.fixture
def okra(app: App, heard: list[Json]) -> App:
    """A stand-in for Okra, with one listener of each kind."""
    del heard

    @app.command("/kr")
    def kr(ack: Any, body: Json, client: WebClient) -> None:
        match body["text"].split(" ")[0]:
            case "open":
                client.views_open(trigger_id=body["trigger_id"], view=checkin())
                ack()
            case "loud":
                ack(text="everybody", response_type="in_channel")
            case "broken":
                raise RuntimeError("on purpose")
            case _:
                ack(f"*KR-{body['text']}* is fine")

    @app.view("checkin")
    def save(ack: Any, view: Json) -> None:
        number = int(view["private_metadata"])
        if view["state"]["values"][f"value-{number}"]["v"]["value"] == "0":
            ack(response_action="errors", errors={f"value-{number}": "Zero of what?"})
        elif number == 12:
            ack(response_action="update", view=checkin(13))
        else:
            ack()

    @app.options("blocked")
    def suggest(ack: Any, payload: Json) -> None:
        teams = ["People team", "Legal team", "Platform"]
        ack(options=[option(one) for one in teams if payload["value"].lower() in one.lower()])

    @app.action("check_in")
    def press(ack: Any, body: Json, client: WebClient, respond: Any) -> None:
        if body["actions"][0]["value"] == "respond":
            respond(text="You pressed", replace_original=False)
        else:
            client.views_open(trigger_id=body["trigger_id"], view=checkin())
        ack()

    @app.event("app_home_opened")
    def home(event: Json, client: WebClient) -> None:
        button = {"type": "button", "action_id": "check_in", "text": plain("Check in"), "value": "12"}
        blocks = [{"type": "header", "text": plain("Your key results")}, {"type": "actions", "elements": [button]}]
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    @app.event("message")
    def message(event: Json, client: WebClient) -> None:
        client.chat_postMessage(channel=event["channel"], text=f"You said: {event['text']}")

    @app.shortcut("make_blocker")
    def blocker(ack: Any, shortcut: Json, client: WebClient) -> None:
        client.views_open(trigger_id=shortcut["trigger_id"], view=checkin(title=plain("A blocker")))
        ack()

    return app


def post_button(client: WebClient, person: str, value: str = "12") -> None:
    button = {"type": "button", "action_id": "check_in", "text": plain("Check in"), "value": value}
    client.chat_postMessage(channel=person, text="Good morning", blocks=[{"type": "actions", "elements": [button]}])


def test_a_command_comes_back_to_who_typed_it(okra: App, slack: Driver, running: Running) -> None:
    mere, tama = slack.person("Mere Ngata"), slack.person("Tama Reid")
    with running(okra):
        assert mere.command("/kr 12 45 yellow").text == "KR-12 45 yellow is fine"
        assert tama.direct_messages() == []
        mere.command("/kr loud", in_="growth-leads")
        assert tama.channel("growth-leads").messages[-1].text == "everybody"


def test_a_check_in_through_the_dialog(okra: App, heard: list[Json], slack: Driver, running: Running) -> None:
    mere = slack.person("Mere Ngata")
    with running(okra):
        modal = mere.command("/kr open").modal
        assert modal is not None
        assert (modal.title, modal.text) == ("KR-12", "KR-12 Activation")
        assert modal.field("Next move").hint == "One line"
        missing = mere.submit().modal
        assert missing is not None
        assert set(missing.errors) == {"Current value", "Colour", "Next move"}
        mere.fill_in({"Current value": 0, "Colour": "🔴 red", "Next move": "call them"})
        mere.fill("Blocked by", "people")
        mere.fill("Since", "2026-11-20")
        mere.fill("Helper", "Tama Reid")
        refused = mere.submit().modal
        assert refused is not None
        assert refused.errors == {"Current value": "Zero of what?"}
        assert {label: one.value for label, one in refused.fields.items()} == {
            "Current value": "0",
            "Colour": "🔴 red",
            "Next move": "call them",
            "Blocked by": "People team",
            "Since": "2026-11-20",
            "Helper": "Tama Reid",
        }
        mere.fill("Current value", "45.5")
        following = mere.submit().modal
        assert following is not None
        assert (following.title, following.fields["Next move"].value) == ("KR-13", "")
        state = mere.payload_of_last_interaction["view"]["state"]["values"]
        assert state["value-12"]["v"] == {"type": "number_input", "value": "45.5"}
        assert state["blocked-12"]["blocked"]["selected_option"]["value"] == "people team"
        mere.fill_in({"Current value": 1, "Colour": "🟢 green", "Next move": "go on"})
        assert mere.press("Save").modal is None


def test_the_same_submission_twice_reaches_the_app_twice(
    okra: App, heard: list[Json], slack: Driver, running: Running
) -> None:
    mere = slack.person("Mere Ngata")
    with running(okra):
        mere.command("/kr open")
        mere.fill_in({"Current value": 1, "Colour": "🟢 green", "Next move": "x"})
        mere.submit(times=2)
        mere.fill_in({"Current value": 2, "Colour": "🟢 green", "Next move": "y"})
        mere.submit_twice_at_once()
    submissions = [one for one in heard if one.get("type") == "view_submission"]
    assert [one["view"]["private_metadata"] for one in submissions] == ["12", "12", "13", "13"]
    assert submissions[0]["trigger_id"] == submissions[1]["trigger_id"]


def test_buttons_in_messages_and_on_home(okra: App, client: WebClient, slack: Driver, running: Running) -> None:
    mere = slack.person("Mere Ngata")
    with running(okra):
        post_button(client, mere.id, "respond")
        assert mere.press("Check in").text == "You pressed"
        mere.open_home()
        assert mere.home is not None
        assert (mere.home.text, mere.home.buttons) == ("Your key results", ["Check in"])
        assert mere.press("Check in").modal is not None
        assert mere.press("Later").modal is None
        copy = mere.direct_messages()[0]
        client.chat_update(channel=copy.channel, ts=copy.ts, text="Done", blocks=[])
        assert mere.direct_messages()[0].text == "Done"
        with pytest.raises(NotSeen):
            mere.press("Check in", in_="Done")
        assert copy.press("Check in").text == "You pressed"


def test_what_a_person_writes_reaches_the_app_once_and_again_on_request(
    okra: App, heard: list[Json], slack: Driver, running: Running
) -> None:
    mere = slack.person("Mere Ngata")
    with running(okra):
        assert mere.says("help").text == "You said: help"
        slack.redeliver("message")
        assert [one.text for one in mere.direct_messages()] == ["help", "You said: help", "You said: help"]
        events = [one for one in heard if one.get("event", {}).get("text") == "help"]
        assert len({one["event_id"] for one in events}) == 1
        assert len(events) == 2


def test_a_message_becomes_a_blocker_by_its_shortcut(okra: App, slack: Driver, running: Running) -> None:
    mere = slack.person("Mere Ngata")
    with running(okra):
        mere.says("legal is stuck", to="growth-leads")
        said = mere.channel("growth-leads").messages[-1]
        modal = mere.message_shortcut("Make this a blocker", on=said).modal
        assert modal is not None
        assert modal.title == "A blocker"
        with pytest.raises(Refused, match="Make this a blocker"):
            mere.message_shortcut("Frame it", on=said)


def test_a_listener_that_fails_is_an_error_before_the_persons_eyes(okra: App, slack: Driver, running: Running) -> None:
    mere = slack.person("Mere Ngata")
    with running(okra):
        assert "failed with the error" in str(mere.command("/kr broken").error)


def test_an_answer_after_the_limit_is_an_error_and_the_dialog_stays(app: App, slack: Driver, running: Running) -> None:
    mere, release = slack.person("Mere Ngata"), Event()

    @app.command("/kr")
    def kr(ack: Any, body: Json, client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=checkin())
        ack()

    @app.view("checkin")
    def save(ack: Any) -> None:
        release.wait(20)
        ack()

    with running(app):
        mere.command("/kr open")
        mere.fill_in({"Current value": 1, "Colour": "🟢 green", "Next move": "typed"})
        outcome = mere.submit()
        release.set()
        assert outcome.modal is not None
        assert outcome.modal.trouble is not None
        assert outcome.modal.fields["Next move"].value == "typed"
        assert "3 seconds" in str(outcome.error)


def test_an_event_that_failed_is_sent_again_with_its_number_and_reason(
    app: App, slack: Driver, running: Running
) -> None:
    seen: list[tuple[str | None, str | None]] = []
    lock = Lock()

    @app.event("message")
    def message(request: Any, event: Json) -> None:
        headers = request.headers
        number = headers.get("x-slack-retry-num", [None])[0]
        reason = headers.get("x-slack-retry-reason", [None])[0]
        with lock:
            seen.append((number if number != "0" else None, reason or None))
            failing = len(seen) == 1
        if failing:
            raise RuntimeError("on purpose")

    with running(app):
        slack.person("Mere Ngata").says("help")
        slack.wait_for(lambda: len(seen) == 2)
    assert seen[0] == (None, None)
    assert seen[1] in (("1", "http_error"), ("1", "timeout"))


def test_an_app_that_is_not_there_is_an_error_before_the_persons_eyes(slack: Driver) -> None:
    outcome = slack.person("Mere Ngata").command("/kr 12")
    assert outcome.error == '/kr failed with the error "dispatch_failed"'


@pytest.mark.parametrize("reason", ["refresh_requested", None])
def test_the_app_comes_back_after_a_disconnect(
    okra: App, slack: Driver, on_sockets: Running, reason: str | None
) -> None:
    mere = slack.person("Mere Ngata")
    with on_sockets(okra):
        opened = len(slack.calls("apps.connections.open"))
        slack.disconnect(reason)
        slack.wait_for(lambda: len(slack.calls("apps.connections.open")) > opened, timeout=30)
        slack.wait_until_connected(timeout=30)
        slack.wait_for(lambda: mere.command("/kr 12").text == "KR-12 is fine", timeout=30)


def test_several_connections_share_the_work(okra: App, heard: list[Json], slack: Driver, on_sockets: Running) -> None:
    mere = slack.person("Mere Ngata")
    with on_sockets(okra), on_sockets(okra):
        slack.wait_until_connected(2)
        for n in range(4):
            assert mere.command(f"/kr {n}").text == f"KR-{n} is fine"
    assert [one["text"] for one in heard if "command" in one] == ["0", "1", "2", "3"]


def test_a_wrong_signature_is_refused_by_the_app(
    okra: App, server: LocalSlackServer, slack: Driver, on_http: Running
) -> None:
    mere = slack.person("Mere Ngata")
    with on_http(okra):
        assert mere.command("/kr 12").error is None
        server.core.app = replace(server.core.app, signing_secret="another")
        assert mere.command("/kr 12").error == '/kr failed with the error "dispatch_failed"'
