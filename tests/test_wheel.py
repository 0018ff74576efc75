"""What is installed is what was built: the wheel, without the checkout, migrates a database and examines itself."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel's content, in a folder of its own."""
    folder = tmp_path_factory.mktemp("wheel")
    # The page takes Node to build: a browser test looks into a wheel that has it.
    environment = os.environ | {"OKRA_WHEEL_WITHOUT_PAGE": "1"}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "content")
    return folder / "content"


def okra(content: Path, elsewhere: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OKRA_")}
    environment["PYTHONPATH"] = str(content)
    return subprocess.run(
        [sys.executable, "-P", "-m", "bot", *command],
        cwd=elsewhere,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_wheel_migrates_and_examines_itself(unpacked: Path, tmp_path: Path) -> None:
    migrated = okra(unpacked, tmp_path, "migrate")
    assert migrated.stdout.startswith("The database is at revision"), migrated.stderr
    assert (tmp_path / "data" / "okra.db").exists()
    examined = okra(unpacked, tmp_path, "doctor")
    assert "✓ migrations" in examined.stdout, examined.stderr


def test_the_wheel_holds_the_five_packages_and_the_demos_company(unpacked: Path) -> None:
    packages = {path.name for path in unpacked.iterdir() if (path / "__init__.py").exists()}
    assert packages == {"bot", "handlers", "scheduler", "models", "migrations"}
    assert (unpacked / "bot" / "examples" / "longfetch.csv").exists()
    assert (unpacked / "migrations" / "script.py.mako").exists()
