"""Home, the lists and what `/kr 12` shows, and small answers to what was typed, for docs/messages.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal

from messages import Case, Chapter
from rhythm_cases import KNOWN, OFFER, TEAM
from samples import ACTIVATION, AUDIT, CHURN, MONDAY, at

from bot.blocks import (
    away,
    checkin_modal,
    checkin_problems,
    correction,
    decisions,
    hand_over,
    initiatives,
    key_result,
    lead_note,
    listing,
    not_mine,
    notices,
    sent_before,
    settings,
    signals,
    teams,
    who_sees,
)
from bot.blocks import home as homes
from bot.blocks.checkin_parts import Choice
from bot.blocks.correction import Correctable, Corrected
from bot.blocks.dependency import Unanswered
from bot.blocks.home import Home, Kept, Schedule, TeamState
from bot.blocks.home_now import Asking, Due, Now, OwnDecision
from bot.blocks.home_roles import Admin, AdminTeam, Failure, Led, Owed, Owing
from bot.blocks.introduction import Introduction, introduction
from bot.blocks.key_result import Going, KeyResultView, PastAnswer
from bot.blocks.lead_note import LeadNote
from bot.blocks.listing import Listed, ListedObjective, ListedTeam
from bot.blocks.prompt import Item, ItemState, Prompt, prompt
from bot.blocks.teams import FirstLook, Preview
from bot.blocks.who_sees import Audience, ItsObjective, Person, Saved, WhoSees
from bot.domain.cadence import period
from bot.domain.confidence import Confidence
from bot.domain.escalation import EscalationState
from bot.domain.localtime import Weekday
from bot.domain.organisation import Visibility

LINK = "https://example.slack.com/archives/C1/p1"
OBJECTIVE = ListedObjective(
    "Make new customers feel at home",
    "Growth",
    tuple(Listed(one, is_draft=False) for one in (ACTIVATION, CHURN, AUDIT)),
)
ASKING = Asking(
    9, 15, "SOC 2 certified by 15 Dec", EscalationState.OPEN, date(2026, 11, 16), "somebody to free two days of HR",
    "", "Tama Reid", None, LINK,
)  # fmt: skip
DUE_TODAY = OwnDecision(5, 15, "HR frees Ana for two days", "Hana Mori", date(2026, 11, 16), LINK)
NOTHING = Now(date(2026, 11, 16), (), (), (), ())
MERES = Home(
    today=date(2026, 11, 16),
    period=MONDAY,
    now=Now(
        date(2026, 11, 16),
        (Due(MONDAY, ((12, "Activation"), (14, "Churn")), at(17, 17), at(18, 10), is_late=False),),
        (DUE_TODAY,),
        (replace(OFFER, number=21, name="Onboarding time", owner="Ana Silva"),),
        (),
    ),
    kept=(),
    key_results=(OBJECTIVE,),
    teams=(TeamState("Growth", 7, 9, 2, is_over=False),),
    escalations=(ASKING,),
    decisions=(replace(DUE_TODAY, decision_id=6, text="call the ten who left", due_on=date(2026, 11, 20)),),
    schedule=Schedule(time(9), "Europe/London", follows_slack=True, next_at=at(23, 9), absences=(KNOWN,)),
    led=(),
    admin=None,
)
LED = Led(
    "Growth",
    7,
    9,
    (
        Owing(1, 21, "Onboarding time", "Ana Silva", Owed.DUE, is_readers=False, may_be_reminded=True),
        Owing(2, 7, "NPS", "Mere Ngata", Owed.MISSED, is_readers=False, may_be_reminded=False),
        Owing(3, 22, "Demo calls", "Rosa Lind", Owed.EXCUSED, is_readers=False, may_be_reminded=False),
    ),
    note_id=9,
    is_over=False,
)
ADMIN = Admin(
    (
        AdminTeam(2, "Shop", is_on=False, lead="Sam Stone", channel_id=None),
        AdminTeam(1, "Growth", is_on=True, lead="Tama Reid", channel_id="C0GROWTH"),
        AdminTeam(3, "Pricing", is_on=True, lead="Rosa Lind", channel_id="C0PARTNERS", shared=("C0PARTNERS",)),
    ),
    (Failure("digest", "<#C0SHOP>", "is_archived", 2), Failure("prompt", "Rosa Lind", "user_disabled", 1)),
    too_late=1,
    uncertain=2,
    not_shown=(Failure("escalation", "<#C0GROWTH>", "invalid_blocks", 1),),
    kept=12,
    silent=(("Longfetch", False),),
)
TAMAS = replace(
    MERES,
    now=replace(
        NOTHING,
        asks=(ASKING,),
        questions=(Unanswered(4, 15, "SOC 2 certified by 15 Dec", "Growth", "Legal", date(2026, 11, 16)),),
    ),
    kept=(Kept.REMINDER, Kept.LEAD_NOTE),
    key_results=(),
    teams=(),
    escalations=(),
    decisions=(),
    schedule=replace(MERES.schedule, zone="Asia/Tokyo", follows_slack=False, next_at=None, absences=()),
    led=(LED,),
    admin=ADMIN,
)
INITIATIVES = initiatives.Initiatives(
    1, 12, "Activation", ("New sign-up for half of the users", "https://example.org/plans/first-page")
)
EVERYBODY = Audience(Visibility.WORKSPACE, ("Growth",))
TEAM_ALONE = Audience(Visibility.TEAM, ("Growth", "Legal"))
BY_NAME = Audience(Visibility.NAMED, ("Growth",), (Person("U0HANA", "Hana Mori"), Person("U0SAM", "Sam Stone")))
OPEN_TO_ALL = WhoSees(1, 12, "Activation", EVERYBODY, EVERYBODY)
TO_SOME = replace(OPEN_TO_ALL, audience=BY_NAME)
SHARED = ItsObjective(
    1, 12, "Make new customers feel at home", EVERYBODY, "Growth", (Choice("Legal", "3"), Choice("People", "4"))
)
SHOWN = KeyResultView(
    standing=ACTIVATION,
    objective="Make new customers feel at home",
    team="Growth",
    due_on=date(2026, 12, 15),
    is_draft=False,
    is_closed=False,
    imported_score=None,
    answers=(
        PastAnswer(
            period(date(2026, 11, 9)), Confidence.GREEN, Decimal("28.5"), Decimal("0.5"), "a new first page",
            "sign-ups are up", "new sign-up to half of the users", "",
        ),
        PastAnswer(
            period(date(2026, 11, 2)), Confidence.YELLOW, Decimal("27"), Decimal("0.4"), "", "legal is slow",
            "a new first page", "a lawyer",
        ),
    ),
    period=MONDAY,
    may_update=True,
    may_hand_over=True,
    may_ask_for_help=True,
    initiatives=INITIATIVES.lines,
    may_name_initiatives=True,
    going=Going(Decimal("0.45"), Decimal("0.61"), date(2026, 12, 31)),
)  # fmt: skip
NOTE = LeadNote(9, "Growth", at(18, 10), (), 7, 9, "Webinars pause until the audit has its evidence", is_over=False)
FIRST = Prompt(
    period=MONDAY, items=(Item(ACTIVATION, ItemState.OPEN),), now=at(16, 9), closes=at(17, 17),
    changes_until=at(18, 10), digest_follows=True, limited=False, later=(), may_stay=False,
)  # fmt: skip
HELLO = introduction(
    Introduction(
        first_name="Mere", team="Shop", key_results=((12, "Activation"),), opens=at(16, 9), closes=at(17, 17),
        wanted_by="Hana Mori", told=("Sam Stone",),
    )
)  # fmt: skip

HOME = Chapter(
    "Home",
    (
        Case("An owner's", lambda: homes.home(MERES)),
        Case("A lead's, who is an admin too", lambda: homes.home(TAMAS)),
        Case("Of who is asked in somebody else's place", lambda: homes.home(replace(MERES, key_results=()))),
        Case("When nothing waits", lambda: homes.home(replace(TAMAS, now=NOTHING, kept=(), led=(), admin=None))),
        Case("A guest's", homes.outsiders_home),
    ),
)

LISTS = Chapter(
    "What is typed to look something up",
    (
        Case("`/okr`", lambda: listing.mine((OBJECTIVE,), MONDAY, 1)),
        Case("`/okr team`", lambda: listing.of_my_teams(("Growth", "Shop"), (OBJECTIVE,), MONDAY, 1)),
        Case("`/okr team Growth`", lambda: listing.of_team("Growth", (OBJECTIVE,), MONDAY, 1)),
        Case(
            "`/okr company`",
            lambda: listing.of_company(
                (OBJECTIVE,),
                (ListedTeam("Longfetch", 3, is_company=True), ListedTeam("Growth", 9), ListedTeam("Shop", 1)),
                MONDAY,
                1,
            ),
        ),
        Case("`/okr help`", listing.help_text),
        Case("`/okr hepl`", lambda: listing.help_text("hepl")),
        Case("`/kr 12`", lambda: key_result.key_result(SHOWN)),
        Case(
            "`/kr 12`, for somebody else, in a cycle's first weeks",
            lambda: key_result.key_result(
                replace(
                    SHOWN, may_update=False, may_hand_over=False, may_ask_for_help=False, answers=(),
                    going=replace(SHOWN.going, projected_score=None),  # type: ignore[type-var]
                )
            ),
        ),
        Case(
            "`/kr 14`, once it was stopped",
            lambda: key_result.key_result(
                replace(
                    SHOWN, standing=CHURN, is_closed=True, may_update=False, may_hand_over=False,
                    may_ask_for_help=False, going=None, learning="ask in the first month",
                )
            ),
        ),
        Case("*Initiatives* under it", lambda: initiatives.initiatives_dialog(INITIATIVES)),
        Case(
            "*Initiatives*, where somebody else has named others meanwhile",
            lambda: initiatives.initiatives_dialog(replace(INITIATIVES, typed=(*INITIATIVES.lines, "A call to each"))),
        ),
        Case("After *Save*", lambda: initiatives.initiatives_saved(INITIATIVES)),
        Case(
            "After *Save*, where none is left", lambda: initiatives.initiatives_saved(replace(INITIATIVES, lines=()))
        ),
        Case("Too many lines", lambda: initiatives.too_many(12)),
        Case("A line is too long", lambda: initiatives.line_too_long("New sign-up for half of the users", 412)),
        Case("*Who may see it* under it, for an admin", lambda: who_sees.who_sees_dialog(OPEN_TO_ALL)),
        Case(
            "Once it is limited, and its objective too",
            lambda: who_sees.who_sees_dialog(replace(TO_SOME, of_objective=TEAM_ALONE)),
        ),
        Case("After *Save*, where it is limited", lambda: who_sees.saved(Saved(TO_SOME, is_new=True))),
        Case("After *Save*, where it is open again", lambda: who_sees.saved(Saved(OPEN_TO_ALL, is_new=True))),
        Case("After *Save*, where nothing is another way", lambda: who_sees.saved(Saved(TO_SOME, is_new=False))),
        Case("What its owner and lead read of it", lambda: who_sees.news_of_limit(TO_SOME, "Ada Admin")),
        Case(
            "`/kr 12`, for who sees it, where it is limited",
            lambda: key_result.key_result(replace(SHOWN, limited=who_sees.limited_to(BY_NAME, TEAM_ALONE))),
        ),
        Case("`/kr 12`, for an admin who may not see it", lambda: who_sees.hidden(replace(TO_SOME, name=""))),
        Case("*Who may see it*, for that admin", lambda: who_sees.who_sees_dialog(replace(TO_SOME, name=""))),
        Case("*Its objective* under it, for an admin", lambda: who_sees.objective_dialog(SHARED)),
        Case("After *Save* there", lambda: who_sees.saved(Saved(SHARED, is_new=True))),
        Case("What the owners and leads of an objective read", lambda: who_sees.news_of_objective(SHARED, "Ada Admin")),
        Case("Nothing is chosen", who_sees.choice_missing),
        Case("Nobody is named", who_sees.people_missing),
        Case("A guest is named", lambda: who_sees.cannot_see(["Gus Guest"])),
        Case("A team is gone", who_sees.no_such_team),
        Case("`/kr`", key_result.which_one),
        Case("`/okr handover`", hand_over.which_one),
        Case("`/kr twelve`", lambda: key_result.no_number("twelve")),
    ),
)  # fmt: skip

_CORRECTABLE = Correctable(
    ACTIVATION, MONDAY, 1, "Mere Ngata", "Mere Ngata", True, ACTIVATION.kind, "28.5", Confidence.GREEN
)
_CORRECTED = Corrected(
    "KR-12",
    "Activation",
    MONDAY,
    "Tama Reid",
    "30 %",
    "25 %",
    Confidence.GREEN,
    Confidence.YELLOW,
    "the report counted a region twice",
)

ANSWERS = Chapter(
    "Small answers to what was typed or pressed",
    (
        Case("In the check-in, filled from words", lambda: checkin_modal.not_understood(("13 50 red",))),
        Case(
            "In the check-in, where it was redefined meanwhile",
            lambda: checkin_modal.measures_something_else(ACTIVATION),
        ),
        Case(
            "The same, in a week in which no value is asked for",
            lambda: checkin_modal.measures_something_else(ACTIVATION, asks_value=False),
        ),
        Case("Help is wanted, and nothing is named", checkin_problems.help_needs_a_name),
        Case(
            "*Correct*, for a lead, once the digest is out",
            lambda: correction.correct_dialog(_CORRECTABLE),
        ),
        Case(
            "The same, where who answered may see it no more",
            lambda: correction.correct_dialog(
                replace(_CORRECTABLE, answered_by="Sam Stone", reader_answered=False),
            ),
        ),
        Case(
            "The same, where the key result was redefined since",
            lambda: correction.correct_dialog(
                replace(_CORRECTABLE, answered_about="Activation from 22 to 30 % by 15 Dec"),
            ),
        ),
        Case(
            "The same, where somebody else has corrected it meanwhile",
            lambda: correction.correct_dialog(
                replace(
                    _CORRECTABLE,
                    value="25",
                    corrected_by="Hana Mori",
                    typed=correction.Typed("25", Confidence.YELLOW, "it was not that certain"),
                ),
            ),
        ),
        Case("Without a reason", correction.reason_missing),
        Case("With nothing changed", correction.nothing_changes),
        Case(
            "To its owner",
            lambda: correction.corrected(_CORRECTED),
        ),
        Case(
            "To its owner, where somebody else answered",
            lambda: correction.corrected(replace(_CORRECTED, answered_by="Sam Stone")),
        ),
        Case("`/okr away` with days that are none", lambda: away.days_not_understood("next fortnight or so")),
        Case("`/okr away` with a cover who is none", lambda: away.cover_not_understood("20 Dec - 6 Jan cover Sam")),
        Case("In its form: the last day is over", away.all_over),
        Case("In its form: the last day comes first", away.last_before_first),
        Case("In its form: more than a year", away.too_long),
        Case("In its form: more than two years ahead", away.too_far),
        Case("*Not mine*, and none is chosen", not_mine.which_is_missing),
        Case("*Hand over*, and nobody is chosen", hand_over.new_owner_missing),
        Case("*Hand over*, and they are asked", lambda: hand_over.asked_them(14, "Sam Stone")),
        Case("*Hand over*, by a lead to themselves", lambda: hand_over.yours_now(14)),
        Case("*Remind*, in the lead's note", lambda: lead_note.reminded("Ana Silva")),
        Case("*Answer*, in the lead's note", lambda: lead_note.stop_or_shift_dialog(NOTE)),
        Case("*Answer*, and nothing is typed", lead_note.say_it_in_a_line),
        Case("*Dismiss*, without a reason", signals.reason_missing),
        Case(
            "A team before it is on",
            lambda: teams.preview_dialog(
                Preview(2, "Shop", None, "#shop-leads", (FirstLook("Mere Ngata", at(16, 9), HELLO, prompt(FIRST)),))
            ),
        ),
        Case("*Switch on*, and no channel is chosen", teams.channel_missing),
        Case("*Switch on*, and Okra is not in the channel", teams.not_in_channel),
        Case("*Switch on*, and another organisation reads the channel", teams.shared_outside),
        Case("*Switch on*, and Slack does not answer", teams.channel_not_looked_at),
        Case("*Switch on*", lambda: teams.is_on_now("Shop", 12)),
        Case("*Switch on*, twice", lambda: teams.was_on_already("Shop")),
        Case("`/okr settings`: saved", lambda: settings.saved(at(23, 9))),
        Case("`/okr settings`: no such zone", settings.unknown_zone),
        Case("`/okr settings`: no day", settings.no_days),
        Case("`/okr settings`: an hour outside of work", settings.hour_outside_work),
        Case("`/okr settings`: work stops before it starts", settings.ends_before_it_starts),
        Case("`/okr rhythm`: too many messages", settings.budget_odd),
        Case("`/okr rhythm`: no score", settings.expected_odd),
        Case("`/okr rhythm`: nobody could answer", settings.nobody_could_answer),
        Case("`/okr rhythm Shop`: no reason", settings.reason_missing),
        Case("`/okr rhythm Shop`: saved", lambda: settings.team_saved(replace(TEAM, meeting=Weekday.TUESDAY))),
    ),
)

# As Slack sends it back, with something in its field.
_ASKED = decisions.drop("KR-15", 5, "HR frees Ana for two days")
_FIELD = next(block for block in _ASKED["blocks"] if block["type"] == "input")
_WRITTEN = {
    **_ASKED,
    "state": {"values": {_FIELD["block_id"]: {_FIELD["element"]["action_id"]: {"value": "HR has sent it already."}}}},
}

FAILURES = Chapter(
    "When something fails",
    (
        Case("Slack or the database does not answer", lambda: notices.try_again("3f9a12c4", in_dialog=False)),
        Case("The same, in a dialog", lambda: notices.try_again("3f9a12c4", in_dialog=True)),
        Case("A fault of ours", lambda: notices.broken("3f9a12c4")),
        Case(
            "A dialog is pressed again with other words, and no answer had come to the first press",
            lambda: sent_before.shown_again(_WRITTEN),
        ),
        Case("The same, where it is sent only once", lambda: sent_before.has_arrived(_WRITTEN)),
        Case("To a guest", notices.not_for_outsiders),
        Case("At the end of a dialog", lambda: notices.end_of_dialog(lead_note.reminded("Ana Silva"))),
        Case(
            "To an admin: a channel",
            lambda: notices.undelivered(what="digest", to="<#C0GROWTH>", code="not_in_channel"),
        ),
        Case(
            "To an admin: a channel that takes no messages of apps",
            lambda: notices.undelivered(what="digest", to="<#C0GROWTH>", code="restricted_action_read_only_channel"),
        ),
        Case(
            "To an admin: a channel that the organisation has closed",
            lambda: notices.undelivered(what="digest", to="<#C0GROWTH>", code="ekm_access_denied"),
        ),
        Case(
            "To an admin: a group message",
            lambda: notices.undelivered(what="escalation", to=notices.a_group_message(), code="missing_scope"),
        ),
        Case(
            "To an admin: the next digest was due first",
            lambda: notices.undelivered(what="digest", to="<#C0GROWTH>", code=notices.TOO_LATE),
        ),
        Case(
            "To an admin: a channel that another organisation reads by now",
            lambda: notices.undelivered(what="digest", to="<#C0GROWTH>", code=notices.SHARED_OUTSIDE),
        ),
        Case("There: in the place of what would have changed", notices.withheld),
        Case(
            "To an admin: nobody is here to read a digest",
            lambda: notices.undelivered(what="digest", to="Rosa Lind", code=notices.NO_READER),
        ),
        Case(
            "To an admin: Slack does not take what a message should show now",
            lambda: notices.not_shown(what="digest", to="<#C0GROWTH>", code="msg_too_long"),
        ),
        Case(
            "To an admin: a Home that cannot be drawn",
            lambda: notices.not_shown(what=notices.HOME, to="Rosa Lind", code="not_rendered: KeyError"),
        ),
        Case(
            "To an admin: a message that may have arrived, where Okra may not look",
            lambda: notices.undelivered(
                what="escalation", to="<#C0GROWTH>", code=f"{notices.NOT_FOUND_OUT}missing_scope"
            ),
        ),
        Case(
            "To an admin: a message that was lost for a day",
            lambda: notices.undelivered(what="prompt", to="Rosa Lind", code=f"{notices.LOST_AGAIN}worker_died"),
        ),
        Case(
            "To an admin: a reply whose root was not sent",
            lambda: notices.undelivered(what="escalation_reply", to="<#C0GROWTH>", code=f"{notices.NO_ROOT} (failed)"),
        ),
        Case(
            "To an admin: a message that cannot be drawn",
            lambda: notices.undelivered(what="prompt", to="Rosa Lind", code="not_rendered: KeyError"),
        ),
        Case("To an admin: a person", lambda: notices.undelivered(what="prompt", to="Rosa Lind", code="user_disabled")),
    ),
)
