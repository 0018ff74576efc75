"""`/okr` lists key results, `/kr` shows one or opens its check-in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from bot.blocks import listing as lists
from bot.blocks.ids import Act, Command
from bot.blocks.key_result import key_result, no_number, which_one
from bot.blocks.post import Post
from bot.blocks.who_sees import hidden
from bot.domain.numbers import format_value
from bot.domain.words import Understood, understand
from bot.runtime import Runtime
from bot.services import key_result_view, listing, who_sees
from bot.services.checkin_input import Prefill
from bot.services.refusals import Reason, Refused
from handlers import (
    away,
    checkin,
    decisions,
    digest_sharing,
    escalation,
    export,
    friction,
    hand_over,
    health,
    review_agenda,
    settings,
    signals,
)
from handlers.boundary import Desk
from handlers.ids import parse_id
from handlers.paging import name_and_page, page_number
from handlers.reply import Reply, Whisper
from handlers.request import Request


def register(desk: Desk) -> None:
    desk.command(Command.OKR, okr)
    desk.command(Command.KR, kr)
    desk.action(Act.UPDATE_KEY_RESULT, update)


def okr(runtime: Runtime, request: Request) -> Reply:
    """`/okr`, `/okr team [NAME]`, `/okr company`, and the other words of `/okr help`; a number turns the page."""
    first, _, rest = request.text.partition(" ")
    rest = rest.strip()
    match first.casefold():
        case "":
            return _mine(runtime, request, 1)
        case page if page.isdecimal() and not rest:
            return _mine(runtime, request, page_number(page))
        case "company" if not rest or rest.isdecimal():
            return _company(runtime, request, page_number(rest))
        case "back" if not rest:
            return away.back(runtime, request)
        case "settings" if not rest:
            return settings.mine(runtime, request)
        case word if word in _WITH_WORDS:
            return _WITH_WORDS[word](runtime, request, rest)
        case "help":
            return Whisper(lists.help_text())
        case _:
            return Whisper(lists.help_text(request.text))


def kr(runtime: Runtime, request: Request) -> Reply:
    """`/kr 12` shows a key result; with a value, a colour or words it opens its check-in with them filled in."""
    if not request.text:
        return Whisper(Post(which_one()))
    understood = understand(request.text)
    if understood.number is None:
        return Whisper(Post(no_number(request.text)))
    if not understood.says_more:
        return Whisper(_shown(runtime, request, understood.number))
    try:
        with runtime.read() as session:
            found = key_result_view.find(session, request.caller, understood.number)
        return checkin.open_for(runtime, request, found.id, _prefill(understood))
    except Refused as refused:
        # A command leaves no dialog open that would keep the words.
        raise Refused(refused.reason, **refused.facts, typed=_behind_number(request.text, understood.number)) from None


def _shown(runtime: Runtime, request: Request, number: int) -> Post:
    """The key result; for an admin who may not see it, who may."""
    with runtime.read() as session:
        try:
            return key_result(key_result_view.view(session, request.caller, runtime.now(), number))
        except Refused:
            setting = who_sees.hidden(session, request.caller, number)
            if setting is None:
                raise
            return hidden(setting)


def update(runtime: Runtime, request: Request) -> Reply:
    """*Update* was pressed under a key result."""
    return checkin.open_for(runtime, request, parse_id(request.value, Reason.NO_SUCH_KEY_RESULT), Prefill())


def _mine(runtime: Runtime, request: Request, page: int) -> Reply:
    with runtime.read() as session:
        found = listing.mine(session, request.caller, runtime.now())
    return Whisper(lists.mine(found.objectives, found.period, page))


def _team(runtime: Runtime, request: Request, words: str) -> Reply:
    name, page = name_and_page(words)
    with runtime.read() as session:
        if not name:
            teams = listing.my_teams(session, request.caller)
            found = listing.of_teams(session, request.caller, runtime.now(), teams)
            return Whisper(lists.of_my_teams([team.name for team in teams], found.objectives, found.period, page))
        try:
            team = listing.team_named(session, request.caller, words)
            page = 1
        except Refused:
            # "Team 2" may be a name, or the second page of "Team".
            team = listing.team_named(session, request.caller, name)
        found = listing.of_teams(session, request.caller, runtime.now(), [team])
    return Whisper(lists.of_team(team.name, found.objectives, found.period, page))


def _company(runtime: Runtime, request: Request, page: int) -> Reply:
    with runtime.read() as session:
        found = listing.of_company(session, request.caller, runtime.now())
        teams = listing.all_teams(session, request.caller)
    return Whisper(lists.of_company(found.objectives, teams, found.period, page))


# What takes all that is typed behind it.
_WITH_WORDS: Mapping[str, Callable[[Runtime, Request, str], Reply]] = {
    "team": _team,
    "teams": _team,
    "away": away.away,
    "rhythm": settings.rhythm,
    "digest": digest_sharing.preview,
    "signals": signals.listed,
    "agenda": review_agenda.shown,
    "friction": friction.listed,
    "health": health.shown,
    "export": export.to_me,
    "handover": hand_over.by_number,
    "decide": escalation.decide_by_command,
    "decisions": decisions.listed,
}


def _behind_number(text: str, number: int) -> str:
    """What was typed beside the key result's number; all of it where the number is not at the head."""
    head = re.match(r"(?:KR)?[\s#-]*(\d+)[\s,:;]*", text, re.IGNORECASE | re.ASCII)
    return text[head.end() :] if head is not None and int(head[1]) == number else text


def _prefill(understood: Understood) -> Prefill:
    return Prefill(
        value_text=format_value(understood.value, understood.unit) if understood.value is not None else "",
        confidence=understood.confidence,
        words=understood.rest,
        not_understood=understood.not_understood,
        next_move=understood.next_move,
        need=understood.need,
        plan=understood.plan,
    )
