"""What a look at rest says of the path of a request for help: each sentence, and what lies just beside it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from at_rest import ROOT, AtRest
from sentences import provokes
from square import MONDAY

from bot.domain.escalation import EscalationState
from models import Absence, Escalation, EscalationEventKind, PostKind

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
AT_NIGHT = MONDAY.replace(hour=3)


@provokes("{} was asked for help on {}")
def test_nobody_is_asked_for_help_at_night(rest: AtRest) -> None:
    escalation = rest.wants_help()
    rest.thread(escalation)
    rest.asked(escalation, rest.ben, at=MONDAY, until=MONDAY + HOUR)
    rest.asked(escalation, rest.joins("Cleo Marsh"), at=AT_NIGHT, until=None)
    assert rest.look() == [], "who is away is passed over at any hour"
    rest.asked(escalation, rest.joins("Dan Frost"), at=AT_NIGHT, until=MONDAY)
    assert rest.look() == ["Dan Frost was asked for help on Monday at 03:00"]


def goes_away(rest: AtRest, *, known_since: datetime, ended_at: datetime | None = None) -> Absence:
    return rest.add(
        Absence(
            workspace_id=rest.company.workspace.id,
            member_id=rest.ben.member_id,
            first_on=MONDAY.date(),
            last_on=MONDAY.date(),
            created_at=known_since,
            ended_at=ended_at,
        )
    )


@provokes("{} was asked for help while away, on {}, {}")
def test_nobody_is_asked_for_help_while_they_are_away(rest: AtRest) -> None:
    escalation = rest.wants_help()
    rest.thread(escalation)
    rest.asked(escalation, rest.ben, at=MONDAY, until=MONDAY + HOUR)
    goes_away(rest, known_since=MONDAY - DAY, ended_at=MONDAY - HOUR)
    absence = goes_away(rest, known_since=MONDAY - timedelta(minutes=50))
    assert rest.look() == [], "one was taken back, and of the other nobody knew in time"
    absence.created_at = MONDAY - timedelta(minutes=70)
    assert rest.look() == ["Ben Ito was asked for help while away, on Monday, 05 October"]


@pytest.mark.parametrize(
    ("kind", "done"),
    [(PostKind.PROMPT, "asked"), (PostKind.PROMPT_AGAIN, "asked"), (PostKind.REMINDER, "reminded")],
    ids=lambda one: one.value if isinstance(one, PostKind) else "",
)
@provokes("{} was {} while away, on {}, {}")
def test_nobody_is_asked_or_reminded_while_they_are_away(rest: AtRest, kind: PostKind, done: str) -> None:
    goes_away(rest, known_since=MONDAY - DAY)
    rest.posted(PostKind.AWAY_NEWS, "Cleo is away", to=rest.ben)
    rest.posted(kind, "1 key result", to=rest.ada)
    assert rest.look() == []
    rest.posted(kind, "1 key result", to=rest.ben)
    assert rest.look() == [f"Ben Ito was {done} while away, on Monday, 05 October"]


@provokes("KR-{}: {} was asked {} times in {} rounds")
def test_a_request_has_one_message_for_each_round(rest: AtRest) -> None:
    escalation = rest.wants_help()
    rest.thread(escalation)
    rest.asked(escalation, rest.ben, at=MONDAY, until=MONDAY + HOUR)
    rest.posted(PostKind.ESCALATION_ASK, ROOT, to=rest.ben, act="decide")
    about = {"escalation_id": escalation.id}
    rest.posted(PostKind.ESCALATION_REVIEW, "On Thursday's review: KR-1", to=rest.ben, act="decide", about=about)
    assert rest.look() == []
    rest.posted(PostKind.ESCALATION_ASK, ROOT, to=rest.ben, act="decide")
    assert rest.look() == [f"KR-1: {rest.ben.id} was asked 3 times in 2 rounds"]
    assert rest.witness.duplicates == 1


def waits_for_ben(rest: AtRest) -> Escalation:
    """Nobody has been asked yet; Ben, the only one on the path, is at work."""
    escalation = rest.wants_help(state=EscalationState.OPEN, next_step_at=MONDAY)
    rest.thread(escalation)
    return escalation


@provokes("escalation {}: waits until {}, and somebody could be asked {}")
def test_nobody_waits_longer_than_until_somebody_is_at_work(rest: AtRest) -> None:
    escalation = waits_for_ben(rest)
    assert rest.look() == []
    for at in (MONDAY + HOUR, None):
        escalation.next_step_at = at
        assert rest.look() == [f"escalation {escalation.id}: waits until {at}, and somebody could be asked {MONDAY}"]


@provokes("escalation {}: nobody else is asked since {}")
def test_once_the_limit_of_one_is_over_the_next_is_asked(rest: AtRest) -> None:
    cleo = rest.joins("Cleo Marsh")
    above = rest.company.team("Works", lead=rest.company.member("Cleo Marsh"))
    rest.team.parent_id = above.id
    escalation = rest.wants_help(state=EscalationState.OPEN, next_step_at=MONDAY + DAY, asked_id=rest.ben.member_id)
    rest.thread(escalation, lines=[ROOT, "Ben Ito, can you get this?"])
    rest.asked(escalation, rest.ben, at=MONDAY, until=MONDAY + DAY)
    rest.square.time.run_until(MONDAY + DAY + timedelta(minutes=59))
    assert rest.look() == []
    rest.square.time.run_until(MONDAY + DAY + timedelta(minutes=61))
    assert rest.look() == [f"escalation {escalation.id}: nobody else is asked since Tuesday, 06 October"]
    rest.asked(escalation, cleo, at=rest.now, until=rest.now + DAY)
    assert rest.look() == []


@provokes("{}: {} is asked, and the thread does not say so")
def test_a_thread_names_who_is_asked(rest: AtRest) -> None:
    escalation = rest.wants_help(state=EscalationState.OPEN, asked_id=rest.ben.member_id)
    rest.asked(escalation, rest.ben, at=MONDAY, until=MONDAY + DAY)
    root = rest.thread(escalation, lines=[ROOT, "Ben Ito, can you get this?"])
    assert rest.look() == []
    posted = {"channel": root.posted_channel, "ts": root.posted_ts}
    rest.square.changes(posted, ROOT, lines=[ROOT, f"<@{rest.ben.id}>, can you get this?"])
    assert rest.look() == []
    rest.square.changes(posted, ROOT, lines=[ROOT, "Cleo Marsh, can you get this?"])
    assert rest.look() == [f"{root.key}: Ben Ito is asked, and the thread does not say so"]


@provokes("escalation {}: the newest reply is not the last")
def test_the_newest_reply_stands_last_in_its_thread(rest: AtRest) -> None:
    escalation = rest.wants_help()
    root = rest.thread(escalation)
    for kind in (EscalationEventKind.ACKNOWLEDGED, EscalationEventKind.RED_AGAIN):
        rest.happens(escalation, root, kind)
    about = {"escalation_id": escalation.id}
    rest.posted(PostKind.DEPENDENCY_REPLY, "Legal accepts", under=root, about=about)
    assert rest.look() == [], "what another team answers is no event"
    rest.square.says("it is acknowledged", to=rest.square.channel, thread_ts=root.posted_ts)
    assert rest.look() == [f"escalation {escalation.id}: the newest reply is not the last"]


@provokes("escalation {}: {} stands {} times in the thread")
def test_what_happened_once_stands_once_in_the_thread(rest: AtRest) -> None:
    escalation = rest.wants_help()
    root = rest.thread(escalation)
    first = rest.happens(escalation, root, EscalationEventKind.ACKNOWLEDGED)
    assert rest.look() == []
    about = {"escalation_id": escalation.id, "escalation_event_id": first.escalation_event_id}
    rest.posted(PostKind.ESCALATION_REPLY, "it is acknowledged", under=root, about=about)
    assert rest.look() == [f"escalation {escalation.id}: acknowledged stands 2 times in the thread"]
    assert rest.witness.duplicates == 1


@provokes("escalation {}: {} stands nowhere")
def test_what_happened_stands_in_the_thread_or_was_told(rest: AtRest) -> None:
    escalation = rest.wants_help()
    root = rest.thread(escalation)
    row = rest.happens(escalation, root, EscalationEventKind.ACKNOWLEDGED)
    event_id = row.escalation_event_id
    row.kind = PostKind.ESCALATION_NEWS
    assert rest.look() == [], "it was told directly"
    row.escalation_event_id = None
    assert event_id is not None
    assert rest.look() == [f"escalation {escalation.id}: acknowledged stands nowhere"]
