"""What somebody meant by "12 at 45 %, yellow, waiting on legal": a key result, a value, a colour, and the rest.

Nothing is guessed. Value and colour stand at the head, in either order, joined by small words ("is at", "now"); a
colour may also stand alone at the end, behind a comma. As soon as other words begin, the rest is free text and stays
whole. What could mean two things (a range, "+5", "yellow/red", two key results) is returned as not understood.

Three things can be named within the free text: "next: call them", "need: two days of HR", "plan: the old ones first".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.confidence import Confidence
from bot.domain.numbers import Number, parse_number
from bot.domain.units import CURRENCY_SYMBOLS, MAX_UNIT_LENGTH, TIME_WORDS
from bot.domain.validation import TEXT_LIMIT

_WAITING = re.compile(
    r"\s*(?:still\s+)?(?:waiting\s+(?:on|for)|blocked\s+(?:by|on))\s+(?:the\s+)?(?P<whom>[^,;.:!?\n]*[^,;.:!?\s])",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Understood:
    """`number` is the key result's ("KR-12" is 12); `value` is exact, with its `unit`; `same`: as it was the last time.

    `rest` is free text as it was typed. `not_understood` are the pieces that have no place, as they were typed.
    """

    number: int | None = None
    value: Decimal | None = None
    unit: str = ""
    confidence: Confidence | None = None
    same: bool = False
    rest: str = ""
    not_understood: tuple[str, ...] = ()
    next_move: str = ""
    need: str = ""
    plan: str = ""

    @property
    def is_answer(self) -> bool:
        """Something of a check-in was understood, not only of which key result ("2 people have left" is no answer)."""
        return self.value is not None or self.confidence is not None or self.same

    @property
    def says_more(self) -> bool:
        """More than which key result, be it understood or not: "12" and "KR-12?" only ask how it stands."""
        pieces = (self.rest, self.next_move, self.need, self.plan, *self.not_understood)
        return self.is_answer or any(piece.strip("?!.…") for piece in pieces)


def asks_for_help(text: str) -> bool:
    """Whether somebody asks what they can type: "help", "/okr help?"."""
    return text.casefold().strip(" /?!.").removeprefix("okr ") == "help"


def waits_for(words: str) -> str:
    """Whom or what somebody waits for: "legal", of "waiting on legal, since Monday"; "" where none is named."""
    found = _WAITING.match(words)
    return found["whom"].strip() if found is not None else ""


def understand(text: str) -> Understood:
    """What was meant, and every piece that was not understood. Never raises.

    What a field does not hold of a piece (`TEXT_LIMIT`) has no place either.
    """
    return _understand(_Reading(text))


def _understand(reading: _Reading) -> Understood:
    text = reading.text
    _read_key_result(reading)
    while _read_value(reading) or _read_colour(reading) or _read_later_key_result(reading):
        pass
    _read_end(reading)
    _keep_what_fits(reading)
    found = Understood(
        reading.number,
        reading.value,
        reading.unit,
        reading.confidence,
        reading.same,
        reading.rest,
        tuple(reading.unclear),
        **reading.named,
    )
    if found.number is None and not found.is_answer:
        return Understood(not_understood=(text.strip(),) if text.strip() else ())
    return found


# Colours

_COLOUR = (
    r"(?:(?<!\w)(?:green|yellow|amber|red)(?![\w?]|-\w|\s(?:tape|light|flag|team|field|page|line)s?\b)|[🟢🟡🔴]\ufe0f?"
    r"|:(?:large_(?:green|yellow|red)|red)_circle:)"
)
_LETTERS = {"g": Confidence.GREEN, "y": Confidence.YELLOW, "r": Confidence.RED}
_MARKS = {"🟢": Confidence.GREEN, "🟡": Confidence.YELLOW, "🔴": Confidence.RED}
_ONE_COLOUR = re.compile(_COLOUR, re.IGNORECASE)
_LETTER = re.compile(r"(?<!\w)[gyr](?![\w'’?.:/-])", re.IGNORECASE)
_COLOURS = re.compile(rf"{_COLOUR}(?:\s?(?:/|\||→|->|>|-|\bto\b|\bor\b|\s)\s?{_COLOUR})*(?!\s?/)", re.IGNORECASE)
_COLOUR_AT_END = re.compile(
    rf"(?:^|[,;–—]\s*|\s-\s*|(?=[🟢🟡🔴])|(?=:\w+_circle:))(?P<colours>{_COLOUR}(?:\s*{_COLOUR})?)\s*[.!]?\s*$",
    re.IGNORECASE,
)

# Key results

_KR = r"(?<![\w#-])(?:kr\s?[-#]?\s?|#)(?P<number>\d{1,9})(?![\w%]|[.,]\d)"
_BARE = r"(?<![\w#-])(?P<bare>\d{1,9})(?![\w%$€£¥₹/]|[.,'’]\d|[-–]\d|\s%|\s[$€£¥₹](?!\s?\d))"
_FIRST_KEY_RESULT = re.compile(
    rf"\s*(?:(?:please|update|set|put|log|record|check\sin)\s+)*(?:{_KR}|{_BARE})(?:\.(?=\s|$))?", re.IGNORECASE
)
_LATER_KEY_RESULT = re.compile(
    rf"(?:(?:for|on|of|in)\s+)?{_KR}|(?:for|on)\s+(?P<bare>\d{{1,9}})(?=\s*(?:$|[,;:.](?!\d)|{_COLOUR}))", re.IGNORECASE
)
_ANOTHER = re.compile(
    r"(?:\s*(?:,|/|and\b|&|\+|or\b)?\s*(?:kr\s?[-#]?\s?|#)\d{1,9}\b|\s*(?:and|&|\+|or)\s\d{1,9}\b)+", re.IGNORECASE
)
_MEASURE_OF_BARE = re.compile(rf"\s(?:percent|per\scent|pct|pp|points?|pts?|{TIME_WORDS})\b", re.IGNORECASE)

# Values

_MEASURE = (
    rf"%|percent\b|per\scent\b|pct\b|pp\b|percentage\spoints?\b|points?\b|pts?\b|x\b|[{CURRENCY_SYMBOLS}]"
    rf"|(?:usd|eur|gbp|chf)\b|(?:(?:business|working)\s)?(?:{TIME_WORDS})\b|(?-i:[hsd])\b"
)
_QUANTITY = (
    rf"[-−]?\s?(?:(?:US|A|C)?[{CURRENCY_SYMBOLS}]\s?)?"
    r"(?:\d{1,3}(?: \d{3})+(?:[.,]\d+)?(?![\d.,]*\d)|[.,]?\d(?:[\d.,'’\u00a0\u202f]*\d)?)"
    rf"(?:\s?(?:k|m|bn|thousand|millions?|mln|mio|billions?)\b)?(?:\s?(?:{_MEASURE}))?"
)
_VALUE = re.compile(rf"(?P<value>{_QUANTITY})(?P<glued>[^\s,;:]*)", re.IGNORECASE)
_FROM_TO = re.compile(
    rf"(?:from\s+{_QUANTITY}\s*(?:\bto\b|→|->|=>)|{_QUANTITY}\s*(?:→|->|=>))\s*(?=[-−$€£]?\s?\d)", re.IGNORECASE
)
_RANGE = re.compile(r"[-–/]\d\S*|\s(?:to|of|or|out of)\s\d\S*", re.IGNORECASE)
_RELATIVE = re.compile(
    r"(?:\+\s?|[~≈<>≤≥]\s?|(?:up|down|plus|minus|by|up\sby|down\sby|about|around|almost|nearly|over|under)\s)"
    r"(?=[$€£]?\d)\S+",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"\s+(?P<words>(?:[^\W\d_]{{2,20}}\s)?[^\W\d_]{{2,20}}s)(?=,?\s+{_COLOUR})", re.IGNORECASE)
_SAME = re.compile(
    r"(?:the\s+)?(?:same|unchanged|no\s+changes?|nothing\s+(?:has\s+)?changed|as\s+before|as\s+last\s+(?:week|time))\b"
    r"(?:\s+(?:value|score)\b)?(?:\s+as\s+(?:before|last\s+(?:week|time))\b)?",
    re.IGNORECASE,
)

# What stands between

_GAP = re.compile(r"(?:[\s,;=|·→–—]|:(?![a-z_])|\.(?=\s|$)|-(?=[\s>])|(?<=-)>)*", re.IGNORECASE)
_JOIN = re.compile(
    r"(?:(?:is|are|it's|its|now|currently|still|again|at|to|up\sto|down\sto|up\sat|down\sat|value|score|progress|reached"
    r"|reaches|hit|stands|went|moved|and|but|so|with|status|confidence|colou?r|going|feels?|feeling|looks?|looking|we're|i'm|am)\b[\s:=]*)*",
    re.IGNORECASE,
)
_AND = re.compile(r"(?:and|also|then|&)\s+", re.IGNORECASE)
# One character is looked back at: a run of blanks of any length is gone through once.
_NAMED = re.compile(
    r"(?:^|(?<=[\s,;.–—-]))(?P<name>next(?:\s(?:move|step))?|needs?|plan)\s?[:=]\s*(?=\S)", re.IGNORECASE
)
_PIECES = re.compile(r"[^;\n]+")
_NAMES = {"next": "next_move", "need": "need", "needs": "need", "plan": "plan"}
_NO_TEXT = re.compile(rf"[\d\W]+|[gyr]|{_COLOUR}\?*|(?:green|yellow|amber|red)\W*", re.IGNORECASE)


@dataclass
class _Reading:
    """How far the text has been read, and what was found up to there. `is_rest`: it stood behind an answer."""

    text: str
    is_rest: bool = False
    position: int = 0
    number: int | None = None
    value: Decimal | None = None
    unit: str = ""
    confidence: Confidence | None = None
    colour_words: str = ""
    same: bool = False
    rest: str = ""
    unclear: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    is_value_read: bool = False
    is_colour_read: bool = False

    def ahead(self, *, join: bool = False) -> int:
        """Where the next piece begins, past separators and, with `join`, past small words."""
        position = _end(_GAP, self.text, self.position)
        return _end(_GAP, self.text, _end(_JOIN, self.text, position)) if join else position

    def leave(self, begin: int, end: int) -> bool:
        """Set a piece aside as not understood, and go on behind it."""
        self.unclear.append(self.text[begin:end].strip())
        self.position = end
        return True


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position


def _read_key_result(reading: _Reading) -> None:
    """The key result at the beginning: "KR-12", "kr12", "#12", or a bare "12" that is not itself a measured value."""
    match = _FIRST_KEY_RESULT.match(reading.text)
    if match is None or (match["bare"] and _MEASURE_OF_BARE.match(reading.text, match.end())):
        return
    another = _ANOTHER.match(reading.text, match.end())
    number = int(match["number"] or match["bare"])
    if another is not None or number == 0:
        reading.leave(0, another.end() if another else match.end())
        return
    reading.number, reading.position = number, match.end()


def _read_later_key_result(reading: _Reading) -> bool:
    """ "45 % for KR-12", where none came first."""
    match = _LATER_KEY_RESULT.match(reading.text, reading.ahead())
    if match is None or reading.number is not None or not (reading.is_value_read or reading.is_colour_read):
        return False
    reading.number, reading.position = int(match["number"] or match["bare"]) or None, match.end()
    return True


def _read_value(reading: _Reading) -> bool:
    if reading.is_value_read:
        return False
    begin = reading.ahead(join=True)
    same = _SAME.match(reading.text, begin)
    if same is not None:
        reading.same = reading.is_value_read = True
        reading.position = same.end()
        return True
    relative = _RELATIVE.match(reading.text, begin) or _RELATIVE.match(reading.text, reading.ahead())
    if relative is not None:
        reading.is_value_read = True
        return reading.leave(relative.start(), relative.end())
    match = _VALUE.match(reading.text, _end(_FROM_TO, reading.text, begin))
    if match is None:
        return False
    reading.is_value_read = True
    further = _RANGE.match(reading.text, match.end("value"))
    if further is not None:
        return reading.leave(match.start(), further.end())
    number = parse_number(match["value"])
    if match["glued"].strip(".!)") or not isinstance(number, Number) or _may_be_two(match, reading.text):
        return reading.leave(match.start(), match.end())
    reading.value, reading.unit, reading.position = number.value, number.unit, match.end()
    counted = _COUNTED.match(reading.text, match.end())
    if counted is not None and not number.unit and len(counted["words"]) <= MAX_UNIT_LENGTH:
        reading.unit, reading.position = counted["words"], counted.end()
    return True


def _may_be_two(match: re.Match[str], text: str) -> bool:
    """ "45 300 people": one number with a space in it, or two. Only what ends there, or has a measure, is one."""
    follows = _end(_GAP, text, match.end())
    is_grouped = re.search(r"\d \d", match["value"]) is not None
    is_closed = not match["value"][-1].isdigit() or text[match.end() : match.end() + 1] in ("", ",", ";", ":")
    return is_grouped and not is_closed and _ONE_COLOUR.match(text, follows) is None


def _read_colour(reading: _Reading) -> bool:
    if reading.is_colour_read:
        return False
    begin = reading.ahead(join=True)
    match = _COLOURS.match(reading.text, begin)
    if match is None and (reading.value is not None or reading.same):
        match = _LETTER.match(reading.text, begin)
    if match is None:
        return False
    reading.is_colour_read = True
    meant = _meanings(match.group())
    if len(meant) > 1:
        return reading.leave(match.start(), match.end())
    reading.confidence, reading.colour_words, reading.position = meant.pop(), match.group(), match.end()
    return True


def _meanings(words: str) -> set[Confidence]:
    lower = words.casefold()
    if lower in _LETTERS:
        return {_LETTERS[lower]}
    found = {colour for mark, colour in _MARKS.items() if mark in lower}
    found |= {colour for colour in Confidence if colour.value in lower}
    return found | ({Confidence.YELLOW} if "amber" in lower else set())


def _read_end(reading: _Reading) -> None:
    """The free text, without a colour that stands alone behind it."""
    rest = reading.text[reading.ahead() :].rstrip(" \t\r\n,;–—-")
    match = _COLOUR_AT_END.search(rest)
    meant = _meanings(match["colours"]) if match else set()
    if match is not None and (len(meant) > 1 or reading.confidence not in (None, *meant)):
        reading.unclear += [words for words in (reading.colour_words, match["colours"]) if words]
        reading.confidence = None
    elif match is not None and not reading.is_colour_read:
        reading.confidence = meant.pop()
    if match is not None:
        rest = rest[: match.start()].rstrip(" \t\r\n,;–—-")
    is_behind_one = not reading.is_rest and (reading.is_value_read or reading.is_colour_read)
    rest = _read_named(reading, rest, is_behind_one=is_behind_one)
    if rest and is_behind_one and _is_another_answer(rest):
        reading.unclear.append(rest)
        rest = ""
    if rest and _NO_TEXT.fullmatch(rest):
        reading.unclear.append(rest)
        rest = ""
    reading.rest = rest


def _is_another_answer(rest: str) -> bool:
    """ "13 at 50, yellow", behind what was said of another: whole answers are told one at a time."""
    begins = _AND.match(rest)
    another = _understand(_Reading(rest[begins.end() :] if begins else rest, is_rest=True))
    said = another.value is not None or another.same
    return another.number is not None and said and another.confidence is not None


def _before_another_answer(words: str) -> int:
    """Where "13 50 yellow" begins in what is named, behind a semicolon or on a line of its own; else where that ends.

    What no field holds is not looked at.
    """
    pieces = list(_PIECES.finditer(words, 0, TEXT_LIMIT))
    return next((one.start() for one in pieces[1:] if _is_another_answer(one.group().strip())), len(words))


def _read_named(reading: _Reading, rest: str, *, is_behind_one: bool) -> str:
    """Take what is named ("next: …") out of the free text, and return what stood before. The first of two counts.

    `is_behind_one`: it stands behind an answer, so that another one in it is set aside.
    """
    labels = list(_NAMED.finditer(rest))
    if not labels:
        return rest
    begins = [len(rest[: label.start()].rstrip(" \t\r\n,;.–—-")) for label in labels]
    for label, end in zip(labels, [*begins[1:], len(rest)], strict=True):
        said = rest[label.end() : end].strip(" \t\r\n,;–—-")
        name = _NAMES[label["name"].casefold().partition(" ")[0]]
        if said and name in reading.named:
            reading.unclear.append(rest[label.start("name") : label.end()] + said)
        elif said:
            until = _before_another_answer(said) if is_behind_one else len(said)
            reading.named[name] = said[:until].rstrip(" \t\r\n,;–—-")
            reading.unclear += [said[until:].strip()] if said[until:] else []
    return rest[: begins[0]]


def _keep_what_fits(reading: _Reading) -> None:
    """Set aside what a field of the check-in does not hold."""
    for name, said in reading.named.items():
        reading.named[name], behind = said[:TEXT_LIMIT], said[TEXT_LIMIT:]
        reading.unclear += [behind] if behind else []
    reading.rest, behind = reading.rest[:TEXT_LIMIT], reading.rest[TEXT_LIMIT:]
    reading.unclear += [behind] if behind else []
