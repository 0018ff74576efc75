from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from bot.blocks.post import Post
from bot.blocks.review_agenda import agenda
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import Waiting
from bot.domain.escalation import EscalationState
from bot.domain.review_agenda import Agenda, Call, Due, Item
from bot.localslack.blockkit import check_message, too_long

TODAY = date(2026, 11, 19)
LINK = "https://longfetch.slack.com/archives/C1/p1790000000000100"
CALL = Call(
    escalation_id=1,
    number=15,
    name="SOC 2 certified by 15 Dec",
    confidence=Confidence.RED,
    score="0.3, was 0.4",
    state=EscalationState.IN_REVIEW,
    since=date(2026, 11, 16),
    review_on=TODAY,
    need="two HR days",
    blocked_by="People",
    asked="Tama Reid",
    taken_by="Hana Mori",
    link=LINK,
)
DUE = Due(decision_id=1, number=15, text="HR frees Ana", owner="Hana Mori", due_on=date(2026, 11, 13), link=LINK)
WAITING = Waiting(
    key_result_id=3,
    number=12,
    name="Activation",
    team="Growth",
    other="Legal",
    state=DependencyState.REFUSED,
    by="Finn Adler",
    due_on=None,
    reason="no lawyer is free & won't be",
    asked_on=TODAY,
)

SAID = "KR-15 SOC 2 certified by 15 Dec (🔴 red, 0.3, was 0.4)"
BLOCKED = "blocked by People · open since Mon 16 Nov"


def lines(*items: Item) -> list[str]:
    return text(agenda(Agenda(("Growth",), TODAY, items))).split("\n")


def text(post: Post) -> str:
    (box,) = post.blocks[1]["elements"]
    assert box["type"] == "rich_text_preformatted"
    (whole,) = box["elements"]
    return str(whole["text"])


def test_each_item_is_one_line_that_says_all() -> None:
    wants_help = replace(CALL, state=EscalationState.OPEN, review_on=None, taken_by=None, need="", link=None)
    assert lines(
        CALL,
        replace(CALL, review_on=date(2026, 11, 26)),
        replace(CALL, review_on=date(2026, 11, 12), taken_by=None, need=""),
        wants_help,
        replace(wants_help, asked=None, blocked_by="", score="", confidence=Confidence.YELLOW),
        DUE,
        replace(DUE, due_on=TODAY, link=None),
        replace(DUE, due_on=date(2026, 11, 20), link=None),
        WAITING,
        replace(WAITING, state=DependencyState.ASKED, by=None, reason=None),
    ) == [
        f"For today's review: {SAID} · needs two HR days · {BLOCKED} · Hana Mori has it · {LINK}",
        f"For the review on Thu 26 Nov: {SAID} · needs two HR days · {BLOCKED} · Hana Mori has it · {LINK}",
        f"Back from the review of Thu 12 Nov, nothing decided: {SAID} · {BLOCKED} · Tama Reid is asked · {LINK}",
        f"Wants help: {SAID} · {BLOCKED} · Tama Reid is asked",
        "Wants help: KR-15 SOC 2 certified by 15 Dec (🟡 yellow) · open since Mon 16 Nov",
        f"Decision overdue since Fri 13 Nov: HR frees Ana · Hana Mori · for KR-15 · {LINK}",
        "Decision due today: HR frees Ana · Hana Mori · for KR-15",
        "Decision due Fri 20 Nov: HR frees Ana · Hana Mori · for KR-15",
        "Growth waits for Legal: KR-12 Activation · Legal can't, says Finn Adler: “no lawyer is free & won't be”",
        "Growth waits for Legal: KR-12 Activation · asked Thu 19 Nov, no answer yet",
    ]


def test_nothing_open_is_said_kindly() -> None:
    post = agenda(Agenda(("Growth", "Legal"), TODAY, ()))
    assert post.text == (
        "What is open in Growth and Legal, Thu 19 Nov: nothing waits for a decision. Enjoy the short meeting."
    )


def test_whatever_was_typed_each_item_stays_a_line_and_slack_takes_it() -> None:
    typed = "<!channel> `two`\n\n> lines & more; " * 40
    worst: list[Item] = [replace(CALL, name=typed, need=typed, blocked_by=typed, asked=typed, taken_by=typed)] * 9
    worst += [replace(DUE, text=typed, owner=typed)] * 9
    worst += [replace(WAITING, name=typed, team=typed, other=typed, by=typed, reason=typed)] * 9
    post = agenda(Agenda((typed,) * 5, TODAY, tuple(worst)))
    assert len(text(post).split("\n")) == 21
    assert text(post).endswith("and 7 more")
    blocks = json.loads(json.dumps(post.blocks))
    assert check_message(post.text, blocks) == []
    assert not too_long(blocks)
