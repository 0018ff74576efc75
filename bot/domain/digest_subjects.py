"""What the parts of a digest are about, so that what is not for everybody any more can be left out of all of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Subjects:
    """Key results, requests for help and decisions, by their ids."""

    key_results: frozenset[int] = frozenset()
    escalations: frozenset[int] = frozenset()
    decisions: frozenset[int] = frozenset()

    def __or__(self, other: Subjects) -> Subjects:
        return Subjects(
            self.key_results | other.key_results,
            self.escalations | other.escalations,
            self.decisions | other.decisions,
        )

    def touch(self, other: Subjects) -> bool:
        """Whether there is one that is among both."""
        return not (
            self.key_results.isdisjoint(other.key_results)
            and self.escalations.isdisjoint(other.escalations)
            and self.decisions.isdisjoint(other.decisions)
        )


def subjects_of(said: object) -> Subjects:
    """What a part of a digest is about, by the names of its fields: who may not know of one of them may not read it."""
    return Subjects(
        _ids(said, "key_result_id") | getattr(said, "key_result_ids", frozenset()),
        _ids(said, "escalation_id"),
        _ids(said, "decision_id"),
    )


def _ids(said: object, name: str) -> frozenset[int]:
    one = getattr(said, name, None)
    return frozenset() if one is None else frozenset((one,))
