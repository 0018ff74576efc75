"""*Same as last week* stands beside a name that stood there the last time, and is ticked by the form."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from checkins import NINE, WEEK, Story, begin_story
from desk import Dialog

from bot.localslack.blockkit import check_view
from bot.services import planning
from handlers.checkin import Prefill
from handlers.reply import Done
from models import Blocker
from models.database import Database

SAME = "Still the same?"


@pytest.fixture
def story(database: Database) -> Story:
    return begin_story(database)


def page(story: Story, week: int, colour: str = "yellow") -> Dialog:
    """The first key result of a week, counted from 0, with a colour chosen and all but the blocker filled in."""
    story.desk.now = NINE + week * WEEK
    with story.desk.runtime.write() as session:
        planning.open_due(session, story.desk.now, 100)
    story.check_in(period=story.desk.now.date().isoformat())
    dialog = story.colour(story.desk.opened(), colour)
    return dialog.fill(Current_value="30", What_is_the_next_move="call ten customers")


def blockers(story: Story) -> list[tuple[str | None, bool]]:
    with story.desk.runtime.read() as session:
        rows = session.scalars(sa.select(Blocker).order_by(Blocker.id)).all()
        return [(row.by_words, row.cleared_at is None) for row in rows]


def test_the_box_is_there_from_the_second_week_on_and_ticked(story: Story) -> None:
    first = page(story, 0)
    assert SAME not in first.labels
    story.submit(first.fill(Blocked_by="words:Legal"))
    second = page(story, 1)
    assert second.labels[4:6] == ["Blocked by", SAME]
    assert second.value(SAME) == "same"
    assert "named again" not in str(second.view)
    assert check_view(dict(second.view)) == []
    story.submit(second)
    assert blockers(story) == [("Legal", True)]


def test_it_is_not_there_when_nothing_blocked_or_when_it_is_over(story: Story) -> None:
    story.submit(page(story, 0))
    second = page(story, 1)
    assert SAME not in second.labels
    story.submit(second.fill(Blocked_by="words:Legal"))
    story.submit(page(story, 2, "green"))
    assert SAME not in page(story, 3).labels


def test_unticked_it_is_something_else_with_the_same_name(story: Story) -> None:
    story.submit(page(story, 0).fill(Blocked_by="words:Legal"))
    story.submit(page(story, 1).fill(Still_the_same=""))
    assert blockers(story) == [("Legal", False), ("Legal", True)]
    assert story.open_for(Prefill()) == Done()
    assert SAME not in story.colour(story.desk.opened(), "yellow").labels


def test_another_name_counts_whatever_the_box_says(story: Story) -> None:
    story.submit(page(story, 0).fill(Blocked_by="words:Legal"))
    dialog = page(story, 1).fill(Blocked_by="words:HR")
    again = story.colour(dialog, "yellow")
    assert SAME not in again.labels
    story.submit(again)
    assert blockers(story) == [("Legal", False), ("HR", True)]


def test_unticked_in_a_draft_it_is_still_unticked_when_the_dialog_is_opened_again(story: Story) -> None:
    story.submit(page(story, 0).fill(Blocked_by="words:Legal"))
    dialog = page(story, 1).fill(Still_the_same="")
    story.colour(dialog, "red")
    story.check_in(period=story.desk.now.date().isoformat())
    assert story.colour(story.desk.opened(), "yellow").value(SAME) is None
