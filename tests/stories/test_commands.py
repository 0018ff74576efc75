from __future__ import annotations

import pytest
import sqlalchemy as sa
from story import Okra

from bot.domain.organisation import Visibility
from bot.settings import Transport
from models import KeyResult

NINE_IN_LONDON = "2026-10-05 08:00"


@pytest.mark.parametrize("transport", list(Transport))
def test_from_the_list_to_an_update_and_back(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    mere = okra.person("Mere Ngata")
    mine = mere.command("/okr").text
    assert "Your 2 key results" in mine
    assert "⚪ no colour yet KR-1 Activation 20 → 40 % · no score yet" in mine
    shown = mere.command("/kr 1")
    assert "No check-in has been answered yet." in shown.text
    mere.press("Update")
    assert mere.modal is not None
    assert "KR-1" in mere.modal.title
    mere.fill("Current value", "30")
    mere.choose("How confident are you?", "🟢 green")
    mere.fill("What is the next move?", "Call the ten who left")
    mere.submit()
    mere.close()
    assert "🟢 green KR-1 Activation 20 → 40 % · now 30 % · 0.5 (first score)" in mere.command("/okr").text
    assert "next: Call the ten who left" in mere.command("/kr KR-1").text


def test_kr_with_words_opens_the_check_in_filled_in(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    mere = okra.person("Mere Ngata")
    mere.command("/kr 1 32.5 yellow waiting on legal")
    assert mere.modal is not None
    assert str(mere.modal.field("Current value").value).startswith("32.5")
    assert "yellow" in str(mere.modal.field("How confident are you?").value)
    mere.fill("What is the next move?", "Ask legal on Tuesday")
    mere.submit()
    mere.close()
    shown = mere.command("/kr 1").text
    assert "🟡 yellow" in shown
    assert "waiting on legal" in shown


def test_what_leads_nowhere_gets_a_sentence_where_it_was_typed(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    sam = okra.person("Sam Stone")
    assert "There is no KR-999 that you can see" in sam.command("/kr 999").text
    assert "can't find a key result's number" in sam.command("/kr abc").text
    assert "Which key result?" in sam.command("/kr").text
    assert "Mere Ngata's to answer" in sam.command("/kr 1 45 yellow").text
    assert sam.modal is None
    assert "no team “Grwth”" in sam.command("/okr team Grwth").text
    assert "What you can type" in sam.command("/okr help").text
    assert "own no key results" in sam.command("/okr").text
    assert "KR-3 Churn" in sam.command("/okr team growth").text
    assert "full members" in okra.person("Gus Guest").command("/okr company").text


def test_a_limited_key_result_is_nowhere_for_a_stranger(okra: Okra) -> None:
    with okra.company() as company:
        key_result = company.session.scalars(sa.select(KeyResult).where(KeyResult.number == 3)).one()
        key_result.visibility = Visibility.TEAM
    okra.advance("2026-10-07 10:00")
    okra.settle()
    sam = okra.person("Sam Stone")
    for words in ("/okr", "/okr team Growth", "/okr company", "/kr 3", "/kr 3 2.5 green"):
        assert "Churn" not in sam.command(words).text
    for channel in ("growth-leads", "leads"):
        for message in sam.channel(channel).messages:
            assert "Churn" not in message.text
            assert all("Churn" not in reply.text for reply in sam.thread(message))
    assert "Churn" in okra.person("Tama Reid").command("/okr team Growth").text


def test_an_admin_limits_a_key_result_after_its_digest_and_opens_it_again(okra: Okra) -> None:
    okra.advance("2026-10-07 10:00")
    okra.settle()
    ada, sam = okra.person("Ada Admin"), okra.person("Sam Stone")

    def stands() -> str:
        okra.settle()
        messages = [message for room in ("growth-leads", "leads") for message in sam.channel(room).messages]
        return str([one.text for message in messages for one in (message, *sam.thread(message))])

    assert "Churn" in stands()
    ada.command("/kr 3")
    ada.press("Who may see it")
    ada.choose("Who may see it?", "Only who is named below")
    ada.fill("Who else, by name?", ["Mere Ngata", "Ana Silva"])
    ada.submit()
    assert ada.modal is not None
    assert "only Ana Silva and Mere Ngata may see it" in str(ada.modal.text)
    ada.close()
    assert "Churn" not in stands()
    assert "no KR-3 that you can see" in sam.command("/kr 3").text
    for who in ("Mere Ngata", "Ana Silva", "Tama Reid"):
        assert "Churn" in okra.person(who).command("/kr 3").text
    told = [one.text for one in okra.person("Tama Reid").direct_messages()]
    assert [text for text in told if text.startswith("Ada Admin has set who may see KR-3 Churn: beside its owner")]
    # She does not see it either, and finds the setting all the same.
    assert "Churn" not in ada.command("/kr 3").text
    ada.press("Who may see it")
    ada.choose("Who may see it?", "Everybody in this workspace")
    ada.submit()
    ada.close()
    assert "Churn" in stands()
    assert "Churn" in sam.command("/kr 3").text
    ada.command("/kr 3")
    ada.press("Its objective")
    ada.fill("Teams that share it", ["Company"])
    ada.submit()
    assert ada.modal is not None
    assert "Company shares it with Growth." in str(ada.modal.text)
