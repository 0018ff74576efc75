"""`okra team on`: where a team's digest and its reds may be posted."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from company import Company
from typer.testing import CliRunner

from bot.cli import app
from bot.localslack.driver import Driver
from bot.localslack.state import Sharing
from models import Team
from models.database import open_database


@pytest.mark.parametrize("sharing", [Sharing.PENDING, Sharing.SHARED])
@pytest.mark.parametrize("shared", ["growth-leads", "growth-reds"])
def test_a_channel_that_another_organisation_reads_is_refused(
    slack: Driver, database_url: str, sharing: Sharing, shared: str
) -> None:
    database = open_database(database_url)
    with database.write() as session:
        company = Company(session)
        # As an import leaves it: it gets to know its Slack from the command.
        company.workspace.slack_team_id = None
        company.team("Growth", channel_id=None, on=False)
    for name in ("growth-leads", "growth-reds"):
        slack.add_channel(name)
    slack.share(shared, sharing)
    on = ["team", "on", "Growth", "--channel", "#growth-leads", "--escalations", "#growth-reds", "--yes"]
    refused = CliRunner().invoke(app, on)
    assert refused.exit_code == 1
    assert f"People of another organisation read #{shared}, or were invited to" in refused.stderr
    slack.share(shared, Sharing.NONE)
    assert CliRunner().invoke(app, on).exit_code == 0
    with database.read() as session:
        assert session.scalars(sa.select(Team.switched_on_at)).one() is not None
    database.close()
