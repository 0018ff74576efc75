"""An escalation is made private: over real sockets, as everybody sees it."""

from __future__ import annotations

import pytest
from story import Okra

TITLE = "KR-1 Activation from 20 to 40 % by 15 Dec:"


def red(okra: Okra) -> None:
    """Mere checks in red for KR-1, on the first Monday at nine in London."""
    okra.advance("2026-10-05 08:00")
    mere = okra.person("Mere Ngata")
    mere.command("/kr 1 24 red")
    mere.fill("What is the next move?", "write to HR")
    mere.fill("What do you need to make it happen?", "someone to free two HR days")
    mere.fill("What is the plan?", "our own evidence goes out on Wednesday")
    assert not mere.submit().error
    mere.close()
    okra.settle()


# The services are tried on both.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_made_private_it_leaves_the_channel_without_a_word_and_goes_on_in_a_group_message(okra: Okra) -> None:
    red(okra)
    mere, tama, sam, rosa = (okra.person(name) for name in ("Mere Ngata", "Tama Reid", "Sam Stone", "Rosa Lind"))
    tama.press("I'll take it", in_=tama.channel("growth-leads").thread_of(TITLE)[0])
    okra.settle()
    before = mere.channel("growth-leads").thread_of(TITLE)
    tama.press("Ask the owner", in_=before[0])
    tama.fill("What would you like to know?", "Which two days would help most?")
    tama.submit()
    okra.settle()
    assert "Tama Reid asks you about KR-1" in okra.newest("Mere Ngata").text
    assert "Which two days would help most?" in okra.newest("Mere Ngata").text
    asked = mere.thread(before[0])[-1].text
    assert asked.startswith("Tama Reid asks Mere Ngata:\nWhich two days would help most?\nNow: Tama Reid is on it")

    stale = sam.channel("growth-leads").thread_of(TITLE)[0]
    mere.press("Make private", in_=before[0])
    modal = mere.modal
    assert modal is not None
    assert "these people see it, and nobody else: Mere Ngata, Tama Reid" in modal.text
    assert "wrote in #growth-leads is replaced" in modal.text
    mere.submit()
    okra.settle()
    okra.settle()
    for one in sam.thread(before[0]):
        assert one.text == "🔒 Made private: this request for help goes on with those whom it concerns."
        assert one.headline == one.text
        assert one.buttons == []
    (there,) = [one for one in tama.newest() if TITLE in one.headline and one.channel.startswith("G")]
    assert "Tama Reid is on it" in there.headline
    assert "only those whom it concerns see this" in there.text
    assert not [one for one in [*sam.newest(), *rosa.newest()] if "HR days" in one.text]
    # An old copy of the message has its buttons still, and they find nothing.
    assert "I can't find that request for help any more" in stale.press("Decide").text

    sam.open_home()
    okra.settle()
    assert sam.home is not None
    assert "HR days" not in sam.home.text
    assert "Help is wanted" not in sam.command("/kr 1").text
    assert "Help is wanted" in tama.command("/kr 1").text
    assert "help" not in sam.command("/okr team Growth").text.lower()
