"""What people read: mrkdwn and blocks as plain text, in the reader's own time zone."""

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.localslack.state import Workspace

Json = dict[str, Any]

_TOKEN = re.compile(r"<([^<>]*)>")
_MARKS = [
    re.compile(rf"(?<![\w{mark}]){mark}(?=[^\s{mark}])([^\n{mark}]*?[^\s{mark}]|){mark}(?![\w{mark}])")
    for mark in (r"\*", "_", "~")
]
_DATE_TOKEN = re.compile(r"\{(\w+)\}")


def plain(text: str, workspace: Workspace, zone: ZoneInfo) -> str:
    """mrkdwn as a person reads it: names for mentions, labels for links, no markers, entities decoded."""
    parts: list[str] = []
    last = 0
    for found in _TOKEN.finditer(text):
        parts.append(_unmarked(text[last : found.start()]))
        parts.append("\0" + _token(found.group(1), workspace, zone) + "\0")
        last = found.end()
    parts.append(text[last:])
    joined = "".join(part for part in parts[:-1]) + parts[-1]
    return _entities(_unmarked(joined).replace("\0", ""))


def _unmarked(text: str) -> str:
    for mark in _MARKS:
        text = mark.sub(r"\1", text)
    return text.replace("`", "")


def _entities(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _token(content: str, workspace: Workspace, zone: ZoneInfo) -> str:
    target, _, label = content.partition("|")
    if target.startswith("@"):
        person = workspace.people.get(target[1:])
        return f"@{person.shown_name}" if person is not None else f"@{label or target[1:]}"
    if target.startswith("#"):
        channel = workspace.channels.get(target[1:])
        return f"#{channel.name}" if channel is not None else f"#{label or target[1:]}"
    if target.startswith("!date^"):
        return _date(target, label, zone)
    if target.startswith("!"):
        return label or "@" + target[1:].split("^")[0]
    return label or target.removeprefix("mailto:")


def _date(target: str, fallback: str, zone: ZoneInfo) -> str:
    pieces = target.split("^")
    if len(pieces) < 3 or not pieces[1].lstrip("-").isdigit():
        return fallback
    at = datetime.fromtimestamp(int(pieces[1]), UTC).astimezone(zone)
    shown = {
        "date_num": f"{at:%Y-%m-%d}",
        "date": f"{at:%B} {at.day}, {at.year}",
        "date_pretty": f"{at:%B} {at.day}, {at.year}",
        "date_short": f"{at:%b} {at.day}, {at.year}",
        "date_short_pretty": f"{at:%b} {at.day}, {at.year}",
        "date_long": f"{at:%A}, {at:%B} {at.day}, {at.year}",
        "date_long_pretty": f"{at:%A}, {at:%B} {at.day}, {at.year}",
        "time": f"{at:%H:%M}",
        "time_secs": f"{at:%H:%M:%S}",
        "day_divider_pretty": f"{at:%A}, {at:%B} {at.day}",
    }
    return _DATE_TOKEN.sub(lambda token: shown.get(token.group(1), token.group(0)), pieces[2])


class Reader:
    """Reads blocks for one person."""

    def __init__(self, workspace: Workspace, zone: ZoneInfo) -> None:
        self._workspace = workspace
        self._zone = zone

    def text(self, composition: Json | str | None) -> str:
        """A text object (plain_text or mrkdwn) or bare mrkdwn as it is read."""
        if composition is None:
            return ""
        if isinstance(composition, str):
            return plain(composition, self._workspace, self._zone)
        if composition.get("type") == "plain_text":
            return str(composition.get("text", ""))
        if "elements" in composition:
            return self._rich(composition)
        return plain(str(composition.get("text", "")), self._workspace, self._zone)

    def blocks(self, blocks: list[Json]) -> str:
        """The words of blocks, a line a piece; what can be pressed or typed is not among them."""
        return "\n".join(line for block in blocks for line in self._lines(block) if line)

    def _lines(self, block: Json) -> list[str]:
        match block.get("type"):
            case "section":
                return [self.text(block.get("text")), *(self.text(field) for field in block.get("fields", []))]
            case "context":
                return ["  ".join(self._piece(piece) for piece in block.get("elements", []))]
            case "rich_text":
                return [self._rich(block)]
            case "table" | "data_table":
                return [" | ".join(self._cell(cell) for cell in row) for row in block.get("rows", [])]
            case "data_visualization":
                return self._chart(block)
            case "image" | "video":
                return [self.text(block.get("title")), str(block.get("alt_text", ""))]
            case "container":
                children: list[Json] = block.get("child_blocks", [])
                inner = [line for child in children for line in self._lines(child)]
                return [self.text(block.get("title")), self.text(block.get("subtitle")), *inner]
            case "card":
                return [self.text(block.get(key)) for key in ("title", "subtitle", "body")]
            case "header" | "markdown" | "alert":
                return [self.text(block.get("text"))]
        return []

    def _piece(self, piece: Json) -> str:
        return str(piece.get("alt_text", "")) if piece.get("type") == "image" else self.text(piece)

    def _cell(self, cell: Any) -> str:
        if not isinstance(cell, dict):
            return str(cell)
        if cell.get("type") == "rich_text":
            return self._rich(cell)
        return str(cell.get("text", cell.get("value", "")))

    def _chart(self, block: Json) -> list[str]:
        chart: Json = block.get("chart", {})
        lines = [self.text(block.get("title"))]
        for series in chart.get("series", []):
            points = ", ".join(f"{point.get('label')} {point.get('value')}" for point in series.get("data", []))
            lines.append(f"{series.get('name', '')}: {points}")
        lines.extend(f"{part.get('label')} {part.get('value')}" for part in chart.get("segments", []))
        return lines

    def _rich(self, node: Json) -> str:
        between = "\n" if node.get("type") in ("rich_text", "rich_text_list") else ""
        return between.join(self._rich_piece(piece) for piece in node.get("elements", []))

    def _rich_piece(self, piece: Json) -> str:
        match piece.get("type"):
            case "text":
                return str(piece.get("text", ""))
            case "link":
                return str(piece.get("text") or piece.get("url", ""))
            case "user":
                return _token("@" + str(piece.get("user_id")), self._workspace, self._zone)
            case "channel":
                return _token("#" + str(piece.get("channel_id")), self._workspace, self._zone)
            case "emoji":
                return f":{piece.get('name')}:"
            case "broadcast":
                return f"@{piece.get('range')}"
        return self._rich(piece)
