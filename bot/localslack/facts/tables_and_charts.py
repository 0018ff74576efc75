"""Tables, data tables and charts."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bot.localslack.facts.elements import BUTTON
from bot.localslack.facts.limits import LIMITS, Bound
from bot.localslack.facts.rich_text import RICH_TEXT
from bot.localslack.facts.shapes import (
    Flag,
    Many,
    Number,
    OneOf,
    Problem,
    Record,
    String,
    Whole,
    choice,
    records,
    string,
)

_BLOCK_ID = {"block_id": string("block_id")}

_RAW_TEXT = Record(type="raw_text", required={"text": string("data_table.cell_text")})
_RAW_NUMBER = Record(type="raw_number", required={"value": Number(), "text": string("data_table.cell_text")})
_ACTION_CELL = Record(
    type="action",
    required={"element": BUTTON},
    optional={"fallback": OneOf(records(_RAW_TEXT, _RAW_NUMBER))},
)

_COLUMN = Record(optional={"align": choice("left", "center", "right"), "is_wrapped": Flag()})

TABLE = Record(
    type="table",
    required={
        "rows": Many(
            Many(OneOf(records(_RAW_TEXT, _RAW_NUMBER, RICH_TEXT)), LIMITS["table.columns"]),
            Bound(least=1, most=LIMITS["table.rows"].most),
        ),
    },
    optional={**_BLOCK_ID, "column_settings": Many(_COLUMN, LIMITS["table.column_settings"], null_items=True)},
)


def written_text(value: Any) -> str:
    """Every text inside a cell, one after another."""
    if isinstance(value, list):
        return "".join(written_text(item) for item in value)
    if not isinstance(value, dict):
        return ""
    own = value.get("text")
    if isinstance(own, str):
        return own
    return written_text(own) + written_text(value.get("elements")) + written_text(value.get("element"))


def data_table_characters(block: Mapping[str, Any]) -> int:
    """Characters in all cells of a data table."""
    return len(written_text(block.get("rows")))


def _rows_are_alike(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    rows = value["rows"]
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            yield Problem(f"{pointer}/rows/{index}", "must have as many cells as the first row")


def _header_is_plain(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    for index, cell in enumerate(value["rows"][0]):
        if cell["type"] not in {"raw_text", "raw_number"}:
            yield Problem(f"{pointer}/rows/0/{index}/type", f"unsupported type: {cell['type']}")


def _row_header_exists(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    if value.get("row_header_column_index", 0) >= len(value["rows"][0]):
        yield Problem(f"{pointer}/row_header_column_index", "must be the index of a column")


def _content_fits(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    most = LIMITS["data_table.content"].most or 0
    if data_table_characters(value) > most:
        yield Problem(f"{pointer}/rows", f"must be less than {most + 1} characters")


DATA_TABLE = Record(
    type="data_table",
    required={
        "caption": String(Bound(least=1)),
        "rows": Many(
            Many(
                OneOf(records(_RAW_TEXT, _RAW_NUMBER, RICH_TEXT, _ACTION_CELL)),
                LIMITS["data_table.columns"],
            ),
            LIMITS["data_table.rows"],
        ),
    },
    optional={
        **_BLOCK_ID,
        "page_size": Whole(LIMITS["data_table.page_size"]),
        "row_header_column_index": Whole(LIMITS["data_table.row_header_column_index"]),
    },
    rules=(_rows_are_alike, _header_is_plain, _row_header_exists, _content_fits),
)


def _series_fit_the_axis(value: Mapping[str, Any], pointer: str) -> Iterator[Problem]:
    """Every series has one point for each category, by its label, and a name of its own."""
    categories = Counter(value["axis_config"]["categories"])
    seen: set[str] = set()
    for index, series in enumerate(value["series"]):
        at = f"{pointer}/series/{index}"
        if series["name"] in seen:
            yield Problem(f"{at}/name", "must be unique among the series")
        seen.add(series["name"])
        if Counter(point["label"] for point in series["data"]) != categories:
            yield Problem(f"{at}/data", "must have exactly one point for each category")


_POINT = Record(required={"label": string("data_visualization.point_label"), "value": Number()})

_SERIES = Record(
    required={
        "name": string("data_visualization.series_name"),
        "data": Many(_POINT, LIMITS["data_visualization.data"]),
    },
)

_AXIS_CONFIG = Record(
    required={
        "categories": Many(
            string("data_visualization.category_label"),
            LIMITS["data_visualization.categories"],
        ),
    },
    optional={
        "x_label": string("data_visualization.axis_label"),
        "y_label": string("data_visualization.axis_label"),
    },
)

_SEGMENT = Record(
    required={
        "label": string("data_visualization.segment.label"),
        "value": Number(LIMITS["data_visualization.segment.value"]),
    },
)

_PIE = Record(type="pie", required={"segments": Many(_SEGMENT, LIMITS["data_visualization.segments"])})


def _plotted(kind: str) -> Record:
    return Record(
        type=kind,
        required={"series": Many(_SERIES, LIMITS["data_visualization.series"]), "axis_config": _AXIS_CONFIG},
        rules=(_series_fit_the_axis,),
    )


DATA_VISUALIZATION = Record(
    type="data_visualization",
    required={
        "title": string("data_visualization.title"),
        "chart": OneOf(records(_PIE, _plotted("bar"), _plotted("line"), _plotted("area"))),
    },
    optional=_BLOCK_ID,
)
