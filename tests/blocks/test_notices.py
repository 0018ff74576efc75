from __future__ import annotations

import pytest

from bot.blocks import notices
from bot.localslack.facts.methods import METHODS

LOOKED = (
    "A digest for <#C1> may or may not have arrived, please look: Slack's answer was lost, and I cannot read there to "
    "see for myself (“missing_scope”). Okra lacks a permission. Run `okra doctor`: it says which one."
)
LOST = "A digest for <#C1> may or may not have arrived: I sent it for a day and could not find it. Please look."
REPLY = "A digest for <#C1> was not sent, because I could not place the message it answers."
OURS = (
    "A digest for <#C1> was not sent: I stumble over it (“KeyError”), which is my own fault. Please tell whoever runs "
    "Okra: its log says more."
)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (f"{notices.NOT_FOUND_OUT}missing_scope", LOOKED),
        (f"{notices.LOST_AGAIN}worker_died", LOST),
        (f"{notices.NO_ROOT} (failed)", REPLY),
        (f"{notices.NOT_RENDERED}KeyError", OURS),
    ],
)
def test_okras_own_reasons_are_not_put_into_slacks_mouth(code: str, told: str) -> None:
    assert notices.undelivered(what="digest", to="<#C1>", code=code).text == told


# What `chat.postMessage` says of the channel, or of a thread in it, rather than of the message or of the workspace.
OF_THE_CHANNEL = [
    "channel_not_found",
    "ekm_access_denied",
    "is_archived",
    "not_in_channel",
    *(code for code in METHODS["chat.postMessage"].errors if code.startswith("restricted_action")),
]


@pytest.mark.parametrize("code", OF_THE_CHANNEL)
def test_where_a_channel_takes_nothing_the_admin_reads_what_to_do_about_it(code: str) -> None:
    told = notices.undelivered(what="digest", to="<#C1>", code=code).text
    remedy = told.partition(f"Slack says “{code}”. ")[2]
    assert "channel" in remedy
    assert "okra doctor" not in remedy
