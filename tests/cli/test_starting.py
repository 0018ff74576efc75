"""How commands start: what is said where settings are missing, or where somebody else holds the database."""

from __future__ import annotations

import errno
import shutil
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from bot import app as composition
from bot.cli import app
from bot.localslack.core import LocalSlack
from bot.localslack.driver import Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.services.installations import only_workspace
from bot.settings import Settings
from migrations.run import HEAD, downgrade, stored_revision
from models import KeyResult, Worker, Workspace
from models.database import Database, open_database
from scheduler.liveness import liveness_of


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


@pytest.mark.parametrize(
    "command",
    [["migrate"], ["run"], ["worker"], ["web"], ["team", "list"], ["team", "off", "Growth"], ["import", "q4.csv"]],
    ids=" ".join,
)
def test_a_database_of_a_newer_okra_asks_for_that_one(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    shutil.copy(sqlite_template, tmp_path / "okra.db")
    (tmp_path / "q4.csv").write_text("id,cycle,objective,key_result\na,2026 Q4,O,K\n", encoding="utf-8")
    newer = open_database(f"sqlite:///{tmp_path}/okra.db")
    with newer.write() as session:
        session.execute(sa.text("update alembic_version set version_num = '9999'"))
    monkeypatch.setenv("OKRA_DATABASE_URL", f"sqlite:///{tmp_path}/okra.db")
    if command[0] in {"run", "worker", "web"}:
        monkeypatch.setenv("OKRA_SLACK_BOT_TOKEN", "xoxb-none")
        monkeypatch.setenv("OKRA_SLACK_APP_TOKEN", "xapp-none")
    result = CliRunner().invoke(app, command)
    for number, handler in before.items():
        signal.signal(number, handler)
    assert result.exit_code == 1
    assert result.stderr == f"The database is at 9999, newer than this Okra ({HEAD}). Install the newer Okra.\n"
    assert stored_revision(newer) == "9999"
    newer.close()


@pytest.mark.parametrize("command", [["migrate"], ["run"], ["team", "list"]], ids=" ".join)
def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("OKRA_DATA_DIR", str(tmp_path / "file" / "data"))
    monkeypatch.setenv("OKRA_SLACK_BOT_TOKEN", "xoxb-none")
    monkeypatch.setenv("OKRA_SLACK_APP_TOKEN", "xapp-none")
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 1
    assert result.stderr == (
        f"The database has no folder: {tmp_path}/file/data cannot be made: Not a directory. "
        "Check OKRA_DATABASE_URL and OKRA_DATA_DIR.\n"
    )


def test_an_option_that_the_driver_does_not_know_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_DATABASE_URL", "postgresql://okra:hunter2@localhost/okra?sslmod=x")
    result = CliRunner().invoke(app, ["migrate"])
    assert result.exit_code == 1
    assert "sslmod" in result.stderr
    assert "hunter2" not in result.stderr


@pytest.fixture
def slack(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    """A local Slack and a SQLite that nobody serves; the environment names them, with nothing missing."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    shutil.copy(sqlite_template, tmp_path / "okra.db")
    granted = from_manifest(manifest())
    with LocalSlackServer(LocalSlack(granted)) as server:
        for name, value in {
            "DATABASE_URL": f"sqlite:///{tmp_path}/okra.db",
            "SLACK_BOT_TOKEN": granted.bot_token,
            "SLACK_APP_TOKEN": granted.app_token,
            "SLACK_SIGNING_SECRET": granted.signing_secret,
            "SLACK_BASE_URL": server.api_url,
        }.items():
            monkeypatch.setenv(f"OKRA_{name}", value)
        yield Driver(server.base_url)
    for number, handler in before.items():
        signal.signal(number, handler)


def refused_without_a_worker(command: str, tmp_path: Path) -> str:
    """What the command says at its end; no worker of it was ever there, and the next one finds the place free."""
    result = CliRunner().invoke(app, [command])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    database = open_database(f"sqlite:///{tmp_path}/okra.db")
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Worker)) == 0
    liveness = liveness_of(database)
    liveness.reserve()
    liveness.release()
    database.close()
    return result.stderr.splitlines()[-1]


@pytest.mark.parametrize("command", ["run", "web"])
def test_a_wrong_app_token_ends_the_start_before_a_worker_begins(
    slack: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("OKRA_SLACK_APP_TOKEN", "xapp-wrong")
    assert refused_without_a_worker(command, tmp_path) == (
        "Slack does not let Okra listen: invalid_auth. Copy OKRA_SLACK_APP_TOKEN anew; it needs connections:write."
    )


@pytest.mark.parametrize("command", ["run", "web"])
def test_a_port_that_is_taken_ends_the_start_before_a_worker_begins(
    slack: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("OKRA_TRANSPORT", "http")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("OKRA_PORT", str(port))
        said = refused_without_a_worker(command, tmp_path)
    assert said == (f"127.0.0.1:{port} cannot be listened on: Address already in use. Check OKRA_HOST and OKRA_PORT.")


def test_a_host_that_is_none_ends_the_start(slack: Driver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_TRANSPORT", "http")
    monkeypatch.setenv("OKRA_HOST", "no host")
    said = refused_without_a_worker("run", tmp_path)
    assert said.startswith("no host:3000 cannot be listened on: ")
    assert said.endswith(". Check OKRA_HOST and OKRA_PORT.")
    assert ".." not in said


@pytest.fixture
def served(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A SQLite that a worker of the version before serves; the environment names it for another one."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    path = tmp_path / "okra.db"
    shutil.copy(sqlite_template, path)
    served = open_database(f"sqlite:///{path}")
    downgrade(served, "-1")
    liveness = liveness_of(served)
    liveness.reserve()
    for name, value in {
        "DATABASE_URL": f"sqlite:///{path}",
        "SLACK_BOT_TOKEN": "xoxb-none",
        "SLACK_APP_TOKEN": "xapp-none",
        "SLACK_BASE_URL": "http://127.0.0.1:9/api/",
    }.items():
        monkeypatch.setenv(f"OKRA_{name}", value)
    yield served
    liveness.release()
    served.close()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("command", ["run", "worker"])
@pytest.mark.parametrize("by_another_name", [False, True], ids=["", "through a symlink"])
def test_a_second_worker_on_sqlite_is_refused_before_it_changes_anything(
    served: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, by_another_name: bool
) -> None:
    if by_another_name:
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "elsewhere" / "mine.db").symlink_to(tmp_path / "okra.db")
        monkeypatch.setenv("OKRA_DATABASE_URL", f"sqlite:///{tmp_path}/elsewhere/mine.db")
    older = stored_revision(served)
    result = CliRunner().invoke(app, [command])
    assert result.exit_code == 1
    assert "SQLite carries one at a time" in result.stderr
    assert stored_revision(served) == older != HEAD
    with served.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Worker)) == 0


@pytest.mark.usefixtures("slack")
def test_a_database_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def may_not(_log: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", "okra.db-wal")

    # The tests may run as root, who may write everything.
    monkeypatch.setattr("models.durable.LogFile.sync", may_not)
    result = CliRunner().invoke(app, ["import", str(Path(__file__).parents[2] / "examples" / "longfetch.csv")])
    assert result.exit_code == 1
    assert result.stderr.startswith("The database cannot be written: ")
    assert "okra.db-wal: Permission denied." in result.stderr
