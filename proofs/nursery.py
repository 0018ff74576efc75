"""Starts `okra worker` processes quickly: one interpreter imports everything once, and each worker is a fork of it.

Reads lines: `spawn LOG` starts a worker whose output goes to that file and answers with its process id. Each worker is
a process of its own that runs the command's own code from its beginning; only the imports are done.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

import psycopg  # noqa: F401 - imported for the workers
import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401
from sqlalchemy.orm import configure_mappers

import bot.app
import bot.cli
import migrations.run  # noqa: F401


def main() -> None:
    configure_mappers()
    gc.freeze()
    # Nobody waits for them: a dead one is gone at once.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        _, log = line.split(maxsplit=1)
        child = os.fork()
        if child == 0:
            _work(log.strip())
        print(child, flush=True)


def _work(log: str) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing, output = os.open(os.devnull, os.O_RDONLY), os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(nothing, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["okra", "worker"]
    code = 1
    try:
        bot.cli.app()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
