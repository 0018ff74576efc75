"""Back, skip, closing and coming back, a second look at a value, and what may stay as it was."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from answers import answered
from checkins import NINE, THIS_WEEK, WEEK, Story, begin_story, green
from company import MONDAY
from desk import Dialog, whispered

from bot.blocks.ids import Act
from bot.blocks.prompt_more import More
from bot.domain.confidence import Confidence
from bot.localslack.blockkit import check_view
from bot.services import draft
from handlers import checkin, checkin_moves, prompt_more
from handlers.reply import Done
from models import Answer, AnswerSource, CheckInDraft, KeyResult
from models.database import Database

LAST_MONDAY = MONDAY - WEEK


@pytest.fixture
def story(database: Database) -> Story:
    return begin_story(database)


def drafts(story: Story) -> list[CheckInDraft]:
    with story.desk.runtime.read() as session:
        return list(session.scalars(sa.select(CheckInDraft).order_by(CheckInDraft.id)))


def buttons(dialog: Dialog) -> list[str]:
    return [
        element["text"]["text"]
        for block in dialog.view["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def words(dialog: Dialog) -> str:
    return str(dialog.view["blocks"])


def answer_last_week(story: Story, key_result: KeyResult, **said: object) -> Answer:
    with story.desk.runtime.write() as session:
        return answered(session, session.get_one(KeyResult, key_result.id), LAST_MONDAY, **said)  # type: ignore[arg-type]


def test_back_leads_to_the_answer_of_a_moment_ago_with_its_words_and_its_colour(story: Story) -> None:
    first = green(story.begin())
    second = first.after(story.submit(first)).fill(What_is_the_next_move="book the auditor")
    assert buttons(second) == ["Back", "Skip"]
    back = story.press(second, checkin_moves.back, Act.BACK)
    assert back.view["title"]["text"] == "1 of 2: KR-1"
    assert (back.value("What is the next move"), back.value("How confident")) == ("call ten customers", "green")
    assert buttons(back) == ["Skip"]
    again = back.after(story.submit(back.fill(Current_value="32")))
    assert again.view["title"]["text"] == "2 of 2: KR-2"
    assert again.value("What is the next move") == "book the auditor"
    assert [answer.value for answer in story.answers()] == [Decimal(30), Decimal(32)]


def test_the_score_of_what_was_saved_stands_above_the_next_one(story: Story) -> None:
    first = green(story.begin())
    second = first.after(story.submit(first))
    assert "✓ 🟢 green *KR-1* Activation · *0.5* (first score)" in words(second)


def test_skip_goes_on_and_the_end_says_what_is_open(story: Story) -> None:
    second = story.press(green(story.begin()), checkin_moves.skip, Act.SKIP)
    assert second.view["title"]["text"] == "2 of 2: KR-2"
    second.fill(Score_now="0.3", How_confident="green", What_is_the_next_move="book the auditor")
    end = second.after(story.submit(second))
    assert "KR-2 is in. Thank you." in words(end)
    assert "Still open: KR-1. What you typed there is kept." in words(end)
    assert buttons(end) == ["Go on with KR-1"]
    assert check_view(dict(end.view)) == []
    first = story.press(end, checkin.start, Act.CHECK_IN)
    assert first.view["title"]["text"] == "1 of 2: KR-1"
    assert first.value("What is the next move") == "call ten customers"


def test_who_skips_everything_reads_that_nothing_was_saved_and_nothing_lost(story: Story) -> None:
    second = story.press(green(story.begin()), checkin_moves.skip, Act.SKIP)
    end = story.press(second, checkin_moves.skip, Act.SKIP)
    assert "Nothing was saved yet." in words(end)
    assert "Still open: KR-1, KR-2" in words(end)
    assert story.answers() == []


def test_what_was_typed_before_a_colour_is_there_when_the_dialog_is_opened_again(story: Story) -> None:
    dialog = story.begin().fill(Current_value="28", What_is_working="the list is long")
    story.colour(dialog, "yellow").fill(What_do_you_need="never sent")
    again = story.again()
    assert (again.value("Current value"), again.value("How confident")) == ("28", "yellow")
    assert again.value("What is working") == "the list is long"
    assert again.value("What do you need") is None
    assert "*Welcome back.* What you typed on Mon 09:00 is still here" in words(again)
    assert "Start afresh" in buttons(again)


def test_a_colour_alone_is_no_draft(story: Story) -> None:
    story.colour(story.begin(), "red")
    assert drafts(story) == []
    assert story.again().value("How confident") is None


def test_a_refused_submission_is_kept_and_goes_when_it_is_saved(story: Story) -> None:
    dialog = green(story.begin()).fill(Current_value="soon")
    dialog.errors(story.submit(dialog))
    again = story.again()
    assert again.value("Current value") == "soon"
    story.submit(again.fill(Current_value="30"))
    assert drafts(story) == []


def test_what_is_submitted_while_slack_still_draws_the_colour_leaves_no_draft_over_it(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialog = green(story.begin())
    dialog.fill(What_is_the_next_move="")
    update = story.desk.gateway.update_view

    def slow(*given: object, **named: object) -> None:
        monkeypatch.setattr(story.desk.gateway, "update_view", update)
        dialog.fill(What_is_the_next_move="call ten customers")
        story.submit(dialog)

    monkeypatch.setattr(story.desk.gateway, "update_view", slow)
    story.desk.choose(story.owner, checkin.colour_chosen, dialog, Act.CONFIDENCE)
    assert [one.next_move for one in story.answers()] == ["call ten customers"]
    assert drafts(story) == []


def test_to_start_afresh_throws_the_draft_away_also_what_slack_would_keep(story: Story) -> None:
    dialog = green(story.begin()).fill(Current_value="soon")
    dialog.errors(story.submit(dialog))
    fresh = story.press(story.again(), checkin_moves.start_afresh, Act.START_AFRESH)
    assert (fresh.value("Current value"), fresh.value("What is the next move")) == (None, None)
    assert "Start afresh" not in buttons(fresh)
    assert drafts(story) == []
    fresh.fill(Current_value="many")
    assert "There is no number" in fresh.errors(story.submit(fresh))["Current value (%)"]
    story.submit(green(fresh))
    assert [answer.value for answer in story.answers()] == [Decimal(30)]


def test_hostile_words_in_a_draft_are_only_characters(story: Story) -> None:
    loud = "<!channel> *x* & <https://x.example|y>"
    dialog = green(story.begin()).fill(Current_value="soon", What_is_working=loud)
    dialog.errors(story.submit(dialog))
    again = story.again()
    assert again.value("What is working") == loud
    sections = [block for block in again.view["blocks"] if block["type"] != "input"]
    assert "<!channel>" not in str(sections)
    assert check_view(dict(again.view)) == []


def test_a_draft_is_its_writers_own_and_ends_with_the_week(story: Story) -> None:
    dialog = green(story.begin()).fill(Current_value="soon")
    dialog.errors(story.submit(dialog))
    story.open_for(checkin.Prefill(), who=story.lead)
    assert story.desk.opened().value("Current value") is None
    (kept,) = drafts(story)
    with story.desk.runtime.write() as session:
        assert draft.forget_over(session, kept.kept_until - timedelta(seconds=1), 10) == 0
        assert draft.forget_over(session, kept.kept_until, 10) == 1
    assert drafts(story) == []


@pytest.mark.parametrize(
    ("typed", "asks"),
    [("45", "Really 45 %? That is past the target of 40 %."), ("3", "Really 3 %? That is behind the start, 20 %.")],
)
def test_an_odd_value_is_asked_about_once_and_kept_when_it_is_right(story: Story, typed: str, asks: str) -> None:
    dialog = green(story.begin()).fill(Current_value=typed)
    really = dialog.after(story.submit(dialog))
    assert asks in really.labels
    assert really.value("What is the next move") == "call ten customers"
    assert "Please tick this if the value is right" in really.errors(story.submit(really))[asks]
    assert story.answers() == []
    story.submit(really.fill(Really="sure"))
    assert [answer.value for answer in story.answers()] == [Decimal(typed)]


def without_baseline(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.execute(sa.text("update key_result_revision set start = null where kind = 'increase'"))


def test_an_odd_value_is_asked_about_within_five_fields(story: Story) -> None:
    answer_last_week(story, story.first, value="3.1")
    for optional in ("What changed since last week?", "Where did it start?"):
        dialog = green(story.begin()).fill(Current_value="31")
        assert optional in dialog.labels
        really = dialog.after(story.submit(dialog))
        assert "Really 31 %? Last time it was 3.1 %." in really.labels
        assert len(really.labels) == 5
        assert optional not in really.labels
        # Beside another value nothing is asked, and the field is there again.
        assert optional in story.colour(really.fill(Current_value="30"), "green").labels
        without_baseline(story)


@pytest.mark.parametrize(
    ("optional", "typed"), [("What changed since last week?", "a second page"), ("Where did it start?", "20")]
)
def test_what_was_typed_stays_beside_the_question_about_an_odd_value(story: Story, optional: str, typed: str) -> None:
    answer_last_week(story, story.first, value="3.1")
    if typed == "20":
        without_baseline(story)
    dialog = green(story.begin()).fill(**{optional: typed}, Current_value="31")
    really = dialog.after(story.submit(dialog))
    assert any(label.startswith("Really 31") for label in really.labels)
    assert really.value(optional) == typed
    yellow = story.colour(really, "yellow")
    assert yellow.value(optional) == typed
    story.submit(yellow.fill(Really="sure"))
    newest = story.answers()[-1]
    assert newest.score == Decimal("0.55") if typed == "20" else newest.changed == typed


def test_a_tick_is_for_one_value_only(story: Story) -> None:
    dialog = green(story.begin()).fill(Current_value="45")
    really = dialog.after(story.submit(dialog)).fill(Really="sure", Current_value="450")
    other = really.after(story.submit(really))
    assert "Really 450 %? That is past the target of 40 %." in other.labels
    assert story.answers() == []
    story.submit(other.fill(Current_value="30"))
    assert [answer.value for answer in story.answers()] == [Decimal(30)]


def test_the_question_about_a_value_stays_when_the_colour_changes(story: Story) -> None:
    dialog = green(story.begin()).fill(Current_value="45")
    really = dialog.after(story.submit(dialog))
    assert any(label.startswith("Really 45") for label in story.colour(really, "yellow").labels)


def test_ten_times_the_last_value_is_odd(story: Story) -> None:
    answer_last_week(story, story.first, value="3.1")
    dialog = green(story.begin()).fill(Current_value="31")
    assert "Really 31 %? Last time it was 3.1 %." in dialog.after(story.submit(dialog)).labels


def unchanged(story: Story) -> Dialog:
    assert story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, f"{More.UNCHANGED}:{THIS_WEEK}") == Done()
    return story.desk.opened()


def test_nothing_changed_asks_colour_and_next_move_only_and_keeps_the_value(story: Story) -> None:
    answer_last_week(story, story.first, value="28", score="0.4", next_move="call five")
    dialog = unchanged(story)
    assert dialog.labels == ["How confident are you?", "What is the next move?"]
    assert dialog.value("What is the next move") is None
    assert "Its value stays at *28 %*." in words(dialog)
    second = dialog.after(story.submit(dialog.fill(How_confident="green", What_is_the_next_move="call five more")))
    answer = story.answers()[-1]
    assert (answer.value, answer.score, answer.source) == (Decimal(28), Decimal("0.4"), AnswerSource.UNCHANGED)
    # The second one was never answered: it has the whole form, and a word why.
    assert "KR-2 has no answer yet that could stay." in words(second)
    assert "Score now, from 0 to 1" in second.labels


def test_nothing_changed_is_not_said_twice_running_nor_of_a_red(story: Story) -> None:
    answer_last_week(story, story.first, value="28")
    with story.desk.runtime.write() as session:
        session.execute(sa.update(Answer).values(source=AnswerSource.UNCHANGED))
    answer_last_week(story, story.second, confidence=Confidence.RED)
    first = unchanged(story)
    assert "KR-1 stayed the same last time, so please give it a fresh look." in words(first)
    assert "Current value (%)" in first.labels
    second = first.after(story.submit(green(first)))
    assert "KR-2 is red, so please give it a fresh look." in words(second)


def test_a_value_cannot_stay_by_a_dialog_from_before(story: Story) -> None:
    answer_last_week(story, story.first, value="28")
    dialog = unchanged(story)
    other = story.begin()
    story.submit(green(other))
    errors = dialog.errors(story.submit(dialog.fill(How_confident="green", What_is_the_next_move="rest")))
    assert "Please type where it is now" in errors["How confident are you?"]
    assert len(story.answers()) == 2


def test_something_did_change_after_all_and_what_was_typed_stays(story: Story) -> None:
    answer_last_week(story, story.first, value="28")
    dialog = unchanged(story).fill(What_is_the_next_move="call five more")
    whole = story.press(dialog, checkin_moves.changed_after_all, Act.CHANGED_AFTER_ALL)
    assert whole.value("Current value") == "28"
    assert whole.value("What is the next move") == "call five more"
    story.submit(whole.fill(Current_value="29", How_confident="green"))
    assert story.answers()[-1].source is AnswerSource.DIALOG


def test_only_one_of_them_is_answered_and_no_other_follows(story: Story) -> None:
    value = f"{More.ONLY_ONE}:{THIS_WEEK}"
    assert story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, value) == Done()
    which = story.desk.opened()
    assert check_view(dict(which.view)) == []
    which.fill(Key_result=str(story.second.id))
    dialog = which.after(story.desk.submit(story.owner, prompt_more.only_this, which))
    assert dialog.view["title"]["text"] == "KR-2"
    dialog.fill(Score_now="0.3", How_confident="green", What_is_the_next_move="book the auditor")
    assert "KR-2 is in. Thank you." in words(dialog.after(story.submit(dialog)))


def test_a_menu_of_last_week_says_that_its_week_is_over(story: Story) -> None:
    story.desk.now = NINE + WEEK
    for entry in More:
        reply = story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, f"{entry}:{THIS_WEEK}")
        assert "earlier week's check-in" in whispered(reply)
    reply = story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, "nonsense")
    assert "earlier week's check-in" in whispered(reply)


def test_a_press_in_a_dialog_whose_week_is_over_is_told_above_it_and_what_was_typed_stays_beneath(story: Story) -> None:
    dialog = green(story.begin())
    story.desk.now = NINE + WEEK
    for handler, act in (
        (checkin.colour_chosen, Act.CONFIDENCE),
        (checkin_moves.skip, Act.SKIP),
        (checkin_moves.start_afresh, Act.START_AFRESH),
    ):
        assert "its week is over" in story.desk.told_above(story.owner, handler, dialog, act)
    assert story.desk.gateway.updated == []
