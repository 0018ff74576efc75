"""`okra demo`: one week at an invented company, in this terminal."""

from __future__ import annotations

import typer

from bot.cli.starting import fail


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo() -> None:
    """Play one week with a Slack on this machine: prompts, check-ins, a red that gets help, the digest.

    In a terminal it then stays open for you to try things. OKRA_DATABASE_URL may name a database of its own.
    """
    try:
        import aiohttp  # noqa: F401 - only the demo needs it
    except ModuleNotFoundError:
        fail("The demo needs one more package: pip install 'okra[demo]'.")
    from bot.demo.week import play

    raise typer.Exit(play())
