"""*Later*: the menu under the prompt, and the dialog for a time of one's own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from bot.blocks.dates import weekday_time
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import dialog, field_input, option, section
from bot.blocks.post import Block, View
from bot.blocks.text import plain
from bot.domain.cadence import Period
from bot.domain.snooze import Later, TooOdd

MOST_OFFERED = 3


@dataclass(frozen=True)
class Offer:
    """When somebody can be asked again; `at` is in their own zone."""

    later: Later
    at: datetime


@dataclass(frozen=True)
class LaterQuestion:
    """What the dialog asks about: `first` is the earliest time that is taken, `closes` when answering is over."""

    period: Period
    first: datetime
    closes: datetime


def later_menu(offers: tuple[Offer, ...], period: Period) -> Block:
    """The menu beside *Check in*; there is at least one offer."""
    return {
        "type": "static_select",
        "action_id": Act.LATER,
        "placeholder": plain("Later", 150),
        "options": [option(_words(offer), f"{offer.later}:{period.isoformat()}") for offer in offers[:MOST_OFFERED]],
    }


def later_dialog(view: LaterQuestion) -> View:
    """Asks for a time; Slack shows and takes it in the person's own zone."""
    return dialog(
        "Later",
        [
            section(f"When shall I ask you again? Answering is open until {weekday_time(view.closes)}."),
            field_input(
                "Ask me again",
                Typed.LATER_AT,
                {
                    "type": "datetimepicker",
                    "action_id": Typed.LATER_AT,
                    "initial_date_time": int(view.first.timestamp()),
                },
                hint="Once, and within your working hours.",
            ),
        ],
        callback_id=Dialog.LATER,
        metadata=json.dumps({"period": view.period.isoformat()}),
        submit="Ask me then",
        close="Not now",
    )


def too_odd(why: TooOdd, closes: datetime) -> str:
    """Under the field: why that time cannot be taken. `closes` is in the reader's zone."""
    match why:
        case TooOdd.MISSING:
            return "Please choose a day and a time."
        case TooOdd.PASSED:
            return "Please choose a time that is at least a quarter of an hour ahead."
        case TooOdd.PERIOD_OVER:
            return f"Answering is open until {weekday_time(closes)}. Please choose a time before that."
        case TooOdd.NOT_AT_WORK:
            return "That is outside your working hours, in which I stay quiet. Please choose a time within them."


def asked_again_already(closes: str) -> str:
    return f"I have asked you again once already. The check-in stays open until {closes}, whenever it suits you."


def no_time_left(closes: str) -> str:
    return f"There is no time left to ask you again: answering is open until {closes}."


def _words(offer: Offer) -> str:
    match offer.later:
        case Later.THIS_AFTERNOON:
            return f"This afternoon, {offer.at:%H:%M}"
        case Later.TOMORROW_MORNING:
            return f"Next morning, {weekday_time(offer.at)}"
        case Later.AT_A_TIME:
            return "At a time of my own…"
