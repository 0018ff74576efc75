"""What the people of Longfetch answer in the demo's week. Invented, like everything else about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    """One check-in as its owner fills it in. `value` is the number, or for a milestone the score from 0 to 1."""

    value: str
    next_move: str
    colour: str = "green"
    changed: str = ""
    working: str = ""
    blocked_by: str = ""
    need: str = ""
    plan: str = ""
    wants_help: bool = False
    start: str = ""


# By the id in the company's file. Who is not here does not answer this week.
ANSWERS: Mapping[str, Said] = {
    "lf-01": Said("20", "call the four harbours that opened it twice", changed="Whitby began"),
    "lf-02": Said("30", "retrain with the September swell", working="the new swell term helps at twelve hours"),
    "lf-03": Said("1", "keep the second look before a warning goes out"),
    "lf-04": Said("186k", "renewals of the Scottish ports", changed="two renewals came early"),
    "lf-05": Said("11", "nothing to move"),
    "lf-07": Said(
        "38", "move the Tuesday review to a written note", colour="yellow", need="the leads to decline first"
    ),
    "lf-08": Said("3.2", "every lead says no once this week, aloud"),
    "lf-09": Said("7", "Stornoway signs on Thursday", changed="Anstruther signed"),
    "lf-10": Said("91", "send the contract with the first offer"),
    "lf-12": Said("23", "ask the ten loudest for one name each"),
    "lf-13": Said("45", "call the three who gave us a four"),
    "lf-14": Said("6", "invitations by post, as they asked", start="0"),
    "lf-16": Said("0.2", "the pilots' counsel reads the draft"),
    "lf-17": Said("0", "demo for Paradip on the 8th", colour="yellow", working="Paradip asked for a second demo"),
    "lf-18": Said("0.3", "translate the alarm texts"),
    "lf-20": Said("46", "try the two-call handover with Lerwick", changed="one call less"),
    "lf-21": Said("16", "weigh the chain before the boat leaves", start="17"),
    "lf-22": Said(
        "13",
        "film the mooring with a borrowed boat",
        colour="yellow",
        working="the kit leaves the workshop without the printed card",
        blocked_by="Buoy Works",
        need="the card in every kit from Monday on",
        wants_help=True,
    ),
    "lf-23": Said("52", "the week-two nudge goes to everybody"),
    "lf-25": Said("0.4", "read it to somebody who has never seen a buoy"),
    "lf-26": Said("8.8", "call the two that went quiet in Fife"),
    "lf-28": Said("92", "October's renewals are raised"),
    "lf-29": Said("146", "the new seal goes into ten hulls", changed="no failure in the first storm"),
    "lf-30": Said("0.3", "the tank test is on the 14th"),
    "lf-31": Said("7", "longer chains where the seals are"),
    "lf-32": Said(
        "84",
        "measure the old radio against the new one",
        colour="red",
        changed="the new radio draws 30 mA asleep",
        working="the sleep mode works; the radio maker has not answered since 22 September",
        blocked_by="the radio maker",
        need="somebody who gets an answer from the radio maker, or a yes to the old radios",
        plan="old radios in the next forty hulls, unless the maker answers by Friday",
    ),
    "lf-33": Said("99.6", "the second gateway in Leith"),
    "lf-34": Said("71", "watch it through the first long nights"),
    "lf-35": Said("73", "retry after a lost link, three times"),
    "lf-36": Said("1", "a rehearsal before each release"),
}

DECISION = "Old radios in the next forty hulls; the new one waits until its maker answers"
STOP_OR_SHIFT = "seal-proof lids wait until standby draw is below 60 mA"
