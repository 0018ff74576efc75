"""The command line: a file a command family, each with its `register`."""

from __future__ import annotations

import typer

from bot.cli import database, demo, doctor, exporting, importing, manifest, paths, rehearse, serving, teams

app = typer.Typer(
    name="okra",
    help="Okra runs OKR check-ins inside Slack.",
    no_args_is_help=True,
    add_completion=False,
    # A traceback with local variables would print tokens.
    pretty_exceptions_enable=False,
)

for family in (serving, importing, exporting, teams, paths, database, manifest, doctor, demo, rehearse):
    family.register(app)
