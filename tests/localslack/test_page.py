"""The web page's side of the server: the bundle, and what one person looks at."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from slack_bolt import App
from slack_sdk import WebClient

from bot.localslack.driver import Driver
from bot.localslack.reading import mark_read
from bot.localslack.server import LocalSlackServer
from bot.localslack.side import Handler

Json = dict[str, Any]


def ask(server: LocalSlackServer, path: str, body: Json | None = None, **query: str | int) -> Any:
    """GET, or POST with a body; a refusal comes as its text."""
    address = f"{server.base_url}{path}" + (f"?{urlencode(query)}" if query else "")
    content = None if body is None else json.dumps(body).encode()
    request = Request(address, content, {"Content-Type": "application/json"})  # noqa: S310 - our own server
    try:
        with urlopen(request, timeout=20) as answer:  # noqa: S310
            return json.loads(answer.read())
    except HTTPError as refused:
        return json.loads(refused.read())["error"]


def fetch(server: LocalSlackServer, path: str) -> tuple[int, str, dict[str, str]]:
    try:
        with urlopen(f"{server.base_url}{path}", timeout=20) as answer:  # noqa: S310
            return answer.status, answer.read().decode(), dict(answer.headers)
    except HTTPError as refused:
        return refused.code, refused.read().decode(), {}


@pytest.fixture
def bundle(server: LocalSlackServer, tmp_path: Path) -> Path:
    """A bundle with a page and one asset; a file lies beside it."""
    server.page.bundle = tmp_path / "bundle"
    (tmp_path / "bundle" / "assets").mkdir(parents=True)
    (tmp_path / "bundle" / "index.html").write_text("<p>the page</p>")
    (tmp_path / "bundle" / "assets" / "page.js").write_text("1")
    (tmp_path / "secret.txt").write_text("no")
    return tmp_path / "bundle"


def screen(server: LocalSlackServer, person: str, **query: str | int) -> Json:
    found: Json = ask(server, "/_page/screen", None, person=person, **query)
    return found


@pytest.mark.usefixtures("bundle")
def test_the_page_is_served_and_loads_nothing_from_elsewhere(server: LocalSlackServer) -> None:
    status, text, headers = fetch(server, "/")
    assert (status, text) == (200, "<p>the page</p>")
    assert headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert fetch(server, "/assets/page.js")[:2] == (200, "1")


@pytest.mark.usefixtures("bundle")
@pytest.mark.parametrize(
    "path", ["/assets/none.js", "/assets/..%2f..%2fsecret.txt", "/assets/..", "/assets/%2e%2e%2findex.html"]
)
def test_no_other_file_is_served(server: LocalSlackServer, path: str) -> None:
    assert fetch(server, path)[0] == 404


def test_a_page_that_is_not_built_says_how_to_build_it(server: LocalSlackServer, tmp_path: Path) -> None:
    server.page.bundle = tmp_path
    status, text, _ = fetch(server, "/")
    assert status == 503
    assert "make page" in text


def test_a_person_sees_their_conversations_and_what_is_new_there(
    server: LocalSlackServer, slack: Driver, client: WebClient
) -> None:
    mere, tama = slack.person("Mere Ngata"), slack.person("Tama Reid")
    client.chat_postMessage(channel=mere.id, text="hello")
    tama.says("look", to="growth-leads")
    tama.says("<@Mere Ngata> here", to="growth-leads")
    tama.says("@Mere Ngata, please", to="growth-leads")
    entries = {one["name"] or one["kind"]: one for one in screen(server, mere.id)["sidebar"]}
    assert (entries["im"]["unread"], entries["im"]["rings"]) == (1, 1)
    assert entries["growth-leads"]["unread"] == 3
    assert entries["growth-leads"]["rings"] >= 1
    assert [one["unread"] for one in screen(server, tama.id)["sidebar"]] == [0]


def test_what_was_read_is_not_new_any_more(server: LocalSlackServer, slack: Driver) -> None:
    mere, tama = slack.person("Mere Ngata"), slack.person("Tama Reid")
    tama.says("@Mere Ngata one", to="growth-leads")
    room = screen(server, mere.id)["sidebar"][0]["id"]
    ask(server, "/_page/read", {"person": mere.id, "channel": room})
    assert screen(server, mere.id)["sidebar"][0] | {"unread": 0, "rings": 0} == screen(server, mere.id)["sidebar"][0]
    tama.says("two", to="growth-leads")
    assert screen(server, mere.id)["sidebar"][0]["unread"] == 1
    with server.lock:
        workspace = server.core.workspace
        before = server.core.revision
        mark_read(server.core, workspace, workspace.people[tama.id], workspace.channels[room])
        mark_read(server.core, workspace, workspace.people[tama.id], workspace.channels[room])
        assert server.core.revision == before + 1  # reading what is read is no news


def test_the_newest_messages_come_first_and_more_when_they_are_asked_for(
    server: LocalSlackServer, slack: Driver
) -> None:
    mere = slack.person("Mere Ngata")
    for number in range(5):
        mere.says(f"number {number}", to="growth-leads")
    room = screen(server, mere.id)["sidebar"][0]["id"]
    shown = screen(server, mere.id, channel=room, newest=2)["conversation"]
    assert [one["text"] for one in shown["messages"]] == ["number 3", "number 4"]
    assert shown["more"]
    assert not screen(server, mere.id, channel=room, newest=5)["conversation"]["more"]


def test_the_question_stays_open_until_something_changes(server: LocalSlackServer, slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    seen = screen(server, mere.id)["revision"]
    server.nudge()
    assert screen(server, mere.id, after=seen)["revision"] == seen + 1


def test_nobody_looks_into_a_conversation_that_they_cannot_read(server: LocalSlackServer, slack: Driver) -> None:
    mere, tama = slack.person("Mere Ngata"), slack.person("Tama Reid")
    slack.add_channel("secrets", members=[tama], private=True)
    room = next(one["id"] for one in screen(server, tama.id)["sidebar"] if one["name"] == "secrets")
    tama.says("only ours", to="secrets")
    ts = screen(server, tama.id, channel=room)["conversation"]["messages"][0]["ts"]
    assert ask(server, "/_page/screen", person=mere.id, channel=room) == "Mere Ngata cannot read this conversation"
    assert "cannot read" in ask(server, "/_page/screen", person=mere.id, thread=ts, threadin=room)


def test_the_app_is_asked_for_the_entries_of_a_menu(
    app: App, server: LocalSlackServer, slack: Driver, on_sockets: Callable[[App], AbstractContextManager[None]],
    client: WebClient,
) -> None:  # fmt: skip
    @app.options("who")
    def who(ack: Any, body: Json) -> None:
        ack(options=[{"text": {"type": "plain_text", "text": f"{body['value']} {n}"}, "value": "same"} for n in (1, 2)])

    app.action("who")(lambda ack: ack())
    mere = slack.person("Mere Ngata")
    menu = {"type": "external_select", "action_id": "who", "min_query_length": 0}
    with on_sockets(app):
        posted = client.chat_postMessage(
            channel=mere.id, text="x", blocks=[{"type": "actions", "block_id": "b", "elements": [menu]}]
        )
        spot = {
            "person": mere.id,
            "channel": posted["channel"],
            "ts": posted["ts"],
            "block_id": "b",
            "action_id": "who",
        }
        offered = ask(server, "/_page/suggest", spot | {"value": "Ann"})
        assert [one["text"]["text"] for one in offered["options"]] == ["Ann 1", "Ann 2"]
        # An entry is chosen whole: two of them have the same value.
        ask(server, "/_control/acts", spot | {"act": "press", "value": offered["options"][1]})
        shown = screen(server, mere.id, channel=posted["channel"])["conversation"]["messages"][0]
        assert shown["values"]["b"]["who"]["selected_option"]["text"]["text"] == "Ann 2"
        gone = spot | {"act": "press", "value": {"text": {"text": "Ann 3"}, "value": "same"}}
        assert ask(server, "/_control/acts", gone) == "that option is not offered any more"


class Beside:
    """A side with one route."""

    async def _state(self, given: Json, request: object) -> Json:
        del request
        return {"heard": given}

    def routes(self) -> list[tuple[str, str, Handler]]:
        return [("POST", "/_demo/state", self._state)]


def test_what_stands_beside_slack_answers_under_its_own_routes(server: LocalSlackServer) -> None:
    with LocalSlackServer(server.core, side=Beside()) as beside:
        assert ask(beside, "/_demo/state", {"a": 1}) == {"heard": {"a": 1}}
    assert fetch(server, "/_demo/state")[0] == 404
