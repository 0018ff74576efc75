"""`okra export` as people run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from answers import answered
from company import MONDAY, Company
from typer.testing import CliRunner, Result

from bot.cli.exporting import register
from bot.domain.cadence import period
from bot.domain.organisation import Level
from bot.services.digest import take_due
from models.database import Database

Okra = Callable[..., Result]


@pytest.fixture
def okra(database_url: str, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Okra:
    """`okra export …` where the company and its team have a digest of the first week."""
    monkeypatch.setenv("OKRA_DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)  # where no .env lies about
    with database.write() as session:
        company = Company(session)
        top = company.team("Longfetch", level=Level.COMPANY)
        growth = company.team("Growth", parent=top)
        key_result = company.key_result(company.objective(growth), company.person("Mele Fonua"))
        answered(session, key_result, period(MONDAY), value="30")
        top.next_digest_at = growth.next_digest_at = datetime(2026, 10, 7, 10, tzinfo=UTC)
        session.flush()
        take_due(session, datetime(2026, 10, 7, 10, tzinfo=UTC), 10)
    app = typer.Typer()
    app.callback()(lambda: None)  # a family of commands, as the real one
    register(app)
    return lambda *arguments: CliRunner().invoke(app, ["export", *map(str, arguments)])


def test_a_team_is_printed_as_a_sheet_and_the_company_written_as_a_tree(okra: Okra, tmp_path: Path) -> None:
    sheet = okra("--team", "growth")
    assert sheet.exit_code == 0, sheet.output
    assert sheet.stdout_bytes.startswith(b"\xef\xbb\xbfweek,digest,what,")
    assert b"KR-1,Activation,Growth,Mele Fonua,green,0.5" in sheet.stdout_bytes
    told = okra("--company", "--format", "json", "--cycle", "2026 Q4", "-o", "pack.json")
    assert told.stdout == "pack.json: 1 of Longfetch, 2026-10-05 to 2026-10-05.\n"
    (digest,) = json.loads((tmp_path / "pack.json").read_text(encoding="utf-8"))["digests"]
    assert digest["headline"] == "Longfetch, week of 5 Oct: the one due has checked in"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Name one: okra export --team NAME, or okra export --company."),
        (("--team", "Growth", "--company"), "Name one: okra export --team NAME, or okra export --company."),
        (("--company", "--cycle", "Q4", "--period", "2026-10-05"), "Either --cycle or --period: one of the two."),
        (("--company", "--period", "Monday"), "Monday is no day; it is written like 2026-11-16."),
        (("--company", "--period", "2027-01-01"), "Longfetch has no digest to export yet."),
        (("--company", "--cycle", "2020"), "There is no cycle “2020” with a first and a last day here."),
        (("--team", "Nowhere"), "There is no team “Nowhere” here."),
        (("--company", "-o", "no/such/folder/pack.csv"), "no/such/folder/pack.csv cannot be written"),
    ],
)
def test_what_makes_no_sense_is_said_in_a_sentence(okra: Okra, arguments: tuple[str, ...], sentence: str) -> None:
    result = okra(*arguments)
    assert result.exit_code == 1
    assert sentence in result.stderr
