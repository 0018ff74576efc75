"""`okra rehearse` as it is typed: what it prints, with which code it leaves, and what it refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app

REPOSITORY = Path(__file__).parents[2]
HEADER = "id,cycle,team,objective,key_result,owner"


def run(folder: Path, *options: str, hash_seed: str) -> tuple[int, str, str]:
    """The code it leaves with, what it prints, and the hash of a word in the last Python that it started."""
    (folder / "sitecustomize.py").write_text("import sys\nprint(hash('okra'), file=sys.stderr)\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "rehearse", *options],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.split()[-1]


@pytest.mark.timeout(300)
def test_a_clean_rehearsal_prints_json_and_leaves_with_0_and_is_the_same_whatever_the_order_of_sets(
    tmp_path: Path,
) -> None:
    options = ("--owners", "3", "--weeks", "1", "--seed", "5", "--faults", "light")
    one, other = (run(tmp_path, *options, hash_seed=seed) for seed in ("1", "2"))
    code, printed, _ = one
    assert code == 0
    facts = json.loads(printed)
    assert {name: facts[name] for name in ("seed", "cycle", "weeks", "owners", "faults_level")} == {
        "seed": 5,
        "cycle": "2026 Q4",
        "weeks": 1,
        "owners": 3,
        "faults_level": "light",
    }
    assert (facts["lost"], facts["duplicates"], facts["violations"]) == (0, 0, 0)
    assert other == one


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """With this it does not begin itself anew."""
    monkeypatch.setenv("PYTHONHASHSEED", "0")


def refused(*options: str) -> list[str]:
    result = CliRunner().invoke(app, ["rehearse", *options])
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr.splitlines()


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("content", [b"nonsense", b"", b"\x00\xff\xfe\x89PNG", f"{HEADER}\n".encode()])
def test_nonsense_is_refused_in_sentences(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "own.csv"
    file.write_bytes(content)
    first, *_ = said = refused("--file", str(file))
    assert first.startswith((f"{file} cannot be imported:", f"{file}, line 1: "))
    assert said[-1].endswith((".", "”."))
    assert "Traceback" not in "".join(said)


@pytest.mark.usefixtures("in_this_process")
def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused("--file", str(tmp_path / "own.csv")) == [
        f"{tmp_path / 'own.csv'} cannot be read: No such file or directory."
    ]


@pytest.mark.usefixtures("in_this_process")
def test_more_weeks_than_the_cycle_has_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(f"{HEADER}\na,2027 Q1,Growth,Win shops,Win ten shops,Ada One\n", encoding="utf-8")
    assert refused("--file", str(file), "--weeks", "20") == [
        f"{file} cannot be rehearsed: “2027 Q1” has 13 weeks from its first Monday, 4 Jan 2027, and not 20."
    ]


@pytest.mark.usefixtures("in_this_process")
def test_a_file_in_which_nobody_is_asked_is_no_clean_rehearsal(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text(f"{HEADER}\na,2027 Q1,Growth,Win shops,Win ten shops,\n", encoding="utf-8")
    assert refused("--file", str(file)) == [
        f"{file} cannot be rehearsed: nobody in it owns a key result of “2027 Q1”, so nobody would be asked.",
        "line 2: 1 key result has no owner and stays a draft: nobody is asked until there is one.",
    ]


@pytest.mark.usefixtures("in_this_process")
@pytest.mark.parametrize("options", [(), ("--database-url", "sqlite:///okra.db")])
def test_several_workers_on_sqlite_are_refused(options: tuple[str, ...]) -> None:
    assert refused("--workers", "2", *options) == [
        "SQLite carries one worker at a time. For several, name a PostgreSQL with --database-url."
    ]
