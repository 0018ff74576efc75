"""Away and back: `/okr away 2026-12-20..2027-01-06 cover @someone`, its dialog, and the buttons under its answer."""

from __future__ import annotations

from datetime import date

from bot.blocks import away as blocks
from bot.blocks.away import AwayDone, AwayQuestion
from bot.blocks.ids import Act, Dialog, Typed
from bot.domain.absence import FARTHEST, LONGEST, Days, in_wrong_order, names_cover, parse_days
from bot.runtime import Runtime
from bot.services import absences
from bot.services.absences import Declared
from bot.services.access import full_member, today_of
from bot.services.refusals import Reason, Refused
from handlers.acquaintance import acquainted
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.notation import mentioned
from handlers.opening import open_view
from handlers.reply import Done, Errors, Reply, Whisper
from handlers.request import OpenView, Request


def register(desk: Desk) -> None:
    desk.action(Act.AWAY, ask)
    desk.action(Act.CHANGE_AWAY, change)
    desk.action(Act.END_AWAY, end)
    desk.submit(Dialog.AWAY, submitted)


def away(runtime: Runtime, request: Request, words: str) -> Reply:
    """`/okr away …`: with days at once, without them by the dialog."""
    with runtime.read() as session:
        member = full_member(session, request.caller)
        today = today_of(member, runtime.now())
        known = absences.shown(session, member, absences.mine(session, member, runtime.now()))
    if not words:
        view = blocks.away_dialog(AwayQuestion(today, known))
        return open_view(runtime, request, view)
    days = parse_days(words, today)
    if days is None and in_wrong_order(words, today):
        return Whisper(blocks.in_wrong_order(words))
    if days is None:
        return Whisper(blocks.days_not_understood(words))
    # The text as it was sent: what the person saw names nobody for certain.
    named = sorted(mentioned(str(request.body.get("text") or "")))
    cover_id = acquainted(runtime, request.caller.workspace_id, named[0]) if len(named) == 1 else None
    if cover_id is None and (named or names_cover(words)):
        return Whisper(blocks.cover_not_understood(words))
    try:
        with runtime.write() as session:
            now = runtime.now()
            if not request.is_new(session, now):
                return Done()
            done = absences.declare(session, now, request.caller, days, cover_id)
    except Refused as refused:
        raise Refused(refused.reason, **refused.facts, typed=words) from None
    return Whisper(blocks.away_done(_done(done), today))


def ask(runtime: Runtime, request: Request) -> Reply:
    """*Away*, on Home: the dialog."""
    return away(runtime, request, "")


def back(runtime: Runtime, request: Request) -> Reply:
    """`/okr back`: the days that are noted, each to change or to end."""
    with runtime.read() as session:
        member = full_member(session, request.caller)
        known = absences.shown(session, member, absences.mine(session, member, runtime.now()))
    return Whisper(blocks.own_absences(known, today_of(member, runtime.now())))


def change(runtime: Runtime, request: Request) -> Reply:
    """*Change*: the dialog, filled in."""
    with runtime.read() as session:
        member = full_member(session, request.caller)
        rows = absences.mine(session, member, runtime.now())
        found = [one for one in absences.shown(session, member, rows) if str(one.absence_id) == request.value]
        today = today_of(member, runtime.now())
    if not found:
        raise Refused(Reason.NO_SUCH_ABSENCE)
    view = blocks.away_dialog(AwayQuestion(today, changes=found[0]))
    return open_view(runtime, request, view)


def end(runtime: Runtime, request: Request) -> Reply:
    """*I'm not away*: what is still open this week is theirs again."""
    with runtime.write() as session:
        now = runtime.now()
        if not request.is_new(session, now):
            return Done()
        still_open = absences.end(session, now, request.caller, parse_id(request.value, Reason.NO_SUCH_ABSENCE))
    return Whisper(blocks.away_ended(still_open=still_open))


def submitted(runtime: Runtime, request: Request) -> Reply:
    """The dialog: new days, or others for an absence that is noted."""
    view = request.dialog
    with runtime.read() as session:
        today = today_of(full_member(session, request.caller), runtime.now())
    days = _days(view, today)
    if isinstance(days, Errors):
        return days
    chosen = view.user(Typed.COVER)
    cover_id = acquainted(runtime, request.caller.workspace_id, chosen) if chosen else None
    changes = view.metadata.get("absence")
    absence_id = parse_id(changes, Reason.NO_SUCH_ABSENCE) if changes is not None else None
    try:
        with runtime.write() as session:
            now = runtime.now()
            if not request.is_new(session, now):
                return Done()
            if absence_id is None:
                done = absences.declare(session, now, request.caller, days, cover_id)
            else:
                done = absences.change(session, now, request.caller, absence_id, days=days, cover_id=cover_id)
    except Refused as refused:
        if refused.reason is not Reason.CANNOT_COVER:
            raise
        return Errors({Typed.COVER: blocks.cover_cannot(refused.facts.get("name"))})
    return Whisper(blocks.away_done(_done(done), today))


def _days(view: OpenView, today: date) -> Days | Errors:
    first, last = view.date(Typed.AWAY_FROM), view.date(Typed.AWAY_UNTIL)
    begins = date.fromisoformat(first) if first else today
    ends = date.fromisoformat(last) if last else begins
    if ends < begins:
        return Errors({Typed.AWAY_UNTIL: blocks.last_before_first()})
    if ends < today:
        return Errors({Typed.AWAY_UNTIL: blocks.all_over()})
    if ends - begins > LONGEST:
        return Errors({Typed.AWAY_UNTIL: blocks.too_long()})
    if ends > today + FARTHEST:
        return Errors({Typed.AWAY_UNTIL if last else Typed.AWAY_FROM: blocks.too_far()})
    return Days(begins, ends)


def _done(done: Declared) -> AwayDone:
    return AwayDone(
        absence_id=done.absence.id,
        first_on=done.absence.first_on,
        last_on=done.absence.last_on,
        check_ins=done.check_ins,
        key_results=done.key_results,
        cover=done.cover,
        told=done.told,
    )
