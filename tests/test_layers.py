"""import-linter holds the arrows; this holds that every module is under one of them."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("bot", "handlers", "scheduler", "models", "migrations")


def test_every_module_is_in_a_layer() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract for contract in contracts if contract["type"] == "layers")["layers"]
    placed = {module.strip() for layer in layers for module in layer.split("|")} | {"bot.localslack"}
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    homeless = {m for m in modules if m != "bot" and not any(m == p or m.startswith(p + ".") for p in placed)}
    assert homeless == set()


def test_bot_itself_stays_empty() -> None:
    assert (ROOT / "bot" / "__init__.py").read_text() == ""
