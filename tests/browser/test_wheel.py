"""A wheel of Okra holds the page."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_a_built_wheel_contains_the_page(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT, check=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        page = archive.read("bot/localslack/bundle/index.html").decode()
    scripts = [name for name in names if name.startswith("bot/localslack/bundle/assets/")]
    assert {Path(name).suffix for name in scripts} == {".js", ".css"}
    assert all(Path(name).name in page for name in scripts)
    assert not [name for name in names if name.startswith("page/")]
