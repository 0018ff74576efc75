"""After the digest a lead puts an answer right, with a reason that its owner reads."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from answers import answered
from checkins import NINE, WEEK, Story, begin_story, green
from company import MONDAY
from desk import Dialog, whispered

from bot.blocks.ids import Act
from bot.domain.kinds import Kind
from bot.domain.organisation import Visibility
from bot.localslack.blockkit import check_view
from bot.services import definitions, digest, key_result_view
from bot.services.access import Caller
from handlers import correction
from handlers.reply import Done, Reply
from models import (
    Answer,
    CheckIn,
    Cycle,
    Delivery,
    Escalation,
    KeyResult,
    KeyResultRevision,
    Member,
    Message,
    Objective,
    PostKind,
    Team,
)
from models.database import Database
from scheduler.posts import render

AFTER_THE_DIGEST = NINE + timedelta(days=2, hours=2)


@pytest.fixture
def story(database: Database) -> Story:
    """KR-1 was answered, and the digest is out."""
    story = begin_story(database)
    story.submit(green(story.begin()))
    story.desk.now = AFTER_THE_DIGEST
    return story


def press(story: Story, who: Member | None = None) -> Reply:
    return story.desk.press(who or story.lead, correction.ask, Act.CORRECT, str(story.first.id))


def opened(story: Story) -> Dialog:
    assert press(story) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    return dialog


def submit(story: Story, dialog: Dialog, who: Member | None = None) -> Reply:
    return story.desk.submit(who or story.lead, correction.correct, dialog)


def told(story: Story) -> list[str]:
    """What the owner is told about it."""
    with story.desk.runtime.read() as session:
        posts = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.ANSWER_CORRECTED)).all()
        assert all(post.member_id == story.owner.id for post in posts)
        return [str(render(session, post, story.desk.now)) for post in posts]


def test_a_lead_corrects_value_and_colour_and_the_owner_reads_why(story: Story) -> None:
    dialog = opened(story)
    assert (dialog.value("Value"), dialog.value("Colour")) == ("30", "green")
    dialog.fill(Value="25", Colour="red", Why="the report counted a region twice <!channel>")
    assert submit(story, dialog) == Done()
    old, new = story.answers()
    assert (new.value, new.score, new.confidence.value, new.reason) == (
        Decimal(25), Decimal("0.25"), "red", "the report counted a region twice <!channel>",
    )  # fmt: skip
    assert (new.author_id, new.next_move, new.revision, old.reason) == (story.lead.id, old.next_move, 2, None)
    (words,) = told(story)
    assert "Tama Reid has corrected KR-1 Activation, week of 5 Oct" in words
    assert "30 % → 25 % · 🟢 green → 🔴 red" in words
    assert "twice &lt;!channel&gt;" in words
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Escalation)).all() == []


def test_who_handed_a_limited_key_result_over_is_not_told_what_became_of_their_answer(story: Story) -> None:
    assert submit(story, opened(story).fill(Value="25", Colour="red", Why="the report counted twice")) == Done()
    assert "the report counted twice" in told(story)[0]
    with story.desk.runtime.write() as session:
        key_result = session.get_one(KeyResult, story.first.id)
        key_result.owner_id, key_result.visibility = story.lead.id, Visibility.NAMED
    assert told(story) == ["None"]


@pytest.mark.parametrize("how", ["stood in", "owned it"])
def test_where_who_answered_sees_it_no_more_its_owner_is_told_and_the_dialog_says_so(story: Story, how: str) -> None:
    with story.desk.runtime.write() as session:
        # Sam answered that week.
        key_result = session.get_one(KeyResult, story.first.id)
        key_result.visibility = Visibility.NAMED
        check_in = session.scalars(sa.select(CheckIn).where(CheckIn.key_result_id == key_result.id)).one()
        check_in.owner_id = story.stranger.id
        check_in.covered_for_id = story.owner.id if how == "stood in" else None
    dialog = opened(story)
    assert "What Sam Stone answered" in repr(dialog.view)
    assert "and Mere Ngata reads what you change and why." in repr(dialog.view)
    assert submit(story, dialog.fill(Value="25", Colour="red", Why="the report counted twice")) == Done()
    (words,) = told(story)
    assert "the report counted twice" in words
    assert "Sam Stone answered that week, and those words stay." in words


def test_where_nobody_else_may_know_of_it_nobody_is_promised_to_read_it(story: Story) -> None:
    with story.desk.runtime.write() as session:
        key_result = session.get_one(KeyResult, story.first.id)
        key_result.owner_id, key_result.visibility = story.lead.id, Visibility.NAMED
    dialog = opened(story)
    assert "The words stay. The digest" in repr(dialog.view)
    assert submit(story, dialog.fill(Value="25", Why="a typing error")) == Done()
    assert told(story) == []


def test_a_correction_needs_a_reason_a_number_and_a_change(story: Story) -> None:
    dialog = opened(story)
    assert "Please say in a line why" in dialog.errors(submit(story, dialog.fill(Value="25")))["Why?"]
    dialog.fill(Value="soon", Why="a typing error")
    assert "There is no number" in dialog.errors(submit(story, dialog))["Value"]
    assert "stands there already" in dialog.errors(submit(story, dialog.fill(Value="30")))["Value"]
    assert len(story.answers()) == 1
    assert told(story) == []
    # In the same dialog, whose hash is the same: what was not taken is no submission that was seen.
    assert submit(story, dialog.fill(Value="25")) == Done()
    assert [answer.value for answer in story.answers()] == [30, 25]


def answer_alike(story: Story, kind: Kind, how: str) -> Answer:
    """KR-1 or KR-2 was answered in a cycle of twenty weeks; the newest answer is returned."""
    key_result_id = (story.second if kind is Kind.MILESTONE else story.first).id
    weeks = 20 if how == "20 weeks" else 2
    with story.desk.runtime.write() as session:
        session.execute(sa.update(Answer).values(score=None if kind is Kind.HEALTH else Decimal("0.35")))
        key_result = session.get_one(KeyResult, key_result_id)
        objective = session.get_one(Objective, key_result.objective_id)
        session.get_one(Cycle, objective.cycle_id).ends_on = MONDAY + 30 * WEEK
        definition = session.scalars(
            sa.select(KeyResultRevision).where(KeyResultRevision.key_result_id == key_result_id)
        ).one()
        definition.kind = kind
        score = None if kind is Kind.HEALTH else "0.35"
        for week in range(1, weeks):
            value = "15" if week < 4 and weeks == 20 else "45"
            given = None if kind is Kind.MILESTONE or (how == "value not asked" and week == weeks - 1) else value
            newest = answered(session, key_result, MONDAY + week * WEEK, score=score, value=given)
        if how == "redefined":
            terms = {
                "key_result_id": key_result_id,
                "workspace_id": key_result.workspace_id,
                "created_at": story.desk.now,
            }
            new = KeyResultRevision(
                revision=2, text="NPS from 30 to 120 points", metric="NPS", unit="points", kind=Kind.INCREASE,
                start=Decimal(30), target=Decimal(120), reason="another measure", **terms,
            )  # fmt: skip
            definitions.replace(session, key_result, definition, new)
    story.desk.now = AFTER_THE_DIGEST + (weeks - 1) * WEEK
    return newest


@pytest.mark.parametrize("how", ["redefined", "20 weeks", "two weeks", "value not asked"])
@pytest.mark.parametrize("kind", list(Kind))
def test_where_only_the_colour_is_corrected_nothing_else_changes(story: Story, kind: Kind, how: str) -> None:
    old = answer_alike(story, kind, how)
    about = str((story.second if kind is Kind.MILESTONE else story.first).id)
    assert story.desk.press(story.lead, correction.ask, Act.CORRECT, about) == Done()
    dialog = story.desk.opened().fill(Colour="yellow", Why="it was not that certain")
    value = next(block for block in dialog.inputs() if block["label"]["text"].startswith(("Value", "Score")))
    shown = str(value["element"].get("initial_value", ""))
    assert shown == ("0.35" if kind is Kind.MILESTONE else "" if old.value is None else "45")
    assert value["optional"] is (shown == "")
    assert ("That week it was" in repr(dialog.view)) is (how == "redefined")
    assert submit(story, dialog) == Done()
    new = story.answers()[-1]
    assert (new.revision, new.confidence.value) == (2, "yellow")
    for name in ("check_in_id", "definition", "value", "score", "changed", "working", "next_move", "need", "plan"):
        assert getattr(new, name) == getattr(old, name), name
    assert "*\\n🟢 green → 🟡 yellow\\n*Why:*" in told(story)[0]


@pytest.mark.parametrize(
    ("kind", "how", "typed", "score"),
    [
        (Kind.INCREASE, "redefined", "30", "0.5"),
        (Kind.AT_LEAST, "redefined", "46", "0.5"),
        (Kind.AT_LEAST, "20 weeks", "39", "0.75"),
        (Kind.AT_LEAST, "20 weeks", "46", "0.8"),
        (Kind.INCREASE, "value not asked", "35", "0.75"),
        (Kind.MILESTONE, "two weeks", "0.4", "0.4"),
    ],
)
def test_another_value_is_scored_by_what_counted_for_the_answer_over_its_cycle(
    story: Story, kind: Kind, how: str, typed: str, score: str
) -> None:
    old = answer_alike(story, kind, how)
    about = str((story.second if kind is Kind.MILESTONE else story.first).id)
    assert story.desk.press(story.lead, correction.ask, Act.CORRECT, about) == Done()
    field = "Score" if kind is Kind.MILESTONE else "Value"
    assert submit(story, story.desk.opened().fill(**{field: typed}, Why="counted twice")) == Done()
    new = story.answers()[-1]
    assert (new.definition, new.score) == (old.definition, Decimal(score))
    (words,) = told(story)
    assert {"Score": "0.35 → 0.4"}.get(field, f" → {typed} %") in words


def test_who_corrects_it_in_an_older_dialog_sees_the_correction_that_was_made_meanwhile(story: Story) -> None:
    older = opened(story)
    assert submit(story, opened(story).fill(Value="25", Why="counted twice")) == Done()
    again = older.after(submit(story, older.fill(Colour="yellow", Why="it was not that certain")))
    assert check_view(dict(again.view)) == []
    assert "*Tama Reid has corrected this meanwhile:* 25 · 🟢 green." in str(again.view["blocks"][0])
    assert [again.value(field) for field in ("Value", "Colour", "Why?")] == ["25", "yellow", "it was not that certain"]
    assert len(story.answers()) == 2
    assert submit(story, again) == Done()
    assert [(one.value, one.confidence.value) for one in story.answers()] == [
        (30, "green"), (25, "green"), (25, "yellow"),
    ]  # fmt: skip


def test_what_was_retyped_in_an_older_dialog_stays_there(story: Story) -> None:
    older = opened(story)
    assert submit(story, opened(story).fill(Colour="yellow", Why="it was not that certain")) == Done()
    again = older.after(submit(story, older.fill(Value="26", Why="counted twice")))
    assert [again.value(field) for field in ("Value", "Colour", "Why?")] == ["26", "yellow", "counted twice"]
    assert "stands there already" in again.errors(submit(story, again.fill(Value="30")))["Value"]
    assert submit(story, again.fill(Value="26")) == Done()
    assert (story.answers()[-1].value, story.answers()[-1].confidence.value) == (26, "yellow")


def test_the_same_submission_twice_corrects_once(story: Story) -> None:
    dialog = opened(story).fill(Value="25", Why="a typing error")
    assert submit(story, dialog) == Done() == submit(story, dialog)
    assert len(story.answers()) == 2
    assert len(told(story)) == 1


def test_owner_and_stranger_may_not_and_before_the_digest_nobody_needs_to(story: Story) -> None:
    for who in (story.owner, story.stranger):
        assert "corrected by a lead above its owner" in whispered(press(story, who))
    dialog = opened(story).fill(Value="25", Why="a typing error")
    submit(story, dialog, who=story.stranger)
    assert len(story.answers()) == 1
    story.desk.now = NINE
    assert "The digest is not out yet" in whispered(press(story))


def test_what_was_never_answered_cannot_be_corrected(story: Story) -> None:
    value = str(story.second.id)
    assert "no answer about KR-2" in whispered(story.desk.press(story.lead, correction.ask, Act.CORRECT, value))
    for nonsense in ("", "x", "9" * 30):
        assert whispered(story.desk.press(story.lead, correction.ask, Act.CORRECT, nonsense))


def test_the_button_is_shown_to_whom_it_is_of_use(story: Story) -> None:
    with story.desk.runtime.read() as session:
        seen = {
            who.name: key_result_view.view(session, Caller(who.workspace_id, who.id), story.desk.now, 1).may_correct
            for who in (story.lead, story.owner, story.stranger)
        }
    assert seen == {"Tama Reid": True, "Mere Ngata": False, "Sam Stone": False}


def test_a_second_correction_is_the_next_revision(story: Story) -> None:
    submit(story, opened(story).fill(Value="25", Why="a typing error"))
    submit(story, opened(story).fill(Value="26", Why="the last region came in"))
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Answer.revision).order_by(Answer.id)).all() == [1, 2, 3]
    assert "25 % → 26 %" in told(story)[1]


def test_the_digest_that_told_the_answer_is_drawn_anew_and_says_so(story: Story) -> None:
    with story.desk.runtime.write() as session:
        team = session.scalars(sa.select(Team).where(Team.lead_id == story.lead.id)).one()
        team.channel_id, team.next_digest_at = "C0GROWTH", NINE + timedelta(days=2, hours=1)
        session.flush()
        digest.take_due(session, NINE + timedelta(days=2, hours=1), 10)
    assert submit(story, opened(story).fill(Value="25", Why="counted twice")) == Done()
    with story.desk.runtime.read() as session:
        root, details = session.scalars(
            sa.select(Delivery)
            .where(Delivery.kind.in_([PostKind.DIGEST, PostKind.DIGEST_DETAILS]))
            .order_by(Delivery.id)
        )
        shown = str(render(session, root, story.desk.now))
        assert "Corrected Wed 11:00 · KR-1 0.2, was 0.5" in shown
        assert "0.2 (" in str(render(session, details, story.desk.now))
        wanted = {row.delivery_id: row.wanted for row in session.scalars(sa.select(Message))}
        assert (wanted[root.id], wanted[details.id]) == (2, 2)
    assert submit(story, opened(story).fill(Value="24.2", Why="the last region came in")) == Done()
    with story.desk.runtime.read() as session:
        root = session.get_one(Delivery, root.id)
        assert "KR-1 24.2 %, was 25 %" in str(render(session, root, story.desk.now))
