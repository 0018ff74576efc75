"""One team waits for another, and the other team answers: over real sockets, on both databases."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from story import Okra

from bot.localslack.driver import Seen
from bot.services import teams
from models import Team

NINE_IN_LONDON = "2026-10-05 08:00"
TITLE = "KR-1 Activation from 20 to 40 % by 15 Dec:"
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def two_teams(okra: Okra) -> Okra:
    """Legal has joined too: Sam Stone leads it, and its digest goes to #leads."""
    channel = next(one.id for one in okra.program.runtime.gateway.channels(okra.workspace_id) if one.name == "leads")
    with okra.company() as company:
        legal = company.team("Legal", lead=company.member("Sam Stone"), on=False)
        teams.switch_on(company.session, okra.now(), caller=None, team=legal, channel_id=channel)
    okra.advance(NINE_IN_LONDON)
    return okra


def check_in(okra: Okra, colour: str) -> None:
    """Mere names Legal as what blocks KR-1."""
    mere = okra.person("Mere Ngata")
    mere.press("Check in", in_=okra.newest("Mere Ngata"))
    mere.fill("Current value", "24")
    mere.choose("How confident are you?", colour)
    mere.fill("What is working, and what is stuck?", "the contract lies with the lawyers")
    mere.fill("Blocked by", "Legal")
    mere.fill("What is the next move?", "write to them")
    mere.fill("What do you need to make it happen?", "a lawyer for a day")
    if "red" in colour:
        mere.fill("What is the plan?", "sign in the week after")
    assert not mere.submit().error
    mere.close()
    okra.settle()


def thread(okra: Okra) -> list[Seen]:
    return okra.person("Tama Reid").channel("growth-leads").thread_of(TITLE)


def test_the_other_team_refuses_and_both_sides_read_it(two_teams: Okra) -> None:
    okra = two_teams
    check_in(okra, "🔴 red")
    sam, mere = okra.person("Sam Stone"), okra.person("Mere Ngata")
    asked = okra.newest("Sam Stone")
    assert asked.headline == "Growth waits for Legal: KR-1 Activation from 20 to 40 % by 15 Dec"
    assert "Stuck: the contract lies with the lawyers" in asked.text
    assert "The owner needs: a lawyer for a day" in asked.text
    assert asked.buttons == ["Accept", "Propose a date", "Refuse"]
    sam.press("Refuse", in_=asked)
    sam.fill("Why not?", "no lawyer is free before January")
    assert not sam.submit().error
    okra.settle()
    answer = "Legal can't, says Sam Stone: “no lawyer is free before January”"
    assert thread(okra)[-1].text == f"{answer}."
    assert f"The other team: {answer}" in thread(okra)[0].text
    assert okra.newest("Mere Ngata").text.startswith(f"About your KR-1 Activation from 20 to 40 % by 15 Dec: {answer}.")
    now = okra.newest("Sam Stone")
    assert f"{answer}. You can still change it." in now.text
    assert now.buttons == ["Accept", "Propose a date"]
    # The owner finds it beside the name when they answer again, and it asks no more once nothing blocks.
    mere.command("/kr 1 30 green")
    mere.fill("What is the next move?", "we found another way")
    assert not mere.submit().error
    okra.settle()
    over = okra.newest("Sam Stone")
    assert over.text.startswith("Growth does not wait for Legal any more: KR-1")
    assert over.buttons == []


@ON_ONE_DATABASE
def test_a_date_is_proposed_and_then_taken_on_after_all(two_teams: Okra) -> None:
    okra = two_teams
    check_in(okra, "🟡 yellow")
    sam = okra.person("Sam Stone")
    sam.press("Propose a date", in_=okra.newest("Sam Stone"))
    sam.fill("By when can it be done?", "2026-10-16")
    assert not sam.submit().error
    okra.settle()
    assert "Legal can do it by Fri 16 Oct, says Sam Stone." in okra.newest("Mere Ngata").text
    sam.press("Accept", in_=okra.newest("Sam Stone"))
    okra.settle()
    assert "Legal takes it on, says Sam Stone." in okra.newest("Mere Ngata").text
    assert okra.newest("Sam Stone").buttons == ["Propose a date", "Refuse"]


@ON_ONE_DATABASE
def test_an_old_copy_of_the_question_takes_nothing_once_it_is_over(two_teams: Okra) -> None:
    okra = two_teams
    check_in(okra, "🟡 yellow")
    asked = okra.newest("Sam Stone")
    mere = okra.person("Mere Ngata")
    mere.command("/kr 1 30 green")
    mere.fill("What is the next move?", "we found another way")
    assert not mere.submit().error
    assert "Nobody waits for this any more" in asked.press("Accept").text


@ON_ONE_DATABASE
def test_both_teams_digests_and_the_command_tell_of_it(two_teams: Okra) -> None:
    okra = two_teams
    with okra.company() as company:
        legal = company.session.scalars(sa.select(Team).where(Team.name == "Legal")).one()
        company.key_result(
            company.objective(legal, "Contracts in a day"), company.member("Sam Stone"), "Days from 9 to 1"
        )
    check_in(okra, "🔴 red")
    sam = okra.person("Sam Stone")
    sam.press("Refuse", in_=okra.newest("Sam Stone"))
    sam.fill("Why not?", "no lawyer is free before January")
    assert not sam.submit().error
    assert (
        "• Growth → Legal: 1 now, for less than a day · median less than a day · once"
        in sam.command("/okr friction").text
    )
    okra.advance("2026-10-07 12:00")
    line = "Growth waits for Legal: Legal can't, says Sam Stone: “no lawyer is free before January”"
    for channel, team in (("growth-leads", "Growth"), ("leads", "Legal")):
        digest = next(one for one in sam.channel(channel).messages if one.headline.startswith(f"{team}, week of 5 Oct"))
        assert line in digest.text
