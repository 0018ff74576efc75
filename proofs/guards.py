"""Each guard of the delivery taken away in turn: a rehearsal must notice. `python -m proofs.guards`.

What catches nothing proves nothing. Prints for each guard the first seed that caught its absence, and how. The same
seed with all guards in their places must be clean, or it was something else that was caught.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.post import Post
from bot.blocks.prompt import prompt as prompt_post
from bot.domain.cadence import period
from bot.rehearsal.fate import Mortality
from bot.rehearsal.process import Roll
from bot.rehearsal.report import Report
from bot.rehearsal.run import Plan, rehearse
from bot.rehearsal.weather import Level
from bot.runtime import Runtime
from bot.services import once, outbox
from bot.services.prompt import prompt_view
from bot.slack_failures import RetryLater, UnknownOutcome
from models import Delivery, Member, Message, PostKind
from models.base import Base
from models.once import insert_all_once
from models.prepared import Sent
from scheduler import delivery, posts, redrawing, showing

SEEDS = range(1, 21)
# Three workers that stall often and die now and then.
WORLD = Plan(
    owners=20,
    weeks=3,
    level=Level.HEAVY,
    workers=3,
    mortality=Mortality(forced=True, dies=1 / 500, stalls=1 / 150, stall_seconds=(61.0, 400.0)),
)

# What some guard against takes two rare things at once: here five times as much goes wrong on the way to Slack, and
# workers stall all the time, and every other time are taken for dead meanwhile.
STORM = replace(
    WORLD,
    worse=5,
    mortality=Mortality(forced=True, dies=1 / 500, stalls=1 / 25, stall_seconds=(61.0, 200.0), cuts=0.5),
)

Taken = Callable[[], AbstractContextManager[Any]]


def permanent_key() -> AbstractContextManager[Any]:
    """The same key posts again."""
    count = iter(range(1, 1_000_000))

    def insert(session: Session, table: type[Base], rows: Sequence[Any], *, key: Sequence[str]) -> dict[Any, int]:
        found = insert_all_once(session, table, rows, key=key)
        for row in rows:
            of_key = tuple(row[name] for name in key)
            if of_key not in found:
                again = f"{row['key']}#{next(count)}"
                fresh = {**row, "key": again, "opaque_id": f"{row['opaque_id']}-{again}"}
                (found[of_key],) = insert_all_once(session, table, [fresh], key=key).values()
        return found

    return patch.object(outbox, "insert_all_once", insert)


def unknown_is_not_retried() -> AbstractContextManager[Any]:
    """What may have arrived is sent again."""
    finish = delivery.finish_all

    def hasty(runtime: Runtime, outcomes: Sequence[tuple[delivery.Ready, delivery.Outcome]], now: datetime) -> None:
        again = [
            (ready, RetryLater(outcome.code) if isinstance(outcome, UnknownOutcome) else outcome)
            for ready, outcome in outcomes
        ]
        finish(runtime, again, now)

    return patch.object(delivery, "finish_all", hasty)


def generation() -> AbstractContextManager[Any]:
    """Whoever held a claim once may go on with it."""

    def any_generation(
        session: Session, taken: Sequence[delivery.Claim], state: Any, *, behind: Any = None
    ) -> dict[int, Delivery]:
        ids = [one.delivery_id for one in taken]
        rows = session.scalars(
            sa.select(Delivery).where(Delivery.id.in_(ids), Delivery.state == state).with_for_update()
        )
        return {row.id: row for row in rows}

    return patch.object(delivery, "locked_all", any_generation)


@contextmanager
def still_wanted() -> Iterator[None]:
    """A prompt leaves though nothing is open any more, or its reader has left."""

    def regardless(session: Session, row: Delivery, now: datetime) -> Post | None:
        member = session.get(Member, row.member_id)
        if member is None or row.period is None:
            return None
        view = prompt_view(session, now, member, period(row.period))
        return prompt_post(view) if view is not None else None

    with (
        patch.object(posts, "RENDERERS", {**posts.RENDERERS, PostKind.PROMPT: regardless}),
        patch.object(posts, "_nobody_reads", lambda *_: False),
    ):
        yield


def shown_revision() -> AbstractContextManager[Any]:
    """An update counts as showing the newest state, whatever it was drawn from."""
    finish = redrawing.finish_all

    def careless(runtime: Runtime, drawn: Sequence[redrawing.Drawn], now: datetime) -> None:
        finish(runtime, drawn, now)
        shown = [drawing.message_id for drawing, failure in drawn if failure is None]
        with runtime.database._writing.begin() as session:
            session.execute(sa.update(Message).where(Message.id.in_(shown)).values(shown=Message.wanted))

    return patch.object(redrawing, "finish_all", careless)


def unknown_is_not_overtaken() -> AbstractContextManager[Any]:
    """An update that may arrive yet is no reason to wait with the next one."""
    try_again = showing.try_again

    def at_once(*of: Any, settle: timedelta, **more: Any) -> None:
        try_again(*of, settle=timedelta(), **more)

    return patch.object(showing, "try_again", at_once)


def event_ids() -> AbstractContextManager[Any]:
    """What comes twice counts twice."""
    fresh = itertools.count()
    note = once.note

    def as_new(session: Session, now: datetime, *, workspace_id: int, delivered: once.Delivered) -> Sent:
        again = replace(delivered, id=f"{delivered.id}:{next(fresh)}")
        return note(session, now, workspace_id=workspace_id, delivered=again)

    return patch.object(once, "note", as_new)


def session_lock() -> AbstractContextManager[Any]:
    """Every worker but oneself is taken for dead."""
    return patch.object(Roll, "is_gone", lambda _roll, _worker_id: True)


@contextmanager
def nothing() -> Iterator[None]:
    """All guards stand."""
    yield


GUARDS: dict[str, tuple[Taken, Plan]] = {
    "permanent key": (permanent_key, WORLD),
    "unknown is not retried": (unknown_is_not_retried, WORLD),
    "settle": (nothing, replace(WORLD, settle_seconds=1)),
    "generation": (generation, STORM),
    "still wanted": (still_wanted, WORLD),
    "shown revision": (shown_revision, WORLD),
    "unknown is not overtaken": (unknown_is_not_overtaken, STORM),
    "event ids": (event_ids, WORLD),
    "session lock": (session_lock, STORM),
}


def without(guard: str, seed: int, *, world: Plan | None = None) -> Report:
    """A rehearsal without this guard."""
    take_away, plan = GUARDS[guard]
    with take_away():
        return rehearse(replace(world or plan, seed=seed, settle_seconds=plan.settle_seconds))


@cache
def is_clean_with_all(world: Plan, seed: int) -> bool:
    """Whether the same world breaks no promise with this seed as long as every guard stands."""
    report = rehearse(replace(world, seed=seed))
    name = ", storm" if world == STORM else ""
    print(f"all guards{name}: seed {seed} has {report.violations} violations", flush=True)
    return report.is_clean


def main(arguments: Sequence[str]) -> int:
    """Try the guards (all, or those named) until a seed catches each; 1 where one is not caught, or a seed that caught
    one catches something with all of them too."""
    parser = argparse.ArgumentParser(prog="python -m proofs.guards", description=__doc__)
    parser.add_argument("guards", nargs="*", metavar="guard", help=f"all, without one: {', '.join(GUARDS)}")
    asked = parser.parse_args(arguments).guards
    for unknown in (one for one in asked if one not in GUARDS):
        parser.error(f"“{unknown}” is no guard. There are: {', '.join(GUARDS)}.")
    missed = 0
    for guard in asked or GUARDS:
        for seed in SEEDS:
            report = without(guard, seed)
            if report.is_clean:
                continue
            if not is_clean_with_all(replace(GUARDS[guard][1], settle_seconds=WORLD.settle_seconds), seed):
                missed += 1
            else:
                first = report.facts["what_was_broken"][0]["what"]
                print(f"{guard}: caught by seed {seed} ({report.violations} violations): {first}", flush=True)
                break
        else:
            missed += 1
            print(f"{guard}: not caught by seeds {SEEDS.start} to {SEEDS.stop - 1}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "proofs.guards", *sys.argv[1:]])  # noqa: S606
    sys.exit(main(sys.argv[1:]))
