"""The Web API as the real SDK speaks it: each method with its own verb and encoding."""

import json
from datetime import UTC, datetime
from http.client import HTTPConnection
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from bot.localslack.driver import Driver, NotSeen, Refused, WaitedInVain
from bot.localslack.server import LocalSlackServer

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "*KR-12*"}}


def test_the_sdk_posts_updates_and_deletes(client: WebClient, slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    metadata = {"event_type": "prompt", "event_payload": {"delivery": "d1"}}
    posted = client.chat_postMessage(channel=mere.id, text="Good morning", blocks=[SECTION], metadata=metadata)
    assert mere.direct_messages()[0].text == "KR-12"
    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="Done", blocks=[])
    assert [(one.text, one.edited, one.metadata) for one in mere.direct_messages()] == [("Done", True, metadata)]
    history = client.conversations_history(channel=posted["channel"], include_all_metadata=True, limit=5)
    assert history["messages"][0]["metadata"] == metadata
    reply = client.chat_postMessage(channel=posted["channel"], text="more", thread_ts=posted["ts"])
    thread = client.conversations_replies(channel=posted["channel"], ts=posted["ts"], include_all_metadata=True)
    assert [one["ts"] for one in thread["messages"]] == [posted["ts"], reply["ts"]]
    assert client.chat_getPermalink(channel=posted["channel"], message_ts=posted["ts"])["permalink"]
    client.chat_delete(channel=posted["channel"], ts=reply["ts"])
    assert len(mere.thread(mere.direct_messages()[0])) == 1


def test_the_sdk_lists_people_and_conversations(client: WebClient, slack: Driver) -> None:
    names = [one["real_name"] for page in client.users_list(limit=1) for one in page["members"]]
    assert names == ["Okra", "Mere Ngata", "Tama Reid"]
    mere = slack.person("Mere Ngata")
    assert client.users_info(user=mere.id)["user"]["tz"] == "Pacific/Auckland"
    opened = client.conversations_open(users=mere.id)
    assert opened["channel"]["id"].startswith("D")
    listed = client.conversations_list(types="public_channel")
    channel = listed["channels"][0]
    assert channel["name"] == "growth-leads"
    assert mere.id in client.conversations_members(channel=channel["id"])["members"]
    assert client.conversations_info(channel=channel["id"])["channel"]["is_member"] is True
    ephemeral = client.chat_postEphemeral(channel=channel["id"], user=mere.id, text="only you")
    assert ephemeral["message_ts"]
    assert [one.text for one in mere.channel("#growth-leads").messages if one.ephemeral] == ["only you"]


def test_an_error_reaches_the_sdk_as_its_exception(client: WebClient, slack: Driver) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel="C404", text="x")
    assert refused.value.response["error"] == "channel_not_found"
    with pytest.raises(SlackApiError) as unknown:
        client.reactions_add(channel="C404", timestamp="1.1", name="eyes")
    assert unknown.value.response["error"] == "unknown_method"
    assert slack.unknown_methods == {"reactions.add": 1}


def test_a_rate_limit_is_a_429_with_its_wait(client: WebClient, slack: Driver) -> None:
    slack.set_limits(True)
    mere = slack.person("Mere Ngata")
    client.chat_postMessage(channel=mere.id, text="one")
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(channel=mere.id, text="two")
    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"] == "1"
    assert len(mere.direct_messages()) == 1


def test_auth_test_tells_the_scopes_in_a_header(client: WebClient) -> None:
    answer = client.auth_test()
    assert "chat:write" in str(answer.headers["x-oauth-scopes"])
    assert answer["team"] == "Kauri"


def test_an_unknown_response_url_answers_404(server: LocalSlackServer) -> None:
    webhook = WebhookClient(f"{server.base_url}/response/T1/nothing", retry_handlers=[])
    assert webhook.send(text="x").status_code == 404


def test_the_driver_says_what_is_there_instead(client: WebClient, slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Check in"}}
    client.chat_postMessage(channel=mere.id, text="Good morning", blocks=[{"type": "actions", "elements": [button]}])
    with pytest.raises(NotSeen, match=r"Check in.*Good morning"):
        mere.press("Later")
    with pytest.raises(NotSeen, match="Mere Ngata"):
        slack.person("Nobody")
    with pytest.raises(NotSeen, match="no dialog"):
        mere.fill("Note", "x")
    with pytest.raises(Refused, match="/kr, /okr"):
        mere.command("/kpi")
    with pytest.raises(WaitedInVain, match="a miracle"):
        slack.wait_for(lambda: False, timeout=0.05, what="a miracle")


def test_the_driver_jumps_the_clock_forward_only(slack: Driver) -> None:
    later = datetime(2099, 11, 23, 9, tzinfo=UTC)
    assert slack.jump_to(later) == later
    assert slack.now() >= later
    with pytest.raises(RuntimeError, match="does not go back"):
        slack.jump_to(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Host": "localhost:{port}"}, 200),
        ({"Host": "[::1]:{port}", "Origin": "http://[::1]:{port}", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Host": "rebound.example:{port}"}, 403),
        ({"Host": "[broken"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
    ],
    ids=str,
)
def test_what_the_pages_of_others_ask_of_the_control_api_is_refused(
    server: LocalSlackServer, headers: dict[str, str], status: int
) -> None:
    port = str(urlsplit(server.base_url).port)
    given = {name: value.replace("{port}", port) for name, value in headers.items()}
    body = json.dumps({"real_name": "Eve Elsewhere"}).encode()
    connection = HTTPConnection("127.0.0.1", int(port))
    connection.request("POST", "/_control/people", body, {"Content-Type": "application/json"} | given)
    assert connection.getresponse().status == status
    connection.close()
    assert bool(server.core.people_named("Eve Elsewhere")) is (status == 200)


def test_what_is_no_object_is_refused_by_the_control_api(server: LocalSlackServer) -> None:
    connection = HTTPConnection("127.0.0.1", urlsplit(server.base_url).port or 0)
    connection.request("POST", "/_control/faults", b"[1]", {"Content-Type": "application/json"})
    answer = connection.getresponse()
    assert (answer.status, "an object" in answer.read().decode()) == (400, True)
    connection.close()


def test_a_server_that_stopped_refuses_connections_and_can_be_stopped_twice(server: LocalSlackServer) -> None:
    with urlopen(f"{server.base_url}/_control/clock") as answer:  # noqa: S310 - our own address
        assert answer.status == 200
    with pytest.raises(HTTPError):
        urlopen(f"{server.base_url}/_control/nonsense")  # noqa: S310
    server.stop()
    server.stop()
    with pytest.raises(OSError, match="refused"):
        urlopen(f"{server.base_url}/_control/clock")  # noqa: S310
