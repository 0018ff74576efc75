"""The other team's lead presses Accept, Refuse or Propose a date; the owner reads it beside the question."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from checkins import Story, begin_story, green
from company import Company
from desk import whispered

from bot.blocks.ids import Act
from bot.domain.dependency import DependencyState
from bot.localslack.blockkit import check_view
from bot.services import home
from handlers import dependency
from handlers.boundary import Handler
from handlers.checkin import Prefill
from handlers.reply import Done, Reply
from models import Dependency, Member, Workspace
from models.database import Database


class _Later(Company):
    def __post_init__(self) -> None:
        assert self.connected is not None
        self.workspace = self.connected


@pytest.fixture
def story(database: Database) -> Story:
    """Mere has named Legal, which Sam leads, as what blocks her yellow."""
    story = begin_story(database)
    with database.write() as session:
        company = _Later(session, connected=session.scalars(sa.select(Workspace)).one())
        team = company.team("Legal", lead=session.get_one(Member, story.stranger.id), channel_id="C0LEGAL")
        team_id = team.id
    dialog = story.colour(green(story.begin()), "yellow")
    hint = dialog.block("Blocked by")["hint"]["text"]
    assert hint == "Name a team, and its lead is asked to accept, to say no, or to say by when."
    story.submit(dialog.fill(Blocked_by=f"team:{team_id}"))
    return story


def press(story: Story, handler: Handler, act: str, who: Member | None = None, about: str = "1") -> Reply:
    return story.desk.press(who or story.stranger, handler, act, about)


def the_one(story: Story) -> Dependency:
    with story.desk.runtime.read() as session:
        return session.scalars(sa.select(Dependency)).one()


def test_accept_needs_no_dialog(story: Story) -> None:
    assert press(story, dependency.accept, Act.ACCEPT_DEPENDENCY) == Done()
    assert the_one(story).state is DependencyState.ACCEPTED


def test_refuse_asks_why_and_takes_no_refusal_without(story: Story) -> None:
    assert press(story, dependency.open_refuse, Act.REFUSE_DEPENDENCY) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    assert "*Growth waits for Legal:* KR-1 Activation from 20 to 40 % by 15 Dec" in str(dialog.view["blocks"][0])
    errors = dialog.errors(story.desk.submit(story.stranger, dependency.refuse, dialog))
    assert errors == {"Why not?": "Please say why in a line: the owner plans with it."}
    long = dialog.errors(story.desk.submit(story.stranger, dependency.refuse, dialog.fill(Why_not="a" * 301)))
    assert "301 characters long and 300 fit" in long["Why not?"]
    assert the_one(story).state is DependencyState.ASKED
    assert story.desk.submit(story.stranger, dependency.refuse, dialog.fill(Why_not="no lawyer is free")) == Done()
    assert (the_one(story).state, the_one(story).reason) == (DependencyState.REFUSED, "no lawyer is free")


def test_a_date_is_proposed_a_week_ahead_and_is_not_in_the_past(story: Story) -> None:
    assert press(story, dependency.open_date, Act.DATE_DEPENDENCY) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    field = dialog.block("By when")["element"]
    assert field["initial_date"] == "2026-10-12"
    early = dialog.fill(By_when="2026-10-04")
    errors = early.errors(story.desk.submit(story.stranger, dependency.propose, early))
    assert "That day is over" in errors["By when can it be done?"]
    none = dialog.fill(By_when="")
    errors = none.errors(story.desk.submit(story.stranger, dependency.propose, none))
    assert errors == {"By when can it be done?": "Please choose a day."}
    assert story.desk.submit(story.stranger, dependency.propose, dialog.fill(By_when="2026-10-16")) == Done()
    assert (the_one(story).state, the_one(story).due_on) == (DependencyState.DATED, date(2026, 10, 16))


def test_an_answer_that_slack_delivers_again_undoes_no_later_one(story: Story) -> None:
    press(story, dependency.open_date, Act.DATE_DEPENDENCY)
    date_dialog = story.desk.opened().fill(By_when="2026-10-16")
    press(story, dependency.open_refuse, Act.REFUSE_DEPENDENCY)
    refusal = story.desk.opened().fill(Why_not="no lawyer is free")
    story.desk.submit(story.stranger, dependency.propose, date_dialog)
    press(story, dependency.accept, Act.ACCEPT_DEPENDENCY)
    assert story.desk.again(2) == Done()
    assert the_one(story).state is DependencyState.ACCEPTED
    story.desk.submit(story.stranger, dependency.refuse, refusal)
    assert story.desk.again(2) == Done()
    assert the_one(story).state is DependencyState.REFUSED
    press(story, dependency.accept, Act.ACCEPT_DEPENDENCY)
    assert story.desk.again(2) == Done()
    assert the_one(story).state is DependencyState.ACCEPTED


def test_the_owner_reads_the_answer_beside_the_name_when_they_check_in_again(story: Story) -> None:
    press(story, dependency.accept, Act.ACCEPT_DEPENDENCY)
    assert story.open_for(Prefill()) == Done()
    dialog = story.colour(story.desk.opened(), "yellow")
    assert dialog.block("Blocked by")["hint"]["text"] == "Legal takes it on, says Sam Stone."


def test_somebody_else_reads_that_it_was_not_asked_of_them(story: Story) -> None:
    for handler, act in (
        (dependency.accept, Act.ACCEPT_DEPENDENCY),
        (dependency.open_refuse, Act.REFUSE_DEPENDENCY),
        (dependency.open_date, Act.DATE_DEPENDENCY),
    ):
        for who in (story.owner, story.lead):
            assert "for somebody else" in whispered(press(story, handler, act, who))
        for value in ("", "x", "99", "9" * 30):
            assert "for somebody else" in whispered(press(story, handler, act, about=value))
    assert the_one(story).state is DependencyState.ASKED


def test_a_button_of_what_is_over_says_so_and_a_dialog_left_open_keeps_its_words(story: Story) -> None:
    press(story, dependency.open_refuse, Act.REFUSE_DEPENDENCY)
    dialog = story.desk.opened().fill(Why_not="no lawyer is free")
    assert story.open_for(Prefill()) == Done()
    story.submit(green(story.desk.opened()))
    assert "Nobody waits for this any more" in whispered(press(story, dependency.accept, Act.ACCEPT_DEPENDENCY))
    errors = dialog.errors(story.desk.submit(story.stranger, dependency.refuse, dialog))
    assert errors == {"Why not?": "Nobody waits for this any more: nothing to do. Thank you."}


def test_it_is_answered_on_home_too(story: Story) -> None:
    with story.desk.runtime.read() as session:
        view = home.page(session, session.get_one(Member, story.stranger.id), story.desk.now)
    assert check_view(dict(view)) == []
    assert "*Can your team help?* *KR-" in repr(view)
    assert press(story, dependency.accept, Act.ACCEPT_DEPENDENCY) == Done()
    with story.desk.runtime.read() as session:
        view = home.page(session, session.get_one(Member, story.stranger.id), story.desk.now)
    assert "Can your team help" not in repr(view)
