"""The gateway's three kinds of failure, made by a local Slack on which it happens."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

import bot.slack
from bot import turnstile
from bot.blocks.post import Post
from bot.domain.person import Home
from bot.localslack.admission import PER_MINUTE, SlackLimits
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver, Fault, FaultKind
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.slack import LIST_PAUSE_SECONDS, LIST_ROWS, LIST_WAITS, Gateway, Posted, person
from bot.slack_failures import NotLetIn, Permanent, RetryLater, SlackFailure, UnknownOutcome
from bot.turnstile import Turnstile

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
        (Fault(FaultKind.ERROR, error="message_limit_exceeded"), NotLetIn, "message_limit_exceeded"),
        (Fault(FaultKind.ERROR, error="messages_tab_disabled"), NotLetIn, "messages_tab_disabled"),
        (Fault(FaultKind.ERROR, error="org_login_required"), NotLetIn, "org_login_required"),
        (Fault(FaultKind.ERROR, error="team_added_to_org"), NotLetIn, "team_added_to_org"),
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


# What happens on the way


ON_THE_WAY = [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.ETIMEDOUT]


@pytest.mark.parametrize("number", [errno.ECONNREFUSED, *ON_THE_WAY], ids=errno.errorcode.get)
def test_where_no_connection_can_be_made_nothing_has_happened(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_way(*_: object, **__: object) -> NoReturn:
        raise OSError(number, "on the way")

    monkeypatch.setattr(socket, "create_connection", no_way)
    with pytest.raises(RetryLater, match="unreachable"):
        post(_gateway_to("https://slack.test"), "U1")


@pytest.mark.parametrize("number", ON_THE_WAY, ids=errno.errorcode.get)
def test_the_same_trouble_after_the_request_leaves_it_unknown(
    number: int, gateway: Gateway, slack: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    mere = slack.person("Mere Ngata").id

    def no_answer(_: http.client.HTTPConnection) -> NoReturn:
        raise OSError(number, "on the way")

    monkeypatch.setattr(http.client.HTTPConnection, "getresponse", no_answer)
    with pytest.raises(UnknownOutcome):
        post(gateway, mere)


def _gateway_to(site: str) -> Gateway:
    return Gateway(f"{site}/api/", lambda workspace_id: "xoxb-none")


@contextmanager
def _somebody_who(does: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listens on a port, and does this with the first who comes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def take() -> None:
            with listening.accept()[0] as connection, suppress(OSError):
                does(connection)

        taking = threading.Thread(target=take)
        taking.start()
        yield listening.getsockname()[1]
        taking.join()


def test_a_proxy_that_lets_nobody_through_did_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(connection: socket.socket) -> None:
        connection.recv(4096)
        connection.sendall(b"HTTP/1.0 403 Forbidden\r\n\r\n")

    with _somebody_who(refuse) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        with pytest.raises(RetryLater, match="unreachable") as failure:
            post(_gateway_to("https://slack.test"), "U1")
    assert "Tunnel connection failed" in str(failure.value.__cause__)


def test_who_cannot_prove_to_be_slack_is_told_nothing(tmp_path: Path) -> None:
    told: list[bytes] = []

    def pretend(connection: socket.socket) -> None:
        with _self_signed(tmp_path).wrap_socket(connection, server_side=True) as talking:
            told.append(talking.recv(4096))

    with _somebody_who(pretend) as port, pytest.raises(RetryLater, match="unreachable") as failure:
        post(_gateway_to(f"https://127.0.0.1:{port}"), "U1")
    assert "CERTIFICATE_VERIFY_FAILED" in str(failure.value.__cause__)
    assert b"".join(told) == b""


@pytest.mark.parametrize(("scheme", "kind"), [("https", RetryLater), ("http", UnknownOutcome)])
def test_a_silence_is_harmless_until_the_request_is_made(
    scheme: str, kind: type[SlackFailure], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.slack, "POST_SECONDS", 0.2)
    over = threading.Event()

    def say_nothing(_: socket.socket) -> None:
        over.wait(10)

    with _somebody_who(say_nothing) as port:
        with pytest.raises(kind):
            post(_gateway_to(f"{scheme}://127.0.0.1:{port}"), "U1")
        over.set()


def _self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "slack.test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "slack.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def test_what_arrived_after_all_is_found_by_its_id_once_the_history_shows_it(gateway: Gateway, slack: Driver) -> None:
    mere = slack.person("Mere Ngata").id
    slack.faults.add(Fault(FaultKind.HISTORY_LAG, seconds=60), Fault(FaultKind.DROPPED_AFTER, "chat.*"))
    with pytest.raises(UnknownOutcome):
        post(gateway, mere)
    conversation = gateway.open_conversation(1, slack_user_ids=[mere])
    assert gateway.find(1, channel=conversation, opaque_id="d1", since=LONG_AGO) is None
    slack.jump_to(slack.now() + timedelta(seconds=60))
    found = gateway.find(1, channel=conversation, opaque_id="d1", since=LONG_AGO)
    assert found is not None
    assert gateway.find(1, channel=conversation, opaque_id="d2", since=LONG_AGO) is None


@pytest.mark.parametrize("way", ["respond", "say_through"])
def test_who_answers_a_press_slowly_keeps_nobody_else_waiting(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE_SECONDS", 30)
    gate, others_turn = Turnstile(1), threading.Event()
    came_in_meanwhile: list[bool] = []

    def other() -> None:
        with gate.inside():
            others_turn.set()

    waiting = threading.Thread(target=other)

    def slowly(address: str, content: bytes, seconds: float) -> None:
        waiting.start()
        came_in_meanwhile.append(others_turn.wait(5))

    gateway = Gateway("http://127.0.0.1/api/", lambda workspace_id: "xoxb-none", send_json=slowly)
    with gate.inside():
        getattr(gateway, way)("http://127.0.0.1/response/1", Post("hello"))
    waiting.join()
    assert came_in_meanwhile == [True]


# Lists


class Hours:
    """Waits by moving the local Slack's clock, and remembers how long."""

    def __init__(self, core: LocalSlack) -> None:
        self._core = core
        self.waits: list[float] = []

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._core.jump_to(self._core.clock.now() + timedelta(seconds=seconds))


def big_slack(people: int) -> LocalSlack:
    core = LocalSlack(from_manifest(manifest()), admission=SlackLimits())
    for number in range(people):
        core.add_person(f"Person {number}")
    return core


def unhurried(server: LocalSlackServer) -> tuple[Gateway, Hours]:
    hours = Hours(server.core)
    return Gateway(server.api_url, lambda workspace_id: server.core.app.bot_token, wait=hours.wait), hours


def test_a_large_workspace_is_read_in_few_pages_at_slacks_pace() -> None:
    with LocalSlackServer(big_slack(2 * LIST_ROWS)) as server:
        gateway, hours = unhurried(server)
        everybody = [person.slack_user_id for person in gateway.people(1)]
        assert len(set(everybody)) == len(everybody) == 2 * LIST_ROWS + 1
        assert hours.waits == [LIST_PAUSE_SECONDS, LIST_PAUSE_SECONDS]


def test_a_list_waits_as_long_as_slack_asks_and_goes_on_where_it_was() -> None:
    with LocalSlackServer(big_slack(LIST_ROWS)) as server:
        gateway, hours = unhurried(server)
        for _ in range(PER_MINUTE[2]):
            server.core.call("users.list", limit=1)  # somebody else with the same token has used the minute up
        everybody = [person.slack_user_id for person in gateway.people(1)]
        assert len(set(everybody)) == len(everybody) == LIST_ROWS + 1
        assert hours.waits == [60, LIST_PAUSE_SECONDS]


def test_a_pause_without_end_is_not_waited_for(server: LocalSlackServer, slack: Driver) -> None:
    gateway, hours = unhurried(server)
    slack.faults.add(Fault(FaultKind.RATE_LIMITED, "conversations.list", seconds=3600))
    with pytest.raises(RetryLater):
        list(gateway.channels(1))
    assert hours.waits == []


def test_a_slack_that_refuses_again_and_again_ends_the_reading(server: LocalSlackServer, slack: Driver) -> None:
    gateway, hours = unhurried(server)
    slack.faults.add(Fault(FaultKind.RATE_LIMITED, "users.list", seconds=30))
    with pytest.raises(RetryLater):
        list(gateway.people(1))
    assert hours.waits == [30] * LIST_WAITS


# People


def test_where_somebody_belongs_is_told_whatever_slack_calls_them(gateway: Gateway, slack: Driver) -> None:
    ours = gateway.person(1, slack_user_id=slack.person("Mere Ngata").id)
    guest = gateway.person(1, slack_user_id=slack.add_person("Finn Adler", works_at="T0ELSEWHERE").id)
    stranger = gateway.person(1, slack_user_id=slack.add_person("Sol Reyes", is_stranger=True).id)
    home = Home(gateway.identity(1).slack_team_id)
    assert [home.is_home_of(person) for person in (ours, guest, stranger)] == [True, False, False]
    assert not guest.is_external


def test_a_colleague_of_the_same_enterprise_names_it() -> None:
    member = {"id": "U1", "team_id": "T0OTHER", "enterprise_user": {"id": "U1", "enterprise_id": "E0OURS"}}
    assert Home("T0OURS", "E0OURS").is_home_of(person(member))
    assert not Home("T0OURS").is_home_of(person(member))
