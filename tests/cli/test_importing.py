"""`okra import` as people run it."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
import typer
from freezegun import freeze_time
from typer.testing import CliRunner, Result

from bot.cli.importing import register
from bot.services.installations import only_workspace
from models import AuditEvent, CheckIn, Cycle, Delivery, KeyResult, KeyResultState, Member, Team
from models.base import Base
from models.database import Database

LONGFETCH = Path(__file__).parents[2] / "examples" / "longfetch.csv"
PEOPLE = LONGFETCH.with_name("people.csv")
NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
HEADER = "id,org,cycle,objective,key_result,owner,target\n"

Okra = Callable[..., Result]


@pytest.fixture
def okra(database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Okra:
    """`okra import …` against a fresh database, on 1 October 2026."""
    monkeypatch.setenv("OKRA_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)  # where no .env lies about
    app = typer.Typer()
    app.callback()(lambda: None)  # a family of commands, as the real one
    register(app)

    def run(*arguments: object) -> Result:
        with freeze_time(NOW):
            return CliRunner().invoke(app, ["import", *map(str, arguments)])

    return run


def count(database: Database, table: type[Base]) -> int:
    with database.read() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def hire_everybody(database: Database) -> None:
    """The example's people, as members of the workspace."""
    with database.write() as session, PEOPLE.open(encoding="utf-8", newline="") as file:
        workspace = only_workspace(session, NOW, time_zone="UTC")
        for number, person in enumerate(csv.DictReader(file)):
            session.add(
                Member(
                    workspace_id=workspace.id,
                    slack_user_id=f"U0{number}",
                    name=person["name"],
                    email=person["email"],
                    time_zone=person["time zone"],
                    created_at=NOW,
                )
            )


def test_the_example_imports_cleanly_and_a_second_time_changes_nothing(okra: Okra, database: Database) -> None:
    hire_everybody(database)
    first = okra(LONGFETCH)
    assert first.exit_code == 0, first.output
    assert "36 key results: 36 new" in first.output
    assert "1 key result is a draft" in first.output
    assert "Nobody is asked yet" in first.output
    events = count(database, AuditEvent)
    second = okra(LONGFETCH)
    assert second.exit_code == 0
    assert "36 key results: 36 as before" in second.output
    assert second.output.splitlines()[-1] == "Everything is there already; nothing changes."
    assert count(database, AuditEvent) == events
    with database.read() as session:
        states = [one.state for one in session.scalars(sa.select(KeyResult))]
        levels = sorted(team.level.value for team in session.scalars(sa.select(Team)))
        assert not any(team.is_on or team.lead_id is None for team in session.scalars(sa.select(Team)))
    assert states.count(KeyResultState.ACTIVE) == 35
    assert states.count(KeyResultState.DRAFT) == 1
    assert levels == ["company", "department", "team", "team"]
    assert count(database, Delivery) == count(database, CheckIn) == 0


def test_without_slack_the_next_step_is_to_connect_it(okra: Okra) -> None:
    said = okra(LONGFETCH).output
    assert "36 key results are drafts: nobody is asked about them until there is an owner." in said
    assert said.splitlines()[-1] == (
        "Imported. Nobody can be asked yet: connect Slack (`okra doctor`), "
        "then run the same import again to find the owners."
    )


def test_the_next_step_is_the_one_that_is_left(okra: Okra, database: Database, tmp_path: Path) -> None:
    hire_everybody(database)
    file = tmp_path / "q4.csv"
    file.write_text(HEADER + "a,X,2026 Q3,O,Leaks,Ana,4 days\n", encoding="utf-8")
    over = okra(file).output.splitlines()[-2:]
    assert over == [
        "1 key result is a draft, in a cycle that is over.",
        "Imported. These cycles are over, so nobody is asked about them.",
    ]
    file.write_text(HEADER + "a,X,2026 Q3,O,Leaks,Ana,4 days\nb,X,2026 Q4,O,Leaks,Ana,4 days\n", encoding="utf-8")
    drafts, step = okra(file).output.splitlines()[-2:]
    assert drafts.startswith("2 key results are drafts, 1 of them in a cycle that is over: nobody is asked about them")
    assert step == "Imported. Nobody can be asked yet: no key result has an owner whom Slack knows."
    file.write_text(HEADER + "c,X,2026 Q4,O,Leaks,Mere Ngata,4 days\n", encoding="utf-8")
    assert okra(file).output.splitlines()[-1] == "Imported."


def test_the_examples_people_own_one_to_four_key_results_in_four_zones(okra: Okra, database: Database) -> None:
    hire_everybody(database)
    okra(LONGFETCH)
    owned = sa.select(Member.time_zone, sa.func.count()).join(KeyResult, KeyResult.owner_id == Member.id)
    with database.read() as session:
        per_person = session.execute(owned.group_by(Member.id, Member.time_zone)).all()
    assert len(per_person) == 14
    assert {number for _, number in per_person} <= {1, 2, 3, 4}
    assert {zone for zone, _ in per_person} == {
        "Pacific/Auckland",
        "Asia/Kolkata",
        "Europe/London",
        "America/New_York",
    }


def test_a_dry_run_shows_everything_new_and_writes_nothing(okra: Okra, database: Database) -> None:
    shown = okra(LONGFETCH, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert re.search(r"cycle +2026 Q4, 1 Oct 2026 – 31 Dec 2026, active", shown.output)
    assert re.search(r"lf-02 .*\[31 cm → 22 cm\]", shown.output)
    assert re.search(r"lf-05 .*\[at least 9 months\]", shown.output)
    assert "Nothing was changed: this was a dry run." in shown.output
    for table in (KeyResult, Team, Cycle, AuditEvent):
        assert count(database, table) == 0


def test_all_problems_are_printed_with_file_line_and_column(okra: Okra, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "q4.csv"
    file.write_text(HEADER + "a,X,2026 Q4,O,,Ana,\nb,X,2026 Q4,O,K,Ana,lots\na,X,2026 Q4,O,K,Ana,\n", encoding="utf-8")
    for arguments in ([file], [file, "--dry-run"]):
        refused = okra(*arguments)
        assert refused.exit_code == 1
        assert refused.stdout == ""
        lines = refused.stderr.splitlines()
        assert lines[0].startswith(f"{file}:2: key_result: This cell is empty")
        assert lines[1].startswith(f"{file}:3: target: ")
        assert lines[2].startswith(f"{file}:4: id: ")
        assert lines[3:] == ["Nothing was imported."]
    file.write_text("id,cycle\n", encoding="utf-8")
    refused = okra(file)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"{file}:1: The first line has to name the columns")
    assert count(database, KeyResult) == 0


def test_a_changed_target_is_shown_then_refused_then_applied_with_its_reason(
    okra: Okra, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "q4.csv"
    file.write_text(HEADER + "a,X,2026 Q4,O,Leaks,Ana,4 days\n", encoding="utf-8")
    okra(file)
    file.write_text(HEADER + "a,X,2026 Q4,O,Leaks,Ana,3 days\n", encoding="utf-8")
    shown = okra(file, "--dry-run")
    assert shown.exit_code == 0
    assert "  KR-1 (line 2)\n    target: 4 days → 3 days\n" in shown.output
    assert "1 change above will need --reason" in shown.output
    refused = okra(file)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"{file}:2: target: KR-1 has another target, and that needs a reason.")
    assert "--reason" in refused.stderr.splitlines()[-1]
    applied = okra(file, "--reason", "the yard is faster now")
    assert applied.exit_code == 0
    assert applied.output.splitlines()[-1].startswith("Imported.")


def test_a_row_that_names_another_team_and_says_all_else_as_before_is_shown_as_a_move(
    okra: Okra, tmp_path: Path
) -> None:
    file = tmp_path / "q4.csv"
    header = "id,cycle,level,team,objective,key_result,owner\n"
    file.write_text(header + "1,2026 Q4,team,Growth,Grow,Activation from 20 to 40 %,Mere\n", encoding="utf-8")
    okra(file)
    file.write_text(header + "1,2026 Q4,team,Growth Crew,Grow,Activation from 20 to 40 %,Mere\n", encoding="utf-8")
    shown = okra(file, "--dry-run")
    assert "  KR-1 (line 2)\n    objective: Grow (Growth) → Grow (Growth Crew)\n" in shown.output
    assert f"{file}:2: team: “Growth” is in this file no more. Was it renamed?" in shown.output
    assert "1 change above will need --reason" in shown.output
    refused = okra(file)
    assert refused.stderr.startswith(f"{file}:2: objective: KR-1 has another objective, and that needs a reason.")
    assert okra(file, "--reason", "a new name").exit_code == 0


def test_what_is_added_in_mid_cycle_is_refused_until_it_says_why_and_what_stops(
    okra: Okra, database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "q4.csv"
    file.write_text(HEADER + "a,X,2026 Q4,O,Leaks,Ana,4 days\n", encoding="utf-8")
    okra(file)
    with database.write() as session:
        session.execute(sa.update(Team).values(switched_on_at=datetime(2026, 10, 1, tzinfo=UTC)))
    file.write_text(HEADER + "a,X,2026 Q4,O,Leaks,Ana,4 days\nb,X,2026 Q4,O,Drift,Ana,3 days\n", encoding="utf-8")
    assert "1 change above will need --reason and --stops." in okra(file, "--dry-run").output
    for given, ways in (
        ((), 'why with --reason "…", and what stops for it with --stops "…" (“nothing” is an answer too): both are'),
        (("--reason", "a new yard"), 'what stops for it with --stops "…" (“nothing” is an answer too): it is'),
    ):
        refused = okra(file, *given)
        assert refused.exit_code == 1
        assert refused.stderr.startswith(f"{file}:3: id: “b” is new in mid-cycle")
        last = refused.stderr.splitlines()[-1]
        assert last == f"Nothing was imported. Say {ways} kept with each of these changes."
    assert okra(file, "--reason", "a new yard", "--stops", "nothing").exit_code == 0


def test_a_file_that_is_not_there_or_not_text_is_said_plainly(okra: Okra, tmp_path: Path) -> None:
    missing = okra(tmp_path / "no.csv")
    assert (missing.exit_code, missing.stderr) == (1, f"There is no file {tmp_path / 'no.csv'}.\n")
    folder = okra(tmp_path)
    assert folder.exit_code == 1
    assert "is a folder" in folder.stderr
    excel = tmp_path / "excel.csv"
    excel.write_bytes((HEADER + "a,X,2026 Q4,O,Café,Ana,\n").encode("cp1252"))
    refused = okra(excel)
    assert refused.exit_code == 1
    assert refused.stderr.startswith(f"{excel}:2: This file is not UTF-8.")


@pytest.mark.skipif("OKRA_SHARED" not in os.environ, reason="OKRA_SHARED does not name the folder with real OKRs")
def test_real_okrs_import_as_they_are_and_a_second_time_change_nothing(okra: Okra, database: Database) -> None:
    file = Path(os.environ["OKRA_SHARED"]) / "okrs" / "okrs.csv"
    shown = okra(file, "--dry-run")
    assert shown.exit_code == 0, shown.output
    assert "247 key results: 247 new" in shown.output
    assert count(database, KeyResult) == 0
    first = okra(file)
    assert first.exit_code == 0, first.output
    # nobody of these organisations is here, so nobody can be asked
    assert "247 key results are drafts" in first.output
    assert count(database, KeyResult) == 247
    events = count(database, AuditEvent)
    second = okra(file)
    assert second.exit_code == 0
    assert second.output.splitlines()[-1] == "Everything is there already; nothing changes."
    assert count(database, AuditEvent) == events
    with database.read() as session:
        assert {cycle.state.value for cycle in session.scalars(sa.select(Cycle))} == {"closed"}
        assert not any(team.is_on for team in session.scalars(sa.select(Team)))
        scored = sa.select(sa.func.count()).where(KeyResult.imported_score.is_not(None))
        noted = sa.select(sa.func.count()).where(KeyResult.imported_note.is_not(None))
        kept = (session.scalar(scored) or 0) + (session.scalar(noted) or 0)
    with file.open(encoding="utf-8", newline="") as content:
        assert kept == sum(bool(one["score"]) for one in csv.DictReader(content))
