"""Slack's numeric limits of blocks, elements, messages and views.

Lengths are counted in Unicode code points, never in bytes; collections are counted in items. Where Slack documents
only one end of a range, the other end is open.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """A closed range; an end that is None is open. `above` is a lower end that itself is not allowed."""

    least: int | None = None
    most: int | None = None
    above: int | None = None


def at_most(most: int) -> Bound:
    return Bound(most=most)


def at_least(least: int) -> Bound:
    return Bound(least=least)


def between(least: int, most: int) -> Bound:
    return Bound(least=least, most=most)


_IDENTIFIERS_AND_TEXT = {
    "text": between(1, 3000),
    "action_id": at_most(255),
    "block_id": at_most(255),
}

_COMPOSITION = {
    "confirmation.title": at_most(100),
    "confirmation.text": at_most(300),
    "confirmation.confirm": at_most(30),
    "confirmation.deny": at_most(30),
    "option.text": at_most(75),
    "option.value": at_most(150),
    "option.description": at_most(75),
    "option.url": at_most(3000),
    "option_group.label": at_most(75),
    "option_group.options": between(1, 100),
    "conversation_filter.include": at_least(1),
    "dispatch_action_configuration.trigger_actions_on": between(1, 2),
}

_BUTTONS = {
    "button.text": at_most(75),
    "button.url": at_most(3000),
    "button.value": at_most(2000),
    "button.accessibility_label": at_most(75),
    "button.agent_prompt": at_most(4000),
    "feedback_button.text": at_most(75),
    "feedback_button.value": at_most(2000),
    "feedback_button.accessibility_label": at_most(75),
    "icon_button.value": at_most(2000),
    "icon_button.accessibility_label": at_most(75),
    "icon_button.visible_to_user_ids": at_most(10),
    "workflow_button.text": at_most(75),
    "workflow_button.accessibility_label": at_most(75),
}

_MENUS = {
    "select.placeholder": at_most(150),
    "select.options": between(1, 100),
    "select.option_groups": between(1, 100),
    "select.min_query_length": at_least(0),
    "multi_select.max_selected_items": at_least(1),
    "overflow.options": between(1, 5),
    "checkboxes.options": between(1, 10),
    "radio_buttons.options": between(1, 10),
}

_INPUTS = {
    "date_picker.placeholder": at_most(150),
    "time_picker.placeholder": at_most(150),
    "email_input.placeholder": at_most(150),
    "url_input.placeholder": at_most(150),
    "number_input.placeholder": at_most(150),
    "file_input.max_files": between(1, 10),
    "plain_text_input.placeholder": at_most(150),
    "plain_text_input.min_length": between(0, 3000),
    "plain_text_input.max_length": between(1, 3000),
    "rich_text_input.placeholder": at_most(150),
    "rich_text_input.min_lines": between(1, 100),
    "rich_text_input.max_lines": between(1, 100),
}

_BLOCKS = {
    "section.text": at_most(3000),
    "section.fields": at_most(10),
    "section.fields.item": at_most(2000),
    "header.text": at_most(150),
    "actions.elements": at_most(25),
    "context.elements": at_most(10),
    "context_actions.elements": at_most(5),
    "input.label": at_most(2000),
    "input.hint": at_most(2000),
    "image.image_url": at_most(3000),
    "image.alt_text": at_most(2000),
    "image.title": at_most(2000),
    "image_element.image_url": at_most(3000),
    "image_element.alt_text": at_most(2000),
    "markdown.text": at_most(12_000),
    "markdown.total_text": at_most(12_000),
    "alert.text": at_most(200),
    "card.title": at_most(150),
    "card.subtitle": at_most(150),
    "card.body": at_most(200),
    "card.subtext": at_most(200),
    "card.actions": at_most(3),
    "carousel.elements": between(1, 10),
    "container.title": at_most(150),
    "container.subtitle": at_most(150),
    "container.child_blocks": between(1, 10),
    "plan.tasks": at_most(50),
    "video.alt_text": at_most(2000),
    "video.title": at_most(200),
    "video.author_name": at_most(50),
    "video.description": at_most(200),
    "video.provider_name": at_most(50),
    "video.thumbnail_url": at_most(3000),
    "video.video_url": at_most(3000),
    "video.title_url": at_most(2000),
    "video.provider_icon_url": at_most(2000),
}

_RICH_TEXT = {
    "rich_text_list.indent": between(0, 8),
    "rich_text_list.offset": at_least(0),
    "rich_text_list.border": between(0, 1),
    "rich_text_quote.border": between(0, 1),
    "rich_text_preformatted.border": between(0, 1),
}

_TABLES_AND_CHARTS = {
    "table.rows": at_most(100),
    "table.columns": at_most(20),
    "table.column_settings": at_most(20),
    "data_table.rows": between(2, 201),
    "data_table.columns": between(1, 20),
    "data_table.page_size": between(1, 100),
    "data_table.cell_text": at_least(1),
    "data_table.content": at_most(20_000),
    "data_table.total_content": at_most(20_000),
    "data_table.row_header_column_index": at_least(0),
    "data_visualization.title": at_most(50),
    "data_visualization.segments": between(1, 12),
    "data_visualization.segment.label": at_most(20),
    "data_visualization.segment.value": Bound(above=0),
    "data_visualization.series": between(1, 12),
    "data_visualization.series_name": at_most(20),
    "data_visualization.data": between(1, 20),
    "data_visualization.point_label": at_most(20),
    "data_visualization.categories": between(1, 20),
    "data_visualization.category_label": at_most(20),
    "data_visualization.axis_label": at_most(50),
}

_MESSAGES_AND_VIEWS = {
    "message.channel": at_least(1),
    "message.blocks": at_most(50),
    "message.attachments": at_most(100),
    "message.data_visualizations": at_most(2),
    "view.blocks": at_most(100),
    "view.title": at_most(24),
    "view.submit": at_most(24),
    "view.close": at_most(24),
    "view.private_metadata": at_most(3000),
    "view.callback_id": at_most(255),
    "view.external_id": at_most(255),
}

LIMITS: dict[str, Bound] = {
    **_IDENTIFIERS_AND_TEXT,
    **_COMPOSITION,
    **_BUTTONS,
    **_MENUS,
    **_INPUTS,
    **_BLOCKS,
    **_RICH_TEXT,
    **_TABLES_AND_CHARTS,
    **_MESSAGES_AND_VIEWS,
}
"""Every limit, by the object and the field that it holds for."""

MESSAGE_BLOCKS_TOTAL = 13_000
"""Characters of all of a message's blocks together, as compact JSON. Slack documents no number; this is where
`msg_blocks_too_long` has been seen to begin, rounded down."""
