"""How every command starts: settings that are whole, logs that are set up, and sentences instead of tracebacks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError

from bot.logs import set_up
from bot.settings import Settings, SettingsError, load
from migrations.run import NewerDatabase

# PostgreSQL's code for a lock that did not come within the limit.
LOCK_NOT_AVAILABLE = "55P03"

# What mends an app token that Slack does not take.
COPY_APP_TOKEN = "Copy OKRA_SLACK_APP_TOKEN anew; it needs connections:write."  # noqa: S105 - words, not a token


def fail(*sentences: str) -> NoReturn:
    """Print each sentence on standard error and leave with 1."""
    for sentence in sentences:
        typer.echo(sentence, err=True)
    raise typer.Exit(1)


def settings(*, slack: bool = False, quiet: bool = False, without_slack: str = "Okra cannot start:") -> Settings:
    """The settings, or the end with one sentence for each that is malformed or, with `slack`, missing.

    `without_slack` is said first where they make sense and only what Slack needs is missing.
    """
    try:
        found = load(slack=slack)
    except SettingsError as error:
        heading = "Okra cannot start:" if error.malformed else without_slack
        fail(heading, *(f"  {sentence}" for sentence in error.sentences), "`okra doctor` checks the rest.")
    set_up(found.log_format, level=logging.WARNING if quiet else logging.INFO)
    return found


@contextmanager
def reachable_database() -> Iterator[None]:
    """Say it plainly when the database cannot be reached or is a newer Okra's.

    Its address, which may hold a password, is not shown.
    """
    from bot.app import NoFolder

    try:
        yield
    except NoFolder as missing:
        fail(f"The database has no folder: {missing}. Check OKRA_DATABASE_URL and OKRA_DATA_DIR.")
    except NewerDatabase as newer:
        fail(str(newer))
    except PermissionError as refused:
        fail(
            f"The database cannot be written: {refused.filename}: {refused.strerror}.",
            "Give the user that Okra runs as the right to write the file and its folder, then `okra doctor`.",
        )
    except ProgrammingError as error:
        if getattr(error.orig, "sqlstate", None) is not None:
            raise
        # No server has seen it: the driver does not know what the address asks for.
        fail(f"The database cannot be reached: {first_line(error)}", "Check OKRA_DATABASE_URL, then `okra doctor`.")
    except OperationalError as error:
        if _is_busy(error):
            fail("The database is busy: somebody else has been writing to it for long. Please try again in a minute.")
        fail(f"The database cannot be reached: {first_line(error)}", "Check OKRA_DATABASE_URL, then `okra doctor`.")


def first_line(error: SQLAlchemyError) -> str:
    """What the driver says, without the statement."""
    said = str(getattr(error, "orig", None) or error).strip()
    return said.splitlines()[0] if said else type(error).__name__


def _is_busy(error: OperationalError) -> bool:
    """Whether the database is there, but did not let us write in time."""
    state = getattr(error.orig, "sqlstate", None)
    return state == LOCK_NOT_AVAILABLE or (state is None and "database is locked" in str(error.orig))
