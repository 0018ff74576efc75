"""The digest: the week of a team on one phone screen, with every key result in its thread."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.blocks.dates import day, weekday
from bot.blocks.decision_kinds import beside
from bot.blocks.layout import context, section
from bot.blocks.links import linked, mention
from bot.blocks.paging import pages, paragraphs
from bot.blocks.post import Block, Post
from bot.blocks.signals import question
from bot.blocks.standing import WATCHED, colour, score_pair
from bot.blocks.text import said
from bot.domain.digest import Call, KeyResultLine, MadeDecision, OverdueDecision, Snapshot
from bot.domain.escalation import EscalationState

# As many as fit on a phone together; what is left out is counted, and stands in the thread.
MOST_LEADERS = 4
MOST_DECIDE = 3
MOST_HELP = 4
MOST_DECIDED = 3
MOST_MOVED = 3
MOST_OVERDUE = 3

_GAP = "  "


def headline(snapshot: Snapshot) -> str:
    """The state in one sentence: what a locked phone shows. Mrkdwn, without bold."""
    said_first = [
        _count(len(snapshot.decide), "decision needed", "decisions needed"),
        _count(len(snapshot.want_help), "wants help", "want help"),
        checked_in(snapshot.answered, snapshot.asked),
    ]
    return f"{said(snapshot.team, 80)}, week of {day(snapshot.period)}: {', '.join(filter(None, said_first))}"


def checked_in(answered: int, asked: int) -> str:
    """How many checked in, without a name: "7 of 9 checked in"."""
    if asked == 0:
        return "no check-ins were due"
    if asked == answered:
        if asked == 2:
            return "both checked in"
        return f"all {asked} checked in" if asked > 1 else "the one due has checked in"
    return f"{answered} of {asked} checked in"


def digest_post(snapshot: Snapshot) -> Post:
    """The digest's message. Names are plain text, but for the person who is asked to decide."""
    title = headline(snapshot)
    blocks = [
        section(f"*{title}*"),
        _part("Leaders' own", _on_one_line([_leaders_own(line) for line in snapshot.leaders], MOST_LEADERS)),
        _part("Decide", _on_lines([_decide(call, snapshot) for call in snapshot.decide], MOST_DECIDE)),
        _part("Want help", _on_one_line(_help(snapshot), MOST_HELP)),
        _part("Decided", _on_lines([_decided(one) for one in snapshot.decided], MOST_DECIDED)),
        _part("Moved", _moved(snapshot)),
        _part("Stop or shift", said(snapshot.stop_or_shift, 200) if snapshot.stop_or_shift else "nothing named"),
        _part("Decisions overdue", _on_lines([_overdue(one) for one in snapshot.overdue], MOST_OVERDUE)),
        _part("Worth a question", question(snapshot.signal) if snapshot.signal is not None else ""),
        context("Every key result stands in the thread."),
    ]
    return Post(title, tuple(block for block in blocks if block is not None))


def details(snapshot: Snapshot) -> tuple[Post, ...]:
    """All key results, as replies to the digest: team by team, in as many messages as Slack needs.

    They show where each one stands and not who has checked in: that only its owner and their lead see.
    """
    teams = dict.fromkeys(line.team for line in snapshot.key_results)
    blocks = [
        block
        for team in teams
        for block in paragraphs(
            f"*{said(team, 80)}*", [_detail(line) for line in snapshot.key_results if line.team == team]
        )
    ]
    found = pages(blocks)
    return tuple(
        Post(title, (section(f"*{title}*"), *page))
        for number, page in enumerate(found, 1)
        for title in [_details_title(snapshot, number, len(found))]
    )


def _leaders_own(line: KeyResultLine) -> str:
    name = f"KR-{line.number} {said(line.name, 40)}"
    if not line.was_answered:
        return f"{name} not updated"
    return f"{colour(line.confidence)} {name} {_score(line)}"


def _decide(call: Call, snapshot: Snapshot) -> str:
    what = said(call.need, 100) if call.need else "waits for the review"
    return " · ".join(filter(None, [f"{_named(call)}: {what}", _whose_turn(call, snapshot), _thread(call.link)]))


def _named(one: Call | MadeDecision) -> str:
    return f"{colour(one.confidence)} KR-{one.number} {said(one.name, 40)}"


def _whose_turn(call: Call, snapshot: Snapshot) -> str:
    since = f"since {_past_day(call.since, snapshot.taken_on)}"
    if call.state is EscalationState.ACKNOWLEDGED:
        return f"{said(call.taken_by or 'someone', 60)} is on it, open {since}"
    if call.state is EscalationState.IN_REVIEW:
        return f"goes to the next review, open {since}"
    return f"{mention(call.asked_slack_id)}, {since}" if call.asked_slack_id else f"open {since}"


def _help(snapshot: Snapshot) -> list[str]:
    above = {call.escalation_id for call in snapshot.decide[:MOST_DECIDE]}
    return [
        f"KR-{call.number} (above)" if call.escalation_id in above else _wants_help(call) for call in snapshot.want_help
    ]


def _wants_help(call: Call) -> str:
    waits = f", waits for {said(call.blocked_by, 60)}" if call.blocked_by else ""
    return " · ".join(filter(None, [f"{_named(call)}{waits}", _thread(call.link)]))


def _decided(one: MadeDecision) -> str:
    words = f"{_named(one)}: {said(one.text, 100)}{beside(one.kind)} · {said(one.owner, 60)}, by {day(one.due_on)}"
    return " · ".join(filter(None, [words, _thread(one.link)]))


def _moved(snapshot: Snapshot) -> str:
    if snapshot.answered == 0:
        return ""
    ups = _on_one_line([_move(line) for line in snapshot.moved_up], MOST_MOVED)
    downs = _on_one_line([_move(line) for line in snapshot.moved_down], MOST_MOVED)
    if snapshot.is_first:
        return "first scores this week; movement shows from the next one"
    if not ups and not downs:
        return "no score changed this week"
    return _GAP.join(filter(None, [f"▲ {ups}" if ups else "", f"▼ {downs}" if downs else ""]))


def _move(line: KeyResultLine) -> str:
    return f"KR-{line.number} {said(line.name, 40)} {score_pair(line.score, line.last_score)}"


def _overdue(one: OverdueDecision) -> str:
    words = f"KR-{one.number}: {said(one.text, 100)} · {said(one.owner, 60)}, due {day(one.due_on)}"
    return " · ".join(filter(None, [words, _thread(one.link)]))


def _detail(line: KeyResultLine) -> str:
    stands = f"{colour(line.confidence)} *KR-{line.number}* {said(line.name, 120)}"
    return f"{stands} · {_score(line)} · {said(line.owner, 60)}"


def _score(line: KeyResultLine) -> str:
    return score_pair(line.score, line.last_score, first="first") if line.is_scored else WATCHED


def _details_title(snapshot: Snapshot, number: int, of: int) -> str:
    page = f" ({number} of {of})" if of > 1 else ""
    count = len(snapshot.key_results)
    what = "All key results" if count > 1 else "The key result"
    return f"{what} of {said(snapshot.team, 80)}, week of {day(snapshot.period)}{page}"


def _part(title: str, text: str) -> Block | None:
    return section(f"*{title}*{_GAP}{text}") if text else None


def _on_one_line(items: Sequence[str], most: int) -> str:
    return " · ".join(_capped(items, most))


def _on_lines(items: Sequence[str], most: int) -> str:
    capped = _capped(items, most)
    return capped[0] if len(capped) == 1 else "".join(f"\n• {item}" for item in capped)


def _capped(items: Sequence[str], most: int) -> list[str]:
    shown = list(items[:most])
    return [*shown, f"and {len(items) - most} more"] if len(items) > most else shown


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""


def _thread(link: str | None) -> str:
    return linked(link, "thread") if link else ""


def _past_day(when: date, today: date) -> str:
    return weekday(when) if today - when < timedelta(days=7) else day(when)
