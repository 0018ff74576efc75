"""What Slack sends reaches a process that listens, or none: payloads one way, acknowledgements the other."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from bot.localslack.core import LocalSlack
from bot.localslack.outgoing import ACK_SECONDS, Delivery, Kind, Reply, Stage
from bot.rehearsal.process import Process
from bot.rehearsal.timeline import Timeline

Json = dict[str, Any]

# What may move somebody's next opening.
ABOUT_PEOPLE = {"team_join", "user_change"}
HOME_OPENED = "app_home_opened"


class Switchboard:
    """Carries the queue of the local Slack, and lets its late effects happen when they are due."""

    def __init__(
        self,
        core: LocalSlack,
        timeline: Timeline,
        random: Random,
        *,
        choose: Callable[[], Process | None],
        is_out: Callable[[], bool],
        on_answer: Callable[[str, Json], None],
    ) -> None:
        """`choose` gives a process that listens now; `is_out`: nothing gets through at all. `on_answer` is told what
        somebody reads in the answer to what they did."""
        self._core = core
        self._time = timeline
        self._random = random
        self._choose = choose
        self._is_out = is_out
        self._on_answer = on_answer
        core.outgoing.on_due = self._wake

    def _wake(self) -> None:
        due = self._core.next_due()
        if due is not None:
            self._time.at(due, self._carry)

    def _carry(self) -> None:
        self._core.run_due()
        for delivery in self._core.outgoing.take():
            self._send(delivery)
        self._wake()

    def _send(self, delivery: Delivery) -> None:
        attempt = delivery.attempt
        self._time.after(self._random.uniform(0.02, 0.25), lambda: self._arrive(delivery, attempt))
        self._time.after(ACK_SECONDS, lambda: self._give_up(delivery, attempt, "timeout"))

    def _arrive(self, delivery: Delivery, attempt: int) -> None:
        process = None if self._is_out() else self._choose()
        if process is None:
            self._give_up(delivery, attempt, "connection_failed")
            return

        def answer(reply: Reply) -> None:
            if delivery.attempt == attempt:
                self._core.outgoing.answered(delivery.id, reply)
                if reply.body and delivery.person is not None:
                    self._on_answer(delivery.person, reply.body)

        event = delivery.payload["event"]["type"] if delivery.kind is Kind.EVENT else ""
        process.hear(delivery.payload, answer, replans=event in ABOUT_PEOPLE, opens_home=event == HOME_OPENED)

    def _give_up(self, delivery: Delivery, attempt: int, reason: str) -> None:
        if delivery.attempt == attempt and delivery.stage is Stage.IN_FLIGHT:
            self._core.outgoing.unanswered(delivery.id, reason)
