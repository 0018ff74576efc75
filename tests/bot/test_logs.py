"""What is never in a log line, whatever it was that went wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
import structlog

from bot.logs import set_up
from bot.settings import LogFormat

TOKEN = "xoxb-1234-do-not-show"
PASSWORD = "hunter2"


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("bot")
    before = root.handlers[:], root.level, ours.level, structlog.get_config()
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    structlog.configure(**before[3])


@pytest.mark.parametrize("log_format", LogFormat)
def test_an_exceptions_words_show_no_secret(log_format: LogFormat, capsys: pytest.CaptureFixture[str]) -> None:
    set_up(log_format)
    log = structlog.get_logger("bot.somewhere")
    try:
        raise OSError(f"{TOKEN} was refused by postgresql://okra:{PASSWORD}@db/okra")
    except OSError:
        log.exception("it_broke", error="OSError")
        logging.getLogger("bot.elsewhere").exception("it broke")
    written = capsys.readouterr().err
    assert written.count("Traceback") == 2
    assert "was refused by" in written
    assert TOKEN not in written
    assert PASSWORD not in written
