from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from answers import answered
from company import MONDAY
from story import Okra

from bot.localslack.driver import Fault, FaultKind, Seen
from bot.localslack.state import Sharing
from bot.settings import Transport
from models import Cycle, KeyResult, Team

NINE_IN_LONDON = "2026-10-05 08:00"
THE_NOTE = "2026-10-06 13:00"
THE_DIGEST = "2026-10-07 10:00"


def answer_first(okra: Okra, colour: str = "🟢 green", **more: str) -> None:
    """Mere answers KR-1 on Monday morning and leaves KR-2 open."""
    okra.advance(NINE_IN_LONDON)
    mere = okra.person("Mere Ngata")
    mere.press("Check in")
    mere.fill("Current value", "30")
    mere.choose("How confident are you?", colour)
    mere.fill("What is the next move?", "new sign-up to half of the users")
    for label, words in more.items():
        mere.fill(label.replace("_", " ") + "?", words)
    mere.submit()
    mere.close()
    okra.settle()


@pytest.mark.parametrize("transport", list(Transport))
def test_from_the_leads_note_to_the_digest_and_its_thread(okra: Okra) -> None:
    answer_first(okra)
    okra.advance(THE_NOTE)
    tama = okra.person("Tama Reid")
    note = okra.newest("Tama Reid")
    assert note.headline == (
        "Growth, before the digest on Wed 11:00: 2 check-ins are still open, and one question for you"
    )
    assert "KR-2 SOC 2 certified by 15 Dec · Mere Ngata, asked Mon" in note.text
    assert "KR-3 Churn · Ana Silva, asked Mon" in note.text
    assert "“1 of 3 checked in”" in note.text
    tama.press("Answer")
    tama.fill("What should stop or shift this week?", "Webinars pause until KR-2 has its evidence")
    tama.submit()
    assert tama.modal is None
    okra.settle()
    note = okra.newest("Tama Reid")
    assert "Webinars pause" in note.text
    assert note.buttons == ["Change"]

    okra.advance(THE_DIGEST)
    okra.settle()
    (root,) = [one for one in tama.channel("growth-leads").messages if "week of" in one.text]
    assert root.headline == "Growth, week of 5 Oct: 1 of 3 checked in"
    assert "Stop or shift  Webinars pause until KR-2 has its evidence" in root.text
    assert "Ana Silva" not in root.text
    replies = tama.channel("growth-leads").thread_of("week of 5 Oct")
    details = "\n".join(one.text for one in replies)
    assert "KR-1 | Activation | 🟢 green | 0.5 (first) | – | Mere Ngata" in details
    assert "KR-3 | Churn" in details
    assert okra.newest("Tama Reid").buttons == []
    (company,) = okra.person("Rosa Lind").channel("leads").messages
    assert company.headline == "Company, week of 5 Oct: 1 of 3 checked in"
    assert "Stop or shift  nothing named" in company.text


def test_a_red_stands_in_the_digest_with_the_lead_and_the_link_to_its_thread(okra: Okra) -> None:
    answer_first(
        okra,
        "🔴 red",
        What_do_you_need_to_make_it_happen="two days of HR",
        What_is_the_plan="Engineering goes first",
    )
    okra.advance(THE_DIGEST)
    okra.settle()
    rosa = okra.person("Rosa Lind")
    for channel, team, key_result in (
        ("growth-leads", "Growth", "KR-1 Activation"),
        ("leads", "Company", "KR-1 Activation (Growth)"),
    ):
        (digest,) = [one for one in rosa.channel(channel).messages if "week of" in one.text]
        assert digest.headline == f"{team}, week of 5 Oct: 1 decision needed, 1 wants help, 1 of 3 checked in"
        assert f"{key_result}: two days of HR" in digest.text
        assert "Want help  KR-1 (above)" in digest.text
        assert digest.buttons == ["Decide", "Ask the owner", "Open", "Show me all"]


def test_a_reader_asks_the_owner_and_the_lead_decides_from_the_digest(okra: Okra) -> None:
    answer_first(
        okra,
        "🔴 red",
        What_do_you_need_to_make_it_happen="two days of HR",
        What_is_the_plan="Engineering goes first",
    )
    okra.advance(THE_DIGEST)
    okra.settle()
    sam = okra.person("Sam Stone")
    sam.press("Ask the owner", in_="Growth, week of 5 Oct")
    sam.fill("What would you like to know?", "Would one day do?")
    sam.submit()
    assert sam.modal is not None
    assert "Mere Ngata has your question now" in sam.modal.text
    okra.settle()
    asked = okra.newest("Mere Ngata")
    assert asked.headline.startswith("Sam Stone asks you about KR-1 Activation")
    assert "Would one day do?" in asked.text
    assert "You can answer @Sam Stone directly, in the thread, or with a check-in." in asked.text

    tama = okra.person("Tama Reid")
    tama.press("Decide", in_="Growth, week of 5 Oct")
    tama.fill("What is decided?", "HR frees Ana for two days")
    tama.choose("Who makes it happen?", "Rosa Lind")
    tama.submit()
    okra.settle()
    assert "HR frees Ana for two days" in okra.newest("Mere Ngata").text


def test_show_me_all_whispers_the_table_to_who_presses(okra: Okra) -> None:
    answer_first(okra)
    okra.advance(THE_DIGEST)
    okra.settle()
    sam = okra.person("Sam Stone")
    sam.press("Show me all", in_="Growth, week of 5 Oct")
    assert any("KR-3 | Churn" in one.text for one in sam.channel("growth-leads").messages)
    assert not any("KR-3 | Churn" in one.text for one in okra.person("Rosa Lind").channel("growth-leads").messages)


def test_the_companys_digest_leads_into_the_teams_digests(okra: Okra) -> None:
    with okra.company() as company:
        team = company.session.scalars(sa.select(Team).where(Team.name == "Growth")).one()
        company.cycle = company.session.scalars(sa.select(Cycle)).one()
        objective = company.objective(team, "Be many")
        for _ in range(61):
            company.key_result(objective, company.member("Tama Reid"))
    okra.advance(THE_DIGEST)
    okra.settle()
    rosa = okra.person("Rosa Lind")
    (company_digest,) = [one for one in rosa.channel("leads").messages if "Company, week of" in one.text]
    (growth,) = [one for one in rosa.channel("growth-leads").messages if "Growth, week of" in one.text]
    assert f"p{growth.ts.replace('.', '')}" in str(company_digest.object)


def test_a_dialog_left_open_over_the_digest_keeps_its_words_and_says_why(okra: Okra) -> None:
    answer_first(okra)
    okra.advance(THE_NOTE)
    tama = okra.person("Tama Reid")
    tama.press("Answer")
    tama.fill("What should stop or shift this week?", "Too late")
    okra.advance(THE_DIGEST)
    okra.settle()
    tama.submit()
    assert tama.modal is not None
    assert "has been sent" in " ".join(tama.modal.errors.values())
    assert tama.modal.field("What should stop or shift this week?").value == "Too late"


def test_each_week_has_one_note_and_one_digest(okra: Okra) -> None:
    okra.advance("2026-10-22 12:00")
    tama = okra.person("Tama Reid")
    digests = [one.headline for one in tama.channel("growth-leads").messages if "week of" in one.text]
    assert [headline.partition(":")[0] for headline in digests] == [
        "Growth, week of 5 Oct",
        "Growth, week of 12 Oct",
        "Growth, week of 19 Oct",
    ]
    notes = [one for one in tama.direct_messages() if "before the digest" in one.text]
    assert len(notes) == 3
    assert all(one.buttons == [] for one in notes)


def test_a_slack_without_charts_still_gets_every_digest(okra: Okra) -> None:
    tama = okra.person("Tama Reid")

    def newest() -> Seen:
        return [one for one in tama.channel("growth-leads").messages if "Growth, week of" in one.text][-1]

    with okra.company() as company:
        first = company.session.scalars(sa.select(KeyResult).order_by(KeyResult.number)).first()
        assert first is not None
        for week, score in enumerate(("0.1", "0.2", "0.3", "0.4")):
            answered(company.session, first, MONDAY + timedelta(weeks=week), score=score)
    okra.slack.refuse_blocks("data_visualization")
    okra.advance("2026-10-21 10:00")
    okra.settle()
    assert "Score against pace  0.30 (0.20) on average" in newest().text
    assert "data_visualization" not in str(newest().object)
    okra.slack.refuse_blocks()
    okra.advance("2026-10-28 10:00")
    okra.settle()
    assert newest().headline.startswith("Growth, week of 26 Oct")
    assert "data_visualization" not in str(newest().object)
    okra.advance("2026-11-25 10:00")
    okra.settle()
    assert newest().headline.startswith("Growth, week of 23 Nov")
    assert str(newest().object).count("'data_visualization'") == 2


def test_a_lead_posts_the_digest_in_a_channel_that_okra_is_not_in(okra: Okra) -> None:
    answer_first(okra)
    tama, sam = okra.person("Tama Reid"), okra.person("Sam Stone")
    okra.slack.add_channel("board", members=[tama, sam], with_app=False)
    tama.command("/okr digest", in_="growth-leads")
    tama.press("Post in a channel of my choice")
    tama.choose("Where?", "board")
    tama.fill("A note", "for Thursday")
    tama.submit()
    assert tama.modal is not None
    assert "It is posted there." in tama.modal.text
    (posted,) = sam.channel("board").messages
    assert posted.headline == "Growth, week of 5 Oct: 1 of 3 checked in"
    assert "Posted by Tama Reid: for Thursday" in posted.text


def test_in_a_channel_of_my_choice_too_a_slack_without_charts_gets_the_digest_in_words(okra: Okra) -> None:
    tama = okra.person("Tama Reid")
    okra.slack.add_channel("board", members=[tama], with_app=False)
    with okra.company() as company:
        first = company.session.scalars(sa.select(KeyResult).order_by(KeyResult.number)).first()
        assert first is not None
        for week, score in enumerate(("0.1", "0.2", "0.3", "0.4")):
            answered(company.session, first, MONDAY + timedelta(weeks=week), score=score)
    okra.advance("2026-10-20 12:00")
    okra.slack.refuse_blocks("data_visualization")
    tama.command("/okr digest", in_="growth-leads")
    tama.press("Post in a channel of my choice")
    tama.choose("Where?", "board")
    tama.submit()
    assert tama.modal is not None
    assert "It is posted there." in tama.modal.text
    (posted,) = tama.channel("board").messages
    assert "Score against pace  0.30 (0.20) on average" in posted.text
    assert "data_visualization" not in str(posted.object)
    # It is known from then on, and tried a month later only.
    okra.slack.refuse_blocks()
    okra.advance("2026-10-21 10:00")
    okra.settle()
    newest = [one for one in tama.channel("growth-leads").messages if "Growth, week of" in one.text][-1]
    assert newest.headline.startswith("Growth, week of 19 Oct")
    assert "data_visualization" not in str(newest.object)


@pytest.mark.parametrize(
    ("fault", "stands"), [(FaultKind.DROPPED_AFTER, 1), (FaultKind.DROPPED_BEFORE, 0), (FaultKind.SERVER_ERROR, 0)]
)
def test_where_nobody_knows_whether_it_is_posted_the_lead_is_asked_to_look_before_they_post_it_again(
    okra: Okra, fault: FaultKind, stands: int
) -> None:
    answer_first(okra)
    tama = okra.person("Tama Reid")
    okra.slack.add_channel("board", members=[tama], with_app=False)
    tama.command("/okr digest", in_="growth-leads")
    tama.press("Post in a channel of my choice")
    tama.choose("Where?", "board")
    okra.slack.faults.add(Fault(fault, "response_url", times=1))
    tama.submit()
    assert tama.modal is not None
    assert "I can't tell whether it is posted. Please look in the channel first" in tama.modal.text
    # It is not tried again behind their back.
    okra.settle()
    assert len(tama.channel("board").messages) == stands


def test_the_digest_of_a_lead_who_became_a_guest_goes_to_the_next_one_above_and_then_to_nobody(okra: Okra) -> None:
    tama, rosa = okra.person("Tama Reid"), okra.person("Rosa Lind")
    with okra.company() as company:
        company.session.execute(sa.update(Team).values(channel_id=None))
    tama.change(is_restricted=True)
    okra.advance(THE_DIGEST)
    okra.advance("2026-10-07 10:05")
    read = [message.headline for message in rosa.direct_messages()]
    assert len([line for line in read if line.startswith("Growth, week of 5 Oct: ")]) == 1
    assert len([line for line in read if line.startswith("Company, week of 5 Oct: ")]) == 1
    assert not any("week of" in message.text for message in tama.direct_messages())

    rosa.change(deleted=True)
    okra.advance("2026-10-14 10:05")
    assert not any("week of 12 Oct" in one.text for name in (tama, rosa) for one in name.direct_messages())
    told = [one.text for one in okra.person("Ada Admin").direct_messages() if "A digest for" in one.text]
    assert len(told) == 2
    for name, words in zip(("Tama Reid", "Rosa Lind"), sorted(told, reverse=True), strict=True):
        assert f"A digest for {name} was not sent: they have left or are a guest now" in words


def test_a_channel_that_another_organisation_reads_hears_nothing_until_it_is_shared_no_more(okra: Okra) -> None:
    ada, tama = okra.person("Ada Admin"), okra.person("Tama Reid")
    red = {"What_do_you_need_to_make_it_happen": "two days of HR", "What_is_the_plan": "Engineering goes first"}
    okra.slack.share("growth-leads")
    okra.program.read_members(okra.workspace_id)
    answer_first(okra, "🔴 red", **red)
    # The lead is asked all the same, and the company's own channel has its digest.
    assert "KR-1" in okra.newest("Tama Reid").text
    okra.advance(THE_DIGEST)
    okra.settle()
    assert tama.channel("growth-leads").messages == []
    assert okra.person("Rosa Lind").channel("leads").messages != []
    (told,) = [one.text for one in ada.direct_messages() if "another organisation" in one.text]
    assert told.startswith(
        "A request for help for #growth-leads was not posted: people of another organisation read there, or were "
        "invited to, and what I say is for yours alone. Stop sharing the channel, or name another one for the team"
    )
    ada.open_home()
    okra.settle()
    assert ada.home is not None
    assert "nothing is posted in #growth-leads while another organisation shares it" in ada.home.text

    okra.slack.share("growth-leads", Sharing.NONE)
    okra.program.read_members(okra.workspace_id)
    okra.advance("2026-10-12 03:30")
    ana = okra.person("Ana Silva")
    ana.press("Check in")
    ana.fill("Current value", "4")
    ana.choose("How confident are you?", "🔴 red")
    ana.fill("What is the next move?", "call the ten who left")
    for label, words in red.items():
        ana.fill(label.replace("_", " ") + "?", words)
    assert not ana.submit().error
    okra.advance("2026-10-14 10:00")
    okra.settle()
    posted = [one.headline for one in tama.channel("growth-leads").messages]
    # What it did not hear meanwhile came as soon as it was shared no more.
    assert [one.split(":")[0] for one in posted] == [
        "🔴 red KR-1 Activation from 20 to 40 % by 15 Dec",
        "Growth, week of 5 Oct",
        "🔴 red KR-3 Churn from 4 to 2 % by 15 Dec",
        "Growth, week of 12 Oct",
    ]
