"""`okra path show TEAM`, `okra path set TEAM PERSON…`, `okra path sponsor PERSON`: whom an escalation asks in turn."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.cli.programme import TeamName, programme, refuse, workspace_of

Person = Annotated[str, typer.Argument(metavar="PERSON", help="A name, an email address or a Slack id.")]


def register(app: typer.Typer) -> None:
    family = typer.Typer(
        help="Who is asked for help one after another, while nobody picks it up.", no_args_is_help=True
    )
    family.command("show")(show)
    family.command("set")(set_path)
    family.command("sponsor")(sponsor)
    app.add_typer(family, name="path")


def show(name: TeamName) -> None:
    """Who is asked about a team's escalations, in their order, with the limit of each in working hours."""
    from bot.domain.ladder import limit
    from bot.services import paths, teams
    from bot.services.refusals import Refused

    with programme() as program, program.runtime.read() as session:
        try:
            team = teams.find(session, workspace_of(session), name)
        except Refused as refused:
            refuse(refused)
        for step, member in enumerate(paths.path_of_team(session, team)):
            typer.echo(f"{step + 1}. {member.name} · {limit(step)} working hours")
        if not paths.path_of_team(session, team):
            typer.echo(f"Nobody: {team.name} has no lead, no lead above, and there is no executive sponsor.")


def set_path(
    name: TeamName,
    people: Annotated[
        list[str] | None, typer.Argument(metavar="PERSON…", help="In their order; nobody: the leads again.")
    ] = None,
) -> None:
    """Give a team a path of its own, in place of its lead, the leads above and the executive sponsors."""
    from bot.services import paths, teams
    from bot.services.refusals import Refused

    with programme() as program:
        try:
            with program.runtime.write() as session:
                workspace_id = workspace_of(session)
                team = teams.find(session, workspace_id, name)
                named = [paths.person(session, workspace_id, text) for text in people or ()]
                paths.set_own_path(session, program.runtime.now(), team, named)
        except Refused as refused:
            refuse(refused)
        whom = ", then ".join(member.name for member in named) or "its lead, the leads above and the sponsors"
        typer.echo(f"{team.name} asks {whom}.")


def sponsor(
    person: Person,
    remove: Annotated[bool, typer.Option("--remove", help="They are a sponsor no longer.")] = False,
) -> None:
    """Name an executive sponsor: the end of every path."""
    from bot.services import paths
    from bot.services.refusals import Refused

    with programme() as program:
        try:
            with program.runtime.write() as session:
                member = paths.person(session, workspace_of(session), person)
                changed = paths.set_sponsor(session, program.runtime.now(), member, is_sponsor=not remove)
        except Refused as refused:
            refuse(refused)
        now = "no executive sponsor" if remove else "an executive sponsor"
        typer.echo(f"{member.name} is {now}." if changed else f"{member.name} was {now} already.")
