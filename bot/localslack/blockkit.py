"""Checks messages and views as Slack would, before anybody sees them.

The tables are in `bot.localslack.facts`; this module looks at a message or a view as a whole: how many blocks, which
surface, unique ids, and totals over several blocks. Lengths are counted in code points.
"""

import json
from collections.abc import Iterator
from typing import Any

from bot.localslack.checking import check, check_count
from bot.localslack.facts.blocks import block_on
from bot.localslack.facts.composition import SUGGESTIONS
from bot.localslack.facts.limits import LIMITS, MESSAGE_BLOCKS_TOTAL
from bot.localslack.facts.shapes import Many, OneOf, Problem
from bot.localslack.facts.surfaces import Surface
from bot.localslack.facts.tables_and_charts import data_table_characters
from bot.localslack.facts.views import VIEWS

__all__ = ["Problem", "check_message", "check_options", "check_view", "tables_beyond_the_first", "too_long"]

UNSENDABLE = "must define `submit` to use an `input` block in modals"

_HOLDS_BLOCKS = {"container": "child_blocks", "carousel": "elements", "plan": "tasks"}
"""Blocks that hold other blocks, and where."""


def check_message(text: str | None, blocks: list[dict[str, Any]]) -> list[Problem]:
    """What Slack would refuse in a message with these blocks; pointers begin with "/blocks".

    `text` is the message's text beside its blocks. Slack cuts a long one and misses a missing one only where there
    are no blocks (`no_text`), so nothing but its type is looked at here. For the length of all blocks together,
    which is an error of its own, see `too_long`.
    """
    problems: list[Problem] = []
    if text is not None and not isinstance(text, str):
        problems.append(Problem("/text", "must provide a string"))
    shape = Many(block_on(Surface.MESSAGE), LIMITS["message.blocks"])
    problems.extend(check(shape, blocks, "/blocks"))
    problems.extend(_check_together(blocks, "/blocks"))
    if isinstance(blocks, list):
        problems.extend(_check_totals(_with_children(blocks, "/blocks")))
    return problems


def check_view(view: dict[str, Any]) -> list[Problem]:
    """What Slack would refuse in a modal or a Home tab; pointers begin at the view itself."""
    problems = list(check(OneOf(VIEWS), view, ""))
    if not isinstance(view, dict) or str(view.get("type")) not in VIEWS:
        return problems
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        return problems
    surface = Surface(str(view["type"]))
    for index, block in enumerate(blocks):
        problems.extend(check(block_on(surface), block, f"/blocks/{index}"))
    problems.extend(_check_together(blocks, "/blocks"))
    problems.extend(_check_totals(_with_children(blocks, "/blocks")))
    if surface is Surface.MODAL and "submit" not in view:
        unsendable = (at for at, block in _with_children(blocks, "/blocks") if block.get("type") == "input")
        problems.extend(Problem(f"{at}/input", UNSENDABLE, of_shape=False) for at in unsendable)
    return problems


def check_options(answer: dict[str, Any]) -> list[Problem]:
    """What Slack would refuse in an app's answer to a block_suggestion: `options` or `option_groups`, up to 100."""
    return list(check(SUGGESTIONS, answer, ""))


def too_long(blocks: list[dict[str, Any]]) -> bool:
    """Whether a message's blocks are too long taken together (`msg_blocks_too_long`), whatever each one's length.

    Slack names no number. About 13,000 characters is where it has been seen to refuse, with the structure counting
    as well as the words, so the compact JSON is measured. Tables are left out: Slack keeps the one table of a message
    apart, and data tables have a total of their own.
    """
    counted = _without_tables(blocks)
    return len(json.dumps(counted, ensure_ascii=False, separators=(",", ":"))) > MESSAGE_BLOCKS_TOTAL


def _without_tables(blocks: list[Any]) -> list[Any]:
    kept = []
    for block in blocks:
        holds = _HOLDS_BLOCKS.get(str(block.get("type"))) if isinstance(block, dict) else None
        if holds is not None and isinstance(block.get(holds), list):
            kept.append(block | {holds: _without_tables(block[holds])})
        elif not isinstance(block, dict) or block.get("type") not in ("table", "data_table"):
            kept.append(block)
    return kept


def tables_beyond_the_first(blocks: list[dict[str, Any]]) -> bool:
    """Whether a message has more than one `table` (`only_one_table_allowed`). Data tables do not count."""
    return len([at for at, block in _with_children(blocks, "/blocks") if block.get("type") == "table"]) > 1


def _with_children(blocks: list[Any], pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every block, and every block inside a container, a carousel or a plan, with its pointer."""
    for index, block in enumerate(blocks):
        if not isinstance(block, dict):
            continue
        at = f"{pointer}/{index}"
        yield at, block
        holds = _HOLDS_BLOCKS.get(str(block.get("type")))
        if holds is not None and isinstance(block.get(holds), list):
            yield from _with_children(block[holds], f"{at}/{holds}")


def _check_together(blocks: Any, pointer: str) -> Iterator[Problem]:
    """Ids that are used twice: a block_id in one message or view, an action_id in one block; and two first focuses."""
    if not isinstance(blocks, list):
        return
    block_ids: set[str] = set()
    focused = False
    for at, block in _with_children(blocks, pointer):
        block_id = block.get("block_id")
        if isinstance(block_id, str) and block_id:
            if block_id in block_ids:
                yield Problem(f"{at}/block_id", f'`block_id` "{block_id}" already exists', of_shape=False)
            block_ids.add(block_id)
        action_ids: set[str] = set()
        for element_at, element in _elements(block, at):
            action_id = element.get("action_id")
            if isinstance(action_id, str) and action_id:
                if action_id in action_ids:
                    yield Problem(
                        f"{element_at}/action_id", f'`action_id` "{action_id}" already exists', of_shape=False
                    )
                action_ids.add(action_id)
            if element.get("focus_on_load") is True:
                if focused:
                    yield Problem(
                        f"{element_at}/focus_on_load", "only one element may be focused on load", of_shape=False
                    )
                focused = True


def _elements(block: dict[str, Any], pointer: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The elements directly inside a block, with their pointers."""
    for name in ("accessory", "element"):
        if isinstance(block.get(name), dict):
            yield f"{pointer}/{name}", block[name]
    for name in ("elements", "actions"):
        found = block.get(name)
        if isinstance(found, list):
            for index, element in enumerate(found):
                if isinstance(element, dict):
                    yield f"{pointer}/{name}/{index}", element


def _check_totals(blocks: Iterator[tuple[str, dict[str, Any]]]) -> Iterator[Problem]:
    """Totals over all blocks. The problem is put where the total first goes over."""
    charts = written = tabled = 0
    for at, block in blocks:
        kind = block.get("type")
        if kind == "data_visualization":
            charts += 1
            yield from check_count(LIMITS["message.data_visualizations"], charts, at)
        elif kind == "markdown" and isinstance(block.get("text"), str):
            before, written = written, written + len(block["text"])
            yield from _check_total("markdown.total_text", before, written, f"{at}/text")
        elif kind == "data_table":
            before, tabled = tabled, tabled + data_table_characters(block)
            yield from _check_total("data_table.total_content", before, tabled, f"{at}/rows")


def _check_total(limit: str, before: int, total: int, pointer: str) -> Iterator[Problem]:
    most = LIMITS[limit].most
    if most is not None and before <= most < total and before:
        yield Problem(pointer, f"all together must be less than {most + 1} characters", of_shape=False)
