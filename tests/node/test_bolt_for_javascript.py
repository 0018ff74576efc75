"""What people see when the app is written with Slack's own Node client: the local Slack is a Slack to it too."""

from __future__ import annotations

import pytest

from bot.localslack.driver import Driver


def test_a_command_comes_back_at_once_or_through_its_address(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    assert mere.command("/kr 12").text == "KR-12 is fine"
    mere.command("/kr later waiting @Tama Reid")
    slack.wait_for(lambda: mere.direct_messages()[-1].text == "later: waiting @Tama Reid")
    assert mere.direct_messages()[-1].ephemeral


def test_a_dialog_opens_shows_an_error_is_replaced_and_goes(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    mere.command("/kr open")
    slack.wait_for(lambda: mere.modal)
    mere.fill("Current value", 0)
    mere.submit()
    assert mere.modal is not None
    assert mere.modal.errors == {"Current value": "Zero of what?"}
    assert mere.modal.fields["Current value"].value == "0"
    mere.fill("Current value", 45)
    mere.fill("Blocked by", "leg")
    assert mere.modal.fields["Blocked by"].value == "Legal team"
    mere.submit()
    assert mere.modal.title == "KR-13"
    assert mere.modal.fields["Current value"].value == ""
    mere.fill("Current value", 3)
    mere.submit()
    assert mere.modal is None


def test_a_dialog_that_is_closed_is_told_of(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    mere.command("/kr open")
    slack.wait_for(lambda: mere.modal)
    mere.close()
    slack.wait_for(mere.direct_messages)
    assert mere.direct_messages()[-1].text == "Closed; all of it: false"


def test_the_home_tab_is_published_and_its_button_opens_a_dialog(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    mere.open_home()
    slack.wait_for(lambda: mere.home)
    assert mere.home is not None
    assert mere.home.text == "Here for the first time"
    mere.open_home()
    slack.wait_for(lambda: mere.home is not None and mere.home.text == "Here again")
    mere.press("Check in")
    slack.wait_for(lambda: mere.modal)
    assert mere.modal is not None
    assert mere.modal.title == "KR-12"


def test_a_thread_is_found_again_by_its_metadata_and_its_root_is_updated(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    mere.says("hello")
    slack.wait_for(lambda: len(mere.direct_messages()) == 2 and len(mere.thread(mere.direct_messages()[1])) == 3)
    root = mere.direct_messages()[1]
    assert root.metadata == {"event_type": "delivery", "event_payload": {"id": "hello"}}
    assert mere.thread(root)[1].text == "a reply"
    assert mere.thread(root)[2].text.startswith("found with 1 reply at https://kauri.slack.com/archives/D")
    root.press("Check in")
    slack.wait_for(lambda: mere.direct_messages()[1].text == "Done")
    assert mere.direct_messages()[1].metadata == root.metadata


def test_a_message_shortcut_answers_for_one_pair_of_eyes(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    mere.says("the auditor waits", to="growth-leads")
    channel = mere.channel("growth-leads")
    mere.message_shortcut("Make this a blocker", channel.messages[-1])
    slack.wait_for(lambda: len(channel.messages) == 2)
    assert (channel.messages[-1].text, channel.messages[-1].ephemeral) == ("A blocker: the auditor waits", True)


def test_a_refusal_reaches_the_client_with_what_was_wrong(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    mere.command("/kr wrong")
    slack.wait_for(mere.direct_messages)
    assert mere.direct_messages()[-1].text.splitlines() == [
        "invalid_blocks",
        "[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]",
    ]
    mere.command("/kr unknown")
    slack.wait_for(lambda: mere.direct_messages()[-1].text == "unknown_method")
    assert slack.unknown_methods == {"reactions.add": 1}


def test_people_are_listed_page_by_page(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    mere.command("/kr people")
    slack.wait_for(mere.direct_messages)
    assert mere.direct_messages()[-1].text == "Foreign, Mere Ngata, Tama Reid"


def test_a_file_is_uploaded(slack: Driver) -> None:
    mere = slack.person("Mere Ngata")
    mere.command("/kr file", in_="growth-leads")
    slack.wait_for(lambda: mere.channel("growth-leads").messages)
    assert mere.channel("growth-leads").messages[-1].text == "Scores"


@pytest.mark.parametrize("slack", ["socket"], indirect=True)
@pytest.mark.parametrize("reason", ["refresh_requested", None])
def test_the_client_comes_back_when_its_connection_is_refreshed_or_cut(slack: Driver, reason: str | None) -> None:
    mere = slack.person("Mere Ngata")
    opened = len(slack.calls("apps.connections.open"))
    slack.disconnect(reason)
    slack.wait_for(lambda: len(slack.calls("apps.connections.open")) > opened, timeout=30)
    slack.wait_until_connected(timeout=30)
    slack.wait_for(lambda: mere.command("/kr 12").text == "KR-12 is fine", timeout=30)
