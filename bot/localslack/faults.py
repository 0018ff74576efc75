"""What goes wrong between an app and Slack, decided without I/O: by probability or by script, from a seed.

A `Fault` is a rule: what (`FaultKind`), on which calls, how often. `Faults` holds the rules and answers three
questions:

- `fate(method, now)`: what becomes of a Web API call, or of one at an address that Slack gave out. A `Fate` says
  whether and when its effect happens, what the answer is, how much of it arrives and after how long.
- `passage(kind, now)`: what becomes of a payload on its way to the app: twice, late, overtaken by the next one, or
  answered with nobody hearing it.
- `line(kind, now)`: what happens to the Socket Mode connection that is about to carry a payload.

Who carries what. The core (`LocalSlack.exchange`) decides a call's fate and applies all that concerns the state: it
leaves the effect out, keeps it for later (`core.next_due`, `core.run_due`), and hides a new message from the history
for a while. The queue (`Outgoing`) applies the passages. A transport carries only what the wire does, in its own kind
of time: it waits `fate.delay`, then hands over the whole answer, half of it, or none. So a simulation without sockets
needs the core alone, in place of the SDK's one sending method:

    exchange = core.exchange(Request(method, query, content_type, body, authorization))
    # Pass exchange.fate.delay seconds of virtual time; a client that waits for less has a TimeoutError.
    # exchange.fate.answer: NONE is a RemoteDisconnected, TRUNCATED an IncompleteRead, UNREADABLE and WHOLE give
    # exchange.body() with exchange.answer.status and .headers (from 400 on an HTTPError).
    # Between two events: jump the clock to core.next_due() where that comes first, and call core.run_due().

A fate depends on the seed, the rule's place and the number of the call among those of the same name, never on how
calls of different names interleave; so threads do not disturb it either.
"""

from collections import Counter
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import Enum
from fnmatch import fnmatchcase
from hashlib import sha256
from math import ceil
from typing import Any, Self

from bot.localslack.checking import check
from bot.localslack.errors import FaultError
from bot.localslack.facts.methods import METHODS
from bot.localslack.facts.shapes import Flag, Number, Record, String, Whole

Json = dict[str, Any]


class FaultKind(Enum):
    """What can go wrong. The first group concerns Web API calls, the second payloads, the third connections."""

    RATE_LIMITED = "rate_limited"  # 429, and until Retry-After is over every further call of that method too
    SERVER_ERROR = "server_error"  # a 5xx with a page of HTML, as from a proxy
    ERROR = "error"  # 200 with ok: false
    SLOW = "slow"  # the effect at once, the answer after a while
    DROPPED_BEFORE = "dropped_before"  # the connection ends, nothing happened
    DROPPED_AFTER = "dropped_after"  # it happened, the connection ends without an answer
    LATE_EFFECT = "late_effect"  # the connection ends, and it happens afterwards
    TRUNCATED = "truncated"  # it happened, half of the answer arrives
    UNREADABLE = "unreadable"  # it happened, the answer is whole, has status 200 and is no JSON
    EXPIRED_TRIGGER = "expired_trigger"  # a trigger_id that was too slow on its way
    HISTORY_LAG = "history_lag"  # history and replies show a new message only after a while; joins any other fault

    TWICE = "twice"  # the same payload again
    LATE = "late"
    OUT_OF_ORDER = "out_of_order"  # the next payload of its kind overtakes it
    ACK_LOST = "ack_lost"  # the app gets it and answers, nobody hears the answer

    SOCKET_WARNING = "socket_warning"
    SOCKET_REFRESH = "socket_refresh"
    SOCKET_CUT = "socket_cut"  # the cable is cut before the payload is out
    SOCKET_HALF_OPEN = "socket_half_open"  # open for the one side, dead for the other: nothing goes either way


PAYLOAD_KINDS = frozenset({FaultKind.TWICE, FaultKind.LATE, FaultKind.OUT_OF_ORDER, FaultKind.ACK_LOST})
LINE_KINDS = frozenset(
    {FaultKind.SOCKET_WARNING, FaultKind.SOCKET_REFRESH, FaultKind.SOCKET_CUT, FaultKind.SOCKET_HALF_OPEN}
)
CALL_KINDS = frozenset(FaultKind) - PAYLOAD_KINDS - LINE_KINDS - {FaultKind.HISTORY_LAG}
LAG_KINDS = frozenset({FaultKind.HISTORY_LAG})

RESPONSE_URL, UPLOAD = "response_url", "upload"
"""What the addresses go by that Slack gives out, where a call has the name of its method."""

CALLS = frozenset({*METHODS, RESPONSE_URL, UPLOAD})
ENVELOPES = frozenset({"events_api", "interactive", "options", "slash_commands"})
"""What a rule may be on: a Web API call or an address, or else a payload and the connection that carries it."""

TOO_EARLY = "called_too_early"
"""Counted apart: calls of a method before its Retry-After was over."""

SECONDS = {
    FaultKind.RATE_LIMITED: 1.0,
    FaultKind.SLOW: 1.0,
    FaultKind.LATE_EFFECT: 1.0,
    FaultKind.HISTORY_LAG: 1.0,
    FaultKind.LATE: 1.0,
    FaultKind.OUT_OF_ORDER: 3.0,
}
"""How long each lasts when the rule does not say. For OUT_OF_ORDER: how long at most, when nothing overtakes it."""


LONGEST = timedelta(days=366).total_seconds()

SHAPE = Record(
    required={"kind": String()},
    optional={
        "on": String(),
        "probability": Number(),
        "times": Whole(),
        "skip": Whole(),
        "seconds": Number(),
        "up_to": Number(),
        "status": Whole(),
        "error": String(),
        "effect": Flag(),
        "since": String(),
        "until": String(),
    },
)
"""A rule as JSON: the types alone, for what it means a `Fault` checks itself."""

MAY_BE_NULL = frozenset({"times", "seconds", "up_to", "since", "until"})


@dataclass(frozen=True)
class Fault:
    """A rule. `on`: a method (`chat.*`), an address (`response_url`, `upload`; an ERROR there has status 500) or, for
    payloads and connections, an envelope type (`events_api`, `interactive`, `slash_commands`, `options`), with * and ?.

    Of the matching calls the first `skip` pass by; of the others each is hit with `probability`, at most `times` in
    all. So `times=3` alone is a script for the next three calls. `since` and `until` (aware) are an outage's ends.
    """

    kind: FaultKind
    on: str = "*"
    probability: float = 1.0
    times: int | None = None
    skip: int = 0
    seconds: float | None = None  # how long; see SECONDS
    up_to: float | None = None  # then it lasts between `seconds` and this
    status: int = 503  # of a SERVER_ERROR
    error: str = "internal_error"  # of an ERROR
    effect: bool = False  # whether a SERVER_ERROR or ERROR comes after the effect
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        """Raises FaultError for a rule that cannot be, or that would never do anything."""
        if not 0 <= self.probability <= 1:
            raise FaultError("a probability lies between 0 and 1")
        if any(instant is not None and instant.tzinfo is None for instant in (self.since, self.until)):
            raise FaultError("the ends of an outage are aware instants")
        if self.since is not None and self.until is not None and self.since >= self.until:
            raise FaultError("an outage ends after it has begun")
        if not 500 <= self.status <= 599:
            raise FaultError("a server error has a status from 500 to 599")
        if not all(0 <= (seconds or 0) <= LONGEST for seconds in (self.seconds, self.up_to)):
            raise FaultError("seconds and up_to lie between 0 and a year")
        if self.skip < 0:
            raise FaultError("skip is not negative")
        if self.times is not None and self.times < 1:
            raise FaultError("times is 1 or more")
        of_calls = self.kind in CALL_KINDS | LAG_KINDS
        if not any(fnmatchcase(name, self.on) for name in (CALLS if of_calls else ENVELOPES)):
            meets = "Web API calls" if of_calls else f"payloads ({', '.join(sorted(ENVELOPES))})"
            raise FaultError(f"{self.kind.value} happens to {meets}, and none of them is called {self.on!r}")

    def to_json(self) -> Json:
        plain = asdict(self) | {"kind": self.kind.value}
        return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in plain.items()}

    @classmethod
    def from_json(cls, given: Any) -> Self:
        """Raises FaultError for what is no rule. `given` is any JSON value."""
        if not isinstance(given, dict):
            raise FaultError(f"a fault is an object, not {given!r}")
        strange = sorted(set(given) - {field.name for field in fields(cls)})
        if strange:
            raise FaultError(f"a fault has no {', '.join(strange)}")
        values = {name: value for name, value in given.items() if name not in MAY_BE_NULL or value is not None}
        problem = next(check(SHAPE, values, ""), None)
        if problem is not None:
            raise FaultError(f"a fault's {problem.pointer[1:] or 'fields'}: {problem.message}")
        try:
            values["kind"] = FaultKind(values["kind"])
        except ValueError:
            raise FaultError(f"there is no fault {values['kind']!r}") from None
        for name in ("since", "until"):
            if name in values:
                try:
                    values[name] = datetime.fromisoformat(values[name])
                except ValueError:
                    raise FaultError(f"{name} is no instant: {values[name]!r}") from None
        return cls(**values)


class Effect(Enum):
    NOW = "now"
    LATE = "late"
    NONE = "none"


class Arrives(Enum):
    """How much of an answer reaches the app."""

    WHOLE = "whole"
    TRUNCATED = "truncated"
    UNREADABLE = "unreadable"
    NONE = "none"


@dataclass(frozen=True)
class Fate:
    """What becomes of one Web API call. `kind` None: nothing goes wrong (but for a lag of the history)."""

    kind: FaultKind | None = None
    status: int = 200
    error: str | None = None  # Slack's word, in place of the method's own answer
    retry_after: int | None = None  # whole seconds
    delay: float = 0.0  # seconds until the answer leaves
    effect: Effect = Effect.NOW
    effect_after: float = 0.0  # seconds, where the effect is late
    answer: Arrives = Arrives.WHOLE
    lag: float = 0.0  # seconds during which the history does not show what the call posts

    @property
    def replaces_answer(self) -> bool:
        """Whether the app gets another answer than the method's own."""
        return self.status != 200 or self.error is not None


@dataclass(frozen=True)
class Passage:
    """What becomes of one payload on its way to the app."""

    kind: FaultKind | None = None
    wait: float = 0.0  # seconds
    overtaken: bool = False  # wait at most that long: it goes once a later one of its kind is answered
    copies: int = 1
    ack_lost: bool = False


UNHARMED = Fate()
STRAIGHT = Passage()


class Faults:
    """The rules, and what they did (`counts`, by the kind's name)."""

    def __init__(self, seed: int | str = 0) -> None:
        self._seed = seed
        self._rules: list[tuple[int, Fault]] = []
        self._numbers = 0
        self._seen: Counter[tuple[int, str]] = Counter()  # matching calls, by rule and name
        self._passed: Counter[int] = Counter()  # matching calls, by rule
        self._fired: Counter[int] = Counter()
        self._shut: dict[str, datetime] = {}  # until when a method answers 429
        self.counts: Counter[str] = Counter()

    @property
    def rules(self) -> list[Fault]:
        return [rule for _, rule in self._rules]

    def add(self, *faults: Fault) -> None:
        """Add rules. Of several that match a call, the first that hits it counts."""
        for fault in faults:
            self._numbers += 1
            self._rules.append((self._numbers, fault))

    def clear(self) -> None:
        """Everything goes well again. What was counted stays; what is late or held still comes."""
        self._rules.clear()
        self._shut.clear()

    def reseed(self, seed: int | str) -> None:
        """Begin anew from another seed, without rules and counts."""
        self.clear()
        self._seed, self._numbers = seed, 0
        for counter in (self._seen, self._passed, self._fired, self.counts):
            counter.clear()

    def fate(self, method: str, now: datetime) -> Fate:
        """Decide about a call. Asked exactly once for each."""
        reopens = self._shut.get(method)
        if reopens is not None and now < reopens:
            self.counts[TOO_EARLY] += 1
            return _limited(ceil((reopens - now).total_seconds()))
        lag = self._hit(LAG_KINDS, method, now)
        seconds = 0.0 if lag is None else self._seconds(*lag, method)
        hit = self._hit(CALL_KINDS, method, now)
        if hit is None:
            return UNHARMED if lag is None else Fate(lag=seconds)
        return self._fate(*hit, method, now, seconds)

    def passage(self, kind: str, now: datetime) -> Passage:
        """Decide about a payload of an envelope type. Asked exactly once for each."""
        hit = self._hit(PAYLOAD_KINDS, kind, now)
        if hit is None:
            return STRAIGHT
        rule = hit[1]
        match rule.kind:
            case FaultKind.TWICE:
                return Passage(rule.kind, copies=2)
            case FaultKind.ACK_LOST:
                return Passage(rule.kind, ack_lost=True)
            case _:
                overtaken = rule.kind is FaultKind.OUT_OF_ORDER
                return Passage(rule.kind, wait=self._seconds(*hit, kind), overtaken=overtaken)

    def line(self, kind: str, now: datetime) -> FaultKind | None:
        """Decide about the connection that is about to carry a payload of an envelope type."""
        hit = self._hit(LINE_KINDS, kind, now)
        return hit[1].kind if hit is not None else None

    def _fate(self, number: int, rule: Fault, method: str, now: datetime, lag: float) -> Fate:
        seconds = self._seconds(number, rule, method)
        done = Effect.NOW if rule.effect else Effect.NONE
        match rule.kind:
            case FaultKind.RATE_LIMITED:
                wait = max(1, ceil(seconds))
                self._shut[method] = now + timedelta(seconds=wait)
                return _limited(wait)
            case FaultKind.SERVER_ERROR:
                return Fate(rule.kind, status=rule.status, effect=done, answer=Arrives.UNREADABLE, lag=lag)
            case FaultKind.ERROR:
                return Fate(rule.kind, error=rule.error, effect=done, lag=lag)
            case FaultKind.EXPIRED_TRIGGER:
                return Fate(rule.kind, error="expired_trigger_id", effect=Effect.NONE)
            case FaultKind.SLOW:
                return Fate(rule.kind, delay=seconds, lag=lag)
            case FaultKind.DROPPED_BEFORE:
                return Fate(rule.kind, effect=Effect.NONE, answer=Arrives.NONE)
            case FaultKind.LATE_EFFECT:
                return Fate(rule.kind, effect=Effect.LATE, effect_after=seconds, answer=Arrives.NONE, lag=lag)
            case FaultKind.TRUNCATED:
                return Fate(rule.kind, answer=Arrives.TRUNCATED, lag=lag)
            case FaultKind.UNREADABLE:
                return Fate(rule.kind, answer=Arrives.UNREADABLE, lag=lag)
            case _:
                return Fate(rule.kind, answer=Arrives.NONE, lag=lag)

    def _hit(self, kinds: frozenset[FaultKind], name: str, now: datetime) -> tuple[int, Fault] | None:
        for number, rule in self._rules:
            if rule.kind not in kinds or not fnmatchcase(name, rule.on):
                continue
            if (rule.since is not None and now < rule.since) or (rule.until is not None and now >= rule.until):
                continue
            self._seen[number, name] += 1
            self._passed[number] += 1
            if self._passed[number] <= rule.skip or (rule.times is not None and self._fired[number] >= rule.times):
                continue
            if self._draw(number, name, "hit") < rule.probability:
                self._fired[number] += 1
                self.counts[rule.kind.value] += 1
                return number, rule
        return None

    def _seconds(self, number: int, rule: Fault, name: str) -> float:
        least = rule.seconds if rule.seconds is not None else SECONDS.get(rule.kind, 0.0)
        if rule.up_to is None or rule.up_to <= least:
            return least
        return least + (rule.up_to - least) * self._draw(number, name, "seconds")

    def _draw(self, number: int, name: str, what: str) -> float:
        """At least 0, below 1; the same for the same seed, rule, name and how many calls of that name it saw."""
        told = f"{self._seed}\n{number}\n{name}\n{self._seen[number, name]}\n{what}"
        return int.from_bytes(sha256(told.encode()).digest()[:7]) / (1 << 56)


def _limited(wait: int) -> Fate:
    return Fate(FaultKind.RATE_LIMITED, status=429, error="ratelimited", retry_after=wait, effect=Effect.NONE)
