"""`okra demo`: an invented company with a Slack on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.starting import fail


def register(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Where the page is; 8765, or a free port, without it.")
    ] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Offer no page, only this terminal.")] = False,
    stay: Annotated[bool, typer.Option("--stay", help="Stay open for the page, without a terminal too.")] = False,
) -> None:
    """Play one week with a Slack on this machine: prompts, check-ins, a red that gets help, the digest.

    In a terminal it then stays open for you to try things, here and in a browser. OKRA_DATABASE_URL may name a database
    of its own.
    """
    try:
        import aiohttp  # noqa: F401 - only the demo needs it
    except ModuleNotFoundError:
        fail("The demo needs one more package: pip install 'aiohttp>=3.12'.")
    from bot.demo.play import play

    raise typer.Exit(play(port=port, terminal_only=terminal, stay=stay))
