"""A key result that waits for another team: the question to that team's lead, the dialogs, and the answer in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date

from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import actions, button, context, dialog, field_input, section, text_element
from bot.blocks.links import linked
from bot.blocks.moments import named_day
from bot.blocks.post import Block, Post, View
from bot.blocks.standing import Standing, colour
from bot.blocks.text import said, short, unmarked
from bot.domain.dependency import DependencyState

NAME = 80
TITLE = 200
LINE = 500
REASON_LIMIT = 300


@dataclass(frozen=True)
class Waits:
    """Which team is waited for, and what it says. `by` is who said it, null while nobody has; `asked` is who was asked.

    `due_on` is the day that it names, `reason` why it refuses; each null otherwise.
    """

    team: str
    state: DependencyState
    asked: str
    by: str | None = None
    due_on: date | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Unanswered:
    """A question to the reader's team that nobody has answered: `waiting` waits for `team`, which was asked on
    `since`."""

    dependency_id: int
    number: int
    name: str
    waiting: str
    team: str
    since: date


@dataclass(frozen=True)
class Request:
    """The question to the other team's lead.

    `waiting` is the key result's team; `stuck` and `need` are its owner's words, or somebody else's where `owner_says`
    is not set; empty where nothing was said. `leads`: the team that the reader leads, null where they are asked for
    another reason; `away`: who was passed over; `before`: who was asked before the reader, first on `asked_on`;
    `asks_now`: who is asked now, where the reader was before. `is_over`: it does not wait any more. `link`: the thread,
    where there is one that others can open.
    """

    dependency_id: int
    standing: Standing
    owner: str
    waiting: str
    since: date
    waits: Waits
    stuck: str = ""
    need: str = ""
    owner_says: bool = True
    leads: str | None = None
    away: tuple[str, ...] = ()
    asked_on: date | None = None
    before: tuple[str, ...] = ()
    asks_now: str | None = None
    is_over: bool = False
    link: str | None = None

    @property
    def title(self) -> str:
        """`KR-15 SOC 2 certified by 15 Dec`, inert."""
        return f"{self.standing.label} {said(self.standing.text, TITLE)}"


def asked(request: Request) -> Post:
    """To the one who can speak for the other team; complete in itself. The answer can be changed while it waits."""
    team, waiting = said(request.waits.team, NAME), said(request.waiting, NAME)
    if request.is_over:
        text = f"{waiting} does not wait for {team} any more: {request.title}. Nothing to do."
        return Post(text, (section(text),))
    head = f"{waiting} waits for {team}: {request.title}"
    lines = [f"{colour(request.standing.confidence)} *{head}*"]
    lines += [f"*{label}:* {said(text, LINE)}" for label, text in _words(request) if text]
    lines.append(_asks(request, team))
    return Post(
        head,
        (
            section("\n".join(lines)),
            _buttons(request),
            context(" · ".join(_notes(request))),
        ),
    )


def reply(request: Request) -> Post:
    """In the thread: what the other team says."""
    return _sentence(f"{answer(request.waits)}.")


def goes_on(request: Request) -> Post:
    """In the thread: nobody of the other team has answered, so the next one is asked, and why they are."""
    name, team = said(request.waits.asked, NAME), said(request.waits.team, NAME)
    why = f"leads {said(request.leads, NAME)}" if request.leads is not None else f"is next on the path of {team}"
    since = f" since {named_day(request.asked_on)}" if request.asked_on is not None else ""
    return _sentence(f"{team} has not answered{since}, so {name} is asked now, who {why}.")


def news(request: Request) -> Post:
    """To the owner: what the other team says."""
    return _sentence(f"About your {request.title}: {answer(request.waits)}.", _thread(request))


def news_of_passing_over(request: Request) -> Post:
    """To somebody who was away when they would have been asked."""
    waits = request.waits
    text = (
        f"While you were away, {short(waits.asked, NAME)} was asked whether {short(waits.team, NAME)} can help "
        f"{short(request.waiting, NAME)} with {request.title}. Now: {answer(waits)}."
    )
    return _sentence(text, _thread(request))


def asks_for_an_answer(one: Unanswered) -> str:
    """A line: who waits for what, and since when there is no answer."""
    waiting, team = short(one.waiting, NAME), short(one.team, NAME)
    what = f"*KR-{one.number}* {short(one.name, NAME)} · {waiting} waits for {team}"
    return f"{what}, not answered since {named_day(one.since)}"


def answering(dependency_id: int) -> Block:
    """The buttons that answer a question which has no answer yet."""
    return _answers(dependency_id, DependencyState.ASKED)


def answer(waits: Waits) -> str:
    """What the other team says, in half a sentence: "Legal does it by Fri 20 Nov, says Finn Adler"."""
    team, by = said(waits.team, NAME), said(waits.by or waits.asked, NAME)
    match waits.state:
        case DependencyState.ASKED:
            return f"{team} was asked ({by}) and has not answered yet"
        case DependencyState.ACCEPTED:
            return f"{team} takes it on, says {by}"
        case DependencyState.DATED:
            when = named_day(waits.due_on) if waits.due_on is not None else "a day to come"
            return f"{team} can do it by {when}, says {by}"
        case DependencyState.REFUSED:
            return f"{team} can't, says {by}: “{said(waits.reason or '', REASON_LIMIT)}”"


def beside_the_name(waits: Waits) -> str:
    """The same in plain text, for the check-in's dialog."""
    return unmarked(f"{answer(waits)}.")


# The dialogs


def refuse_dialog(request: Request) -> View:
    """Why the other team can't: a line."""
    return dialog(
        "Refuse",
        [
            _about(request),
            field_input(
                "Why not?",
                Typed.REASON,
                text_element(Typed.REASON, most=REASON_LIMIT),
                hint="A line. The owner reads it, in the thread and in both teams' digests.",
            ),
        ],
        callback_id=Dialog.REFUSE_DEPENDENCY,
        metadata=_metadata(request),
        submit="Refuse",
        close="Cancel",
    )


def date_dialog(request: Request, *, proposed: date) -> View:
    """By when the other team can do it. `proposed` stands in the field."""
    return dialog(
        "Propose a date",
        [
            _about(request),
            field_input(
                "By when can it be done?",
                Typed.PROMISED_ON,
                {"type": "datepicker", "action_id": Typed.PROMISED_ON, "initial_date": proposed.isoformat()},
                hint="The owner reads it, in the thread and in both teams' digests.",
            ),
        ],
        callback_id=Dialog.DATE_DEPENDENCY,
        metadata=_metadata(request),
        submit="Propose",
        close="Cancel",
    )


# What is said under a field, in plain text: Slack formats nothing there


def reason_missing() -> str:
    return "Please say why in a line: the owner plans with it."


def day_missing() -> str:
    return "Please choose a day."


def day_in_the_past(today: date) -> str:
    return f"That day is over. Please choose today ({named_day(today)}) or a later one."


def _words(request: Request) -> tuple[tuple[str, str], ...]:
    return ("Stuck", request.stuck), ("The owner needs" if request.owner_says else "Needed", request.need)


def _asks(request: Request, team: str) -> str:
    if request.waits.state is not DependencyState.ASKED:
        return f"*{answer(request.waits)}.* You can still change it."
    return (
        f"{said(request.owner, NAME)} names {team} as what blocks it, since {named_day(request.since)}. "
        f"Can {team} do something about it?"
    )


def _buttons(request: Request) -> Block:
    return _answers(request.dependency_id, request.waits.state)


def _answers(dependency_id: int, state: DependencyState) -> Block:
    about = str(dependency_id)
    accept = button("Accept", Act.ACCEPT_DEPENDENCY, value=about, style="primary")
    date_ = button(
        "Another date" if state is DependencyState.DATED else "Propose a date", Act.DATE_DEPENDENCY, value=about
    )
    refuse = button("Refuse", Act.REFUSE_DEPENDENCY, value=about)
    shown = [accept] if state is not DependencyState.ACCEPTED else []
    return actions(*shown, date_, *([refuse] if state is not DependencyState.REFUSED else []))


def _notes(request: Request) -> list[str]:
    team = said(request.waits.team, NAME)
    because = f"you lead {said(request.leads, NAME)}" if request.leads is not None else f"you are on the path of {team}"
    notes = [f"Asked of you because {because}"]
    notes += [f"{said(name, NAME)} is away" for name in request.away[:6]]
    if request.waits.state is DependencyState.ASKED:
        notes += _without_an_answer(request)
    notes.append("Your answer stands in both teams' digests")
    return [*notes, *_thread(request)]


def _without_an_answer(request: Request) -> list[str]:
    notes = []
    if request.before:
        since = f" since {named_day(request.asked_on)}" if request.asked_on is not None else ""
        names = ", ".join(said(name, NAME // 2) for name in request.before[:6])
        notes.append(f"asked before: {names}, without an answer{since}")
    if request.asks_now is not None:
        notes.append(f"{said(request.asks_now, NAME)} is asked too by now")
    return notes


def _thread(request: Request) -> list[str]:
    return [linked(request.link, "Open the thread")] if request.link is not None else []


def _about(request: Request) -> Block:
    return section(f"*{said(request.waiting, NAME)} waits for {said(request.waits.team, NAME)}:* {request.title}")


def _metadata(request: Request) -> str:
    return json.dumps({"dependency": request.dependency_id})


def _sentence(text: str, notes: list[str] | None = None) -> Post:
    return Post(text, (section(text), *([context(" · ".join(notes))] if notes else [])))
