"""Nothing that Okra can say is refused by Slack: every builder with the worst values, through the local Slack's rules.

Builders are found, not listed: every public function of `bot/blocks/` that gives a `Post`, a view or blocks is tried.
Its arguments are made from its type hints (`tests/support/worst_cases.py`), so a new builder over plain values is tried
from the day it exists. Where the test fails with "nobody has said how … looks at its worst":

- a new dataclass, enum, list or optional needs nothing; a type of another kind needs a line in `Worst.made`;
- a text that is no person's text (an id, an address, words of ours) needs a line in `NAMED`, by the parameter's or
  field's name, or by "Class.field" where the name means something else elsewhere;
- arguments that only make sense together get a line in `TOGETHER`, by "module.builder".

Where a builder is refused, mend the builder: cut what a person typed with `said` or `clip`, page what is many.
"""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from worst_cases import MANY, Mood, Worst

import bot.blocks
from bot.blocks.post import Post
from bot.localslack.blockkit import check_message, check_view, tables_beyond_the_first, too_long
from bot.localslack.modals import LARGEST_VIEW
from bot.localslack.webapi.chat import LONGEST_UPDATE

Builder = Callable[..., Any]

PARTS = {"escalation_words", "layout", "paging", "text"}
"""Modules whose functions make parts for builders, out of words that the builders have cut already."""

TOGETHER: dict[str, dict[str, Any]] = {}
"""Arguments of a builder that only make sense together, by "module.builder" and name."""

ON_HOME = {"home_now.now_blocks", "home_roles.led_blocks", "home_roles.admin_blocks"}
"""What stands on Home, where more fits than into a message."""

ELEMENTS = {"button", "overflow", "static_select"}
"""What stands in a row, for builders that make one of these."""

FEW = (3, 3)
SOME = ((8, 8), (30, 1))
MANY_OF_EACH = ((MANY, 1), (1, MANY), (40, 5))
"""200 key results: in a row, in one objective, in forty."""


def found() -> Iterator[tuple[str, Builder]]:
    for module in pkgutil.iter_modules(bot.blocks.__path__):
        if module.name in PARTS:
            continue
        loaded = importlib.import_module(f"bot.blocks.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if function.__module__ == loaded.__name__ and not name.startswith("_") and _is_shown(function):
                yield f"{module.name}.{name}", function


def _is_shown(function: Builder) -> bool:
    """Whether it gives a message, a view or blocks, or several; sentences are parts of those."""
    kinds = [typing.get_type_hints(function).get("return")]
    while kinds:
        kind = kinds.pop()
        if kind is Post or typing.get_origin(kind) in (dict, Mapping):
            return True
        kinds.extend(typing.get_args(kind))
    return False


BUILDERS = dict(found())


def rendered(name: str, mood: Mood) -> Iterator[Any]:
    """What the builder says in this mood: a few times with few of each, with some, and once with many."""
    builder = BUILDERS[name]
    many = MANY_OF_EACH[list(Mood).index(mood) % len(MANY_OF_EACH)]
    for turn, shape in enumerate([FEW, FEW, FEW, many, *SOME]):
        arguments = Worst(f"{name} {mood.name} {turn}", mood, shape).arguments(builder)
        shown = builder(**arguments | TOGETHER.get(name, {}))
        yield {"type": "home", "blocks": shown} if name in ON_HOME else shown


def refused(shown: Any) -> list[str]:
    """What Slack would say against a message, a view, a block, options, or several of these."""
    if isinstance(shown, Post):
        return _refused_post(shown)
    if isinstance(shown, Mapping):
        if shown.get("type") in ("modal", "home"):
            problems = [f"{one.pointer}: {one.message}" for one in check_view(dict(shown))]
            return [*problems, *(["view_too_large"] if len(json.dumps(shown)) > LARGEST_VIEW else [])]
        return refused([shown])
    assert isinstance(shown, Sequence)
    if shown and isinstance(shown[0], Post):
        return [problem for one in shown for problem in refused(one)]
    return _refused_blocks(list(shown))


def _refused_post(post: Post) -> list[str]:
    said = [] if post.text.strip() else ["no_text"]
    if len(post.text) > LONGEST_UPDATE:
        said.append("msg_too_long")
    return [*said, *_refused_blocks(list(post.blocks))]


def _refused_blocks(blocks: list[Any]) -> list[str]:
    if blocks and "type" not in blocks[0] and "value" in blocks[0]:
        # Options, as they answer a menu's question; no message holds them.
        menu = {"type": "static_select", "options": blocks}
        return refused({"type": "home", "blocks": [{"type": "actions", "elements": [menu]}]})
    if blocks and blocks[0]["type"] in ELEMENTS:
        blocks = [{"type": "actions", "elements": blocks}]
    problems = [f"{one.pointer}: {one.message}" for one in check_message(None, blocks)]
    if tables_beyond_the_first(blocks):
        problems.append("only_one_table_allowed")
    return [*problems, *(["msg_blocks_too_long"] if too_long(blocks) else [])]


@pytest.mark.parametrize("mood", Mood, ids=lambda mood: mood.name.lower())
@pytest.mark.parametrize("name", BUILDERS)
def test_nothing_that_okra_can_say_is_refused(name: str, mood: Mood) -> None:
    for shown in rendered(name, mood):
        assert refused(shown) == []


def test_the_builders_are_found() -> None:
    assert {"prompt.prompt", "checkin_modal.checkin_dialog", "escalation.root", "digest_details.details"} <= set(
        BUILDERS
    )


def test_a_builder_that_takes_something_unknown_is_not_passed_over() -> None:
    def builder(view: complex) -> Post:
        return Post(str(view))

    with pytest.raises(LookupError, match="nobody has said how"):
        Worst("x", Mood.LONG, FEW).arguments(builder)


def test_what_a_builder_does_not_cut_is_found() -> None:
    def careless(title: str) -> Post:
        return Post(title, ({"type": "header", "text": {"type": "plain_text", "text": title}},))

    arguments = Worst("x", Mood.EMOJI, FEW).arguments(careless)
    assert refused(careless(**arguments)) == ["/blocks/0/text/text: must be less than 151 characters"]
