"""The benchmarks run and tell ratios. What the ratios are is not asserted: a busy machine is no failure.

In their quick scale they take some seconds of processor time each, most of it for imports.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from benchmarks.__main__ import ASIDE, SUBJECTS

ROOT = Path(__file__).parent.parent.parent


@pytest.mark.parametrize("subject", [*SUBJECTS, *ASIDE])
def test_a_benchmark_runs_alone_and_prints_ratios(subject: str, postgres_server: sa.URL) -> None:
    server = postgres_server.set(drivername="postgresql").render_as_string(hide_password=False)
    results = ROOT / "benchmarks" / "RESULTS.md"
    before = results.read_bytes() if results.exists() else None

    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", subject, "--quick"],
        cwd=ROOT,
        env={**os.environ, "OKRA_BENCH_POSTGRESQL": server},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    rows = [line for line in done.stdout.splitlines() if re.search(r"\| \*\*[\d.,e-]+\*\* \|", line)]
    assert rows, done.stdout
    headings = re.findall(r"^## (.+)$", done.stdout, re.MULTILINE)
    assert tuple(headings) == SUBJECTS.get(subject, tuple(headings))
    assert (results.read_bytes() if results.exists() else None) == before


def test_an_unknown_subject_is_refused_with_the_names_there_are() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    assert done.returncode == 2
    assert "no benchmark is called speed" in done.stderr
