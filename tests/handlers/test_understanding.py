"""What somebody writes to Okra: shown, and saved only when they say that it is right."""

from __future__ import annotations

import itertools
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from answers import answered
from checkins import NINE, WEEK, Story, begin_story, green, measure_something_else, meet_on_tuesdays
from company import MONDAY
from desk import Dialog, whispered

from bot.blocks.ids import Act
from bot.blocks.post import Post
from bot.domain.confidence import Confidence
from bot.localslack.blockkit import check_message
from bot.services import planning
from bot.services import understanding as service
from handlers import boundary, understanding
from handlers.reply import Done, Reply
from models import (
    AnswerSource,
    Blocker,
    CheckIn,
    CheckInState,
    Delivery,
    Escalation,
    KeyResult,
    Member,
    Message,
    PostKind,
    Team,
    Understanding,
    UnderstandingState,
)
from models.database import Database
from scheduler.posts import render

_numbers = itertools.count(1)


@pytest.fixture
def story(database: Database) -> Story:
    return begin_story(database)


def say(story: Story, text: str, who: Member | None = None, **event: Any) -> None:
    """Write to Okra in the direct message."""
    number = next(_numbers)
    told = {
        "type": "message",
        "channel_type": "im",
        "channel": "D0TEST",
        "user": (who or story.owner).slack_user_id,
        "text": text,
        "ts": f"1790000000.{number:06d}",
    }
    body = {"type": "event_callback", "team_id": "T0TEST", "event_id": f"Ev{number}", "event": told | event}
    if understanding.is_written_by_a_person(body["event"]):  # type: ignore[arg-type]
        boundary.hear(story.desk.runtime, understanding.heard, body)


def deliveries(story: Story) -> list[Delivery]:
    with story.desk.runtime.read() as session:
        of_kind = sa.select(Delivery).where(Delivery.kind == PostKind.UNDERSTANDING)
        return list(session.scalars(of_kind.order_by(Delivery.id)))


def reply(story: Story, index: int = -1) -> Post:
    """The answer as it reads now."""
    with story.desk.runtime.read() as session:
        post = render(session, session.get_one(Delivery, deliveries(story)[index].id), story.desk.now)
    assert post is not None
    return post


def row_of(post: Post) -> list[str]:
    rows = [block["elements"] for block in post.blocks if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row]


def press(story: Story, handler: boundary.Handler, act: Act, index: int = -1) -> Reply:
    value = str(deliveries(story)[index].understanding_id)
    return story.desk.press(story.owner, handler, act, value)


def last_week(story: Story, **said: object) -> None:
    with story.desk.runtime.write() as session:
        answered(session, session.get_one(KeyResult, story.first.id), MONDAY - WEEK, **said)  # type: ignore[arg-type]


def test_a_whole_line_is_shown_and_saved_with_one_press(story: Story) -> None:
    say(story, "1 30% green sign-ups are back, next: call ten customers")
    post = reply(story)
    assert post.text == "KR-1: 30 %, 🟢 green. Is that right?"
    shown = str(post.blocks)
    for line in ("Value: 30 %", "Colour: 🟢 green", "You say: sign-ups are back", "Next move: call ten customers"):
        assert line in shown
    assert row_of(post) == ["Save", "Edit", "Not this"]
    assert story.answers() == []
    assert press(story, understanding.save, Act.SAVE_UNDERSTOOD) == Done()
    (answer,) = story.answers()
    assert (answer.value, answer.confidence, answer.source) == (Decimal(30), Confidence.GREEN, AnswerSource.WORDS)
    assert (answer.changed, answer.next_move) == ("sign-ups are back", "call ten customers")
    done = reply(story)
    assert done.text == "KR-1 is in. Thank you."
    assert "*0.5* (first score)" in str(done.blocks)
    assert row_of(done) == []


def test_last_weeks_next_move_goes_on_where_nothing_is_said_of_it(story: Story) -> None:
    last_week(story, value="28", next_move="call five")
    say(story, "1 at 30, green")
    assert "Next move: still “call five”" in str(reply(story).blocks)
    press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    assert story.answers()[-1].next_move == "call five"


def test_a_correction_that_says_nothing_of_the_next_move_keeps_the_one_of_this_week(story: Story) -> None:
    last_week(story, value="28", next_move="call five")
    say(story, "1 30 green, next: call the bank")
    press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    story.desk.now = NINE + timedelta(minutes=5)
    say(story, "1 31 green")
    assert "Next move: still “call the bank”" in str(reply(story).blocks)
    press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    newest = story.answers()[-1]
    assert (newest.value, newest.next_move) == (Decimal(31), "call the bank")


@pytest.mark.parametrize("doubtful", ["yellow/green", "45-50", "+5"])
def test_a_line_of_doubt_alone_is_said_and_not_guessed(story: Story, doubtful: str) -> None:
    say(story, f"1 {doubtful}")
    post = reply(story)
    assert f"I could not place “{doubtful}”." in str(post.blocks)
    assert "Still missing: the value, the colour and the next move." in post.text
    assert row_of(post) == ["Fill in the rest", "Not this"]
    say(story, f"1 {doubtful}", who=story.stranger)
    assert "KR-1 is Mere Ngata's to answer" in reply(story).text


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("1 at 30", "Still missing: the colour and the next move."),
        ("1 30 green", "One thing is missing: the next move."),
        ("1 yellow, next: call ten", "One thing is missing: the value."),
        ("1 30 red, next: call ten", "Still missing: what you need and the plan (“help me plan” is one)."),
        ("1 same, green, next: x", "One thing is missing: the value."),
    ],
)
def test_what_is_missing_is_said_and_cannot_be_saved(story: Story, text: str, missing: str) -> None:
    say(story, text)
    post = reply(story)
    assert missing in post.text
    assert row_of(post) == ["Fill in the rest", "Not this"]
    assert "can't save it for KR-1 as it is" in whispered(press(story, understanding.save, Act.SAVE_UNDERSTOOD))
    assert story.answers() == []


def test_the_same_value_is_last_weeks(story: Story) -> None:
    last_week(story, value="28", next_move="call five")
    say(story, "1 same, yellow")
    assert "Value: 28 %, as it was" in str(reply(story).blocks)
    say(story, "1 30, yellow")
    post = reply(story)
    assert "Value: 30 % (last time 28 %)" in str(post.blocks)
    assert post.text.startswith("KR-1: 30 %, 🟡 yellow.")
    say(story, "1 same, yellow")
    press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    assert story.answers()[-1].value == Decimal(28)


def test_a_red_with_its_need_and_plan_can_be_saved_and_asks_for_help(story: Story) -> None:
    say(story, "1 21 red waiting on legal. next: ask Ana. need: two days. plan: the old contract")
    shown = str(reply(story).blocks)
    assert "Blocked by: “legal”" in shown
    press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    (answer,) = story.answers()
    assert (answer.need, answer.plan, answer.working) == ("two days", "the old contract", "waiting on legal")
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Blocker.by_words)).all() == ["legal"]


def test_a_value_that_cannot_be_taken_is_said(story: Story) -> None:
    say(story, "1 12 days, green, next: x")
    assert "counted in %, not in days" in reply(story).text
    assert row_of(reply(story)) == ["Fill in the rest", "Not this"]


def test_an_odd_value_is_asked_about(story: Story) -> None:
    say(story, "1 45 green, next: x")
    assert "⚠ Really 45 %? That is past the target of 40 %." in str(reply(story).blocks)


def test_what_was_not_understood_is_said_and_hostile_words_are_only_characters(story: Story) -> None:
    say(story, "1 30 green; 2 50 yellow")
    assert "I could not place “2 50 yellow”." in str(reply(story).blocks)
    say(story, "1 30 green &lt;!channel&gt; *x*")
    assert "&lt;!channel&gt;" in str(reply(story).blocks)


def test_edit_opens_the_dialog_with_it_and_saving_there_settles_it(story: Story) -> None:
    say(story, "1 30 yellow waiting on legal")
    assert press(story, understanding.edit, Act.EDIT_UNDERSTOOD) == Done()
    dialog = story.desk.opened()
    assert (dialog.value("Current value"), dialog.value("How confident")) == ("30", "yellow")
    assert dialog.value("Blocked by") == "words:legal"
    story.submit(dialog.fill(What_is_the_next_move="call them"))
    assert reply(story).text == "KR-1 is in. Thank you."
    assert "settled already" in whispered(press(story, understanding.save, Act.SAVE_UNDERSTOOD))
    assert len(story.answers()) == 1


@pytest.mark.parametrize("written", [timedelta(days=4), timedelta(days=7)])
@pytest.mark.parametrize("line", ["1 30 green", "30 %, green"])
def test_until_a_digest_on_monday_a_line_and_its_edit_are_about_the_week_before(
    story: Story, written: timedelta, line: str
) -> None:
    meet_on_tuesdays(story)
    with story.desk.runtime.write() as session:
        (second,) = session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == story.second.id))
        second.state = CheckInState.EXCUSED
    story.desk.now = NINE + written
    say(story, line)
    story.desk.now = NINE + WEEK
    assert press(story, understanding.edit, Act.EDIT_UNDERSTOOD) == Done()
    story.submit(story.desk.opened().fill(What_is_the_next_move="call ten customers"))
    with story.desk.runtime.read() as session:
        about = sa.select(CheckIn.period, CheckIn.state).where(CheckIn.key_result_id == story.first.id)
        assert session.execute(about).all() == [(MONDAY, CheckInState.ANSWERED)]


@pytest.mark.parametrize("line", ["1 30% green, next: call ten", "1 same green, next: call ten"])
def test_a_line_about_the_measure_before_is_not_saved_about_the_new_one(story: Story, line: str) -> None:
    last_week(story, value="28")
    say(story, line)
    measure_something_else(story)
    with story.desk.runtime.read() as session:
        # Its message is drawn anew.
        assert (
            session.scalars(sa.select(Message.wanted).where(Message.delivery_id == deliveries(story)[-1].id)).one() == 2
        )
    post = reply(story)
    assert "It measures something else since you wrote this" in post.text
    assert "Value:" not in str(post.blocks)
    assert row_of(post) == ["Fill in the rest", "Not this"]
    assert "Something has changed since I wrote that" in whispered(
        press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    )
    assert press(story, understanding.edit, Act.EDIT_UNDERSTOOD) == Done()
    dialog = story.desk.opened()
    assert "KR-1 measures something else since you wrote this." in str(dialog.view["blocks"][0])
    assert (dialog.value("Current value"), dialog.value("How confident")) == (None, "green")
    assert dialog.value("What is the next move") == "call ten"
    story.submit(dialog.fill(Current_value="45"))
    newest = story.answers()[-1]
    assert (newest.value, newest.definition, newest.score) == (Decimal(45), 2, Decimal("0.5"))
    assert reply(story).text == "KR-1 is in. Thank you."


def ask_for_no_value(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == story.first.id)).one().asks_value = False


def test_a_line_without_a_value_holds_where_none_is_asked_for_whatever_is_measured(story: Story) -> None:
    ask_for_no_value(story)
    say(story, "1 green, next: call ten")
    measure_something_else(story)
    assert row_of(reply(story)) == ["Save", "Edit", "Not this"]
    press(story, understanding.edit, Act.EDIT_UNDERSTOOD)
    dialog = story.desk.opened()
    assert "measures something else" not in str(dialog.view["blocks"])
    assert "Current value" not in dialog.labels
    assert press(story, understanding.save, Act.SAVE_UNDERSTOOD) == Done()
    (answer,) = story.answers()
    assert (answer.value, answer.next_move, answer.definition) == (None, "call ten", 2)


@pytest.mark.parametrize("value", ["30%", "same"])
def test_a_value_of_the_measure_before_has_its_field_also_where_none_is_asked_for(story: Story, value: str) -> None:
    ask_for_no_value(story)
    last_week(story, value="28")
    say(story, f"1 {value} green, next: call ten")
    measure_something_else(story)
    assert "It measures something else since you wrote this" in reply(story).text
    assert row_of(reply(story)) == ["Fill in the rest", "Not this"]
    press(story, understanding.edit, Act.EDIT_UNDERSTOOD)
    dialog = story.desk.opened()
    assert "Please say its value anew" in str(dialog.view["blocks"][0])
    assert dialog.value("Current value") is None
    story.submit(dialog.fill(Current_value="45"))
    assert (story.answers()[-1].value, story.answers()[-1].definition) == (Decimal(45), 2)


def test_not_this_saves_nothing(story: Story) -> None:
    say(story, "1 30 green, next: x")
    assert press(story, understanding.drop, Act.DROP_UNDERSTOOD) == Done()
    assert reply(story).text == "All right: nothing of this was saved for KR-1."
    assert row_of(reply(story)) == []
    assert "settled already" in whispered(press(story, understanding.edit, Act.EDIT_UNDERSTOOD))
    assert story.answers() == []


def test_a_newer_line_takes_the_place_of_one_that_waits(story: Story) -> None:
    say(story, "1 30 green, next: x")
    say(story, "1 31 green, next: x")
    assert "nothing of this was saved" in reply(story, 0).text
    press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    assert [answer.value for answer in story.answers()] == [Decimal(31)]


def test_an_answer_that_was_given_since_stands(story: Story) -> None:
    say(story, "1 30 green, next: x")
    story.desk.now = NINE + timedelta(minutes=5)
    story.submit(green(story.begin()).fill(Current_value="33"))
    assert "was answered after this" in whispered(press(story, understanding.save, Act.SAVE_UNDERSTOOD))
    assert [answer.value for answer in story.answers()] == [Decimal(33)]


def test_without_a_number_the_only_one_that_is_open_is_meant_and_else_it_is_asked(story: Story) -> None:
    say(story, "30 %, green, next: x")
    assert "Which key result do you mean" in reply(story).text
    assert "KR-1, KR-2" in reply(story).text
    with story.desk.runtime.write() as session:
        session.execute(sa.update(CheckIn).where(CheckIn.key_result_id == story.second.id).values(state="answered"))
    say(story, "30 %, green, next: x")
    assert reply(story).text == "KR-1: 30 %, 🟢 green. Is that right?"


def test_several_lines_that_each_name_their_key_result_are_several_answers(story: Story) -> None:
    say(story, "1 30 green, next: x\n2 0.3 yellow, next: y")
    assert [reply(story, index).text[:4] for index in (0, 1)] == ["KR-1", "KR-2"]
    say(story, "1 30 green\nwaiting on legal")
    assert "You say: waiting on legal" in str(reply(story).blocks)


def test_a_line_that_is_not_read_is_named(story: Story) -> None:
    say(story, "\n".join(f"1 3{digit} green, next: call {digit}" for digit in range(7)))
    assert len(deliveries(story)) == 6
    assert reply(story, 4).text == "KR-1: 34 %, 🟢 green. Is that right?"
    assert reply(story).text == (
        "That is more than I read at once, and I have not read “1 35 green, next: call 5”, “1 36 green, next: call 6”. "
        "Please send the rest in a message of its own."
    )


def test_of_a_long_text_nothing_goes_without_a_word(story: Story) -> None:
    say(story, f"1 30 green {'so much to say ' * 230}and here is the end, next: call the bank")
    shown = str(reply(story).blocks)
    assert "Next move: call the bank" in shown
    assert "I could not place “so much to say so much to say" in shown
    press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    (answer,) = story.answers()
    assert (len(answer.changed), answer.next_move) == (2999, "call the bank")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("hello there", "I can't read a check-in in “hello there”"),
        ("thanks!", "`/okr help` lists what you can type"),
        ("help", "What you can type: /okr"),
        ("Help?", "What you can type: /okr"),
        ("42", "If 42 is the value, put the key result's number before it, as in `12 42 green`."),
        ("99 45 green", "There is no KR-99 that you can see"),
        ("1", "*KR-1* Activation 20"),
        ("kr-1?", "*KR-1* Activation 20"),
    ],
)
def test_what_is_no_check_in_gets_an_answer_that_helps(story: Story, text: str, answer: str) -> None:
    say(story, text)
    assert answer in reply(story).text


def test_a_stranger_reads_whose_it_is_and_can_press_nothing(story: Story) -> None:
    say(story, "1 30 green, next: x", who=story.stranger)
    assert "KR-1 is Mere Ngata's to answer" in reply(story).text
    say(story, "1 30 green, next: x")
    value = str(deliveries(story)[-1].understanding_id)
    assert "settled" in whispered(story.desk.press(story.stranger, understanding.save, Act.SAVE_UNDERSTOOD, value))
    for nonsense in ("", "x", "9" * 30):
        assert whispered(story.desk.press(story.owner, understanding.save, Act.SAVE_UNDERSTOOD, nonsense))
    assert story.answers() == []


@pytest.mark.parametrize(
    "event",
    [{"bot_id": "B1"}, {"subtype": "message_changed"}, {"channel_type": "channel"}, {"user": "U0NOBODY"}],
)
def test_what_nobody_wrote_to_okra_is_left_alone(story: Story, event: dict[str, str]) -> None:
    say(story, "1 30 green, next: x", **event)
    say(story, " ")
    assert deliveries(story) == []


@pytest.mark.parametrize("subtype", ["file_share", "me_message", "thread_broadcast"])
def test_what_somebody_wrote_is_read_however_slack_marks_it(story: Story, subtype: str) -> None:
    say(story, "1 30 green, next: x", subtype=subtype)
    assert reply(story).text == "KR-1: 30 %, 🟢 green. Is that right?"


def test_the_same_message_twice_is_answered_once(story: Story) -> None:
    body = {
        "type": "event_callback",
        "team_id": "T0TEST",
        "event_id": "EvTwice",
        "event": {"user": story.owner.slack_user_id, "text": "1 30 green", "ts": "1.2", "channel_type": "im"},
    }
    boundary.hear(story.desk.runtime, understanding.heard, body)
    boundary.hear(story.desk.runtime, understanding.heard, body)
    assert len(deliveries(story)) == 1


def test_when_answering_is_over_the_words_go_and_nothing_can_be_pressed(story: Story) -> None:
    say(story, "1 30 green waiting, next: x")
    say(story, "hello there")
    over = NINE + timedelta(days=2, hours=1)
    with story.desk.runtime.write() as session:
        assert service.forget_over(session, NINE, 10) == 0
        assert service.forget_over(session, over, 10) == 2
        rows = session.scalars(sa.select(Understanding).order_by(Understanding.id)).all()
        assert [row.text + row.words + row.next_move for row in rows] == ["", ""]
        assert [row.state for row in rows] == [UnderstandingState.OVER, UnderstandingState.UNCLEAR]
    story.desk.now = over
    assert reply(story, 0).text == "The week's digest is out, and this was not saved for KR-1."
    assert "settled" in whispered(press(story, understanding.save, Act.SAVE_UNDERSTOOD, 0))


@pytest.mark.parametrize("then", ["the digest is out", "its team is off"])
def test_what_was_saved_is_shown_as_saved_also_where_it_can_be_changed_no_more(story: Story, then: str) -> None:
    say(story, "1 30 green waiting, next: x")
    assert press(story, understanding.save, Act.SAVE_UNDERSTOOD) == Done()
    if then == "the digest is out":
        story.desk.now += timedelta(days=2, hours=1)
    else:
        with story.desk.runtime.write() as session:
            session.scalars(sa.select(Team)).one().switched_on_at = None
    assert reply(story).text == "KR-1 is in. Thank you."
    assert row_of(reply(story)) == []


def forget_over(story: Story) -> list[tuple[UnderstandingState, str]]:
    """What the scheduler forgets by now; what became of each line, and what is left of its words."""
    with story.desk.runtime.write() as session:
        service.forget_over(session, story.desk.now, 10)
        rows = session.scalars(sa.select(Understanding).order_by(Understanding.id)).all()
        return [(row.state, row.text + row.value + row.next_move) for row in rows]


def test_a_line_about_last_week_is_over_with_last_weeks_digest(story: Story) -> None:
    meet_on_tuesdays(story)
    story.desk.now = NINE + WEEK
    say(story, "1 30 green, next: x")
    assert row_of(reply(story)) == ["Save", "Edit", "Not this"]
    assert forget_over(story) == [(UnderstandingState.PENDING, "1 30 green, next: x30x")]
    story.desk.now += timedelta(days=1)
    assert forget_over(story) == [(UnderstandingState.OVER, "")]
    assert reply(story).text == "The week's digest is out, and this was not saved for KR-1."
    assert row_of(reply(story)) == []


def test_a_line_waits_until_the_digest_of_its_own_team(story: Story) -> None:
    with story.desk.runtime.write() as session:
        team = session.scalars(sa.select(Team)).one()
        team.meeting_on, team.exception_reason = 4, "The shop is closed on Thursdays"
    say(story, "1 30 green, next: x")
    # The organisation's digest is out, and the team meets on Friday.
    story.desk.now += timedelta(days=2, hours=1)
    assert forget_over(story) == [(UnderstandingState.PENDING, "1 30 green, next: x30x")]
    assert press(story, understanding.save, Act.SAVE_UNDERSTOOD) == Done()
    story.desk.now += timedelta(days=2)
    assert forget_over(story) == [(UnderstandingState.SAVED, "")]


def test_a_draft_in_the_dialog_is_no_part_of_what_is_saved(story: Story) -> None:
    dialog: Dialog = green(story.begin()).fill(Current_value="soon", What_is_working="typed elsewhere")
    dialog.errors(story.submit(dialog))
    say(story, "1 30 green, next: x")
    press(story, understanding.save, Act.SAVE_UNDERSTOOD)
    (answer,) = story.answers()
    assert (answer.value, answer.working, answer.next_move) == (Decimal(30), "", "x")


def _yellow_before(story: Story, weeks: int) -> None:
    """So many weeks went by, and the first key result was yellow in each."""
    with story.desk.runtime.write() as session:
        key_result = session.get_one(KeyResult, story.first.id)
        for week in range(weeks):
            answered(session, key_result, MONDAY + week * WEEK, confidence=Confidence.YELLOW)
        story.desk.now += weeks * WEEK
        planning.open_due(session, story.desk.now, 100)


def test_a_second_yellow_asks_whether_help_would_change_it_and_a_yes_opens_the_thread(story: Story) -> None:
    _yellow_before(story, 1)
    say(story, "1 30% yellow, next: call ten customers")
    post = reply(story)
    assert check_message(post.text, list(post.blocks)) == []
    assert post.text == "KR-1: 30 %, 🟡 yellow. Is that right, and would help change this?"
    assert "It was yellow the last time, too." in str(post.blocks)
    assert row_of(post) == ["Save", "Save, and ask for help", "Edit", "Not this"]
    assert press(story, understanding.save_with_help, Act.SAVE_WITH_HELP) == Done()
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Escalation.key_result_id)).all() == [story.first.id]
    assert row_of(reply(story)) == []


def test_a_no_to_it_saves_and_opens_nothing(story: Story) -> None:
    _yellow_before(story, 1)
    say(story, "1 30% yellow, next: call ten customers")
    assert press(story, understanding.save, Act.SAVE_UNDERSTOOD) == Done()
    assert len(story.answers()) == 2
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Escalation)).all() == []


@pytest.mark.parametrize(("before", "colour"), [(0, "yellow"), (1, "green")])
def test_a_first_yellow_and_another_colour_are_not_asked_about(story: Story, before: int, colour: str) -> None:
    _yellow_before(story, before)
    say(story, f"1 30% {colour}, next: call ten customers")
    assert row_of(reply(story)) == ["Save", "Edit", "Not this"]


def test_a_third_yellow_says_before_it_is_saved_that_it_asks_for_help(story: Story) -> None:
    _yellow_before(story, 2)
    say(story, "1 30% yellow, next: call ten customers")
    assert "saving it asks your lead for help" in str(reply(story).blocks)
    assert row_of(reply(story)) == ["Save", "Edit", "Not this"]
    assert press(story, understanding.save, Act.SAVE_UNDERSTOOD) == Done()
    with story.desk.runtime.read() as session:
        assert len(session.scalars(sa.select(Escalation)).all()) == 1
