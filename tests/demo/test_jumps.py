"""Where the clock can jump to follows from what is planned and queued, on both engines."""

from __future__ import annotations

from datetime import timedelta

from company import BEFORE, Company

from bot.demo.jumps import jumps
from bot.services import outbox, teams
from models import PostKind
from models.database import Database


def test_what_is_planned_can_be_jumped_to_and_what_is_not_says_why(database: Database) -> None:
    with database.write() as session:
        company = Company(session, BEFORE)
        found = {jump.name: jump for jump in jumps(session, BEFORE)}
        assert (found["prompt"].at, found["prompt"].why) == (None, "No check-in is planned")
        assert found["digest"].at is None
        team = company.team("Growth", lead=company.person("Tama Reid"), on=False)
        company.key_result(company.objective(team), company.person("Mere Ngata"))
        teams.switch_on(session, BEFORE, caller=None, team=team, channel_id="C0LEADS")
        found = {jump.name: jump for jump in jumps(session, BEFORE)}
        assert list(found) == ["next", "prompt", "note", "digest", "cycle"]
        assert found["prompt"].at == found["next"].at
        assert [jump.at for jump in found.values()][1:] == sorted(jump.at for jump in found.values() if jump.at)[1:]
        assert all(jump.why is None for jump in found.values())


def test_a_new_kind_of_thing_appears_by_itself(database: Database) -> None:
    at = BEFORE + timedelta(hours=2)
    with database.write() as session:
        company = Company(session, BEFORE)
        post = {"workspace_id": company.workspace.id, "kind": PostKind.ADMIN_NOTICE, "channel_id": "C0LEADS"}
        outbox.post(session, BEFORE, outbox.NewPost(key="soon", not_before=BEFORE + timedelta(seconds=5), **post))  # type: ignore[arg-type]
        assert "admin_notice" not in [jump.name for jump in jumps(session, BEFORE)], "that is on its way already"
        outbox.post(session, BEFORE, outbox.NewPost(key="later", not_before=at, **post))  # type: ignore[arg-type]
        newest = jumps(session, BEFORE)[-1]
        assert (newest.name, newest.label, newest.at) == ("admin_notice", "Next admin notice", at)


def test_what_people_do_by_themselves_comes_next_too(database: Database) -> None:
    with database.write() as session:
        Company(session, BEFORE)
        at = BEFORE + timedelta(minutes=1)
        first = jumps(session, BEFORE, others_at=at)[0]
        assert (first.name, first.label, first.at) == ("next", "Next thing", at)
