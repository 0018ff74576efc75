"""What Slack refuses for other reasons than size and place: fields, choices, ids, and totals."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.localslack.blockkit import Problem, check_message, check_view, too_long

Json = dict[str, Any]


def plain(text: str = "Text") -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "*Text*") -> Json:
    return {"type": "mrkdwn", "text": text}


def option(value: str = "one", **fields: Any) -> Json:
    return {"text": plain(value), "value": value} | fields


def section(**fields: Any) -> Json:
    return {"type": "section"} | ({"text": plain()} | fields)


def actions(*elements: Json, **fields: Any) -> Json:
    return {"type": "actions", "elements": list(elements)} | fields


def button(**fields: Any) -> Json:
    return {"type": "button", "text": plain("Press")} | fields


def asked(**element: Any) -> Json:
    return {"type": "input", "label": plain("Label"), "element": element}


def raw(text: str = "c") -> Json:
    return {"type": "raw_text", "text": text}


def rich(text: str = "c") -> Json:
    inside = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [inside]}


def data_table(*rows: list[Json], **fields: Any) -> Json:
    return {"type": "data_table", "caption": "Caption", "rows": list(rows)} | fields


def line(*series: tuple[str, dict[str, Any]], categories: tuple[str, ...] = ("Mon", "Tue")) -> Json:
    plotted = [
        {"name": name, "data": [{"label": label, "value": value} for label, value in data.items()]}
        for name, data in series
    ]
    chart = {"type": "line", "series": plotted, "axis_config": {"categories": list(categories)}}
    return {"type": "data_visualization", "title": "Chart", "chart": chart}


def modal(*blocks: Json, **fields: Any) -> Json:
    return {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": list(blocks)} | fields


def pointers(problems: list[Problem]) -> list[str]:
    return [problem.pointer for problem in problems]


TYPING = "plain_text_input"

REFUSED_BLOCKS: dict[str, tuple[Json, str]] = {
    "no type": ({"text": plain()}, ""),
    "a type that is no text": ({"type": 7}, "/type"),
    "a type that nobody knows": ({"type": "marquee"}, "/type"),
    "a required field is missing": ({"type": "header"}, ""),
    "a field that nobody knows": ({"type": "divider", "colour": "red"}, ""),
    "a section with neither text nor fields": ({"type": "section"}, ""),
    "a bare string for a text object": ({"type": "header", "text": "Head"}, "/text"),
    "a header in mrkdwn": ({"type": "header", "text": mrkdwn()}, "/text/type"),
    "an input's label in mrkdwn": (asked(type=TYPING) | {"label": mrkdwn()}, "/label/type"),
    "an empty text": (section(text=plain("")), "/text/text"),
    "emoji in mrkdwn": (section(text=mrkdwn() | {"emoji": True}), "/text"),
    "verbatim in plain text": (section(text=plain() | {"verbatim": True}), "/text"),
    "a number for a text": (section(text={"type": "plain_text", "text": 7}), "/text/text"),
    "null for a block id": (section(block_id=None), "/block_id"),
    "no elements": (actions(), "/elements"),
    "elements that are no array": ({"type": "actions", "elements": {}}, "/elements"),
    "a button's text in mrkdwn": (actions(button(text=mrkdwn())), "/elements/0/text/type"),
    "a style that nobody knows": (actions(button(style="loud")), "/elements/0/style"),
    "a confirmation that cannot be denied": (
        actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain()})),
        "/elements/0/confirm",
    ),
    "an option without a value": (
        actions({"type": "overflow", "options": [{"text": plain()}]}),
        "/elements/0/options/0",
    ),
    "a link in an option of a select": (
        actions({"type": "static_select", "options": [option(url="https://example.com")]}),
        "/elements/0/options/0",
    ),
    "mrkdwn in an option of a select": (
        actions({"type": "static_select", "options": [option(text=mrkdwn())]}),
        "/elements/0/options/0/text/type",
    ),
    "a select with nothing to choose": (actions({"type": "static_select"}), "/elements/0"),
    "options and option groups at once": (
        actions(
            {
                "type": "static_select",
                "options": [option()],
                "option_groups": [{"label": plain(), "options": [option()]}],
            },
        ),
        "/elements/0",
    ),
    "an initial option that is not offered": (
        actions({"type": "static_select", "options": [option()], "initial_option": option("two")}),
        "/elements/0/initial_option",
    ),
    "an initial option with another text": (
        actions({"type": "radio_buttons", "options": [option()], "initial_option": option(text=plain("1"))}),
        "/elements/0/initial_option",
    ),
    "one of the initial options is not offered": (
        actions({"type": "checkboxes", "options": [option()], "initial_options": [option(), option("two")]}),
        "/elements/0/initial_options/1",
    ),
    "a filter that filters nothing": (actions({"type": "conversations_select", "filter": {}}), "/elements/0/filter"),
    "a date that is written otherwise": (
        actions({"type": "datepicker", "initial_date": "23.11.2026"}),
        "/elements/0/initial_date",
    ),
    "an hour that no clock shows": (
        actions({"type": "timepicker", "initial_time": "24:00"}),
        "/elements/0/initial_time",
    ),
    "milliseconds for seconds": (
        actions({"type": "datetimepicker", "initial_date_time": 1790000000000}),
        "/elements/0/initial_date_time",
    ),
    "a shortest text above the longest": (
        asked(type=TYPING, min_length=9, max_length=8),
        "/element/min_length",
    ),
    "a number input that does not say whether decimals are allowed": (asked(type="number_input"), "/element"),
    "a least number above the greatest": (
        asked(type="number_input", is_decimal_allowed=True, min_value="10", max_value="9.5"),
        "/element/min_value",
    ),
    "a number input's bound as a number": (
        asked(type="number_input", is_decimal_allowed=True, min_value=1),
        "/element/min_value",
    ),
    "an image from nowhere": ({"type": "image", "alt_text": "A"}, ""),
    "an image from two places": (
        {"type": "image", "alt_text": "A", "image_url": "https://example.com", "slack_file": {"id": "F1"}},
        "",
    ),
    "a card with nothing on it": ({"type": "card", "subtitle": plain()}, ""),
    "a container without a title": ({"type": "container", "child_blocks": [{"type": "divider"}]}, ""),
    "a container that starts closed and cannot be opened": (
        {"type": "container", "title": plain(), "child_blocks": [{"type": "divider"}], "default_collapsed": True},
        "/default_collapsed",
    ),
    "a card with an icon without a name": (
        {"type": "card", "title": mrkdwn(), "slack_icon": {"type": "icon"}},
        "/slack_icon",
    ),
    "a plan of something else": (
        {"type": "plan", "title": "Plan", "tasks": [{"type": "card", "task_id": "1", "title": "T"}]},
        "/tasks/0/type",
    ),
    "a card with an icon that Slack does not have": (
        {"type": "card", "title": mrkdwn(), "slack_icon": {"type": "icon", "name": "okra"}},
        "/slack_icon/name",
    ),
    "a heading below the fourth": ({"type": "header", "text": plain(), "level": 5}, "/level"),
    "an icon that nobody knows": (
        {"type": "context_actions", "elements": [{"type": "icon_button", "icon": "star", "text": plain()}]},
        "/elements/0/icon",
    ),
    "a table without rows": ({"type": "table", "rows": []}, "/rows"),
    "a data table without a caption": (data_table([raw()], [raw()], caption=""), "/caption"),
    "a text to begin with that is longer than can be typed": (
        asked(type=TYPING, initial_value="x" * 3001),
        "/element/initial_value",
    ),
    "a list of no known style": (
        {"type": "rich_text", "elements": [{"type": "rich_text_list", "style": "roman", "elements": []}]},
        "/elements/0/style",
    ),
    "a true for a whole number": (data_table([raw()], [raw()], page_size=True), "/page_size"),
    "rows of different lengths": (data_table([raw(), raw()], [raw()]), "/rows/1"),
    "a rich header": (data_table([rich()], [rich()]), "/rows/0/0/type"),
    "a row header that is no column": (
        data_table([raw()], [raw()], row_header_column_index=1),
        "/row_header_column_index",
    ),
    "a series without one of the days": (line(("a", {"Mon": 1})), "/chart/series/0/data"),
    "a series with a day too many": (line(("a", {"Mon": 1, "Tue": 2, "Wed": 3})), "/chart/series/0/data"),
    "two series of one name": (line(("a", {"Mon": 1, "Tue": 2}), ("a", {"Mon": 1, "Tue": 2})), "/chart/series/1/name"),
    "no number for a day": (line(("a", {"Mon": None, "Tue": 2})), "/chart/series/0/data/0/value"),
    "an endless number for a day": (line(("a", {"Mon": float("nan"), "Tue": 2})), "/chart/series/0/data/0/value"),
}


@pytest.mark.parametrize("name", REFUSED_BLOCKS)
def test_a_message_is_refused_for_one_block_and_the_problem_is_pointed_at(name: str) -> None:
    block, pointer = REFUSED_BLOCKS[name]
    assert pointers(check_message("text", [{"type": "divider"}, block])) == [f"/blocks/1{pointer}"]


ACCEPTED_BLOCKS: dict[str, Json] = {
    "a plan whose tasks do not say that they are tasks": {
        "type": "plan",
        "title": "Plan",
        "tasks": [{"task_id": "1", "title": "Look", "status": "pending", "details": rich()}],
    },
    "a card with an icon of Slack's": {
        "type": "card",
        "title": mrkdwn(),
        "slack_icon": {"type": "icon", "name": "rocket"},
    },
    "a heading of the second level": {"type": "header", "text": plain(), "level": 2},
    "a task whose title is hidden": {"type": "task_card", "task_id": "1", "title": "T", "hide_title": True},
    "a section of fields alone": {"type": "section", "fields": [mrkdwn(), plain()]},
    "mrkdwn options in checkboxes": actions(
        {"type": "checkboxes", "options": [option(text=mrkdwn(), description=mrkdwn())]},
    ),
    "an initial option that stands in a group": actions(
        {
            "type": "static_select",
            "option_groups": [{"label": plain(), "options": [option()]}],
            "initial_option": option(),
        },
    ),
    "initial options in any order": actions(
        {
            "type": "multi_static_select",
            "options": [option(), option("two")],
            "initial_options": [option("two"), option()],
        },
    ),
    "an external select with a choice that nobody can check": actions(
        {"type": "external_select", "initial_option": option(), "min_query_length": 0},
    ),
    "a confirmation in full": actions(
        button(
            confirm={
                "title": plain(),
                "text": mrkdwn(),
                "confirm": plain(),
                "deny": plain(),
                "style": "danger",
            },
        ),
    ),
    "a table with columns left as they are": {
        "type": "table",
        "rows": [[raw(), rich()]],
        "column_settings": [None, {"align": "right", "is_wrapped": True}],
    },
    "a data table with numbers, rich text and a button": data_table(
        [raw(), raw(), raw()],
        [{"type": "raw_number", "value": -1.5, "text": "−1.5"}, rich(), {"type": "action", "element": button()}],
    ),
    "a chart with days in another order and numbers below zero": line(
        ("a", {"Mon": 1, "Tue": -2.5}),
        ("b", {"Tue": 0, "Mon": 3}),
    ),
    "rich text of every kind of mention": {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "bold", "style": {"bold": True}},
                    {"type": "user", "user_id": "U1"},
                    {"type": "channel", "channel_id": "C1"},
                    {"type": "usergroup", "usergroup_id": "S1"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "emoji", "name": "wave"},
                    {"type": "link", "url": "https://example.com", "text": "link"},
                    {"type": "date", "timestamp": 1790000000, "format": "{date}"},
                    {"type": "citation", "anything": 1},
                ],
            },
        ],
    },
    "two buttons with an action_id each": actions(button(action_id="a"), button(action_id="b")),
}


@pytest.mark.parametrize("name", ACCEPTED_BLOCKS)
def test_a_message_is_accepted(name: str) -> None:
    assert check_message("text", [ACCEPTED_BLOCKS[name]]) == []


def test_blocks_that_are_no_array_are_refused() -> None:
    assert pointers(check_message("text", "[]")) == ["/blocks"]  # type: ignore[arg-type]


def test_a_message_of_text_alone_is_accepted() -> None:
    assert check_message("text", []) == []


@pytest.mark.parametrize(
    ("holder", "held"),
    [
        ({"type": "container", "title": plain()}, ("child_blocks", {"type": "divider"})),
        ({"type": "carousel"}, ("elements", {"type": "card", "title": plain()})),
        ({"type": "plan", "title": "Plan"}, ("tasks", {"type": "task_card", "task_id": "1", "title": "Task"})),
    ],
)
def test_a_block_id_may_stand_once_in_a_message_also_inside_another_block(holder: Json, held: tuple[str, Json]) -> None:
    name, inside = held
    block = holder | {name: [inside | {"block_id": "a"}]}
    assert check_message("text", [{"type": "divider", "block_id": "b"}, block]) == []
    problems = check_message("text", [{"type": "divider", "block_id": "a"}, block])
    assert pointers(problems) == [f"/blocks/1/{name}/0/block_id"]


def test_an_action_id_may_stand_once_in_a_block_and_again_in_the_next() -> None:
    once = actions(button(action_id="a"))
    assert check_message("text", [once, once]) == []
    twice = actions(button(action_id="a"), button(action_id="a"))
    assert pointers(check_message("text", [twice])) == ["/blocks/0/elements/1/action_id"]


def test_only_one_element_takes_the_focus() -> None:
    first = asked(type=TYPING, focus_on_load=True)
    problems = check_view(modal(first, first))
    assert pointers(problems) == ["/blocks/1/element/focus_on_load"]


def test_a_modal_with_an_input_needs_a_way_to_submit_it() -> None:
    view = modal(section(), asked(type=TYPING))
    assert check_view(view) == []
    del view["submit"]
    assert pointers(check_view(view)) == ["/blocks/1/input"]


def test_a_modal_without_inputs_needs_no_way_to_submit_it() -> None:
    view = modal(section())
    del view["submit"]
    assert check_view(view) == []


@pytest.mark.parametrize("missing", ["title", "blocks"])
def test_a_modal_needs_its_title_and_its_blocks(missing: str) -> None:
    view = modal(section())
    del view[missing]
    assert pointers(check_view(view)) == [""]


def test_a_home_tab_has_no_title_and_nothing_to_submit() -> None:
    assert check_view({"type": "home", "blocks": [], "private_metadata": "m", "external_id": "e"}) == []
    problems = check_view({"type": "home", "blocks": [], "title": plain(), "submit": plain()})
    assert pointers(problems) == ["", ""]


def test_a_home_tab_may_have_an_input_with_nothing_to_submit() -> None:
    assert check_view({"type": "home", "blocks": [asked(type=TYPING) | {"dispatch_action": True}]}) == []


@pytest.mark.parametrize("view", [{}, {"type": "sheet", "blocks": []}, [], None])
def test_what_is_no_view_is_refused(view: Any) -> None:
    assert check_view(view)


def test_a_view_as_slack_gave_it_back_is_refused_for_the_fields_that_slack_added() -> None:
    problems = check_view(modal(section(), id="V1", hash="1.a"))
    assert sorted(problem.message for problem in problems) == [
        "invalid additional property: hash",
        "invalid additional property: id",
    ]


def test_blocks_are_measured_together_with_their_structure() -> None:
    fits = [section(text=mrkdwn("x" * 3000)) for _ in range(4)]
    assert not too_long(fits)
    assert too_long([*fits, section(text=mrkdwn("x" * 1000))])


def test_letters_outside_ascii_are_measured_as_one_each() -> None:
    assert not too_long([section(text=mrkdwn("é🙂" * 1500)) for _ in range(4)])


def test_tables_are_not_measured_with_the_rest() -> None:
    assert not too_long([data_table([raw("h")], [raw("x" * 15_000)])])
    table = {"type": "table", "rows": [[raw("a cell") for _ in range(20)] for _ in range(100)]}
    assert not too_long([table])
    inside = {"type": "container", "title": plain(), "child_blocks": [table, section(text=mrkdwn("x" * 3000))]}
    assert not too_long([inside])
    assert too_long([inside] * 5)


ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just([]) | st.just({}),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text"]), inner, max_size=2),
    max_leaves=4,
)
WHOLE = [*ACCEPTED_BLOCKS.values(), *(block for block, _ in REFUSED_BLOCKS.values())]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) inside a JSON value."""
    if isinstance(value, dict):
        keys: list[Any] = list(value)
    else:
        keys = list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@given(data=st.data(), whole=st.sampled_from(WHOLE), anything=ANY_JSON)
def test_whatever_stands_in_a_block_it_is_judged_and_nothing_breaks(
    data: st.DataObject, whole: Any, anything: Any
) -> None:
    blocks = [copy.deepcopy(whole)]
    container, key = data.draw(st.sampled_from(places(blocks)))
    container[key] = anything
    check_message("text", blocks)
    check_view({"type": "modal", "title": plain(), "blocks": blocks})
    too_long(blocks)


@given(view=ANY_JSON)
def test_whatever_is_called_a_view_is_judged_and_nothing_breaks(view: Any) -> None:
    assert check_view(view)
