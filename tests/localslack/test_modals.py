from datetime import timedelta
from typing import Any

import pytest

from bot.localslack import acts, submitting
from bot.localslack.acts import Place
from bot.localslack.core import LocalSlack
from bot.localslack.errors import ActError
from bot.localslack.modals import make_trigger
from bot.localslack.outgoing import Delivery, Reply

Json = dict[str, Any]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def text_input(label: str, block_id: str, **element: Any) -> Json:
    shape = {"type": "plain_text_input", "action_id": "value"} | element
    return {"type": "input", "block_id": block_id, "label": plain(label), "element": shape}


def modal(*blocks: Json, **more: Any) -> Json:
    return {
        "type": "modal",
        "callback_id": "checkin",
        "title": plain("Check in"),
        "submit": plain("Save"),
        "close": plain("Cancel"),
        "blocks": list(blocks) or [text_input("Note", "note")],
    } | more


@pytest.fixture
def mere(core: LocalSlack) -> str:
    return core.people_named("Mere Ngata")[0].id


def opened(core: LocalSlack, person: str, view: Json, method: str = "views.open", under: str | None = None) -> Json:
    trigger = make_trigger(core, core.workspace, person, under)
    answer: Json = core.call(method, trigger_id=trigger, view=view)
    assert answer["ok"] is True, answer
    found: Json = answer["view"]
    return found


def enter(core: LocalSlack, person: str, view: Json, block: str, value: Any) -> None:
    place = Place(view=view["id"])
    acts.act_on(core, core.workspace, person, place, block_id=block, action_id="value", raw=value)


def submitted(core: LocalSlack, person: str) -> Delivery:
    delivery = submitting.submit(core, core.workspace, person)
    assert delivery is not None
    core.outgoing.take()
    return delivery


def answer(core: LocalSlack, delivery: Delivery, **body: Any) -> None:
    core.outgoing.answered(delivery.id, Reply(200, body or None))


def values(core: LocalSlack, person: str) -> Json:
    delivery = submitting.submit(core, core.workspace, person)
    assert delivery is not None
    found: Json = delivery.payload["view"]["state"]["values"]
    return found


def test_a_trigger_lives_three_seconds_and_works_once(core: LocalSlack, mere: str) -> None:
    trigger = make_trigger(core, core.workspace, mere)
    assert core.call("views.open", trigger_id=trigger, view=modal())["ok"] is True
    assert core.call("views.open", trigger_id=trigger, view=modal())["error"] == "exchanged_trigger_id"
    late = make_trigger(core, core.workspace, mere)
    core.jump_to(core.clock.now() + timedelta(seconds=3))
    on_time = make_trigger(core, core.workspace, mere)
    core.jump_to(core.clock.now() + timedelta(microseconds=1))
    assert core.call("views.open", trigger_id=late, view=modal())["error"] == "expired_trigger_id"
    assert core.call("views.open", trigger_id=on_time, view=modal())["ok"] is True
    assert core.call("views.open", trigger_id="1.2.3", view=modal())["error"] == "invalid_trigger_id"


def test_a_refused_view_does_not_spend_its_trigger(core: LocalSlack, mere: str) -> None:
    trigger = make_trigger(core, core.workspace, mere)
    refused = core.call("views.open", trigger_id=trigger, view=modal(title=plain("x" * 25)))
    assert refused["error"] == "invalid_arguments"
    assert "[json-pointer:/view/title/text]" in refused["response_metadata"]["messages"][0]
    assert core.call("views.open", trigger_id=trigger, view=modal())["ok"] is True


def test_three_views_stack_and_a_fourth_does_not(core: LocalSlack, mere: str) -> None:
    first = opened(core, mere, modal())
    second = opened(core, mere, modal(), "views.push", first["id"])
    third = opened(core, mere, modal(), "views.push", second["id"])
    assert (third["root_view_id"], third["previous_view_id"]) == (first["id"], second["id"])
    trigger = make_trigger(core, core.workspace, mere, third["id"])
    assert core.call("views.push", trigger_id=trigger, view=modal())["error"] == "push_limit_reached"
    submitting.close(core, core.workspace, mere)
    assert submitting.top_modal(core.workspace, mere).id == second["id"]


def test_an_update_with_an_old_hash_is_a_conflict(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere, modal())
    fresh = core.call("views.update", view_id=view["id"], hash=view["hash"], view=modal())
    assert fresh["ok"] is True
    again = core.call("views.update", view_id=view["id"], hash=view["hash"], view=modal())
    assert again["error"] == "hash_conflict"
    assert core.call("views.update", view_id=view["id"], view=modal())["ok"] is True


def test_external_ids_name_one_open_view(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere, modal(external_id="kr-12"))
    trigger = make_trigger(core, core.workspace, mere, view["id"])
    twice = core.call("views.push", trigger_id=trigger, view=modal(external_id="kr-12"))
    assert twice["error"] == "duplicate_external_id"
    updated = core.call("views.update", external_id="kr-12", view=modal(external_id="kr-12"))
    assert updated["view"]["id"] == view["id"]
    submitting.close(core, core.workspace, mere)
    assert core.call("views.update", external_id="kr-12", view=modal())["error"] == "not_found"
    assert opened(core, mere, modal(external_id="kr-12"))["external_id"] == "kr-12"


def test_what_is_typed_stays_where_both_ids_are_unchanged_and_only_there(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere, modal(text_input("Note", "note", initial_value="first"), text_input("Next", "next")))
    enter(core, mere, view, "note", "typed")
    enter(core, mere, view, "next", "also typed")
    same_note = text_input("Note", "note", initial_value="second")
    other_block = text_input("Next", "next-kr-13", initial_value="fresh")
    other_action = text_input("Extra", "extra", action_id="other", initial_value="new")
    core.call("views.update", view_id=view["id"], view=modal(same_note, other_block, other_action))
    assert values(core, mere) == {
        "note": {"value": {"type": "plain_text_input", "value": "typed"}},
        "next-kr-13": {"value": {"type": "plain_text_input", "value": "fresh"}},
        "extra": {"other": {"type": "plain_text_input", "value": "new"}},
    }


def test_an_untouched_initial_value_stays_as_well(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere, modal(text_input("Note", "note", initial_value="first")))
    core.call("views.update", view_id=view["id"], view=modal(text_input("Note", "note", initial_value="second")))
    assert values(core, mere)["note"]["value"]["value"] == "first"


def test_a_field_without_a_block_id_of_its_own_is_a_new_field_at_every_update(core: LocalSlack, mere: str) -> None:
    nameless = {"type": "input", "label": plain("Note"), "element": {"type": "plain_text_input", "action_id": "value"}}
    view = opened(core, mere, modal(nameless))
    block = view["blocks"][0]["block_id"]
    enter(core, mere, view, block, "typed")
    core.call("views.update", view_id=view["id"], view=modal(nameless | {"optional": True}))
    found = values(core, mere)
    assert list(found) != [block]
    assert [one["value"]["value"] for one in found.values()] == [None]


def test_every_kind_of_input_has_its_state_value(core: LocalSlack, mere: str) -> None:
    tama = core.people_named("Tama Reid")[0].id
    channel = core.channel(core.workspace, "growth-leads").id
    options = [{"text": plain(word), "value": word.lower()} for word in ("Green", "Yellow", "Red")]
    kinds: dict[str, tuple[Json, Any, str, Any]] = {
        "text": ({"type": "plain_text_input"}, "hi", "value", "hi"),
        "number": ({"type": "number_input", "is_decimal_allowed": True}, "4.5", "value", "4.5"),
        "email": ({"type": "email_text_input"}, "a@example.com", "value", "a@example.com"),
        "url": ({"type": "url_text_input"}, "https://example.com", "value", "https://example.com"),
        "date": ({"type": "datepicker"}, "2026-11-23", "selected_date", "2026-11-23"),
        "time": ({"type": "timepicker"}, "09:30", "selected_time", "09:30"),
        "moment": ({"type": "datetimepicker"}, 1790000000, "selected_date_time", 1790000000),
        "menu": ({"type": "static_select", "options": options}, "Red", "selected_option", options[2]),
        "radio": ({"type": "radio_buttons", "options": options}, "Green", "selected_option", options[0]),
        "menus": (
            {"type": "multi_static_select", "options": options},
            ["Red", "Green"],
            "selected_options",
            [options[2], options[0]],
        ),
        "boxes": ({"type": "checkboxes", "options": options}, ["Yellow"], "selected_options", [options[1]]),
        "person": ({"type": "users_select"}, tama, "selected_user", tama),
        "people": ({"type": "multi_users_select"}, [tama, mere], "selected_users", [tama, mere]),
        "channel": ({"type": "channels_select"}, channel, "selected_channel", channel),
        "talks": ({"type": "multi_conversations_select"}, [channel], "selected_conversations", [channel]),
    }
    blocks = [
        {"type": "input", "block_id": name, "label": plain(name), "element": {"action_id": "value"} | element}
        for name, (element, *_) in kinds.items()
    ]
    view = opened(core, mere, modal(*blocks))
    empty = view["state"]["values"]
    assert (empty["boxes"]["value"]["selected_options"], empty["menu"]["value"]["selected_option"]) == ([], None)
    for name, (_, raw, _, _) in kinds.items():
        enter(core, mere, view, name, raw)
    found = values(core, mere)
    for name, (element, _, key, expected) in kinds.items():
        got = found[name]["value"]
        if "options" in element:
            chosen = got[key] if isinstance(got[key], list) else [got[key]]
            wanted = expected if isinstance(expected, list) else [expected]
            assert [one["value"] for one in chosen] == [one["value"] for one in wanted]
        else:
            assert got == {"type": element["type"], key: expected}


def test_the_client_itself_refuses_what_is_missing_or_malformed(core: LocalSlack, mere: str) -> None:
    number = {"type": "number_input", "is_decimal_allowed": False, "min_value": "0", "max_value": "10"}
    view = opened(
        core,
        mere,
        modal(
            text_input("Next move", "next"),
            text_input("Note", "note") | {"optional": True},
            text_input("Why", "why", min_length=5),
            text_input("Value", "value", **number),
            text_input("Other", "other", **number),
        ),
    )
    enter(core, mere, view, "why", "abc")
    enter(core, mere, view, "value", "4.5")
    enter(core, mere, view, "other", "11")
    assert submitting.submit(core, core.workspace, mere) is None
    shown = submitting.top_modal(core.workspace, mere).errors
    assert set(shown) == {"next", "why", "value", "other"}
    assert core.outgoing.take() == []


def test_errors_stand_below_their_fields_and_the_text_stays(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere, modal())
    enter(core, mere, view, "note", "typed")
    answer(core, submitted(core, mere), response_action="errors", errors={"note": "Say a little more"})
    screen = core.screen(mere).modal()
    assert screen is not None
    assert (screen["fields"][0]["error"], screen["fields"][0]["value"]) == ("Say a little more", "typed")


@pytest.mark.parametrize(
    "body",
    [
        {"response_action": "errors", "errors": {"elsewhere": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "dance"},
    ],
)
def test_an_answer_that_slack_would_not_take_keeps_the_dialog_and_says_so(
    core: LocalSlack, mere: str, body: Json
) -> None:
    view = opened(core, mere, modal())
    enter(core, mere, view, "note", "typed")
    answer(core, submitted(core, mere), **body)
    screen = core.screen(mere).modal()
    assert screen is not None
    assert "went wrong" in screen["trouble"]
    assert screen["fields"][0]["value"] == "typed"


def test_a_submission_closes_updates_pushes_or_clears(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere, modal())
    enter(core, mere, view, "note", "one")
    next_view = modal(text_input("Note", "note-13"), title=plain("KR-13"))
    answer(core, submitted(core, mere), response_action="update", view=next_view)
    top = submitting.top_modal(core.workspace, mere)
    assert (top.id, top.body["title"]["text"], top.values["note-13", "value"]["value"]) == (view["id"], "KR-13", None)
    enter(core, mere, view, "note-13", "two")
    answer(core, submitted(core, mere), response_action="push", view=modal(title=plain("On top")))
    pushed = submitting.top_modal(core.workspace, mere)
    assert pushed.previous_id == view["id"]
    enter(core, mere, {"id": pushed.id}, "note", "three")
    answer(core, submitted(core, mere))
    assert submitting.top_modal(core.workspace, mere).id == view["id"]
    answer(core, submitted(core, mere), response_action="clear")
    with pytest.raises(ActError, match="no dialog"):
        submitting.top_modal(core.workspace, mere)


def test_without_an_answer_the_dialog_stays_open_with_the_text_in_it(core: LocalSlack, mere: str) -> None:
    view = opened(core, mere, modal())
    enter(core, mere, view, "note", "typed")
    core.outgoing.unanswered(submitted(core, mere).id, "timeout")
    screen = core.screen(mere).modal()
    assert screen is not None
    assert "3 seconds" in screen["trouble"]
    assert screen["fields"][0]["value"] == "typed"


def test_closing_is_told_only_where_asked_for_and_without_what_was_typed(core: LocalSlack, mere: str) -> None:
    opened(core, mere, modal())
    assert submitting.close(core, core.workspace, mere) is None
    first = opened(core, mere, modal(notify_on_close=True))
    enter(core, mere, first, "note", "typed")
    delivery = submitting.close(core, core.workspace, mere)
    assert delivery is not None
    assert delivery.payload["type"] == "view_closed"
    assert delivery.payload["is_cleared"] is False
    assert delivery.payload["view"]["state"] == {"values": {}}
    bottom = opened(core, mere, modal(notify_on_close=True))
    opened(core, mere, modal(), "views.push", bottom["id"])
    cleared = submitting.close(core, core.workspace, mere, whole_stack=True)
    assert cleared is not None
    assert (cleared.payload["view"]["id"], cleared.payload["is_cleared"]) == (bottom["id"], True)


def test_a_dispatching_field_reports_with_the_state_of_all_others(core: LocalSlack, mere: str) -> None:
    options = [{"text": plain(word), "value": word} for word in ("green", "red")]
    colour = {
        "type": "input",
        "block_id": "colour",
        "dispatch_action": True,
        "label": plain("Colour"),
        "element": {"type": "radio_buttons", "action_id": "value", "options": options},
    }
    view = opened(core, mere, modal(colour, text_input("Note", "note")))
    enter(core, mere, view, "note", "typed")
    assert core.outgoing.take() == []
    enter(core, mere, view, "colour", "red")
    payload = core.outgoing.take()[0].payload
    assert payload["type"] == "block_actions"
    assert payload["actions"][0]["selected_option"]["value"] == "red"
    assert payload["view"]["state"]["values"]["note"]["value"]["value"] == "typed"
    assert payload["container"] == {"type": "view", "view_id": view["id"]}


def test_text_is_reported_on_enter_unless_every_character_is_asked_for(core: LocalSlack, mere: str) -> None:
    on_enter = text_input("Note", "note") | {"dispatch_action": True}
    each = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
    at_once = text_input("Find", "find", **each) | {"dispatch_action": True}
    view = opened(core, mere, modal(on_enter, at_once))
    enter(core, mere, view, "note", "typed")
    assert core.outgoing.take() == []
    place = Place(view=view["id"])
    acts.act_on(core, core.workspace, mere, place, block_id="note", action_id="value", raw="typed", enter=True)
    enter(core, mere, view, "find", "le")
    assert [one.payload["actions"][0]["value"] for one in core.outgoing.take()] == ["typed", "le"]


def test_the_home_tab_is_published_for_a_person_and_told_of_at_each_opening(core: LocalSlack, mere: str) -> None:
    core.open_app(mere, "home")
    assert "view" not in core.outgoing.take()[0].payload["event"]
    home = {"type": "home", "blocks": [{"type": "section", "text": plain("Your key results")}]}
    view = core.call("views.publish", user_id=mere, view=home)["view"]
    core.open_app(mere, "home")
    event = core.outgoing.take()[0].payload["event"]
    assert (event["tab"], event["view"]["id"]) == ("home", view["id"])
    again = core.call("views.publish", user_id=mere, view=home, hash=view["hash"])
    assert again["view"]["id"] == view["id"]
    stale = core.call("views.publish", user_id=mere, view=home, hash=view["hash"])
    assert stale["error"] == "hash_conflict"


def test_a_modal_cannot_be_published_nor_a_home_opened(core: LocalSlack, mere: str) -> None:
    assert core.call("views.publish", user_id=mere, view=modal())["error"] == "invalid_arguments"
    trigger = make_trigger(core, core.workspace, mere)
    home = {"type": "home", "blocks": []}
    assert core.call("views.open", trigger_id=trigger, view=home)["error"] == "invalid_arguments"
