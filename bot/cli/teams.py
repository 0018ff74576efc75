"""`okra team list`, `okra team on NAME`, `okra team off NAME`: teams join one by one."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import typer

from bot.cli.programme import TeamName, programme, refuse, workspace_of
from bot.cli.starting import fail

if TYPE_CHECKING:
    from bot.app import Program
    from bot.services.teams import FirstMessage
    from bot.slack import Channel
    from models import Team


def register(app: typer.Typer) -> None:
    family = typer.Typer(
        help="Teams join one by one: nobody is asked before an admin switches the team on.", no_args_is_help=True
    )
    family.command("list")(list_teams)
    family.command("on")(switch_on)
    family.command("off")(switch_off)
    app.add_typer(family, name="team")


def list_teams() -> None:
    """Every team: on or off, its lead, its channel, and its channel's zone where that is not the organisation's."""
    from models import Member, Team

    with programme() as program, program.runtime.read() as session:
        rows = session.execute(
            sa.select(Team, Member.name)
            .outerjoin(Member, Member.id == Team.lead_id)
            .where(Team.archived_at.is_(None))
            .order_by(Team.name)
        ).all()
    if not rows:
        typer.echo("There are no teams yet. `okra import FILE` brings them.")
    for team, lead in rows:
        state = "on " if team.is_on else "off"
        who, where = lead or team.lead_name or "nobody", team.channel or "no channel"
        clock = f" · digest by the clock of {team.digest_zone}" if team.digest_zone is not None else ""
        typer.echo(f"{state}  {team.name} ({team.level.value}) · lead {who} · {where}{clock}")


def switch_on(
    name: TeamName,
    channel: Annotated[
        str | None, typer.Option("--channel", metavar="#NAME", help="The leadership channel that reads the digest.")
    ] = None,
    escalation_channel: Annotated[
        str | None, typer.Option("--escalations", metavar="#NAME", help="Where reds are discussed, if elsewhere.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; for scripts.")] = False,
) -> None:
    """Show the first message each person would get, then switch the team on. They are asked from the next week on."""
    from bot.services import teams
    from bot.services.refusals import Refused

    with programme(slack="Switching a team on needs Slack:") as program:
        workspace_id = _connect(program)
        try:
            with program.runtime.read() as session:
                team = teams.find(session, workspace_id, name)
                previews = teams.first_messages(session, program.runtime.now(), team)
        except Refused as refused:
            refuse(refused)
        names = [channel or team.channel, escalation_channel or team.escalation_channel]
        if names[0] is None:
            fail(f'{team.name} has no channel for its digest. Name one: okra team on "{team.name}" --channel "#NAME"')
        places = _places(program, workspace_id, names)
        _show(team, previews)
        if not yes and not (sys.stdin.isatty() and typer.confirm(f"Switch {team.name} on?")):
            fail("Nothing was changed. With --yes it is done without asking.")
        with program.runtime.write() as session:
            team = teams.find(session, workspace_id, name)
            team.channel, team.escalation_channel = names
            changed = teams.switch_on(
                session,
                program.runtime.now(),
                caller=None,
                team=team,
                channel_id=places[0],
                escalation_channel_id=places[1],
            )
        typer.echo(f"{team.name} is on." if changed else f"{team.name} was on already; its channels are as you said.")


def switch_off(name: TeamName) -> None:
    """Switch a team off: nobody is asked for it any more, and what is due in it is excused."""
    from bot.services import teams
    from bot.services.refusals import Refused

    with programme() as program:
        try:
            with program.runtime.write() as session:
                workspace_id = workspace_of(session)
                team = teams.find(session, workspace_id, name)
                changed = teams.switch_off(session, program.runtime.now(), caller=None, team=team)
        except Refused as refused:
            refuse(refused)
    typer.echo(f"{team.name} is off." if changed else f"{team.name} was off already.")


def _connect(program: Program) -> int:
    """Ask Slack who we are and read the members, so that names and zones in the previews are right."""
    from bot.slack_failures import SlackFailure

    try:
        workspace_id = program.connect()
        program.read_members(workspace_id)
    except SlackFailure as failure:
        fail(f"Slack did not let Okra in: {failure.code}. `okra doctor` says what to do about it.")
    return workspace_id


def _places(program: Program, workspace_id: int, wanted: Sequence[str | None]) -> list[str | None]:
    """Slack's ids of channels that were named `#name` or by id; Okra must have been invited to each."""
    from bot.slack_failures import SlackFailure

    try:
        known = list(program.runtime.gateway.channels(workspace_id))
    except SlackFailure as failure:
        fail(f"Slack did not list the channels: {failure.code}. `okra doctor` says what to do about it.")
    return [None if name is None else _place(name, known) for name in wanted]


def _place(name: str, known: Sequence[Channel]) -> str:
    bare = name.strip().removeprefix("#").casefold()
    found = next((channel for channel in known if channel.id == name.strip() or channel.name.casefold() == bare), None)
    if found is None:
        fail(f"Okra sees no channel {name}. If it is private, type `/invite @Okra` in it first.")
    if not found.is_member:
        fail(f"Okra is not in #{found.name}. Type `/invite @Okra` there, then try again.")
    if found.is_shared_outside:
        fail(
            f"People of another organisation read #{found.name}, or were invited to, and what Okra posts is for yours "
            "alone. Name a channel that is not shared, or stop sharing this one, then try again."
        )
    return found.id


def _show(team: Team, previews: Sequence[FirstMessage]) -> None:
    from bot.cli.reading import lines

    if not previews:
        typer.echo(f"{team.name} has no key result with an owner whom Slack knows, so nobody would be asked.")
    for preview in previews:
        local = preview.asked_at.astimezone(ZoneInfo(preview.zone))
        if preview.introduction is not None:
            typer.echo(f"\n{preview.name}, as soon as the team is on:")
            typer.echo("\n".join(f"    {line}" for line in lines(preview.introduction)))
        typer.echo(f"\n{preview.name}, {local:%A %-d %B, %H:%M} ({preview.zone}):")
        typer.echo("\n".join(f"    {line}" for line in lines(preview.prompt)))
    typer.echo("")
