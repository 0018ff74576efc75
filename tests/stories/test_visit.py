"""The demo stays open: a visitor is anybody, and what they mistype costs nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo.director import Director
from bot.demo.town import Town, import_company, open_town, switch_everybody_on
from bot.demo.visit import NotUnderstood, Visitor
from bot.localslack.driver import NotSeen


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[Visitor]:
    """At Longfetch, on the first Monday, just before nine in Auckland."""
    with open_town(database_url=f"sqlite:///{tmp_path}/demo.db", before=arrive) as town:
        director = Director(town)
        director.begin()
        yield Visitor(town, director)
        director.stop()


def arrive(town: Town) -> None:
    import_company(town)
    switch_everybody_on(town)
    town.time.advance_to(datetime(2026, 10, 4, 19, 58, tzinfo=UTC))


def test_a_visitor_is_anybody_and_checks_in(visitor: Visitor, capsys: pytest.CaptureFixture[str]) -> None:
    visitor.do("next prompt")
    assert "Mon 09:00 in Auckland: Hollie, Mere and Tāne were asked how it goes." in capsys.readouterr().out
    for wrong, answer in (("as Nobody", "Nobody here"), ("as", "Say who"), ("as a", "Which one"), ("dance", "`help`")):
        with pytest.raises(NotUnderstood, match=answer):
            visitor.do(wrong)
    visitor.do("as tane")
    assert (visitor.name, visitor.local_time()) == ("Tāne Wihongi", "Mon 5 Oct 09:00")
    visitor.do("inbox")
    assert "[Check in]" in capsys.readouterr().out
    visitor.do("press Check in")
    assert "dialog “1 of 4: KR-32”" in capsys.readouterr().out
    visitor.do("fill What is the next move? = ask the maker")
    visitor.do("submit")
    assert "✗" in capsys.readouterr().out
    with pytest.raises(NotSeen):
        visitor.do("press Nothing of the kind")
    assert "The open dialog has: Current value (mA)" in visitor.what_is_there()
    visitor.do("close")
    visitor.do("next")
    assert "Mere checked in on 2 key results, 🟢 green." in capsys.readouterr().out
    with pytest.raises(NotUnderstood, match="next digest, next cycle"):
        visitor.do("next year")
