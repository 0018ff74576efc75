"""A test that is marked as provoking a sentence has to: else it proves nothing about the check that says it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from at_rest import AtRest
from sentences import is_said

from bot.rehearsal.witness import Witness
from models.database import Database


@pytest.fixture(autouse=True)
def provoked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    said: list[str] = []
    broke = Witness.broke

    def heard(witness: Witness, what: str, *subjects: str) -> None:
        said.append(what)
        broke(witness, what, *subjects)

    monkeypatch.setattr(Witness, "broke", heard)
    yield
    for mark in request.node.iter_markers("provokes"):
        assert any(is_said(mark.args[0], what) for what in said), f"was not said: {mark.args[0]!r}"


@pytest.fixture
def rest(database: Database) -> Iterator[AtRest]:
    """In a transaction that comes to nothing."""
    with database.trial() as session:
        yield AtRest(session)
