"""The points at which death may strike, as the code has them, and by which name each goes.

A commit and a request go by the function in whose code they stand, an acknowledgement by what was listened to:
`checkin._save: after the commit`, `view_submission check_in: before the acknowledgement`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import bot.app
import handlers
import scheduler
from handlers.boundary import NAMED_BY, Desk
from scheduler.ticks import STEPS, Step

COMMIT = ("before the commit", "after the commit")
PRESS_ANSWERED = ("before the request", "after the request")
REQUEST = (*PRESS_ANSWERED, "after the answer")
ACKNOWLEDGEMENT = ("before the acknowledgement", "after the acknowledgement")

# What no rehearsal comes to, and why: a story by its module, a listener or a function by its name.
OUT_OF_REACH: Mapping[str, str] = {
    **dict.fromkeys(
        ("checkin_moves", "correction", "not_mine", "view_submission which_one"),
        "owners answer, put off, or say that nothing changed, and take no other way through a check-in",
    ),
    **dict.fromkeys(
        ("snooze.later_at", "view_submission later"),
        "owners put off until a time that is offered",
    ),
    **dict.fromkeys(
        ("action save_understood", "action save_with_help", "understanding.save", "understanding.save_with_help"),
        "what somebody wrote to Okra is saved in its dialog, or not at all",
    ),
    **dict.fromkeys(
        ("action away", "action change_away", "action end_away", "view_submission away", "away.submitted", "away.end"),
        "leave is told by a command, and ends by itself",
    ),
    "action hand_over": "key results are handed over by a command",
    **dict.fromkeys(
        ("action give_decision", "view_submission give_decision", "decisions.give"),
        "decisions stay with whom they were given to",
    ),
    "action decide_after_all": "who got no dialog types the command again",
    **dict.fromkeys(
        ("action change_key_result", "action stop_key_result"),
        "a key result is changed or stopped in the dialog that follows a decision",
    ),
    **dict.fromkeys(
        ("action excuse", "lead_note.excuse", "action note_check_in", "lead_note._remind"),
        "leads answer their note, and do nothing about who has not checked in",
    ),
    **dict.fromkeys(("digest", "digest_sharing"), "digests are read, and nothing in them is pressed or sent on"),
    **dict.fromkeys(
        ("settings", "who_sees", "teams", "value_rhythm", "initiatives", "signals", "export"),
        "nobody changes settings, sets signals aside or takes files",
    ),
    **dict.fromkeys(
        ("event team_join", "acquaintance", "boundary.identify"),
        "everybody is there, and known, from the first day on",
    ),
    **dict.fromkeys(("event app_uninstalled", "event tokens_revoked"), "Okra stays installed"),
    "members.read_all": "that is asked for at the command line",
    "members._go_on": "Slack tells of so few people within minutes",
    "tick cycles.turn": "the cycle begins while everything is set up in good weather, and ends after the last week",
    "settling._cannot_tell": "Okra may read every conversation in which it posts",
    "settling.adopt_own": "a commit fails only with its process",
}
# What needs two rare things at once: even many long rehearsals may not come to it.
BY_CHANCE: Mapping[str, str] = {
    "boundary._in_a_dialog": "somebody presses on Home what another one has just done",
    "checkin._keep": "what was saved is sent again with other words, because no answer had come",
    "settling.fail_followers_of_lost_roots": "a reply is queued in the moment in which its root fails",
}

# These commit what they are handed, and their points go by that.
HANDED = {"ticks.exhaust", "boundary.hear"}
# How a payload's type is called where its handler registers.
KINDS = {"block_actions": "action", "block_suggestion": "options", "message_action": "shortcut"}
# A response_url is answered with nothing that says more than that it arrived.
_PRESSES = {"respond", "say_through"}
_PLACES = (handlers.__name__, scheduler.__name__, bot.app.__name__)


def place(doing: str) -> str:
    """The innermost of Okra's functions that handle, work or start, as `checkin._save`; else what is being done."""
    frame = sys._getframe(1)
    while frame.f_back is not None:
        module = str(frame.f_globals["__name__"])
        if module.startswith(_PLACES):
            # What stands in a function is a part of it.
            function = frame.f_code.co_qualname.partition(".<locals>")[0].rpartition(".")[2]
            found = f"{module.rpartition('.')[2]}.{function}"
            return doing if found in HANDED else found
        frame = frame.f_back
    return doing


def listener(payload: Mapping[str, Any]) -> str:
    """By what the listener of a payload goes: `action decide`, `command /kr`, `event user_change`."""
    if "event" in payload:
        return f"event {payload['event']['type']}"
    kind = "command" if "command" in payload else KINDS.get(payload["type"], payload["type"])
    return f"{kind} {NAMED_BY[kind](payload)}"


def tick(step: Step) -> str:
    return f"tick {step.run.__module__.rpartition('.')[2]}.{step.run.__name__}"


def all_points(desk: Desk) -> dict[str, str]:
    """Every point that the code has, with the module it belongs to: of the listeners registered at the desk, of the
    ticks, and of all that commits or calls Slack."""
    found: dict[str, str] = {}

    def add(name: str, module: str, points: Iterable[str]) -> None:
        found.update((f"{name}: {point}", module.rpartition(".")[2]) for point in points)

    for event, (heard, _, _) in desk.news_of.items():
        add(f"event {event.partition('.')[0]}", heard.__module__, COMMIT + ACKNOWLEDGEMENT)
    for kind, handlers_of in desk.heard.items():
        for name, handler in handlers_of.items():
            add(f"{kind} {name}", handler.__module__, ACKNOWLEDGEMENT)
    for step in STEPS:
        add(tick(step), "ticks", COMMIT)
    for name, points in _in_the_code():
        add(name, name.partition(".")[0], points)
    return found


def why_out_of_reach(point: str, module: str) -> str:
    """Why no rehearsal need come to this point; empty where one should."""
    excuses = {**OUT_OF_REACH, **BY_CHANCE}
    return excuses.get(point.partition(":")[0]) or excuses.get(module) or ""


def _in_the_code() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each function that commits or calls Slack, with the points of that."""
    folders = [Path(str(one.__file__)).parent for one in (handlers, scheduler)]
    for file in (*(file for folder in folders for file in folder.glob("*.py")), Path(str(bot.app.__file__))):
        for function in _functions(ast.parse(file.read_text(encoding="utf-8"))):
            name = f"{file.stem}.{function.name}"
            for node in ast.walk(function):
                if not isinstance(node, ast.Attribute) or name in HANDED:
                    continue
                owner = getattr(node.value, "attr", getattr(node.value, "id", ""))
                if owner == "runtime" and node.attr == "write":
                    yield name, COMMIT
                elif owner == "gateway":
                    yield name, PRESS_ANSWERED if node.attr in _PRESSES else REQUEST


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (one for one in inside if isinstance(one, ast.FunctionDef))
