"""Who may see a key result, and which teams share an objective, as a file says it."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
import sqlalchemy as sa
from office import LATER, NOW, Office, row, sheet
from sqlalchemy.orm import Session

from bot.domain.importing.plan import ImportPlan
from bot.domain.importing.rows import Rows
from bot.domain.organisation import Limit, Visibility
from bot.services import importing, limiting, outbox
from bot.services.importing import ImportRefused
from models import (
    AuditEvent,
    KeyResult,
    KeyResultViewer,
    MemberKind,
    Message,
    Objective,
    ObjectiveTeam,
    PostKind,
    Team,
)
from models.database import Database


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def limits(office: Office) -> dict[str | None, tuple[Visibility, set[int]]]:
    with office.database.read() as session:
        named = session.execute(sa.select(KeyResultViewer.key_result_id, KeyResultViewer.member_id)).all()
        return {
            one.import_key: (one.visibility, {member_id for about, member_id in named if about == one.id})
            for one in session.scalars(sa.select(KeyResult))
        }


def sharing(office: Office) -> list[str]:
    with office.database.read() as session:
        wanted = sa.select(Team.name).join(ObjectiveTeam, ObjectiveTeam.team_id == Team.id)
        return list(session.scalars(wanted.order_by(Team.name)))


def posts_a_digest(office: Office) -> None:
    """The digest of the team of the first row stands."""
    with office.database.write() as session:
        (hulls,) = session.scalars(sa.select(Team).where(Team.name == "Hulls"))
        post = outbox.NewPost(
            workspace_id=office.workspace_id, key="digest", kind=PostKind.DIGEST, channel_id="C0HULLS", team_id=hulls.id
        )
        outbox.post(session, NOW, post)


def drawn(office: Office) -> int:
    """How often the one message that stands was wanted anew."""
    with office.database.read() as session:
        return session.scalars(sa.select(Message.wanted)).one()


def test_a_file_says_who_may_see_what(office: Office) -> None:
    ana, bo = office.hire("Ana Lima"), office.hire("Bo Carr")
    office.imports(
        sheet(
            row("k1"),
            row("k2", visible_to="Everybody"),
            row("k3", visible_to="team"),
            row("k4", visible_to="ana@longfetch.example; <@U0BO>"),
            row("k5", visible_to="The team; Bo Carr"),
        )
    )
    assert limits(office) == {
        "k1": (Visibility.WORKSPACE, set()),
        "k2": (Visibility.WORKSPACE, set()),
        "k3": (Visibility.TEAM, set()),
        "k4": (Visibility.NAMED, {ana, bo}),
        "k5": (Visibility.TEAM, {bo}),
    }


def test_without_the_column_all_stays_as_it_was_and_everybody_opens_it_again(office: Office) -> None:
    ana = office.hire("Ana Lima")
    shared = {"visible_to": "Ana Lima", "shared_with": "Moorings"}
    office.imports(sheet(row("k1", **shared), row("k2", team="Moorings", objective="Hold")))
    before = limits(office), sharing(office)
    assert before == ({"k1": (Visibility.NAMED, {ana}), "k2": (Visibility.WORKSPACE, set())}, ["Moorings"])
    for again in (row("k1"), row("k1", **shared)):
        assert office.imports(sheet(again), now=LATER).changes_nothing
        assert (limits(office), sharing(office)) == before
    plan = office.imports(sheet(row("k1", visible_to="everybody")), now=LATER)
    (change,) = plan.key_results[0].changes
    assert (change.name, change.before, change.after) == ("visible to", "Ana Lima", "everybody")
    assert limits(office)["k1"] == (Visibility.WORKSPACE, set())
    with office.database.read() as session:
        (event,) = session.scalars(sa.select(AuditEvent).where(AuditEvent.action == "key_result.changed"))
        assert [one["field"] for one in event.detail["changes"]] == ["visible to"]


def test_what_an_admin_sets_while_a_file_comes_in_stands_where_the_file_does_not_say_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    if office.database.is_sqlite:
        pytest.skip("there one comes after the other")
    ana, bo = office.hire("Ana Lima"), office.hire("Bo Carr")
    office.imports(sheet(row("k1"), row("k2"), row("k3", team="Moorings", objective="Hold")))
    plan_import = importing.plan_import

    def plan_and_wait(session: Session, workspace_id: int, rows: Rows, now: datetime) -> ImportPlan:
        plan = plan_import(session, workspace_id, rows, now)
        with office.database.write() as other:
            for one in other.scalars(sa.select(KeyResult).where(KeyResult.import_key.in_(["k1", "k2"]))):
                limiting.write(other, one, Limit(Visibility.NAMED, frozenset([ana])))
            objective = other.scalars(sa.select(Objective).where(Objective.title == "Float")).one()
            moorings = other.scalars(sa.select(Team.id).where(Team.name == "Moorings")).one()
            limiting.share(other, objective, [moorings])
        return plan

    monkeypatch.setattr(importing, "plan_import", plan_and_wait)
    again = (
        row("k1", "Leaks from 9 to 3", priority="First"),
        row("k2", "Leaks from 8 to 3", visible_to="team; Bo Carr"),
    )
    office.imports(sheet(*again), now=LATER, reason="they leak less", stops="nothing")
    assert (limits(office)["k1"], limits(office)["k2"]) == ((Visibility.NAMED, {ana}), (Visibility.TEAM, {bo}))
    assert sharing(office) == ["Moorings"]


def test_what_was_posted_is_drawn_again_where_an_import_limits_it_or_lets_others_share_it(office: Office) -> None:
    office.imports(sheet(row("k1"), row("k2", team="Moorings", objective="Hold")))
    posts_a_digest(office)
    wanted = [drawn(office)]
    for again in (row("k1"), row("k1", visible_to="team"), row("k1", shared_with="Moorings")):
        office.imports(sheet(again), now=LATER)
        wanted.append(drawn(office))
    assert [after > before for before, after in pairwise(wanted)] == [False, True, True]


def test_what_was_posted_is_drawn_again_where_a_key_result_moves_under_an_objective_that_is_limited(
    office: Office,
) -> None:
    office.imports(sheet(row("k1"), row("k2", objective="Secret")))
    with office.database.write() as session:
        secret = session.scalars(sa.select(Objective).where(Objective.title == "Secret")).one()
        limiting.write(session, secret, Limit(Visibility.TEAM, frozenset()))
    posts_a_digest(office)
    before = drawn(office)
    office.imports(sheet(row("k1", objective="Secret")), now=LATER, reason="it belongs there")
    assert drawn(office) > before


def test_who_or_what_is_not_known_is_said_with_line_and_column_and_nothing_is_written(office: Office) -> None:
    office.hire("Ana Lima")
    office.hire("Gus Guest", MemberKind.GUEST)
    rows = sheet(
        row("k1", visible_to="Ana Lima; Nobody Yet"),
        row("k2", visible_to="Gus Guest"),
        row("k3", visible_to="everybody; Ana Lima"),
        row("k4", objective="Sink", shared_with="Hulls; Ghosts"),
    )
    with pytest.raises(ImportRefused) as refused:
        office.imports(rows)
    assert [(one.line, one.column, one.message) for one in refused.value.problems] == [
        (
            2,
            "visible to",
            "“Nobody Yet” is nobody that Okra knows in this workspace, so it cannot be limited to them.",
        ),
        (3, "visible to", "“Gus Guest” is a guest or has left, and so sees nothing."),
        (4, "visible to", "Either everybody may see it, or those who are named."),
        (5, "shared with", "There is no team “Ghosts”, here or in the file."),
    ]
    assert office.count(KeyResult) == 0


def test_an_objective_is_shared_with_teams_of_the_file_and_of_the_workspace(office: Office) -> None:
    office.imports(sheet(row("k1", team="Moorings", objective="Hold")))
    plan = office.imports(
        sheet(
            row("k2", "Leaks from 9 to 3"),
            row("k3", "Leaks from 8 to 3", shared_with="moorings; Sails; Hulls"),
            row("k4", "Leaks from 7 to 3", shared_with="Sails"),
            row("k5", team="Sails", objective="Sail"),
        ),
        now=LATER,
    )
    # The team that holds it is none of those that share it.
    assert sharing(office) == ["Moorings", "Sails"]
    assert [one.message for one in plan.warnings if one.column == "shared with"] == [
        "The same objective is shared with others on line 3; that one counts."
    ]
    plan = office.imports(sheet(row("k2", "Leaks from 9 to 3", shared_with="Sails")), now=LATER)
    (change,) = next(iter(plan.objectives.values())).changes
    assert (change.name, change.before, change.after) == ("shared with", "Moorings; Sails", "Sails")
    assert sharing(office) == ["Sails"]
