"""What the commands about a programme share: its database opened, its workspace, a team by its name, a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NoReturn

import sqlalchemy as sa
import typer
from sqlalchemy.orm import Session

from bot.cli.starting import fail, reachable_database, settings

if TYPE_CHECKING:
    from bot.app import Program
    from bot.services.refusals import Refused

TeamName = Annotated[str, typer.Argument(metavar="NAME", help="The team's name, as `okra team list` shows it.")]


@contextmanager
def programme(*, slack: str | None = None) -> Iterator[Program]:
    """The program over a database that is of this version. `slack`: what is said where the settings lack Slack's, for a
    command that speaks to it."""
    from bot.app import build, open_settings_database
    from migrations.run import is_current

    with reachable_database():
        given = settings(slack=slack is not None, quiet=True, without_slack=slack or "")
        program = build(given, database=open_settings_database(given, unhurried=True))
        try:
            if not is_current(program.runtime.database):
                fail("The database is of another version, or new; please run `okra migrate` first.")
            yield program
        finally:
            program.close()


def workspace_of(session: Session) -> int:
    """The id of the workspace; ends the command where nothing was imported yet."""
    from models import Workspace

    found = session.scalar(sa.select(Workspace.id).order_by(Workspace.id).limit(1))
    if found is None:
        fail("There is no programme yet. `okra import FILE` brings one.")
    return found


def refuse(refused: Refused) -> NoReturn:
    """End the command with the sentence that the person would read in Slack."""
    from bot.blocks.refusals import sentence

    fail(sentence(refused.reason, refused.facts))
