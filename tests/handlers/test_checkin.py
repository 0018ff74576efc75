from __future__ import annotations

from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from checkins import NINE, WEEK, Story, begin_story, green, measure_something_else, meet_on_tuesdays
from company import MONDAY
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.domain.confidence import Confidence
from bot.localslack.blockkit import check_view
from bot.services import definitions, home, planning, preferences
from bot.services.access import Caller
from bot.slack_failures import Permanent
from handlers import checkin, commands, prompt_more
from handlers.checkin import Prefill
from handlers.reply import Done, Options
from models import (
    Answer,
    Blocker,
    CheckIn,
    Delivery,
    KeyResult,
    KeyResultRevision,
    KeyResultState,
    Member,
    PostKind,
)
from models.database import Database, open_database
from scheduler.posts import render


@pytest.fixture
def story(database: Database) -> Story:
    return begin_story(database)


def test_a_green_check_in_has_five_fields_and_no_colour(story: Story) -> None:
    dialog = story.begin()
    assert dialog.view["title"]["text"] == "1 of 2: KR-1"
    assert dialog.labels == [
        "Current value (%)",
        "How confident are you?",
        "What changed since last week?",
        "What is working, and what is stuck?",
        "What is the next move?",
    ]
    assert dialog.value("How confident") is None
    required = [block["label"]["text"] for block in dialog.inputs() if not block["optional"]]
    assert required == ["Current value (%)", "How confident are you?", "What is the next move?"]
    assert "20 → 40 %: 32 % is 0.6" in dialog.block("Current value")["hint"]["text"]
    assert check_view(dict(dialog.view)) == []


def test_all_that_is_due_is_answered_without_leaving_the_dialog(story: Story) -> None:
    first = green(story.begin())
    reply = story.submit(first)
    second = first.after(reply)
    assert second.view["title"]["text"] == "2 of 2: KR-2"
    assert second.value("What is the next move") is None  # the first one's words did not travel
    second.fill(Score_now="0.3", How_confident="green", What_is_the_next_move="book the auditor")
    end = second.after(story.submit(second))
    assert check_view(dict(end.view)) == []
    shown = str(end.view["blocks"])
    assert "Both are in. Thank you." in shown
    assert "*0.5* (first score)" in shown
    assert "To change an answer until Wed 10:00: `/kr 1`, then *Update*." in shown
    assert [answer.score for answer in story.answers()] == [Decimal("0.5"), Decimal("0.3")]


def test_yellow_and_red_bring_their_fields_and_nothing_typed_is_lost(story: Story) -> None:
    dialog = story.begin().fill(Current_value="30", What_is_the_next_move="call ten customers")
    yellow = story.colour(dialog, "yellow")
    assert yellow.labels[4:] == ["Blocked by", "Help", "What is the next move?", "What do you need to make it happen?"]
    assert (yellow.value("What is the next move"), yellow.value("How confident")) == ("call ten customers", "yellow")
    yellow.fill(What_do_you_need="a lawyer")
    red = story.colour(yellow, "red")
    assert red.labels[4:] == [
        "Blocked by", "What is the next move?", "What do you need to make it happen?", "What is the plan?",
    ]  # fmt: skip
    back = story.colour(red, "green")
    assert back.value("What do you need") == "a lawyer"
    assert check_view(dict(red.view)) == []


def test_green_again_takes_empty_fields_away(story: Story) -> None:
    red = story.colour(story.begin(), "red")
    assert len(story.colour(red, "green").labels) == 5


def test_a_red_that_was_sent_before_its_fields_appeared_gets_them_and_keeps_its_words(story: Story) -> None:
    early = story.begin().fill(Current_value="30", How_confident="red", What_is_the_next_move="ask around")
    late = early.after(story.submit(early))
    assert "Thank you for saying red" in str(late.view["blocks"][0])
    assert late.value("What is the next move") == "ask around"
    assert late.value("How confident") == "red"
    assert story.answers() == []
    late.fill(What_do_you_need="two days of HR", What_is_the_plan="I don't know yet, help me plan")
    story.submit(late)
    (answer,) = story.answers()
    assert (answer.confidence, answer.plan) == (Confidence.RED, "I don't know yet, help me plan")


def test_a_red_without_a_plan_and_a_need_is_told_so_under_each_field(story: Story) -> None:
    red = story.colour(story.begin(), "red").fill(Current_value="30", What_is_the_next_move="ask around")
    errors = red.errors(story.submit(red))
    assert set(errors) == {"What do you need to make it happen?", "What is the plan?"}
    assert "help me plan" in errors["What is the plan?"]
    assert story.answers() == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("soon", "There is no number in this"),
        ("", "Please type where it is now"),
        ("12 days", "counted in %, not in days"),
        ("1 of 3", "more than one number"),
        ("9e99", "more than one number"),
    ],
)
def test_a_value_that_is_no_number_is_told_so_under_the_field(story: Story, typed: str, sentence: str) -> None:
    dialog = green(story.begin()).fill(Current_value=typed)
    assert sentence in dialog.errors(story.submit(dialog))["Current value (%)"]
    assert story.answers() == []


def test_a_text_over_the_limit_is_told_its_length(story: Story) -> None:
    dialog = green(story.begin()).fill(What_changed="a" * 3001)
    assert "3,001 characters long and 3,000 fit" in dialog.errors(story.submit(dialog))["What changed since last week?"]


def test_a_missing_colour_and_move_are_asked_for_kindly(story: Story) -> None:
    dialog = story.begin().fill(Current_value="30", What_is_the_next_move=" \u200b ")
    assert set(dialog.errors(story.submit(dialog))) == {"How confident are you?", "What is the next move?"}


def test_the_same_submission_twice_is_one_answer_and_the_same_next_page(story: Story) -> None:
    dialog = green(story.begin())
    once, again = story.submit(dialog), story.submit(dialog)
    assert len(story.answers()) == 1
    assert once == again


def test_what_was_changed_before_the_same_dialog_is_pressed_again_is_sent_once_its_owner_says_so(story: Story) -> None:
    """The answer of Slack's was lost: the dialog stands as it was, its owner types on and presses once more."""
    dialog = green(story.begin())
    story.submit(dialog)
    shown = dialog.after(story.submit(dialog.fill(What_changed="the second pilot signed")))
    assert "What you sent a moment ago has arrived" in str(shown.view["blocks"][0])
    assert check_view(dict(shown.view)) == []
    assert [answer.changed for answer in story.answers()] == [""]
    end = shown.after(story.submit(shown))
    assert [answer.changed for answer in story.answers()] == ["", "the second pilot signed"]
    assert end.view["title"]["text"] == "2 of 2: KR-2"


def test_what_was_changed_is_there_again_where_the_dialog_is_closed_instead(story: Story) -> None:
    dialog = green(story.begin())
    story.submit(dialog)
    story.submit(dialog.fill(What_changed="the second pilot signed"))
    story.open_for(Prefill())
    assert story.desk.opened().value("What changed") == "the second pilot signed"


def test_what_was_submitted_before_more_was_added_and_comes_after_it_takes_nothing_away(story: Story) -> None:
    """A process that was stopped brings the first submission late."""
    dialog = green(story.begin())
    late = deepcopy(dialog)
    story.submit(dialog.fill(What_changed="the second pilot signed"))
    story.submit(late)
    assert [answer.changed for answer in story.answers()] == ["the second pilot signed"]


def test_where_only_the_start_was_missing_the_answer_is_scored_once_it_is_given(story: Story) -> None:
    """The value is the same, and says something for the first time."""
    with story.desk.database.write() as session:
        session.execute(sa.update(KeyResultRevision).values(start=None))
    story.submit(story.begin().fill(How_confident="green", Current_value="30", What_is_the_next_move="call"))
    assert [answer.score for answer in story.answers()] == [None]
    story.open_for(Prefill())
    again = story.desk.opened().fill(How_confident="green", Where_did_it_start="20")
    story.submit(again)
    assert [answer.score for answer in story.answers()] == [None, Decimal("0.5")]


def test_what_comes_again_after_the_answer_was_changed_changes_nothing(story: Story) -> None:
    dialog = green(story.begin())
    story.submit(dialog)
    story.open_for(Prefill())
    story.submit(story.desk.opened().fill(How_confident="green", Current_value="40"))
    end = dialog.after(story.submit(dialog))
    assert [answer.score for answer in story.answers()] == [Decimal("0.5"), Decimal(1)]
    assert end.view["title"]["text"] == "2 of 2: KR-2"


def test_what_said_nothing_new_and_comes_again_after_the_answer_was_changed_changes_nothing(story: Story) -> None:
    story.submit(green(story.begin()))
    story.open_for(Prefill())
    the_same = green(story.desk.opened())
    story.submit(the_same)
    assert len(story.answers()) == 1
    story.open_for(Prefill())
    story.submit(story.desk.opened().fill(How_confident="green", Current_value="40"))
    story.submit(the_same)
    assert [answer.score for answer in story.answers()] == [Decimal("0.5"), Decimal(1)]


def test_an_answer_can_be_changed_until_the_digest(story: Story) -> None:
    story.submit(green(story.begin()))
    assert story.open_for(Prefill()) == Done()
    dialog = story.desk.opened()
    assert dialog.view["title"]["text"] == "KR-1"
    assert dialog.value("What is the next move") == "call ten customers"
    assert dialog.value("How confident") is None
    story.submit(dialog.fill(How_confident="green", Current_value="40"))
    assert [(answer.revision, answer.score) for answer in story.answers()] == [(1, Decimal("0.5")), (2, Decimal(1))]


@pytest.mark.parametrize("way", ["Update", "/kr"])
def test_where_the_digest_is_on_monday_the_answer_of_the_week_before_can_be_changed_until_then(
    story: Story, way: str
) -> None:
    meet_on_tuesdays(story)
    story.desk.now = NINE + timedelta(days=3)
    story.submit(green(story.begin()))

    def update(value: str) -> None:
        if way == "Update":
            reply = story.desk.press(story.owner, commands.update, Act.UPDATE_KEY_RESULT, str(story.first.id))
        else:
            reply = story.desk.command(story.owner, commands.kr, Command.KR, f"1 {value} green")
        assert reply == Done()
        dialog = story.desk.opened().fill(Current_value=value, How_confident="green", What_is_the_next_move="go on")
        story.submit(dialog)

    story.desk.now = NINE + WEEK
    update("35")
    story.desk.now = NINE + WEEK + timedelta(hours=1)
    update("40")
    with story.desk.runtime.read() as session:
        told = sa.select(CheckIn.period, Answer.revision, Answer.value).join(Answer, Answer.check_in_id == CheckIn.id)
        assert session.execute(told.order_by(Answer.id)).all() == [
            (MONDAY, 1, Decimal(30)),
            (MONDAY, 2, Decimal(35)),
            (MONDAY + WEEK, 1, Decimal(40)),
        ]


@pytest.mark.parametrize("way", ["Save", "a colour", "closed and opened again"])
def test_a_value_of_the_measure_before_is_not_saved_as_one_of_the_new_and_nothing_else_is_lost(
    story: Story, way: str
) -> None:
    dialog = story.colour(green(story.begin()), "yellow").fill(What_is_working="sign-ups are back")
    if way == "closed and opened again":
        dialog = story.colour(dialog, "green")
    measure_something_else(story)
    if way == "Save":
        afresh = dialog.after(story.submit(dialog))
    elif way == "a colour":
        afresh = story.colour(dialog, "green")
    else:
        afresh = story.again()
    assert story.answers() == []
    assert check_view(dict(afresh.view)) == []
    assert "KR-1 measures something else since you wrote this." in str(afresh.view["blocks"][:2])
    assert (afresh.value("Current value"), afresh.value("What is working")) == (None, "sign-ups are back")
    assert afresh.value("What is the next move") == "call ten customers"
    story.submit(afresh.fill(Current_value="45", How_confident="green"))
    (answer,) = story.answers()
    assert (answer.value, answer.definition, answer.score) == (Decimal(45), 2, Decimal("0.5"))


def test_where_only_the_value_was_to_stay_it_is_asked_for_once_another_is_measured(story: Story) -> None:
    story.submit(green(story.begin()))
    with story.desk.runtime.write() as session:
        planning.open_due(session, NINE + WEEK, 100)
    story.desk.now = NINE + WEEK
    assert story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, f"unchanged:{MONDAY + WEEK}") == Done()
    short = story.desk.opened()
    assert "Current value" not in str(short.labels)
    measure_something_else(story)
    whole = short.after(story.submit(short.fill(How_confident="green", What_is_the_next_move="go on")))
    assert whole.value("Current value") is None
    story.submit(whole.fill(Current_value="60"))
    assert [(answer.value, answer.source.value) for answer in story.answers()] == [(30, "dialog"), (60, "dialog")]


def test_where_no_value_is_asked_for_none_is_asked_for_anew(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == story.first.id)).one().asks_value = False
    dialog = story.begin().fill(How_confident="green", What_is_the_next_move="go on")
    measure_something_else(story)
    afresh = dialog.after(story.submit(dialog))
    assert "measures something else since you wrote this.* Please see whether" in str(afresh.view["blocks"][0])
    assert "Current value" not in afresh.labels
    story.submit(afresh)
    assert [(answer.value, answer.next_move) for answer in story.answers()] == [(None, "go on")]


def test_a_value_that_was_begun_about_the_measure_before_has_its_field_where_none_is_asked_for(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == story.first.id)).one().asks_value = False
    assert story.open_for(Prefill(value_text="30")) == Done()
    story.colour(story.desk.opened(), "green")
    measure_something_else(story)
    again = story.again()
    assert "Please say its value anew" in str(again.view["blocks"][:2])
    assert again.value("Current value") is None


def test_another_target_for_the_same_measure_asks_nothing_anew(story: Story) -> None:
    dialog = green(story.begin())
    with story.desk.runtime.write() as session:
        key_result = session.get_one(KeyResult, story.first.id)
        old = definitions.definition_of(session, key_result)
        terms = {
            name: getattr(old, name) for name in ("workspace_id", "key_result_id", "metric", "kind", "unit", "start")
        }
        new = KeyResultRevision(
            **terms, revision=2, text="Activation from 20 to 60 %", target=Decimal(60), created_at=NINE, reason="more"
        )
        definitions.replace(session, key_result, old, new)
    story.submit(dialog)
    assert [(answer.definition, answer.score) for answer in story.answers()] == [(2, Decimal("0.25"))]


def test_what_was_typed_after_a_command_stands_where_it_belongs(story: Story) -> None:
    story.open_for(Prefill(value_text="25", confidence=Confidence.YELLOW, words="waiting on legal"))
    dialog = story.desk.opened()
    assert dialog.value("Current value") == "25"
    assert dialog.value("How confident") == "yellow"
    assert dialog.value("What is working") == "waiting on legal"
    assert dialog.value("Blocked by") == "words:legal"
    story.submit(dialog.fill(What_is_the_next_move="call them"))
    (answer,) = story.answers()
    assert (answer.source.value, answer.working) == ("words", "waiting on legal")


def test_the_team_that_is_waited_for_stands_in_the_place_of_last_weeks_blocker(story: Story) -> None:
    dialog = story.colour(green(story.begin()), "yellow").fill(Blocked_by=f"member:{story.lead.id}")
    story.submit(dialog)
    story.open_for(Prefill(confidence=Confidence.YELLOW, words="still waiting for growth, since Monday"))
    assert story.desk.opened().value("Blocked by") == "team:1"
    story.open_for(Prefill(confidence=Confidence.YELLOW, words="slow, but it goes"))
    assert story.desk.opened().value("Blocked by") == f"member:{story.lead.id}"


def test_what_was_not_understood_is_said_in_the_dialog(story: Story) -> None:
    story.open_for(Prefill(value_text="25", not_understood=("<!channel> blah",)))
    first = story.desk.opened().view["blocks"][0]["text"]["text"]
    assert first.startswith("I could not place “&lt;!channel&gt; blah”")


def test_a_co_owner_or_lead_may_open_it_and_a_stranger_reads_who_may(story: Story) -> None:
    assert story.open_for(Prefill(), who=story.lead) == Done()
    sentence = "KR-1 is Mere Ngata's to answer. `/kr 1` shows it."
    assert whispered(story.open_for(Prefill(), who=story.stranger)) == sentence


def test_a_strangers_submission_is_refused_where_they_look(story: Story) -> None:
    dialog = green(story.begin())
    errors = dialog.errors(story.submit(dialog, who=story.stranger))
    assert next(iter(errors.values())) == "KR-1 is Mere Ngata's to answer. /kr 1 shows it."
    assert story.answers() == []


def test_a_button_of_last_week_says_that_its_week_is_over(story: Story) -> None:
    story.desk.now = NINE + WEEK
    assert "earlier week's check-in" in whispered(story.check_in())
    assert "earlier week's check-in" in whispered(story.check_in(period="soon"))


def test_a_dialog_left_open_over_the_digest_keeps_its_words_and_says_why(story: Story) -> None:
    dialog = green(story.begin())
    story.desk.now = NINE + timedelta(days=2, hours=1)
    errors = dialog.errors(story.submit(dialog))
    assert "digest is out" in next(iter(errors.values()))
    assert "opens Mon 09:00" in next(iter(errors.values()))


def test_after_a_cycles_last_digest_no_check_in_is_promised_that_nobody_asks_for(database: Database) -> None:
    story = begin_story(database, cycle_ends_on=date(2026, 10, 9))
    dialog = green(story.begin())
    story.desk.now = NINE + timedelta(days=2, hours=1)
    none = "No other check-in is planned until the next cycle begins."
    (why,) = dialog.errors(story.submit(dialog)).values()
    assert why == f"This week's digest is out, so its answers stand. {none}"
    with story.desk.runtime.read() as session:
        owner = session.get_one(Member, story.owner.id)
        (asked,) = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.PROMPT)).all()
        prompt = render(session, asked, story.desk.now)
        assert prompt is not None
        assert prompt.text == "Week of 5 Oct: 0 of 2 answered"
        assert preferences.mine(session, Caller(owner.workspace_id, owner.id)).next_at is None
        assert "check-in opens" not in str(home.page(session, owner, story.desk.now))
    story.desk.now = NINE + WEEK
    assert whispered(story.check_in()) == f"That was an earlier week's check-in, and its week is over. {none}"


def test_a_key_result_that_was_closed_meanwhile_says_so(story: Story) -> None:
    dialog = green(story.begin())
    with story.desk.runtime.write() as session:
        session.execute(
            sa.update(KeyResult)
            .where(KeyResult.id == story.first.id)
            .values(state=KeyResultState.CLOSED, closed_at=NINE)
        )
    assert "KR-1 is closed" in next(iter(dialog.errors(story.submit(dialog)).values()))


def test_who_owns_nothing_reads_that_nothing_is_due(story: Story) -> None:
    assert "Nothing is due from you" in whispered(story.check_in(story.stranger))


def test_a_button_pressed_after_all_is_answered_says_so(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.execute(sa.update(CheckIn).values(state="answered"))
    assert "answered already" in whispered(story.check_in())


def test_a_blocker_is_a_person_a_team_or_the_words_themselves(story: Story) -> None:
    found = story.desk.suggest(story.owner, checkin.suggest, Act.BLOCKED_BY, "T")
    assert isinstance(found, Options)
    offered = {option["text"]["text"]: option["value"] for option in found.options}  # type: ignore[index]
    assert set(offered) == {"Growth", "Tama Reid", "Sam Stone", "“T”"}
    dialog = story.colour(green(story.begin()), "yellow").fill(Blocked_by=str(offered["Tama Reid"]))
    story.submit(dialog)
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Blocker.by_member_id)).all() == [story.lead.id]


def test_help_with_nothing_named_asks_what_it_waits_for(story: Story) -> None:
    dialog = story.colour(green(story.begin()), "yellow").fill(Help="help")
    assert "who or what it waits for" in dialog.errors(story.submit(dialog))["Blocked by"]


def test_a_menus_entry_that_somebody_made_up_blocks_nothing(story: Story) -> None:
    for value in ("member:999999", "team:x", "member:9" + "9" * 30, "nonsense", "words: "):
        dialog = story.colour(green(story.begin()), "yellow").fill(Blocked_by=value)
        story.submit(dialog)
        story.desk.now += timedelta(seconds=1)
        with story.desk.runtime.write() as session:
            assert session.scalars(sa.select(Blocker)).all() == []
            session.execute(sa.update(CheckIn).values(state="due"))


def test_a_colour_that_slack_does_not_draw_is_caught_up_with_at_the_submission(story: Story) -> None:
    dialog = story.begin().fill(Current_value="30", How_confident="red", What_is_the_next_move="ask")
    story.desk.gateway.failure = Permanent("not_found")
    assert story.desk.choose(story.owner, checkin.colour_chosen, dialog, Act.CONFIDENCE) == Done()
    assert "What is the plan?" in dialog.after(story.submit(dialog)).labels


def test_a_red_whose_fields_were_not_drawn_after_yellow_gets_its_plan_at_the_submission(story: Story) -> None:
    yellow = story.colour(green(story.begin()), "yellow").fill(What_do_you_need="an hour of Legal", How_confident="red")
    shown = yellow.after(story.submit(yellow))
    assert "What is the plan?" in shown.labels
    assert shown.value("What do you need") == "an hour of Legal"
    assert story.answers() == []


def test_a_colour_is_drawn_only_in_the_dialog_in_which_it_was_chosen(story: Story) -> None:
    dialog = green(story.begin())
    story.colour(dialog, "yellow")
    assert story.desk.gateway.hashes == [dialog.hash]


def test_an_unknown_baseline_is_asked_for_within_five_fields(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.execute(sa.text("update key_result_revision set start = null where kind = 'increase'"))
    dialog = story.begin()
    assert len(dialog.labels) == 5
    dialog.fill(Where_did_it_start="50", Current_value="30", How_confident="green", What_is_the_next_move="go")
    assert "past its target of 40" in dialog.errors(story.submit(dialog))["Where did it start?"]
    story.submit(dialog.fill(Where_did_it_start="20"))
    assert story.answers()[0].score == Decimal("0.5")


def test_a_database_that_is_locked_keeps_the_dialog_open_with_its_words(story: Story, database_url: str) -> None:
    dialog = green(story.begin())
    hasty = open_database(database_url)  # as patient as a listener may be
    other, story.desk = story.desk.database, Desk(hasty, NINE)
    with other.engine.connect().execution_options(okra_writes=True) as connection, connection.begin():
        if not other.is_sqlite:
            connection.exec_driver_sql("lock table key_result")
        errors = dialog.errors(story.submit(dialog))
    assert "Nothing is lost: please try again" in next(iter(errors.values()))
    assert story.answers() == []
    story.submit(dialog)
    assert len(story.answers()) == 1
    hasty.close()
