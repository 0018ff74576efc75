"""Real Okra processes for tests: started, killed, stopped, restarted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


@dataclass
class Processes:
    """Processes with one environment. `stop_all` at the end, whatever happened."""

    environment: Mapping[str, str]
    logs: Path
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, *command: str) -> None:
        """Start `okra <command>` under a name of the test's choice. Its output goes to a file of that name."""
        assert name not in self._running
        with (self.logs / f"{name}.log").open("ab") as output:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "bot", *command],
                cwd=ROOT,
                env={**os.environ, **self.environment},
                stdout=output,
                stderr=output,
            )

    def kill(self, name: str) -> None:
        """SIGKILL: no clean-up code runs."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> int:
        """SIGTERM, and wait; returns the exit code."""
        process = self._running[name]
        process.terminate()
        code = process.wait(timeout=30)
        del self._running[name]
        return code

    def running(self) -> list[str]:
        """The names of those that live."""
        return [name for name, process in self._running.items() if process.poll() is None]

    def stop_all(self) -> None:
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait()
        self._running.clear()

    def tail(self) -> str:
        """The end of every log, for a failing test."""
        return "\n".join(
            f"--- {path.name}\n" + path.read_text(errors="replace")[-3000:] for path in sorted(self.logs.glob("*.log"))
        )
