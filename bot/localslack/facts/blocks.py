"""Blocks: the shape of each, for every surface on which it may stand."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from bot.localslack.facts.composition import SLACK_FILE, SLACK_ICON
from bot.localslack.facts.elements import (
    ACCESSORIES,
    BUTTON,
    IMAGE_ELEMENT,
    IN_ACTIONS,
    IN_CONTEXT_ACTIONS,
    IN_INPUT,
    URL_SOURCE,
    any_of,
)
from bot.localslack.facts.limits import LIMITS, Bound
from bot.localslack.facts.rich_text import RICH_TEXT
from bot.localslack.facts.shapes import (
    Anything,
    Flag,
    Many,
    OneOf,
    Problem,
    Record,
    Shape,
    String,
    Whole,
    allows_one_of,
    choice,
    needs_exactly_one_of,
    needs_one_of,
    plain,
    records,
    string,
    text,
)
from bot.localslack.facts.surfaces import CONTAINER_CHILDREN, ELEMENT_SURFACES, Surface, blocks_on
from bot.localslack.facts.tables_and_charts import DATA_TABLE, DATA_VISUALIZATION, TABLE

_BLOCK_ID: Mapping[str, Shape] = {"block_id": string("block_id")}


def _one_to(limit: str) -> Bound:
    """The named limit, with at least one item. Slack refuses an empty array in these places."""
    return Bound(least=1, most=LIMITS[limit].most)


_DIVIDER = Record(type="divider", optional=_BLOCK_ID)

_HEADER = Record(
    type="header",
    required={"text": plain("header.text")},
    optional={**_BLOCK_ID, "level": Whole(Bound(least=1, most=4))},
)

_CONTEXT = Record(
    type="context",
    required={"elements": Many(OneOf({**text().records, "image": IMAGE_ELEMENT}), _one_to("context.elements"))},
    optional=_BLOCK_ID,
)

_CONTEXT_ACTIONS = Record(
    type="context_actions",
    required={"elements": Many(any_of(IN_CONTEXT_ACTIONS), _one_to("context_actions.elements"))},
    optional=_BLOCK_ID,
)

_IMAGE = Record(
    type="image",
    required={"alt_text": string("image.alt_text")},
    optional={
        **_BLOCK_ID,
        "image_url": string("image.image_url"),
        "slack_file": SLACK_FILE,
        "title": plain("image.title"),
    },
    rules=(needs_exactly_one_of("image_url", "slack_file"),),
)

_MARKDOWN = Record(type="markdown", required={"text": string("markdown.text")}, optional=_BLOCK_ID)

_FILE = Record(
    type="file",
    required={"external_id": String(), "source": choice("remote")},
    optional=_BLOCK_ID,
)

_VIDEO = Record(
    type="video",
    required={
        "alt_text": string("video.alt_text"),
        "title": plain("video.title"),
        "thumbnail_url": string("video.thumbnail_url"),
        "video_url": string("video.video_url"),
    },
    optional={
        **_BLOCK_ID,
        "author_name": string("video.author_name"),
        "description": plain("video.description"),
        "provider_icon_url": string("video.provider_icon_url"),
        "provider_name": string("video.provider_name"),
        "title_url": string("video.title_url"),
    },
)

_ALERT = Record(
    type="alert",
    required={"text": text("alert.text")},
    optional={**_BLOCK_ID, "level": choice("default", "info", "warning", "error", "success")},
)

_CARD = Record(
    type="card",
    optional={
        **_BLOCK_ID,
        "hero_image": IMAGE_ELEMENT,
        "icon": IMAGE_ELEMENT,
        "slack_icon": SLACK_ICON,
        "title": text("card.title"),
        "subtitle": text("card.subtitle"),
        "body": text("card.body"),
        "subtext": text("card.subtext"),
        "actions": Many(BUTTON, LIMITS["card.actions"]),
    },
    rules=(needs_one_of("hero_image", "title", "actions", "body"), allows_one_of("icon", "slack_icon")),
)

_CAROUSEL = Record(
    type="carousel",
    required={"elements": Many(OneOf(records(_CARD)), LIMITS["carousel.elements"])},
    optional=_BLOCK_ID,
)

_TASK: Mapping[str, Shape] = {"task_id": String(), "title": String()}
_ABOUT_A_TASK: Mapping[str, Shape] = {
    **_BLOCK_ID,
    "details": RICH_TEXT,
    "output": RICH_TEXT,
    "sources": Many(OneOf(records(URL_SOURCE))),
    "status": choice("pending", "in_progress", "complete", "error"),
    "icon": Anything(),
    "hide_title": Flag(),
}

_TASK_CARD = Record(type="task_card", required=_TASK, optional=_ABOUT_A_TASK)

# In a plan Slack's own example leaves the type of a task out.
_TASK_OF_A_PLAN = Record(required=_TASK, optional={**_ABOUT_A_TASK, "type": choice("task_card")})

_PLAN = Record(
    type="plan",
    required={"title": String()},
    optional={**_BLOCK_ID, "tasks": Many(_TASK_OF_A_PLAN, LIMITS["plan.tasks"])},
)


def _section(elements: OneOf) -> Record:
    return Record(
        type="section",
        optional={
            **_BLOCK_ID,
            "text": text("section.text"),
            "fields": Many(text("section.fields.item"), _one_to("section.fields")),
            "accessory": elements,
            "expand": Flag(),
        },
        rules=(needs_one_of("text", "fields"),),
    )


def _actions(elements: OneOf) -> Record:
    return Record(
        type="actions",
        required={"elements": Many(elements, _one_to("actions.elements"))},
        optional=_BLOCK_ID,
    )


def _input(elements: OneOf) -> Record:
    return Record(
        type="input",
        required={"label": plain("input.label"), "element": elements},
        optional={
            **_BLOCK_ID,
            "hint": plain("input.hint"),
            "optional": Flag(),
            "dispatch_action": Flag(),
        },
    )


def _divider_only_if_fixed(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    if value.get("is_collapsible") and value.get("has_header_divider"):
        yield Problem(f"{pointer}/has_header_divider", "must not be set when is_collapsible is true")


def _collapsed_only_if_collapsible(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    if value.get("default_collapsed") and not value.get("is_collapsible"):
        yield Problem(f"{pointer}/default_collapsed", "must not be set unless is_collapsible is true")


def _container(children: OneOf) -> Record:
    return Record(
        type="container",
        required={"child_blocks": Many(children, LIMITS["container.child_blocks"])},
        optional={
            **_BLOCK_ID,
            "title": plain("container.title"),
            "rich_text_title": RICH_TEXT,
            "subtitle": text("container.subtitle"),
            "width": choice("narrow", "standard", "wide", "full"),
            "icon": IMAGE_ELEMENT,
            "is_collapsible": Flag(),
            "default_collapsed": Flag(),
            "has_header_divider": Flag(),
        },
        rules=(needs_one_of("title", "rich_text_title"), _divider_only_if_fixed, _collapsed_only_if_collapsible),
    )


@cache
def block_on(surface: Surface) -> OneOf:
    """The shape of a block on the surface: what may stand there, with the elements that may stand there."""

    def here(types: frozenset[str]) -> OneOf:
        return any_of(frozenset(kind for kind in types if surface in ELEMENT_SURFACES.get(kind, {surface})))

    known = records(
        _DIVIDER,
        _HEADER,
        _CONTEXT,
        _CONTEXT_ACTIONS,
        _IMAGE,
        _MARKDOWN,
        _FILE,
        _VIDEO,
        _ALERT,
        _CARD,
        _CAROUSEL,
        _TASK_CARD,
        _PLAN,
        RICH_TEXT,
        TABLE,
        DATA_TABLE,
        DATA_VISUALIZATION,
        _section(here(ACCESSORIES)),
        _actions(here(IN_ACTIONS)),
        _input(here(IN_INPUT)),
    )
    allowed = blocks_on(surface)
    known |= records(_container(OneOf({kind: known[kind] for kind in CONTAINER_CHILDREN & allowed})))
    return OneOf({kind: record for kind, record in known.items() if kind in allowed})
