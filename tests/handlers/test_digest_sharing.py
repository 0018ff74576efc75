from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from calls import MORNING, set_scene, tell, words
from desk import Desk, Dialog, whispered

from bot.blocks.ids import Act, Command
from bot.blocks.post import Post
from bot.domain.organisation import Visibility
from bot.localslack.blockkit import check_message, check_view
from bot.services import digest as digests
from bot.slack_failures import Permanent, RetryLater, SlackFailure, UnknownOutcome
from handlers import commands, digest_sharing
from handlers.reply import Done, Reply, Whisper
from models import Delivery, Digest, DigestShare, KeyResult, Member, PostKind, Team
from models.database import Database
from scheduler.posts import render

WEDNESDAY = datetime(2026, 10, 7, 10, tzinfo=UTC)


@dataclass
class Story:
    """Growth, which Tama leads, has a red that wants a decision; nothing is taken yet."""

    desk: Desk
    lead: Member
    admin: Member
    reader: Member
    about: str

    def ask(self, who: Member, text: str = "digest Growth") -> Post:
        reply = self.desk.command(who, commands.okr, Command.OKR, text)
        assert isinstance(reply, Whisper), reply
        assert check_message(reply.post.text, [dict(block) for block in reply.post.blocks]) == []
        return reply.post

    def take(self) -> None:
        with self.desk.runtime.write() as session:
            session.execute(sa.update(Team).where(Team.name == "Growth").values(next_digest_at=WEDNESDAY))
            digests.take_due(session, WEDNESDAY, 10)

    def press(self, who: Member, act: Act) -> Reply:
        handler = {
            Act.POST_DIGEST: digest_sharing.ask_for_note,
            Act.POST_DIGEST_ELSEWHERE: digest_sharing.ask_where,
            Act.START_DIGEST: digest_sharing.start_again,
        }[act]
        return self.desk.press(who, handler, act, self.about)

    def shared(self) -> list[Post]:
        with self.desk.runtime.read() as session:
            rows = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.DIGEST_SHARED))
            return [post for row in rows if (post := render(session, row, self.desk.now)) is not None]


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        scene = set_scene(session)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        admin = scene.company.person("Ada Admin", admin=True)
        about = json.dumps({"team": scene.growth.id})
    return Story(Desk(database, WEDNESDAY - timedelta(hours=2)), scene.lead, admin, scene.stranger, about)


def labels(post: Post) -> list[str]:
    rows = [block["elements"] for block in post.blocks if block["type"] == "actions"]
    return [element["text"]["text"] for row in rows for element in row]


def test_before_its_hour_everybody_sees_the_week_as_it_is_and_who_runs_it_may_post_it(story: Story) -> None:
    seen = story.ask(story.reader)
    assert seen.text == "Growth, week of 5 Oct: 1 decision needed, 1 wants help, the one due has checked in"
    assert "Only you see this: the week of 5 Oct as it is now. The digest comes Wed 12:00." in words(seen)
    assert labels(seen) == []
    for who in (story.lead, story.admin):
        assert labels(story.ask(who)) == ["Post now", "Post in a channel of my choice"]


def test_the_hour_of_a_digest_is_told_in_its_readers_zone_as_their_prompt_tells_it(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.get_one(Member, story.reader.id).time_zone = "Pacific/Auckland"
    assert "The digest comes Wed 23:00." in words(story.ask(story.reader))


def test_without_a_name_it_is_the_team_that_the_reader_leads(story: Story) -> None:
    assert story.ask(story.lead, "digest").text.startswith("Growth, week of")
    assert "no team" in story.ask(story.reader, "digest Nowhere").text.casefold()


def test_what_was_taken_is_shown_as_it_was_taken_and_counts_as_read(story: Story) -> None:
    story.take()
    story.desk.now = WEDNESDAY + timedelta(hours=1)
    seen = story.ask(story.reader)
    assert "Only you see this: the digest of the week of 5 Oct, as it was taken Wed 12:00." in words(seen)
    assert labels(seen)[:2] == ["Decide", "Ask the owner"]
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(Digest)).one().used_at == story.desk.now


def test_nobody_sees_what_is_limited_not_even_its_lead(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.scalars(sa.select(KeyResult)).one().visibility = Visibility.TEAM
    assert story.ask(story.lead).text == "Growth has no key result that a digest could tell of."


def test_post_now_says_it_once_with_the_note_in_the_teams_channel(story: Story) -> None:
    assert "run by its lead" in whispered(story.press(story.reader, Act.POST_DIGEST))
    assert story.press(story.lead, Act.POST_DIGEST) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    dialog.fill(A_note="x" * 501)
    assert "501 characters" in str(dialog.errors(story.desk.submit(story.lead, digest_sharing.post_now, dialog)))
    dialog.fill(A_note="Before the board meets <!channel>")
    assert "on its way" in whispered(story.desk.submit(story.lead, digest_sharing.post_now, dialog))
    assert story.desk.submit(story.lead, digest_sharing.post_now, dialog) == Done()
    (post,) = story.shared()
    assert "Posted by Tama Reid: Before the board meets &lt;" in words(post)
    assert "<!channel>" not in repr(post)
    with story.desk.runtime.read() as session:
        row = session.scalars(sa.select(Delivery).where(Delivery.kind == PostKind.DIGEST_SHARED)).one()
        assert row.channel_id == "C0GROWTH"


def test_a_shared_digest_is_what_it_was_and_hides_what_is_limited_since(story: Story) -> None:
    story.press(story.lead, Act.POST_DIGEST)
    story.desk.submit(story.lead, digest_sharing.post_now, story.desk.opened())
    with story.desk.runtime.write() as session:
        session.scalars(sa.select(KeyResult)).one().visibility = Visibility.TEAM
    (post,) = story.shared()
    assert "SOC 2" not in repr(post)


def test_another_channel_is_chosen_and_somebody_who_does_not_run_it_cannot_submit(story: Story) -> None:
    assert story.press(story.admin, Act.POST_DIGEST_ELSEWHERE) == Done()
    dialog = story.desk.opened()
    assert check_view(dict(dialog.view)) == []
    (element,) = [one["element"] for one in dialog.inputs() if one["element"]["type"] == "conversations_select"]
    assert element["response_url_enabled"] is True
    assert element["filter"]["exclude_external_shared_channels"] is True
    assert "choose a channel" in str(
        dialog.errors(story.desk.submit(story.admin, digest_sharing.post_elsewhere, dialog))
    )
    story.desk.submit(story.reader, digest_sharing.post_now, dialog)
    with story.desk.runtime.read() as session:
        assert session.scalars(sa.select(DigestShare)).all() == []


def elsewhere(story: Story) -> Dialog:
    assert story.press(story.lead, Act.POST_DIGEST_ELSEWHERE) == Done()
    return story.desk.opened().fill(Where="C0BOARD", A_note="for Thursday")


def test_it_is_posted_elsewhere_once_however_often_the_dialog_is_sent(story: Story) -> None:
    dialog = elsewhere(story)
    assert whispered(story.desk.submit(story.lead, digest_sharing.post_elsewhere, dialog)) == "It is posted there."
    again = whispered(story.desk.submit(story.lead, digest_sharing.post_elsewhere, dialog))
    assert again.startswith("This was submitted a moment ago, and is posted once.")
    ((address, post),) = story.desk.gateway.said
    assert address.endswith("/C0BOARD")
    assert "Posted by Tama Reid: for Thursday" in words(post)


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (Permanent("http_404"), "Slack did not take it, so it is not posted."),
        (RetryLater("unreachable"), "Slack did not take it, so it is not posted."),
        (UnknownOutcome("TimeoutError"), "I can't tell whether it is posted. Please look in the channel first"),
    ],
    ids=["refused", "out of reach", "no answer"],
)
def test_what_may_not_stand_elsewhere_is_told_with_a_reference_and_what_to_do(
    story: Story, failure: SlackFailure, told: str
) -> None:
    dialog = elsewhere(story)
    story.desk.gateway.failure = failure
    said = whispered(story.desk.submit(story.lead, digest_sharing.post_elsewhere, dialog))
    assert told in said
    assert "`/okr digest`" in said
    assert re.search(r"tell your admin “[0-9a-f]{8}”", said)
    assert said.endswith("You typed: “for Thursday”.")
    # Sent once more, the same dialog posts nothing, and says where to begin.
    assert "`/okr digest`" in whispered(story.desk.submit(story.lead, digest_sharing.post_elsewhere, dialog))
    assert len(story.desk.gateway.said) == 1


def test_what_was_stopped_is_started_again_from_the_preview(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.execute(sa.update(Team).where(Team.name == "Growth").values(digest_stopped_at=WEDNESDAY))
    seen = story.ask(story.lead)
    assert "This digest is stopped" in words(seen)
    assert labels(seen)[-1] == "Start it again"
    assert "run by its lead" in whispered(story.press(story.reader, Act.START_DIGEST))
    assert "from the next one on" in whispered(story.press(story.lead, Act.START_DIGEST))
    story.take()
    with story.desk.runtime.read() as session:
        assert session.scalar(sa.select(sa.func.count()).where(Delivery.kind == PostKind.DIGEST)) == 1


@pytest.mark.parametrize("value", ["", "abc", "[]", '{"team": "x"}', '{"team": 4711}'])
def test_a_button_of_no_team_says_so(story: Story, value: str) -> None:
    pressed = story.desk.press(story.lead, digest_sharing.ask_where, Act.POST_DIGEST_ELSEWHERE, value)
    assert "can't find that digest" in whispered(pressed)
