"""`okra doctor` says what it looked at, what it found and what to do, against a real local Slack."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import MONDAY, Company
from freezegun import freeze_time
from typer.testing import CliRunner

from bot.cli import app
from bot.clock import real_clock
from bot.domain.cycles import CycleState
from bot.localslack.driver import Driver
from bot.localslack.state import Sharing
from bot.manifest import manifest
from bot.scopes import SCOPES
from bot.settings import Settings
from migrations.run import HEAD
from models import Cycle, Delivery, DeliveryState, Home, Installation, InstallationState, Message, PostKind
from models.database import open_database


def doctor() -> tuple[int, str]:
    result = CliRunner().invoke(app, ["doctor"])
    return result.exit_code, result.output


def test_when_all_is_well_it_says_so_and_why_each_scope_is_there(slack: Driver) -> None:
    code, said = doctor()
    assert code == 0, said
    assert "All is well." in said
    for scope, reason in SCOPES.items():
        assert f"{scope}: {reason}" in said
    assert "within 30 s of Slack's" in said
    assert "✗" not in said


def test_a_scope_that_is_missing_is_named_with_its_reason_and_remedy(slack: Driver) -> None:
    less = manifest()
    less["oauth_config"]["scopes"]["bot"].remove("im:history")
    slack.install(less)
    code, said = doctor()
    assert code == 1
    assert "✗ scope im:history: not granted. Okra needs it to read what people write to it in their direct" in said
    assert "install the app again" in said


def test_a_token_that_was_revoked_is_named(slack: Driver) -> None:
    slack.revoke_tokens()
    code, said = doctor()
    assert code == 1
    assert "✗ token: Slack says" in said
    assert "OKRA_SLACK_BOT_TOKEN" in said


def test_an_app_token_that_slack_does_not_take_is_named(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_SLACK_APP_TOKEN", "xapp-wrong")
    code, said = doctor()
    assert code == 1
    assert "✗ app token: Slack says “invalid_auth”. Copy OKRA_SLACK_APP_TOKEN anew; it needs connections:write." in said
    assert "xapp-wrong" not in said


def test_over_http_no_app_token_is_looked_at(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_TRANSPORT", "http")
    monkeypatch.setenv("OKRA_SLACK_SIGNING_SECRET", "not-a-secret")
    monkeypatch.delenv("OKRA_SLACK_APP_TOKEN")
    code, said = doctor()
    assert code == 0, said
    assert "app token" not in said
    assert slack.calls("apps.connections.open") == []


def test_a_slack_that_is_out_of_reach_is_named(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_SLACK_BASE_URL", "http://127.0.0.1:9/api/")
    code, said = doctor()
    assert code == 1
    assert "✗ Slack: cannot be reached at http://127.0.0.1:9/api/" in said


def test_a_database_without_its_tables_is_sent_to_migrate(
    slack: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "new.db").touch()
    monkeypatch.setenv("OKRA_DATABASE_URL", f"sqlite:///{tmp_path}/new.db")
    code, said = doctor()
    assert code == 1
    assert "✗ migrations: at none, this version needs" in said
    assert "Run `okra migrate`." in said


def test_a_database_of_a_newer_okra_is_not_sent_to_migrate(slack: Driver, database_url: str) -> None:
    database = open_database(database_url)
    with database.write() as session:
        session.execute(sa.text("update alembic_version set version_num = '9999'"))
    code, said = doctor()
    with database.write() as session:  # the next test gets the same database, emptied
        session.execute(sa.text("update alembic_version set version_num = :head"), {"head": HEAD})
    database.close()
    assert code == 1
    assert f"✗ migrations: The database is at 9999, newer than this Okra ({HEAD}). Install the newer Okra." in said
    assert "okra migrate" not in said


def test_looking_makes_no_database_and_no_folder_for_one(
    slack: Driver, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OKRA_DATABASE_URL")
    monkeypatch.setenv("OKRA_DATA_DIR", str(tmp_path / "later"))
    code, said = doctor()
    assert code == 1
    assert "✗ migrations: there is no database yet. Run `okra migrate`." in said
    assert "✓ Slack: answers as" in said
    assert not (tmp_path / "later").exists()


def test_without_a_token_it_says_that_it_did_not_look_at_slack(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OKRA_SLACK_BOT_TOKEN")
    code, said = doctor()
    assert code == 1
    assert "✗ settings: OKRA_SLACK_BOT_TOKEN is not set" in said
    assert "· Slack: not looked at; it needs the bot token." in said
    assert "✓ migrations" in said


def test_a_channel_that_has_become_shared_with_another_organisation_is_named(slack: Driver, database_url: str) -> None:
    digests, reds = slack.add_channel("growth-leads"), slack.add_channel("growth-reds")
    database = open_database(database_url)
    with database.write() as session:
        company = Company(session)
        company.team("Growth", channel_id=digests).escalation_channel_id = reds
        company.team("Sales", channel_id=digests, on=False)
    database.close()
    assert "another organisation" not in doctor()[1]
    slack.share("growth-leads", Sharing.PENDING)
    slack.share("growth-reds")
    code, said = doctor()
    assert code == 1
    for channel in ("growth-leads", "growth-reds"):
        assert said.count(f"✗ channels: people of another organisation read #{channel}, or were invited to") == 1
    assert 'okra team on "Growth" --channel "#NAME"' in said
    for channel in ("growth-leads", "growth-reds"):
        slack.share(channel, Sharing.NONE)
    assert "another organisation" not in doctor()[1]


@pytest.mark.parametrize(
    ("state", "what"),
    [
        (InstallationState.REVOKED, "Okra's token was revoked in Test Works"),
        (InstallationState.UNINSTALLED, "Okra was removed from Test Works"),
    ],
)
def test_a_workspace_in_which_nothing_is_posted_is_named_with_what_to_do(
    slack: Driver, database_url: str, state: InstallationState, what: str
) -> None:
    database = open_database(database_url)
    with database.write() as session:
        company = Company(session)
        installation = Installation(slack_team_id="T0TEST", state=state, installed_at=company.now)
        session.add(installation)
        session.flush()
        company.workspace.installation_id = installation.id
    database.close()
    code, said = doctor()
    assert code == 1
    assert f"✗ workspace: Slack said that {what}, so nothing is posted there; what is due waits." in said
    assert "start Okra again" in said


def test_only_drafts_that_somebody_could_be_asked_about_are_counted(slack: Driver, database_url: str) -> None:
    database = open_database(database_url)
    with database.write() as session:
        company = Company(session)
        team = company.team("Growth")
        company.key_result(company.objective(team), None)
        for state in (CycleState.PLANNING, CycleState.CLOSING, CycleState.CLOSED):
            company.cycle = Cycle(
                workspace_id=company.workspace.id, name=state.value, state=state, created_at=company.now
            )
            session.add(company.cycle)
            session.flush()
            company.key_result(company.objective(team), None)
    database.close()
    _, said = doctor()
    assert "· key results: 2 are drafts without an owner that Slack knows; nobody is asked about them." in said


def test_what_stands_there_with_an_older_state_is_named(slack: Driver, database_url: str) -> None:
    database = open_database(database_url)
    with database.write() as session:
        company = Company(session)
        ada, now = company.person("Ada Obi"), real_clock()
        row = {"workspace_id": company.workspace.id, "not_before": now}
        prompt = Delivery(
            **row,
            key="prompt:1",
            opaque_id="1",
            kind=PostKind.PROMPT,
            member_id=ada.id,
            state=DeliveryState.SENT,
            posted_channel="D1",
            posted_ts="1.0",
            created_at=now,
        )
        session.add(prompt)
        session.flush()
        session.add(
            Message(**row, delivery_id=prompt.id, channel="D1", ts="1.0", wanted=2, gone_at=now, error="msg_too_long")
        )
        session.add(Home(**row, member_id=ada.id, opened_at=now, wanted=2, error="not_rendered: KeyError"))
    database.close()
    code, said = doctor()
    assert code == 0, said
    assert "· messages: 1 × prompt to Ada Obi cannot be brought up to date: msg_too_long. What it shows" in said
    assert "· messages: the Home of Ada Obi cannot be brought up to date: not_rendered: KeyError." in said


def test_what_could_not_be_delivered_is_named_with_what_to_do(slack: Driver, database_url: str) -> None:
    database = open_database(database_url)
    with database.write() as session:
        company = Company(session)
        now = real_clock()
        for number, code in enumerate(("restricted_action_thread_only_channel", "msg_blocks_too_long")):
            session.add(
                Delivery(
                    workspace_id=company.workspace.id,
                    key=f"digest:{number}",
                    opaque_id=str(number),
                    kind=PostKind.DIGEST,
                    channel_id="C0LEADS",
                    state=DeliveryState.FAILED,
                    error=code,
                    created_at=now,
                    not_before=now,
                    settled_at=now,
                )
            )
    database.close()
    code, said = doctor()
    assert code == 0, said
    assert (
        "1 × digest to <#C0LEADS> could not be delivered: restricted_action_thread_only_channel. The channel does not "
        "let apps post messages and replies. Allow both there, or name another channel.\n"
    ) in said
    assert "1 × digest to <#C0LEADS> could not be delivered: msg_blocks_too_long\n" in said


def test_a_week_that_was_not_opened_is_named(slack: Driver, database_url: str) -> None:
    database = open_database(database_url)
    with database.write() as session:
        company = Company(session)
        ada = company.person("Ada Obi")
        ada.next_period, ada.next_opening_at = MONDAY, real_clock() - timedelta(hours=1)
    database.close()
    code, said = doctor()
    assert code == 1
    assert "✗ openings: overdue for one person, who should have been asked by now." in said


def test_a_database_out_of_reach_is_named_without_its_password(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_DATABASE_URL", "postgresql://okra:hunter2@127.0.0.1:9/okra")
    code, said = doctor()
    assert code == 1
    assert "✗ database: PostgreSQL cannot be reached" in said
    assert "hunter2" not in said


def test_a_database_address_that_makes_no_sense_is_named_without_its_password(
    slack: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKRA_DATABASE_URL", "postgresql://okra:se@cret:hunter2@localhost")
    code, said = doctor()
    assert code == 1
    assert said.startswith("✗ settings: OKRA_DATABASE_URL cannot be read; in a password write @ as %40.\n")
    assert "hunter2" not in said


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_that_cannot_be_written_is_named(slack: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    # The tests may run as root, who may write everything.
    monkeypatch.setattr("os.access", lambda path, _mode: Path(path).suffix != ".db")
    code, said = doctor()
    assert code == 1
    assert "okra.db cannot be written. Give the user that Okra runs as the right to write it and its folder." in said


def test_a_clock_that_is_wrong_is_named(slack: Driver) -> None:
    # Okra's machine is fast; Slack's, whose server runs in this process too, is not.
    with freeze_time(real_clock() + timedelta(minutes=4), tick=True, ignore=["aiohttp", "bot.localslack"]):
        code, said = doctor()
    assert code == 1
    assert "✗ clock: 2" in said
    assert "NTP" in said


def test_a_missing_setting_is_named_before_anything_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OKRA_{name.upper()}", raising=False)
    monkeypatch.setenv("OKRA_PORT", "x")
    code, said = doctor()
    assert code == 1
    assert [line.split()[2] for line in said.splitlines()[:3]] == [
        "OKRA_PORT",
        "OKRA_SLACK_BOT_TOKEN",
        "OKRA_SLACK_APP_TOKEN",
    ]
