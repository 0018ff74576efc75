"""`okra doctor`: looks at everything Okra needs, and says what to do about what it finds."""

from __future__ import annotations

import enum
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import sqlalchemy as sa
import typer
from sqlalchemy.exc import SQLAlchemyError

from bot.app import Program, build, database_file, open_settings_database
from bot.blocks.notices import kept_back, remedy, silent
from bot.cli.starting import COPY_APP_TOKEN, first_line
from bot.domain.cycles import CycleState
from bot.scopes import SCOPES
from bot.services.failures import Failures, failures_of
from bot.services.overdue import openings as overdue_openings
from bot.settings import Settings, SettingsError, Transport, load
from bot.slack import Identity
from bot.slack_failures import NotLetIn, Permanent, SlackFailure
from migrations.run import HEAD, NewerDatabase, is_newer, stored_revision
from models import Cycle, InstallationState, KeyResult, KeyResultState, Objective, Team

# Slack refuses a request whose signature is five minutes old; long before that the clocks deserve a look.
SKEW_SECONDS = 30


class Finding(enum.Enum):
    OK = "ok"
    NOTE = "note"
    WRONG = "wrong"


@dataclass(frozen=True)
class Check:
    """One line of the report: what was looked at, what was found, what to do."""

    what: str
    finding: Finding
    said: str

    def __str__(self) -> str:
        mark = {Finding.OK: "✓", Finding.NOTE: "·", Finding.WRONG: "✗"}[self.finding]
        return f"{mark} {self.what}: {self.said}"


def register(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor() -> None:
    """Check settings, database, migrations, Slack, token, scopes and clock, and say what to do about each."""
    wrong = 0
    for check in examine():
        typer.echo(str(check))
        wrong += check.finding is Finding.WRONG
    if wrong:
        typer.echo(f"\n{wrong} to mend." if wrong > 1 else "\nOne thing to mend.", err=True)
        raise typer.Exit(1)
    typer.echo("\nAll is well.")


def examine() -> Iterator[Check]:
    """Run every check, in the order in which a fault would hide the next ones."""
    settings = yield from _settings()
    if settings is None:
        return
    program = build(settings, database=open_settings_database(settings, make_folder=False))
    try:
        migrated = yield from _database(program)
        answers = yield from _slack(program)
        if migrated and answers:
            yield from _channels(program)
        if migrated:
            yield from _programme(program)
    finally:
        program.close()


def _settings() -> Generator[Check, None, Settings | None]:
    try:
        settings = load(slack=True)
        how = "Socket Mode" if settings.transport is Transport.SOCKET else "signed HTTP"
        yield Check("settings", Finding.OK, f"complete for {how}, time zone {settings.time_zone}")
    except SettingsError as error:
        yield from (Check("settings", Finding.WRONG, sentence) for sentence in error.sentences)
        if error.malformed:
            return None
        settings = load()
    if not settings.admins:
        yield Check("admins", Finding.NOTE, "OKRA_ADMINS is empty, so nobody is told when something fails. Name one.")
    return settings


def _database(program: Program) -> Generator[Check, None, bool]:
    database = program.runtime.database
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    file = database_file(database)
    if file is not None and not file.exists():
        # to connect would make it
        yield Check("migrations", Finding.WRONG, "there is no database yet. Run `okra migrate`.")
        return False
    try:
        revision = stored_revision(database)
    except SQLAlchemyError as error:
        yield Check(
            "database", Finding.WRONG, f"{kind} cannot be reached ({first_line(error)}). Check OKRA_DATABASE_URL."
        )
        return False
    if file is not None and not _may_write(file):
        yield Check(
            "database",
            Finding.WRONG,
            f"{file} cannot be written. Give the user that Okra runs as the right to write it and its folder.",
        )
        return False
    yield Check("database", Finding.OK, f"{kind} answers")
    if revision == HEAD:
        yield Check("migrations", Finding.OK, f"at revision {HEAD}")
        return True
    if revision is not None and is_newer(revision):
        yield Check("migrations", Finding.WRONG, str(NewerDatabase(revision)))
        return False
    yield Check("migrations", Finding.WRONG, f"at {revision or 'none'}, this version needs {HEAD}. Run `okra migrate`.")
    return False


def _may_write(file: Path) -> bool:
    """SQLite keeps its log beside the file."""
    return all(os.access(one, os.W_OK) for one in (file, file.parent))


def _slack(program: Program) -> Generator[Check, None, bool]:
    settings = program.runtime.settings
    if settings.slack_bot_token is None:
        yield Check("Slack", Finding.NOTE, "not looked at; it needs the bot token.")
        return False
    try:
        identity = program.runtime.gateway.identity(0)
    except (NotLetIn, Permanent) as failure:
        yield Check("Slack", Finding.OK, "answers")
        yield Check(
            "token", Finding.WRONG, f"Slack says “{failure.code}”. Copy OKRA_SLACK_BOT_TOKEN anew from the app's page."
        )
        return False
    except SlackFailure as failure:
        yield Check(
            "Slack",
            Finding.WRONG,
            f"cannot be reached at {settings.slack_base_url} ({failure.code}). "
            "Check the network and OKRA_SLACK_BASE_URL.",
        )
        return False
    yield Check("Slack", Finding.OK, f"answers as {identity.team_name} ({identity.slack_team_id})")
    if settings.transport is Transport.SOCKET:
        yield _app_token(program)
    yield from _scopes(identity)
    yield _clock(identity, program.runtime.now())
    return True


def _app_token(program: Program) -> Check:
    token = program.runtime.settings.slack_app_token
    if token is None:
        return Check("app token", Finding.NOTE, "not looked at; it is not set.")
    try:
        program.runtime.gateway.check_app_token(token.get_secret_value())
    except (NotLetIn, Permanent) as failure:
        return Check("app token", Finding.WRONG, f"Slack says “{failure.code}”. {COPY_APP_TOKEN}")
    except SlackFailure as failure:
        return Check(
            "app token", Finding.WRONG, f"Slack could not be asked about it ({failure.code}). Try again in a minute."
        )
    return Check("app token", Finding.OK, "may listen by Socket Mode")


def _scopes(identity: Identity) -> Iterator[Check]:
    missing = [scope for scope in SCOPES if scope not in identity.scopes]
    for scope in missing:
        yield Check(
            f"scope {scope}",
            Finding.WRONG,
            f"not granted. Okra needs it {SCOPES[scope]} Add it, then install the app again.",
        )
    if not missing:
        yield Check("scopes", Finding.OK, f"all {len(SCOPES)} granted")
        for scope, reason in SCOPES.items():
            yield Check(f"  {scope}", Finding.OK, reason)


def _clock(identity: Identity, now: datetime) -> Check:
    if identity.server_date is None:
        return Check("clock", Finding.NOTE, "Slack did not say what time it is")
    skew = abs((now - parsedate_to_datetime(identity.server_date)).total_seconds())
    if skew <= SKEW_SECONDS:
        return Check("clock", Finding.OK, f"within {SKEW_SECONDS} s of Slack's")
    return Check(
        "clock",
        Finding.WRONG,
        f"{skew:.0f} s away from Slack's. Check the machine's time (NTP): prompts would come at a wrong hour.",
    )


def _channels(program: Program) -> Iterator[Check]:
    """A channel may come to be shared long after its team was switched on."""
    with program.runtime.read() as session:
        teams = session.execute(
            sa.select(Team.name, Team.channel_id, Team.escalation_channel_id)
            .where(Team.switched_on_at.is_not(None), Team.archived_at.is_(None))
            .order_by(Team.name)
        ).all()
    if not any(ids for _, *places in teams for ids in places):
        return
    try:
        shared = {one.id: one.name for one in program.runtime.gateway.channels(0) if one.is_shared_outside}
    except SlackFailure as failure:
        yield Check("channels", Finding.NOTE, f"not looked at; Slack did not list them ({failure.code}).")
        return
    for team, *places in teams:
        for place in dict.fromkeys(one for one in places if one in shared):
            yield Check(
                "channels",
                Finding.WRONG,
                f"people of another organisation read #{shared[place]}, or were invited to. Okra looks once a day, and "
                f"posts nothing there for {team} until it is shared no more. Stop sharing it, or name another: okra "
                f'team on "{team}" --channel "#NAME" (with --escalations "#NAME", where reds are discussed elsewhere).',
            )


def _programme(program: Program) -> Iterator[Check]:
    with program.runtime.read() as session:
        on = session.scalar(
            sa.select(sa.func.count()).where(Team.switched_on_at.is_not(None), Team.archived_at.is_(None))
        )
        off = session.scalar(
            sa.select(sa.func.count()).where(Team.switched_on_at.is_(None), Team.archived_at.is_(None))
        )
        drafts = session.scalar(
            sa.select(sa.func.count())
            .select_from(KeyResult)
            .join(Objective, Objective.id == KeyResult.objective_id)
            .join(Cycle, Cycle.id == Objective.cycle_id)
            .where(
                KeyResult.state == KeyResultState.DRAFT,
                KeyResult.archived_at.is_(None),
                # in a cycle that is over, nobody would be asked anyway
                Cycle.state.in_((CycleState.PLANNING, CycleState.ACTIVE)),
            )
        )
        failures = failures_of(session, program.runtime.now())
        overdue = overdue_openings(session, program.runtime.now())
    hint = "" if on else " `okra team on NAME` switches one on."
    yield Check("teams", Finding.OK if on else Finding.NOTE, f"{on} on, {off} off.{hint}")
    if drafts:
        yield Check(
            "key results",
            Finding.NOTE,
            "one is a draft without an owner that Slack knows; nobody is asked about it."
            if drafts == 1
            else f"{drafts} are drafts without an owner that Slack knows; nobody is asked about them.",
        )
    if overdue:
        yield Check(
            "openings",
            Finding.WRONG,
            f"overdue for {'one person' if overdue == 1 else f'{overdue} people'}, who should have been asked by now. "
            "Okra keeps trying; its log says why (`opening_not_made`), or no worker runs: `okra run`.",
        )
    yield from _deliveries(failures)


def _deliveries(failures: Failures) -> Iterator[Check]:
    for where, state in failures.silent:
        yield Check("workspace", Finding.WRONG, silent(where, was_removed=state is InstallationState.UNINSTALLED))
    for team, due in failures.not_made:
        yield Check(
            "digests",
            Finding.WRONG,
            f"that of {team} was due {due:%Y-%m-%d %H:%M} and could not be made. Okra keeps trying; its log says why "
            "(`digest_not_made`), or no worker runs: `okra run`.",
        )
    for one in failures.undelivered:
        failed = f"{one.count} × {one.kind.value} to {one.to} could not be delivered: {one.code}"
        yield Check("deliveries", Finding.NOTE, ". ".join(filter(None, [failed, remedy(one.code)])))
    for shown in failures.not_shown:
        what = f"{shown.count} × {shown.kind.value} to" if shown.kind is not None else "the Home of"
        yield Check(
            "messages",
            Finding.NOTE,
            f"{what} {shown.to} cannot be brought up to date: {shown.code}. What it shows is older than what is; "
            "`/okr` tells what is. Okra's log says more (`redraw_failed`, `publication_failed`, `not_rendered`, "
            "`home_not_rendered`).",
        )
    if failures.kept:
        yield Check("direct messages", Finding.WRONG, kept_back(failures.kept))
    if failures.too_late:
        yield Check(
            "deliveries",
            Finding.NOTE,
            f"{failures.too_late} × prompt came to nothing: answering had closed before Slack could be reached.",
        )
    if failures.uncertain:
        yield Check(
            "deliveries", Finding.NOTE, f"{failures.uncertain} are uncertain; Okra is looking whether they arrived."
        )
