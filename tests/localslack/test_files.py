"""Files upload v2: an address, the bytes, and where the file is shared."""

from dataclasses import replace
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver
from bot.localslack.errors import SlackError
from bot.localslack.files import receive
from bot.localslack.server import LocalSlackServer

Json = dict[str, Any]
SHEET = b"key,score\n12,0.5\n"


def with_files(core: LocalSlack) -> None:
    core.install(
        replace(
            core.app,
            bot_scopes=core.app.bot_scopes | {"files:write", "files:read"},
            events=core.app.events | {"file_shared", "message.channels"},
        )
    )


@pytest.fixture(autouse=True)
def allowed(request: pytest.FixtureRequest) -> None:
    for name in ("core", "server"):
        if name in request.fixturenames:
            found = request.getfixturevalue(name)
            with_files(found if isinstance(found, LocalSlack) else found.core)


def expected(core: LocalSlack, name: str = "scores.csv", content: bytes = SHEET) -> Json:
    answer: Json = core.call("files.getUploadURLExternal", filename=name, length=len(content))
    assert answer["ok"] is True
    return answer


def uploaded(core: LocalSlack, content: bytes = SHEET) -> str:
    begun = expected(core, content=content)
    _, _, workspace, ticket = begun["upload_url"].rsplit("/", 3)
    assert receive(core, workspace, ticket, content) == len(content)
    return str(begun["file_id"])


def test_a_file_is_shared_in_a_channel_with_a_comment_and_told_of(core: LocalSlack) -> None:
    channel = core.channel(core.workspace, "growth-leads").id
    file_id = uploaded(core)
    core.outgoing.take()
    answer = core.call(
        "files.completeUploadExternal",
        files=[{"id": file_id, "title": "Scores"}],
        channel_id=channel,
        initial_comment="This week",
    )
    assert [(one["id"], one["title"], one["size"], one["filetype"]) for one in answer["files"]] == [
        (file_id, "Scores", len(SHEET), "csv")
    ]
    message = core.call("conversations.history", channel=channel)["messages"][0]
    assert (message["text"], [one["id"] for one in message["files"]]) == ("This week", [file_id])
    assert answer["files"][0]["shares"]["public"][channel][0]["ts"] == message["ts"]
    assert answer["files"][0]["channels"] == [channel]
    told = [one.payload["event"] for one in core.outgoing.take()]
    assert [one["type"] for one in told] == ["message", "file_shared"]
    assert told[1] | {"event_ts": ""} == {
        "type": "file_shared",
        "file_id": file_id,
        "user_id": core.installation(core.workspace).bot_user,
        "file": {"id": file_id},
        "channel_id": channel,
        "event_ts": "",
    }


def test_what_a_person_writes_beside_a_file_arrives_as_such(core: LocalSlack) -> None:
    mere = core.people_named("Mere Ngata")[0]
    core.say(mere.id, "look at this", to="growth-leads", file="sign-ups.png")
    told = core.last_event("message")
    assert told is not None
    event = told.payload["event"]
    assert (event["subtype"], event["text"], event["user"]) == ("file_share", "look at this", mere.id)
    assert [one["name"] for one in event["files"]] == ["sign-ups.png"]


def test_a_file_goes_into_a_thread_or_nowhere_yet(core: LocalSlack) -> None:
    channel = core.channel(core.workspace, "growth-leads").id
    root = core.call("chat.postMessage", channel=channel, text="Digest")["ts"]
    shared = {"channel_id": channel, "thread_ts": root}
    core.call("files.completeUploadExternal", files=[{"id": uploaded(core)}], **shared)
    replies = core.call("conversations.replies", channel=channel, ts=root)["messages"]
    assert [one["title"] for one in replies[1]["files"]] == ["scores.csv"]
    alone = core.call("files.completeUploadExternal", files=[{"id": uploaded(core)}])
    assert (alone["ok"], alone["files"][0]["channels"]) == (True, [])


def test_a_file_that_was_never_uploaded_cannot_be_shared(core: LocalSlack) -> None:
    begun = expected(core)
    for file_id in (begun["file_id"], "F404"):
        assert core.call("files.completeUploadExternal", files=[{"id": file_id}])["error"] == "file_not_found"
    assert core.call("files.completeUploadExternal", files=[])["error"] == "invalid_arguments"


def test_a_file_cannot_be_shared_where_the_app_is_not(core: LocalSlack) -> None:
    elsewhere = core.channel(core.workspace, "random").id
    files = [{"id": uploaded(core)}]
    assert core.call("files.completeUploadExternal", files=files, channel_id=elsewhere)["error"] == "not_in_channel"
    assert core.call("files.completeUploadExternal", files=files, channel_id="C404")["error"] == "channel_not_found"


def test_an_upload_has_the_length_that_was_announced(core: LocalSlack) -> None:
    ticket = expected(core)["upload_url"].rsplit("/", 1)[1]
    with pytest.raises(SlackError, match="length_mismatch"):
        receive(core, core.workspace.id, ticket, SHEET + b"x")
    with pytest.raises(SlackError, match="file_not_found"):
        receive(core, core.workspace.id, "other", SHEET)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"filename": "a.csv", "length": 0}, "missing_argument"),
        ({"filename": "a.csv", "length": -1}, "invalid_arguments"),
        ({"filename": "a.csv", "length": "many"}, "invalid_arguments"),
        ({"filename": "a.csv"}, "invalid_arguments"),
        ({"filename": "a.csv", "length": 2 * 1024**3}, "file_upload_size_restricted"),
        ({"filename": "a.png", "length": 1, "alt_txt": "x" * 1001}, "alt_txt_too_large"),
    ],
)
def test_an_upload_that_cannot_be_is_refused(core: LocalSlack, arguments: Json, error: str) -> None:
    assert core.call("files.getUploadURLExternal", **arguments)["error"] == error


def test_a_file_needs_its_scope(core: LocalSlack) -> None:
    core.install(replace(core.app, bot_scopes=core.app.bot_scopes - {"files:write"}))
    assert core.call("files.getUploadURLExternal", filename="a", length=1)["needed"] == "files:write"


def test_the_sdk_uploads_a_file_for_people_to_see(server: LocalSlackServer, slack: Driver, client: WebClient) -> None:
    channel = client.conversations_list()["channels"][0]["id"]
    answer = client.files_upload_v2(
        channel=channel, content=SHEET.decode(), filename="scores.csv", title="Scores", initial_comment="This week"
    )
    assert answer["file"]["title"] == "Scores"
    seen = slack.person("Mere Ngata").channel("growth-leads").messages[-1]
    assert seen.text == "This week\nScores"
    assert server.core.workspace.files[answer["file"]["id"]].content == SHEET
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.files_upload_v2(channel="C404", content="x", filename="a.txt")
