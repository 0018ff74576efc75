from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind


def test_each_kind_is_measured_judged_or_watched_in_one_way() -> None:
    assert [kind for kind in Kind if kind.is_metric] == [Kind.INCREASE, Kind.DECREASE]
    assert [kind for kind in Kind if kind.is_threshold] == [Kind.AT_LEAST, Kind.AT_MOST]
    assert [kind for kind in Kind if not kind.takes_value] == [Kind.MILESTONE]
    assert [kind for kind in Kind if not kind.is_scored] == [Kind.HEALTH]


def test_only_green_is_asked_nothing_more() -> None:
    assert [colour for colour in Confidence if colour.wants_more] == [Confidence.YELLOW, Confidence.RED]
