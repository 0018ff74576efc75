"""Okra on a local Slack, whole and over real sockets, with the small company of `living.py` in it.

    def test_…(okra: Okra) -> None:             # runs on both databases, over Socket Mode
        okra.advance("2026-10-05 09:00")        # UTC; stops wherever something is due, and waits until it is done
        okra.person("Mere Ngata").press("Check in")

Another transport: `@pytest.mark.parametrize("transport", [Transport.HTTP])`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from living import living
from story import Okra

from bot.settings import Transport


@pytest.fixture
def transport() -> Transport:
    return Transport.SOCKET


@pytest.fixture
def okra(database_url: str, transport: Transport) -> Iterator[Okra]:
    """Slack and Okra, connected, with everybody in and both teams on."""
    with living(database_url, transport) as okra:
        yield okra
