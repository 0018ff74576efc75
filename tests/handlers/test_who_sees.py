"""Who may see a key result or its objective, and which teams share that: an admin says so under `/kr`."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from calls import MORNING, group, set_scene, tell
from desk import Desk, Dialog, whispered
from queries import counted
from sqlalchemy.orm import Session

from bot.blocks.home import home as page_of
from bot.blocks.ids import Act, Command
from bot.domain.organisation import Limit, Visibility
from bot.localslack.blockkit import check_message, check_view
from bot.services import (
    digest,
    digest_sharing,
    escalation,
    escalation_thread,
    hand_over,
    home,
    home_changes,
    limiting,
    outbox,
)
from bot.services.access import Caller
from bot.services.escalation_case import root_of
from bot.services.planning import prompt_key
from handlers import commands, who_sees
from handlers.reply import Done, Options, Reply, Whisper
from models import (
    AuditEvent,
    Delivery,
    Escalation,
    Home,
    KeyResult,
    KeyResultState,
    KeyResultViewer,
    Member,
    MemberKind,
    Message,
    ObjectiveTeam,
    PostKind,
    Team,
)
from models.database import Database
from scheduler.posts import render

WEDNESDAY = datetime(2026, 10, 7, 11, tzinfo=UTC)
# Seconds that a thread waits for the other.
PATIENCE_SECONDS = 10
EVERYBODY, TEAM, NAMED = "workspace", "team", "named"


@dataclass
class Story:
    """Mere owns KR-1 in Growth, which Tama leads and where Sam owns KR-2; KR-1 is red. Finn leads Legal, Gus is a
    guest, Ada an admin and nothing else."""

    desk: Desk
    people: dict[str, Member]
    key_result_id: int
    legal_id: int

    def open(self, who: str, act: Act = Act.WHO_SEES) -> Reply:
        handler = who_sees.start if act is Act.WHO_SEES else who_sees.start_objective
        return self.desk.press(self.people[who], handler, act, str(self.key_result_id))

    def dialog(self, act: Act = Act.WHO_SEES) -> Dialog:
        """As it was opened for the admin."""
        assert self.open("Ada", act) == Done()
        dialog = self.desk.opened()
        assert check_view(dict(dialog.view)) == []
        return dialog

    def limited(self, visibility: str, *names: str) -> Dialog:
        return self.dialog().fill(Who_may_see_it=visibility, Who_else=self.ids(*names))

    def limit(self, visibility: str, *names: str) -> str:
        return whispered(self.desk.submit(self.people["Ada"], who_sees.submitted, self.limited(visibility, *names)))

    def set_objective(self, visibility: str, *names: str, teams: str = "") -> str:
        dialog = self.dialog(Act.ITS_OBJECTIVE).fill(Who_may_see_it=visibility, Who_else=self.ids(*names), Teams=teams)
        return whispered(self.desk.submit(self.people["Ada"], who_sees.objective_submitted, dialog))

    def ids(self, *names: str) -> str:
        return " ".join(self.people[name].slack_user_id for name in names)

    def card(self, who: str) -> str:
        reply = self.desk.command(self.people[who], commands.kr, Command.KR, "1")
        assert isinstance(reply, Whisper)
        assert check_message(reply.post.text, [dict(block) for block in reply.post.blocks]) == []
        return str(reply.post)

    def home(self, who: str) -> str:
        member = self.people[who]
        with self.desk.database.read() as session:
            return str(page_of(home.view(session, Caller(member.workspace_id, member.id), self.desk.now)))

    def takes_digests(self) -> None:
        with self.desk.database.write() as session:
            digest.take_due(session, self.desk.now, 10)

    def channels(self) -> dict[str, str]:
        """All that stands in channels, as it is drawn now."""
        with self.desk.database.read() as session:
            rows = session.scalars(sa.select(Delivery).where(Delivery.channel_id.is_not(None)).order_by(Delivery.id))
            return {one.key: str(render(session, one, self.desk.now)) for one in rows}

    def told(self, who: str) -> list[str]:
        """What somebody hears of who may see what."""
        mine = sa.select(Delivery).where(Delivery.member_id == self.people[who].id).order_by(Delivery.id)
        with self.desk.database.read() as session:
            rows = session.scalars(mine.where(Delivery.kind == PostKind.KEY_RESULT_CHANGED)).all()
            return [post.text for one in rows if (post := render(session, one, self.desk.now)) is not None]

    def events(self) -> list[tuple[str, object, object]]:
        with self.desk.database.read() as session:
            rows = session.scalars(
                sa.select(AuditEvent).where(AuditEvent.subject.in_(["key_result", "objective"])).order_by(AuditEvent.id)
            )
            return [(one.action, one.detail["from"], one.detail["to"]) for one in rows]


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        scene = set_scene(session)
        company = scene.company
        people = {"Mere": scene.owner, "Tama": scene.lead, "Hana": scene.head, "Finn": scene.stranger}
        people["Sam"] = company.person("Sam Stone")
        people["Ada"] = company.person("Ada Admin", admin=True)
        people["Gus"] = company.person("Gus Guest", kind=MemberKind.GUEST)
        company.key_result(company.objective(scene.growth, "Another one"), people["Sam"], metric="Churn")
        legal = company.team("Legal", lead=scene.stranger, channel_id="C0LEGAL")
        for team in (scene.growth, scene.product, legal):
            team.next_digest_at = datetime(2026, 10, 7, 10, tzinfo=UTC)
        tell(session, MORNING, scene.key_result, by=scene.owner)
        return Story(Desk(database, WEDNESDAY), people, scene.key_result.id, legal.id)


def test_an_admin_limits_it_to_named_people_and_everybody_else_sees_no_more_of_it(story: Story) -> None:
    story.takes_digests()
    assert "SOC 2" in story.channels()["escalation:1"]
    assert "one wants help" in story.home("Sam")
    said = story.limit(NAMED, "Hana")
    assert said.startswith(
        "KR-1: beside its owner, co-owners and the leads above, only Hana Mori may see it. What I have posted is drawn"
    )
    assert "SOC 2" not in str(story.channels())
    assert "wants help" not in story.home("Sam")
    for who in ("Finn", "Sam"):
        assert "There is no KR-1 that you can see" in story.card(who)
    for who in ("Mere", "Tama", "Hana"):
        assert "only Hana Mori may see it" in story.card(who)
        assert "SOC 2" in story.card(who)
    assert story.events() == [
        (
            "key_result.limited",
            {"visibility": "workspace", "people": []},
            {"visibility": "named", "people": [story.people["Hana"].id]},
        )
    ]


def test_the_owner_and_the_lead_hear_of_it_and_who_sees_it_no_more_does_not(story: Story) -> None:
    story.limit(TEAM)
    sentence = (
        "Ada Admin has set who may see KR-1 SOC 2 certified by 15 Dec: beside its owner, co-owners and the leads "
        "above, only Growth may see it."
    )
    assert {who: story.told(who) for who in story.people} == {
        **{who: [] for who in story.people},
        "Mere": [sentence],
        "Tama": [sentence],
    }
    assert "SOC 2" in story.card("Sam")
    assert "no KR-1" in story.card("Finn")


def test_what_was_posted_is_drawn_again_for_who_may_read_it_and_an_open_thread_goes_on_with_those(story: Story) -> None:
    story.takes_digests()
    with story.desk.database.write() as session:
        tama = story.people["Tama"]
        growth = session.scalars(sa.select(Team).where(Team.name == "Growth")).one()
        digest_sharing.post_now(session, WEDNESDAY, Caller(tama.workspace_id, tama.id), growth.id, "")
        home_changes.opened(session, WEDNESDAY, session.get_one(Member, story.people["Finn"].id))
        kept = {PostKind.DIGEST, PostKind.DIGEST_DETAILS, PostKind.DIGEST_SHARED, PostKind.ESCALATION}
        before = dict(session.execute(sa.select(Message.delivery_id, Message.wanted)).all())
    story.limit(NAMED, "Hana")
    with story.desk.database.read() as session:
        after = dict(session.execute(sa.select(Message.delivery_id, Message.wanted)).all())
        told = session.scalars(sa.select(Delivery).where(Delivery.kind.in_(kept)).order_by(Delivery.id)).all()
        of_growth = [one for one in told if one.channel_id in ("C0GROWTH", "C0PRODUCT")]
        assert {one.kind for one in of_growth} == kept
        assert [one.key for one in of_growth if after[one.id] <= before.get(one.id, 0)] == []
        thread = next(one for one in told if one.key == "escalation:1:1")
        assert group(session, thread) == {story.people[name].id for name in ("Mere", "Tama")}
        assert "SOC 2" in str(render(session, thread, WEDNESDAY))
        assert session.scalars(sa.select(Home.wanted)).one() == 2


def test_an_open_thread_in_a_group_message_goes_on_without_those_who_may_not_see_it_any_more(story: Story) -> None:
    mere, sam = story.people["Mere"], story.people["Sam"]
    story.limit(TEAM)
    with story.desk.database.write() as session:
        churn = session.scalars(sa.select(KeyResult).where(KeyResult.id != story.key_result_id)).one()
        # Mere goes on seeing what is Growth's.
        for key_result_id, old, new in ((churn.id, sam, mere), (story.key_result_id, mere, sam)):
            asked = hand_over.ask(session, WEDNESDAY, Caller(old.workspace_id, old.id), key_result_id, new.id)
            assert asked.hand_over_id is not None
            hand_over.accept(session, WEDNESDAY, Caller(new.workspace_id, new.id), asked.hand_over_id)
        before = root_of(session, session.scalars(sa.select(Escalation)).one())
        assert before is not None
        assert group(session, before) == {story.people[name].id for name in ("Mere", "Tama", "Sam")}
        before.posted_channel, before.posted_ts = "G0GROUP", "1.1"
    story.limit(NAMED, "Hana")
    with story.desk.database.read() as session:
        after = root_of(session, session.scalars(sa.select(Escalation)).one())
        assert after is not None
        assert group(session, after) == {story.people[name].id for name in ("Tama", "Sam")}
        assert "SOC 2" in str(render(session, after, WEDNESDAY))
        left = render(session, session.get_one(Delivery, before.id), WEDNESDAY)
        assert left is not None
        assert left.text == "This request for help is for fewer people now, so it is not shown here any more."
        assert session.scalars(sa.select(Message.wanted).where(Message.delivery_id == before.id)).one() > 1


def test_opened_again_it_stands_everywhere_as_before(story: Story) -> None:
    story.takes_digests()
    before = story.channels()
    story.limit(NAMED, "Mere")
    assert "no KR-1" in story.card("Finn")
    assert "everybody may see it" in story.limit(EVERYBODY, "Mere")
    assert "SOC 2" in story.card("Finn")
    assert "may see it" not in story.card("Finn")
    after = story.channels()
    assert {key for key in before if key.startswith("digest") and after[key] != before[key]} == set()
    assert any("SOC 2" in text for key, text in after.items() if key.startswith("digest"))
    with story.desk.database.read() as session:
        assert session.scalars(sa.select(KeyResultViewer)).all() == []


def test_an_admin_who_may_not_see_it_reads_no_word_of_it_and_can_open_it_again(story: Story) -> None:
    story.limit(NAMED, "Hana")
    card = story.card("Ada")
    assert "you are not among those who may see it" in card
    assert "only Hana Mori may see it" in card
    for act in (Act.WHO_SEES, Act.ITS_OBJECTIVE):
        dialog = str(story.dialog(act).view)
        assert "its words are not shown" in dialog
        assert "SOC 2" not in card + dialog
        assert "Make new customers" not in card + dialog
    assert story.limit(EVERYBODY).startswith("KR-1 SOC 2 certified by 15 Dec: everybody may see it.")


def test_nobody_else_sets_it_not_even_with_a_dialog_that_was_an_admins(story: Story) -> None:
    assert [Act.WHO_SEES.value in story.card(who) for who in ("Ada", "Mere", "Tama", "Finn")] == [True] + [False] * 3
    for act, submitted in ((Act.WHO_SEES, who_sees.submitted), (Act.ITS_OBJECTIVE, who_sees.objective_submitted)):
        forged = story.dialog(act).fill(Who_may_see_it=NAMED, Who_else=story.ids("Finn"))
        for who in ("Mere", "Tama", "Finn", "Gus"):
            opened = len(story.desk.gateway.opened)
            story.open(who, act)
            assert len(story.desk.gateway.opened) == opened
            assert "admin" in str(story.desk.submit(story.people[who], submitted, forged)) or who == "Gus"
    story.limit(NAMED, "Hana")
    # Who may not see it does not learn that it is there.
    assert "can't find" in whispered(story.open("Finn"))
    assert len(story.events()) == 1


def test_the_same_dialog_twice_and_what_was_so_already_change_nothing_more(story: Story) -> None:
    dialog = story.limited(NAMED, "Hana")
    assert "only Hana Mori" in whispered(story.desk.submit(story.people["Ada"], who_sees.submitted, dialog))
    assert story.desk.submit(story.people["Ada"], who_sees.submitted, dialog) == Done()
    assert story.limit(NAMED, "Hana").endswith("that is how it was already, so nothing has changed.")
    assert len(story.events()) == 1
    assert len(story.told("Mere")) == 1
    assert story.dialog().value("Who may see it") == NAMED


def test_nobody_named_and_somebody_who_sees_nothing_are_said_under_the_field(story: Story) -> None:
    for names, sentence in (((), "Please name somebody"), (("Hana", "Gus"), "please take out Gus Guest")):
        dialog = story.limited(NAMED, *names)
        (said,) = dialog.errors(story.desk.submit(story.people["Ada"], who_sees.submitted, dialog)).values()
        assert sentence in said
    assert story.events() == []


def test_a_whole_objective_is_limited_with_its_key_results(story: Story) -> None:
    story.takes_digests()
    said = story.set_objective(NAMED, "Finn")
    assert said.startswith("The objective of KR-1: beside its owner")
    assert "no KR-1" in story.card("Sam")
    assert "SOC 2" in story.card("Finn")
    assert "SOC 2" not in str(story.channels())
    assert "Its objective is limited as well" in str(story.dialog().view)
    story.set_objective(EVERYBODY)
    assert "SOC 2" in story.card("Sam")


def test_limiting_a_whole_objective_looks_through_the_digests_once_however_many_key_results_it_has(
    story: Story,
) -> None:
    def looks(visibility: str) -> int:
        with counted(story.desk.database) as statements:
            story.set_objective(visibility, "Finn")
        return sum("digest.snapshot" in one for one in statements)

    assert looks(NAMED) == 1
    with story.desk.database.write() as session:
        first = session.get_one(KeyResult, story.key_result_id)
        session.add_all(
            KeyResult(
                workspace_id=first.workspace_id,
                number=number,
                objective_id=first.objective_id,
                state=KeyResultState.DRAFT,
                created_at=first.created_at,
            )
            for number in range(11, 18)
        )
    assert looks(TEAM) == 1


def test_a_whole_objective_is_limited_while_somebody_presses_in_the_thread_of_one_of_its_key_results(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, mere, tama, ada = story.desk.database, *(story.people[name] for name in ("Mere", "Tama", "Ada"))
    if database.is_sqlite:
        pytest.skip("there one comes after the other")
    with database.write() as session:
        churn = session.scalars(sa.select(KeyResult).where(KeyResult.id != story.key_result_id)).one()
        churn.objective_id = session.get_one(KeyResult, story.key_result_id).objective_id
        churn.owner_id = mere.id
        session.flush()
        tell(session, MORNING, churn, by=mere)
        second = session.scalars(sa.select(Escalation.id).where(Escalation.key_result_id == churn.id)).one()
        # Both show in the prompt of their owner.
        week = date(2026, 10, 5)
        prompt = outbox.NewPost(
            workspace_id=mere.workspace_id,
            key=prompt_key(mere.id, week),
            kind=PostKind.PROMPT,
            member_id=mere.id,
            period=week,
        )
        outbox.post(session, WEDNESDAY, prompt)
    first_is_drawn, second_is_held = threading.Event(), threading.Event()
    redraw = escalation_thread.redraw

    def redraw_and_wait(session: Session, now: datetime, drawn: Escalation) -> None:
        redraw(session, now, drawn)
        if not first_is_drawn.is_set():
            first_is_drawn.set()
            second_is_held.wait(1)

    monkeypatch.setattr(escalation_thread, "redraw", redraw_and_wait)

    def limit() -> None:
        to = Limit(Visibility.TEAM, frozenset())
        with database.write() as session:
            limiting.set_objective(
                session, WEDNESDAY, Caller(ada.workspace_id, ada.id), story.key_result_id, to, team_ids=[]
            )

    def press() -> None:
        first_is_drawn.wait(PATIENCE_SECONDS)
        with database.write() as session:
            session.get_one(Escalation, second, with_for_update={"key_share": True})
            second_is_held.set()
            escalation.take(session, WEDNESDAY, caller=Caller(tama.workspace_id, tama.id), escalation_id=second)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(limit), pool.submit(press)]:
            done.result()
    with database.read() as session:
        assert session.get_one(Escalation, second).taken_by_id == tama.id


def test_an_objective_that_teams_share_stands_in_the_digest_of_each(story: Story) -> None:
    (option,) = [one for one in options(story, "leg") if one["text"]["text"] == "Legal"]  # type: ignore[index]
    said = story.set_objective(EVERYBODY, teams=str(option["value"]))
    assert "everybody may see it. Legal shares it with Growth." in said
    story.takes_digests()
    assert "SOC 2" in story.channels()[f"digest:{story.legal_id}:2026-10-05"]
    sentence = (
        "Ada Admin has set who shares and who may see the objective “Make new customers feel at home”: "
        "Growth holds it, Legal shares it, and everybody may see it."
    )
    assert [story.told(who) for who in ("Mere", "Tama", "Finn", "Sam")] == [[sentence], [sentence], [sentence], []]
    assert [one[0] for one in story.events()] == ["objective.shared"]
    # Limited to the team, it is seen by the one that shares it, too.
    story.limit(TEAM)
    assert "only Growth and Legal may see it" in story.card("Finn")
    story.set_objective(EVERYBODY)
    assert "no KR-1" in story.card("Finn")
    with story.desk.database.read() as session:
        assert session.scalars(sa.select(ObjectiveTeam)).all() == []


def test_the_digest_of_a_team_that_shared_it_when_it_was_taken_is_drawn_again_too(story: Story) -> None:
    story.set_objective(EVERYBODY, teams=str(story.legal_id))
    story.takes_digests()
    story.set_objective(EVERYBODY)
    of_legal = (
        sa.select(Message.wanted)
        .join(Delivery, Delivery.id == Message.delivery_id)
        .where(Delivery.key == f"digest:{story.legal_id}:2026-10-05")
    )
    with story.desk.database.read() as session:
        before = session.scalars(of_legal).one()
    story.limit(NAMED, "Hana")
    with story.desk.database.read() as session:
        assert session.scalars(of_legal).one() > before


def test_a_team_that_is_not_here_any_more_is_said_under_the_field(story: Story) -> None:
    for teams in ("4711", "x"):
        dialog = story.dialog(Act.ITS_OBJECTIVE).fill(Teams=teams)
        reply = story.desk.submit(story.people["Ada"], who_sees.objective_submitted, dialog)
        assert "not here any more" in str(dialog.errors(reply))
    assert story.events() == []


def options(story: Story, typed: str) -> list[dict[str, object]]:
    reply = story.desk.suggest(story.people["Ada"], who_sees.suggest, Act.SHARED_WITH, typed)
    assert isinstance(reply, Options)
    return [dict(one) for one in reply.options]
