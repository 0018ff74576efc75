from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
import sqlalchemy as sa
from answers import answered, asked
from company import MONDAY, Company
from queries import counted
from sqlalchemy.orm import Session

from bot.blocks.digest import digest_post
from bot.blocks.post import Post
from bot.domain.cadence import Period, following, period
from bot.domain.confidence import Confidence
from bot.domain.cycles import CycleState
from bot.domain.digest import Mix, SettledDecision, Snapshot
from bot.domain.digest_json import from_json, to_json
from bot.domain.organisation import Level, Visibility
from bot.services import checkin, decisions, digest, digest_sharing, digest_snapshot, lead_note, standing
from bot.services.access import Caller
from bot.services.digest import take_due
from bot.services.digest_links import digest_key, keys_that_lead_to
from bot.services.note_to_come import note_key
from bot.services.outbox import delivery_of, redraw_all
from bot.services.refusals import Reason, Refused
from models import (
    Answer,
    CheckInState,
    Cycle,
    Decision,
    DecisionState,
    Delivery,
    DeliveryState,
    Digest,
    Escalation,
    EscalationEvent,
    EscalationEventKind,
    KeyResult,
    Member,
    Message,
    Objective,
    ObjectiveTeam,
    PostKind,
    StopOrShift,
    Team,
)
from models.database import Database
from scheduler.posts import render

WEEK = period(MONDAY)
WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)


def due(team: Team, at: datetime = WEDNESDAY) -> Team:
    team.next_digest_at = at
    return team


def taken(session: Session, team: Team, of: Period = WEEK) -> Snapshot:
    kept = session.scalars(sa.select(Digest).where(Digest.team_id == team.id, Digest.period == of)).one()
    return from_json(kept.snapshot)


def arrived(session: Session, team: Team, of: Period) -> None:
    """The digest of this period has come to stand in its channel."""
    delivery = delivery_of(session, team.workspace_id, digest_key(team.id, of))
    assert delivery is not None
    delivery.state, delivery.posted_channel, delivery.posted_ts = DeliveryState.SENT, "C0LEADS", "1790000000.000100"
    session.flush()


def shown(session: Session, team: Team, now: datetime = WEDNESDAY) -> Post | None:
    delivery = delivery_of(session, team.workspace_id, digest_key(team.id, WEEK))
    assert delivery is not None
    return digest.post(session, delivery, now)


def escalated(session: Session, key_result: KeyResult, answer: Answer, lead: Member | None = None) -> Escalation:
    objective = session.get_one(Objective, key_result.objective_id)
    escalation = Escalation(
        workspace_id=key_result.workspace_id,
        key_result_id=key_result.id,
        team_id=objective.team_id,
        answer_id=answer.id,
        asked_id=lead.id if lead else None,
        opened_at=answer.at,
    )
    session.add(escalation)
    session.flush()
    session.add(
        EscalationEvent(
            workspace_id=key_result.workspace_id,
            escalation_id=escalation.id,
            kind=EscalationEventKind.OPENED,
            answer_id=answer.id,
            at=answer.at,
        )
    )
    session.flush()
    return escalation


def test_at_its_hour_a_team_gets_one_digest_with_its_details_below(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth", channel_id="C0GROWTH"))
        key_result = company.key_result(company.objective(team), company.person("Mele Fonua"))
        answered(session, key_result, WEEK)
        assert take_due(session, WEDNESDAY - timedelta(minutes=1), 10) == 0
        assert take_due(session, WEDNESDAY, 10) == 1
        assert take_due(session, WEDNESDAY, 10) == 0
        rows = session.scalars(sa.select(Delivery).order_by(Delivery.id)).all()
        assert [(row.kind, row.channel_id) for row in rows] == [
            (PostKind.DIGEST, "C0GROWTH"),
            (PostKind.DIGEST_DETAILS, "C0GROWTH"),
        ]
        assert rows[1].follows_id == rows[0].id
        assert team.next_digest_at == WEDNESDAY + timedelta(weeks=1)
        post = shown(session, team)
        details = digest.details_post(session, rows[1], WEDNESDAY)
    assert post is not None
    assert post.text == "Growth, week of 5 Oct: the one due has checked in"
    assert details is not None
    assert details.text.startswith("The key result of Growth")


def test_after_weeks_of_sleep_only_the_newest_week_is_told(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        company.key_result(company.objective(team), company.person("Mele"))
        late = WEDNESDAY + timedelta(weeks=3, days=1)
        assert take_due(session, late, 10) == 1
        assert session.scalars(sa.select(Digest.period)).all() == [following(WEEK, 3)]
        assert team.next_digest_at == WEDNESDAY + timedelta(weeks=4)


def test_a_day_late_it_is_still_that_weeks_digest(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        company.key_result(company.objective(team), company.person("Mele"))
        take_due(session, WEDNESDAY + timedelta(hours=26), 10)
        assert taken(session, team).period == WEEK


def test_switching_off_and_on_again_makes_no_second_digest(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        company.key_result(company.objective(team), company.person("Mele"))
        take_due(session, WEDNESDAY, 10)
        due(team)
        take_due(session, WEDNESDAY + timedelta(hours=1), 10)
        assert session.scalar(sa.select(sa.func.count()).select_from(Digest)) == 1
        assert session.scalar(sa.select(sa.func.count()).where(Delivery.kind == PostKind.DIGEST)) == 1


def test_a_team_without_key_results_says_nothing(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        company.key_result(company.objective(team), None)
        assert take_due(session, WEDNESDAY, 10) == 1
        assert session.scalars(sa.select(Delivery)).all() == []


def test_a_team_that_was_switched_off_meanwhile_is_not_told_of(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        company.key_result(company.objective(team), company.person("Mele"))
        take_due(session, WEDNESDAY, 10)
        team.switched_on_at = team.next_digest_at = team.next_note_at = None
        session.flush()
        assert shown(session, team) is None


def test_the_hour_is_local_and_stays_when_the_clocks_change(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        company.workspace.time_zone = "Europe/London"
        team = due(company.team("Growth"), datetime(2026, 10, 21, 9, tzinfo=UTC))
        take_due(session, datetime(2026, 10, 21, 9, tzinfo=UTC), 10)
        assert team.next_digest_at == datetime(2026, 10, 28, 10, tzinfo=UTC)


def test_without_a_channel_the_lead_reads_it(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Ana Lima")
        team = due(company.team("Growth", lead=lead, channel_id=None))
        company.key_result(company.objective(team), company.person("Mele"))
        take_due(session, WEDNESDAY, 10)
        assert {row.member_id for row in session.scalars(sa.select(Delivery))} == {lead.id}


def test_the_company_reads_of_the_teams_beneath_that_are_on(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        top = due(company.team("Longfetch", level=Level.COMPANY))
        middle = company.team("Product", parent=top, level=Level.DEPARTMENT, on=False)
        growth = company.team("Growth", parent=middle)
        asleep = company.team("Asleep", parent=middle, on=False)
        mele = company.person("Mele")
        own = company.key_result(company.objective(top), mele)
        beneath = company.key_result(company.objective(growth), mele)
        company.key_result(company.objective(asleep), mele)
        for key_result in (own, beneath):
            answered(session, key_result, WEEK)
        take_due(session, WEDNESDAY, 10)
        assert [(line.team, line.is_own) for line in taken(session, top).key_results] == [
            ("Longfetch", True),
            ("Growth", False),
        ]


def test_a_shared_objective_stands_in_each_teams_digest(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        growth, sales = due(company.team("Growth")), due(company.team("Sales"))
        objective = company.objective(growth)
        session.add(ObjectiveTeam(workspace_id=growth.workspace_id, objective_id=objective.id, team_id=sales.id))
        key_result = company.key_result(objective, company.person("Mele"))
        answered(session, key_result, WEEK)
        take_due(session, WEDNESDAY, 10)
        for team in (growth, sales):
            assert [(line.number, line.is_own) for line in taken(session, team).key_results] == [(1, True)]


def next_cycle(company: Company) -> None:
    """The cycle ends, and one begins in which this week is asked about."""
    company.cycle.state = CycleState.CLOSING
    company.cycle = Cycle(
        workspace_id=company.workspace.id,
        name="The next one",
        starts_on=MONDAY,
        ends_on=date(2026, 12, 31),
        state=CycleState.ACTIVE,
        created_at=company.now,
    )
    company.session.add(company.cycle)
    company.session.flush()


def test_an_escalation_is_told_with_the_need_and_the_lead_who_is_asked(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Ana Lima")
        team = due(company.team("Growth", lead=lead))
        key_result = company.key_result(company.objective(team), company.person("Mele"))
        answer = answered(session, key_result, WEEK, confidence=Confidence.RED, need="Two HR days")
        escalated(session, key_result, answer, lead)
        take_due(session, WEDNESDAY, 10)
        post = shown(session, team)
    assert post is not None
    assert post.text == "Growth, week of 5 Oct: 1 decision needed, 1 wants help, the one due has checked in"
    assert any("Two HR days · <@U0ANALIMA>, since Mon" in block["text"]["text"] for block in post.blocks[1:-1])


def test_a_decision_is_overdue_the_day_after_it_was_due_until_it_is_done_or_dropped(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana = company.person("Ana Lima")
        team = due(company.team("Growth"))
        key_result = company.key_result(company.objective(team), company.person("Mele"))
        for day in (6, 7):
            session.add(
                Decision(
                    workspace_id=team.workspace_id,
                    key_result_id=key_result.id,
                    text=f"Due on the {day}th",
                    decided_by_id=ana.id,
                    owner_id=ana.id,
                    due_on=date(2026, 10, day),
                    created_at=WEDNESDAY,
                )
            )
        session.flush()
        take_due(session, WEDNESDAY, 10)
        assert [one.text for one in taken(session, team).overdue] == ["Due on the 6th"]
        for decision_id, settle in ((1, decisions.done), (2, partial(decisions.drop, reason="not needed"))):
            settle(session, WEDNESDAY, caller=company.caller(ana), decision_id=decision_id)
        take_due(session, WEDNESDAY + timedelta(weeks=1), 10)
        assert taken(session, team, following(WEEK)).overdue == ()


def test_what_was_decided_since_the_last_digest_stands_in_it_and_what_became_of_decisions(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana = company.person("Ana Lima")
        team = due(company.team("Growth"))
        key_result = company.key_result(company.objective(team), company.person("Mele"))
        answered(session, key_result, WEEK, confidence=Confidence.RED)
        for text, hours, state in (
            ("the week before", -7 * 24, DecisionState.OPEN),
            ("this week", -1, DecisionState.OPEN),
            ("done already", -1, DecisionState.DONE),
            ("dropped", -1, DecisionState.DROPPED),
            ("done after a month", -30 * 24, DecisionState.DONE),
        ):
            session.add(
                Decision(
                    workspace_id=team.workspace_id,
                    key_result_id=key_result.id,
                    text=text,
                    decided_by_id=ana.id,
                    owner_id=ana.id,
                    due_on=date(2026, 10, 16),
                    state=state,
                    reason="not needed" if state is DecisionState.DROPPED else None,
                    settled_at=WEDNESDAY - timedelta(hours=1) if state is not DecisionState.OPEN else None,
                    created_at=WEDNESDAY + timedelta(hours=hours),
                )
            )
        session.flush()
        take_due(session, WEDNESDAY, 10)
        told = taken(session, team)
        assert [(one.text, one.owner, one.confidence) for one in told.decided] == [
            ("this week", "Ana Lima", Confidence.RED),
        ]
        assert [(one.text, one.is_done, one.reason) for one in told.settled] == [
            ("done already", True, None),
            ("done after a month", True, None),
            ("dropped", False, "not needed"),
        ]
        assert from_json(to_json(told)) == told
        assert "KR-1 done after a month, *done* · KR-1 dropped, *dropped* (“not needed”)" in repr(
            digest_post(told).blocks
        )
        # The digest after it tells it no more.
        arrived(session, team, WEEK)
        later = digest_snapshot.read(session, WEDNESDAY + timedelta(weeks=1), team, following(WEEK))
        assert later.settled == ()


def test_of_many_settled_decisions_three_are_named(database: Database) -> None:
    many = tuple(SettledDecision(n, 1, n, "x" * 300, is_done=True, reason=None) for n in range(9))
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        key_result = company.key_result(company.objective(team), company.person("Mele"))
        answered(session, key_result, WEEK, confidence=Confidence.RED)
        told = replace(digest_snapshot.read(session, WEDNESDAY, team, WEEK), settled=many)
    (line,) = [one for one in digest_post(told).blocks if "Done or dropped" in repr(one)]
    assert repr(line).count("*done*") == 3
    assert "and 6 more" in repr(line)
    assert len(line["text"]["text"]) < 250


def test_the_leads_word_stands_in_the_digest(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Ana Lima")
        team = due(company.team("Growth", lead=lead))
        company.key_result(company.objective(team), company.person("Mele"))
        session.add(
            StopOrShift(
                workspace_id=team.workspace_id,
                team_id=team.id,
                period=WEEK,
                author_id=lead.id,
                text="Webinars pause",
                at=WEDNESDAY,
            )
        )
        session.flush()
        take_due(session, WEDNESDAY, 10)
        assert taken(session, team).stop_or_shift == "Webinars pause"


def test_what_is_limited_is_left_out_when_it_is_taken_and_when_it_leaves(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Ana Lima")
        team = due(company.team("Growth", lead=lead))
        mele = company.person("Mele")
        limited, hidden = company.objective(team, "Limited"), company.objective(team, "Open")
        limited.visibility = Visibility.TEAM
        secrets = [company.key_result(limited, mele, metric="Secret of the objective")]
        secrets.append(company.key_result(hidden, mele, metric="Secret of the key result"))
        secrets[1].visibility = Visibility.NAMED
        later = company.key_result(hidden, mele, metric="Secret from now on")
        for key_result in (*secrets, later):
            answer = answered(session, key_result, WEEK, confidence=Confidence.RED, need="Secret need")
            escalated(session, key_result, answer, lead)
        company.key_result(hidden, mele, metric="Plain")
        take_due(session, WEDNESDAY, 10)
        assert [line.name for line in taken(session, team).key_results] == ["Secret from now on", "Plain"]
        later.visibility = Visibility.NAMED
        session.flush()
        post = shown(session, team)
        details = [
            digest.details_post(session, row, WEDNESDAY)
            for row in session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.DIGEST_DETAILS))
        ]
    assert post is not None
    assert "Secret" not in repr(post)
    assert "help" not in post.text
    assert "Plain" in repr(details)
    assert "Secret" not in repr(details)


def test_what_became_of_a_decision_leaves_the_digest_with_its_key_result(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        ana = company.person("Ana Lima")
        team = due(company.team("Growth"))
        objective = company.objective(team)
        for name in ("Plain", "Hush"):
            key_result = company.key_result(objective, ana, metric=name)
            answered(session, key_result, WEEK)
            session.add(
                Decision(
                    workspace_id=team.workspace_id,
                    key_result_id=key_result.id,
                    text=f"{name} words",
                    decided_by_id=ana.id,
                    owner_id=ana.id,
                    due_on=date(2026, 10, 16),
                    state=DecisionState.DONE,
                    settled_at=WEDNESDAY - timedelta(hours=1),
                    created_at=WEDNESDAY - timedelta(days=30),
                )
            )
        session.flush()
        take_due(session, WEDNESDAY, 10)
        assert "Hush words" in repr(shown(session, team))
        # It tells of it there alone: nobody is asked about it any more.
        key_result.archived_at = WEDNESDAY
        key_result.visibility = Visibility.NAMED
        session.flush()
        assert "Plain words" in repr(shown(session, team))
        assert "Hush words" not in repr(shown(session, team))


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_a_digest_that_stands_says_nothing_more_once_all_it_told_of_is_limited(database: Database, is_on: bool) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Ana Lima")
        team = due(company.team("Growth", lead=lead))
        key_result = company.key_result(company.objective(team), company.person("Mele"), metric="Secret")
        answer = answered(session, key_result, WEEK, confidence=Confidence.RED, need="Secret need")
        escalated(session, key_result, answer, lead)
        take_due(session, WEDNESDAY, 10)
        digest_sharing.post_now(session, WEDNESDAY, Caller(lead.workspace_id, lead.id), team.id, "")
        posts = session.scalars(sa.select(Delivery).order_by(Delivery.id)).all()
        assert [one.kind for one in posts] == [PostKind.DIGEST, PostKind.DIGEST_DETAILS, PostKind.DIGEST_SHARED]
        for one in posts:
            one.state, one.posted_channel, one.posted_ts = DeliveryState.SENT, "C0LEADS", f"1790000000.00010{one.id}"
        key_result.visibility = Visibility.NAMED
        if not is_on:
            team.switched_on_at = team.next_digest_at = team.next_note_at = None
        session.flush()
        said = [render(session, one, WEDNESDAY) for one in posts]
        assert all(one is not None for one in said)
        assert "Secret" not in repr(said)
        assert "help" not in repr(said)
        assert "Every key result" not in repr(said)
        assert "What stood here is for fewer people now" in repr(said[1])


def test_fifty_key_results_take_as_many_queries_as_five(database: Database) -> None:
    counts = []
    with database.write() as session:
        company = Company(session)
        lead, mele = company.person("Ana Lima"), company.person("Mele")
        for number in (5, 50):
            team = company.team(f"Team of {number}", lead=lead)
            objective = company.objective(team)
            for _ in range(number):
                key_result = company.key_result(objective, mele)
                answered(session, key_result, following(WEEK, -1), score="0.3")
                answer = answered(session, key_result, WEEK, confidence=Confidence.RED, need="Help")
                escalated(session, key_result, answer, lead)
            due(team)
            session.flush()
            with counted(database) as queries:
                take_due(session, WEDNESDAY, 10)
            counts.append(len([one for one in queries if not one.startswith("INSERT")]))
            assert len(taken(session, team).calls) == number
    assert counts[0] == counts[1]


def test_what_is_open_from_a_cycle_that_is_over_keeps_its_newest_colour(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead, mele = company.person("Ana Lima"), company.person("Mele")
        team = due(company.team("Growth", lead=lead))
        objective = company.objective(team)
        called, decided = company.key_result(objective, mele), company.key_result(objective, mele)
        answered(session, called, following(WEEK, -20), confidence=Confidence.GREEN)
        answered(session, called, following(WEEK, -1), confidence=Confidence.YELLOW)
        escalated(session, called, answered(session, called, following(WEEK, -1), confidence=Confidence.RED), lead)
        answered(session, decided, following(WEEK, -20), confidence=Confidence.YELLOW)
        session.add(
            Decision(
                workspace_id=team.workspace_id,
                key_result_id=decided.id,
                text="HR frees Ana",
                decided_by_id=lead.id,
                owner_id=lead.id,
                due_on=date(2026, 10, 16),
                created_at=WEDNESDAY - timedelta(hours=1),
            )
        )
        next_cycle(company)
        # What is told after this week is not known yet.
        answered(session, called, following(WEEK), confidence=Confidence.GREEN)
        answered(session, company.key_result(company.objective(team, "Next"), mele), WEEK)
        take_due(session, WEDNESDAY, 10)
        told = taken(session, team)
        assert [one.number for one in told.key_results] == [3]
        assert [(one.number, one.confidence) for one in told.calls] == [(1, Confidence.RED)]
        assert [(one.number, one.confidence) for one in told.decided] == [(2, Confidence.YELLOW)]


def test_the_colours_of_a_cycle_that_is_over_take_one_query_and_none_where_nothing_is_told_of_it(
    database: Database,
) -> None:
    counts = []
    with database.write() as session:
        company = Company(session)
        lead, mele = company.person("Ana Lima"), company.person("Mele")
        teams = {number: company.team(f"Team of {number}", lead=lead) for number in (1, 5)}
        for number, team in teams.items():
            objective = company.objective(team)
            for _ in range(number):
                key_result = company.key_result(objective, mele)
                answer = answered(session, key_result, following(WEEK, -1), confidence=Confidence.RED, need="Help")
                escalated(session, key_result, answer, lead)
        next_cycle(company)
        for number, team in teams.items():
            answered(session, company.key_result(company.objective(team, "Next"), mele), WEEK)
            with counted(database) as queries:
                snapshot = digest_snapshot.read(session, WEDNESDAY, team, WEEK)
            assert [one.confidence for one in snapshot.calls] == [Confidence.RED] * number
            counts.append(len(queries))
        with counted(database) as queries:
            assert standing.colours(session, [one.key_result_id for one in snapshot.calls], WEEK)
            assert standing.colours(session, [], WEEK) == {}
        assert len(queries) == 1
    assert counts[0] == counts[1]


def test_without_an_answer_this_week_the_score_is_still_last_weeks(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        key_result = company.key_result(company.objective(team), company.person("Mele"))
        answered(session, key_result, following(WEEK, -2), score="0.3")
        answered(session, key_result, following(WEEK, -1), score="0.5")
        asked(session, key_result, WEEK, CheckInState.MISSED)
        take_due(session, WEDNESDAY, 10)
        (line,) = taken(session, team).key_results
    assert (line.score, line.last_score, line.was_answered) == (Decimal("0.5"), Decimal("0.5"), False)


def test_two_workers_at_once_leave_one_digest(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        company.key_result(company.objective(team), company.person("Mele"))

    def work() -> None:
        with database.write() as session:
            take_due(session, WEDNESDAY, 10)

    at_once(work, work)
    with database.read() as session:
        assert len(session.scalars(sa.select(Digest)).all()) == 1
        assert [row.kind for row in session.scalars(sa.select(Delivery).order_by(Delivery.id))] == [
            PostKind.DIGEST,
            PostKind.DIGEST_DETAILS,
        ]


def test_an_answer_at_the_very_moment_is_in_the_digest_or_refused(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        lead = company.person("Ana Lima")
        team = due(company.team("Growth", lead=lead))
        team_id, caller = team.id, company.caller(lead)
        company.key_result(company.objective(team), company.person("Mele"))
    for week in range(4):
        outcome = answer_and_take_at_once(database, caller, team_id, following(WEEK, week))
        assert outcome in [("Webinars pause", []), (None, [Reason.NOTE_OVER])]


def answer_and_take_at_once(
    database: Database, caller: Caller, team_id: int, of: Period
) -> tuple[str | None, list[Reason]]:
    """What the digest told, and what the lead was refused with."""
    now = WEDNESDAY + (of - WEEK)
    with database.write() as session:
        session.get_one(Team, team_id).next_note_at = now - timedelta(hours=20)
        session.flush()
        lead_note.write_due(session, now - timedelta(hours=20), 10)
        note = delivery_of(session, caller.workspace_id, note_key(team_id, of))
        assert note is not None
        note_id = note.id
    refusals: list[Reason] = []

    def answer() -> None:
        try:
            with database.write() as session:
                lead_note.answer(session, now, caller, note_id, "Webinars pause")
        except Refused as refused:
            refusals.append(refused.reason)

    def take() -> None:
        with database.write() as session:
            take_due(session, now, 10)

    at_once(answer, take)
    take()  # a tick passes over a team that is being answered for; the next one takes it
    with database.read() as session:
        return taken(session, session.get_one(Team, team_id), of).stop_or_shift, refusals


def say(session: Session, key_result: KeyResult, now: datetime, of: Period = WEEK) -> None:
    """The owner answers."""
    said = checkin.Said(confidence=Confidence.GREEN, next_move="Write to the ten who left", value=Decimal(30))
    caller = Caller(key_result.workspace_id, key_result.owner_id or 0)
    checkin.record(session, now, caller=caller, key_result_id=key_result.id, period=of, said=said)


def was_answered(database: Database, team_id: int, of: Period = WEEK) -> list[bool]:
    """Of each key result that the digest tells of."""
    with database.read() as session:
        return [one.was_answered for one in taken(session, session.get_one(Team, team_id), of).key_results]


def test_a_check_in_at_the_very_moment_is_in_the_digest_or_refused(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team_id = due(company.team("Growth")).id
        key_result = company.key_result(company.objective(session.get_one(Team, team_id)), company.person("Mele"))
        for week in range(4):
            asked(session, key_result, following(WEEK, week))
    for week in range(4):
        of, refusals = following(WEEK, week), list[Reason]()
        hour = WEDNESDAY + (of - WEEK)

        def answer(of: Period = of, hour: datetime = hour, refusals: list[Reason] = refusals) -> None:
            try:
                with database.write() as session:
                    say(session, key_result, hour - timedelta(milliseconds=20), of)
            except Refused as refused:
                refusals.append(refused.reason)

        def take(hour: datetime = hour) -> None:
            with database.write() as session:
                take_due(session, hour, 10)

        at_once(answer, take)
        take()
        assert (was_answered(database, team_id, of), refusals) in [([True], []), ([False], [Reason.DIGEST_OUT])]


def test_an_answer_that_comes_while_the_digest_is_taken_waits_for_it_and_is_refused(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"))
        key_result = company.key_result(company.objective(team), company.person("Mele"))
        asked(session, key_result, WEEK)

    def answer() -> None:
        with database.write() as session:
            say(session, key_result, WEDNESDAY - timedelta(milliseconds=20))

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            assert take_due(session, WEDNESDAY, 10) == 1
            answering = pool.submit(answer)
            with pytest.raises(TimeoutError):
                answering.result(timeout=0.3)
        with pytest.raises(Refused) as refused:
            answering.result(timeout=10)
    assert refused.value.reason is Reason.DIGEST_OUT
    assert was_answered(database, team.id) == [False]


def test_a_digest_of_which_something_is_being_answered_is_the_next_ticks_and_those_of_other_teams_are_not(
    database: Database,
) -> None:
    if database.is_sqlite:
        pytest.skip("there one comes after the other")
    with database.write() as session:
        company = Company(session)
        above = due(company.team("Product"))
        growth, legal = (due(company.team(name, parent=above)) for name in ("Growth", "Legal"))
        # Its own digest comes some hours later.
        west = company.team("West", parent=above)
        west.digest_zone = "America/New_York"
        ids = {one.name: one.id for one in (above, growth, legal)}
        mele = company.person("Mele")
        late, other, later = (company.key_result(company.objective(one), mele) for one in (growth, legal, west))
        for one in (late, other, later):
            asked(session, one, WEEK)
    with database.write() as elsewhere:
        say(elsewhere, later, WEDNESDAY + timedelta(minutes=1))
        with database.write() as answering:
            say(answering, late, WEDNESDAY - timedelta(milliseconds=20))
            with database.write() as session:
                assert take_due(session, WEDNESDAY, 10) == 3
            with database.write() as session:
                assert take_due(session, WEDNESDAY, 10) == 0
            with database.read() as session:
                assert session.scalars(sa.select(Digest.team_id)).all() == [ids["Legal"]]
        with database.write() as session:
            assert take_due(session, WEDNESDAY, 10) == 2
    assert was_answered(database, ids["Growth"]) == [True]
    assert was_answered(database, ids["Product"]) == [True, False, False]


def at_once(*work: Callable[[], None]) -> None:
    """Run all of it in threads that start together; what one of them raises is raised."""
    barrier = threading.Barrier(len(work))

    def run(one: Callable[[], None]) -> None:
        barrier.wait(timeout=10)
        one()

    with ThreadPoolExecutor(len(work)) as pool:
        for done in [pool.submit(run, one) for one in work]:
            done.result()


def test_a_digest_is_drawn_in_as_many_queries_whatever_it_tells(database: Database) -> None:
    counts = []
    with database.write() as session:
        company = Company(session)
        mele = company.person("Mele")
        for number in (2, 40):
            top = due(company.team(f"Company of {number}", level=Level.COMPANY))
            for place in range(number):
                team = company.team(f"Team {place} of {number}", parent=top)
                objective = company.objective(team)
                for _ in range(2):
                    answered(session, company.key_result(objective, mele), WEEK)
            session.flush()
            take_due(session, WEDNESDAY, 10)
            session.expire_all()
            with counted(database) as queries:
                assert shown(session, top) is not None
            counts.append(len(queries))
    assert counts[0] == counts[1]


def test_when_a_teams_digest_stands_those_above_are_drawn_anew_with_the_way_into_it(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        top = due(company.team("Longfetch", level=Level.COMPANY))
        middle = company.team("Product", parent=top, on=False)
        growth = due(company.team("Growth", parent=middle))
        objective, mele = company.objective(growth), company.person("Mele")
        for _ in range(61):
            company.key_result(objective, mele)
        take_due(session, WEDNESDAY, 10)
        rows = {
            row.team_id: row for row in session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.DIGEST))
        }
        whole, team = rows[top.id], rows[growth.id]
        assert "archives" not in repr(shown(session, top))
        team.state, team.posted_channel, team.posted_ts = DeliveryState.SENT, "C0GROWTH", "1790000000.000100"
        session.flush()
        keys = [*keys_that_lead_to(session, [team])]
        redraw_all(session, WEDNESDAY, workspace_id=team.workspace_id, keys=keys, alone=True)
        wanted = {row.delivery_id: row.wanted for row in session.scalars(sa.select(Message))}
        assert (wanted[whole.id], wanted[team.id]) == (2, 1)
        assert "archives/C0GROWTH/p1790000000000100" in repr(shown(session, top))


def test_the_weeks_behind_it_are_the_cycles_with_mean_and_pace(database: Database) -> None:
    with database.write() as session:
        company = Company(session)
        team = due(company.team("Growth"), WEDNESDAY + timedelta(weeks=2))
        objective = company.objective(team)
        first, second = (company.key_result(objective, company.person(name)) for name in ("Mele", "Ana"))
        answered(session, first, WEEK, score="0.2")
        answered(session, second, following(WEEK), score="0.5", confidence=Confidence.RED)
        answered(session, first, following(WEEK, 2), score="0.3", confidence=Confidence.YELLOW)
        take_due(session, WEDNESDAY + timedelta(weeks=2), 10)
        kept = taken(session, team, following(WEEK, 2))
    assert [(week.score, week.colours) for week in kept.weeks] == [
        (Decimal("0.20"), Mix(green=1)),
        (Decimal("0.35"), Mix(red=1)),
        (Decimal("0.40"), Mix(yellow=1)),
    ]
    # 7, 14 and 21 of the 92 days of the cycle, on the way to 0.7.
    assert [week.expected for week in kept.weeks] == [Decimal("0.05"), Decimal("0.11"), Decimal("0.16")]
    assert kept.ends_on == date(2026, 12, 31)
