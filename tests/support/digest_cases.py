"""Digests of the invented company, for docs/messages.md: Growth with four key results, and the company above it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from escalation_cases import FRIDAY, LINK
from messages import Case, Chapter
from samples import LONDON, MONDAY, at
from signal_cases import GOES, STOOD_STILL

from bot.blocks import digest, digest_details, digest_sharing, digest_unread, export
from bot.blocks.digest import Beside, Late
from bot.blocks.digest_sharing import Preview, SharedDigest
from bot.blocks.digest_teams import TeamLink
from bot.blocks.digest_unread import Outcome, Unread
from bot.domain.cadence import following
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import (
    Call,
    KeyResultLine,
    MadeDecision,
    Mix,
    Noted,
    NotedAs,
    OverdueDecision,
    SettledDecision,
    Snapshot,
    Waiting,
    Week,
)
from bot.domain.digest_correction import Shown
from bot.domain.escalation import EscalationState
from bot.domain.redefinition import Difference, Part

ACTIVATION = KeyResultLine(
    key_result_id=1, number=12, name="Activation", team="Growth", is_own=True, is_leaders=False, owner="Mere Ngata",
    is_scored=True, was_asked=True, was_answered=True, confidence=Confidence.GREEN, score=Decimal("0.5"),
    last_score=Decimal("0.4"), answer_id=7, team_id=1, scores=(Decimal("0.2"), Decimal("0.4"), Decimal("0.5")),
)  # fmt: skip
CHURN = replace(
    ACTIVATION, key_result_id=2, number=14, name="Churn", confidence=Confidence.YELLOW, score=Decimal("0.2"),
    last_score=Decimal("0.3"), scores=(Decimal("0.3"), Decimal("0.3"), Decimal("0.2")),
)  # fmt: skip
AUDIT = replace(
    ACTIVATION, key_result_id=3, number=15, name="SOC 2 certified by 15 Dec", confidence=Confidence.RED,
    score=Decimal("0.3"), last_score=Decimal("0.3"), scores=(Decimal("0.1"), Decimal("0.3"), Decimal("0.3")),
)  # fmt: skip
NPS = replace(
    ACTIVATION, key_result_id=4, number=7, name="NPS", was_answered=False, score=Decimal("0.4"), answer_id=None
)
WANTED = Call(
    escalation_id=9, key_result_id=3, number=15, name="SOC 2 certified by 15 Dec", confidence=Confidence.RED,
    state=EscalationState.OPEN, taken_by=None, need="somebody to free two days of HR", blocked_by="People",
    asked_slack_id="U0TAMA", since=date(2026, 11, 16), link=LINK,
)  # fmt: skip
GROWTH = Snapshot(
    team="Growth",
    period=MONDAY,
    taken_on=date(2026, 11, 18),
    key_results=(ACTIVATION, CHURN, AUDIT, NPS),
    calls=(WANTED,),
    decided=(
        MadeDecision(
            5, 1, 12, "Activation", Confidence.GREEN, "pricing test for half of the visitors", "Ana Silva", FRIDAY, LINK
        ),
    ),
    overdue=(OverdueDecision(3, 2, 14, "call the ten who left", "Mere Ngata", date(2026, 11, 13), LINK),),
    stop_or_shift="Webinars pause until KR-15 has its evidence",
    signal=STOOD_STILL,
    team_id=1,
    weeks=(
        Week(MONDAY, Decimal("0.30"), Decimal("0.28"), Mix(2, 1, 1)),
        Week(following(MONDAY), Decimal("0.35"), Decimal("0.33"), Mix(1, 1, 1)),
    ),
    ends_on=date(2026, 12, 31),
    settled=(
        SettledDecision(7, 3, 15, "two days of legal for the auditor", is_done=True, reason=None),
        SettledDecision(8, 5, 22, "a second demo a week", is_done=False, reason="nobody misses them"),
    ),
    noted=(
        Noted(
            NotedAs.CHANGED, 1, 12, "Activation", "two of three channels are gone",
            (Difference(Part.TARGET, "40 %", "35 %"),), stops="the webinars",
        ),
        Noted(NotedAs.STOPPED, 5, 22, "Demo calls", "nobody misses them"),
        Noted(NotedAs.NOT_DECIDED, 6, 23, "Lead time", "it came right by itself"),
    ),
    waiting=(
        Waiting(
            3, 15, "SOC 2 certified by 15 Dec", "Growth", "Legal", DependencyState.DATED, "Finn Adler", FRIDAY, None,
            date(2026, 11, 16),
        ),
    ),
)  # fmt: skip
SHOP = tuple(
    replace(line, key_result_id=10 + place, number=30 + place, team="Shop", team_id=2, is_own=False)
    for place, line in enumerate((ACTIVATION, ACTIVATION, CHURN))
)
COMPANY = replace(
    GROWTH,
    team="Company",
    team_id=3,
    key_results=(*(replace(line, is_own=False) for line in GROWTH.key_results), *SHOP),
    has_teams=True,
    signal=None,
    noted=(),
    health=GOES,
)
NAMES = ("Growth", "Shop", "Care", "Platform", "Sales", "Design")
LARGE = replace(
    COMPANY,
    key_results=tuple(
        replace(
            line, key_result_id=100 * team + place, number=100 * team + place, team=name, team_id=team, is_own=False
        )
        for team, name in enumerate(NAMES, 1)
        for place, line in enumerate((ACTIVATION, ACTIVATION, CHURN, AUDIT) * 3, 1)
    ),
    calls=(replace(WANTED, key_result_id=104), replace(WANTED, escalation_id=10, key_result_id=204, number=204)),
)
NEW = tuple(
    Noted(
        NotedAs.ADDED, key_result_id, key_result_id, name, "Care joins the programme", stops="the survey of last year"
    )
    for key_result_id, name in ((31, "Time to first answer"), (32, "Solved at once"))
)
QUIET = replace(
    GROWTH, key_results=(ACTIVATION,), calls=(), decided=(), settled=(), overdue=(), stop_or_shift=None, signal=None,
    noted=(), waiting=(),
)  # fmt: skip
BESIDE = Beside(digest_id=8, zone=LONDON)
CORRECTED = replace(
    BESIDE,
    corrections=(
        Shown(
            at(18, 11), 12, score=Decimal("0.3"), was_score=Decimal("0.5"), confidence=Confidence.YELLOW,
            was_confidence=Confidence.GREEN,
        ),
    ),
)  # fmt: skip
# Before its hour nothing is kept that a button could be about.
NOT_KEPT = Beside()
PREVIEW = Preview(
    1, "Growth", GROWTH, NOT_KEPT, at(18, 10), was_taken=False, has_channel=True, is_stopped=False, may_post=True
)
TAKEN = replace(PREVIEW, snapshot=QUIET, beside=BESIDE, was_taken=True)
TEAMS = (TeamLink(1, LINK), TeamLink(2, LINK))

CHAPTER = Chapter(
    "The digest",
    (
        Case("A team's", lambda: digest.digest_post(GROWTH, BESIDE)),
        Case("A quiet week", lambda: digest.digest_post(QUIET, BESIDE)),
        Case("After more was added in mid-cycle", lambda: digest.digest_post(replace(QUIET, noted=NEW), BESIDE)),
        Case("The company's, with its month", lambda: digest.digest_post(COMPANY, replace(BESIDE, links=TEAMS))),
        Case("The company's, where it is large", lambda: digest.digest_post(LARGE, replace(BESIDE, links=TEAMS))),
        Case("In its thread, the teams", lambda: digest_details.details(LARGE, TEAMS)),
        Case("Late, on its day", lambda: digest.digest_post(QUIET, replace(BESIDE, late=Late(at(18, 10), at(18, 14))))),
        Case("Late by days", lambda: digest.digest_post(QUIET, replace(BESIDE, late=Late(at(18, 10), at(20, 8, 30))))),
        Case("After a correction", lambda: digest.digest_post(QUIET, CORRECTED)),
        Case("In its thread", lambda: digest_details.details(GROWTH)),
        Case("In the company's thread", lambda: digest_details.details(COMPANY, TEAMS)),
        Case(
            "In the place of a digest whose reader became a guest, or of which nothing is left",
            digest_details.for_fewer_now,
        ),
        Case("In the place of a reply, once what is left fits into those above it", digest_details.further_up),
        Case("*Show me all*", lambda: digest_details.tables(GROWTH)),
        Case("*Show me all*, where nothing of it may be shown any more", digest_details.none_left),
        Case("`/okr digest`, before its hour", lambda: digest_sharing.preview(PREVIEW)),
        Case(
            "`/okr digest`, for a reader, after its hour",
            lambda: digest_sharing.preview(replace(TAKEN, may_post=False)),
        ),
        Case(
            "`/okr digest`, once it was stopped",
            lambda: digest_sharing.preview(replace(TAKEN, is_stopped=True)),
        ),
        Case("*Post now*", lambda: digest_sharing.post_dialog(1, "Growth")),
        Case("After it", lambda: digest_sharing.on_its_way("Growth")),
        Case("*Post in a channel of my choice*", lambda: digest_sharing.elsewhere_dialog(1, "Growth")),
        Case("No channel is chosen", digest_sharing.choose_a_channel),
        Case(
            "There",
            lambda: digest_sharing.shared(SharedDigest(QUIET, BESIDE, "Tama Reid", "for those who asked on Monday")),
        ),
        Case("After it, here", digest_sharing.posted_elsewhere),
        Case("Slack did not take it", lambda: digest_sharing.not_posted("3f9a12c4", "For Thursday")),
        Case("Slack did not answer", lambda: digest_sharing.perhaps_posted("3f9a12c4", "")),
        Case("The same dialog, sent twice", digest_sharing.submitted_before),
        Case("Nobody pressed anything in four of them", lambda: unread(Outcome.OPEN)),
        Case("*Keep it*", lambda: unread(Outcome.KEPT)),
        Case("*Stop it*", lambda: unread(Outcome.STOPPED)),
        Case("*Start it again*", lambda: digest_sharing.started_again("Growth")),
        Case("`/okr export`, in the direct message", lambda: export.beside_file("Growth", MONDAY)),
        Case("`/okr export`, Slack was busy", lambda: export.file_not_sent("3f9a12c4")),
        Case("`/okr export`, Slack refused it", lambda: export.file_refused("3f9a12c4")),
        Case(
            "`/okr export`, Slack did not answer",
            lambda: export.file_perhaps_sent("okra-growth-2026-11-16.csv", "3f9a12c4"),
        ),
        Case("`/okr export`, where it was typed", lambda: export.file_sent("okra-growth-2026-11-16.csv")),
    ),
)


def unread(outcome: Outcome) -> object:
    return digest_unread.unread(Unread(8, "Growth", 4, outcome))
