"""One whole week, from a file of OKRs to the digest: over both transports, on both databases, as the demo plays it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from company import Company

from bot.demo import week
from bot.demo.chronicle import chronicle, week_of
from bot.demo.town import Town, open_town
from bot.settings import Transport
from migrations.run import AnothersProgramme
from models import Answer, CheckIn, CheckInState, Delivery, DeliveryState, Escalation, Workspace
from models.database import Database, open_database

DECISION = "Old radios in the next forty hulls; the new one waits until its maker answers"
STOP_OR_SHIFT = "seal-proof lids wait until standby draw is below 60 mA"
README = Path(__file__).parent.parent.parent / "README.md"


# Each transport and each database once.
WAYS = [(Transport.SOCKET, "postgresql"), (Transport.HTTP, "sqlite")]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("transport", "database_url"), WAYS, indirect=["database_url"])
def test_a_quarter_goes_from_the_file_to_the_eighth_digest(
    transport: Transport, database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_town(transport=transport, database_url=database_url, before=week.until_then) as town:
        for station in week.STATIONS:
            station(town)
        look_at(town, capsys.readouterr().out)


def look_at(town: Town, told: str) -> None:
    # Thursday: an import asks nobody, and each owner is introduced once.
    assert "36 key results are imported" in told
    tane = town.person("Tāne Wihongi")
    introduction, prompt = tane.direct_messages()[:2]
    assert introduction.headline.startswith("Hello Tāne, I'm Okra.")

    # Monday: one prompt at nine, which now says that all is in.
    asked = datetime.fromtimestamp(float(prompt.ts), UTC)
    assert datetime(2026, 11, 22, 20, tzinfo=UTC) <= asked < datetime(2026, 11, 22, 20, 1, tzinfo=UTC)
    assert prompt.edited
    assert "Check in" not in prompt.buttons

    # The red: one thread, a decision with owner and date, said to the one who makes it happen.
    root, *replies = tane.channel("buoy-works-leads").thread_of("The owner needs")
    assert "🔴 red KR-32" in root.text
    assert "Blocked by: the radio maker" in root.text
    assert DECISION in root.text
    assert any("@Tāne, can you make this happen by Fri 4 Dec?" in reply.text for reply in replies)

    # Wednesday: the digest, with what the lead answered on Tuesday.
    digest = tane.channel("buoy-works-leads").messages[-1]
    assert digest.headline.startswith("Buoy Works, week of 23 Nov:")
    assert "7 of 8 checked in" in digest.headline
    assert STOP_OR_SHIFT in digest.text
    assert "Hollie" not in digest.text, "who missed a check-in is nobody's business but hers and her lead's"

    # The README shows this very week.
    shown = [line for line in README.read_text(encoding="utf-8").splitlines() if line.startswith(("┌ ", "│ "))]
    assert shown
    assert [line for line in shown if line not in told] == []

    with town.program.runtime.read() as session:
        given = session.scalar(sa.select(sa.func.count()).select_from(Answer))
        answered = session.scalar(sa.select(sa.func.count()).where(CheckIn.state == CheckInState.ANSWERED))
        threads = session.scalar(sa.select(sa.func.count()).select_from(Escalation))
        undone = session.scalar(
            sa.select(sa.func.count()).where(Delivery.state.not_in((DeliveryState.SENT, DeliveryState.OBSOLETE)))
        )
    said = sum(one <= week_of(8) for weeks in chronicle().answers.values() for one in weeks)
    assert given == answered == said
    assert threads == 5
    assert undone == 0


def test_the_demo_does_not_touch_somebody_elses_programme(database: Database, database_url: str) -> None:
    with database.write() as session:
        Company(session)
    with pytest.raises(AnothersProgramme) as held, open_town(database_url=database_url):
        pass
    assert held.value.name == "Test Works"
    reopened = open_database(database_url)
    with reopened.read() as session:
        assert session.scalars(sa.select(Workspace.name)).all() == ["Test Works"]
    reopened.close()
