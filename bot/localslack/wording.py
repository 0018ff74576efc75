"""What Slack tells an app about blocks and views that it refuses: `errors`, and `response_metadata.messages`."""

from collections.abc import Iterable

from bot.localslack.facts.shapes import Problem

AMBIGUOUS = "failed to match all allowed schemas"


def told(problems: Iterable[Problem], prefix: str = "") -> list[str]:
    """Problems as lines of `errors`, such as "must be less than 3001 characters [json-pointer:/blocks/0/text/text]".

    A text object that may be plain_text or mrkdwn is named before what is wrong inside it. `prefix`: where the pointers
    of these problems begin."""
    lines: list[str] = []
    for problem in problems:
        if problem.within is not None:
            lines.append(_line(AMBIGUOUS, prefix + problem.within))
        lines.append(_line(problem.message, prefix + problem.pointer))
    return list(dict.fromkeys(lines))


def told_of_a_view(problems: Iterable[Problem]) -> list[str]:
    """The same for a view, which is named first itself when something inside its blocks has not its shape."""
    problems = list(problems)
    lines = told(problems, "/view")
    inside = any(problem.of_shape and problem.pointer.startswith("/blocks/") for problem in problems)
    return [_line(AMBIGUOUS, "/view"), *lines] if inside else lines


def messages(lines: Iterable[str]) -> list[str]:
    """Lines as they stand in `response_metadata.messages`."""
    return [f"[ERROR] {line}" for line in lines]


def _line(message: str, pointer: str) -> str:
    return f"{message} [json-pointer:{pointer}]"
