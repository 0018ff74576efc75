"""The words around the numbers of a goal: verbs of change and of keeping, limits, baselines, and the name of a metric.

All functions look only at the text on one side of a number, a short stretch of it, and never raise.
"""

import re
from enum import Enum

MAX_METRIC_LENGTH = 80


class Direction(Enum):
    UP = "up"
    DOWN = "down"


class Limit(Enum):
    AT_LEAST = "at least"
    AT_MOST = "at most"


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(alternatives)})(?![\w-])", re.IGNORECASE)


_UP = _pattern(
    r"(?:increas|rais|ris|doubl|tripl|quadrupl|accelerat)(?:e|es|ed|ing)|rose",
    r"(?:boost|lift|expand|gain)(?:s|ed|ing)?|grow(?:s|n|ing)?|grew",
)
_DOWN = _pattern(
    r"(?:reduc|decreas|declin|minimi[sz]|halv|slash)(?:e|es|ed|ing)|lower(?:s|ed|ing)?|shorten(?:s|ed|ing)?",
    r"cuts?|cutting|shrink(?:s|ing)?|drop(?:s|ped|ping)?|trim(?:s|med|ming)?|fall(?:s|ing)?|fell|limit(?:s|ed|ing)?",
)
_MOVE = _pattern(
    r"(?:improv|mov|chang|scal)(?:e|es|ed|ing)|bring(?:s|ing)?|tak(?:e|es|ing)|gets?|getting|go(?:es)?|push(?:es|ed|ing)?",
    r"reach(?:es|ed|ing)?|hit(?:s|ting)?|(?:achiev|exceed|attain|surpass)(?:e|es|s|d|ed|ing)?|com(?:e|es|ing)",
)
_KEEP = _pattern(
    r"keep(?:s|ing)?|kept|stay(?:s|ed|ing)?|(?:maintain|remain|sustain|retain)(?:s|ed|ing)?",
    r"hold(?:s|ing)?(?=\s[^.;]{1,60}\s(?:at|above|below|under|over)\b)",
    r"(?:never|not|without)\s(?:exceed|drop|fall|ris|go)(?:e|s|es|ing|ping)?",
)
_LESS_IS_BETTER = _pattern(
    r"churn|latency|downtime|duration|delays?|time to [a-z ]{2,30}|tak(?:e|es|ing)(?=\s*$)",
    r"(?:response|lead|cycle|load|build|wait(?:ing)?|resolution|handling) times?",
    r"error(?:s| rate)|bugs?|defects?|incidents?|outages?|crash(?:es| rate)|failures?|costs?|spend",
    r"attrition|turnover|backlog|complaints?|bounce rate|cac|mtt[dr]|variance|overhead",
    r"p\d\d|\d\d(?:st|nd|rd|th) percentile",
)
_CHANGE_AFTER = re.compile(
    r"\s*(?:(?:a|an|in|relative|overall|net)\s){0,2}"
    r"(?:(?P<up>increase|growth|improvement|uplift|rise|gain|more|higher|faster)"
    r"|(?P<down>reduction|decrease|drop|decline|cut|fewer|less|lower))\b(?!\sor\b)",
    re.IGNORECASE,
)

_ROUGHLY = (
    r"(?:(?:about|around|roughly|approximately|approx\.?|just|only|a|an|the|our|current|average of|total of|[~≈])\s*)*"
)
_NOT_OVER = (
    r"(?:not|never|from|without)\s(?:to\s)?(?:exceed(?:s|ing)?|(?:go(?:es|ing)?|ris(?:e|es|ing))\s(?:over|above|beyond))"
    r"|at most|max(?:imum)?(?:\sof)?|[≤<]=?|(?:no|not)\s(?:more|longer|higher|greater|later)\sthan|under|below|beneath"
    r"|(?:less|fewer|lower|shorter)\sthan|within"
)
_NOT_UNDER = (
    r"(?:not|never|from|without)\s(?:to\s)?(?:go(?:es|ing)?|drop(?:s|ping)?|fall(?:s|ing)?)\s(?:under|below)"
    r"|at least|min(?:imum)?(?:\sof)?|[≥>]=?|(?:no|not)\s(?:less|fewer|lower)\sthan|over|above|exceed(?:s|ing)?"
    r"|(?:more|greater|higher)\sthan"
)
_LIMIT_BEFORE = re.compile(
    rf"(?<![\w-])(?:at\sor\s(?P<or>below|under|above|over)|(?P<most>{_NOT_OVER})|(?P<least>{_NOT_UNDER}))\s*{_ROUGHLY}$",
    re.IGNORECASE,
)
_LIMIT_AFTER = re.compile(
    r"\s*(?:(?P<most>or\s(?:less|fewer|below|lower|under|faster|shorter)|at most|max(?:imum)?)"
    r"|(?P<least>or\s(?:more|above|higher|better|over)|at least|min(?:imum)?))\b",
    re.IGNORECASE,
)
_LEAD_IN = rf"(?:(?:{_NOT_OVER}|{_NOT_UNDER})\s*)?{_ROUGHLY}"
_TO = re.compile(rf"(?<![\w-])to\s{_LEAD_IN}$", re.IGNORECASE)
_BY = re.compile(rf"(?<![\w-])by\s{_LEAD_IN}$", re.IGNORECASE)
_FROM = re.compile(rf"(?<![\w-])from\s(?:currently\s|(?:a\s)?baseline\sof\s)?{_ROUGHLY}$", re.IGNORECASE)
_ARRIVES = re.compile(
    rf"(?<![\w-])(?:reach(?:es|ed|ing)?|hit(?:s|ting)?|achiev(?:e|es|ed|ing)|attain(?:s|ing)?|surpass(?:es)?)\s{_LEAD_IN}$",
    re.IGNORECASE,
)
_TARGET_IS = re.compile(
    rf"(?<![\w-])(?:target\s|(?:target|goal|aim)(?:s|ing|ed)?\s?(?:(?:of|is|for|at|value)\s|[:=]\s?)){_LEAD_IN}$",
    re.IGNORECASE,
)
_BASELINE_BEFORE = re.compile(
    r"(?<![\w-])(?:currently|current(?:\s(?:value|level|state))?|baseline|now|today|was|were|presently|at present"
    r"|starts?|starting|status quo|versus|vs\.?|compared\s(?:to|with)|(?:up|down)\sfrom)"
    rf"(?:\s?[:=]|\s(?:at|of|from|is|we are at))?\s*{_ROUGHLY}$",
    re.IGNORECASE,
)
_BASELINE_AFTER = re.compile(r"\s*(?:\w+\s)?(?:today|now|currently|at present|(?:as\s(?:a\s)?)?baseline)\b", re.I)
_STRETCH = re.compile(r"(?<![\w-])(?:within|in|for|over|during|after|every)\s$", re.IGNORECASE)
_ARROW = re.compile(r"[^.;\d]{0,40}?(?:→|⟶|➔|➜|⇒|[-–=]>|>>)[^.;\d]{0,20}")
_SPAN_TO = re.compile(rf"(?:\s[^.;\d]{{0,40}}?)?\sto\s{_LEAD_IN}", re.IGNORECASE)
_SPAN_FROM = re.compile(rf"[^.;\d]{{0,40}}?[\s(]from\s{_ROUGHLY}", re.IGNORECASE)
_PREPOSITION = re.compile(
    r"\b(?:to|of|for|in|at|with|on|is|are|than|from|under|over|above|below|within)\s$", re.IGNORECASE
)

_MARK = r"(?:\W{0,5}(?:kr|o|key result)?\s?\d{1,2}(?:\.\d{1,2})?\s?[.):-]\s)?(?:\[[^\]]{0,40}\])?[^\w\"“$€£]{0,5}"
_MARKER = re.compile(rf"^{_MARK}", re.IGNORECASE)
FACTOR = re.compile(rf"{_MARK}(double|triple|quadruple|halve)(?=\s)", re.IGNORECASE)  # a change that is a verb
_ASIDE = re.compile(r"\s?\([^()]{0,300}(?:\)|$)")
_SENTENCE = re.compile(r";\s|[.!?]\s(?=[A-Z])")
_CUT = re.compile(
    r"\s(?:by|during|before|until|so that|in order)\s|\s(?:from|to)\s(?=[$€£]?\d)|[.;,:\[\]]\s?|\s[-–—]\s",
    re.IGNORECASE,
)
_EDGE = re.compile(
    rf"(?:\s|^)(?P<edge>{_NOT_OVER}|{_NOT_UNDER}|at or|from|to|by|at|is|are|of|with|for|in|on|the|a|an|be|takes?|stays?"
    r"|and|that|[^\w\s\"”'’)]+|[$€£]?\d[\d.,]*\s?%?)$",
    re.IGNORECASE,
)
# What stands before these is no verb.
_SAYS_OF = ("from", "to", "of", "at", "is", "are", "take", "takes", "stay", "stays", "at or")
_LEADING = re.compile(
    r"^(?:(?:of|the|a|an|our|number of|in|and|on|for|with|from|fewer|more|less|lower|higher|faster"
    r"|or (?:less|fewer|more|better|below|above|lower|higher)"
    r"|(?:increase|growth|improvement|uplift|rise|reduction|decrease|drop|decline|cut) (?:in|of))(?:\s|$)|[^\w\"“]+)",
    re.IGNORECASE,
)
# A name that ends in one of these was cut in the middle: "talk to all", "the handbook so", "renewals that we".
_DANGLING = re.compile(
    r"\s(?:all|both|each|every|any|so|to|into|for|of|in|on|at|by|with|from|as|than|via|per|within|about|over|under"
    r"|up to|the|a|an|and|or|but|that|which|who|whose|when|where|while|if|because|we|you|they|it|he|she|i|our|your"
    r"|their|its|this|these|those|is|are|be|was|were|been|has|have|had|will|can|should|must|may|not|gets?|ensure)$",
    re.IGNORECASE,
)
_STRETCH_FIRST = re.compile(r"^(?:within|in|after|over)\s[^,]{1,30},\s*", re.IGNORECASE)
_LOOK = 60


def is_inside_parentheses(text: str, position: int) -> bool:
    """Whether a position lies in (…), where explanations stand rather than targets."""
    return text.rfind("(", 0, position) > text.rfind(")", 0, position)


def moves(before: str) -> bool:
    """Whether a verb of change or arrival stands somewhere before a number."""
    return any(pattern.search(before) for pattern in (_UP, _DOWN, _MOVE))


def direction(before: str) -> Direction | None:
    """Which way the first verb with a direction points; None for "improve", "bring", or no verb at all."""
    up, down = _UP.search(before), _DOWN.search(before)
    if up and down:
        return Direction.UP if up.start() < down.start() else Direction.DOWN
    return Direction.UP if up else Direction.DOWN if down else None


def keeps(before: str) -> bool:
    """Whether something is to stay as it is: keep, stay, maintain, never exceed."""
    return _KEEP.search(before) is not None


def less_is_better(words: str) -> bool:
    """Whether the words name something of which less is better: churn, latency, incidents."""
    return _LESS_IS_BETTER.search(words) is not None


def limit(before: str, after: str) -> Limit | None:
    """The limit written directly before or after a number: "at most 5", "≥ 5", "5 or less"."""
    match = _LIMIT_BEFORE.search(before[-_LOOK:])
    if match and match["or"]:
        return Limit.AT_MOST if match["or"].casefold() in ("below", "under") else Limit.AT_LEAST
    match = match or _LIMIT_AFTER.match(after)
    if match is None:
        return None
    return Limit.AT_MOST if match["most"] else Limit.AT_LEAST


def change_after(after: str) -> Direction | None:
    """The direction of a noun of change directly after a number: "20 % reduction in …"."""
    match = _CHANGE_AFTER.match(after)
    if match is None:
        return None
    return Direction.UP if match["up"] else Direction.DOWN


def comes_after_to(before: str) -> bool:
    return _TO.search(before[-_LOOK:]) is not None


def comes_after_by(before: str) -> bool:
    return _BY.search(before[-_LOOK:]) is not None


def comes_after_from(before: str) -> bool:
    return _FROM.search(before[-_LOOK:]) is not None


def comes_after_arrival(before: str) -> bool:
    """ "reach 5", "hits at least 5" """
    return _ARRIVES.search(before[-_LOOK:]) is not None


def comes_after_stretch(before: str) -> bool:
    """ "within 5 days", "in 2 weeks": a time in which, or after which, something happens"""
    return _STRETCH.search(before[-_LOOK:]) is not None


def is_called_target(before: str) -> bool:
    """ "target: 5", "with a goal of 5" """
    return _TARGET_IS.search(before[-_LOOK:]) is not None


def is_called_baseline(before: str, after: str) -> bool:
    """ "currently 5", "baseline: 5", "up from 5", "5 today" """
    return bool(_BASELINE_BEFORE.search(before[-_LOOK:]) or _BASELINE_AFTER.match(after))


def comes_after_preposition(before: str) -> bool:
    return _PREPOSITION.search(before[-_LOOK:]) is not None


def joined_by_arrow(between: str) -> bool:
    return _ARROW.fullmatch(between) is not None


def joined_by_to(between: str) -> bool:
    """What stands between X and Y in "X to Y", some words allowed: "9 h at worst to at most 4 h"."""
    return _SPAN_TO.fullmatch(between) is not None


def joined_by_from(between: str) -> bool:
    """What stands between Y and X in "Y from X"."""
    return _SPAN_FROM.fullmatch(between) is not None


def metric_name(before: str, after: str, *, is_pair: bool = False) -> str:
    """A short name of what is measured: the words before the number without verb and limits, else those after it.

    `is_pair`: two numbers stand between `before` and `after`, so that a single word before them is no verb. At most
    MAX_METRIC_LENGTH code points. "" if there are no words at all, or only some that end in the middle ("Talk to all"):
    then the whole text is the better name.
    """
    sentence = _STRETCH_FIRST.sub("", _MARKER.sub("", _SENTENCE.split(_ASIDE.sub("", before))[-1]))
    name = _subject(sentence, is_pair=is_pair) or _CUT.split(f"{_ASIDE.sub('', after).strip()} ", maxsplit=1)[0]
    while (shorter := _LEADING.sub("", name.strip())) != name:
        name = shorter
    name = " ".join((name or sentence).split())
    return "" if _DANGLING.search(name) else _short(name)


def _subject(words: str, *, is_pair: bool) -> str:
    """The words before a number without the verb that leads them and the limits that end them; "" if none are left."""
    words = words.strip()
    is_named = is_pair or words.endswith(":")
    while words:
        edge = _EDGE.search(words)
        is_named = is_named or bool(edge and (edge["edge"].casefold() in _SAYS_OF or edge["edge"][0] in "≤≥<>"))
        shorter = _without_last_verb((words[: edge.start()] if edge else words).rstrip(" :-–—(,"))
        if shorter == words:
            break
        words = shorter
    first, _, rest = words.partition(" ")
    if moves(first) or keeps(f"{first} "):
        return rest
    if not rest:
        return words if is_named and first.casefold() not in ("there", "target", "goal", "we") else ""
    return "" if re.fullmatch(r"\w+ (?:and|&) \w+", words) else words


def _without_last_verb(words: str) -> str:
    rest, _, last = words.rpartition(" ")
    return rest if rest and direction(last) is not None else words


def _short(name: str) -> str:
    if len(name) <= MAX_METRIC_LENGTH:
        return name
    short = name[: MAX_METRIC_LENGTH + 1].rpartition(" ")[0] or name[:MAX_METRIC_LENGTH]
    while (shorter := _DANGLING.sub("", short)) != short:
        short = shorter
    return short
