from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.signals.fired import About, Evidence, Fired, NotHeardOf, Rule, Subject
from bot.domain.signals.signal import Signal, evidence_from_json, from_json, key_of, to_json

st.register_type_strategy(Decimal, st.integers(0, 10**8).map(lambda n: Decimal(n) / 100))
evidence: st.SearchStrategy[Evidence] = st.one_of(
    [st.from_type(shape) for shape in Evidence.__args__]  # type: ignore[attr-defined]
)
signals = st.builds(Signal, fired=st.builds(Fired, evidence=evidence))


@given(signals)
def test_a_signal_that_was_kept_comes_back_as_it_was(signal: Signal) -> None:
    assert from_json(json.loads(json.dumps(to_json(signal)))) == signal


def test_the_key_names_the_rule_and_the_thing() -> None:
    fired = Fired(Rule.DRIFTING, About(Subject.KEY_RESULT, 7), NotHeardOf(2), 1)
    assert key_of(fired) == "drifting:key_result:7"
    assert key_of(Fired(Rule.FRICTION, About(Subject.TEAM, 7, 9), NotHeardOf(2), 1)) == "friction:team:7:9"


def test_a_shape_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="Nonsense"):
        evidence_from_json({"shape": "Nonsense"})
