"""`okra rehearse`: weeks of a programme in minutes, with everything going wrong that can, and what came of it."""

from __future__ import annotations

import enum
import os
import re
import sys
from datetime import time
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from bot.cli.starting import fail
from bot.domain.cadence import Rhythm, WeeklyTime
from bot.domain.localtime import Weekday

_WEEKLY = re.compile(r"([A-Za-z]{2,9}) (\d{1,2}):(\d{2})")


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
    opens: Annotated[str, typer.Option(metavar="TIME", help="Your rhythm: when people are asked.")] = "Mon 09:00",
    closes: Annotated[str, typer.Option(metavar="TIME", help="Your rhythm: until when they answer.")] = "Tue 17:00",
    digest: Annotated[str, typer.Option(metavar="TIME", help="Your rhythm: when the digest comes.")] = "Wed 10:00",
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
        fail("A rehearsal needs one more package: pip install 'okra[demo]'.")
    from bot.rehearsal.run import NoTimeToRest, NotOurs, Plan, Unreadable
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
                rhythm=_rhythm(opens, closes, digest),
                time_zone=_zone(time_zone),
            )
        )
    except NotOurs as refused:
        fail(str(refused))
    except NoTimeToRest:
        fail("The digest has to come a good day before the next week begins: a rehearsal looks at each week at rest.")
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


def _rhythm(opens: str, closes: str, digest: str) -> Rhythm:
    try:
        return Rhythm(_weekly(opens), _weekly(closes), _weekly(digest))
    except ValueError as error:
        fail(f"That is no rhythm: {error}.")


def _weekly(given: str) -> WeeklyTime:
    """“Mon 09:00” as a weekly time."""
    found = _WEEKLY.fullmatch(given.strip())
    days = [day for day in Weekday if found is not None and day.name.startswith(found[1].upper())]
    if found is None or len(days) != 1 or int(found[2]) > 23 or int(found[3]) > 59:
        fail(f"“{given}” is no time of the week. Write it like “Mon 09:00”.")
    return WeeklyTime(days[0], time(int(found[2]), int(found[3])))


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
