"""`okra migrate`: bring the database to this version's schema."""

from __future__ import annotations

import typer

from bot.cli.starting import reachable_database, settings


def register(app: typer.Typer) -> None:
    app.command("migrate")(migrate)


def migrate() -> None:
    """Bring the database to this version's schema. Safe to run again, and while the version before still runs."""
    from bot.app import open_settings_database
    from migrations.run import HEAD, upgrade

    with reachable_database():
        database = open_settings_database(settings(quiet=True), unhurried=True)
        changed = upgrade(database)
        database.close()
    typer.echo(f"The database is at revision {HEAD}{'' if changed else ', as before'}.")
