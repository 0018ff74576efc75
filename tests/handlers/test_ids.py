"""A number that is longer than any id is nobody's: it is refused as one that leads nowhere, and is never cut short."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from company import Company
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.blocks.key_result import no_number
from bot.blocks.refusals import sentence
from bot.domain.refusals import Reason
from handlers import (
    away,
    boundary,
    commands,
    correction,
    decisions,
    dependency,
    digest,
    digest_sharing,
    escalation,
    hand_over,
    help_wanted,
    initiatives,
    lead_note,
    redefining,
    signals,
    teams,
    understanding,
    value_rhythm,
    who_sees,
)
from models import Member
from models.database import Database

TEN = datetime(2026, 10, 5, 10, tzinfo=UTC)

LONG = "9" * 40
# Cut after eighteen digits it is 1, which is somebody's.
ONE_AND_MORE = f"{1:018}999"

ONE_ID: list[tuple[boundary.Handler, Act, Reason]] = [
    (commands.update, Act.UPDATE_KEY_RESULT, Reason.NO_SUCH_KEY_RESULT),
    (correction.ask, Act.CORRECT, Reason.NO_SUCH_KEY_RESULT),
    (hand_over.start, Act.HAND_OVER, Reason.NO_SUCH_KEY_RESULT),
    (help_wanted.open_ask, Act.ASK_FOR_HELP, Reason.NO_SUCH_KEY_RESULT),
    (initiatives.start, Act.INITIATIVES, Reason.NO_SUCH_KEY_RESULT),
    (value_rhythm.start, Act.VALUE_RHYTHM, Reason.NO_SUCH_KEY_RESULT),
    (who_sees.start, Act.WHO_SEES, Reason.NO_SUCH_KEY_RESULT),
    (who_sees.start_objective, Act.ITS_OBJECTIVE, Reason.NO_SUCH_KEY_RESULT),
    (decisions.done, Act.DECISION_DONE, Reason.NO_SUCH_DECISION),
    (redefining.open_stop, Act.STOP_KEY_RESULT, Reason.NO_SUCH_DECISION),
    (dependency.accept, Act.ACCEPT_DEPENDENCY, Reason.NOT_ASKED_OF_YOU),
    (escalation.take, Act.TAKE_ESCALATION, Reason.NO_SUCH_ESCALATION),
    (away.end, Act.END_AWAY, Reason.NO_SUCH_ABSENCE),
    (signals.ask_why, Act.DISMISS_SIGNAL, Reason.NO_SUCH_SIGNAL),
    (teams.preview, Act.PREVIEW_TEAM, Reason.NO_SUCH_TEAM),
    (understanding.save, Act.SAVE_UNDERSTOOD, Reason.NOTHING_WAITS),
    (lead_note.ask, Act.ANSWER_NOTE, Reason.NOTE_OVER),
]


@dataclass
class Story:
    desk: Desk
    owner: Member


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        company = Company(session)
        owner = company.person("Mere Ngata", admin=True)
        company.key_result(company.objective(company.team("Growth", lead=owner)), owner)
    return Story(Desk(database, TEN), owner)


@pytest.mark.parametrize("number", [LONG, ONE_AND_MORE])
def test_a_button_whose_number_is_too_long_says_what_it_says_about_nothing(story: Story, number: str) -> None:
    said = {act: whispered(story.desk.press(story.owner, handler, act, number)) for handler, act, _ in ONE_ID}
    assert said == {act: sentence(reason, {}) for _, act, reason in ONE_ID}
    assert story.desk.gateway.opened == []


def test_a_number_inside_of_a_buttons_value_is_no_longer_than_any_other(story: Story) -> None:
    about = json.dumps({"digest": int(LONG), "escalation": int(LONG), "team": int(LONG), "number": int(LONG)})
    for handler, act, reason in (
        (digest.decide, Act.DECIDE_FROM_DIGEST, Reason.NO_SUCH_DIGEST),
        (digest.keep, Act.KEEP_DIGEST, Reason.NO_SUCH_DIGEST),
        (digest_sharing.ask_for_note, Act.POST_DIGEST, Reason.NO_SUCH_DIGEST),
        (escalation.decide_after_all, Act.DECIDE_AFTER_ALL, Reason.NO_SUCH_KEY_RESULT),
    ):
        assert whispered(story.desk.press(story.owner, handler, act, about)) == sentence(reason, {})
    assert story.desk.gateway.opened == []


def test_a_dialog_about_a_number_that_is_too_long_says_so_and_keeps_what_was_typed(story: Story) -> None:
    story.desk.press(story.owner, initiatives.start, Act.INITIATIVES, "1")
    dialog = story.desk.opened()
    dialog.view = {**dialog.view, "private_metadata": json.dumps({"key_result": ONE_AND_MORE})}
    (said,) = dialog.errors(story.desk.submit(story.owner, initiatives.submitted, dialog)).values()
    assert said.startswith("I can't find that key result.")


def test_a_command_with_a_number_that_is_too_long_says_what_it_says_about_nothing(story: Story) -> None:
    desk, typed = story.desk, "KR-999999999999999999999"
    assert whispered(desk.command(story.owner, commands.kr, Command.KR, typed)) == no_number(typed)
    # PostgreSQL's numbers end at ten digits.
    for number, told in (
        (typed, {}),
        ("KR-0000000019", {"number": 19}),
        ("KR-9999999999", {"number": 9_999_999_999}),
        ("KR-2147483648", {"number": 2_147_483_648}),
    ):
        reply = desk.command(story.owner, commands.okr, Command.OKR, f"handover {number}")
        assert whispered(reply) == sentence(Reason.NO_SUCH_KEY_RESULT, told)
    assert desk.gateway.opened == []
