"""Commands and dialogs of leave, hand-overs, settings and the lead's note, through the real boundary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from company import MONDAY, Company
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.domain.cadence import period
from bot.localslack.blockkit import check_view
from bot.services import lead_note, planning
from handlers import away, commands, hand_over, settings
from handlers import lead_note as note_handlers
from handlers.reply import Done, Options, Reply, Whisper
from models import (
    Absence,
    AuditEvent,
    CheckIn,
    CheckInState,
    Delivery,
    HandOver,
    KeyResult,
    Member,
    MemberKind,
    PostKind,
    Team,
    Workspace,
)
from models.database import Database

NINE = datetime(2026, 10, 5, 9, tzinfo=UTC)
BEFORE = datetime(2026, 10, 1, 12, tzinfo=UTC)


@dataclass
class Office:
    desk: Desk
    mere: Member
    sam: Member
    lead: Member
    admin: Member

    def all(self, table: type) -> list:  # type: ignore[type-arg]
        with self.desk.runtime.read() as session:
            return list(session.scalars(sa.select(table).order_by(table.id)))


@pytest.fixture
def office(database: Database) -> Office:
    with database.write() as session:
        company = Company(session)
        mere, sam, lead = company.person("Mere Ngata"), company.person("Sam Stone"), company.person("Tama Reid")
        admin = company.person("Ada Admin", admin=True)
        team = company.team("Growth", lead=lead)
        team.next_note_at = lead_note.note_time(session, team, period(MONDAY))
        team.next_digest_at = datetime(2026, 10, 7, 10, tzinfo=UTC)
        company.key_result(company.objective(team), mere)
        planning.replan(session, BEFORE, [mere.id])
    return Office(Desk(database, BEFORE), mere, sam, lead, admin)


def test_days_and_a_cover_behind_the_command_are_taken_at_once(office: Office) -> None:
    text = f"away 2026-10-05..2026-10-09 cover <@{office.sam.slack_user_id}|sam>"
    reply = office.desk.command(office.mere, commands.okr, Command.OKR, text)
    assert whispered(reply) == "You're away Mon 5 Oct – Fri 9 Oct"
    (absence,) = office.all(Absence)
    assert (absence.first_on, absence.last_on, absence.cover_id) == (MONDAY, date(2026, 10, 9), office.sam.id)
    assert whispered(office.desk.command(office.mere, commands.okr, Command.OKR, "back")) == "Your days away"
    said = whispered(office.desk.press(office.mere, away.end, Act.END_AWAY, str(absence.id)))
    assert said == "Noted. I'll ask you again from your next check-in on."
    assert office.desk.again() == Done()
    assert office.all(Absence)[0].ended_at is not None
    said = whispered(office.desk.command(office.mere, commands.okr, Command.OKR, "back"))
    assert said.startswith("You aren't away")


def test_a_cover_who_cannot_is_refused_and_what_was_typed_is_given_back(office: Office) -> None:
    text = f"away 2026-10-05 cover <@{office.mere.slack_user_id}|mere>"
    said = whispered(office.desk.command(office.mere, commands.okr, Command.OKR, text))
    assert said.startswith("You can't answer for yourself while you are away. Please choose another")
    assert said.endswith("You typed: “2026-10-05 cover @Mere”.")
    with office.desk.runtime.write() as session:
        guest = session.get_one(Member, office.sam.id)
        guest.kind, guest.name = MemberKind.GUEST, "Sam <!here>"
    text = f"away 2026-10-05 cover <@{office.sam.slack_user_id}|sam>"
    said = whispered(office.desk.command(office.mere, commands.okr, Command.OKR, text))
    assert said.startswith("Sam &lt;!here&gt; can't answer for you.")
    assert office.all(Absence) == []


def test_a_cover_who_is_not_certain_is_asked_about(office: Office) -> None:
    said = whispered(office.desk.command(office.mere, commands.okr, Command.OKR, "away 2026-10-05 cover somebody"))
    assert said.startswith("I can't tell who covers")
    assert office.all(Absence) == []


def test_days_that_have_begun_are_this_years_and_another_year_is_shown(office: Office) -> None:
    def typed(words: str) -> str:
        return whispered(office.desk.command(office.mere, commands.okr, Command.OKR, f"away {words}"))

    begun = BEFORE.date() - timedelta(days=2)
    assert "You're away" in typed(f"{begun:%-d %b} - {begun + timedelta(days=9):%-d %b}")
    (absence,) = office.all(Absence)
    assert (absence.first_on, absence.last_on) == (begun, begun + timedelta(days=9))
    assert typed("20 Dec - 6 Jan") == "You're away Sun 20 Dec – Wed 6 Jan 2027"
    assert typed("20 Jan - 21 Jan") == "You're away Wed 20 Jan – Thu 21 Jan 2027"


def test_days_in_the_wrong_order_are_refused_as_in_the_form(office: Office) -> None:
    said = whispered(office.desk.command(office.mere, commands.okr, Command.OKR, "away 5 Dec - 1 Dec"))
    assert said.startswith("The last day comes before the first. I read that in “5 Dec - 1 Dec”")
    assert office.all(Absence) == []


@pytest.mark.parametrize("words", ["for a while", "12/20/2026..1/6/2027", "2026-01-01", "9999-12-31", "back 12 Oct"])
def test_days_that_are_not_certain_are_asked_about(office: Office, words: str) -> None:
    said = whispered(office.desk.command(office.mere, commands.okr, Command.OKR, f"away {words}"))
    assert said.startswith(f"I can't tell the days from “{words}”")
    assert office.all(Absence) == []


def test_the_dialog_of_leave_holds_slacks_rules_and_changes_what_is_noted(office: Office) -> None:
    assert office.desk.command(office.mere, commands.okr, Command.OKR, "away") == Done()
    dialog = office.desk.opened()
    assert check_view(dict(dialog.view)) == []
    dialog.fill(First_day_away="2026-10-05", Last_day_away="2026-10-01")
    errors = dialog.errors(office.desk.submit(office.mere, away.submitted, dialog))
    assert errors == {"Last day away": "The last day comes before the first."}
    dialog.fill(First_day_away="9999-12-31", Last_day_away="")
    errors = dialog.errors(office.desk.submit(office.mere, away.submitted, dialog))
    assert errors == {"First day away": "That is more than two years ahead. Please check the year."}
    dialog.fill(First_day_away="2026-10-05", Last_day_away="9999-12-31")
    assert "year" in dialog.errors(office.desk.submit(office.mere, away.submitted, dialog))["Last day away"]
    dialog.fill(Last_day_away="2026-10-06", **{"Who_answers_for_you?": office.mere.slack_user_id})
    errors = dialog.errors(office.desk.submit(office.mere, away.submitted, dialog))
    assert "can't answer for you" in errors["Who answers for you?"]
    dialog.fill(**{"Who_answers_for_you?": ""})
    assert isinstance(office.desk.submit(office.mere, away.submitted, dialog), Whisper)
    (absence,) = office.all(Absence)
    assert office.desk.press(office.mere, away.change, Act.CHANGE_AWAY, str(absence.id)) == Done()
    dialog = office.desk.opened().fill(Last_day_away="2026-10-09")
    office.desk.submit(office.mere, away.submitted, dialog)
    assert [row.last_on for row in office.all(Absence)] == [date(2026, 10, 9)]


@pytest.mark.parametrize("words", ["handover", "handover twelve", "handover KR-"])
def test_a_hand_over_without_a_number_asks_which_key_result_is_meant(office: Office, words: str) -> None:
    said = whispered(office.desk.command(office.mere, commands.okr, Command.OKR, words))
    assert said == "Which key result? Its number comes first, as in `/okr handover 12`."


def test_a_key_result_is_handed_over_by_its_dialog(office: Office) -> None:
    assert office.desk.command(office.mere, commands.okr, Command.OKR, "handover KR-1") == Done()
    dialog = office.desk.opened()
    assert check_view(dict(dialog.view)) == []
    errors = dialog.errors(office.desk.submit(office.mere, hand_over.submitted, dialog))
    assert errors == {"Who should own it?": "Please choose one person."}
    dialog.fill(**{"Who_should_own_it?": office.mere.slack_user_id})
    errors = dialog.errors(office.desk.submit(office.mere, hand_over.submitted, dialog))
    assert errors == {"Who should own it?": "Mere Ngata owns KR-1 already. Please choose somebody else."}
    dialog.fill(**{"Who_should_own_it?": office.sam.slack_user_id})
    said = whispered(office.desk.submit(office.mere, hand_over.submitted, dialog))
    assert said.startswith("I've asked Sam Stone.")
    (asked,) = office.all(HandOver)
    assert "for somebody else" in whispered(
        office.desk.press(office.lead, hand_over.accept, Act.ACCEPT_HAND_OVER, str(asked.id))
    )
    assert office.desk.press(office.sam, hand_over.accept, Act.ACCEPT_HAND_OVER, str(asked.id)) == Done()
    assert office.desk.again() == Done()
    assert [row.owner_id for row in office.all(KeyResult)] == [office.sam.id]


def test_own_settings_are_taken_and_what_makes_no_sense_is_said(office: Office) -> None:
    assert office.desk.command(office.mere, commands.okr, Command.OKR, "settings") == Done()
    dialog = office.desk.opened()
    assert check_view(dict(dialog.view)) == []
    found = office.desk.suggest(office.mere, settings.zones, Act.ZONE, "new york")
    assert isinstance(found, Options)
    assert [one["value"] for one in found.options] == ["slack", "America/New_York"]
    found = office.desk.suggest(office.mere, settings.countries, Act.COUNTRY, "nz")
    assert isinstance(found, Options)
    assert "NZ" in [one["value"] for one in found.options]
    dialog.fill(Ask_me_at="18:00")
    errors = dialog.errors(office.desk.submit(office.mere, settings.chosen, dialog))
    assert errors == {"Ask me at": "That hour lies outside of your working hours. Please choose one within."}
    dialog.fill(Ask_me_at="11:30", Time_zone="Asia/Tokyo", Public_holidays_of="JP")
    dialog.state["zone", "zone"]["selected_option"]["value"] = "Asia/Tokyo"
    said = whispered(office.desk.submit(office.mere, settings.chosen, dialog))
    assert said == "Saved. Your next check-in opens Mon 11:30."
    mere = next(row for row in office.all(Member) if row.id == office.mere.id)
    assert (mere.time_zone, mere.zone_is_chosen, mere.country) == ("Asia/Tokyo", True, "JP")
    assert mere.next_opening_at == datetime(2026, 10, 5, 2, 30, tzinfo=UTC)


def test_only_admins_steer_the_week_and_an_exception_needs_a_reason(office: Office) -> None:
    said = whispered(office.desk.command(office.mere, commands.okr, Command.OKR, "rhythm"))
    assert said.startswith("Only an admin")
    assert office.desk.command(office.admin, commands.okr, Command.OKR, "rhythm") == Done()
    dialog = office.desk.opened()
    assert check_view(dict(dialog.view)) == []
    dialog.fill(The_leadership_meets_on="4", Score_expected_at_the_end_of_a_cycle="1.2")
    errors = dialog.errors(office.desk.submit(office.admin, settings.steered, dialog))
    assert errors == {
        "Score expected at the end of a cycle": "Please choose a score from 0.1 to 1.0, with two decimals at most."
    }
    dialog.fill(Score_expected_at_the_end_of_a_cycle="0.8")
    assert isinstance(office.desk.submit(office.admin, settings.steered, dialog), Whisper)
    (workspace,) = office.all(Workspace)
    assert workspace.expected_score == Decimal("0.8")
    assert (workspace.meeting_on, workspace.opens_on, workspace.digest_on) == (4, 1, 3)
    assert office.desk.command(office.admin, commands.okr, Command.OKR, "rhythm growth") == Done()
    dialog = office.desk.opened()
    assert check_view(dict(dialog.view)) == []
    dialog.fill(Its_meeting_is_on="3")
    errors = dialog.errors(office.desk.submit(office.admin, settings.team_steered, dialog))
    assert list(errors) == ["Why not as everybody?"]
    dialog.fill(**{"Why_not_as_everybody?": "The shop is closed on Fridays"})
    assert isinstance(office.desk.submit(office.admin, settings.team_steered, dialog), Whisper)
    (team,) = office.all(Team)
    assert (team.meeting_on, team.exception_reason) == (3, "The shop is closed on Fridays")
    assert team.next_digest_at == datetime(2026, 10, 7, 10, tzinfo=UTC)


def test_a_teams_channel_has_a_zone_by_whose_clock_its_digest_comes(office: Office) -> None:
    assert office.desk.command(office.admin, commands.okr, Command.OKR, "rhythm growth") == Done()
    dialog = office.desk.opened()
    found = office.desk.suggest(office.admin, settings.digest_zones, Act.DIGEST_ZONE, "tokyo")
    assert isinstance(found, Options)
    assert [(one["text"]["text"], one["value"]) for one in found.options] == [
        ("As everybody (UTC)", "common"),
        ("Asia/Tokyo", "Asia/Tokyo"),
    ]
    dialog.fill(Time_zone_of_its_channel="Middle/Earth")
    errors = dialog.errors(office.desk.submit(office.admin, settings.team_steered, dialog))
    assert errors == {"Time zone of its channel": "I don't know that zone. Please choose one from the list."}
    dialog.fill(Time_zone_of_its_channel="Pacific/Kiritimati")
    (refusal,) = dialog.errors(office.desk.submit(office.mere, settings.team_steered, dialog)).values()
    assert refusal.startswith("Only an admin")
    said = whispered(office.desk.submit(office.admin, settings.team_steered, dialog))
    assert said == "Saved. Growth keeps everybody's week. Its digest comes by the clock of Pacific/Kiritimati."
    (team,) = office.all(Team)
    assert (team.digest_zone, team.meeting_on) == ("Pacific/Kiritimati", None)
    # Wednesday 10:00 there is Tuesday 20:00 in UTC: the lead's note is still before it, on Tuesday at 14:00.
    assert team.next_digest_at == datetime(2026, 10, 6, 20, tzinfo=UTC)
    assert team.next_note_at == datetime(2026, 10, 6, 14, tzinfo=UTC)
    kept = [row.detail for row in office.all(AuditEvent) if row.action == "team.week_changed"]
    assert kept == [{"version": 1, "meeting_on": None, "reason": None, "digest_zone": "Pacific/Kiritimati"}]
    assert office.desk.command(office.admin, commands.okr, Command.OKR, "rhythm") == Done()
    assert "• Growth: its digest by the clock of Pacific/Kiritimati" in str(office.desk.opened().view)
    assert office.desk.command(office.admin, commands.okr, Command.OKR, "rhythm growth") == Done()
    dialog = office.desk.opened()
    assert check_view(dict(dialog.view)) == []
    dialog.fill(Time_zone_of_its_channel="common")
    assert isinstance(office.desk.submit(office.admin, settings.team_steered, dialog), Whisper)
    (team,) = office.all(Team)
    assert (team.digest_zone, team.next_digest_at) == (None, datetime(2026, 10, 7, 10, tzinfo=UTC))


def test_the_note_reminds_excuses_and_reassigns(office: Office) -> None:
    office.desk.now = datetime(2026, 10, 6, 14, tzinfo=UTC)
    with office.desk.runtime.write() as session:
        planning.open_due(session, NINE, 100)
        lead_note.write_due(session, office.desk.now, 10)
        note = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.LEAD_NOTE)).one()
        shown = lead_note.post(session, note, office.desk.now)
    assert shown is not None
    menu = next(block["accessory"] for block in shown.blocks if "accessory" in block)
    ways = {one["text"]["text"]: one["value"] for one in menu["options"]}
    assert list(ways) == ["Remind", "Excuse", "Reassign"]

    def choose(who: Member, way: str) -> Reply:
        return office.desk.press(who, note_handlers.chosen, Act.NOTE_CHECK_IN, ways[way])

    on_its_way = choose(office.lead, "Remind")
    assert whispered(on_its_way) == "Mere Ngata hears from me as soon as they are at work."
    assert office.desk.again() == on_its_way
    assert [row.kind for row in office.all(Delivery)].count(PostKind.REMINDER) == 1
    choose(office.lead, "Remind")
    assert "was reminded twice this week" in whispered(choose(office.lead, "Remind"))
    assert choose(office.lead, "Reassign") == Done()
    assert office.desk.opened().labels == ["Who should own it?"]
    assert isinstance(choose(office.sam, "Excuse"), Whisper)
    assert [row.state for row in office.all(CheckIn)] == [CheckInState.DUE]
    assert choose(office.lead, "Excuse") == Done()
    assert office.desk.again() == Done()
    assert [row.state for row in office.all(CheckIn)] == [CheckInState.EXCUSED]
    assert "not open any more" in whispered(choose(office.lead, "Excuse"))
