"""The driver finds things the way people do: by words, near other words, in the newest place that has them."""

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.localslack.driver import DrivenPerson, Driver, NotSeen, Refused
from bot.localslack.server import LocalSlackServer

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(label: str, value: str = "") -> Json:
    return {"type": "button", "action_id": f"press_{label}_{value}", "text": plain(label), "value": value or label}


def section(text: str, accessory: Json | None = None) -> Json:
    block: Json = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    return block | ({"accessory": accessory} if accessory is not None else {})


def sent(person: DrivenPerson) -> Json:
    action: Json = person.payload_of_last_interaction["actions"][0]
    return action


def post(client: WebClient, to: DrivenPerson, *blocks: Json, text: str = "x") -> Json:
    answer = client.chat_postMessage(channel=to.id, text=text, blocks=list(blocks))
    assert isinstance(answer.data, dict)
    return answer.data


@pytest.fixture
def mere(slack: Driver) -> DrivenPerson:
    return slack.person("Mere Ngata")


def test_the_newest_message_with_the_words_is_pressed(client: WebClient, mere: DrivenPerson) -> None:
    row = {"type": "actions", "elements": [button("Check in", "old")]}
    post(client, mere, row)
    post(client, mere, {"type": "actions", "elements": [button("Check in", "new")]})
    post(client, mere, section("nothing to press"))
    mere.press("Check in")
    assert sent(mere)["value"] == "new"


def test_buttons_that_look_alike_are_told_apart_by_what_stands_beside_them(
    client: WebClient, mere: DrivenPerson
) -> None:
    post(
        client,
        mere,
        section("*KR-12* Activation", button("Update", "12")),
        section("*KR-13* Churn"),
        {"type": "actions", "elements": [button("Update", "13")]},
    )
    mere.press("Update", beside="KR-13")
    assert sent(mere)["value"] == "13"
    mere.press("Update", beside="KR-12")
    assert sent(mere)["value"] == "12"
    with pytest.raises(NotSeen, match="beside 'KR-14'"):
        mere.press("Update", beside="KR-14")


def test_an_entry_of_an_overflow_menu_is_pressed_by_its_words(client: WebClient, mere: DrivenPerson) -> None:
    entries = [{"text": plain(word), "value": word.lower()} for word in ("Not mine", "On leave")]
    post(client, mere, section("KR-12", {"type": "overflow", "action_id": "more", "options": entries}))
    assert mere.direct_messages()[0].menus == ["Not mine", "On leave"]
    mere.press("On leave")
    assert sent(mere)["selected_option"]["value"] == "on leave"


def test_a_menu_in_a_message_is_chosen_from_and_keeps_its_choice(client: WebClient, mere: DrivenPerson) -> None:
    entries = [{"text": plain(word), "value": word.lower()} for word in ("Weekly", "Monthly")]
    menu = {"type": "static_select", "action_id": "every", "placeholder": plain("How often?"), "options": entries}
    post(client, mere, section("KR-12", menu))
    mere.choose("How often?", "Monthly")
    assert sent(mere)["selected_option"]["value"] == "monthly"
    assert mere.direct_messages()[0].controls[0].value == "Monthly"
    with pytest.raises(Refused, match="Weekly"):
        mere.choose("How often?", "Yearly")


def test_a_message_keeps_how_it_looked_when_it_was_seen(client: WebClient, mere: DrivenPerson) -> None:
    posted = post(client, mere, {"type": "actions", "elements": [button("Check in")]}, text="Good morning")
    before = mere.direct_messages()[-1]
    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="Done", blocks=[section("Done")])
    assert (before.headline, before.buttons) == ("Good morning", ["Check in"])
    before.press("Check in")
    assert mere.payload_of_last_interaction["message"]["text"] == "Good morning"
    with pytest.raises(NotSeen):
        mere.press("Check in", in_=before)


def test_threads_and_ephemeral_messages_are_seen_by_who_may(
    client: WebClient, slack: Driver, mere: DrivenPerson
) -> None:
    tama = slack.person("Tama Reid")
    mere.says("KR-15 is red", to="growth-leads")
    root = mere.channel("growth-leads").messages[-1]
    tama.says("on it", thread=root)
    client.chat_postEphemeral(channel=root.channel, user=mere.id, text="only you", thread_ts=root.ts)
    assert [one.text for one in mere.channel("growth-leads").thread_of("KR-15")] == [
        "KR-15 is red",
        "on it",
        "only you",
    ]
    assert [one.text for one in tama.channel("growth-leads").thread_of("KR-15")] == ["KR-15 is red", "on it"]
    assert [one.why for one in mere.notifications()] == ["thread reply"]
    with pytest.raises(NotSeen, match="KR-15 is red"):
        mere.channel("growth-leads").thread_of("KR-16")


def test_guests_see_only_the_channels_that_they_are_in(slack: Driver) -> None:
    slack.add_channel("open-house")
    guest = slack.add_person("Gus Guest", is_restricted=True)
    with pytest.raises(Refused, match="sees no channel"):
        guest.channel("open-house").messages  # noqa: B018 - reading is what is refused
    slack.joins("open-house", guest)
    assert guest.channel("open-house").messages == []


def test_the_driver_waits_for_what_is_posted_later(server: LocalSlackServer, slack: Driver, mere: DrivenPerson) -> None:
    def post_when_asked() -> bool:
        if not mere.direct_messages():
            with server.lock:
                server.core.call("chat.postMessage", channel=mere.id, text="later")
            return False
        return mere.direct_messages()[-1].text == "later"

    assert slack.wait_for(post_when_asked) is True


def test_an_app_that_was_removed_is_refused(client: WebClient, slack: Driver) -> None:
    slack.uninstall()
    with pytest.raises(SlackApiError, match="account_inactive"):
        client.auth_test()
