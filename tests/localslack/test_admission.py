from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.localslack.admission import SlackLimits, Unlimited
from bot.localslack.core import LocalSlack

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_tier_admits_its_number_in_any_sixty_seconds() -> None:
    limits = SlackLimits()
    assert [limits.admit("users.list", 2, "T1", None, at(0.1 * n)) for n in range(20)] == [None] * 20
    assert limits.admit("users.list", 2, "T1", None, at(30)) == 30
    assert limits.admit("users.list", 2, "T1", None, at(59.9)) == 1
    assert limits.admit("users.list", 2, "T1", None, at(60)) is None
    assert limits.admit("users.list", 2, "T1", None, at(60.01)) == 1


def test_each_method_and_each_workspace_counts_alone() -> None:
    limits = SlackLimits()
    for n in range(20):
        limits.admit("users.list", 2, "T1", None, at(0.1 * n))
    assert limits.admit("conversations.list", 2, "T1", None, at(3)) is None
    assert limits.admit("users.list", 2, "T2", None, at(3)) is None


def test_a_channel_takes_one_post_a_second_and_others_do_not_wait_for_it() -> None:
    limits = SlackLimits()
    assert limits.admit("chat.postMessage", "special", "T1", "C1", at(0)) is None
    assert limits.admit("chat.postMessage", "special", "T1", "C1", at(0.5)) == 1
    assert limits.admit("chat.postMessage", "special", "T1", "C2", at(0.5)) is None
    assert limits.admit("chat.postMessage", "special", "T1", "C1", at(1)) is None


def test_posts_of_a_workspace_are_limited_over_a_sliding_minute() -> None:
    limits = SlackLimits(posts_per_minute=5)
    taken = [limits.admit("chat.postMessage", "special", "T1", f"C{n}", at(n)) for n in range(6)]
    assert taken == [None, None, None, None, None, 55]
    assert limits.admit("chat.postMessage", "special", "T1", "C9", at(60)) is None
    assert limits.admit("chat.postMessage", "special", "T1", "C10", at(60.5)) == 1


ARRIVALS = st.lists(st.floats(0, 7), min_size=1, max_size=120)
"""Seconds between one attempt and the next."""


@given(pauses=ARRIVALS)
def test_alone_the_window_never_lets_more_through_in_any_sixty_seconds_and_refuses_nobody_early(
    pauses: list[float],
) -> None:
    limits = SlackLimits(posts_per_minute=10, seconds_per_channel=0)
    admitted: list[datetime] = []
    now = START
    for pause in pauses:
        now += timedelta(seconds=pause)
        recent = [one for one in admitted if one > now - timedelta(seconds=60)]
        wait = limits.admit("chat.postMessage", "special", "T1", "C1", now)
        assert (wait is None) == (len(recent) < 10)
        if wait is None:
            admitted.append(now)
        else:
            assert limits.admit("chat.postMessage", "special", "T1", "C1", now + timedelta(seconds=wait)) is None
            admitted.append(now + timedelta(seconds=wait))
            now = admitted[-1]


@given(pauses=ARRIVALS)
def test_alone_a_channel_takes_a_post_whenever_a_second_has_passed_however_many_there_were(
    pauses: list[float],
) -> None:
    limits = SlackLimits(posts_per_minute=10**6)
    now, latest = START, None
    for pause in pauses:
        now += timedelta(seconds=pause / 5)
        wait = limits.admit("chat.postMessage", "special", "T1", "C1", now)
        assert (wait is None) == (latest is None or now - latest >= timedelta(seconds=1))
        latest = now if wait is None else latest


def test_a_refused_call_does_not_count() -> None:
    limits = SlackLimits(posts_per_minute=1)
    limits.admit("chat.postMessage", "special", "T1", "C1", at(0))
    for n in range(10):
        assert limits.admit("chat.postMessage", "special", "T1", "C2", at(n)) is not None
    assert limits.admit("chat.postMessage", "special", "T1", "C2", at(60)) is None


def test_without_a_policy_nothing_is_refused_and_with_one_the_call_has_no_effect(core: LocalSlack) -> None:
    assert isinstance(core.admission, Unlimited)
    channel = core.channel(core.workspace, "growth-leads")
    core.call("chat.postMessage", channel=channel.id, text="one")
    core.call("chat.postMessage", channel=channel.id, text="two")
    core.admission = SlackLimits()
    core.call("chat.postMessage", channel=channel.id, text="three")
    assert core.call("chat.postMessage", channel=channel.id, text="four") == {"ok": False, "error": "ratelimited"}
    assert core.calls[-1].answer.status == 429
    assert core.calls[-1].answer.headers == {"Retry-After": "1"}
    assert [channel.messages[ts].text for ts in channel.top] == ["one", "two", "three"]
