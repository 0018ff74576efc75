"""The second yellow running asks whether help would change it, the third asks for help by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from checkins import NINE, WEEK, Story, begin_story, green
from desk import Dialog
from queries import counted

from bot.domain.escalation import EscalationState
from bot.services import planning
from handlers.checkin import Prefill
from handlers.reply import Done
from models import CheckIn, CheckInState, Escalation, EscalationEvent, EscalationEventKind
from models.database import Database

QUESTION = "Would help change this?"
BY_ITSELF = "Yellow three times running, so I have asked for help for you: KR-1."


@pytest.fixture
def story(database: Database) -> Story:
    return begin_story(database)


def page(story: Story, week: int) -> Dialog:
    """The first key result of a week, counted from 0."""
    if week:
        story.desk.now = NINE + week * WEEK
        with story.desk.runtime.write() as session:
            planning.open_due(session, story.desk.now, 100)
    period = (NINE + week * WEEK).date().isoformat()
    story.check_in(period=period)
    return story.desk.opened()


def yellow(story: Story, week: int, **filled: str) -> Dialog:
    """Answer the first key result yellow; returns the dialog for the next one."""
    dialog = story.colour(page(story, week), "yellow")
    dialog.fill(Current_value="30", What_is_the_next_move="call ten customers", **filled)
    return dialog.after(story.submit(dialog))


def threads(story: Story) -> list[Escalation]:
    with story.desk.runtime.read() as session:
        return list(session.scalars(sa.select(Escalation).order_by(Escalation.id)))


def test_the_first_yellow_asks_nothing_new(story: Story) -> None:
    labels = story.colour(page(story, 0), "yellow").labels
    assert "Help" in labels
    assert QUESTION not in labels


def test_the_second_yellow_asks_and_a_no_opens_nothing(story: Story) -> None:
    yellow(story, 0)
    dialog = story.colour(page(story, 1), "yellow")
    assert QUESTION in dialog.labels
    assert "Help" not in dialog.labels
    assert dialog.value(QUESTION) is None
    story.submit(dialog.fill(Current_value="30", What_is_the_next_move="go on"))
    assert threads(story) == []


def test_a_yes_opens_the_thread_though_nothing_is_named_as_blocking(story: Story) -> None:
    yellow(story, 0)
    shown = str(yellow(story, 1, Would_help_change_this="help").view["blocks"])
    assert BY_ITSELF not in shown
    (thread,) = threads(story)
    assert (thread.key_result_id, thread.state) == (story.first.id, EscalationState.OPEN)


def test_a_yes_said_later_in_the_week_is_not_taken_for_the_same_answer(story: Story) -> None:
    yellow(story, 0)
    yellow(story, 1)
    for _ in range(2):
        story.desk.now += timedelta(minutes=5)
        assert story.open_for(Prefill()) == Done()
        dialog = story.colour(story.desk.opened(), "yellow").fill(Would_help_change_this="help")
        story.submit(dialog)
    assert len(threads(story)) == 1
    assert [answer.revision for answer in story.answers()] == [1, 1, 2]
    assert story.open_for(Prefill()) == Done()
    assert story.colour(story.desk.opened(), "yellow").value(QUESTION) == "help"


def test_the_third_yellow_opens_it_by_itself_and_says_so_before_and_after(story: Story) -> None:
    yellow(story, 0)
    yellow(story, 1)
    dialog = story.colour(page(story, 2), "yellow")
    assert QUESTION not in dialog.labels
    assert "saving it asks your lead for help" in str(dialog.view["blocks"])
    after = dialog.after(story.submit(dialog.fill(Current_value="30", What_is_the_next_move="go on")))
    assert BY_ITSELF in str(after.view["blocks"][0])
    end = after.after(story.submit(after.fill(Score_now="0.3", How_confident="green", What_is_the_next_move="book it")))
    assert BY_ITSELF in str(end.view["blocks"])
    assert "Help is being asked for" not in str(end.view["blocks"])
    assert len(threads(story)) == 1


@pytest.mark.parametrize("state", [CheckInState.MISSED, CheckInState.EXCUSED])
def test_a_week_without_an_answer_does_not_break_the_run(story: Story, state: CheckInState) -> None:
    yellow(story, 0)
    page(story, 1)
    with story.desk.runtime.write() as session:
        session.execute(sa.update(CheckIn).where(CheckIn.state == CheckInState.DUE).values(state=state))
    assert QUESTION in story.colour(page(story, 2), "yellow").labels
    yellow(story, 2)
    assert threads(story) == []
    yellow(story, 3)
    assert len(threads(story)) == 1


def test_a_green_in_between_begins_anew(story: Story) -> None:
    yellow(story, 0)
    story.submit(green(page(story, 1)))
    assert QUESTION not in story.colour(page(story, 2), "yellow").labels
    yellow(story, 2)
    yellow(story, 3)
    assert threads(story) == []


def test_once_the_thread_has_ended_the_run_begins_anew(story: Story) -> None:
    for week in range(3):
        yellow(story, week)
    with story.desk.runtime.write() as session:
        session.execute(
            sa.update(Escalation).values(
                state=EscalationState.RESOLVED,
                resolved_at=story.desk.now,
                no_decision_reason="it takes its time",
                next_step_at=None,
            )
        )
    yellow(story, 3)
    assert QUESTION in story.colour(page(story, 4), "yellow").labels
    assert len(threads(story)) == 1
    yellow(story, 4)
    yellow(story, 5)
    assert len(threads(story)) == 2


def test_in_an_open_thread_a_third_yellow_is_no_news_and_a_yes_goes_on_in_it(story: Story) -> None:
    for week in range(3):
        yellow(story, week)
    yellow(story, 3)
    yellow(story, 4, Would_help_change_this="help")
    with story.desk.runtime.read() as session:
        kinds = session.scalars(sa.select(EscalationEvent.kind).order_by(EscalationEvent.id)).all()
    assert kinds == [EscalationEventKind.OPENED, EscalationEventKind.RED_AGAIN]
    assert len(threads(story)) == 1


def test_a_green_after_two_yellows_reads_no_more_than_any_other(database: Database, story: Story) -> None:
    yellow(story, 0)
    yellow(story, 1)
    dialog = green(page(story, 2))
    with counted(database) as saving:
        story.submit(dialog)
    assert len(saving) <= 10, saving
