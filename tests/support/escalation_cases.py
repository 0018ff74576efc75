"""What a request for help says on its way to a decision, for docs/messages.md: KR-15 of Mere's is red."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from messages import Case, Chapter
from samples import AUDIT, LONDON, at

from bot.blocks import (
    decisions,
    dependency,
    escalation_dialogs,
    escalation_more,
    help_wanted,
    outcome,
    question,
    review_agenda,
)
from bot.blocks import escalation as said
from bot.blocks import escalation_replies as replies
from bot.blocks import friction as frictions
from bot.blocks.checkin_parts import Choice
from bot.blocks.dependency import Request, Waits
from bot.blocks.escalation_foot import Foot, with_foot
from bot.blocks.escalation_path import Again, Asked, Expected, Turn
from bot.blocks.escalation_shown import Case as Escalation
from bot.blocks.escalation_shown import Change, Decided, Person, Settled, Words
from bot.blocks.help_wanted import Carried, Destination
from bot.blocks.outcome import Outcome
from bot.domain.confidence import Confidence
from bot.domain.dependency import DependencyState
from bot.domain.digest import Waiting
from bot.domain.escalation import EscalationState
from bot.domain.friction import Pair
from bot.domain.review_agenda import Agenda, Call, Due

LINK = "https://example.slack.com/archives/C1/p1"
MERE, TAMA, HANA = Person("Mere Ngata", "U0MERE"), Person("Tama Reid", "U0TAMA"), Person("Hana Mori", "U0HANA")
WORDS = Words(
    stuck="the auditor has had nothing from HR",
    blocked_by="People",
    plan="our own evidence goes out on Wednesday",
    need="somebody to free two days of HR",
)
FROM_A_MESSAGE = Words(blocked_by="People", by="Ana Silva", link=LINK, in_check_in=False)
FRIDAY = date(2026, 11, 20)
RED = replace(AUDIT, escalation=None, last_score=Decimal("0.4"))
TAMA_ASKED = Asked(2, "Tama Reid", at(16, 10, 12), leads="Growth")
OPEN = Escalation(
    escalation_id=9,
    standing=RED,
    owner=MERE,
    team="Growth",
    words=WORDS,
    state=EscalationState.OPEN,
    opened_at=at(16, 10, 12),
    zone=LONDON,
    asked=TAMA,
    steps=(TAMA_ASKED,),
    expected=Expected("Hana Mori", at(17, 10, 12)),
    deciders=("Tama Reid", "Hana Mori"),
    link=LINK,
)
BY_ANOTHER = replace(OPEN, words=replace(WORDS, by="Ana Silva"))
SECOND = replace(
    OPEN,
    expected=Expected("Rosa Lind", at(19, 10, 12)),
    asked=HANA,
    steps=(TAMA_ASKED, Asked(3, "Hana Mori", at(17, 10, 12), leads="Product")),
)
UNDER_WAY = replace(OPEN, state=EscalationState.ACKNOWLEDGED, taken_by="Tama Reid")
THURSDAY = date(2026, 11, 19)
REVIEW = replace(
    OPEN,
    state=EscalationState.IN_REVIEW,
    taken_by="Tama Reid",
    review_on=THURSDAY,
    expected=Expected("Hana Mori", at(20, 9)),
)
BACK = replace(REVIEW, back_from=THURSDAY)
HR_DAYS = Decided(5, "HR frees Ana for two days", "Tama Reid", HANA, FRIDAY)
DECIDED = replace(OPEN, state=EscalationState.DECIDED, decisions=(HR_DAYS,))
DONE = Settled("Hana Mori")
DROPPED = Settled("Hana Mori", "the audit was put off to March")
RESOLVED = replace(
    DECIDED, state=EscalationState.RESOLVED, decisions=(replace(HR_DAYS, settled=DONE),), resolved_by="Tama Reid"
)
NO_DECISION = replace(
    OPEN,
    state=EscalationState.RESOLVED,
    resolved_by="Mere Ngata",
    no_decision_reason="HR found the two days by themselves",
)
GREEN = replace(OPEN, standing=replace(RED, confidence=Confidence.GREEN, score=Decimal("0.6")))
WAITS = Waits("Legal", DependencyState.ASKED, "Finn Adler")
REFUSED = Waits("Legal", DependencyState.REFUSED, "Finn Adler", "Finn Adler", reason="no lawyer is free before January")
DATED = Waits("Legal", DependencyState.DATED, "Finn Adler", "Finn Adler", due_on=FRIDAY)
ACCEPTED = Waits("Legal", DependencyState.ACCEPTED, "Finn Adler", "Finn Adler")
REQUEST = Request(
    dependency_id=4,
    standing=RED,
    owner="Mere Ngata",
    waiting="Growth",
    since=date(2026, 11, 16),
    waits=WAITS,
    stuck="the auditor's contract is not signed",
    need="a lawyer who reads eleven pages",
    leads="Legal",
    link=LINK,
    asked_on=date(2026, 11, 16),
)
GONE_UP = replace(REQUEST, waits=replace(WAITS, asked="Rosa Lind"), leads="Company", before=("Finn Adler",))
LEADS = Destination("C0GROWTH")
BROUGHT = Outcome(
    15, "SOC 2 certified by 15 Dec", "somebody to free two days of HR", "", date(2026, 11, 16),
    "HR frees Ana for two days", is_done=True, by="Hana Mori", on=date(2026, 11, 17), reason="", link=LINK,
)  # fmt: skip
CALL = Call(
    9, 15, "SOC 2 certified by 15 Dec", Confidence.RED, "0.3, was 0.4", EscalationState.IN_REVIEW, date(2026, 11, 16),
    date(2026, 11, 19), "somebody to free two days of HR", "People", None, "Tama Reid", LINK,
)  # fmt: skip
AGENDA = Agenda(
    ("Growth",),
    date(2026, 11, 19),
    (
        CALL,
        replace(CALL, number=14, name="Churn", review_on=None, need="", taken_by=None, asked="Tama Reid"),
        Due(5, 12, "pricing test for half of the visitors", "Ana Silva", date(2026, 11, 18), LINK),
        Waiting(
            3, 15, "SOC 2 certified by 15 Dec", "Growth", "Legal", DependencyState.ASKED, None, None, None,
            date(2026, 11, 16),
        ),
    ),
)  # fmt: skip

THREAD = Chapter(
    "Help is wanted: the thread",
    (
        Case("The first message", lambda: said.root(OPEN)),
        Case("The same, where somebody else answered", lambda: said.root(BY_ANOTHER)),
        Case("The lead's day has not begun", lambda: said.root(replace(OPEN, asked=None, steps=()))),
        Case("Nobody leads above the owner", lambda: said.root(replace(OPEN, asked=None, steps=(), expected=None))),
        Case("Somebody has taken it", lambda: said.root(UNDER_WAY)),
        Case("Beneath it", lambda: replies.taken("Tama Reid")),
        Case("It goes to a review", lambda: said.root(REVIEW)),
        Case("Beneath it, the same", lambda: replies.to_review(REVIEW.review_on, "Tama Reid")),
        Case("The first message, once the review has passed and nothing is decided", lambda: said.root(BACK)),
        Case("Nobody has picked it up", lambda: replies.went_on(Turn("Hana Mori", after=EscalationState.OPEN))),
        Case(
            "Nothing came of it yet, and the next one is away",
            lambda: replies.went_on(Turn("Rosa Lind", away=("Hana Mori",), after=EscalationState.ACKNOWLEDGED)),
        ),
        Case(
            "The review has passed",
            lambda: replies.went_on(Turn("Hana Mori", after=EscalationState.IN_REVIEW)),
        ),
        Case(
            "The same is named again",
            lambda: replies.went_on(Turn("Hana Mori", again=Again("Legal", date(2026, 11, 16)))),
        ),
        Case(
            "The same, at an hour at which nobody is asked",
            lambda: replies.named_again(OPEN, Again("Legal", date(2026, 11, 16))),
        ),
        Case(
            "Red again, a week later",
            lambda: replies.again(
                OPEN, Change(Confidence.RED, "0.2, was 0.3", Words(stuck="HR has moved the day twice"))
            ),
        ),
        Case(
            "The same, in a thread that could come only in a later week",
            lambda: replies.again(
                OPEN,
                Change(
                    Confidence.RED,
                    "0.2, was 0.3",
                    Words(stuck="HR has moved the day twice"),
                    week=date(2026, 11, 9),
                ),
            ),
        ),
        Case(
            "Red again in the same week, with nothing new",
            lambda: replies.again(OPEN, Change(Confidence.RED, "0.3, as last week", is_new_week=False)),
        ),
        Case(
            "The same, by somebody else than the owner",
            lambda: replies.again(
                OPEN, Change(Confidence.RED, "0.3, as last week", Words(by="Ana Silva"), is_new_week=False)
            ),
        ),
        Case(
            "Somebody else asks for help in it",
            lambda: replies.help_asked(OPEN, FROM_A_MESSAGE, "we cannot start before HR has a date"),
        ),
        Case(
            "The owner is asked",
            lambda: question.in_thread(OPEN, "Mere Ngata", "Tama Reid", "which evidence is missing?"),
        ),
        Case("A decision", lambda: replies.decided(OPEN, HR_DAYS)),
        Case("The first message then", lambda: said.root(DECIDED)),
        Case("The decision is done", lambda: replies.decided(OPEN, replace(HR_DAYS, settled=DONE))),
        Case("Beneath it, that it is done", lambda: decisions.settled(OPEN, HR_DAYS, DONE)),
        Case("Beneath it, that it was dropped", lambda: decisions.settled(OPEN, HR_DAYS, DROPPED)),
        Case("Green again", lambda: replies.green_again(GREEN)),
        Case(
            "The newest reply, where the first message is far above",
            lambda: with_foot(replies.taken("Tama Reid"), UNDER_WAY, Foot(acts=True)),
        ),
        Case("The first message then, green", lambda: said.root(GREEN)),
        Case("The end, with a decision", lambda: replies.resolved(RESOLVED, "Tama Reid")),
        Case("The first message, at the end", lambda: said.root(RESOLVED)),
        Case("The end, without a decision", lambda: replies.resolved(NO_DECISION, "Mere Ngata")),
        Case("The first message then, without one", lambda: said.root(NO_DECISION)),
        Case("Red again, within two weeks of the end", lambda: replies.opened_again(OPEN.standing, WORDS)),
        Case(
            "The same, where somebody else answered",
            lambda: replies.opened_again(OPEN.standing, BY_ANOTHER.words),
        ),
        Case("It was made private: what stands where it was", said.made_private),
        Case("Its key result has another owner: what stands in the group message before", said.changed_hands),
        Case("Its key result was limited: what stands where it was", said.hidden),
    ),
)

PEOPLE = Chapter(
    "Help is wanted: to one person",
    (
        Case("To the lead, who is asked", lambda: said.ask(OPEN, 2)),
        Case("To the next one on the path", lambda: said.ask(SECOND, 3)),
        Case("The same, from a message that somebody showed", lambda: said.ask(replace(OPEN, words=FROM_A_MESSAGE), 2)),
        Case("On the evening of the review", lambda: said.after_review(REVIEW, THURSDAY)),
        Case("The same, once it has passed and nothing is decided", lambda: said.after_review(BACK, THURSDAY)),
        Case(
            "To somebody who was away at their turn",
            lambda: replies.news_of_going_on(UNDER_WAY, Turn("Hana Mori", away=("Tama Reid",))),
        ),
        Case(
            "To the owner: somebody has taken it",
            lambda: replies.news_of_taking(OPEN, "Tama Reid", to_a_review=False),
        ),
        Case(
            "To the owner: it goes to a review",
            lambda: replies.news_of_taking(REVIEW, "Tama Reid", to_a_review=True),
        ),
        Case(
            "The same, where somebody else had asked",
            lambda: replies.news_of_taking(OPEN, "Tama Reid", to_a_review=False, asked_by="Hana Mori"),
        ),
        Case("To the owner: somebody else asks for help", lambda: replies.news_of_help(OPEN, FROM_A_MESSAGE)),
        Case(
            "To the owner: a question",
            lambda: question.to_owner(OPEN, TAMA, "which evidence is missing?"),
        ),
        Case("To the owner: a decision", lambda: replies.news_of_decision(OPEN, HR_DAYS, for_follow_up=False)),
        Case(
            "To who makes it happen",
            lambda: replies.news_of_decision(OPEN, HR_DAYS, for_follow_up=True),
        ),
        Case(
            "To the owner: what the week's red brought",
            lambda: outcome.outcome(
                (
                    BROUGHT,
                    replace(
                        BROUGHT, number=14, name="Churn", need="", decided="", is_done=False, reason="it came by itself"
                    ),
                )
            ),
        ),
        Case(
            "The same, where a lead had asked",
            lambda: outcome.outcome((replace(BROUGHT, asked_by="Tama Reid"),)),
        ),
    ),
)

OTHER_TEAM = Chapter(
    "One team waits for another",
    (
        Case("To the other team's lead", lambda: dependency.asked(REQUEST)),
        Case("The same, in somebody else's words", lambda: dependency.asked(replace(REQUEST, owner_says=False))),
        Case("To the next one, where nobody has answered", lambda: dependency.asked(GONE_UP)),
        Case("In the thread then", lambda: dependency.goes_on(GONE_UP)),
        Case(
            "To who was asked before, then",
            lambda: dependency.asked(replace(REQUEST, waits=GONE_UP.waits, asks_now="Rosa Lind")),
        ),
        Case("Once they have accepted", lambda: dependency.asked(replace(REQUEST, waits=ACCEPTED))),
        Case("Once it has come to its end without them", lambda: dependency.asked(replace(REQUEST, is_over=True))),
        Case("*Propose a date*", lambda: dependency.date_dialog(REQUEST, proposed=FRIDAY)),
        Case("No day", dependency.day_missing),
        Case("A day that is over", lambda: dependency.day_in_the_past(date(2026, 11, 17))),
        Case("*Refuse*", lambda: dependency.refuse_dialog(REQUEST)),
        Case("Without a reason", dependency.reason_missing),
        Case("In the thread: accepted", lambda: dependency.reply(replace(REQUEST, waits=ACCEPTED))),
        Case("In the thread: a day", lambda: dependency.reply(replace(REQUEST, waits=DATED))),
        Case("In the thread: refused", lambda: dependency.reply(replace(REQUEST, waits=REFUSED))),
        Case("To the owner", lambda: dependency.news(replace(REQUEST, waits=REFUSED))),
        Case(
            "To a lead who was away meanwhile",
            lambda: dependency.news_of_passing_over(replace(REQUEST, waits=ACCEPTED)),
        ),
        Case("Beside the name in the next check-in", lambda: dependency.beside_the_name(DATED)),
        Case(
            "`/okr friction`",
            lambda: frictions.friction(
                ("2026 Q4",),
                (Pair("Growth", "Legal", 2, 12, Decimal(9), 4), Pair("Shop", "Growth", 0, None, Decimal(3), 1)),
            ),
        ),
        Case("`/okr friction`, where nobody waits", lambda: frictions.friction(("2026 Q4",), ())),
    ),
)

DIALOGS = Chapter(
    "Help is wanted: what is pressed",
    (
        Case("*Ask for help*, under `/kr 12`", lambda: help_wanted.ask_for_help(1, "KR-12")),
        Case("What is stuck is missing", help_wanted.stuck_missing),
        Case("What is needed is missing", help_wanted.need_missing),
        Case("After it", lambda: help_wanted.asked("KR-12")),
        Case(
            "*Turn into a blocker*, in the menu of any message",
            lambda: help_wanted.turn_into_blocker(Carried(LINK, "we cannot start before HR has a date")),
        ),
        Case(
            "Once the key result is chosen",
            lambda: help_wanted.turn_into_blocker(
                Carried(LINK, "we cannot start before HR has a date"), chosen=Choice("KR-15 SOC 2", "3"), to=LEADS
            ),
        ),
        Case(
            "Where there is no channel",
            lambda: help_wanted.turn_into_blocker(
                Carried(LINK, "we cannot start before HR has a date"),
                chosen=Choice("KR-15 SOC 2", "3"),
                to=Destination(None),
            ),
        ),
        Case("No key result is chosen", help_wanted.key_result_missing),
        Case("Nobody is named", help_wanted.blocked_by_missing),
        Case("The thread has moved meanwhile", help_wanted.goes_elsewhere),
        Case("After it, the link alone", lambda: help_wanted.noted("KR-15", "People", copied=False)),
        Case("After it, with the text", lambda: help_wanted.noted("KR-15", "People", copied=True)),
        Case("*Decide*", lambda: escalation_dialogs.decide(OPEN, due=FRIDAY)),
        Case(
            "The same, where somebody else than the owner asks",
            lambda: escalation_dialogs.decide(BY_ANOTHER, due=FRIDAY),
        ),
        Case("No text", escalation_dialogs.decision_missing),
        Case("No owner", escalation_dialogs.owner_missing),
        Case("An owner who is a guest", lambda: escalation_dialogs.owner_not_full_member("Ana Silva")),
        Case("An owner who may not see it", lambda: escalation_dialogs.owner_may_not_see("Ana Silva")),
        Case("No day, for a decision", escalation_dialogs.due_missing),
        Case("A day that is over, for a decision", lambda: escalation_dialogs.due_in_the_past(date(2026, 11, 17))),
        Case("An owner changes the target alone", escalation_dialogs.kind_is_for_leads),
        Case("*Resolve*, without a decision", lambda: escalation_dialogs.resolve(OPEN)),
        Case("Without a reason for it", escalation_dialogs.reason_missing),
        Case("*Ask the owner*", lambda: question.ask_dialog(OPEN)),
        Case("Nothing is asked", question.question_missing),
        Case("After it", lambda: question.on_its_way("Mere Ngata")),
        Case(
            "*Make private*",
            lambda: escalation_more.make_private(9, "KR-15", ("Mere Ngata", "Tama Reid"), leaves="C0GROWTH"),
        ),
        Case("`/okr agenda`", lambda: review_agenda.agenda(AGENDA)),
        Case("`/okr agenda`, where nothing is open", lambda: review_agenda.agenda(replace(AGENDA, items=()))),
    ),
)
