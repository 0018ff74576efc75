"""The policy alone, and the core that applies it: no sockets, no threads, a clock turned by hand."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.localslack.core import LocalSlack
from bot.localslack.errors import SetupError
from bot.localslack.exchange import Exchange
from bot.localslack.faults import (
    ENVELOPES,
    LINE_KINDS,
    PAYLOAD_KINDS,
    TOO_EARLY,
    Arrives,
    Effect,
    Fate,
    Fault,
    FaultKind,
    Faults,
)
from bot.localslack.outgoing import Delivery, Kind, Reply
from bot.localslack.webapi.dispatch import Request

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
POST = "chat.postMessage"
METHODS = st.sampled_from(["chat.update", POST, "views.open"])
HALF = Fault(FaultKind.DROPPED_BEFORE, "chat.*", probability=0.5)


def kinds(faults: Faults, method: str, calls: int) -> list[FaultKind | None]:
    return [faults.fate(method, MONDAY).kind for _ in range(calls)]


def post(core: LocalSlack, text: str) -> Exchange:
    mere = core.people_named("Mere Ngata")[0].id
    body = f"channel={mere}&text={text}".encode()
    form = "application/x-www-form-urlencoded"
    return core.exchange(Request(POST, (), form, body, f"Bearer {core.app.bot_token}"))


def texts(core: LocalSlack) -> list[str]:
    """What Mere has in her conversation with the app."""
    mere = core.people_named("Mere Ngata")[0]
    direct = core.direct_with_app(core.workspace, mere.id)
    return [direct.messages[ts].text for ts in direct.top]


def history(core: LocalSlack) -> list[str]:
    mere = core.people_named("Mere Ngata")[0]
    direct = core.direct_with_app(core.workspace, mere.id)
    return [one["text"] for one in core.call("conversations.history", channel=direct.id)["messages"]]


def wait(core: LocalSlack, seconds: float) -> None:
    core.jump_to(core.clock.now() + timedelta(seconds=seconds))


# The policy


@given(
    seed=st.integers(), cut=st.lists(st.sampled_from(["chat.update", "chat.postMessage", "views.open"]), max_size=60)
)
def test_a_seed_and_the_number_of_a_call_decide_whatever_else_is_called_in_between(seed: int, cut: list[str]) -> None:
    alone, among = Faults(seed), Faults(seed)
    alone.add(HALF)
    among.add(HALF)
    mixed = [(method, among.fate(method, MONDAY)) for method in cut]
    for method in set(cut):
        assert [fate for name, fate in mixed if name == method] == [
            alone.fate(method, MONDAY) for _ in range(cut.count(method))
        ]


def test_another_seed_is_another_day_and_probability_is_kept() -> None:
    days = []
    for seed in (1, 2):
        faults = Faults(seed)
        faults.add(HALF)
        days.append(kinds(faults, POST, 1000))
        assert 430 < faults.counts["dropped_before"] < 570
    assert days[0] != days[1]


def test_a_script_hits_the_next_calls_and_one_after_some_passed_by() -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.SLOW, POST, times=2), Fault(FaultKind.TRUNCATED, POST, times=1, skip=1))
    slow, cut = FaultKind.SLOW, FaultKind.TRUNCATED
    assert kinds(faults, POST, 6) == [slow, slow, None, cut, None, None]
    assert kinds(faults, "chat.update", 2) == [None, None]
    assert faults.counts == {"slow": 2, "truncated": 1}


def test_an_outage_has_a_beginning_and_an_end() -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.SERVER_ERROR, since=MONDAY, until=MONDAY + timedelta(minutes=30)))
    hit = [faults.fate(POST, MONDAY + timedelta(minutes=minute)).status for minute in (-1, 0, 29, 30)]
    assert hit == [200, 503, 503, 200]


def test_a_limited_method_stays_limited_until_its_wait_is_over_and_others_do_not() -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.RATE_LIMITED, "chat.update", times=1, seconds=30))
    assert faults.fate("chat.update", MONDAY).retry_after == 30
    assert faults.fate("chat.update", MONDAY + timedelta(seconds=29.5)).retry_after == 1
    assert faults.fate(POST, MONDAY).kind is None
    assert faults.fate("chat.update", MONDAY + timedelta(seconds=30)).kind is None
    assert faults.counts == {"rate_limited": 1, TOO_EARLY: 1}


def test_a_length_between_two_is_drawn_from_the_seed() -> None:
    def lengths(seed: int) -> list[float]:
        faults = Faults(seed)
        faults.add(Fault(FaultKind.LATE_EFFECT, seconds=5, up_to=60))
        return [faults.fate(POST, MONDAY).effect_after for _ in range(50)]

    assert lengths(3) == lengths(3)
    assert len(set(lengths(3))) == 50
    assert all(5 <= one < 60 for one in lengths(3))


def test_a_lagging_history_joins_another_fault() -> None:
    faults = Faults()
    faults.add(Fault(FaultKind.HISTORY_LAG, POST, seconds=20), Fault(FaultKind.DROPPED_AFTER, POST, times=1))
    assert faults.fate(POST, MONDAY) == Fate(FaultKind.DROPPED_AFTER, answer=Arrives.NONE, lag=20)
    assert faults.fate(POST, MONDAY) == Fate(lag=20)


def test_nothing_goes_wrong_without_rules_and_again_after_they_are_cleared() -> None:
    faults = Faults()
    assert faults.fate(POST, MONDAY) == Fate()
    faults.add(Fault(FaultKind.RATE_LIMITED, seconds=60))
    assert faults.fate(POST, MONDAY).effect is Effect.NONE
    faults.clear()
    assert faults.fate(POST, MONDAY) == Fate()
    assert faults.counts["rate_limited"] == 1
    faults.reseed(1)
    assert faults.counts == {}


def test_a_rule_travels_as_json_and_one_that_cannot_be_is_refused() -> None:
    rule = Fault(FaultKind.SLOW, POST, probability=0.25, times=3, seconds=2, up_to=4, since=MONDAY)
    assert Fault.from_json(rule.to_json()) == rule
    for wrong in (
        {"kind": "earthquake"},
        {"kind": "slow", "strength": 7},
        {"kind": "slow", "probability": 1.5},
        {"kind": "slow", "since": "2026-11-23T09:00:00"},
        {"kind": "server_error", "status": 404},
        {"kind": "slow", "seconds": -1},
        {"kind": "slow", "since": "2026-11-23T09:00:00Z", "until": "2026-11-23T09:00:00Z"},
    ):
        with pytest.raises(SetupError):
            Fault.from_json(wrong)


def test_a_rule_may_be_on_every_payload_there_is() -> None:
    assert {one.value for one in Kind} == ENVELOPES


# Calls, and what they do to the state


@pytest.mark.parametrize(
    ("fault", "happens", "status", "arrives"),
    [
        (Fault(FaultKind.RATE_LIMITED), False, 429, "whole"),
        (Fault(FaultKind.SERVER_ERROR), False, 503, "unreadable"),
        (Fault(FaultKind.SERVER_ERROR, status=500, effect=True), True, 500, "unreadable"),
        (Fault(FaultKind.ERROR), False, 200, "whole"),
        (Fault(FaultKind.ERROR, error="fatal_error", effect=True), True, 200, "whole"),
        (Fault(FaultKind.SLOW, seconds=4), True, 200, "whole"),
        (Fault(FaultKind.DROPPED_BEFORE), False, 200, "none"),
        (Fault(FaultKind.DROPPED_AFTER), True, 200, "none"),
        (Fault(FaultKind.TRUNCATED), True, 200, "truncated"),
        (Fault(FaultKind.UNREADABLE), True, 200, "unreadable"),
        (Fault(FaultKind.LATE_EFFECT, seconds=8), False, 200, "none"),
    ],
)
def test_a_post_has_its_effect_or_not_and_its_answer_or_not(
    core: LocalSlack, fault: Fault, happens: bool, status: int, arrives: str
) -> None:
    core.faults.add(fault)
    exchange = post(core, "hello")
    assert texts(core) == (["hello"] if happens else [])
    assert (exchange.answer.status, exchange.fate.answer.value) == (status, arrives)
    assert core.calls[-1].fault == fault.kind.value
    assert core.calls[-1].arguments["text"] == "hello"
    assert core.faults.counts == {fault.kind.value: 1}


def test_half_of_a_truncated_answer_arrives(core: LocalSlack) -> None:
    core.faults.add(Fault(FaultKind.TRUNCATED))
    exchange = post(core, "hello")
    assert exchange.whole().startswith(exchange.body())
    assert len(exchange.body()) == len(exchange.whole()) // 2


def test_a_late_effect_is_the_next_thing_that_is_due_and_comes_in_its_order(core: LocalSlack) -> None:
    core.faults.add(
        Fault(FaultKind.LATE_EFFECT, times=1, seconds=60), Fault(FaultKind.LATE_EFFECT, times=1, seconds=20)
    )
    post(core, "first")
    post(core, "second")
    assert core.next_due() == MONDAY + timedelta(seconds=20)
    wait(core, 20)
    assert texts(core) == ["second"]
    post(core, "third")
    wait(core, 40)
    assert texts(core) == ["second", "third", "first"]


def test_a_trigger_is_dead_by_the_time_a_late_dialog_opens(core: LocalSlack) -> None:
    core.faults.add(Fault(FaultKind.EXPIRED_TRIGGER, "views.open"))
    answer = core.exchange(Request("views.open", (), "", b"", f"Bearer {core.app.bot_token}")).answer
    assert answer.body == {"ok": False, "error": "expired_trigger_id"}


def test_the_history_lags_while_people_read_already(core: LocalSlack) -> None:
    core.faults.add(Fault(FaultKind.HISTORY_LAG, POST, times=1, seconds=30))
    post(core, "first")
    post(core, "second")
    assert texts(core) == ["first", "second"]
    assert history(core) == ["second"]
    wait(core, 29)
    assert history(core) == ["second"]
    wait(core, 1)
    assert history(core) == ["second", "first"]


def test_the_replies_lag_too_and_with_their_root_the_thread(core: LocalSlack) -> None:
    channel = core.channel(core.workspace, "growth-leads").id
    form = "application/x-www-form-urlencoded"

    def say(body: str) -> str:
        request = Request(POST, (), form, f"channel={channel}&{body}".encode(), f"Bearer {core.app.bot_token}")
        return str(core.exchange(request).answer.body["ts"])

    def thread(root: str) -> list[str]:
        answer = core.call("conversations.replies", channel=channel, ts=root)
        return [one["text"] for one in answer["messages"]] if answer["ok"] else [answer["error"]]

    core.faults.add(Fault(FaultKind.HISTORY_LAG, POST, times=1, seconds=10))
    core.faults.add(Fault(FaultKind.HISTORY_LAG, POST, times=1, seconds=20))
    root = say("text=root")
    say(f"text=reply&thread_ts={root}")
    assert thread(root) == ["thread_not_found"]
    wait(core, 10)
    assert thread(root) == ["root"]
    wait(core, 10)
    assert thread(root) == ["root", "reply"]


# Payloads


def say(core: LocalSlack, text: str) -> None:
    core.say(core.people_named("Mere Ngata")[0].id, text)


def carried(core: LocalSlack) -> list[Delivery]:
    """Take and answer what is due, one after the other, until nothing is."""
    seen: list[Delivery] = []
    while due := core.outgoing.take():
        for one in due:
            seen.append(one)
            core.outgoing.answered(one.id, Reply())
    return seen


def said(deliveries: list[Delivery]) -> list[str]:
    return [one.payload["event"]["text"] for one in deliveries]


def test_an_event_twice_has_one_event_id_and_two_envelopes(core: LocalSlack) -> None:
    core.faults.add(Fault(FaultKind.TWICE, "events_api", times=1))
    say(core, "one")
    say(core, "two")
    deliveries = carried(core)
    assert said(deliveries) == ["one", "one", "two"]
    assert len({one.payload["event_id"] for one in deliveries}) == 2
    assert len({one.id for one in deliveries}) == 3


def test_a_late_event_comes_when_its_time_has_come(core: LocalSlack) -> None:
    core.faults.add(Fault(FaultKind.LATE, "events_api", times=1, seconds=90))
    say(core, "one")
    say(core, "two")
    assert said(carried(core)) == ["two"]
    assert core.next_due() == MONDAY + timedelta(seconds=90)
    wait(core, 90)
    assert said(carried(core)) == ["one"]


def test_an_event_is_overtaken_by_the_next_one(core: LocalSlack) -> None:
    core.faults.add(Fault(FaultKind.OUT_OF_ORDER, "events_api", times=1))
    for text in ("one", "two", "three"):
        say(core, text)
    assert said(carried(core)) == ["two", "three", "one"]
    wait(core, 10)
    assert carried(core) == []


def test_an_event_that_nothing_overtakes_comes_after_a_while(core: LocalSlack) -> None:
    core.faults.add(Fault(FaultKind.OUT_OF_ORDER, "events_api", times=1, seconds=3))
    say(core, "one")
    assert carried(core) == []
    wait(core, 3)
    assert said(carried(core)) == ["one"]


def test_an_event_whose_answer_got_lost_is_sent_again(core: LocalSlack) -> None:
    core.faults.add(Fault(FaultKind.ACK_LOST, "events_api", times=1))
    say(core, "one")
    deliveries = carried(core)
    assert said(deliveries) == ["one", "one"]
    assert (deliveries[1].attempt, deliveries[1].reason) == (1, "timeout")


@pytest.mark.parametrize("kind", sorted(PAYLOAD_KINDS, key=str), ids=str)
def test_a_payloads_fault_comes_by_probability_or_by_script(kind: FaultKind) -> None:
    def passages(*rules: Fault) -> list[FaultKind | None]:
        faults = Faults(7)
        faults.add(*rules)
        return [faults.passage("events_api", MONDAY).kind for _ in range(200)]

    assert passages(Fault(kind, probability=0.0)) == [None] * 200
    assert passages(Fault(kind, probability=1.0)) == [kind] * 200
    assert passages(Fault(kind, times=2, skip=1)) == [None, kind, kind, *[None] * 197]
    assert 60 < passages(Fault(kind, probability=0.5)).count(kind) < 140


@pytest.mark.parametrize("kind", sorted(LINE_KINDS, key=str), ids=str)
def test_a_connections_fault_comes_by_probability_or_by_script(kind: FaultKind) -> None:
    def lines(*rules: Fault) -> list[FaultKind | None]:
        faults = Faults(7)
        faults.add(*rules)
        return [faults.line("interactive", MONDAY) for _ in range(200)]

    assert lines(Fault(kind, probability=0.0)) == [None] * 200
    assert lines(Fault(kind, probability=1.0)) == [kind] * 200
    assert lines(Fault(kind, times=2, skip=1)) == [None, kind, kind, *[None] * 197]
    assert 60 < lines(Fault(kind, probability=0.5)).count(kind) < 140


@pytest.mark.parametrize(
    ("fault", "used", "status", "plain"),
    [
        (None, 1, 200, "ok"),
        (Fault(FaultKind.DROPPED_BEFORE, "upload"), 0, 200, None),
        (Fault(FaultKind.DROPPED_AFTER, "upload"), 1, 200, "ok"),
        (Fault(FaultKind.SERVER_ERROR, "upload"), 0, 503, None),
        (Fault(FaultKind.ERROR, "upload", effect=True), 1, 500, None),
        (Fault(FaultKind.DROPPED_BEFORE, "response_url"), 1, 200, "ok"),
    ],
)
def test_an_address_has_faults_of_its_own_name(
    core: LocalSlack, fault: Fault | None, used: int, status: int, plain: str | None
) -> None:
    uses: list[str] = []

    def use() -> str:
        uses.append("once")
        return "ok"

    if fault is not None:
        core.faults.add(fault)
    exchange = core.at_address("upload", use)
    assert (len(uses), exchange.answer.status, exchange.plain) == (used, status, plain)


def test_a_late_effect_at_an_address_happens_when_it_is_due(core: LocalSlack) -> None:
    uses: list[str] = []
    core.faults.add(Fault(FaultKind.LATE_EFFECT, "response_url", times=1, seconds=20))
    assert core.at_address("response_url", lambda: uses.append("once") or "ok").fate.answer is Arrives.NONE
    assert uses == []
    core.jump_to(core.clock.now() + timedelta(seconds=20))
    assert uses == ["once"]
