"""Every text that a person can receive, on one page: `make messages` writes docs/messages.md from the builders.

The states that matter are told as cases (`tests/support/message_cases.py` and its chapters in `*_cases.py`), with the
words of an invented company. Each builder of `bot/blocks/` is called by a case at least: `untold` names those that are
not, and a test holds it empty.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import sys
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "messages.md"
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import bot.blocks  # noqa: E402 - as a script it is found only now
from bot.blocks.post import Post  # noqa: E402

# Modules whose functions make parts of messages, out of what others give them.
PARTS = {"dates", "ids", "layout", "links", "moments", "paging", "post", "text"}
WIDTH = 100

HEAD = """# Everything that Okra says

Each text that a person can receive, as the builders make it. `make messages` writes this page, and a test holds it up
to date. ☰ is what a locked phone shows. `[ ]` are buttons, `[▾ ]` menus, `( )` boxes and circles, `____` empty fields.
"""


@dataclass(frozen=True)
class Case:
    """One text. `when`: to whom, and when. `made`: gives a message, a dialog, or a sentence."""

    when: str
    made: Callable[[], Any]


@dataclass(frozen=True)
class Chapter:
    title: str
    cases: Sequence[Case]


def page() -> str:
    """The whole page."""
    from message_cases import CHAPTERS

    parts = [HEAD]
    for chapter in CHAPTERS:
        parts.append(f"\n## {chapter.title}\n")
        parts += [shown(case.when, case.made()) for case in chapter.cases]
    return "\n".join(parts).rstrip() + "\n"


def untold() -> list[str]:
    """The builders that no case calls."""
    from message_cases import CHAPTERS

    called: set[str] = set()
    with _noting(called):
        for chapter in CHAPTERS:
            for case in chapter.cases:
                case.made()
    return [name for name, _ in builders() if name not in called]


def builders() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of `bot/blocks/` that gives a message, a dialog or a sentence."""
    for module in pkgutil.iter_modules(bot.blocks.__path__):
        if module.name in PARTS:
            continue
        loaded = importlib.import_module(f"bot.blocks.{module.name}")
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            kind = typing.get_type_hints(function).get("return")
            if function.__module__ == loaded.__name__ and not name.startswith("_") and _is_said(kind):
                yield f"{module.name}.{name}", function


def shown(when: str, said: Any) -> str:
    """A text under its heading."""
    several = said if isinstance(said, tuple) and said and isinstance(said[0], Post) else (said,)
    lines = [line for one in several for line in [*_lines(one), ""]]
    return f"### {when}\n\n```text\n" + "\n".join(lines).rstrip() + "\n```\n"


class _noting:  # noqa: N801 - a context manager
    """Notes which functions of `bot/blocks/` are called meanwhile."""

    def __init__(self, called: set[str]) -> None:
        self._called = called

    def __enter__(self) -> None:
        sys.setprofile(self._note)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _note(self, frame: FrameType, event: str, _: object) -> None:
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith("bot.blocks."):
            self._called.add(f"{module.removeprefix('bot.blocks.')}.{frame.f_code.co_name}")


def _is_said(kind: Any) -> bool:
    return kind in (str, Post) or typing.get_origin(kind) is Mapping or kind == tuple[Post, ...]


def _lines(said: Any) -> list[str]:
    if isinstance(said, str):
        return _wrapped(said)
    if isinstance(said, Post):
        blocks = said.blocks or ({"type": "section", "text": {"text": said.text}},)
        return [f"☰ {_read(said.text)}", *(line for block in blocks for line in _block(block))]
    if said.get("type") == "home":
        return [line for block in said["blocks"] for line in _block(block)]
    if said.get("type") == "modal":
        foot = [said[name]["text"] for name in ("close", "submit") if name in said]
        rule = f"── {said['title']['text']} " + "─" * 20
        return [
            rule,
            *(line for block in said["blocks"] for line in _block(block)),
            " ".join(f"[{one}]" for one in foot),
        ]
    return _block(said)


def _block(block: Mapping[str, Any]) -> list[str]:
    match block["type"]:
        case "section" | "header":
            lines = _wrapped(block["text"]["text"])
            beside = block.get("accessory")
            return [*lines, *([_element(beside)] if beside else [])]
        case "context":
            return _wrapped("  ".join(one.get("text", "") for one in block["elements"]))
        case "actions":
            return [" ".join(_element(one) for one in block["elements"])]
        case "input":
            hint = _wrapped(f"   {block['hint']['text']}") if "hint" in block else []
            optional = " (optional)" if block.get("optional") else ""
            return [f"{block['label']['text']}{optional}: {_element(block['element'])}", *hint]
        case "divider":
            return ["─" * 20]
        case "data_visualization":
            return [f"[chart: {block.get('title') or block.get('text') or ''}]"]
        case "rich_text":
            return _wrapped("".join(part.get("text", "") for one in block["elements"] for part in one["elements"]))
        case "table":
            return [" | ".join(_read(cell["text"]) for cell in row) for row in block["rows"]]
        case kind if "elements" not in block and "text" not in block:
            return [f"[{kind}]"]
        case _:
            return [" ".join(_element(one) for one in block.get("elements", []))]


def _element(element: Mapping[str, Any]) -> str:
    options = [_read(option["text"]["text"]) for option in element.get("options", [])]
    chosen = (element.get("initial_option") or {}).get("text", {}).get("text")
    match element["type"]:
        case "button":
            return f"[{element['text']['text']}]"
        case "overflow":
            return f"[▾ … {' | '.join(options)}]"
        case "radio_buttons" | "checkboxes":
            return " ".join(f"({'•' if one == chosen else ' '}) {one}" for one in options)
        case "static_select" | "external_select" | "users_select":
            words = element.get("placeholder", {}).get("text", "")
            listed = f": {' | '.join(options)}" if options else ""
            return f"[▾ {chosen or words}{listed}]"
        case _:
            held = element.get("initial_value") or element.get("initial_date") or ""
            return held or element.get("placeholder", {}).get("text") or "____"


def _wrapped(text: str) -> list[str]:
    lines: list[str] = []
    for line in _read(text).splitlines() or [""]:
        indent = " " * (len(line) - len(line.lstrip()))
        current = ""
        for word in line.split(" "):
            if current and len(current) + len(word) >= WIDTH:
                lines.append(current)
                current = f"{indent}{word}"
            else:
                current = f"{current} {word}" if current else word
        lines.append(current)
    return [line.rstrip() for line in lines]


def _read(text: str) -> str:
    """As Slack shows it: mentions by name, dates in the reader's zone, links by their words."""
    text = re.sub(r"<!date\^[^|>]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<@\w+>", "@Tama", text)
    text = re.sub(r"<#\w+(?:\|([^>]*))?>", "#growth-leads", text)
    text = re.sub(r"<https?[^|>]*\|([^>]*)>", r"\1", text)
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return text.replace("\u2060", "")


if __name__ == "__main__":
    PAGE.write_text(page())
    print(f"wrote {PAGE.relative_to(ROOT)}")
