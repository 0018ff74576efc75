"""*Later* and *Not mine*, under the prompt."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from checkins import NINE, THIS_WEEK, Story, begin_story, green
from company import MONDAY
from desk import Dialog, whispered

from bot.blocks.ids import Act
from bot.blocks.post import Post
from bot.blocks.prompt_more import More
from bot.domain.cadence import period
from bot.domain.organisation import Level
from bot.domain.snooze import Later
from bot.localslack.blockkit import check_view
from bot.services import planning
from bot.services.outbox import again_key
from bot.services.planning import prompt_key
from handlers import checkin, not_mine, prompt_more, snooze
from handlers.reply import Done, Errors, Reply, Show
from models import (
    CheckIn,
    Delivery,
    DeliveryState,
    KeyResult,
    Member,
    MemberKind,
    Message,
    Objective,
    PostKind,
    Snooze,
    Team,
)
from models.database import Database
from scheduler.posts import render

HOUR = timedelta(hours=1)


@pytest.fixture
def story(database: Database) -> Story:
    return begin_story(database)


def later(story: Story, choice: Later) -> Reply:
    return story.desk.press(story.owner, snooze.later, Act.LATER, f"{choice}:{THIS_WEEK}")


def deliveries(story: Story, kind: PostKind) -> list[Delivery]:
    with story.desk.runtime.read() as session:
        return list(session.scalars(sa.select(Delivery).where(Delivery.kind == kind)))


def reads(story: Story, delivery: Delivery) -> Post | None:
    with story.desk.runtime.read() as session:
        return render(session, session.get_one(Delivery, delivery.id), story.desk.now)


def sent(story: Story, delivery: Delivery) -> None:
    with story.desk.runtime.write() as session:
        row = session.get_one(Delivery, delivery.id)
        row.state, row.posted_channel, row.posted_ts = DeliveryState.SENT, "D1", "1790000000.000200"


def test_this_afternoon_is_noted_and_asked_again_then_once(story: Story) -> None:
    assert later(story, Later.THIS_AFTERNOON) == Done()
    (again,) = deliveries(story, PostKind.PROMPT_AGAIN)
    assert again.not_before == NINE + 5 * HOUR
    (prompt,) = deliveries(story, PostKind.PROMPT)
    shown = reads(story, prompt)
    assert shown is not None
    assert shown.text == "Put off until Mon 14:00, as you asked: 2 key results, about 2 minutes"
    story.desk.now = NINE + 5 * HOUR
    second = reads(story, again)
    assert second is not None
    assert second.text == "As you asked: 2 key results, about 2 minutes, open until Tue 17:00"
    sent(story, again)
    assert "static_select" not in str(reads(story, again))
    assert "asked you again once already" in whispered(later(story, Later.TOMORROW_MORNING))


def test_another_hour_takes_the_place_of_the_first(story: Story) -> None:
    later(story, Later.THIS_AFTERNOON)
    later(story, Later.TOMORROW_MORNING)
    (again,) = deliveries(story, PostKind.PROMPT_AGAIN)
    assert again.not_before == NINE + 24 * HOUR
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Snooze.until)).all() == [NINE + 24 * HOUR]


def test_who_moves_meanwhile_is_asked_again_at_work_and_not_in_the_night(story: Story) -> None:
    later(story, Later.THIS_AFTERNOON)
    with story.desk.runtime.write() as session:
        session.get_one(Member, story.owner.id).time_zone = "Pacific/Auckland"
        session.flush()
        planning.replan(session, story.desk.now, [story.owner.id])
    (again,) = deliveries(story, PostKind.PROMPT_AGAIN)
    # 14:00 in London is three in the morning there; work begins at nine.
    assert again.not_before == NINE + 11 * HOUR
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Snooze.until)).all() == [NINE + 11 * HOUR]


def test_who_has_answered_meanwhile_is_not_asked_again(story: Story) -> None:
    later(story, Later.THIS_AFTERNOON)
    with story.desk.runtime.write() as session:
        session.execute(sa.update(CheckIn).values(state="answered"))
    (again,) = deliveries(story, PostKind.PROMPT_AGAIN)
    assert reads(story, again) is None


def test_both_messages_show_the_same_state(story: Story) -> None:
    later(story, Later.THIS_AFTERNOON)
    (again,) = deliveries(story, PostKind.PROMPT_AGAIN)
    with story.desk.runtime.read() as session:
        before = session.scalars(sa.select(Message.wanted).where(Message.delivery_id == again.id)).one()
    story.submit(green(story.begin()))
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Message.wanted).where(Message.delivery_id == again.id)).one() > before
    assert again.key == again_key(prompt_key(story.owner.id, period(MONDAY)))


def test_a_time_that_has_gone_by_is_said(story: Story) -> None:
    story.desk.now = NINE + 6 * HOUR
    assert "no time left" in whispered(later(story, Later.THIS_AFTERNOON))
    assert deliveries(story, PostKind.PROMPT_AGAIN) == []


def ask_for_a_time(story: Story) -> Dialog:
    assert later(story, Later.AT_A_TIME) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    return dialog


def choose(story: Story, dialog: Dialog, at: datetime | None) -> Reply:
    (key,) = dialog.state
    dialog.state[key] = {"type": "datetimepicker", "selected_date_time": int(at.timestamp()) if at else None}
    return story.desk.submit(story.owner, snooze.later_at, dialog)


def test_a_time_of_ones_own_is_kept(story: Story) -> None:
    dialog = ask_for_a_time(story)
    assert choose(story, dialog, NINE + 25 * HOUR) == Done()
    assert choose(story, dialog, NINE + 25 * HOUR) == Done()
    (again,) = deliveries(story, PostKind.PROMPT_AGAIN)
    assert again.not_before == NINE + 25 * HOUR


@pytest.mark.parametrize(
    ("at", "why"),
    [
        (NINE - HOUR, "a quarter of an hour ahead"),
        (NINE + 12 * HOUR, "outside your working hours"),
        (NINE + 50 * HOUR, "Answering is open until Tue 17:00"),
        (None, "Please choose a day and a time"),
    ],
)
def test_a_time_that_cannot_be_is_refused_under_its_field(story: Story, at: datetime | None, why: str) -> None:
    reply = choose(story, ask_for_a_time(story), at)
    assert isinstance(reply, Errors)
    assert why in next(iter(reply.by_block.values()))
    assert deliveries(story, PostKind.PROMPT_AGAIN) == []


def test_who_owns_nothing_cannot_put_anything_off(story: Story) -> None:
    reply = story.desk.press(story.stranger, snooze.later, Act.LATER, f"{Later.THIS_AFTERNOON}:{THIS_WEEK}")
    assert "Nothing is due from you" in whispered(reply)
    for nonsense in ("", "noon", f"noon:{THIS_WEEK}", "this_afternoon:someday"):
        assert whispered(story.desk.press(story.owner, snooze.later, Act.LATER, nonsense))


def disown(story: Story, key_result: KeyResult, words: str = "") -> Dialog:
    value = f"{More.NOT_MINE}:{THIS_WEEK}"
    assert story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, value) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    dialog.fill(Which_one=str(key_result.id), Whose_is_it=words)
    return dialog.after(story.desk.submit(story.owner, not_mine.disown, dialog))


def test_not_mine_tells_the_lead_and_says_what_happens_next(story: Story) -> None:
    end = disown(story, story.first, "Ana's, since <!channel> August")
    assert "Tama Reid has been told that KR-1 is not yours" in str(end.view)
    (told,) = deliveries(story, PostKind.NOT_MINE)
    assert told.member_id == story.lead.id
    post = reads(story, told)
    assert post is not None
    assert post.text == "Mere Ngata says that KR-1 Activation is not theirs"
    assert "&gt;" not in post.text
    assert "Ana's, since &lt;!channel&gt; August" in str(post.blocks)
    (prompt,) = deliveries(story, PostKind.PROMPT)
    shown = reads(story, prompt)
    assert shown is not None
    assert shown.text.startswith("Good morning: 1 key result")
    assert "not yours, you say: Tama Reid has been told" in str(shown.blocks)


def test_it_is_not_asked_about_any_more_and_can_be_taken_back_by_answering(story: Story) -> None:
    disown(story, story.first)
    dialog = story.begin()
    assert dialog.view["title"]["text"] == "KR-2"
    story.open_for(checkin.Prefill())
    story.submit(green(story.desk.opened()))
    (told,) = deliveries(story, PostKind.NOT_MINE)
    assert reads(story, told) is None
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(CheckIn.disowned_at)).all() == [None, None]


def test_not_mine_that_slack_delivers_again_reads_the_same_and_tells_nobody_twice(story: Story) -> None:
    end = disown(story, story.first)
    assert story.desk.again() == Show(end.view)
    assert len(deliveries(story, PostKind.NOT_MINE)) == 1


def test_a_lead_is_not_told_what_was_handed_over_or_is_not_theirs_any_more(story: Story) -> None:
    disown(story, story.first)
    (told,) = deliveries(story, PostKind.NOT_MINE)
    with story.desk.runtime.write() as session:
        session.execute(sa.update(Team).values(lead_id=None))
    assert reads(story, told) is None


def test_who_leads_the_team_themselves_and_has_nobody_above_reads_whom_to_ask(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.execute(sa.update(Team).values(lead_id=story.owner.id))
    value = f"{More.NOT_MINE}:{THIS_WEEK}"
    reply = story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, value)
    assert "`/okr handover 1`" in whispered(reply)


@pytest.mark.parametrize(
    ("why", "reads_it"),
    [
        ("as ever", "Tama Reid"),
        ("the owner leads the team", "Sam Stone"),
        ("the lead has left", "Sam Stone"),
        ("the lead is a guest now", "Sam Stone"),
        ("the team has no lead", "Sam Stone"),
        ("the owner leads the team, and nobody is above", None),
        ("the lead has left, and nobody is above", None),
    ],
)
def test_the_introduction_names_whoever_not_mine_tells(story: Story, why: str, reads_it: str | None) -> None:
    with story.desk.runtime.write() as session:
        team = session.scalars(sa.select(Team)).one()
        lead, head = session.get_one(Member, story.lead.id), session.get_one(Member, story.stranger.id)
        if "nobody is above" not in why:
            above = Team(name="Product", level=Level.DEPARTMENT, lead_id=head.id, created_at=NINE)
            above.workspace_id = team.workspace_id
            session.add(above)
            session.flush()
            team.parent_id = above.id
        if "the owner leads" in why:
            team.lead_id = story.owner.id
        if "has left" in why:
            lead.deactivated_at = NINE
        if "is a guest" in why:
            lead.kind = MemberKind.GUEST
        if "has no lead" in why:
            team.lead_id = None
    (hello,) = deliveries(story, PostKind.INTRODUCTION)
    post = reads(story, hello)
    assert post is not None
    named = re.findall(r"then \*Not mine\*; (.+) reads it", str(post.blocks))
    if reads_it is not None:
        assert f"{reads_it} has been told that KR-1 is not yours" in str(disown(story, story.first).view)
        assert named == [reads_it]
        return
    value = f"{More.NOT_MINE}:{THIS_WEEK}"
    reply = story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, value)
    assert "`/okr handover 1`" in whispered(reply)
    assert named == []
    assert "`/okr handover 1`" in str(post.blocks)


def test_what_nobody_above_reads_is_in_the_way_of_nothing_else(story: Story) -> None:
    with story.desk.runtime.write() as session:
        objective = session.get_one(Objective, session.get_one(KeyResult, story.second.id).objective_id)
        own = Team(name="Own", level=Level.COMPANY, lead_id=story.owner.id, switched_on_at=NINE, created_at=NINE)
        own.workspace_id = objective.workspace_id
        session.add(own)
        session.flush()
        top = Objective(cycle_id=objective.cycle_id, team_id=own.id, title="Stay afloat", created_at=NINE)
        top.workspace_id = objective.workspace_id
        session.add(top)
        session.flush()
        session.get_one(KeyResult, story.first.id).objective_id = top.id
    value = f"{More.NOT_MINE}:{THIS_WEEK}"
    assert story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, value) == Done()
    dialog = story.desk.opened().fill(Which_one=str(story.first.id))
    (why,) = dialog.errors(story.desk.submit(story.owner, not_mine.disown, dialog)).values()
    assert "/okr handover 1" in why
    assert "Tama Reid has been told that KR-2" in str(disown(story, story.second).view)


def test_somebody_elses_key_result_cannot_be_disowned(story: Story) -> None:
    value = f"{More.NOT_MINE}:{THIS_WEEK}"
    story.desk.press(story.owner, prompt_more.chosen, Act.PROMPT_MORE, value)
    dialog = story.desk.opened().fill(Which_one=str(story.first.id))
    reply = story.desk.submit(story.stranger, not_mine.disown, dialog)
    assert isinstance(reply, Errors)
    assert deliveries(story, PostKind.NOT_MINE) == []
