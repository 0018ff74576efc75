"""One team waits for another: the question, the refusal, and where it is read, as people see them."""

from __future__ import annotations

from story import Okra
from visitor import PHONE, Visitor

from bot.services import teams

NINE_IN_LONDON = "2026-10-05 08:00"
REFUSAL = "Legal can't, says Sam Stone: “no lawyer is free before January”"


def test_the_other_team_refuses_and_both_sides_read_it(okra: Okra, visitor: Visitor) -> None:
    channel = next(one.id for one in okra.program.runtime.gateway.channels(okra.workspace_id) if one.name == "leads")
    with okra.company() as company:
        legal = company.team("Legal", lead=company.member("Sam Stone"), on=False)
        teams.switch_on(company.session, okra.now(), caller=None, team=legal, channel_id=channel)
    okra.advance(NINE_IN_LONDON)
    visitor.open().be("Mere Ngata").press("Check in")
    visitor.fill("Current value", "24").choose("How confident are you?", "red")
    visitor.fill("What is working, and what is stuck?", "the contract lies with the lawyers")
    visitor.choose("Blocked by", "Legal")
    visitor.fill("What is the next move?", "write to them").fill(
        "What do you need to make it happen?", "a lawyer for a day"
    )
    visitor.fill("What is the plan?", "sign in the week after").submit().sees("KR-2")
    visitor.close()
    okra.settle()
    visitor.be("Sam Stone").sees("Growth waits for Legal").shot("another-team-is-asked")
    visitor.press("Refuse").fill("Why not?", "no lawyer is free before January").shot("another-team-refuses")
    visitor.submit()
    okra.settle()
    visitor.sees("You can still change it.")
    visitor.be("Mere Ngata").sees(REFUSAL)
    visitor.go("growth-leads").thread("KR-1 Activation from 20 to 40 % by 15 Dec: help wanted")
    visitor.sees(f"{REFUSAL}.").shot("another-team-has-refused")
    visitor.app().write("/okr friction").sees("Growth → Legal: 1 now, for less than a day")
    visitor.write("/okr agenda").sees("Growth waits for Legal: KR-1 Activation")
    visitor.page.set_viewport_size(PHONE)
    visitor.nothing_is_cut()
    visitor.shot("agenda-on-a-phone")
