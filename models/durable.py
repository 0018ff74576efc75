"""What was committed is on the disk before anybody is told; one write to the disk serves all who wait for it.

SQLite can wait for the disk inside each commit (`synchronous = FULL`), with the database held meanwhile: whoever comes
next waits for two disks' times, and so on. Here a commit is only written (`NORMAL`), the next writer goes on, and each
waits for the disk afterwards, together with all who committed before. Nobody has been told of anything that a power cut
can take back, and what is lost then is the end of the log: never something in the middle, never the file itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from bot.turnstile import aside


class Durable:
    """`settle` returns once everything that was committed before it was called is on the disk."""

    def __init__(self, sync: Callable[[], None]) -> None:
        self._sync = sync
        self._guard = threading.Lock()
        self._one_at_a_time = threading.Lock()
        self._asked = 0
        self._settled = 0

    def settle(self) -> None:
        """Raises OSError where the disk fails: then nobody knows what of the newest commits is on it."""
        with self._guard:
            self._asked += 1
            mine = self._asked
        with aside(), self._one_at_a_time:
            if self._settled >= mine:
                return
            with self._guard:
                # All of these committed before the disk is asked.
                newest = self._asked
            self._sync()
            self._settled = newest


class LogFile:
    """The write-ahead log beside a SQLite file."""

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(f"{database.name}-wal")
        self._known: int | None = None

    def sync(self) -> None:
        """Everything in the log is on the disk, and so is its name in the folder. Raises OSError."""
        try:
            log = os.open(self._path, os.O_RDWR)
        except FileNotFoundError:
            # The last connection took it away, after it had moved everything into the file and seen to the disk.
            return
        try:
            getattr(os, "fdatasync", os.fsync)(log)
            made = os.fstat(log).st_ino
        finally:
            os.close(log)
        if made != self._known:
            _sync_folder(self._path.parent)
            self._known = made


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        # There a folder is no file, and its entries need no care.
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
