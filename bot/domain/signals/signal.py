"""A signal as it is told: what fired, and what people call the thing it is about; and how it is kept as JSON."""

from __future__ import annotations

import enum
import typing
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from bot.domain.signals import fired as shapes
from bot.domain.signals.fired import About, Evidence, Fired, Rule, Subject


@dataclass(frozen=True)
class Signal:
    """`team` holds what it is about. `number`: the key result's, null for other subjects; `name`: the key result's, the
    objective's or the team's, and empty for an owner, who is not named. `other`: the second team's name.
    `key_result_ids`: all key results that the question rests on: who may not see one of them may not read it.
    """

    fired: Fired
    team_id: int
    team: str
    number: int | None
    name: str
    unit: str = ""
    other: str = ""
    key_result_ids: frozenset[int] = frozenset()

    @property
    def key(self) -> str:
        """The same for the same rule about the same thing."""
        return key_of(self.fired)

    @property
    def counts_calls(self) -> bool:
        """It rests on what became of requests for help, and not only on key results."""
        return self.fired.rule is Rule.CEREMONIAL_REVIEW


def key_of(fired: Fired) -> str:
    """`rule:subject:id`, with the second team's id where two are meant."""
    about = fired.about
    parts = [fired.rule.value, about.subject.value, str(about.id)]
    return ":".join([*parts, str(about.other_id)] if about.other_id is not None else parts)


def to_json(signal: Signal) -> dict[str, Any]:
    """As JSON; `from_json` gives the same signal back."""
    fired = signal.fired
    return {
        "rule": fired.rule.value,
        "subject": fired.about.subject.value,
        "id": fired.about.id,
        "other_id": fired.about.other_id,
        "severity": fired.severity,
        "evidence": evidence_to_json(fired.evidence),
        "team_id": signal.team_id,
        "team": signal.team,
        "number": signal.number,
        "name": signal.name,
        "unit": signal.unit,
        "other": signal.other,
        "key_result_ids": sorted(signal.key_result_ids),
    }


def from_json(kept: Mapping[str, Any]) -> Signal:
    """A signal that was kept. ValueError for a rule or a shape that is not known."""
    about = About(Subject(kept["subject"]), kept["id"], kept["other_id"])
    return Signal(
        fired=Fired(Rule(kept["rule"]), about, evidence_from_json(kept["evidence"]), kept["severity"]),
        team_id=kept["team_id"],
        team=kept["team"],
        number=kept["number"],
        name=kept["name"],
        unit=kept["unit"],
        other=kept["other"],
        key_result_ids=frozenset(kept["key_result_ids"]),
    )


_SHAPES: Mapping[str, type[Any]] = {shape.__name__: shape for shape in typing.get_args(Evidence)}


def evidence_to_json(evidence: Evidence) -> dict[str, Any]:
    """What was seen, with the name of its shape."""
    seen = {one.name: _plain(getattr(evidence, one.name)) for one in fields(evidence)}
    return {"shape": type(evidence).__name__, **seen}


def evidence_from_json(kept: Mapping[str, Any]) -> Evidence:
    """ValueError for a shape that is not known."""
    shape = _SHAPES.get(kept.get("shape", ""))
    if shape is None:
        raise ValueError(f"nothing that a rule sees is a {kept.get('shape')!r}")
    hints = typing.get_type_hints(shape, vars(shapes))
    found: Evidence = shape(**{one.name: _made(hints[one.name], kept[one.name]) for one in fields(shape)})
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, enum.Enum):
        return value.value
    return str(value) if isinstance(value, Decimal) else value


def _made(hint: Any, value: Any) -> Any:
    if typing.get_origin(hint) is tuple:
        return tuple(_made(typing.get_args(hint)[0], one) for one in value)
    return value if hint in (int, bool) else hint(value)
