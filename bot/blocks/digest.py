"""The digest: the week of a team on one phone screen, with every key result in its thread.

A digest of few key results speaks about key results; one of very many speaks about teams, and leads into theirs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bot.blocks import decision_kinds
from bot.blocks.dates import day, weekday, weekday_day_time, weekday_time
from bot.blocks.dependency import Waits, answer
from bot.blocks.digest_charts import charts, weeks_in_words
from bot.blocks.digest_details import for_fewer_now
from bot.blocks.digest_teams import TeamLink, checked_in, counted, team_lines
from bot.blocks.escalation_path import back
from bot.blocks.health import health_line
from bot.blocks.ids import Act
from bot.blocks.layout import actions, button, context, link_button, section
from bot.blocks.links import linked, mention
from bot.blocks.paging import PAGE_CHARACTERS
from bot.blocks.post import Block, Post
from bot.blocks.redefining import in_words
from bot.blocks.signals import question
from bot.blocks.standing import WATCHED, colour, score_pair
from bot.blocks.text import clip, said
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import (
    MOST_ASKS,
    STOP_OR_SHIFT_LENGTH,
    Call,
    KeyResultLine,
    MadeDecision,
    Noted,
    NotedAs,
    OverdueDecision,
    SettledDecision,
    Snapshot,
    Waiting,
)
from bot.domain.digest_correction import Shown
from bot.domain.escalation import EscalationState
from bot.domain.numbers import format_value
from bot.domain.scoring import show

# As many as fit on a phone together; what is left out is counted, and stands in the thread.
MOST_LEADERS = 4
MOST_LEADERS_AMONG_TEAMS = 2
MOST_HELP = 4
MOST_DECIDED = 3
MOST_SETTLED = 3
# So long a sentence at least, and there is room for why a decision was dropped too.
WIDE = 40
MOST_MOVED = 3
MOST_OVERDUE = 3
MOST_NOTED = 3
MOST_WAITING = 3
MOST_CORRECTIONS = 3

_GAP = "  "
UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Late:
    """When it was promised and when it came, both in its channel's zone."""

    due: datetime
    came: datetime


@dataclass(frozen=True)
class Beside:
    """What stands beside the snapshot. `digest_id`: what its buttons are about, null for one that is not kept.
    `links`: the digests of the teams beneath. `with_charts`: this workspace's Slack draws pictures. `corrections`: what
    was put right since it was posted, told in the time of `zone`. `has_thread`: the details follow below it. `late`:
    where it came well after its hour."""

    digest_id: int | None = None
    links: tuple[TeamLink, ...] = ()
    with_charts: bool = False
    corrections: tuple[Shown, ...] = ()
    zone: ZoneInfo = UTC
    has_thread: bool = True
    late: Late | None = None


@dataclass(frozen=True)
class _Room:
    """How long a name and a sentence may be, in code points, and whether there is room for pictures."""

    name: int
    sentence: int
    with_charts: bool


def headline(snapshot: Snapshot) -> str:
    """The state in one sentence: what a locked phone shows. Mrkdwn, without bold."""
    said_first = [
        counted(len(snapshot.decide), "decision needed", "decisions needed"),
        counted(len(snapshot.want_help), "wants help", "want help"),
        checked_in(snapshot.answered, snapshot.asked),
    ]
    return f"{said(snapshot.team, 80)}, week of {day(snapshot.period)}: {', '.join(filter(None, said_first))}"


def digest_post(snapshot: Snapshot, beside: Beside | None = None, *, leaving: int = 0) -> Post:
    """The digest's message. Names are plain text, but for the person who is asked to decide.

    Where people wrote so much that Slack would not take it, the pictures go first, and then words are cut shorter.
    `leaving`: characters of JSON that are left free for what is put around it.
    """
    if snapshot.is_empty:
        # It stands, and has lost all that it told.
        return for_fewer_now()
    beside = beside or Beside()
    blocks: list[Block] = []
    for room in (
        _Room(40, 100, beside.with_charts),
        _Room(40, 100, False),
        _Room(20, 40, False),
        _Room(10, 15, False),
        _Room(6, 10, False),
    ):
        blocks = _blocks(snapshot, beside, room)
        if len(json.dumps(blocks, ensure_ascii=False)) <= PAGE_CHARACTERS - leaving:
            break
    return Post(headline(snapshot), tuple(blocks))


def _blocks(snapshot: Snapshot, beside: Beside, room: _Room) -> list[Block]:
    leaders = MOST_LEADERS_AMONG_TEAMS if snapshot.is_large else MOST_LEADERS
    blocks = [
        section(f"*{headline(snapshot)}*"),
        _late(beside.late),
        _part("Leaders' own", _on_one_line([_leaders_own(line, room) for line in snapshot.leaders], leaders)),
        *_asks(snapshot, beside, room),
        # The teams' lines tell it, where there are very many.
        None if snapshot.is_large else _part("Want help", _on_one_line(_help(snapshot, room), MOST_HELP)),
        _part("Between teams", _on_lines([_waiting(one, room) for one in snapshot.waiting], MOST_WAITING)),
        _part("Decided", _on_lines([_decided(one, room) for one in snapshot.decided], MOST_DECIDED)),
        _part("Done or dropped", _on_one_line([_settled(one, room) for one in snapshot.settled], MOST_SETTLED)),
        _part("Moved", _moved(snapshot, room)),
        _part("Teams", _bullets(team_lines(snapshot.teams, beside.links))) if snapshot.is_large else None,
        _part("Changed", _on_lines(_noted_lines(snapshot, room), MOST_NOTED)),
        _part(
            "Stop or shift",
            said(snapshot.stop_or_shift, STOP_OR_SHIFT_LENGTH) if snapshot.stop_or_shift else "nothing named",
        ),
        _part("Decisions overdue", _on_lines([_overdue(one, room) for one in snapshot.overdue], MOST_OVERDUE)),
        _part("Worth a question", question(snapshot.signal) if snapshot.signal is not None else ""),
        _part("How it goes", health_line(snapshot.health) if snapshot.health is not None else ""),
        *_weeks(snapshot, room),
        context("Every key result stands in the thread.") if beside.has_thread and not snapshot.is_empty else None,
        _details_button(beside) if not snapshot.is_empty else None,
        _corrections(beside),
    ]
    return [block for block in blocks if block is not None]


def _leaders_own(line: KeyResultLine, room: _Room) -> str:
    name = f"KR-{line.number} {said(line.name, room.name)}"
    if not line.was_answered:
        return f"{name} not updated"
    return f"{colour(line.confidence)} {name} {_score(line)}"


def _asks(snapshot: Snapshot, beside: Beside, room: _Room) -> list[Block]:
    """What needs a decision now, each with what can be done about it; more than a few are counted."""
    found: list[Block] = []
    for place, call in enumerate(snapshot.decide[:MOST_ASKS]):
        title = f"*Decide*{_GAP}" if place == 0 else ""
        link = _thread(call.link) if beside.digest_id is None else ""
        found.append(section(title + " · ".join(filter(None, [_ask(call, snapshot, room), link]))))
        if beside.digest_id is not None:
            found.append(_ways(call, beside.digest_id))
    left_out = len(snapshot.decide) - MOST_ASKS
    if left_out > 0:
        found.append(context(f"{counted(left_out, 'more decision is', 'more decisions are')} needed."))
    return found


def _ask(call: Call, snapshot: Snapshot, room: _Room) -> str:
    waits = "waits for the review" if call.back_from is None else "waits for a decision"
    what = said(call.need, room.sentence) if call.need else waits
    return " · ".join([f"{_named(call, room)}{_of_team(call, snapshot, room)}: {what}", _whose_turn(call, snapshot)])


def _of_team(call: Call, snapshot: Snapshot, room: _Room) -> str:
    """Who decides about several teams reads which one it is."""
    holders = {line.key_result_id: line.team for line in snapshot.key_results if not line.is_own}
    team = holders.get(call.key_result_id) if snapshot.has_teams else None
    return f" ({said(team, room.name)})" if team is not None else ""


def _ways(call: Call, digest_id: int) -> Block:
    about = json.dumps({"escalation": call.escalation_id, "digest": digest_id})
    ways = [
        button("Decide", Act.DECIDE_FROM_DIGEST, value=about),
        button("Ask the owner", Act.ASK_OWNER, value=about),
    ]
    if call.link:
        ways.append(link_button("Open", Act.OPEN_FROM_DIGEST, call.link, value=about))
    return actions(*ways)


def _named(one: Call | MadeDecision, room: _Room) -> str:
    return f"{colour(one.confidence)} KR-{one.number} {said(one.name, room.name)}"


def _whose_turn(call: Call, snapshot: Snapshot) -> str:
    since = f"since {_past_day(call.since, snapshot.taken_on)}"
    if call.state is EscalationState.ACKNOWLEDGED:
        return f"{said(call.taken_by or 'someone', 60)} is on it, open {since}"
    if call.back_from is not None:
        asked = f"{mention(call.asked_slack_id)}, " if call.asked_slack_id else ""
        return f"{asked}{back(call.back_from)}, open {since}"
    if call.state is EscalationState.IN_REVIEW:
        return f"goes to the next review, open {since}"
    return f"{mention(call.asked_slack_id)}, {since}" if call.asked_slack_id else f"open {since}"


def _help(snapshot: Snapshot, room: _Room) -> list[str]:
    """Those who stand under *Decide* already are named once more in few words."""
    above = {call.escalation_id for call in snapshot.decide[:MOST_ASKS]}
    return [
        f"KR-{call.number} (above)" if call.escalation_id in above else _wants_help(call, room)
        for call in snapshot.want_help
    ]


def _wants_help(call: Call, room: _Room) -> str:
    waits = f", waits for {said(call.blocked_by, room.name)}" if call.blocked_by else ""
    return " · ".join(filter(None, [f"{_named(call, room)}{waits}", _thread(call.link)]))


def _decided(one: MadeDecision, room: _Room) -> str:
    what = f"{_named(one, room)}: {said(one.text, room.sentence)}{decision_kinds.beside(one.kind)}"
    words = f"{what} · {said(one.owner, room.name)}, by {day(one.due_on)}"
    return " · ".join(filter(None, [words, _thread(one.link)]))


def _settled(one: SettledDecision, room: _Room) -> str:
    """What became of a decision, in half a line; `/okr decisions` and the thread have the whole of it."""
    words = f"KR-{one.number} {said(one.text, room.name)}"
    if one.is_done:
        return f"{words}, *done*"
    why = f" (“{said(one.reason, room.name)}”)" if one.reason and room.sentence >= WIDE else ""
    return f"{words}, *dropped*{why}"


def _moved(snapshot: Snapshot, room: _Room) -> str:
    if snapshot.answered == 0:
        return ""
    if snapshot.is_first:
        return "first scores this week; movement shows from the next one"
    up, down = snapshot.moved_up, snapshot.moved_down
    if not up and not down:
        return "no score changed this week"
    if snapshot.is_large:
        return _GAP.join(filter(None, [f"▲ {len(up)} up" if up else "", f"▼ {len(down)} down" if down else ""]))
    ups = _on_one_line([_move(line, room) for line in up], MOST_MOVED)
    downs = _on_one_line([_move(line, room) for line in down], MOST_MOVED)
    return _GAP.join(filter(None, [f"▲ {ups}" if ups else "", f"▼ {downs}" if downs else ""]))


def _move(line: KeyResultLine, room: _Room) -> str:
    return f"KR-{line.number} {said(line.name, room.name)} {score_pair(line.score, line.last_score)}"


def _overdue(one: OverdueDecision, room: _Room) -> str:
    words = f"KR-{one.number}: {said(one.text, room.sentence)} · {said(one.owner, room.name)}, due {day(one.due_on)}"
    return " · ".join(filter(None, [words, _thread(one.link)]))


def _weeks(snapshot: Snapshot, room: _Room) -> list[Block]:
    words = weeks_in_words(snapshot)
    if not words:
        return []
    return [section(words), *(charts(snapshot) if room.with_charts else [])]


def _waiting(one: Waiting, room: _Room) -> str:
    """What one team waits for, and what the other says: on both sides the same line."""
    team, other = said(one.team, room.name), said(one.other, room.name)
    what = f"KR-{one.number} {said(one.name, room.name)} · {team} waits for {other}"
    if one.state is DependencyState.ASKED:
        return f"{what}, not answered since {day(one.asked_on)}"
    by = clip(one.by, room.name) if one.by else one.by
    reason = clip(one.reason, room.sentence) if one.reason else None
    waits = Waits(clip(one.other, room.name), one.state, "", by, one.due_on, reason)
    return f"{what}: {answer(waits)}"


def _late(late: Late | None) -> Block | None:
    """A locked phone shows the state all the same; who reads on learns of which day it is."""
    if late is None:
        return None
    same_day = late.due.date() == late.came.date()
    came = f"{late.came:%H:%M}" if same_day else weekday_day_time(late.came)
    due = f"{late.due:%H:%M}" if same_day else weekday_day_time(late.due)
    return context(f"This comes late: it was due {due}, and could be posted only {came}.")


def _corrections(beside: Beside) -> Block | None:
    """The newest few of what was put right after the digest was posted."""
    lines = [
        f"Corrected {weekday_time(one.at.astimezone(beside.zone))} · {_correction(one)}"
        for one in beside.corrections[-MOST_CORRECTIONS:]
    ]
    earlier = len(beside.corrections) - len(lines)
    return context("\n".join([*lines, *([f"and {earlier} before"] if earlier else [])])) if lines else None


def _correction(one: Shown) -> str:
    if one.is_decided:
        return f"KR-{one.number} is decided"
    now, was = _stood(one, one.confidence, one.score), _stood(one, one.was_confidence, one.was_score)
    if now == was:
        # Scores are shown rounded: what was put right did not reach the digit that people read.
        now, was = _exactly(one, one.value, one.score), _exactly(one, one.was_value, one.was_score)
    return f"KR-{one.number} {now}, was {was}" if now != was else f"KR-{one.number} {now}"


def _exactly(one: Shown, value: Decimal | None, score: Decimal | None) -> str:
    """The value, or the score to its last digit where one of the two has none."""
    if one.value is None or one.was_value is None or one.value == one.was_value or value is None:
        return f"{score:.2f}" if score is not None else colour(one.confidence)
    return said(format_value(value, one.unit), 60)


def _stood(one: Shown, confidence: Confidence | None, score: Decimal | None) -> str:
    """The colour where it has changed, and the score where there is one."""
    parts = [colour(confidence)] if one.confidence is not one.was_confidence or score is None else []
    return " ".join([*parts, *([show(score)] if score is not None else [])])


def _details_button(beside: Beside) -> Block | None:
    if beside.digest_id is None:
        return None
    return actions(button("Show me all", Act.DIGEST_DETAILS, value=json.dumps({"digest": beside.digest_id})))


def _score(line: KeyResultLine) -> str:
    return score_pair(line.score, line.last_score, first="first") if line.is_scored else WATCHED


def _noted_lines(snapshot: Snapshot, room: _Room) -> list[str]:
    """Each change in a line; what was resolved without a decision is counted in one."""
    ended = [one for one in snapshot.noted if one.noted_as is NotedAs.NOT_DECIDED]
    reasons = [f"KR-{one.number}, “{said(one.words, room.sentence)}”" for one in ended]
    lines = [_changed(one, room) for one in snapshot.noted if one.noted_as is NotedAs.CHANGED]
    lines += _added(snapshot, room)
    lines += [_stopped(one, room) for one in snapshot.noted if one.noted_as is NotedAs.STOPPED]
    if ended:
        lines.append(f"{len(ended)} resolved without a decision: {'; '.join(_capped(reasons, MOST_NOTED))}")
    return lines


def _changed(one: Noted, room: _Room) -> str:
    return f"{_about(one, room)}: {in_words(one.differences, room.name)} ({_why(one, room, 'it')})"


def _added(snapshot: Snapshot, room: _Room) -> list[str]:
    """What came together, for one reason, stands in one line."""
    together: dict[tuple[str, str], list[Noted]] = {}
    for one in snapshot.noted:
        if one.noted_as is NotedAs.ADDED:
            together.setdefault((one.words, one.stops), []).append(one)
    return [
        f"{', '.join(_capped([_about(one, room) for one in ones], MOST_NOTED))} "
        f"{'is' if len(ones) == 1 else 'are'} new ({_why(ones[0], room, 'it' if len(ones) == 1 else 'them')})"
        for ones in together.values()
    ]


def _stopped(one: Noted, room: _Room) -> str:
    return f"{_about(one, room)} has ended: “{said(one.words, room.sentence)}”"


def _about(one: Noted, room: _Room) -> str:
    return f"KR-{one.number} {said(one.name, room.name)}"


def _why(one: Noted, room: _Room, it: str) -> str:
    stops = f"; stops for {it}: “{said(one.stops, room.sentence)}”" if one.stops else ""
    return f"“{said(one.words, room.sentence)}”{stops}"


def _part(title: str, text: str) -> Block | None:
    return section(f"*{title}*{_GAP}{text}") if text else None


def _on_one_line(items: Sequence[str], most: int) -> str:
    return " · ".join(_capped(items, most))


def _on_lines(items: Sequence[str], most: int) -> str:
    capped = _capped(items, most)
    return capped[0] if len(capped) == 1 else _bullets(capped)


def _bullets(items: Sequence[str]) -> str:
    return "".join(f"\n• {item}" for item in items)


def _capped(items: Sequence[str], most: int) -> list[str]:
    shown = list(items[:most])
    return [*shown, f"and {len(items) - most} more"] if len(items) > most else shown


def _thread(link: str | None) -> str:
    return linked(link, "thread") if link else ""


def _past_day(when: date, today: date) -> str:
    return weekday(when) if today - when < timedelta(days=7) else day(when)
