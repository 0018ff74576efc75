"""`okra import FILE`: the difference first, then all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from bot.cli.starting import fail, reachable_database, settings

if TYPE_CHECKING:
    from bot.domain.importing.problem import Problem
    from bot.domain.importing.rows import Rows
    from bot.domain.person import Home, Person
    from bot.settings import Settings
    from models.database import Database


def register(app: typer.Typer) -> None:
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV file; its first line names the columns.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    reason: Annotated[
        str | None,
        typer.Option("--reason", metavar="TEXT", help="Why texts or targets change, or more is added in mid-cycle."),
    ] = None,
    stops: Annotated[
        str | None,
        typer.Option("--stops", metavar="TEXT", help="What stops for what changes or is added in mid-cycle."),
    ] = None,
) -> None:
    """Import objectives and key results: all of the file, or nothing where there is a problem with it.

    Running it again changes nothing. It asks nobody: new teams are off until `okra team on NAME`.
    """
    from bot.app import choose_clock, open_settings_database
    from bot.cli.import_report import differences, summary, warnings
    from bot.services.importing import COMMAND_LINE, ImportRefused, import_rows, plan_import
    from bot.services.installations import only_workspace
    from bot.services.people import learn_all

    rows = _read(file)
    given = settings(quiet=True)
    everybody, home = people_at_slack(given)
    now = choose_clock(given)()
    with reachable_database(), closing(open_settings_database(given, unhurried=True)) as database:
        _prepare(database)
        if dry_run:
            with database.trial() as session:  # with a workspace that is made for the comparison
                workspace = only_workspace(session, now, time_zone=given.time_zone)
                learn_all(session, now, workspace.id, everybody, admins=given.admins, home=home)
                plan = plan_import(session, workspace.id, rows, now)
        else:
            try:
                with database.write() as session:
                    workspace = only_workspace(session, now, time_zone=given.time_zone)
                    learn_all(session, now, workspace.id, everybody, admins=given.admins, home=home)
                    plan = import_rows(
                        session, workspace.id, rows, now, importer=COMMAND_LINE, reason=reason, stops=stops
                    )
            except ImportRefused as refused:
                _refuse(file, refused.problems, wants_reason=refused.wants_reason, wants_stops=refused.wants_stops)
    if plan.problems:
        _refuse(file, plan.problems)
    for line in (*warnings(str(file), plan), *differences(plan, whole=dry_run), *summary(plan, dry_run=dry_run)):
        typer.echo(line)


def people_at_slack(given: Settings) -> tuple[list[Person], Home | None]:
    """Everybody in the workspace, where there is a token, so that owners are found. An import works without.

    An import may come before the connection, so Slack is asked as well which workspace it is.
    """
    if given.slack_bot_token is None:
        return [], None
    from bot.app import build
    from bot.domain.person import Home
    from bot.slack_failures import SlackFailure

    program = build(given)
    try:
        identity = program.runtime.gateway.identity(0)
        everybody = list(program.runtime.gateway.people(0))
        return everybody, Home(identity.slack_team_id, identity.enterprise_id)
    except SlackFailure as failure:
        typer.echo(f"Slack did not say who is who ({failure.code}); owners are matched with the people known so far.")
        return [], None
    finally:
        program.close()


def _read(file: Path) -> Rows:
    from bot.domain.importing.problem import Problem
    from bot.domain.importing.rows import decode, read_rows

    try:
        content = file.read_bytes()
    except FileNotFoundError:
        fail(f"There is no file {file}.")
    except IsADirectoryError:
        fail(f"{file} is a folder; please name the CSV file in it.")
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")
    text = decode(content)
    if isinstance(text, Problem):
        _refuse(file, [text])
    rows = read_rows(text)
    if not rows.rows:
        _refuse(file, rows.problems)
    return rows


def _prepare(database: Database) -> None:
    """A new database gets its schema; one of another version is not changed in passing."""
    from migrations.run import is_current, stored_revision, upgrade

    if stored_revision(database) is None:
        upgrade(database)
    elif not is_current(database):
        fail("The database is of another version; please run `okra migrate` first.")


def _refuse(
    file: Path, problems: Iterable[Problem], *, wants_reason: bool = False, wants_stops: bool = False
) -> NoReturn:
    from bot.cli.import_report import located, wanted

    words = wanted(reason=wants_reason, stops=wants_stops)
    fail(*located(str(file), problems), f"Nothing was imported. {words}".rstrip())
