"""The points at which death may strike: read off the code, and each struck by a name of its own."""

from __future__ import annotations

from typing import Any, cast

import pytest

from bot.rehearsal import points
from bot.rehearsal.fate import Died
from bot.rehearsal.run import Plan, rehearse
from bot.rehearsal.weather import Level
from bot.runtime import Runtime
from handlers import checkin, desk_of
from scheduler import ticks

# No handler is called here, so none needs a runtime.
ALL: dict[str, str] = points.all_points(desk_of(cast(Runtime, None)))


def test_each_commit_request_and_acknowledgement_of_the_code_is_a_point() -> None:
    assert {
        "checkin._save: before the commit",
        "checkin._save: after the commit",
        "checkin.redraw: after the answer",
        "view_submission check_in: before the acknowledgement",
        "command /okr: after the acknowledgement",
        "event user_change: after the commit",
        "tick reminding.remind_due: before the commit",
        "delivery.send: before the request",
        "delivery.release_all: before the commit",
        "members._learn: after the commit",
        "app.connect: after the request",
    } <= ALL.keys()
    assert all(f"{points.tick(step)}: after the commit" in ALL for step in ticks.STEPS)


@pytest.mark.parametrize(
    ("payload", "name"),
    [
        ({"type": "block_actions", "actions": [{"action_id": "check_in"}]}, "action check_in"),
        ({"type": "view_submission", "view": {"callback_id": "decide"}}, "view_submission decide"),
        ({"type": "block_suggestion", "action_id": "blocked_by"}, "options blocked_by"),
        ({"type": "message_action", "callback_id": "turn_into_blocker"}, "shortcut turn_into_blocker"),
        ({"command": "/kr", "text": "12"}, "command /kr"),
        ({"type": "event_callback", "event": {"type": "message"}}, "event message"),
    ],
)
def test_a_listener_goes_by_what_it_listens_to(payload: dict[str, Any], name: str) -> None:
    assert points.listener(payload) == name
    assert f"{name}: before the acknowledgement" in ALL


def test_what_is_out_of_reach_is_named_as_the_code_names_it() -> None:
    named = {point.partition(":")[0] for point in ALL} | set(ALL.values())
    assert {*points.OUT_OF_REACH, *points.BY_CHANCE} <= named


@pytest.mark.timeout(300)
def test_death_strikes_in_the_listener_that_saves_a_check_in_before_and_after_its_commit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    struck: set[str] = set()
    save = checkin._save

    def watched(*given: Any) -> Any:
        try:
            return save(*given)
        except Died as died:
            struck.add(str(died))
            raise

    monkeypatch.setattr(checkin, "_save", watched)
    report = rehearse(Plan(owners=6, weeks=1, seed=1, level=Level.HEAVY))
    assert report.is_clean
    assert struck >= {"checkin._save: before the commit", "checkin._save: after the commit"}
