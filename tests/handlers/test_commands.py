from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from answers import answered
from company import MONDAY, Company
from desk import Desk, whispered

from bot.blocks.ids import Act, Command
from bot.domain.cadence import following, period
from bot.domain.kinds import Kind
from bot.domain.organisation import Level, Visibility
from bot.localslack.blockkit import check_message, check_view
from bot.slack_failures import UnknownOutcome
from handlers import commands
from handlers.reply import Done, Reply, Whisper
from models import KeyResult, KeyResultRevision, KeyResultState, Member, MemberKind, Team, Workspace
from models.database import Database

TEN = datetime(2026, 10, 5, 10, tzinfo=UTC)
WEEK = period(MONDAY)


@dataclass
class Story:
    desk: Desk
    owner: Member
    lead: Member
    stranger: Member
    guest: Member

    def okr(self, text: str = "", who: Member | None = None) -> Reply:
        return self.desk.command(who or self.owner, commands.okr, Command.OKR, text)

    def kr(self, text: str = "", who: Member | None = None) -> Reply:
        return self.desk.command(who or self.owner, commands.kr, Command.KR, text)


@pytest.fixture
def story(database: Database) -> Story:
    with database.write() as session:
        company = Company(session)
        owner, lead, stranger = (company.person(name) for name in ("Mere Ngata", "Tama Reid", "Sam Stone"))
        guest = company.person("Gus Guest", kind=MemberKind.GUEST)
        top = company.team("Longfetch", lead=company.person("Ida Lund"), level=Level.COMPANY)
        growth = company.team("Growth", lead=lead, parent=top)
        key_result = company.key_result(company.objective(growth), owner)
        answered(session, key_result, following(WEEK, -2), score="0.4", value="28")
        answered(session, key_result, following(WEEK, -1), score="0.5", value="30", next_move="Call the ten who left")
        secret = company.key_result(company.objective(growth, "Quiet"), lead, "Secret from 1 to 2", metric="Secret")
        secret.visibility = Visibility.NAMED
        company.key_result(company.objective(top, "Stay afloat"), lead, "Margin from 1 to 9 %", metric="Margin")
    return Story(Desk(database, TEN), owner, lead, stranger, guest)


def read(reply: Reply) -> str:
    """All that somebody reads in a whisper, checked as Slack would check it."""
    assert isinstance(reply, Whisper), reply
    blocks = json.loads(json.dumps(reply.post.blocks))
    assert check_message(reply.post.text, blocks) == []
    parts = [reply.post.text]
    for block in blocks:
        parts += (
            [block["text"]["text"]]
            if "text" in block
            else [one["text"]["text"] if one["type"] == "button" else one["text"] for one in block["elements"]]
        )
    return "\n".join(parts)


def buttons(reply: Reply) -> list[tuple[str, str]]:
    assert isinstance(reply, Whisper)
    return [
        (element["text"]["text"], element["value"])
        for block in reply.post.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def test_okr_lists_my_key_results(story: Story) -> None:
    text = read(story.okr())
    assert text.startswith("Your key result\n")
    assert "🟢 green *KR-1* Activation 20 → 40 % · now 30 % · *0.5* (0.4)" in text
    assert "KR-3" not in text


def test_okr_of_somebody_who_owns_nothing_says_what_to_type(story: Story) -> None:
    assert whispered(story.okr(who=story.stranger)).startswith("You own no key results in this cycle.")


@pytest.mark.parametrize("words", ["team Growth", "team growth", "TEAM  Growth", "team Growth 1", "team Growth 99"])
def test_okr_team_lists_a_team_by_its_name(story: Story, words: str) -> None:
    text = read(story.okr(words, who=story.stranger))
    assert text.startswith("Growth: 1 key result\n")
    assert "Mere Ngata" in text


def test_okr_team_alone_is_my_own_team(story: Story) -> None:
    assert read(story.okr("team")).startswith("Growth: 1 key result")
    assert "belong to no team" in whispered(story.okr("team", who=story.stranger))


def test_okr_team_that_does_not_exist_leads_to_the_list(story: Story) -> None:
    assert "no team “Grwth”" in whispered(story.okr("team Grwth"))
    assert "\nGrowth · 1 key result\n`/okr team NAME`" in read(story.okr("company"))


def test_okr_company_shows_the_companys_own_first(story: Story) -> None:
    text = read(story.okr("company", who=story.stranger))
    assert text.startswith("The company: 1 key result of its own")
    assert text.index("Margin") < text.index("*Teams*")
    assert ", or `company` · what it holds itself stands above\n" in text


@pytest.mark.parametrize("words", ["health company", "agenda company", "decisions company", "signals Company"])
def test_the_company_is_a_name_wherever_a_team_is_named(story: Story, words: str) -> None:
    assert "no team “" not in read(story.okr(words))


@pytest.mark.parametrize("words", ["help", "HELP", "dance", "company of heroes", "99 luftballons"])
def test_okr_help_and_whatever_is_not_understood_lists_what_can_be_typed(story: Story, words: str) -> None:
    text = read(story.okr(words))
    assert "/kr 12 45 yellow waiting on legal" in text
    assert (f"I don't know “{words}”" in text) == (words.casefold() != "help")


def test_kr_shows_one_key_result_with_its_history_and_last_answers(story: Story) -> None:
    reply = story.kr("1", who=story.stranger)
    text = read(reply)
    assert "*KR-1* Activation from 20 to 40 % by 15 Dec\nMake new customers feel at home · Growth" in text
    assert "🟢 green · now 30 % · score *0.5* (last week 0.4) · `▄▅·`" in text
    assert "28 Sep: 🟢 green · 30 % · 0.5\n      _next:_ Call the ten who left" in text
    assert buttons(reply) == []


@pytest.mark.parametrize("words", ["1?", "KR-1?", "#1 ?", "1!", "1…"])
def test_kr_with_a_mark_behind_the_number_only_asks_how_it_stands(story: Story, words: str) -> None:
    assert read(story.kr(words, who=story.stranger)) == read(story.kr("1", who=story.stranger))
    assert buttons(story.kr(words)) == buttons(story.kr("1"))


@pytest.mark.parametrize("words", ["1", "KR-1", "kr1", "#1"])
def test_kr_offers_the_owner_an_update(story: Story, words: str) -> None:
    assert [label for label, _ in buttons(story.kr(words))] == [
        "Update",
        "Ask for help",
        "Hand over",
        "How often",
        "Initiatives",
    ]


def test_update_opens_the_check_in(story: Story) -> None:
    value = dict(buttons(story.kr("1")))["Update"]
    assert story.desk.press(story.owner, commands.update, Act.UPDATE_KEY_RESULT, value) == Done()
    dialog = story.desk.opened()
    assert dialog.value("Current value") == "30"
    assert check_view(dict(dialog.view)) == []


def test_update_is_not_for_strangers(story: Story) -> None:
    value = dict(buttons(story.kr("1")))["Update"]
    assert "is Mere Ngata's to answer" in whispered(
        story.desk.press(story.stranger, commands.update, Act.UPDATE_KEY_RESULT, value)
    )
    assert "can't find" in whispered(story.desk.press(story.owner, commands.update, Act.UPDATE_KEY_RESULT, "x"))


def test_kr_with_words_opens_the_check_in_with_what_was_understood(story: Story) -> None:
    assert story.kr("1 32.5 yellow waiting on legal") == Done()
    dialog = story.desk.opened()
    assert dialog.value("Current value").startswith("32.5")
    assert dialog.value("How confident") == "yellow"
    assert dialog.value("What is working") == "waiting on legal"


def test_kr_says_in_the_dialog_what_was_not_understood(story: Story) -> None:
    assert story.kr("1 +5 or so") == Done()
    assert "+5" in json.dumps(dict(story.desk.opened().view), ensure_ascii=False)
    assert story.kr("1 30 green " + "so much to say " * 230) == Done()
    assert "I could not place “so much to say so" in json.dumps(dict(story.desk.opened().view), ensure_ascii=False)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("", "Which key result?"),
        ("abc", "can't find a key result's number in “abc”"),
        ("999", "There is no KR-999 that you can see. `/okr` lists yours, `/okr company` everybody's."),
        ("999 45 yellow", "There is no KR-999 that you can see. `/okr` lists yours, `/okr company` everybody's."),
        ("2", "There is no KR-2 that you can see."),
        ("2 45 yellow", "There is no KR-2 that you can see."),
        ("&lt;!channel&gt;", "“&lt;!channel&gt;”"),
        ("<!channel>", "“@\u2060channel”"),
    ],
)
def test_kr_that_leads_nowhere_gets_a_clear_sentence(story: Story, words: str, sentence: str) -> None:
    text = whispered(story.kr(words, who=story.stranger))
    assert sentence in text
    assert "Secret" not in text


def test_kr_with_words_is_not_for_strangers(story: Story) -> None:
    assert whispered(story.kr("KR-1 45 yellow R&D is slow", who=story.stranger)) == (
        "KR-1 is Mere Ngata's to answer. `/kr 1` shows it. You typed: “45 yellow R&amp;D is slow”."
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1 45 yellow", "45 yellow"), ("set KR-1 to 45 yellow", "set KR-1 to 45 yellow"), ("#1: 45, slow", "45, slow")],
)
def test_what_came_too_late_is_given_back(story: Story, typed: str, kept: str) -> None:
    story.desk.now = TEN + timedelta(days=3)
    text = whispered(story.kr(typed))
    assert "digest is out" in text
    assert text.endswith(f"You typed: “{kept}”.")


def test_a_command_that_slack_fails_says_so_speaks_of_no_saving_and_gives_the_words_back(story: Story) -> None:
    story.desk.gateway.failure = UnknownOutcome("timeout")
    text = whispered(story.kr("1 45 yellow, R&amp;D waits"))
    assert text.startswith("That did not work just now. Please try again in a moment. (Reference ")
    assert text.endswith("You typed: “1 45 yellow, R&amp;D waits”.")


@pytest.mark.parametrize("words", ["", "team Growth", "company", "team"])
def test_what_is_limited_to_named_people_is_in_no_list_of_a_stranger(story: Story, words: str) -> None:
    assert "Secret" not in read(story.okr(words, who=story.stranger))
    assert "Secret" not in read(story.okr(words))


def test_the_lead_sees_what_is_limited_in_their_team(story: Story) -> None:
    assert "Secret" in read(story.okr("team Growth", who=story.lead))


@pytest.mark.parametrize("words", ["", "company", "help"])
def test_guests_are_told_that_there_is_nothing_for_them(story: Story, words: str) -> None:
    assert "full members" in whispered(story.okr(words, who=story.guest))
    assert "full members" in whispered(story.kr("1", who=story.guest))


def test_words_behind_a_command_stand_in_the_dialog_as_they_were_typed(story: Story) -> None:
    assert story.kr("1 45 green R&amp;D asked <@U0TAMAREID|tama.reid> in <#C0LEADS|leads>: 3 &lt; 5") == Done()
    assert story.desk.opened().value("What changed") == "R&D asked @Tama in #leads: 3 < 5"


def test_a_team_is_found_by_a_name_with_a_sign_in_it(story: Story) -> None:
    with story.desk.runtime.write() as session:
        session.execute(sa.update(Team).where(Team.name == "Growth").values(name="R&D"))
    assert "Activation" in read(story.okr("team R&amp;D"))


def test_a_key_result_says_what_is_expected_by_now_and_from_five_scores_on_where_it_ends(story: Story) -> None:
    story.desk.now = datetime(2026, 11, 8, 10, tzinfo=UTC)
    assert "0.3 is expected by now." in read(story.kr("1"))
    assert "At this pace" not in read(story.kr("1"))
    with story.desk.database.write() as session:
        key_result = session.get_one(KeyResult, 1)
        for week, score in enumerate(("0.1", "0.15", "0.2", "0.25", "0.3", "0.35")):
            answered(session, key_result, following(WEEK, week), score=score, value="21")
        session.get_one(Workspace, key_result.workspace_id).expected_score = Decimal("1.0")
    assert "At this pace about *0.7* by 31 Dec; 0.4 is expected by now." in read(story.kr("1"))


@pytest.mark.parametrize(
    ("kind", "state", "now"),
    [
        (Kind.AT_LEAST, KeyResultState.ACTIVE, TEN),
        (Kind.HEALTH, KeyResultState.ACTIVE, TEN),
        (Kind.INCREASE, KeyResultState.CLOSED, TEN),
        (Kind.INCREASE, KeyResultState.ACTIVE, datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_is_to_stay_what_is_watched_and_what_is_over_has_no_pace(
    story: Story, kind: Kind, state: KeyResultState, now: datetime
) -> None:
    with story.desk.database.write() as session:
        session.execute(sa.update(KeyResultRevision).values(kind=kind))
        session.execute(
            sa.update(KeyResult).values(state=state, closed_at=TEN if state is KeyResultState.CLOSED else None)
        )
    story.desk.now = now
    assert "expected by now" not in read(story.kr("1"))
