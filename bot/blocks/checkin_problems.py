"""One sentence for each thing in a check-in that cannot be taken: what is wrong, and how to put it right."""

from __future__ import annotations

from bot.blocks.text import clip, too_long
from bot.domain.doubts import Doubt, Odd
from bot.domain.numbers import format_value
from bot.domain.validation import Finding, Problem


def sentence(finding: Finding) -> str:
    """Stands under the field, in plain text."""
    match finding.problem:
        case Problem.VALUE_MISSING:
            return "Please type where it is now. If nothing moved, the same number as last time is fine."
        case Problem.SCORE_MISSING:
            return "Please give it a score from 0 (not begun) to 1 (done); the same as last time if nothing moved."
        case Problem.COLOUR_MISSING:
            return "Please choose a colour: how do you see the end of the cycle?"
        case Problem.NEXT_MOVE_MISSING:
            return "Please name the next move; a few words will do."
        case Problem.NEED_MISSING:
            return "Please say what you need, so that others can help. “I don't know yet” is fine."
        case Problem.PLAN_MISSING:
            return "Please say what the plan is. “I don't know yet, help me plan” is a good answer."
        case Problem.NOT_A_NUMBER:
            return finding.number.sentence if finding.number is not None else "Please type a number, such as 45."
        case Problem.OTHER_UNIT:
            return (
                f"This key result is counted in {clip(finding.expected, 60)}, not in {clip(finding.typed, 60)}. "
                "Please type the number in that unit."
            )
        case Problem.NOT_A_SCORE:
            return "A score goes from 0 to 1, for example 0.4."
        case Problem.START_PAST_TARGET:
            target = format_value(finding.target, "") if finding.target is not None else "the target"
            return f"With this start it is past its target of {target} already. Please look at the number again."
        case Problem.TOO_LONG:
            return too_long(finding.length, finding.limit)


def really(doubt: Doubt, unit: str) -> str:
    """The question about an odd value, as the label of its box; plain text."""
    value, beside = format_value(doubt.value, clip(unit, 40)), format_value(doubt.beside, clip(unit, 40))
    match doubt.odd:
        case Odd.TEN_TIMES:
            return f"Really {value}? Last time it was {beside}."
        case Odd.A_TENTH:
            return f"Really {value}? Last time it was {beside}."
        case Odd.PAST_TARGET:
            return f"Really {value}? That is past the target of {beside}."
        case Odd.BEHIND_START:
            return f"Really {value}? That is behind the start, {beside}."


def tick_if_sure() -> str:
    """Under the box, where it was not ticked."""
    return "Please tick this if the value is right, or put the value right."


def help_needs_a_name() -> str:
    return "Please say who or what it waits for, so that the thread can ask. A few words of your own will do."
