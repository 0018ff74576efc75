"""The kinds of key result: what is asked for them and how they are scored follows from the kind."""

from enum import StrEnum


class Kind(StrEnum):
    """A metric (increase, decrease), a threshold (at least, at most), a milestone, or a health number."""

    INCREASE = "increase"
    DECREASE = "decrease"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MILESTONE = "milestone"
    HEALTH = "health"

    @property
    def is_metric(self) -> bool:
        """Moves from a start to a target; the score is linear between them."""
        return self in (Kind.INCREASE, Kind.DECREASE)

    @property
    def is_threshold(self) -> bool:
        """Is to stay at or above, or at or below, the target; the score is the share of periods in which it held."""
        return self in (Kind.AT_LEAST, Kind.AT_MOST)

    @property
    def takes_value(self) -> bool:
        """The owner is asked for a measured value. A milestone has none: its owner gives the score itself."""
        return self is not Kind.MILESTONE

    @property
    def is_scored(self) -> bool:
        """Health is watched and never scored."""
        return self is not Kind.HEALTH
