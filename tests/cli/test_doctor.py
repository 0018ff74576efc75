"""`okra doctor` says what it looked at, what it found and what to do, against a real local Slack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.scopes import SCOPES
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


def doctor() -> tuple[int, str]:
    result = CliRunner().invoke(app, ["doctor"])
    return result.exit_code, result.output


def test_when_all_is_well_it_says_so_and_why_each_scope_is_there(slack: Driver) -> None:
    code, said = doctor()
    assert code == 0, said
    assert "All is well." in said
    for scope, reason in SCOPES.items():
        assert f"{scope}: {reason}" in said
    assert "within 30 s of Slack's" in said
    assert "✗" not in said


def test_a_scope_that_is_missing_is_named_with_its_reason_and_remedy(slack: Driver) -> None:
    less = manifest()
    less["oauth_config"]["scopes"]["bot"].remove("im:history")
    slack.install(less)
    code, said = doctor()
    assert code == 1
    assert "✗ scope im:history: not granted. Okra needs it to look whether a direct message arrived" in said
    assert "install the app again" in said


def test_a_token_that_was_revoked_is_named(slack: Driver) -> None:
    slack.revoke_tokens()
    code, said = doctor()
    assert code == 1
    assert "✗ token: Slack says" in said
    assert "OKRA_SLACK_BOT_TOKEN" in said


def test_a_slack_that_is_out_of_reach_is_named(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_SLACK_BASE_URL", "http://127.0.0.1:9/api/")
    code, said = doctor()
    assert code == 1
    assert "✗ Slack: cannot be reached at http://127.0.0.1:9/api/" in said


def test_a_database_without_its_tables_is_sent_to_migrate(
    slack: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OKRA_DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    code, said = doctor()
    assert code == 1
    assert "✗ migrations: at none, this version needs" in said
    assert "Run `okra migrate`." in said


def test_a_database_out_of_reach_is_named_without_its_password(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_DATABASE_URL", "postgresql://okra:hunter2@127.0.0.1:9/okra")
    code, said = doctor()
    assert code == 1
    assert "✗ database: PostgreSQL cannot be reached" in said
    assert "hunter2" not in said


def test_a_clock_that_is_wrong_is_named(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from bot import app as composition
    from bot.clock import real_clock

    monkeypatch.setattr(composition, "real_clock", lambda: real_clock() + timedelta(minutes=4))
    code, said = doctor()
    assert code == 1
    assert "✗ clock: 2" in said
    assert "NTP" in said


def test_a_missing_setting_is_named_before_anything_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OKRA_{name.upper()}", raising=False)
    code, said = doctor()
    assert code == 1
    assert said.startswith("✗ settings: OKRA_SLACK_BOT_TOKEN is not set")
