"""One week at Longfetch, from the import to the digest, with every answer given through the real dialogs."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.demo import visit
from bot.demo.script import ANSWERS, DECISION, STOP_OR_SHIFT, Said
from bot.demo.terminal import heading, show, show_thread, tell
from bot.demo.town import NotOurs, Town, import_company, open_town, switch_everybody_on
from bot.domain.localtime import instant_of
from bot.localslack.driver import DrivenPerson, Seen
from bot.logs import set_up
from bot.settings import LogFormat, SettingsError
from models import KeyResult, Member

MONDAY = date(2026, 10, 5)
# The prompt that is printed whole; the others look alike.
READ_WHOLE = "Tāne Wihongi"


def play() -> int:
    """Play the week; in a terminal, stay open afterwards. Returns the exit code."""
    # A pause for the database is no news to a visitor; what breaks is.
    set_up(LogFormat.CONSOLE, level=logging.ERROR)
    print("Starting a Slack and Okra on this machine…")
    try:
        with open_town() as town:
            for station in STATIONS:
                station(town)
            if sys.stdin.isatty():
                visit.stay(town)
    except (NotOurs, SettingsError) as refused:
        print(refused, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print()
    return 0


def _arrive(town: Town) -> None:
    heading("Thursday, 1 October: Okra arrives at Longfetch")
    count = import_company(town)
    tell(f"{count} key results are imported from a file. Nobody is asked anything: every team is off.")
    names = switch_everybody_on(town)
    tell(f"An admin switches on {', '.join(names)}. Each owner reads one introduction, in their own working hours:")
    town.time.advance_to(datetime(2026, 10, 2, 18, tzinfo=UTC))
    show(_newest(town, READ_WHOLE), to=READ_WHOLE)


def _monday(town: Town) -> None:
    heading("Monday, 5 October: everybody is asked at their own nine o'clock")
    for zone, names in _zones(town):
        local = instant_of(MONDAY, time(9), ZoneInfo(zone))
        town.time.advance_to(local)
        tell(f"{local:%a %H:%M} UTC is 09:00 in {zone.split('/')[1].replace('_', ' ')}: {', '.join(names)}.")
        if READ_WHOLE in names:
            show(_newest(town, READ_WHOLE), to=READ_WHOLE)
        for name in names:
            said = _check_in(town, name)
            if said:
                print(f"    {name} answers {said}")


def _get_help(town: Town) -> None:
    heading("The red got a thread, and a thread cannot close without a decision")
    town.time.advance_to(town.now() + timedelta(seconds=5))
    lead = town.person("Mere Ngata")
    room = lead.channel("buoy-works-leads")
    show(room.thread_of("KR-32")[0])
    tell("Mere, who leads the team, decides: what, who, by when.")
    lead.press("Decide", in_="KR-32")
    lead.fill("What is decided?", DECISION)
    lead.fill("Who makes it happen?", "Tāne Wihongi")
    lead.fill("By when?", (MONDAY + timedelta(days=11)).isoformat())
    lead.submit()
    town.time.advance_to(town.now() + timedelta(seconds=5))
    show_thread(room.thread_of("KR-32"))
    noor = town.person("Noor Haddad")
    tell("Noor takes the blocker that Ishita named; it stays open until somebody decides.")
    noor.press("I'll take it", in_="KR-22")
    town.time.advance_to(town.now() + timedelta(seconds=5))
    show_thread(noor.channel("first-splash-leads").thread_of("KR-22"))


def _lead_note(town: Town) -> None:
    heading("Tuesday: a note to each lead, the only list with names")
    lead = town.person("Mere Ngata")
    town.time.advance_to(instant_of(MONDAY + timedelta(days=1), time(14), ZoneInfo("Europe/London")))
    noted = next(m for m in reversed(lead.direct_messages()) if "Answer" in m.buttons)
    show(noted, to="Mere Ngata")
    noted.press("Answer")
    assert lead.modal is not None  # noqa: S101 - the press above opened it
    lead.fill(next(iter(lead.modal.fields)), STOP_OR_SHIFT)
    lead.submit()


def _digest(town: Town) -> None:
    heading("Wednesday, 10:00 in London: the digest, whatever is missing")
    ten = instant_of(MONDAY + timedelta(days=2), time(10), ZoneInfo("Europe/London"))
    # The details follow it into its thread a moment later.
    town.time.advance_to(ten + timedelta(seconds=10))
    reader = town.person("Rosalind Achebe")
    for channel in ("buoy-works-leads", "leads"):
        message = reader.channel(channel).messages[-1]
        show_thread(reader.thread(message))


def _zones(town: Town) -> Iterator[tuple[str, list[str]]]:
    """Zones from the earliest Monday on, with the people who own key results there."""
    with town.program.runtime.read() as session:
        rows = session.execute(
            sa.select(Member.time_zone, Member.name)
            .where(Member.id.in_(sa.select(KeyResult.owner_id).where(KeyResult.owner_id.is_not(None))))
            .order_by(Member.name)
        ).all()
    by_zone: dict[str, list[str]] = {}
    for zone, name in rows:
        by_zone.setdefault(zone, []).append(name)
    yield from sorted(by_zone.items(), key=lambda item: _nine(item[0]))


def _nine(zone: str) -> datetime:
    return instant_of(MONDAY, time(9), ZoneInfo(zone))


def _newest(town: Town, name: str) -> Seen:
    return town.person(name).direct_messages()[-1]


def _check_in(town: Town, name: str) -> str:
    """Answer through the dialog what the script has for this person; returns what was said, for the reader."""
    answers = _answers_of(town, name)
    if not answers:
        return ""
    person = town.person(name)
    told: list[str] = []
    person.press("Check in")
    while person.modal is not None and person.modal.submit_label is not None:
        number = int(person.modal.title.split("KR-")[1])
        if number not in answers:
            person.close()
            break
        _fill(person, answers[number])
        person.submit()
        told.append(f"KR-{number} {answers[number].colour}")
    if person.modal is not None:
        person.close()
    return ", ".join(told)


def _answers_of(town: Town, name: str) -> dict[int, Said]:
    with town.program.runtime.read() as session:
        rows = session.execute(
            sa.select(KeyResult.number, KeyResult.import_key)
            .join(Member, Member.id == KeyResult.owner_id)
            .where(Member.name == name)
        ).all()
    return {number: ANSWERS[key] for number, key in rows if key is not None and key in ANSWERS}


def _fill(person: DrivenPerson, said: Said) -> None:
    """Fill the dialog in as a person would: by the words beside the fields."""
    modal = person.modal
    assert modal is not None  # noqa: S101 - the caller looked
    person.choose("How confident are you?", said.colour)
    labels = {
        "Current value": said.value,
        "Score now": said.value,
        "Where did it start?": said.start,
        "What changed since last week?": said.changed,
        "What is working, and what is stuck?": said.working,
        "What is the next move?": said.next_move,
        "Blocked by": said.blocked_by,
        "What do you need to make it happen?": said.need,
        "What is the plan?": said.plan,
        "Help": "I want help with this" if said.wants_help else "",
    }
    shown = list(person.modal.fields) if person.modal else []
    for label, words in labels.items():
        field = next((name for name in shown if name.startswith(label)), None)
        if words and field is not None:
            person.fill(field, words)


# The week, in order.
STATIONS: tuple[Callable[[Town], None], ...] = (_arrive, _monday, _get_help, _lead_note, _digest)
