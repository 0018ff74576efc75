from __future__ import annotations

import pytest
import sqlalchemy as sa
from story import Okra

from bot.settings import Transport
from models import Answer

NINE_IN_LONDON = "2026-10-05 08:00"


@pytest.mark.parametrize("transport", list(Transport))
def test_who_says_later_is_asked_again_once_and_both_messages_end_without_buttons(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.choose("Later", "This afternoon, 14:00")
    okra.settle()
    first = okra.newest("Mere Ngata")
    assert first.headline == "Put off until Mon 14:00, as you asked: 2 key results, about 2 minutes"
    okra.advance("2026-10-05 13:01")
    second = okra.newest("Mere Ngata")
    assert second.ts != first.ts
    assert second.headline == "As you asked: 2 key results, about 2 minutes, open until Tue 17:00"
    okra.advance("2026-10-12 08:00")
    shown = {seen.ts: seen for seen in mere.direct_messages()}
    for ts in (first.ts, second.ts):
        assert shown[ts].headline.startswith("Week of 5 Oct: 0 of 2 answered.")
        assert shown[ts].buttons == []
        assert shown[ts].menus == []


def test_not_mine_reaches_the_lead_with_what_they_can_do(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Not mine")
    assert mere.modal is not None
    mere.fill("Which one is not yours?", "KR-1 Activation")
    mere.fill("Whose is it", "Ana's")
    mere.submit()
    assert mere.modal is not None
    assert "Tama Reid has been told that KR-1 is not yours" in mere.modal.text
    mere.close()
    okra.settle()
    told = okra.newest("Tama Reid")
    assert told.headline == "Mere Ngata says that KR-1 Activation is not theirs"
    assert "Ana's" in told.text
    assert told.buttons == ["Hand over"]
    assert okra.newest("Mere Ngata").headline == "Good morning: 1 key result, about 1 minute, open until Tue 17:00"


@pytest.mark.parametrize("transport", list(Transport))
def test_a_line_to_okra_is_answered_and_saved_with_one_press(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.says("1 at 30 %, green, next: ask around")
    okra.settle()
    answer = okra.newest("Mere Ngata")
    assert answer.headline == "KR-1: 30 %, 🟢 green. Is that right?"
    assert answer.buttons == ["Save", "Edit", "Not this"]
    answer.press("Save")
    okra.settle()
    with okra.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 1
    saved = okra.newest("Mere Ngata")
    assert saved.headline == "KR-1 is in. Thank you."
    assert saved.buttons == []
    okra.person("Gus Guest").says("1 at 30 %, green")
    okra.settle()
    assert [seen for seen in okra.person("Gus Guest").direct_messages() if "KR-1" in seen.headline] == []


def test_a_line_with_a_file_beside_it_is_answered_all_the_same(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.says("1 at 30 %, green, next: ask around", file="sign-ups.png")
    okra.settle()
    assert okra.newest("Mere Ngata").headline == "KR-1: 30 %, 🟢 green. Is that right?"
