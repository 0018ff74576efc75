"""A decision is chased: asked about on its day, weekly while it is open, in one message with all else that waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from story import Okra

from bot.localslack.driver import Seen
from bot.settings import Transport
from models import Delivery, PostKind

NINE_IN_LONDON = "2026-10-05 08:00"
TITLE = "KR-1 Activation from 20 to 40 % by 15 Dec:"
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def red(okra: Okra, *, score: bool = False) -> None:
    """Mere checks in red for what is asked of her first."""
    mere = okra.person("Mere Ngata")
    mere.press("Check in", in_=next(one for one in reversed(mere.direct_messages()) if "Check in" in one.buttons))
    mere.fill("Score now" if score else "Current value", "0.3" if score else "24")
    mere.choose("How confident are you?", "🔴 red")
    mere.fill("What is the next move?", "write to HR")
    mere.fill("What do you need to make it happen?", "someone to free two HR days")
    mere.fill("What is the plan?", "our own evidence goes out on Wednesday")
    assert not mere.submit().error
    mere.close()
    okra.settle()


def root(okra: Okra) -> Seen:
    return okra.person("Tama Reid").channel("growth-leads").thread_of(TITLE)[0]


def decide(okra: Okra, owner: str, due: str) -> None:
    tama = okra.person("Tama Reid")
    tama.press("Decide", in_=root(okra))
    tama.fill("What is decided?", "HR frees Ana for two days")
    tama.fill("Who makes it happen?", owner)
    tama.fill("By when?", due)
    assert not tama.submit().error
    okra.settle()


def sent(okra: Okra) -> list[datetime]:
    with okra.read() as session:
        wanted = sa.select(Delivery.attempted_at).where(Delivery.kind == PostKind.MORNING).order_by(Delivery.id)
        return [one for one in session.scalars(wanted) if one is not None]


def test_a_decision_is_asked_about_on_its_day_and_a_week_later_until_it_is_done(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    red(okra)
    decide(okra, "Sam Stone", "2026-10-09")
    sam = okra.person("Sam Stone")
    before = len(sam.direct_messages())
    okra.advance("2026-10-09 07:59")
    assert len(sam.direct_messages()) == before
    okra.advance("2026-10-09 08:01")
    (asked,) = sam.direct_messages()[before:]
    assert asked.headline == "Good morning: one decision is due. HR frees Ana for two days"
    assert "Is it done? HR frees Ana for two days · for KR-1 · due today · decided by Tama Reid · thread" in asked.text
    assert asked.buttons == ["Done", "Drop"]

    okra.advance("2026-10-16 08:01")
    first, second = sam.direct_messages()[before:]
    assert "was due Fri 9 Oct" in second.text
    assert first.buttons == []
    assert first.headline == "A newer message asks for what is left of this"

    sam.press("Done", in_=second)
    okra.settle()
    _, second = sam.direct_messages()[before:]
    assert second.buttons == []
    assert second.text.startswith("Nothing here waits for you any more. Thank you.")
    assert second.text.endswith("done")
    okra.advance("2026-10-30 12:00")
    assert len(sam.direct_messages()) == before + 2
    assert [at.replace(second=0, microsecond=0).isoformat() for at in sent(okra)] == [
        "2026-10-09T08:00:00+00:00",
        "2026-10-16T08:00:00+00:00",
    ]


@ON_ONE_DATABASE
@pytest.mark.parametrize("transport", [Transport.HTTP])
def test_all_that_waits_comes_in_one_message_and_is_answered_there(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    red(okra)
    decide(okra, "Tama Reid", "2026-10-06")
    red(okra, score=True)
    tama = okra.person("Tama Reid")
    before = len(tama.direct_messages())
    okra.advance("2026-10-06 08:01")
    (asked,) = tama.direct_messages()[before:]
    assert asked.headline == "Good morning: one decision is due and one request for help waits for you"
    assert "Can you help? KR-2 SOC 2 certified by 15 Dec · Rosa Lind is asked · since Mon 5 Oct · thread" in asked.text
    assert asked.buttons == ["Done", "Drop", "I'll take it", "Decide", "Take to review"]

    tama.press("I'll take it", in_=asked)
    okra.settle()
    (asked,) = tama.direct_messages()[before:]
    assert asked.buttons == ["Done", "Drop"]
    assert "Tama Reid is on it" in asked.text
    tama.press("Drop", in_=asked)
    tama.fill("Why is it dropped?", "the auditor came earlier")
    assert not tama.submit().error
    okra.settle()
    (asked,) = tama.direct_messages()[before:]
    assert asked.buttons == []
    assert "dropped: the auditor came earlier" in asked.text


@ON_ONE_DATABASE
def test_a_decision_due_on_a_holiday_is_asked_about_on_the_next_working_day(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    with okra.company() as company:
        company.member("Sam Stone").country = "US"
    red(okra)
    decide(okra, "Sam Stone", "2026-10-12")  # Columbus Day
    sam = okra.person("Sam Stone")
    before = len(sam.direct_messages())
    okra.advance("2026-10-12 20:00")
    assert len(sam.direct_messages()) == before
    okra.advance(okra.now() + timedelta(hours=13))
    assert "was due Mon 12 Oct" in sam.direct_messages()[before].text
