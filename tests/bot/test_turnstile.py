from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext

import pytest

from bot import turnstile
from bot.turnstile import Turnstile, aside

A_WHILE = 10


def most_at_once(gate: Turnstile, threads: int, slow: AbstractContextManager[None] | None = None) -> int:
    """How many were in the slow part together, of so many threads that all come at once."""
    counted = threading.Lock()
    together, most = 0, 0
    come = threading.Barrier(threads)

    def visit() -> None:
        nonlocal together, most
        come.wait(A_WHILE)
        with gate.inside(), slow or nullcontext():
            with counted:
                together += 1
                most = max(most, together)
            threading.Event().wait(0.01)
            with counted:
                together -= 1

    with ThreadPoolExecutor(threads) as pool:
        for visiting in [pool.submit(visit) for _ in range(threads)]:
            visiting.result(A_WHILE)
    return most


@pytest.mark.parametrize("places", [1, 2, 3])
def test_so_many_are_inside_at_once(places: int) -> None:
    assert most_at_once(Turnstile(places), 6) == places


def test_who_waits_for_something_slow_lets_others_in() -> None:
    gate = Turnstile(1)
    inside_meanwhile = threading.Event()

    def other() -> None:
        with gate.inside():
            inside_meanwhile.set()

    with gate.inside():
        thread = threading.Thread(target=other)
        with aside():
            thread.start()
            assert inside_meanwhile.wait(A_WHILE)
            thread.join(A_WHILE)


def test_who_gets_no_place_in_time_goes_on_without_and_takes_none_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turnstile, "PATIENCE_SECONDS", 0.01)
    gate = Turnstile(1)
    with gate.inside(), ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: gate.inside().__enter__()).result(A_WHILE)
    assert most_at_once(Turnstile(1), 1) == 1


def test_outside_of_an_interaction_nobody_stands_in_line_or_gives_up_a_place() -> None:
    gate = Turnstile(1)
    with gate.inside(), ThreadPoolExecutor(1) as pool:
        pool.submit(aside().__enter__).result(A_WHILE)
        # The place is still taken.
        assert not gate._places.acquire(blocking=False)
