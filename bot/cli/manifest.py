"""`okra manifest`: what to paste into Slack's app pages."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlsplit

import typer


def register(app: typer.Typer) -> None:
    app.command("manifest")(show)


def show(
    http: Annotated[
        str | None,
        typer.Option(
            "--http", metavar="URL", help="Slack posts to this https address of yours; without it, Socket Mode."
        ),
    ] = None,
) -> None:
    """Print the app manifest as JSON: paste it at api.slack.com/apps under “From a manifest”."""
    from bot.manifest import manifest

    if http is not None:
        parts = urlsplit(http)
        if parts.scheme != "https" or not parts.hostname:
            typer.echo(
                f"Slack posts to https addresses only, and “{http}” is none. "
                "One looks like https://okra.example.com/slack/events",
                err=True,
            )
            raise typer.Exit(2)
        if parts.path in {"", "/"}:
            # The path that Okra listens on; an address that ends in another path is taken as it is (a proxy's).
            http = f"https://{parts.netloc}/slack/events"
    typer.echo(json.dumps(manifest(http), indent=2, ensure_ascii=False))
