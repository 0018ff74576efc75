"""Leave with somebody who covers, and the lead's note with *Excuse*, as a person sees them."""

from __future__ import annotations

from story import Okra
from visitor import Visitor

NINE_IN_LONDON = "2026-10-05 08:00"
THE_NOTE = "2026-10-06 13:00"


def test_mere_goes_away_and_sam_covers(okra: Okra, visitor: Visitor) -> None:
    okra.advance("2026-10-02 09:00")
    visitor.open().be("Mere Ngata").app().write("/okr away")
    visitor.fill("First day away", "2026-10-05").fill("Last day away", "2026-10-09")
    visitor.choose("Who answers for you?", "Sam Stone")
    visitor.shot("away-dialog")
    visitor.submit().sees("That touches 2 check-ins of 2 key results")
    visitor.close()
    okra.advance(NINE_IN_LONDON)
    okra.advance("2026-10-05 08:01")
    visitor.be("Sam Stone").app().sees("for Mere Ngata, who is away")
    visitor.shot("away-with-cover")
    visitor.press("Check in").fill("Current value", "30")
    visitor.choose("How confident are you?", "green").fill("What is the next move?", "as Mere left it")
    visitor.submit().sees("KR-2")
    visitor.close()
    okra.settle()
    visitor.sees("1 of 2 answered")


def test_the_lead_excuses_somebody_in_the_note(okra: Okra, visitor: Visitor) -> None:
    okra.advance(NINE_IN_LONDON)
    okra.person("Mere Ngata").change(status_text="Vacationing", status_emoji=":palm_tree:")
    okra.advance(THE_NOTE)
    okra.settle()
    visitor.open().be("Tama Reid").app().sees("before the digest on")
    visitor.shot("leads-note")
    visitor.press("Excuse")
    okra.settle()
    visitor.sees("2 check-ins are still open")
    visitor.shot("leads-note-after-excuse")
