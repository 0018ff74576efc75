"""Each fault of a Web API call as the real SDK meets it, without its retries."""

import re
from datetime import timedelta
from http.client import IncompleteRead, RemoteDisconnected
from math import nan
from time import monotonic

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.localslack.driver import Driver, Fault, FaultKind
from bot.localslack.server import LocalSlackServer

POST = "chat.postMessage"


def texts(slack: Driver) -> list[str]:
    return [one.text for one in slack.person("Mere Ngata").direct_messages()]


def post(client: WebClient, slack: Driver, text: str = "hello") -> None:
    client.chat_postMessage(channel=slack.person("Mere Ngata").id, text=text)


def refused(client: WebClient, slack: Driver) -> SlackApiError:
    with pytest.raises(SlackApiError) as problem:
        post(client, slack)
    return problem.value


def test_a_limited_method_answers_429_with_its_wait_and_the_others_go_on(client: WebClient, slack: Driver) -> None:
    post(client, slack, "before")
    slack.faults.add(Fault(FaultKind.RATE_LIMITED, POST, times=1, seconds=7))
    response = refused(client, slack).response
    assert (response.status_code, response["error"], response.headers["Retry-After"]) == (429, "ratelimited", "7")
    assert refused(client, slack).response.status_code == 429
    message = slack.person("Mere Ngata").direct_messages()[0]
    client.chat_update(channel=message.channel, ts=message.ts, text="still drawn")
    assert texts(slack) == ["still drawn"]
    assert slack.faults.counts == {"rate_limited": 1, "called_too_early": 1}


@pytest.mark.parametrize("effect", [False, True])
def test_a_server_error_is_a_page_of_a_proxy(client: WebClient, slack: Driver, effect: bool) -> None:
    slack.faults.add(Fault(FaultKind.SERVER_ERROR, POST, times=1, status=502, effect=effect))
    response = refused(client, slack).response
    assert response.status_code == 502
    assert "<html>" in response["error"]
    assert texts(slack) == (["hello"] if effect else [])


def test_an_error_of_slacks_own_may_come_after_the_effect(client: WebClient, slack: Driver) -> None:
    slack.faults.add(Fault(FaultKind.ERROR, POST, times=1, error="fatal_error", effect=True))
    assert refused(client, slack).response["error"] == "fatal_error"
    assert texts(slack) == ["hello"]


def test_a_slow_answer_comes_and_one_that_is_slower_than_the_client_waits_does_not(
    server: LocalSlackServer, client: WebClient, slack: Driver
) -> None:
    slack.faults.add(Fault(FaultKind.SLOW, POST, seconds=0.3))
    began = monotonic()
    post(client, slack)
    assert monotonic() - began >= 0.3
    hasty = WebClient(token=client.token, base_url=server.api_url, retry_handlers=[], timeout=0.05)  # type: ignore[arg-type]
    with pytest.raises(TimeoutError):
        post(hasty, slack, "in a hurry")
    assert texts(slack) == ["hello", "in a hurry"]


def test_a_connection_that_ends_may_have_had_its_effect_or_not(client: WebClient, slack: Driver) -> None:
    slack.faults.add(Fault(FaultKind.DROPPED_BEFORE, POST, times=1), Fault(FaultKind.DROPPED_AFTER, POST, times=1))
    for text in ("lost", "arrived"):
        with pytest.raises(RemoteDisconnected):
            post(client, slack, text)
    assert texts(slack) == ["arrived"]


def test_an_effect_comes_after_its_connection_has_ended(client: WebClient, slack: Driver) -> None:
    slack.faults.add(Fault(FaultKind.LATE_EFFECT, POST, times=1, seconds=0.2))
    with pytest.raises(RemoteDisconnected):
        post(client, slack)
    assert texts(slack) == []
    slack.wait_for(lambda: texts(slack) == ["hello"])


def test_an_answer_ends_in_the_middle_or_is_none_at_all(client: WebClient, slack: Driver) -> None:
    slack.faults.add(Fault(FaultKind.TRUNCATED, POST, times=1), Fault(FaultKind.UNREADABLE, POST, times=1))
    with pytest.raises(IncompleteRead):
        post(client, slack, "cut")
    response = refused(client, slack).response
    assert response.status_code == 200
    assert "<html>" in response["error"]
    assert texts(slack) == ["cut", "hello"]


def test_the_history_lags_behind_a_post(client: WebClient, slack: Driver) -> None:
    slack.faults.add(Fault(FaultKind.HISTORY_LAG, POST, seconds=60))
    post(client, slack)
    channel = slack.person("Mere Ngata").direct_messages()[0].channel
    assert client.conversations_history(channel=channel)["messages"] == []
    slack.jump_to(slack.now() + timedelta(seconds=60))
    assert [one["text"] for one in client.conversations_history(channel=channel)["messages"]] == ["hello"]


def test_a_dialog_is_refused_whose_trigger_was_too_slow(client: WebClient, slack: Driver) -> None:
    slack.faults.add(Fault(FaultKind.EXPIRED_TRIGGER, "views.open"))
    with pytest.raises(SlackApiError) as problem:
        client.views_open(trigger_id="1.2.3", view={"type": "modal"})
    assert problem.value.response["error"] == "expired_trigger_id"


def test_a_seed_brings_the_same_day_again_over_real_sockets(client: WebClient, slack: Driver) -> None:
    def day() -> list[str | None]:
        slack.faults.reseed(11)
        slack.faults.add(
            Fault(FaultKind.DROPPED_AFTER, POST, probability=0.3),
            Fault(FaultKind.SERVER_ERROR, POST, probability=0.3),
        )
        before = len(slack.calls(POST))
        for number in range(30):
            try:
                post(client, slack, str(number))
            except (RemoteDisconnected, SlackApiError):
                continue
        return [one["fault"] for one in slack.calls(POST)[before:]]

    first = day()
    assert day() == first
    assert set(first) == {None, "dropped_after", "server_error"}


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"kind": "earthquake"}, "no fault 'earthquake'"),
        ({}, "missing required field: kind"),
        ({"kind": "slow", "strength": 7}, "has no strength"),
        ({"kind": "slow", "probability": "0.5"}, "probability: must provide a number"),
        ({"kind": "slow", "probability": None}, "probability: must provide a number"),
        ({"kind": "slow", "probability": nan}, "probability: must provide a finite number"),
        ({"kind": "slow", "probability": 1.5}, "between 0 and 1"),
        ({"kind": "slow", "times": "3"}, "times: must provide an integer"),
        ({"kind": "slow", "times": 0}, "times is 1 or more"),
        ({"kind": "slow", "seconds": nan}, "seconds: must provide a finite number"),
        ({"kind": "slow", "seconds": 1e300}, "seconds and up_to lie between"),
        ({"kind": "slow", "since": 7}, "since: must provide a string"),
        ({"kind": "slow", "since": "on Monday"}, "since is no instant"),
        ({"kind": "slow", "on": None}, "on: must provide a string"),
        ({"kind": "slow", "on": "chat.postMesage"}, "none of them is called 'chat.postMesage'"),
        ({"kind": "slow", "on": "events_api"}, "slow happens to Web API calls"),
        ({"kind": "history_lag", "on": "events_api"}, "history_lag happens to Web API calls"),
        ({"kind": "twice", "on": POST}, "twice happens to payloads"),
        ({"kind": "socket_cut", "on": POST}, "socket_cut happens to payloads"),
        (5, "a fault is an object"),
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_refused_with_a_sentence(slack: Driver, rule: object, sentence: str) -> None:
    slack.faults.add(Fault(FaultKind.TRUNCATED, POST))
    with pytest.raises(RuntimeError, match=re.escape("answered 400: {'error'")) as refused:
        slack._wire.post("faults", clear=True, add=[{"kind": "slow"}, rule])
    assert sentence in str(refused.value)
    # Nothing of what it stood among is taken either.
    assert [one["kind"] for one in slack._wire.get("faults")["rules"]] == ["truncated"]


@pytest.mark.parametrize("asked", [{"add": {"kind": "slow"}}, {"rules": []}, {"clear": "no"}, {"seed": []}], ids=str)
def test_what_is_no_word_about_faults_is_refused(slack: Driver, asked: dict[str, object]) -> None:
    with pytest.raises(RuntimeError, match="answered 400"):
        slack._wire.post("faults", **asked)


@pytest.mark.parametrize("kind", FaultKind)
def test_a_fault_of_each_kind_travels_to_the_server_and_back(slack: Driver, kind: FaultKind) -> None:
    slack.faults.add(Fault(kind))
    (rule,) = slack._wire.get("faults")["rules"]
    assert Fault.from_json(rule) == Fault(kind)


def test_all_goes_well_again_once_the_faults_are_cleared(client: WebClient, slack: Driver) -> None:
    slack.faults.add(Fault(FaultKind.RATE_LIMITED, seconds=600))
    assert refused(client, slack).response.status_code == 429
    slack.faults.clear()
    post(client, slack)
    assert texts(slack) == ["hello"]


def test_each_limit_alone_over_real_sockets(client: WebClient, slack: Driver) -> None:
    mere, tama = slack.person("Mere Ngata").id, slack.person("Tama Reid").id
    slack.set_limits(True, posts_per_minute=3, seconds_per_channel=0)
    for number in range(3):
        client.chat_postMessage(channel=mere, text=str(number))
    assert int(refused(client, slack).response.headers["Retry-After"]) in (59, 60)
    slack.set_limits(True, posts_per_minute=1000, seconds_per_channel=30)
    client.chat_postMessage(channel=mere, text="one")
    client.chat_postMessage(channel=tama, text="another conversation")
    assert int(refused(client, slack).response.headers["Retry-After"]) in (29, 30)
