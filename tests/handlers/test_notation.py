from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.notation import as_seen, mentioned, without_entities

NAMES = {"U024BE7LH": "Ana"}


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("12 45 yellow", "12 45 yellow"),
        ("R&amp;D", "R&D"),
        ("&lt;5 % and &gt;3 %", "<5 % and >3 %"),
        ("they typed &amp;lt;", "they typed &lt;"),
        ("waiting on <@U024BE7LH|ana.silva>", "waiting on @Ana"),
        ("waiting on <@U024BE7LH>", "waiting on @Ana"),
        ("waiting on <@W0STRANGER|sol>", "waiting on @sol"),
        ("waiting on <@W0STRANGER>", "waiting on @W0STRANGER"),
        ("asked in <#C024BE7LR|growth-leads>", "asked in #growth-leads"),
        ("asked in <#C024BE7LR>", "asked in #C024BE7LR"),
        ("told <!subteam^SAZ94GDB8|@legal> and <!here>", "told @legal and @here"),
        ("told <!channel|channel>", "told @channel"),
        ("by <!date^1392734382^{date}|18 Feb 2014>", "by 18 Feb 2014"),
        ("see <https://wiki.test/a?b=1&amp;c=2>", "see https://wiki.test/a?b=1&c=2"),
        ("see <http://wiki.test|wiki.test>", "see wiki.test"),
        ("see <https://wiki.test|R&amp;D's page>", "see R&D's page"),
        ("write to <mailto:ana@kauri.test|ana@kauri.test>", "write to ana@kauri.test"),
        ("from <5 to >3", "from <5 to >3"),
        ("a <b> c", "a <b> c"),
    ],
)
def test_what_slack_sends_is_read_as_it_was_seen(sent: str, seen: str) -> None:
    assert as_seen(sent, NAMES) == seen


def test_the_people_in_a_text_are_found_with_and_without_their_handle() -> None:
    assert mentioned("<@U1|ana> and <@W2>, <#C3|general>, @U4, &lt;@U5&gt;") == {"U1", "W2"}


@given(st.text())
def test_whatever_was_typed_comes_back_from_its_entities(typed: str) -> None:
    sent = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert as_seen(sent, {}) == without_entities(sent) == typed
