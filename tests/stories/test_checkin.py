from __future__ import annotations

import pytest
import sqlalchemy as sa
from story import Okra

from bot.localslack.driver import DrivenPerson
from bot.settings import Transport
from models import Answer, CheckIn, Delivery, KeyResult, KeyResultState, PostKind

NINE_IN_LONDON = "2026-10-05 08:00"


def fill_green(person: DrivenPerson) -> None:
    person.fill("Current value", "30")
    person.choose("How confident are you?", "🟢 green")
    person.fill("What is the next move?", "ask around")


@pytest.mark.parametrize("transport", list(Transport))
def test_a_week_of_check_ins_from_the_introduction_to_the_thank_you(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance("2026-10-02 18:00")
    (introduction,) = mere.direct_messages()
    assert "Tama Reid brought Growth in" in introduction.text
    assert introduction.buttons == []
    okra.advance(NINE_IN_LONDON)
    prompt = okra.newest("Mere Ngata")
    assert prompt.headline == "Good morning: 2 key results, about 2 minutes, open until Tue 17:00"
    assert prompt.buttons == ["Check in"]
    mere.press("Check in")
    assert mere.modal is not None
    assert mere.modal.title == "1 of 2: KR-1"
    mere.fill("Current value", "30")
    mere.choose("How confident are you?", "🟢 green")
    mere.fill("What is the next move?", "new sign-up to half of the users")
    mere.submit()
    assert mere.modal is not None
    assert mere.modal.title == "2 of 2: KR-2"
    assert mere.modal.field("What is the next move?").value == ""
    okra.settle()
    assert okra.newest("Mere Ngata").headline == "1 of 2 answered, open until Tue 17:00"
    mere.fill("Score now", "0.3")
    mere.choose("How confident are you?", "🟢 green")
    mere.fill("What is the next move?", "book the auditor")
    mere.submit()
    assert mere.modal is not None
    assert "Both are in. Thank you." in mere.modal.text
    assert "0.5 (first score)" in mere.modal.text
    mere.close()
    okra.settle()
    done = okra.newest("Mere Ngata")
    assert done.headline == "Thank you: both are in"
    assert done.buttons == []
    assert "What follows: the digest goes out Wed 11:00" in done.text
    with okra.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 2


def test_a_red_gets_its_fields_when_the_colour_is_chosen_and_keeps_what_was_typed(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Check in")
    assert mere.modal is not None
    mere.fill("Current value", "21")
    mere.fill("What is the next move?", "ask around")
    mere.choose("How confident are you?", "🔴 red")
    assert mere.modal is not None
    assert "What is the plan?" in mere.modal.fields
    assert mere.modal.field("Current value").value == "21"
    assert mere.modal.field("What is the next move?").value == "ask around"
    mere.submit()
    assert mere.modal is not None
    assert set(mere.modal.errors) == {"What do you need to make it happen?", "What is the plan?"}
    mere.fill("Blocked by", "Tama")
    mere.fill("What do you need to make it happen?", "two days of HR")
    mere.fill("What is the plan?", "I don't know yet, help me plan")
    mere.submit()
    assert mere.modal is not None
    assert mere.modal.title == "2 of 2: KR-2"


@pytest.mark.parametrize(
    ("label", "typed", "sentence"),
    [
        ("Current value", "soon", "There is no number in this"),
        ("Current value", "12 days", "counted in %, not in days"),
    ],
)
def test_what_cannot_be_taken_is_said_under_its_field_and_everything_typed_stays(
    okra: Okra, label: str, typed: str, sentence: str
) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Check in")
    mere.fill("What is the next move?", "ask around")
    mere.choose("How confident are you?", "🟢 green")
    mere.fill(label, typed)
    mere.submit()
    assert mere.modal is not None
    assert sentence in mere.modal.field(label).error  # type: ignore[operator]
    assert mere.modal.field(label).value == typed
    assert mere.modal.field("What is the next move?").value == "ask around"


def test_the_same_dialog_submitted_twice_at_once_is_one_answer(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Check in")
    fill_green(mere)
    mere.submit_twice_at_once()
    assert mere.modal is not None
    assert mere.modal.title == "2 of 2: KR-2"
    with okra.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Answer)) == 1


def test_the_button_of_last_week_says_that_its_week_is_over(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    old = okra.newest("Mere Ngata")
    okra.advance("2026-10-12 08:00")
    assert "earlier week's check-in" in old.press("Check in").text
    assert mere.modal is None
    now_shown = [seen for seen in mere.direct_messages() if seen.ts == old.ts]
    assert now_shown[0].buttons == []
    assert now_shown[0].headline == "Week of 5 Oct: 0 of 2 answered. The next one comes Mon 09:00."


def test_a_locked_database_keeps_the_dialog_open_with_its_words(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Check in")
    fill_green(mere)
    engine = okra.program.runtime.database.engine
    with engine.connect().execution_options(okra_writes=True) as connection, connection.begin():
        if not okra.program.runtime.database.is_sqlite:
            connection.exec_driver_sql("lock table key_result")
        mere.submit()
        assert mere.modal is not None
        assert "Nothing is lost: please try again" in str(mere.modal.errors)
    assert mere.modal.field("What is the next move?").value == "ask around"
    mere.submit()
    assert mere.modal is not None
    assert mere.modal.title == "2 of 2: KR-2"


def test_each_owner_is_asked_once_a_week_at_their_own_nine_oclock(okra: Okra) -> None:
    okra.advance("2026-10-05 03:30")
    assert okra.newest("Ana Silva").headline.startswith("Good morning: 1 key result")
    assert "Good morning" not in okra.newest("Mere Ngata").headline
    okra.advance("2026-10-20 12:00")
    with okra.read() as session:
        prompts = sa.select(Delivery.member_id, Delivery.period).where(Delivery.kind == PostKind.PROMPT)
        asked = session.execute(prompts).all()
        assert len(asked) == len(set(asked)) == 6
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 9


def test_a_guest_and_a_stranger_get_nothing(okra: Okra) -> None:
    okra.advance("2026-10-06 12:00")
    assert okra.person("Gus Guest").direct_messages() == []
    assert okra.person("Sam Stone").direct_messages() == []


def test_a_key_result_that_was_closed_while_the_dialog_stood_open_says_so(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Check in")
    fill_green(mere)
    with okra.company() as company:
        company.session.execute(
            sa.update(KeyResult).where(KeyResult.number == 1).values(state=KeyResultState.CLOSED, closed_at=okra.now())
        )
    mere.submit()
    assert mere.modal is not None
    assert "KR-1 is closed" in str(mere.modal.errors)
    assert mere.modal.field("What is the next move?").value == "ask around"


def test_a_command_opens_the_dialog_with_what_was_understood(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.command("/kr 1 28.5 yellow waiting on legal")
    assert mere.modal is not None
    assert mere.modal.field("Current value").value == "28.5"
    assert mere.modal.field("How confident are you?").value == "🟡 yellow"
    assert mere.modal.field("What is working, and what is stuck?").value == "waiting on legal"
    mere.fill("What is the next move?", "call legal")
    mere.submit()
    assert mere.modal is not None
    assert "KR-1 is in. Thank you." in mere.modal.text
    mere.close()
    okra.settle()
    assert okra.newest("Mere Ngata").headline == "1 of 2 answered, open until Tue 17:00"


def test_a_lead_above_may_answer_and_a_stranger_reads_who_may(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    rosa, sam = okra.person("Rosa Lind"), okra.person("Sam Stone")
    rosa.command("/kr 1 30 green")
    assert rosa.modal is not None
    said = sam.command("/kr 1 30 green").text
    assert "KR-1 is Mere Ngata's to answer. /kr 1 shows it. You typed: “30 green”." in said
    assert sam.modal is None


def test_a_press_in_a_dialog_that_came_too_late_is_told_above_it_and_the_words_stand_beneath(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Check in")
    fill_green(mere)
    okra.advance("2026-10-12 09:00")
    mere.press("Skip")
    assert mere.modal is not None
    assert "its week is over" in mere.modal.text
    mere.close()
    assert mere.modal is not None
    assert mere.modal.title == "1 of 2: KR-1"
    assert mere.modal.field("What is the next move?").value == "ask around"
