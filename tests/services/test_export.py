from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from answers import answered
from company import MONDAY, Company
from sqlalchemy.orm import Session

from bot.domain.cadence import following, period
from bot.domain.export import Format
from bot.domain.organisation import Level, Visibility
from bot.services import export
from bot.services.digest import take_due
from bot.services.refusals import Reason, Refused
from models import MemberKind, Team
from models.database import Database

WEEK = period(MONDAY)
WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)


@dataclass
class Works:
    session: Session

    def __post_init__(self) -> None:
        self.company = Company(self.session)
        self.mele = self.company.person("Mele Fonua")
        self.top = self.company.team("Longfetch", level=Level.COMPANY)
        self.growth = self.company.team("R&D / Growth", parent=self.top)
        objective = self.company.objective(self.growth)
        self.plain = self.company.key_result(objective, self.mele)
        self.secret = self.company.key_result(objective, self.mele, metric="Hush")

    def take(self, *teams: Team, week: int = 0) -> None:
        for key_result in (self.plain, self.secret):
            answered(self.session, key_result, following(WEEK, week), value="30")
        for team in teams:
            team.next_digest_at = WEDNESDAY + timedelta(weeks=week)
        self.session.flush()
        take_due(self.session, WEDNESDAY + timedelta(weeks=week), 10)

    def names(self, exported: export.Exported) -> list[list[str]]:
        digests = json.loads(exported.content)["digests"]
        return [[one["key_result"] for one in digest["key_results"]] for digest in digests]


def test_the_newest_digest_that_of_a_day_and_all_of_a_cycle(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        for week in range(3):
            works.take(works.growth, week=week)
        newest = export.export(session, works.growth, Format.JSON)
        assert (newest.name, newest.digests) == ("okra-R-D-Growth-2026-10-19.json", 1)
        of_day = export.export(session, works.growth, Format.CSV, week=date(2026, 10, 15))
        assert (of_day.name, of_day.first) == ("okra-R-D-Growth-2026-10-12.csv", following(WEEK, 1))
        whole = export.export(session, works.growth, Format.JSON, cycle="2026 q4")
        assert (whole.name, whole.digests) == ("okra-R-D-Growth-2026-10-05..2026-10-19.json", 3)
        assert works.names(whole) == [["KR-1", "KR-2"]] * 3


def test_what_was_limited_since_is_in_no_file_any_more(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        works.take(works.growth, works.top)
        works.secret.visibility = Visibility.NAMED
        session.flush()
        for team in (works.growth, works.top):
            for form in Format:
                content = export.export(session, team, form).content
                assert b"Activation" in content
                assert b"Hush" not in content
                assert b"KR-2" not in content


def test_what_cannot_be_exported_is_said(database: Database) -> None:
    with database.write() as session:
        works = Works(session)

        def refused(**which: object) -> Reason:
            with pytest.raises(Refused) as caught:
                export.export(session, works.growth, Format.CSV, **which)  # type: ignore[arg-type]
            return caught.value.reason

        assert refused() is Reason.NO_DIGEST_YET
        works.take(works.growth)
        assert refused(week=date(2026, 10, 20)) is Reason.NO_DIGEST_YET
        assert refused(cycle="2025 Q1") is Reason.NO_SUCH_CYCLE


def test_guests_export_nothing_and_another_workspace_is_another(database: Database) -> None:
    with database.write() as session:
        works = Works(session)
        works.take(works.top)
        guest = works.company.caller(works.company.person("Gus Guest", kind=MemberKind.GUEST))
        with pytest.raises(Refused) as refused:
            export.for_person(session, WEDNESDAY, guest, "", Format.CSV)
        assert refused.value.reason is Reason.NOT_A_FULL_MEMBER
        mele = works.company.caller(works.mele)
        for name in ("", "company", "Company", "longfetch"):
            assert export.for_person(session, WEDNESDAY, mele, name, Format.CSV).team == "Longfetch"
        with pytest.raises(Refused) as refused:
            export.for_person(session, WEDNESDAY, mele, "Elsewhere", Format.CSV)
        assert refused.value.reason is Reason.NO_SUCH_TEAM
