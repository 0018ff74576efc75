"""The last page of a check-in: what was told, with its scores, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

from bot.blocks import ids
from bot.blocks.checkin_parts import Finished, Running
from bot.blocks.layout import actions, button, context, dialog, section
from bot.blocks.moments import named_day
from bot.blocks.post import Block, View
from bot.blocks.prompt import all_in, what_follows
from bot.blocks.standing import Standing, colour, score_pair
from bot.blocks.text import said

MOST_TOLD = 20


def finished_dialog(view: Finished) -> View:
    """What was told, with scores, and what follows from it; what was skipped can be gone on with."""
    count = len(view.standings)
    what = _what_is_in(view)
    told = [score_told(standing) for standing in view.standings[:MOST_TOLD]]
    if count > MOST_TOLD:
        told.append(f"…and {count - MOST_TOLD} more")
    follows = [what_follows(view.standings[0].number, view.changes_until, digest_follows=view.digest_follows)]
    # What opened by itself is said above, with the reason.
    asks_for_help = tuple(one for one in view.asks_for_help if one not in view.opened_by_themselves)
    if asks_for_help:
        follows.insert(0, f"Help is being asked for: {_named(asks_for_help)}.")
    if view.decided:
        follows.insert(0, _runs(view.decided))
    if view.opened_by_themselves:
        told.append(opened_by_itself(_named(view.opened_by_themselves)))
    blocks: list[Block] = [section(f"*{what}. Thank you.*"), section("\n".join(told))]
    if view.still_open:
        blocks += _skipped(view)
    blocks.append(context(" ".join(follows)))
    return dialog("Checked in", blocks, callback_id=ids.Dialog.NOTICE, metadata="{}", close="Close")


def _what_is_in(view: Finished) -> str:
    count = len(view.standings)
    if count == 1:
        return f"{view.standings[0].label} is in"
    return f"{count} of {count + len(view.still_open)} are in" if view.still_open else all_in(count).capitalize()


def nothing_told_dialog(view: Finished) -> View:
    """The end of a run in which everything was skipped."""
    blocks = [section("*Nothing was saved yet.*"), *_skipped(view)]
    return dialog("Not yet", blocks, callback_id=ids.Dialog.NOTICE, metadata="{}", close="Close")


def score_told(standing: Standing) -> str:
    """One line: how it stands after it was saved."""
    score = score_pair(standing.score, standing.last_score, bold=True) if standing.kind.is_scored else "watched"
    return f"{colour(standing.confidence)} *{standing.label}* {said(standing.name, 80)} · {score}"


def just_saved(standing: Standing, *, opened: bool = False) -> str:
    """Above the next key result: the score of the one that was saved just now. `opened`: and that it opened a thread,
    as the third yellow running."""
    lines = [f"✓ {score_told(standing)}"]
    return "\n".join([*lines, opened_by_itself(standing.label)] if opened else lines)


def opened_by_itself(named: str) -> str:
    """What the third yellow running brings: `named` are the key results, by their numbers."""
    return f"Yellow three times running, so I have asked for help for you: {named}. The thread says what you said."


def _runs(decided: tuple[Running, ...]) -> str:
    """That nobody is asked anew before its day, and that what was said is not lost."""
    named = _listed([f"KR-{one.number} until {named_day(one.until)}" for one in decided])
    threads = "its thread" if len(decided) == 1 else "their threads"
    return f"A decision runs for {named}. What is needed now stands in {threads}."


def _skipped(view: Finished) -> list[Block]:
    is_one = len(view.still_open) == 1
    words = f"Still open: {_named(view.still_open)}. What you typed there is kept."
    label = f"Go on with KR-{view.still_open[0]}" if is_one else "Go on with them"
    go_on = button(label, ids.Act.CHECK_IN, value=view.period.isoformat(), style="primary")
    return [section(words), actions(go_on)]


def _named(numbers: tuple[int, ...]) -> str:
    return _listed([f"KR-{one}" for one in numbers])


def _listed(named: Sequence[str]) -> str:
    told = ", ".join(named[:MOST_TOLD])
    return told if len(named) <= MOST_TOLD else f"{told} and {len(named) - MOST_TOLD} more"
