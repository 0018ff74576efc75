"""The project's tables of Slack's rules, held against a folder of reference data kept outside the repository."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from bot.localslack.facts.limits import LIMITS
from bot.localslack.facts.methods import COMMON_ERRORS, METHODS, SPECIAL
from bot.localslack.facts.surfaces import BLOCK_SURFACES, Surface

FOLDER = os.environ.get("OKRA_SHARED")

pytestmark = pytest.mark.skipif(FOLDER is None, reason="OKRA_SHARED names no folder with Slack's reference data")

ENDS = {
    "min_length": "least",
    "min_items": "least",
    "min": "least",
    "max_length": "most",
    "max_items": "most",
    "max": "most",
    "exclusive_min": "above",
}

NARROWER = {("data_visualization", Surface.HOME)}
"""Places that one source allows and another does not; the table follows the narrower."""


def read(name: str) -> Any:
    return json.loads((Path(str(FOLDER)) / "slack" / name).read_text(encoding="utf-8"))


def test_every_number_of_the_reference_stands_in_the_table_of_limits_and_no_other() -> None:
    theirs: dict[tuple[str, str], int] = {}
    for key, number in read("block_limits.json").items():
        if key == "section.fields.item_max_length":
            theirs["section.fields.item", "most"] = number
            continue
        name, _, end = key.rpartition(".")
        theirs[name, ENDS[end]] = number
    ours = {
        (name, end): getattr(bound, end)
        for name, bound in LIMITS.items()
        for end in ("least", "most", "above")
        if getattr(bound, end) is not None
    }
    assert ours == theirs


def test_surfaces_are_those_of_the_reference_or_narrower_where_documented() -> None:
    theirs = {(block, Surface(surface)) for surface, blocks in read("block_surfaces.json").items() for block in blocks}
    ours = {(block, surface) for block, surfaces in BLOCK_SURFACES.items() for surface in surfaces}
    assert ours == theirs - NARROWER


@pytest.mark.parametrize("name", METHODS)
def test_a_method_agrees_with_the_reference(name: str) -> None:
    theirs = read("methods.json")[name]
    method = METHODS[name]
    arguments = set(theirs["args"]) - {"token"}
    required = set(theirs["required"]) - {"token"}
    assert f"t{method.tier}" == {"t5": f"t{SPECIAL}"}.get(theirs["rate"], theirs["rate"])
    assert set(method.scopes) == set(theirs["scope"].get("bot", []))
    assert set(method.required) == required
    assert set(method.optional) == arguments - required
    assert set(method.errors) == set(theirs["errors"]) - set(COMMON_ERRORS)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_the_verb_that_the_sdk_sends(name: str) -> None:
    assert METHODS[name].verb == read("sdk_wire.json")[name]["verb"]
