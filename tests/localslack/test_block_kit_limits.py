"""Every limit of Block Kit: what stands at the limit is accepted, what is one beyond it is refused."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.localslack.blockkit import Problem, check_message, check_view
from bot.localslack.facts.limits import LIMITS

Json = dict[str, Any]
Case = Callable[[int], list[Problem]]

# Two code points in UTF-16 and four bytes in UTF-8, but one code point: lengths must count it once.
WIDE = "🙂"


def letters(count: int) -> str:
    return (WIDE + "é" + "x" * count)[:count]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> Json:
    return {"type": "mrkdwn", "text": text}


def option(**changed: Any) -> Json:
    return {"text": plain("One"), "value": "one"} | changed


def options(count: int) -> list[Json]:
    return [option(value=str(index)) for index in range(count)]


def message(*blocks: Json) -> list[Problem]:
    return check_message("text", list(blocks))


def modal(*blocks: Json, **changed: Any) -> list[Problem]:
    view = {"type": "modal", "title": plain("Title"), "submit": plain("Send"), "blocks": list(blocks)}
    return check_view(view | changed)


def actions(kind: str, **fields: Any) -> list[Problem]:
    return message({"type": "actions", "elements": [{"type": kind} | fields]})


def button(**changed: Any) -> list[Problem]:
    return actions("button", **({"text": plain("Press")} | changed))


def input_of(kind: str, **fields: Any) -> list[Problem]:
    return modal({"type": "input", "label": plain("Label"), "element": {"type": kind} | fields})


def block(kind: str, **fields: Any) -> list[Problem]:
    return message({"type": kind} | fields)


def confirm(**changed: Any) -> list[Problem]:
    dialog = {"title": plain("Sure?"), "text": plain("Text"), "confirm": plain("Yes"), "deny": plain("No")}
    return button(confirm=dialog | changed)


def menu(**changed: Any) -> list[Problem]:
    return actions("static_select", **({"options": options(1)} | changed))


def grouped(*groups: Json) -> list[Problem]:
    return actions("static_select", option_groups=list(groups))


def feedback(**changed: Any) -> list[Problem]:
    good: Json = {"text": plain("Good"), "value": "good"}
    element = {"type": "feedback_buttons", "positive_button": good | changed, "negative_button": good}
    return block("context_actions", elements=[element])


def icon_button(**changed: Any) -> list[Problem]:
    element: Json = {"type": "icon_button", "icon": "trash", "text": plain("Delete")}
    return block("context_actions", elements=[element | changed])


def workflow_button(**changed: Any) -> list[Problem]:
    workflow = {"trigger": {"url": "https://example.com/workflow"}}
    return actions("workflow_button", **({"text": plain("Start"), "workflow": workflow} | changed))


def image(**changed: Any) -> list[Problem]:
    return block("image", **({"image_url": "https://example.com/a.png", "alt_text": "A"} | changed))


def image_element(**changed: Any) -> list[Problem]:
    element: Json = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "A"}
    return block("context", elements=[element | changed])


def card(**fields: Any) -> Json:
    return {"type": "card"} | ({"title": mrkdwn("Card")} | fields)


def container(**changed: Any) -> list[Problem]:
    return block("container", **({"title": plain("Box"), "child_blocks": [{"type": "divider"}]} | changed))


def video(**changed: Any) -> list[Problem]:
    fields: Json = {
        "alt_text": "A film",
        "title": plain("Film"),
        "thumbnail_url": "https://example.com/film.png",
        "video_url": "https://example.com/film",
    }
    return block("video", **(fields | changed))


def rich_text(kind: str, **fields: Any) -> list[Problem]:
    line = {"type": "text", "text": "line"}
    inside = [{"type": "rich_text_section", "elements": [line]}] if kind == "rich_text_list" else [line]
    style = {"style": "bullet"} if kind == "rich_text_list" else {}
    return block("rich_text", elements=[{"type": kind, "elements": inside} | style | fields])


def cells(rows: int, columns: int) -> list[list[Json]]:
    return [[{"type": "raw_text", "text": "c"} for _ in range(columns)] for _ in range(rows)]


def data_table(**changed: Any) -> Json:
    return {"type": "data_table", "caption": "Caption", "rows": cells(2, 2)} | changed


def table_of_text(characters: int) -> Json:
    """A data table with so many characters in its cells."""
    rows = cells(2, 1)
    rows[1][0]["text"] = letters(characters - 1)
    return data_table(rows=rows)


def chart(chart: Json, title: str = "Chart") -> Json:
    return {"type": "data_visualization", "title": title, "chart": chart}


def pie(*segments: Json) -> list[Problem]:
    return message(chart({"type": "pie", "segments": list(segments)}))


def line_chart(*, series: int = 1, labels: list[str] | None = None, name: str = "", **axis: str) -> list[Problem]:
    labels = ["Mon"] if labels is None else labels
    plotted = [
        {"name": name or f"s{index}", "data": [{"label": label, "value": 1.5} for label in labels]}
        for index in range(series)
    ]
    return message(chart({"type": "line", "series": plotted, "axis_config": {"categories": labels} | axis}))


def sliver(label: str = "Part", value: float = 1) -> Json:
    return {"label": label, "value": value}


def days(count: int) -> list[str]:
    return [f"day {index}" for index in range(count)]


def dividers(count: int) -> list[Json]:
    return [{"type": "divider"}] * count


INPUT_WITH_PLACEHOLDER = {
    "plain_text_input": ("plain_text_input", {}),
    "email_input": ("email_text_input", {}),
    "url_input": ("url_text_input", {}),
    "number_input": ("number_input", {"is_decimal_allowed": True}),
    "date_picker": ("datepicker", {}),
    "time_picker": ("timepicker", {}),
    "rich_text_input": ("rich_text_input", {}),
}


def placeholder(name: str) -> Case:
    kind, fields = INPUT_WITH_PLACEHOLDER[name]
    return lambda n: input_of(kind, **fields, placeholder=plain(letters(n)))


CASES: dict[str, Case] = {
    "text": lambda n: message({"type": "section", "text": mrkdwn(letters(n))}),
    "action_id": lambda n: button(action_id=letters(n)),
    "block_id": lambda n: block("divider", block_id=letters(n)),
    "confirmation.title": lambda n: confirm(title=plain(letters(n))),
    "confirmation.text": lambda n: confirm(text=plain(letters(n))),
    "confirmation.confirm": lambda n: confirm(confirm=plain(letters(n))),
    "confirmation.deny": lambda n: confirm(deny=plain(letters(n))),
    "option.text": lambda n: menu(options=[option(text=plain(letters(n)))]),
    "option.value": lambda n: menu(options=[option(value=letters(n))]),
    "option.description": lambda n: menu(options=[option(description=plain(letters(n)))]),
    "option.url": lambda n: actions("overflow", options=[option(url=letters(n))]),
    "option_group.label": lambda n: grouped({"label": plain(letters(n)), "options": options(1)}),
    "option_group.options": lambda n: grouped({"label": plain("Group"), "options": options(n)}),
    "conversation_filter.include": lambda n: actions(
        "conversations_select", filter={"include": ["im", "mpim", "private"][:n]}
    ),
    "dispatch_action_configuration.trigger_actions_on": lambda n: input_of(
        "plain_text_input", dispatch_action_config={"trigger_actions_on": ["on_enter_pressed"] * n}
    ),
    "button.text": lambda n: button(text=plain(letters(n))),
    "button.url": lambda n: button(url=letters(n)),
    "button.value": lambda n: button(value=letters(n)),
    "button.accessibility_label": lambda n: button(accessibility_label=letters(n)),
    "button.agent_prompt": lambda n: button(agent_prompt=letters(n)),
    "feedback_button.text": lambda n: feedback(text=plain(letters(n))),
    "feedback_button.value": lambda n: feedback(value=letters(n)),
    "feedback_button.accessibility_label": lambda n: feedback(accessibility_label=letters(n)),
    "icon_button.value": lambda n: icon_button(value=letters(n)),
    "icon_button.accessibility_label": lambda n: icon_button(accessibility_label=letters(n)),
    "icon_button.visible_to_user_ids": lambda n: icon_button(visible_to_user_ids=["U1"] * n),
    "workflow_button.text": lambda n: workflow_button(text=plain(letters(n))),
    "workflow_button.accessibility_label": lambda n: workflow_button(accessibility_label=letters(n)),
    "select.placeholder": lambda n: menu(placeholder=plain(letters(n))),
    "select.options": lambda n: menu(options=options(n)),
    "select.option_groups": lambda n: grouped(*[{"label": plain("Group"), "options": options(1)}] * n),
    "select.min_query_length": lambda n: actions("external_select", min_query_length=n),
    "multi_select.max_selected_items": lambda n: actions("multi_users_select", max_selected_items=n),
    "overflow.options": lambda n: actions("overflow", options=options(n)),
    "checkboxes.options": lambda n: actions("checkboxes", options=options(n)),
    "radio_buttons.options": lambda n: actions("radio_buttons", options=options(n)),
    **{f"{name}.placeholder": placeholder(name) for name in INPUT_WITH_PLACEHOLDER},
    "file_input.max_files": lambda n: input_of("file_input", max_files=n),
    "plain_text_input.min_length": lambda n: input_of("plain_text_input", min_length=n),
    "plain_text_input.max_length": lambda n: input_of("plain_text_input", max_length=n),
    "rich_text_input.min_lines": lambda n: input_of("rich_text_input", min_lines=n),
    "rich_text_input.max_lines": lambda n: input_of("rich_text_input", max_lines=n),
    "section.text": lambda n: block("section", text=plain(letters(n))),
    "section.fields": lambda n: block("section", fields=[plain("field")] * n),
    "section.fields.item": lambda n: block("section", fields=[mrkdwn(letters(n))]),
    "header.text": lambda n: block("header", text=plain(letters(n))),
    "actions.elements": lambda n: block("actions", elements=[{"type": "users_select"}] * n),
    "context.elements": lambda n: block("context", elements=[plain("x")] * n),
    "context_actions.elements": lambda n: block(
        "context_actions", elements=[{"type": "icon_button", "icon": "trash", "text": plain("Delete")}] * n
    ),
    "input.label": lambda n: modal(
        {"type": "input", "label": plain(letters(n)), "element": {"type": "plain_text_input"}}
    ),
    "input.hint": lambda n: modal(
        {"type": "input", "label": plain("L"), "hint": plain(letters(n)), "element": {"type": "plain_text_input"}}
    ),
    "image.image_url": lambda n: image(image_url=letters(n)),
    "image.alt_text": lambda n: image(alt_text=letters(n)),
    "image.title": lambda n: image(title=plain(letters(n))),
    "image_element.image_url": lambda n: image_element(image_url=letters(n)),
    "image_element.alt_text": lambda n: image_element(alt_text=letters(n)),
    "markdown.text": lambda n: block("markdown", text=letters(n)),
    "markdown.total_text": lambda n: message(
        {"type": "markdown", "text": letters(5000)}, {"type": "markdown", "text": letters(n - 5000)}
    ),
    "alert.text": lambda n: modal({"type": "alert", "text": plain(letters(n))}),
    "card.title": lambda n: message(card(title=mrkdwn(letters(n)))),
    "card.subtitle": lambda n: message(card(subtitle=mrkdwn(letters(n)))),
    "card.body": lambda n: message(card(body=mrkdwn(letters(n)))),
    "card.subtext": lambda n: message(card(subtext=mrkdwn(letters(n)))),
    "card.actions": lambda n: message(card(actions=[{"type": "button", "text": plain("Go")}] * n)),
    "carousel.elements": lambda n: block("carousel", elements=[card()] * n),
    "container.title": lambda n: container(title=plain(letters(n))),
    "container.subtitle": lambda n: container(subtitle=plain(letters(n))),
    "container.child_blocks": lambda n: container(child_blocks=dividers(n)),
    "plan.tasks": lambda n: block(
        "plan", title="Plan", tasks=[{"type": "task_card", "task_id": "t", "title": "T"}] * n
    ),
    "video.alt_text": lambda n: video(alt_text=letters(n)),
    "video.title": lambda n: video(title=plain(letters(n))),
    "video.author_name": lambda n: video(author_name=letters(n)),
    "video.description": lambda n: video(description=plain(letters(n))),
    "video.provider_name": lambda n: video(provider_name=letters(n)),
    "video.thumbnail_url": lambda n: video(thumbnail_url=letters(n)),
    "video.video_url": lambda n: video(video_url=letters(n)),
    "video.title_url": lambda n: video(title_url=letters(n)),
    "video.provider_icon_url": lambda n: video(provider_icon_url=letters(n)),
    "rich_text_list.indent": lambda n: rich_text("rich_text_list", indent=n),
    "rich_text_list.offset": lambda n: rich_text("rich_text_list", offset=n),
    "rich_text_list.border": lambda n: rich_text("rich_text_list", border=n),
    "rich_text_quote.border": lambda n: rich_text("rich_text_quote", border=n),
    "rich_text_preformatted.border": lambda n: rich_text("rich_text_preformatted", border=n),
    "table.rows": lambda n: block("table", rows=cells(n, 1)),
    "table.columns": lambda n: block("table", rows=cells(1, n)),
    "table.column_settings": lambda n: block("table", rows=cells(1, 1), column_settings=[{"align": "left"}] * n),
    "data_table.rows": lambda n: message(data_table(rows=cells(n, 1))),
    "data_table.columns": lambda n: message(data_table(rows=cells(2, n))),
    "data_table.page_size": lambda n: message(data_table(page_size=n)),
    "data_table.cell_text": lambda n: message(data_table(rows=[*cells(1, 1), [{"type": "raw_text", "text": "c" * n}]])),
    "data_table.content": lambda n: message(table_of_text(n)),
    "data_table.total_content": lambda n: message(table_of_text(9000), table_of_text(n - 9000)),
    "data_table.row_header_column_index": lambda n: message(data_table(row_header_column_index=n)),
    "data_visualization.title": lambda n: message(chart({"type": "pie", "segments": [sliver()]}, letters(n))),
    "data_visualization.segments": lambda n: pie(*[sliver()] * n),
    "data_visualization.segment.label": lambda n: pie(sliver(letters(n))),
    "data_visualization.segment.value": lambda n: pie(sliver(value=n)),
    "data_visualization.series": lambda n: line_chart(series=n),
    "data_visualization.series_name": lambda n: line_chart(name=letters(n)),
    "data_visualization.data": lambda n: line_chart(labels=days(n)),
    "data_visualization.point_label": lambda n: line_chart(labels=[letters(n)]),
    "data_visualization.categories": lambda n: line_chart(labels=days(n)),
    "data_visualization.category_label": lambda n: line_chart(labels=[letters(n)]),
    "data_visualization.axis_label": lambda n: line_chart(x_label=letters(n), y_label=letters(n)),
    "message.blocks": lambda n: message(*dividers(n)),
    "message.data_visualizations": lambda n: message(*[chart({"type": "pie", "segments": [sliver()]})] * n),
    "view.blocks": lambda n: modal(*dividers(n)),
    "view.title": lambda n: modal(title=plain(letters(n))),
    "view.submit": lambda n: modal(submit=plain(letters(n))),
    "view.close": lambda n: modal(close=plain(letters(n))),
    "view.private_metadata": lambda n: modal(private_metadata=letters(n)),
    "view.callback_id": lambda n: modal(callback_id=letters(n)),
    "view.external_id": lambda n: modal(external_id=letters(n)),
}
"""For each limit, a message or view in which the limited thing has size n and all else is well-formed."""

NOT_BLOCKS = {"message.channel", "message.attachments"}
"""Arguments of a method, which no block has."""

HIGHEST = [(name, bound.most) for name, bound in LIMITS.items() if bound.most is not None and name not in NOT_BLOCKS]
LOWEST = [
    (name, bound.least if bound.least is not None else 1 + (bound.above or 0))
    for name, bound in LIMITS.items()
    if (bound.least is not None or bound.above is not None) and name not in NOT_BLOCKS
]


def test_every_limit_has_its_case() -> None:
    assert set(CASES) == set(LIMITS) - NOT_BLOCKS


@pytest.mark.parametrize(("name", "most"), HIGHEST)
def test_the_most_is_accepted(name: str, most: int) -> None:
    assert CASES[name](most) == []


@pytest.mark.parametrize(("name", "most"), HIGHEST)
def test_one_more_than_the_most_is_refused(name: str, most: int) -> None:
    assert CASES[name](most + 1)


@pytest.mark.parametrize(("name", "least"), LOWEST)
def test_the_least_is_accepted(name: str, least: int) -> None:
    assert CASES[name](least) == []


@pytest.mark.parametrize(("name", "least"), LOWEST)
def test_one_less_than_the_least_is_refused(name: str, least: int) -> None:
    assert CASES[name](least - 1)
