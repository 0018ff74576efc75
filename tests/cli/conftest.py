"""A local Slack for commands that ask it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.settings import Settings


@pytest.fixture
def slack(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Driver]:
    """A local Slack that the environment's settings point to, with nothing missing."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OKRA_{name.upper()}", raising=False)
    granted = from_manifest(manifest())
    with LocalSlackServer(LocalSlack(granted)) as server:
        for name, value in {
            "SLACK_BOT_TOKEN": granted.bot_token,
            "SLACK_APP_TOKEN": granted.app_token,
            "SLACK_BASE_URL": server.api_url,
            "DATABASE_URL": database_url,
            "ADMINS": "U012AB3CD",
        }.items():
            monkeypatch.setenv(f"OKRA_{name}", value)
        yield Driver(server.base_url)
