"""How every command starts: settings that are whole, logs that are set up, and sentences instead of tracebacks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from sqlalchemy.exc import OperationalError

from bot.logs import set_up
from bot.settings import Settings, SettingsError, load


def fail(*sentences: str) -> NoReturn:
    """Print each sentence on standard error and leave with 1."""
    for sentence in sentences:
        typer.echo(sentence, err=True)
    raise typer.Exit(1)


def settings(*, slack: bool = False, quiet: bool = False) -> Settings:
    """The settings, or the end with one sentence for each that is missing or malformed."""
    try:
        found = load()
        if slack:
            found.require_slack()
    except SettingsError as error:
        fail("Okra cannot start:", *(f"  {sentence}" for sentence in error.sentences), "`okra doctor` checks the rest.")
    set_up(found.log_format, level=logging.WARNING if quiet else logging.INFO)
    return found


@contextmanager
def reachable_database() -> Iterator[None]:
    """Say it plainly when the database cannot be reached; its address, which may hold a password, is not shown."""
    try:
        yield
    except OperationalError as error:
        first = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
        fail(f"The database cannot be reached: {first}", "Check OKRA_DATABASE_URL, then `okra doctor`.")
