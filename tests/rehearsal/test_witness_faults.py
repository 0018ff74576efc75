"""What a rehearsal says of Okra itself: of an error that it logs, and of a search that it had no need of."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from sentences import provokes
from square import Square

from bot.rehearsal.ears import listening
from bot.rehearsal.fate import Fate, Life, Mortality
from bot.rehearsal.journal import Journal
from bot.rehearsal.ports import API, client_of
from bot.rehearsal.run import Rehearsal
from bot.rehearsal.seam import Seam

Change = Callable[[Seam, Life], None]


@pytest.fixture
def square() -> Square:
    return Square()


@provokes("{}: {}")
def test_an_error_of_okras_own_is_heard_and_a_warning_or_bad_weather_is_not(square: Square) -> None:
    with listening(square.witness.broke):
        log = structlog.get_logger()
        log.warning("redraw_failed", error="ratelimited")
        log.error("interaction_failed", error="ratelimited")
        assert square.broken == []
        log.error("not_rendered", error="KeyError")
    log.error("not_rendered", error="afterwards nobody listens")
    assert square.broken == ["not_rendered: 'KeyError'"]


def _dies(_seam: Seam, life: Life) -> None:
    life.dead = True


@pytest.mark.parametrize("excuse", [_dies, Seam.forget], ids=["it has died since", "others took it for dead"])
@provokes("was looked for, and {} knew that it was posted")
def test_nobody_looks_for_what_somebody_knows(square: Square, excuse: Change) -> None:
    seam = Seam(square.core, Random(1), Journal(square.time.now), no_connection=0, settle_seconds=90)
    life = Life("okra-1", Fate(Mortality(), Random(1)), on_death=lambda _point: None)
    client = client_of(seam, life)(token=square.core.app.bot_token, base_url=API, retry_handlers=[])
    known = {"event_type": "okra_delivery", "event_payload": {"id": "post-1"}}
    client.chat_postMessage(channel=square.direct, text="HR is here", blocks=[], metadata=known)
    rehearsal: Any = SimpleNamespace(seam=seam, witness=square.witness)
    Rehearsal._looks_for(rehearsal, "post-2")
    assert square.broken == []
    Rehearsal._looks_for(rehearsal, "post-1")
    assert square.broken == ["was looked for, and okra-1 knew that it was posted"]
    excuse(seam, life)
    Rehearsal._looks_for(rehearsal, "post-1")
    assert len(square.broken) == 1
