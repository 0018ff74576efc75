"""`okra export`: kept digests as files, for the board pack."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.programme import programme, refuse, workspace_of
from bot.cli.starting import fail
from bot.domain.export import Format


def register(app: typer.Typer) -> None:
    app.command("export")(export)


def export(
    *,
    team: Annotated[str | None, typer.Option("--team", metavar="NAME", help="A team's digests.")] = None,
    company: Annotated[bool, typer.Option("--company", help="The company's digests.")] = False,
    cycle: Annotated[str | None, typer.Option("--cycle", metavar="NAME", help="All of a cycle.")] = None,
    period: Annotated[
        str | None, typer.Option("--period", metavar="DAY", help="That of the week of a day: 2026-11-16.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="A sheet or a tree.")] = Format.CSV,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Else it is printed.")] = None,
) -> None:
    """A digest and what stands in it, as CSV or JSON: the newest one, or those of a week or a cycle."""
    from bot.services import export as exporting
    from bot.services import teams
    from bot.services.refusals import Refused

    if (team is None) != company:
        fail("Name one: okra export --team NAME, or okra export --company.")
    if cycle is not None and period is not None:
        fail("Either --cycle or --period: one of the two.")
    week = _day(period) if period is not None else None
    with programme() as program, program.runtime.read() as session:
        try:
            workspace_id = workspace_of(session)
            chosen = teams.find(session, workspace_id, team) if team else exporting.company(session, workspace_id)
            found = exporting.export(session, chosen, form, week=week, cycle=cycle)
        except Refused as refused:
            refuse(refused)
    if output is None:
        sys.stdout.buffer.write(found.content)
        return
    try:
        output.write_bytes(found.content)
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}.")
    typer.echo(f"{output}: {found.digests} of {found.team}, {found.first} to {found.last}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"{text} is no day; it is written like 2026-11-16.")
