from datetime import timedelta

from bot.localslack.core import LocalSlack
from bot.localslack.outgoing import Kind, Reply, Stage
from bot.localslack.socketmode import envelope


def say(core: LocalSlack) -> None:
    core.say(core.people_named("Mere Ngata")[0].id, "hello")


def test_an_event_without_an_answer_is_sent_again_at_once_after_one_and_after_five_minutes(core: LocalSlack) -> None:
    say(core)
    seen = []
    for wait in (0, 0, 1, 5):
        core.jump_to(core.clock.now() + timedelta(minutes=wait) - timedelta(seconds=1 if wait else 0))
        if wait:
            assert core.outgoing.take() == []
            core.jump_to(core.clock.now() + timedelta(seconds=1))
        (delivery,) = core.outgoing.take()
        seen.append((delivery.payload["event_id"], delivery.attempt, delivery.reason))
        core.outgoing.unanswered(delivery.id, "timeout")
    assert [attempt for _, attempt, _ in seen] == [0, 1, 2, 3]
    assert len({event for event, _, _ in seen}) == 1
    assert delivery.stage is Stage.GIVEN_UP


def test_an_error_is_retried_unless_the_app_asks_for_none(core: LocalSlack) -> None:
    say(core)
    (first,) = core.outgoing.take()
    core.outgoing.answered(first.id, Reply(500))
    assert (first.stage, first.attempt, first.reason) == (Stage.WAITING, 1, "http_error")
    (again,) = core.outgoing.take()
    core.outgoing.answered(again.id, Reply(500, no_retry=True))
    assert again.stage is Stage.GIVEN_UP


def test_an_answer_ends_a_delivery_and_a_second_one_means_nothing(core: LocalSlack) -> None:
    say(core)
    (delivery,) = core.outgoing.take()
    core.outgoing.answered(delivery.id, Reply())
    core.outgoing.unanswered(delivery.id, "timeout")
    assert delivery.stage is Stage.ANSWERED
    assert core.outgoing.next_due() is None


def test_what_is_sent_again_on_purpose_keeps_its_event_id(core: LocalSlack) -> None:
    say(core)
    (delivery,) = core.outgoing.take()
    core.outgoing.answered(delivery.id, Reply())
    again = core.deliver_again(delivery.id)
    assert again.id != delivery.id
    assert again.payload == delivery.payload


def test_the_last_event_of_a_person_is_not_an_echo_of_the_app(core: LocalSlack) -> None:
    mere = core.people_named("Mere Ngata")[0].id
    say(core)
    core.call("chat.postMessage", channel=mere, text="noted")
    last = core.last_event("message")
    assert last is not None
    assert last.payload["event"]["text"] == "hello"


def test_each_payload_goes_to_one_connection_in_turn_and_to_none_that_is_leaving(core: LocalSlack) -> None:
    connections = core.connections
    opened = []
    for _ in range(2):
        url = core.call("apps.connections.open", token=core.app.app_token)["url"]
        ticket = url.split("ticket=")[1].split("&")[0]
        connection = connections.connect(ticket)
        assert connection is not None
        assert connections.connect(ticket) is None
        opened.append(connection)
    assert connections.hello(opened[1], "A1", core.clock.now())["num_connections"] == 2
    for _ in range(3):
        say(core)
    deliveries = core.outgoing.take()
    used = [connections.assign(one) for one in deliveries]
    assert used == [opened[0], opened[1], opened[0]]
    assert connections.acked(opened[1].id, deliveries[1].id) is True
    assert connections.acked(opened[1].id, deliveries[0].id) is False
    connections.say_goodbye(opened[0].id, "warning")
    assert connections.assign(deliveries[0]) is opened[1]
    connections.say_goodbye(opened[1].id, "refresh_requested")
    assert connections.assign(deliveries[0]) is opened[0]
    assert deliveries[2].id in connections.drop(opened[0].id)
    assert connections.assign(deliveries[0]) is None


def test_an_app_has_at_most_ten_connections(core: LocalSlack) -> None:
    taken = []
    for _ in range(11):
        url = core.call("apps.connections.open", token=core.app.app_token)["url"]
        taken.append(core.connections.connect(url.split("ticket=")[1].split("&")[0]))
    assert [one is not None for one in taken] == [True] * 10 + [False]


def test_an_envelope_names_its_kind_and_an_events_retries(core: LocalSlack) -> None:
    say(core)
    (event,) = core.outgoing.take()
    core.outgoing.unanswered(event.id, "timeout")
    frame = envelope(event)
    assert frame["envelope_id"] == event.id
    assert (frame["type"], frame["accepts_response_payload"]) == ("events_api", False)
    assert (frame["retry_attempt"], frame["retry_reason"]) == (1, "timeout")
    suggestion = envelope(core.outgoing.add(Kind.OPTIONS, {}, None))
    assert (suggestion["type"], suggestion["accepts_response_payload"]) == ("interactive", True)
    assert "retry_attempt" not in suggestion
