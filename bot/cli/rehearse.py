"""`okra rehearse`: weeks of a programme in minutes, with everything going wrong that can, and what came of it."""

from __future__ import annotations

import enum
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

import typer

from bot.cli.starting import fail
from bot.domain.localtime import Weekday


class Faults(enum.StrEnum):
    NONE = "none"
    LIGHT = "light"
    HEAVY = "heavy"
    BEYOND = "beyond"


class Day(enum.StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"


def Hour(help: str) -> Any:  # noqa: N802 - it stands where typer.Option stands
    """An option for an hour of the day, like 09:00."""
    return typer.Option(metavar="HH:MM", formats=["%H:%M"], help=help)


def register(app: typer.Typer) -> None:
    app.command("rehearse")(rehearse)


def rehearse(
    *,
    owners: Annotated[int, typer.Option(min=1, max=5000, help="How many owners the invented company has.")] = 20,
    weeks: Annotated[
        int | None,
        typer.Option(
            min=1, max=53, help="How many weeks pass, of your file's newest cycle.", show_default="4, or all it has"
        ),
    ] = None,
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
    meeting: Annotated[
        Day, typer.Option(case_sensitive=False, help="Your rhythm: the day of your leadership meeting.")
    ] = Day.THURSDAY,
    opens: Annotated[datetime, Hour("Your rhythm: when people are asked.")] = "09:00",  # type: ignore[assignment]
    closes: Annotated[datetime, Hour("Your rhythm: until when they answer.")] = "17:00",  # type: ignore[assignment]
    note: Annotated[datetime, Hour("Your rhythm: when leads get their note.")] = "14:00",  # type: ignore[assignment]
    digest: Annotated[datetime, Hour("Your rhythm: when the digest comes.")] = "10:00",  # type: ignore[assignment]
    time_zone: Annotated[str, typer.Option("--time-zone", metavar="ZONE", help="The digest's.")] = "Europe/London",
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
        fail("A rehearsal needs one more package: pip install 'aiohttp>=3.12'.")
    from bot.rehearsal.cycle import Unplayable
    from bot.rehearsal.run import Hours, Plan, Unreadable
    from bot.rehearsal.run import rehearse as play
    from bot.rehearsal.weather import Level
    from migrations.run import AnothersProgramme

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
                meeting=Weekday[meeting.name],
                hours=Hours(opens.time(), closes.time(), digest.time(), note.time()),
                time_zone=_zone(time_zone),
            )
        )
    except AnothersProgramme as held:
        fail(
            f"The database that you named holds the programme of “{held.name}”, and a rehearsal begins with an empty "
            "one. Name another database, or none for a temporary SQLite."
        )
    except Unreadable as unreadable:
        fail(f"{file} cannot be imported:", *unreadable.sentences)
    except Unplayable as unplayable:
        fail(f"{file} cannot be rehearsed: {unplayable}", *unplayable.sentences)
    typer.echo(report.to_json())
    if not report.is_clean and level is not Level.BEYOND:
        raise typer.Exit(1)


def _same_command() -> list[str]:
    # `okra …` was started from a script, `python -m bot …` from a module.
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None and spec.name:
        return ["-m", spec.name.removesuffix(".__main__"), *sys.argv[1:]]
    return sys.argv


def _zone(name: str) -> str:
    if name not in available_timezones():
        fail(f"“{name}” is no IANA time zone. Write it like “Europe/London”.")
    return name


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
