"""Home over real sockets: published on opening, kept as it is while somebody looks, and not longer."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from story import Okra

from bot.localslack.driver import Fault, FaultKind
from bot.localslack.state import Sharing
from bot.settings import Transport
from models import Cycle

NINE_IN_LONDON = "2026-10-05 08:00"
ON_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def home(okra: Okra, name: str) -> str:
    """What somebody's Home shows, as text."""
    shown = okra.person(name).home
    assert shown is not None
    return shown.text


def open_home(okra: Okra, name: str) -> str:
    okra.person(name).open_home()
    okra.settle()
    return home(okra, name)


@pytest.mark.parametrize("transport", list(Transport))
def test_from_home_through_the_check_in_and_back_to_a_quiet_page(okra: Okra) -> None:
    mere = okra.person("Mere Ngata")
    assert "Nothing waits for you. Enjoy the quiet." in open_home(okra, "Mere Ngata")
    okra.advance(NINE_IN_LONDON)
    assert "2 check-ins, open until Tue 17:00 · KR-1 Activation, KR-2 SOC 2" in open_home(okra, "Mere Ngata")
    assert "Growth this week: 0 of 3 checked in so far" in home(okra, "Mere Ngata")

    mere.press("Check in", in_=mere.home)
    mere.fill("Current value", "24")
    mere.choose("How confident are you?", "🟢 green")
    mere.fill("What is the next move?", "new sign-up for everybody")
    assert not mere.submit().error
    okra.settle()
    assert "One check-in, open until Tue 17:00 · KR-2 SOC 2" in home(okra, "Mere Ngata")
    assert "🟢 green KR-1 Activation 20 → 40 %" in home(okra, "Mere Ngata")


@ON_ONE_DATABASE
def test_a_change_by_somebody_else_is_seen_within_fifteen_minutes_and_not_after(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    assert "2 check-ins" in open_home(okra, "Mere Ngata")
    assert "KR-1 Activation · Mere Ngata · due" in open_home(okra, "Tama Reid")
    okra.advance(okra.now() + timedelta(minutes=10))
    answer(okra, "Mere Ngata", "24")
    assert "KR-1" not in home(okra, "Tama Reid").partition("Growth, this week")[2]
    assert "KR-2 SOC 2 certified by 15 Dec · Mere Ngata · due" in home(okra, "Tama Reid")

    okra.advance(okra.now() + timedelta(minutes=10))
    answer(okra, "Mere Ngata", None)
    assert "KR-2 SOC 2 certified by 15 Dec · Mere Ngata · due" in home(okra, "Tama Reid")
    assert "KR-2" not in open_home(okra, "Tama Reid").partition("Growth, this week")[2]


@ON_ONE_DATABASE
def test_a_guest_reads_a_sentence_and_nothing_else(okra: Okra) -> None:
    okra.advance(NINE_IN_LONDON)
    gus = okra.person("Gus Guest")
    assert open_home(okra, "Gus Guest") == (
        "Okra is for full members of this workspace, so there is nothing here for you to do."
    )
    assert gus.home is not None
    assert gus.home.buttons == []


@ON_ONE_DATABASE
def test_settings_and_days_away_are_a_press_from_home_and_it_shows_them(okra: Okra) -> None:
    sam = okra.person("Sam Stone")
    assert "You own none in this cycle, so I ask you nothing." in open_home(okra, "Sam Stone")
    opened = sam.press("Settings", in_=sam.home)
    assert opened.modal is not None
    assert "Ask me at" in opened.modal.fields
    sam.close()
    sam.press("Away", in_=sam.home)
    sam.fill("First day away", "2026-10-12")
    sam.fill("Last day away", "2026-10-16")
    assert not sam.submit().error
    okra.settle()
    sam.close()
    # Sam owns nothing that is asked about.
    assert "Away Mon 12 Oct – Fri 16 Oct: no check-in falls into these days" in home(okra, "Sam Stone")
    sam.press("I'm not away", in_=sam.home)
    said = sam.modal
    assert said is not None
    assert "Noted." in said.text
    okra.settle()
    assert "Away Mon" not in home(okra, "Sam Stone")


@ON_ONE_DATABASE
def test_an_admin_reads_the_first_messages_and_switches_a_team_on(okra: Okra) -> None:
    ada = okra.person("Ada Admin")
    okra.slack.add_channel("elsewhere", members=[ada], with_app=False)
    okra.slack.add_channel("partners", members=[ada])
    with okra.company() as company:
        company.cycle = company.session.scalars(sa.select(Cycle)).one()
        sales = company.team("Sales", lead=company.member("Tama Reid"), on=False, channel_id=None)
        company.key_result(company.objective(sales, "Win the north"), company.member("Sam Stone"), metric="Orders")
    shown = open_home(okra, "Ada Admin")
    assert "Sales · off · Tama Reid" in shown
    assert "Growth · on · Tama Reid" in shown
    assert "Everything of the last four weeks has arrived." in shown

    preview = ada.press("Preview", in_=ada.home).modal
    assert preview is not None
    assert "I'm Okra. Once a week I'll ask how your key results are going." in preview.text
    assert "KR-4 Orders" in preview.text
    ada.fill("Where should the digest go?", "elsewhere")
    ada.submit()
    assert ada.modal is not None
    assert ada.modal.errors == {
        "Where should the digest go?": (
            "I am not in that channel yet. Type /invite @Okra in it, and then switch on again."
        )
    }
    okra.slack.faults.add(Fault(FaultKind.SERVER_ERROR, "conversations.info", times=1))
    ada.fill("Where should the digest go?", "growth-leads")
    ada.submit()
    assert ada.modal is not None
    assert ada.modal.errors == {
        "Where should the digest go?": (
            "Slack did not tell me just now who reads that channel. Please try again in a moment."
        )
    }
    for sharing in (Sharing.PENDING, Sharing.SHARED):
        okra.slack.share("partners", sharing)
        ada.fill("Where should the digest go?", "partners")
        ada.submit()
        assert ada.modal is not None
        (error,) = ada.modal.errors.values()
        assert error.startswith("People of another organisation read that channel, or were invited to.")
    ada.fill("Where should the digest go?", "growth-leads")
    assert not ada.submit().error
    okra.settle()
    ada.close()
    assert "Sales · on · Tama Reid" in home(okra, "Ada Admin")
    assert "I'm Okra. Once a week I'll ask how your key results are going." in okra.newest("Sam Stone").headline


def answer(okra: Okra, name: str, value: str | None) -> None:
    """The next check-in that is due, in green, from the prompt."""
    person = okra.person(name)
    person.press("Check in", in_=okra.newest(name))
    if value is not None:
        person.fill("Current value", value)
    else:
        person.fill("Score now", "0.3")
    person.choose("How confident are you?", "🟢 green")
    person.fill("What is the next move?", "go on")
    assert not person.submit().error
    person.close()
    okra.settle()
