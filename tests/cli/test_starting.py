"""How commands start: what is said where settings are missing, or where somebody else holds the database."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot import app as composition
from bot.cli import app
from bot.services.installations import only_workspace
from bot.settings import Settings
from models import KeyResult, Workspace
from models.database import Database


@pytest.fixture(autouse=True)
def only_what_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OKRA_{name.upper()}", raising=False)


def test_switching_a_team_on_says_that_it_needs_slack() -> None:
    result = CliRunner().invoke(app, ["team", "on", "Growth"])
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0] == "Switching a team on needs Slack:"
    assert [line.split()[0] for line in lines[1:3]] == ["OKRA_SLACK_BOT_TOKEN", "OKRA_SLACK_APP_TOKEN"]


@pytest.mark.parametrize("command", [["run"], ["web"], ["worker"], ["team", "on", "Growth"]])
def test_a_command_that_needs_slack_names_all_settings_in_one_go(
    monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("OKRA_PORT", "many")
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0] == "Okra cannot start:"
    assert [line.split()[0] for line in lines[1:4]] == ["OKRA_PORT", "OKRA_SLACK_BOT_TOKEN", "OKRA_SLACK_APP_TOKEN"]


@pytest.fixture
def held(database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file to import into a database that somebody else may hold."""
    monkeypatch.setenv("OKRA_DATABASE_URL", database_url)
    with database.write() as session:
        only_workspace(session, composition.real_clock(), time_zone="UTC")
    file = tmp_path / "q4.csv"
    file.write_text("id,cycle,objective,key_result\na,2026 Q4,O,K\n", encoding="utf-8")
    return file


def test_an_import_waits_longer_for_another_than_a_dialog_would(held: Path, database: Database) -> None:
    holding = threading.Event()

    def another() -> None:
        with database.write() as session:
            session.execute(sa.select(Workspace.id).with_for_update())
            holding.set()
            time.sleep(1.5)  # longer than anybody waits who holds a dialog open

    other = threading.Thread(target=another)
    other.start()
    assert holding.wait(30)
    result = CliRunner().invoke(app, ["import", str(held)])
    other.join()
    assert result.exit_code == 0, result.output
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(KeyResult)) == 1


def test_a_database_that_stays_busy_is_called_busy_and_not_out_of_reach(
    held: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "UNHURRIED", {"patience": 0.1, "busy_seconds": 0.1, "statement_seconds": 10})
    with database.write() as session:
        session.execute(sa.select(Workspace.id).with_for_update())
        result = CliRunner().invoke(app, ["import", str(held)])
    assert result.exit_code == 1
    assert result.stderr.startswith("The database is busy: ")
