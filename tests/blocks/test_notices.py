from __future__ import annotations

import pytest

from bot.blocks import notices

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
