"""The gateway's three kinds of failure, made by a local Slack on which it happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.blocks.post import Post
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver, Fault, FaultKind
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.slack import Gateway, Permanent, Posted, RetryLater, SlackFailure, UnknownOutcome

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[LocalSlackServer]:
    with LocalSlackServer(LocalSlack(from_manifest(manifest()))) as running:
        yield running


@pytest.fixture
def slack(server: LocalSlackServer) -> Driver:
    driver = Driver(server.base_url)
    driver.add_person("Mere Ngata")
    return driver


@pytest.fixture
def gateway(server: LocalSlackServer) -> Gateway:
    return Gateway(server.api_url, lambda workspace_id: server.core.app.bot_token)


def post(gateway: Gateway, to: str) -> Posted:
    return gateway.post(1, to=to, body=Post("hello", ()), opaque_id="d1")


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        (Fault(FaultKind.RATE_LIMITED, seconds=7), RetryLater, "ratelimited"),
        (Fault(FaultKind.SERVER_ERROR, status=502), UnknownOutcome, "unreadable_502"),
        (Fault(FaultKind.SERVER_ERROR, effect=True), UnknownOutcome, "unreadable_503"),
        (Fault(FaultKind.ERROR, error="internal_error"), UnknownOutcome, "internal_error"),
        (Fault(FaultKind.ERROR, error="fatal_error", effect=True), UnknownOutcome, "fatal_error"),
        (Fault(FaultKind.ERROR, error="user_disabled"), Permanent, "user_disabled"),
        (Fault(FaultKind.DROPPED_BEFORE), UnknownOutcome, "RemoteDisconnected"),
        (Fault(FaultKind.DROPPED_AFTER), UnknownOutcome, "RemoteDisconnected"),
        (Fault(FaultKind.LATE_EFFECT), UnknownOutcome, "RemoteDisconnected"),
        (Fault(FaultKind.TRUNCATED), UnknownOutcome, "IncompleteRead"),
        (Fault(FaultKind.UNREADABLE), UnknownOutcome, "unreadable_200"),
    ],
    ids=lambda given: given.kind.value if isinstance(given, Fault) else "",
)
def test_a_failure_is_harmless_only_where_that_is_certain(
    gateway: Gateway, slack: Driver, fault: Fault, kind: type[SlackFailure], code: str
) -> None:
    slack.faults.add(fault)
    with pytest.raises(kind) as failure:
        post(gateway, slack.person("Mere Ngata").id)
    assert failure.value.code == code


def test_the_wait_that_slack_asks_for_is_kept(gateway: Gateway, slack: Driver) -> None:
    slack.faults.add(Fault(FaultKind.RATE_LIMITED, seconds=7))
    with pytest.raises(RetryLater) as failure:
        post(gateway, slack.person("Mere Ngata").id)
    assert failure.value.after == 7


def test_a_slack_that_is_not_there_did_nothing(server: LocalSlackServer, gateway: Gateway) -> None:
    server.stop()
    with pytest.raises(RetryLater, match="unreachable"):
        post(gateway, "U1")


def test_what_arrived_after_all_is_found_by_its_id_once_the_history_shows_it(gateway: Gateway, slack: Driver) -> None:
    mere = slack.person("Mere Ngata").id
    slack.faults.add(Fault(FaultKind.HISTORY_LAG, seconds=60), Fault(FaultKind.DROPPED_AFTER, "chat.*"))
    with pytest.raises(UnknownOutcome):
        post(gateway, mere)
    conversation = gateway.open_conversation(1, slack_user_id=mere)
    assert gateway.find(1, channel=conversation, opaque_id="d1", since=LONG_AGO) is None
    slack.jump_to(slack.now() + timedelta(seconds=60))
    found = gateway.find(1, channel=conversation, opaque_id="d1", since=LONG_AGO)
    assert found is not None
    assert gateway.find(1, channel=conversation, opaque_id="d2", since=LONG_AGO) is None
