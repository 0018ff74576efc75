"""A small company on a local Slack, with Okra wired to it: over real sockets, for stories and for the browser.

Growth (lead: Tama Reid, channel #growth-leads) stands below the company (lead: Rosa Lind, channel #leads). Mere Ngata
owns KR-1 Activation and KR-2 SOC 2 certified, Ana Silva in Kolkata owns KR-3 Churn. Ada Admin is an admin, Sam Stone
owns nothing, Gus Guest is a guest. Both teams are on since Thursday, 1 October 2026; the first Monday is 5 October.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from company import BEFORE, Company
from pydantic import SecretStr
from sockets import end_waits
from sqlalchemy.orm import Session
from story import Okra

from bot.app import Program, build
from bot.demo.timekeeper import Timekeeper
from bot.domain.kinds import Kind
from bot.domain.organisation import Level
from bot.doors import HttpDoor, SocketDoor
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.driver import DrivenPerson, Driver
from bot.localslack.manifest import from_manifest
from bot.localslack.outgoing import ACK_SECONDS
from bot.localslack.server import LocalSlackServer
from bot.manifest import manifest
from bot.services import teams
from bot.settings import Settings, Transport
from models import Team, Workspace

TICK_SECONDS = 0.1


@contextmanager
def living(
    database_url: str, transport: Transport = Transport.SOCKET, *, ack_seconds: float = ACK_SECONDS
) -> Iterator[Okra]:
    """Slack and Okra, connected, with everybody in and both teams on. The database is empty, of the current schema."""
    clock = SlackClock(start=BEFORE)
    app = from_manifest(manifest())
    with LocalSlackServer(LocalSlack(app, clock), ack_seconds=ack_seconds) as server:
        slack = Driver(server.base_url)
        admin = _move_in(slack)
        settings = Settings(
            _env_file=None,  # type: ignore[call-arg]
            slack_bot_token=SecretStr(app.bot_token),
            slack_app_token=SecretStr(app.app_token),
            slack_signing_secret=SecretStr(app.signing_secret),
            slack_base_url=server.api_url,
            transport=transport,
            port=0,
            database_url=database_url,
            admins=(admin.id,),
            time_zone="UTC",
            tick_seconds=TICK_SECONDS,
        )
        program = build(settings, clock=clock.now)
        runner, door = program.worker(), program.door()
        try:
            if isinstance(door, HttpDoor):
                address = f"http://127.0.0.1:{door.port}/slack/events"
                slack.install(manifest(address), url=address)
            workspace_id = program.connect()
            program.read_members(workspace_id)
            with program.runtime.write() as session:
                _found(session, workspace_id, _channels(program))
            runner.start()
            door.open()
            if transport is Transport.SOCKET:
                slack.wait_until_connected()
            yield Okra(
                server,
                slack,
                program,
                Timekeeper(program.runtime.database, now=clock.now, jump=clock.jump_to, hurry=runner.hurry),
                workspace_id,
            )
        finally:
            if isinstance(door, SocketDoor):
                end_waits(door._handler, slack)
            door.close()
            runner.stop()
            program.close()


def _move_in(slack: Driver) -> DrivenPerson:
    """The people and their channels; returns the admin."""
    everybody = [
        slack.add_person("Mere Ngata", tz="Europe/London"),
        slack.add_person("Ana Silva", tz="Asia/Kolkata"),
        slack.add_person("Tama Reid", tz="Europe/London"),
        slack.add_person("Rosa Lind", tz="Europe/London"),
        slack.add_person("Sam Stone", tz="Europe/London"),
    ]
    slack.add_person("Gus Guest", tz="Europe/London", is_restricted=True)
    admin = slack.add_person("Ada Admin", tz="Europe/London")
    slack.add_channel("growth-leads", members=everybody)
    slack.add_channel("leads", members=everybody)
    return admin


def _channels(program: Program) -> dict[str, str]:
    return {channel.name: channel.id for channel in program.runtime.gateway.channels(0)}


def _found(session: Session, workspace_id: int, channels: dict[str, str]) -> None:
    company = Company(session, BEFORE, session.get_one(Workspace, workspace_id))
    whole = company.team("Company", lead=company.member("Rosa Lind"), level=Level.COMPANY, on=False)
    growth = company.team("Growth", lead=company.member("Tama Reid"), parent=whole, on=False)
    objective = company.objective(growth)
    mere, ana = company.member("Mere Ngata"), company.member("Ana Silva")
    company.key_result(objective, mere)
    company.key_result(
        objective, mere, "SOC 2 certified by 15 Dec", kind=Kind.MILESTONE, start=None, target=None, metric=None, unit=""
    )
    company.key_result(
        objective,
        ana,
        "Churn from 4 to 2 % by 15 Dec",
        kind=Kind.DECREASE,
        start=Decimal(4),
        target=Decimal(2),
        metric="Churn",
    )
    for team, channel in ((whole, "leads"), (growth, "growth-leads")):
        _join(session, team, channels[channel])


def _join(session: Session, team: Team, channel_id: str) -> None:
    teams.switch_on(session, BEFORE, caller=None, team=team, channel_id=channel_id)
