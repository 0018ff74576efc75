"""Pressing and submitting while something is wrong between Slack and Okra: nothing typed is lost or said twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from story import Okra

from bot.localslack.driver import DrivenPerson, Fault, FaultKind
from models import Answer, Member
from scheduler import members

NINE_IN_LONDON = "2026-10-05 08:00"
NEXT_MOVE = "new sign-up to half of the users"


def fill(person: DrivenPerson) -> None:
    person.fill("Current value", "30")
    person.choose("How confident are you?", "🟢 green")
    person.fill("What is the next move?", NEXT_MOVE)


def answers(okra: Okra) -> list[tuple[int, str]]:
    with okra.read() as session:
        return [(row.revision, row.next_move) for row in session.scalars(sa.select(Answer).order_by(Answer.id))]


def prompts(person: DrivenPerson) -> int:
    return sum("Good morning" in message.headline for message in person.direct_messages())


def title(person: DrivenPerson) -> str | None:
    return person.modal.title if person.modal is not None else None


def test_every_interaction_twice_is_every_answer_once(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    okra.slack.faults.add(Fault(FaultKind.TWICE))
    mere.press("Check in")
    fill(mere)
    mere.submit()
    assert title(mere) == "2 of 2: KR-2"
    assert answers(okra) == [(1, NEXT_MOVE)]


def test_an_answer_whose_receipt_got_lost_is_kept_and_the_same_again_says_so(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Check in")
    fill(mere)
    okra.slack.faults.add(Fault(FaultKind.ACK_LOST, "interactive", times=1))
    assert mere.submit().error is not None
    assert title(mere) == "1 of 2: KR-1"
    assert answers(okra) == [(1, NEXT_MOVE)]
    mere.submit()
    assert title(mere) == "2 of 2: KR-2"
    assert answers(okra) == [(1, NEXT_MOVE)]


def test_a_press_that_was_too_slow_opens_nothing_and_the_next_one_does(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    okra.slack.faults.add(Fault(FaultKind.EXPIRED_TRIGGER, "views.open", times=1))
    outcome = mere.press("Check in")
    assert mere.modal is None
    assert outcome.text
    mere.press("Check in")
    assert title(mere) == "1 of 2: KR-1"


def test_a_dialog_that_opened_without_okra_hearing_of_it_works(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    okra.slack.faults.add(Fault(FaultKind.DROPPED_AFTER, "views.open", times=1))
    mere.press("Check in")
    fill(mere)
    mere.submit()
    assert title(mere) == "2 of 2: KR-2"
    assert answers(okra) == [(1, NEXT_MOVE)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("kind", [FaultKind.SOCKET_CUT, FaultKind.SOCKET_HALF_OPEN])
def test_a_dialog_keeps_its_words_while_the_connection_is_gone_and_it_is_back_within_half_a_minute(
    okra: Okra, kind: FaultKind
) -> None:
    mere = okra.person("Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    mere.press("Check in")
    fill(mere)
    connections = len(okra.slack.calls("apps.connections.open"))
    okra.slack.faults.add(Fault(kind, "interactive", times=1))
    assert mere.submit().error is not None
    assert mere.modal is not None
    assert mere.modal.field("What is the next move?").value == NEXT_MOVE
    okra.slack.wait_for(lambda: len(okra.slack.calls("apps.connections.open")) > connections, timeout=30)
    okra.slack.wait_until_connected()
    mere.submit()
    assert title(mere) == "2 of 2: KR-2"
    assert answers(okra) == [(1, NEXT_MOVE)]


def test_news_of_a_person_that_was_overtaken_is_put_right_by_the_daily_reading(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.slack.faults.add(
        Fault(FaultKind.OUT_OF_ORDER, "events_api", times=1, seconds=60), Fault(FaultKind.TWICE, "events_api")
    )
    mere.change(tz="Asia/Tokyo")
    mere.change(tz="America/Lima")
    okra.slack.faults.clear()
    okra.advance("2026-10-02 18:00")
    members.read_due(okra.program.runtime, okra.now())
    with okra.read() as session:
        zone = session.scalar(sa.select(Member.time_zone).where(Member.name == "Mere Ngata"))
    assert zone == "America/Lima"
    okra.advance("2026-10-05 13:59")
    assert prompts(mere) == 0
    okra.advance("2026-10-05 14:01")
    assert prompts(mere) == 1


def test_older_news_of_somebody_who_has_left_meanwhile_does_not_bring_them_back(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    okra.slack.faults.add(Fault(FaultKind.LATE, "events_api", times=1, seconds=90))
    mere.change(status_text="In a meeting")
    okra.advance(okra.now() + timedelta(minutes=1))
    mere.change(deleted=True)
    okra.slack.faults.clear()
    okra.advance(okra.now() + timedelta(minutes=2))
    with okra.read() as session:
        left_at = session.scalar(sa.select(Member.deactivated_at).where(Member.name == "Mere Ngata"))
    assert left_at is not None
    okra.advance("2026-10-05 18:00")
    assert prompts(mere) == 0
