"""`okra rehearse`: weeks of a programme in minutes, with everything going wrong that can, and what came of it."""

from __future__ import annotations

import enum
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.starting import fail


class Faults(enum.StrEnum):
    NONE = "none"
    LIGHT = "light"
    HEAVY = "heavy"
    BEYOND = "beyond"


def register(app: typer.Typer) -> None:
    app.command("rehearse")(rehearse)


def rehearse(
    *,
    owners: Annotated[int, typer.Option(min=1, max=5000, help="How many owners the invented company has.")] = 20,
    weeks: Annotated[int, typer.Option(min=1, max=53, help="How many weeks pass.")] = 4,
    seed: Annotated[int, typer.Option(help="The same seed gives the same rehearsal.")] = 1,
    faults: Annotated[Faults, typer.Option(help="How much goes wrong; beyond: more than Okra promises to bear.")] = (
        Faults.HEAVY
    ),
    workers: Annotated[
        int, typer.Option(min=0, max=20, help="Processes at once; 0: one on SQLite, three on PostgreSQL.")
    ] = 0,
    database_url: Annotated[
        str, typer.Option("--database-url", help="An empty database; none: a temporary SQLite.")
    ] = "",
    file: Annotated[
        Path | None, typer.Option("--file", metavar="CSV", help="Rehearse your own import file, its people invented.")
    ] = None,
) -> None:
    """Rehearse a programme on an imitation of Slack, in one go, and print what happened as JSON.

    Nothing is sent anywhere and your database is not touched. Processes die, Slack fails and people do what people
    do; nobody may be asked twice or forgotten, and no answer lost. Leaves with 1 where one of that happened.
    """
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets would differ from run to run, and with it the story.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, *_same_command()])  # noqa: S606 - this very program again
    try:
        import aiohttp  # noqa: F401 - it comes with the local Slack
    except ModuleNotFoundError:
        fail("A rehearsal needs one more package: pip install 'okra[demo]'.")
    from bot.rehearsal.run import NotOurs, Plan, Unreadable
    from bot.rehearsal.run import rehearse as play
    from bot.rehearsal.weather import Level

    if workers > 1 and not database_url.startswith("postgres"):
        fail("SQLite carries one worker at a time. For several, name a PostgreSQL with --database-url.")
    level = Level(faults.value)
    try:
        report = play(
            Plan(
                owners=owners,
                weeks=weeks,
                seed=seed,
                level=level,
                workers=workers,
                database_url=database_url,
                file=_text(file) if file is not None else None,
            )
        )
    except NotOurs as refused:
        fail(str(refused))
    except Unreadable as unreadable:
        fail(f"{file} cannot be imported:", *unreadable.sentences)
    typer.echo(report.to_json())
    if not report.is_clean and level is not Level.BEYOND:
        raise typer.Exit(1)


def _same_command() -> list[str]:
    # `okra …` was started from a script, `python -m bot …` from a module.
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None and spec.name:
        return ["-m", spec.name.removesuffix(".__main__"), *sys.argv[1:]]
    return sys.argv


def _text(file: Path) -> str:
    from bot.domain.importing.problem import Problem
    from bot.domain.importing.rows import decode

    try:
        text = decode(file.read_bytes())
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")
    if isinstance(text, Problem):
        fail(f"{file}, line {text.line}: {text.message}")
    return text
