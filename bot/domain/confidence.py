"""Confidence: the owner's honest word about the end of the cycle, apart from the score."""

from enum import StrEnum


class Confidence(StrEnum):
    """Green, yellow or red. Okra never changes a colour that an owner gave."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def wants_more(self) -> bool:
        """Yellow and red are also asked who or what blocks, and what is needed."""
        return self is not Confidence.GREEN
