"""How long calls for help wait, as people read it: every step pressed, every hour passed, over real sockets."""

from __future__ import annotations

import pytest
from story import Okra

ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def turn_red(okra: Okra, name: str, value: str) -> None:
    """The first key result of somebody's prompt is red; the rest of it is left for later."""
    who = okra.person(name)
    who.press("Check in", in_=okra.newest(name))
    who.fill("Current value", value)
    who.choose("How confident are you?", "🔴 red")
    who.fill("What is working, and what is stuck?", "the auditor has had nothing from HR")
    who.fill("What is the next move?", "write to HR")
    who.fill("What do you need to make it happen?", "someone to free two HR days")
    who.fill("What is the plan?", "our own evidence goes out on Wednesday")
    assert not who.submit().error
    who.close()
    okra.settle()


# The services are tried on both.
@ON_ONE_DATABASE
def test_the_hours_from_a_red_to_the_first_answer_and_to_a_decision_are_those_that_passed(okra: Okra) -> None:
    tama, mere = okra.person("Tama Reid"), okra.person("Mere Ngata")

    def health() -> str:
        return tama.command("/okr health Growth").text

    okra.advance("2026-10-05 08:00")
    turn_red(okra, "Mere Ngata", "24")
    turn_red(okra, "Ana Silva", "3.9")
    assert "From a request for help to the first answer  none yet" in health()
    first, second = (
        next(one for one in tama.direct_messages() if f"{label} " in one.text) for label in ("KR-1", "KR-3")
    )
    okra.advance("2026-10-05 13:00")
    tama.press("I'll take it", in_=first)
    assert "From a request for help to the first answer  5 hours (one so far)" in health()
    okra.advance("2026-10-06 10:00")
    tama.press("Decide", in_=first)
    tama.fill("What is decided?", "HR frees Ana for two days")
    tama.fill("Who makes it happen?", "Sam Stone")
    tama.fill("By when?", "2026-10-16")
    tama.submit()
    # A question is an answer too; that nothing needed to be decided is the end of a call, and no decision.
    okra.advance("2026-10-06 15:00")
    tama.press("Ask the owner", in_=second)
    tama.fill("What would you like to know?", "Which two days?")
    tama.submit()
    okra.advance("2026-10-07 09:00")
    tama.press("Resolve", in_=second)
    tama.fill("Why was no decision needed?", "HR has sent it")
    tama.submit()
    text = health()
    assert "From a request for help to the first answer  18 hours (median of 2)" in text
    assert "To a decision  26 hours (one so far)" in text
    assert "Requests that ended in a decision  1 of 2" in text
    # One that was made private is counted nowhere: of so few a number would tell of it.
    mere.press("Make private", in_=mere.channel("growth-leads").thread_of("KR-1 Activation from 20 to 40 %")[0])
    mere.submit()
    okra.settle()
    text = health()
    assert "From a request for help to the first answer  31 hours (one so far)" in text
    assert "Requests that ended in a decision  0 of 1" in text
