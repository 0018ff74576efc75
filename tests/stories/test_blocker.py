"""A message becomes a blocker of a key result: over real sockets, from the menu of the message to the thread."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from story import Okra

from models import EscalationEvent


# The services are tried on both.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_message_is_turned_into_a_blocker_and_its_text_goes_where_the_box_says(okra: Okra) -> None:
    okra.slack.add_channel("random", members=[okra.person("Ana Silva"), okra.person("Sam Stone")], with_app=False)
    okra.advance("2026-10-05 08:00")
    ana, sam = okra.person("Ana Silva"), okra.person("Sam Stone")
    ana.says("The auditor has asked for the third time & nobody answers", to="random")
    sam.message_shortcut("Turn into a blocker", sam.channel("random").messages[-1])
    assert sam.modal is not None
    assert "Only a link to the message goes there" in sam.modal.text
    sam.fill("Of which key result?", "SOC")
    assert sam.modal.field("The message's text").options == (
        "Copy the text into its thread (read in #growth-leads, or by fewer)",
    )
    assert not sam.modal.field("The message's text").value
    sam.fill("Blocked by", "Ana Silva")
    assert "KR-2 is now blocked by Ana Silva. I put the link into its thread" in sam.submit().modal.text  # type: ignore[union-attr]
    sam.close()
    okra.settle()
    opened = sam.channel("growth-leads").thread_of("KR-2 SOC 2 certified by 15 Dec: help wanted")
    assert "In the way: this message, says Sam Stone" in opened[0].text
    assert "Blocked by: Ana Silva" in opened[0].text
    assert len(opened) == 1
    assert "Sam Stone has asked for help with your KR-2" in okra.newest("Mere Ngata").text

    sam.message_shortcut("Turn into a blocker", sam.channel("random").messages[-1])
    sam.fill("Of which key result?", "KR-2")
    # Whoever looks at it reads the channel's name; the option itself holds Slack's notation for it.
    sam.fill("The message's text", [f"Copy the text into its thread (read in <#{opened[0].channel}>, or by fewer)"])
    sam.fill("Blocked by", "Ana Silva")
    sam.submit()
    sam.close()
    okra.settle()
    reply = sam.channel("growth-leads").thread_of("KR-2 SOC 2 certified by 15 Dec: help wanted")[1]
    assert reply.text.endswith("The message:\nThe auditor has asked for the third time & nobody answers")
    with okra.read() as session:
        # What was copied stands in Slack, and nowhere else.
        assert session.scalars(sa.select(EscalationEvent.quote).where(EscalationEvent.quote.is_not(None))).all() == []
