"""The sentences in which a rehearsal says that a promise was broken, and the tests that provoke them.

A sentence is named by its constant parts, with {} where something stands in it. A test that provokes one is marked
with it: `@provokes("said twice: {}")`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

provokes = pytest.mark.provokes

# How a rehearsal says it: of these the first argument is the sentence.
_SAYS = {"broke", "lose", "_twice", "tell"}


def is_said(sentence: str, what: str) -> bool:
    """Whether this is the sentence, with something in its gaps."""
    return re.fullmatch(re.escape(sentence).replace(r"\{\}", ".+"), what, re.DOTALL) is not None


def sentences_in(folder: Path) -> set[str]:
    """All that the code in a folder can say."""
    return {found for node in _calls(folder) if _name(node) in _SAYS and (found := _sentence(node.args[0]))}


def provoked_in(folder: Path) -> set[str]:
    """All that the tests in a folder are marked with."""
    return {found for node in _calls(folder) if _name(node) == "provokes" and (found := _sentence(node.args[0]))}


def _calls(folder: Path) -> Iterator[ast.Call]:
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                yield node


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _sentence(words: ast.expr) -> str:
    """Empty for what is handed on, and was said elsewhere."""
    if isinstance(words, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in words.values)
    return words.value if isinstance(words, ast.Constant) and isinstance(words.value, str) else ""
