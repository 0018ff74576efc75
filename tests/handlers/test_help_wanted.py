"""Asking for help without a check-in, through the boundary: the button of `/kr`, and the shortcut on any message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from calls import MORNING, WEEK, Scene, decide, keys, posted, replied, set_scene, shown, tell, the_escalation, words
from desk import Desk, Dialog, whispered

from bot.blocks.ids import Act
from bot.domain.escalation import EscalationState
from bot.domain.organisation import Visibility
from bot.localslack.blockkit import check_view
from bot.services import escalation, escalation_more, key_result_view
from bot.services.access import Caller
from handlers import help_wanted
from handlers.boundary import answer
from handlers.reply import Done, Errors, Options, Reply
from models import Blocker, Delivery, Escalation, EscalationEvent, EscalationEventKind, Member
from models.database import Database

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
IN_THE_CHANNEL = "Copy the text into its thread (read in <#C0GROWTH>, or by fewer)"
LINK = "https://testworks.slack.com/archives/C0RANDOM/p1790000001000200"


@pytest.fixture
def scene(database: Database) -> Scene:
    with database.write() as session:
        scene = set_scene(session)
        scene.company.workspace.url = "https://testworks.slack.com/"
    return scene


@pytest.fixture
def desk(database: Database, scene: Scene) -> Desk:
    return Desk(database, NOON)


def ask(desk: Desk, who: Member, **fields: str) -> Reply:
    """*Ask for help*, filled in."""
    assert desk.press(who, help_wanted.open_ask, Act.ASK_FOR_HELP, "1") == Done()
    dialog = desk.opened()
    assert check_view(dict(dialog.view)) == []
    return desk.submit(who, help_wanted.ask, dialog.fill(**fields))


def turn(desk: Desk, who: Member, text: str = "The auditor <@U0TAMAREID> asked &amp; waits", **message: str) -> Dialog:
    """*Turn into a blocker* on a message in #random."""
    body = {
        "type": "message_action",
        "callback_id": "turn_into_blocker",
        "team": {"id": "T0TEST"},
        "user": {"id": who.slack_user_id, "team_id": "T0TEST"},
        "channel": {"id": "C0RANDOM", "name": "random"},
        "message": {"type": "message", "user": "U0SOMEBODY", "ts": "1790000001.000200", "text": text, **message},
        "trigger_id": "trigger-of-the-shortcut",
        "response_url": "https://hooks.slack.test/x",
    }
    assert answer(desk.runtime, help_wanted.open_turn, body) == Done()
    return desk.opened()


def choose(desk: Desk, who: Member, dialog: Dialog) -> Dialog:
    """KR-1 is chosen; the dialog as it looks then."""
    dialog.fill(Of_which_key_result="1")
    body = {
        "type": "block_actions",
        "team": {"id": "T0TEST"},
        "user": {"id": who.slack_user_id, "team_id": "T0TEST"},
        "view": dialog.payload(),
        "container": {"type": "view", "view_id": dialog.id},
        "trigger_id": "trigger-of-the-choice",
        "actions": [
            {
                "type": "external_select",
                "action_id": Act.WHICH_KEY_RESULT,
                "selected_option": {"value": "1", "text": {"type": "plain_text", "text": "KR-1 SOC 2"}},
                "action_ts": "1",
            }
        ],
    }
    assert answer(desk.runtime, help_wanted.chosen, body) == Done()
    return Dialog(desk.gateway.updated[-1], dialog)


def newest(desk: Desk) -> EscalationEvent:
    with desk.runtime.read() as session:
        return session.scalars(sa.select(EscalationEvent).order_by(EscalationEvent.id.desc())).first()  # type: ignore[return-value]


def test_a_lead_asks_for_help_and_the_one_thread_opens_with_their_words(desk: Desk, scene: Scene) -> None:
    reply = ask(desk, scene.lead, What_is_stuck="no auditor", Blocked_by="words:Legal", What_is_needed="a name")
    assert whispered(reply) == "I have asked for help with KR-1 in its thread."
    with desk.runtime.write() as session:
        opened = the_escalation(session)
        assert (opened.state, opened.answer_id) == (EscalationState.OPEN, None)
        said = words(shown(session, "escalation:1", NOON))
        assert "*Stuck:* no auditor\n*Blocked by:* Legal\n*Needed:* a name\n*Asked for by* Tama Reid" in said
        blocker = session.scalars(sa.select(Blocker)).one()
        assert (blocker.by_words, blocker.answer_id, blocker.wants_help) == ("Legal", None, True)
        # The owner hears of it directly.
        news = shown(session, f"escalation:1:event:1:to:{scene.owner.id}", NOON)
        assert words(news).startswith("Tama Reid has asked for help with your KR-1 SOC 2 certified by 15 Dec.")


def test_the_next_red_says_what_is_stuck_in_the_owners_own_words(desk: Desk, scene: Scene) -> None:
    ask(desk, scene.lead, What_is_stuck="no auditor", What_is_needed="a name")
    with desk.runtime.write() as session:
        tell(session, NOON, scene.key_result, by=scene.owner)
        said = words(shown(session, "escalation:1", NOON))
        assert "*Stuck:* the auditor has had nothing from HR" in said
        assert "Asked for by" not in said
        reply = words(shown(session, keys(session)[-1], NOON))
        assert reply.startswith("🔴 red again this week")
        # And a decision ends it like any other.
        decide(session, scene, scene.lead, now=NOON)
        assert the_escalation(session).state is EscalationState.DECIDED


def test_where_a_thread_is_open_it_goes_on_there(desk: Desk, scene: Scene) -> None:
    with desk.runtime.write() as session:
        tell(session, MORNING, scene.key_result, by=scene.owner)
    ask(desk, scene.lead, What_is_stuck="no auditor", What_is_needed="a name")
    with desk.runtime.write() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Escalation)) == 1
        event = newest(desk)
        assert event.kind is EscalationEventKind.HELP_ASKED
        reply = posted(session, f"escalation:1:event:{event.id}")
        assert reply.follows_id == posted(session, "escalation:1").id
        assert replied(session, reply.key, NOON) == (
            "Tama Reid asks for help with KR-1.\n*Stuck:* no auditor\n*Needed:* a name\n*Asked for by* Tama Reid"
        )
        assert "*Needed:* a name" in words(shown(session, "escalation:1", NOON))


def test_what_is_missing_is_said_at_its_field_and_twice_the_same_is_once(desk: Desk, scene: Scene) -> None:
    desk.press(scene.owner, help_wanted.open_ask, Act.ASK_FOR_HELP, "1")
    dialog = desk.opened()
    assert desk.submit(scene.owner, help_wanted.ask, dialog) == Errors(
        {
            "stuck": "Please write what is stuck.",
            "need": "Please write what is needed: it is what the lead is asked to get.",
        }
    )
    dialog.fill(What_is_stuck="no auditor", What_is_needed="a name")
    for _ in range(2):
        assert "I have asked for help" in whispered(desk.submit(scene.owner, help_wanted.ask, dialog))
    with desk.runtime.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(EscalationEvent)) == 1
        # The owner asked themselves, so nobody tells them.
        assert not [key for key in keys(session) if key.endswith(f"to:{scene.owner.id}")]


def test_only_owners_and_leads_are_offered_the_button_and_may_press_it(desk: Desk, scene: Scene) -> None:
    people = (scene.owner, scene.lead, scene.head, scene.stranger)
    with desk.runtime.read() as session:
        offered = {
            who.name: key_result_view.view(session, Caller(who.workspace_id, who.id), NOON, 1).may_ask_for_help
            for who in people
        }
    assert offered == {"Mere Ngata": True, "Tama Reid": True, "Hana Mori": True, "Finn Adler": False}
    assert "is asked for by its owner or a lead above" in whispered(
        desk.press(scene.stranger, help_wanted.open_ask, Act.ASK_FOR_HELP, "1")
    )


def resolved(desk: Desk, scene: Scene) -> None:
    """A red of this week that was resolved in it."""
    with desk.runtime.write() as session:
        tell(session, MORNING, scene.key_result, by=scene.owner)
        lead = scene.company.caller(scene.lead)
        escalation.resolve(session, MORNING, caller=lead, escalation_id=1, reason="HR had sent it")


@pytest.mark.parametrize("weeks", [0, 2, 3])
def test_soon_after_the_end_it_is_opened_again_and_much_later_it_is_a_new_one(
    desk: Desk, scene: Scene, weeks: int
) -> None:
    resolved(desk, scene)
    desk.now = NOON + weeks * WEEK
    reply = ask(desk, scene.lead, What_is_stuck="no auditor", Blocked_by="words:Legal", What_is_needed="a name")
    assert whispered(reply) == "I have asked for help with KR-1 in its thread."
    with desk.runtime.write() as session:
        states = session.scalars(sa.select(Escalation.state).order_by(Escalation.id)).all()
        if weeks > 2:
            assert states == [EscalationState.RESOLVED, EscalationState.OPEN]
            return
        assert states == [EscalationState.OPEN]
        event = newest(desk)
        assert (event.kind, event.actor_id) == (EscalationEventKind.REOPENED, scene.lead.id)
        reply_post = posted(session, f"escalation:1:event:{event.id}")
        assert reply_post.follows_id == posted(session, "escalation:1").id
        now = NOON + weeks * WEEK
        assert words(shown(session, reply_post.key, now)).startswith("Opened again by Tama Reid: 🔴 red · 0.3")
        what_it_says = "*Stuck:* no auditor\n*Blocked by:* Legal\n*Needed:* a name\n*Asked for by* Tama Reid"
        assert what_it_says in words(shown(session, reply_post.key, now))
        assert what_it_says in words(shown(session, "escalation:1", now))
        assert the_escalation(session).round == 2
        # The owner hears of it directly, once.
        (told,) = [key for key in keys(session) if key.endswith(f"event:{event.id}:to:{scene.owner.id}")]
        assert words(shown(session, told, now)).startswith("Tama Reid has asked for help with your KR-1")


def test_a_message_soon_after_the_end_opens_it_again_with_its_text_where_the_box_was_ticked(
    desk: Desk, scene: Scene
) -> None:
    resolved(desk, scene)
    dialog = choose(desk, scene.stranger, turn(desk, scene.stranger)).fill(Blocked_by="words:the auditor")
    dialog.fill(**{"The message's text": "yes"})
    for _ in range(2):
        assert "I put the link and the text into its thread" in whispered(
            desk.submit(scene.stranger, help_wanted.turn, dialog)
        )
    with desk.runtime.write() as session:
        assert the_escalation(session).state is EscalationState.OPEN
        event = newest(desk)
        assert event.kind is EscalationEventKind.REOPENED
        said = words(shown(session, f"escalation:1:event:{event.id}", NOON))
        assert f"*In the way:* <{LINK}|this message>, says Finn Adler" in said
        assert "*The message:*\nThe auditor @Tama asked &amp; waits" in said


def test_a_thread_that_was_private_is_opened_again_where_it_was(desk: Desk, scene: Scene) -> None:
    with desk.runtime.write() as session:
        tell(session, MORNING, scene.key_result, by=scene.owner)
        lead = scene.company.caller(scene.lead)
        escalation_more.make_private(session, MORNING, caller=lead, escalation_id=1)
        escalation.resolve(session, MORNING, caller=lead, escalation_id=1, reason="HR had sent it")
    dialog = choose(desk, scene.stranger, turn(desk, scene.stranger)).fill(Blocked_by="words:the auditor")
    assert IN_THE_CHANNEL in repr(dialog.block("The message's text"))
    desk.submit(scene.stranger, help_wanted.turn, dialog)
    with desk.runtime.write() as session:
        assert the_escalation(session).state is EscalationState.OPEN
        assert "help wanted" in words(shown(session, "escalation:1:private", NOON))
        assert shown(session, "escalation:1", NOON) is None


# A message that is turned into a blocker


def test_anybody_turns_a_message_into_a_blocker_and_only_its_link_travels(desk: Desk, scene: Scene) -> None:
    dialog = turn(desk, scene.stranger)
    assert check_view(dict(dialog.view)) == []
    assert "The message's text" not in dialog.labels
    dialog = choose(desk, scene.stranger, dialog)
    assert check_view(dict(dialog.view)) == []
    assert IN_THE_CHANNEL in repr(dialog.block("The message's text"))
    assert "initial_options" not in repr(dialog.view)
    dialog.fill(Blocked_by="words:the auditor")
    reply = desk.submit(scene.stranger, help_wanted.turn, dialog)
    assert whispered(reply) == "Thank you: KR-1 is now blocked by the auditor. I put the link into its thread."
    with desk.runtime.write() as session:
        said = words(shown(session, "escalation:1", NOON))
        assert f"*In the way:* <{LINK}|this message>, says Finn Adler\n*Blocked by:* the auditor" in said
        assert session.scalars(sa.select(Blocker.by_words)).one() == "the auditor"
        event = newest(desk)
        assert (event.link, event.quote, event.words) == (LINK, None, None)
        assert "asked & waits" not in "".join(repr(shown(session, key, NOON)) for key in keys(session))


def test_the_text_travels_only_where_the_box_is_ticked_and_is_kept_no_longer_than_until_it_is_posted(
    desk: Desk, scene: Scene
) -> None:
    dialog = choose(desk, scene.stranger, turn(desk, scene.stranger))
    dialog.fill(Blocked_by="words:the auditor").fill(**{"The message's text": "yes"})
    reply = desk.submit(scene.stranger, help_wanted.turn, dialog)
    assert "I put the link and the text into its thread" in whispered(reply)
    with desk.runtime.write() as session:
        event = newest(desk)
        assert event.kind is EscalationEventKind.HELP_ASKED
        assert event.quote == "The auditor @Tama asked & waits"
        reply_key = f"escalation:1:event:{event.id}"
        assert "*The message:*\nThe auditor @Tama asked &amp; waits" in words(shown(session, reply_key, NOON))
        # Not in the first message, which is drawn again and again.
        assert "waits" not in words(shown(session, "escalation:1", NOON)).replace("who waits", "")


def test_where_the_thread_went_elsewhere_meanwhile_the_text_goes_nowhere(desk: Desk, scene: Scene) -> None:
    with desk.runtime.write() as session:
        tell(session, MORNING, scene.key_result, by=scene.owner)
    dialog = choose(desk, scene.lead, turn(desk, scene.lead))
    dialog.fill(Blocked_by="words:the auditor").fill(**{"The message's text": "yes"})
    with desk.runtime.write() as session:
        escalation_more.make_private(session, NOON, caller=scene.company.caller(scene.owner), escalation_id=1)
    reply = desk.submit(scene.lead, help_wanted.turn, dialog)
    assert isinstance(reply, Errors)
    assert "Its thread is somewhere else by now" in repr(reply)
    with desk.runtime.read() as session:
        assert session.scalars(sa.select(EscalationEvent.quote).where(EscalationEvent.quote.is_not(None))).all() == []


@pytest.mark.parametrize("made_private", ["never", "before", "while they type"])
def test_who_is_no_member_of_a_private_request_reads_the_same_as_if_there_were_none(
    desk: Desk, scene: Scene, made_private: str
) -> None:
    def make_private() -> None:
        with desk.runtime.write() as session:
            escalation_more.make_private(session, NOON, caller=scene.company.caller(scene.owner), escalation_id=1)

    with desk.runtime.write() as session:
        tell(session, MORNING, scene.key_result, by=scene.owner)
    if made_private == "before":
        make_private()
    dialog = choose(desk, scene.stranger, turn(desk, scene.stranger))
    assert IN_THE_CHANNEL in repr(dialog.block("The message's text"))
    if made_private == "while they type":
        make_private()
    dialog.fill(Blocked_by="words:the auditor").fill(**{"The message's text": "yes"})
    reply = desk.submit(scene.stranger, help_wanted.turn, dialog)
    assert whispered(reply) == (
        "Thank you: KR-1 is now blocked by the auditor. I put the link and the text into its thread."
    )
    # A lead above who is no member of it reads the same too.
    asked = ask(desk, scene.head, What_is_stuck="no auditor", Blocked_by="words:Legal", What_is_needed="a name")
    assert whispered(asked) == "I have asked for help with KR-1 in its thread."
    with desk.runtime.read() as session:
        # It is in the thread, for those who read it: for no more than the dialog said.
        (event,) = session.scalars(sa.select(EscalationEvent).where(EscalationEvent.quote.is_not(None))).all()
        told = posted(session, f"escalation:1:event:{event.id}")
        assert "The auditor @Tama asked &amp; waits" in words(shown(session, told.key, NOON))
        assert (told.channel_id == "C0GROWTH") == (made_private == "never")
        shown_to_members = choose(desk, scene.owner, turn(desk, scene.owner)).block("The message's text")
        assert ("(read by owner, lead and whoever was asked)" in repr(shown_to_members)) == (made_private != "never")


def test_what_is_missing_in_it_is_said_at_its_field(desk: Desk, scene: Scene) -> None:
    dialog = turn(desk, scene.stranger)
    assert desk.submit(scene.stranger, help_wanted.turn, dialog) == Errors(
        {"which_key_result": "Please choose one key result."}
    )
    dialog = choose(desk, scene.stranger, dialog)
    assert desk.submit(scene.stranger, help_wanted.turn, dialog) == Errors(
        {"blocked_by": "Please name a person, a team, or say it in your own words."}
    )


def test_a_reply_in_a_thread_is_linked_to_where_it_stands(desk: Desk, scene: Scene) -> None:
    dialog = turn(desk, scene.stranger, thread_ts="1790000000.000100")
    assert f"{LINK}?thread_ts=1790000000.000100&amp;cid=C0RANDOM" in repr(dialog.view["blocks"][0])


def test_a_long_message_is_carried_as_far_as_a_dialog_can(desk: Desk, scene: Scene) -> None:
    dialog = turn(desk, scene.stranger, text='"\n' * 20000)
    assert check_view(dict(dialog.view)) == []
    assert len(dialog.view["private_metadata"]) <= 3000


def test_the_menu_offers_those_that_the_person_may_see_by_number_or_words(desk: Desk, scene: Scene) -> None:
    def offered(who: Member, typed: str) -> list[str]:
        reply = desk.suggest(who, help_wanted.suggest, Act.WHICH_KEY_RESULT, typed)
        assert isinstance(reply, Options)
        return [one["text"]["text"] for one in reply.options]

    for typed in ("", "1", "kr-1", "soc 2", "certified"):
        assert offered(scene.stranger, typed) == ["KR-1 SOC 2 certified by 15 Dec"]
    assert offered(scene.stranger, "nothing like it") == []
    with desk.runtime.write() as session:
        session.get_one(type(scene.key_result), scene.key_result.id).visibility = Visibility.NAMED
    assert offered(scene.stranger, "") == []
    assert offered(scene.owner, "") == ["KR-1 SOC 2 certified by 15 Dec"]


def test_what_somebody_may_not_see_cannot_be_blocked_by_them(desk: Desk, scene: Scene) -> None:
    dialog = choose(desk, scene.stranger, turn(desk, scene.stranger)).fill(Blocked_by="words:the auditor")
    with desk.runtime.write() as session:
        session.get_one(type(scene.key_result), scene.key_result.id).visibility = Visibility.NAMED
    assert "I can't find that key result" in repr(desk.submit(scene.stranger, help_wanted.turn, dialog))
    with desk.runtime.read() as session:
        assert session.scalars(sa.select(Blocker)).all() == []
        assert session.scalars(sa.select(Delivery)).all() == []
