"""What people read about leave, reminders, hand-overs and settings, for docs/messages.md."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

from messages import Case, Chapter
from samples import MONDAY, at

from bot.blocks import away, hand_over, lead_note, ownerless, reminder, settings
from bot.blocks.away import AwayDone, AwayNews, AwayQuestion, Gone, OwnAbsence
from bot.blocks.hand_over import Offer, OfferState, Question
from bot.blocks.lead_note import LeadNote, OpenCheckIn
from bot.blocks.ownerless import Ownerless, OwnerlessOne
from bot.blocks.reminder import OpenOne, Reminder
from bot.blocks.settings import Mine, Organisation, TeamException, TeamWeek
from bot.domain.localtime import WORKDAYS, Weekday

BOTH = (OpenOne(14, "Churn"), OpenOne(15, "SOC 2 certified by 15 Dec"))
FIRST = Reminder(MONDAY, BOTH, at(17, 17))
LAST = replace(FIRST, lead="Tama Reid", lead_told_at=at(17, 14))
LEAVE = AwayDone(7, date(2026, 12, 20), date(2027, 1, 6), 6, 3, "Sam Stone", ("Sam Stone", "Tama Reid"))
FREE_DAY = replace(LEAVE, last_on=LEAVE.first_on, check_ins=0, told=())
MERE = Gone("Mere Ngata", date(2026, 12, 20), date(2027, 1, 6), 3, "Sam Stone", is_reader_cover=False, is_off=False)
ANA = replace(MERE, name="Ana Silva", cover=None, key_results=1)
COVERED = replace(MERE, is_reader_cover=True)
KNOWN = OwnAbsence(7, date(2026, 12, 20), date(2027, 1, 6), "Sam Stone", "U0SAM")
OFFER = Offer(
    4, 14, "Churn", "Growth", "Mere Ngata", owner_has_left=False, to="Sam Stone", asked_by="Tama Reid",
    state=OfferState.WAITING,
)  # fmt: skip
MINE = Mine(time(9), None, "Europe/London", time(9), time(17), WORKDAYS, None, "GB", at(16, 9), is_admin=True)
WEEK = Organisation(
    Weekday.THURSDAY, time(9), time(17), time(14), time(10), 5, ("vacation", "sick", "on leave"), "GB",
    (
        TeamException("Shop", Weekday.TUESDAY, "The shop is closed on Thursdays"),
        TeamException("Tokyo", None, "", "Asia/Tokyo"),
    ),
    "Europe/London",
)  # fmt: skip
TEAM = TeamWeek(
    3, "Shop", Weekday.TUESDAY, "The shop is closed on Thursdays", Weekday.THURSDAY, None, None, "Europe/London"
)
NOTE = LeadNote(
    note_id=9,
    team="Growth",
    digest_at=at(18, 10),
    still_open=(
        OpenCheckIn(
            21, "Onboarding time", "Ana Silva", at(16, 9), is_missed=False, owner_has_left=False, prompt_failed=False,
            check_in_id=1, reminded_at=(at(16, 14),),
        ),
        OpenCheckIn(
            22, "NPS", "Mere Ngata", at(16, 9), is_missed=False, owner_has_left=False, prompt_failed=False,
            check_in_id=2, status="on leave",
        ),
    ),
    answered=7,
    asked=9,
    stop_or_shift=None,
    is_over=False,
)  # fmt: skip

CHAPTER = Chapter(
    "Leave, reminders and whose it is",
    (
        Case("The first reminder", lambda: reminder.reminder(FIRST)),
        Case("The last reminder", lambda: reminder.reminder(LAST)),
        Case("A reminder, once all is answered", lambda: reminder.reminder(replace(LAST, open_ones=(), answered=2))),
        Case("A reminder, once all was excused", lambda: reminder.reminder(replace(LAST, open_ones=()))),
        Case("A reminder, once answering is over", lambda: reminder.reminder(replace(LAST, is_over=True))),
        Case("`/okr away`", lambda: away.away_dialog(AwayQuestion(date(2026, 11, 16), (KNOWN,)))),
        Case("Somebody goes away, with a cover", lambda: away.away_done(LEAVE, MONDAY)),
        Case(
            "Somebody goes away, without one",
            lambda: away.away_done(replace(LEAVE, cover=None, told=("Tama Reid",)), MONDAY),
        ),
        Case("Its days are in the wrong order", lambda: away.in_wrong_order("5 Dec - 1 Dec")),
        Case("A free day", lambda: away.away_done(FREE_DAY, MONDAY)),
        Case("`/okr back`", lambda: away.own_absences((KNOWN, replace(KNOWN, spares=False)), MONDAY)),
        Case("They are back, and something is open", lambda: away.away_ended(still_open=2)),
        Case("What the lead is told", lambda: away.away_news(AwayNews((MERE,)), MONDAY)),
        Case(
            "What the lead is told of several",
            lambda: away.away_news(AwayNews((MERE, ANA)), MONDAY),
        ),
        Case("What the cover is told", lambda: away.away_news(AwayNews((COVERED,)), MONDAY)),
        Case("They do not go", lambda: away.away_news(AwayNews((replace(MERE, is_off=True),)), MONDAY)),
        Case("The lead's note", lambda: lead_note.lead_note(NOTE)),
        Case(
            "Where only teams beneath have check-ins open",
            lambda: lead_note.lead_note(replace(NOTE, still_open=(), answered=33, asked=35, open_elsewhere=2)),
        ),
        Case(
            "Where some of them are limited to some people",
            lambda: lead_note.lead_note(replace(NOTE, answered=8, leaves_out=True)),
        ),
        Case(
            "Where all are",
            lambda: lead_note.lead_note(replace(NOTE, answered=0, asked=0, leaves_out=True, has_digest=False)),
        ),
        Case(
            "*Hand over*",
            lambda: hand_over.hand_over_dialog(Question(1, 14, "Churn", "Mere Ngata", is_readers=True, waits_for=None)),
        ),
        Case("The new owner is asked", lambda: hand_over.asked(OFFER)),
        Case("They accepted", lambda: hand_over.asked(replace(OFFER, state=OfferState.ACCEPTED))),
        Case("They declined", lambda: hand_over.asked(replace(OFFER, state=OfferState.DECLINED))),
        Case("Who asked reads", lambda: hand_over.news(replace(OFFER, state=OfferState.ACCEPTED))),
        Case("Who asked reads, of a no", lambda: hand_over.news(replace(OFFER, state=OfferState.DECLINED))),
        Case(
            "Somebody has left",
            lambda: ownerless.ownerless(Ownerless("Mere Ngata", (OwnerlessOne(1, 14, "Churn", "Growth"),))),
        ),
        Case("All are given", lambda: ownerless.ownerless(Ownerless("Mere Ngata", ()))),
        Case("`/okr settings`", lambda: settings.settings_dialog(MINE)),
        Case("`/okr rhythm`", lambda: settings.rhythm_dialog(WEEK)),
        Case("Everybody's week is saved", lambda: settings.week_saved(WEEK)),
        Case("`/okr rhythm Shop`", lambda: settings.team_dialog(TEAM)),
    ),
)
