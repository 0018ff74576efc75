"""Longfetch's quarter in a terminal: the import, seven weeks in seconds, and one week through the real dialogs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from bot.demo import dialogs
from bot.demo.chronicle import Does, Help, Said, chronicle, week_of
from bot.demo.past import live_through
from bot.demo.terminal import heading, show, show_thread, tell
from bot.demo.town import Town, import_company, switch_everybody_on
from bot.domain.cadence import following
from bot.domain.localtime import instant_of
from bot.localslack.driver import Seen
from models import KeyResult, Member

PAST = 7
MONDAY = week_of(PAST + 1)
LONDON = ZoneInfo("Europe/London")
# The prompt that is printed whole; the others look alike.
READ_WHOLE = "Tāne Wihongi"


def until_then(town: Town) -> None:
    """What came before the week, quickly: the import, the introductions, and the first weeks of the quarter."""
    heading("Thursday, 1 October: Okra arrives at Longfetch")
    count = import_company(town)
    tell(f"{count} key results are imported from a file. Nobody is asked anything: every team is off.")
    names = switch_everybody_on(town)
    tell(f"An admin switches on {', '.join(names)}. Each owner reads one introduction, in their own working hours:")
    town.time.advance_to(datetime(2026, 10, 2, 18, tzinfo=UTC))
    show(_newest(town, READ_WHOLE), to=READ_WHOLE)
    heading("Seven weeks go by")
    live_through(town, week_of(1), week_of(PAST))
    reader = town.person("Rosalind Achebe")
    tell(f"Each Wednesday a digest, like that of {MONDAY - timedelta(days=5):%-d %B}:")
    show(reader.channel("buoy-works-leads").messages[-1])


def until_the_visitor_comes(town: Town) -> None:
    """On to the Monday after the week, two minutes before Auckland is asked."""
    town.time.advance_to(instant_of(following(MONDAY), time(8, 58), ZoneInfo("Pacific/Auckland")))


def _monday(town: Town) -> None:
    heading(f"Monday, {MONDAY:%-d %B}: everybody is asked at their own nine o'clock")
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
    decision = _decision()
    lead = town.person(decision.who)
    room = lead.channel("buoy-works-leads")
    show(room.thread_of("KR-32")[0])
    tell("Mere, who leads the team, decides: what, who, by when.")
    assert decision.due is not None  # noqa: S101 - a decision has a day
    dialogs.decide(lead, "KR-32", text=decision.text, owner=decision.owner, due=decision.due)
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
    town.time.advance_to(instant_of(MONDAY + timedelta(days=1), time(14), LONDON))
    noted = next(m for m in reversed(lead.direct_messages()) if "Answer" in m.buttons)
    show(noted, to="Mere Ngata")
    dialogs.answer_note(lead, noted, chronicle().stop_or_shift["Buoy Works"][MONDAY])


def _digest(town: Town) -> None:
    heading("Wednesday, 10:00 in London: the digest, whatever is missing")
    ten = instant_of(MONDAY + timedelta(days=2), time(10), LONDON)
    # The details follow it into its thread, the company's a minute later: they link to the teams' digests.
    town.time.advance_to(ten + timedelta(seconds=90))
    reader = town.person("Rosalind Achebe")
    for channel in ("buoy-works-leads", "leads"):
        message = reader.channel(channel).messages[-1]
        show_thread(reader.thread(message))


def _decision() -> Help:
    """What Mere decides about the red of this week."""
    return next(one for one in chronicle().help if one.about == "lf-32" and one.does is Does.DECIDE)


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
    yield from sorted(by_zone.items(), key=lambda item: instant_of(MONDAY, time(9), ZoneInfo(item[0])))


def _newest(town: Town, name: str) -> Seen:
    return town.person(name).direct_messages()[-1]


def _check_in(town: Town, name: str) -> str:
    """Answer what the chronicle has for this person; returns what was said, for the reader."""
    answers = _answers_of(town, name)
    told = dialogs.check_in(town.person(name), answers) if answers else []
    return ", ".join(f"KR-{one.number} {one.colour.value}" for one in told)


def _answers_of(town: Town, name: str) -> dict[int, Said]:
    with town.program.runtime.read() as session:
        rows = session.execute(
            sa.select(KeyResult.number, KeyResult.import_key)
            .join(Member, Member.id == KeyResult.owner_id)
            .where(Member.name == name)
        ).all()
    found = {number: chronicle().said(key, MONDAY) for number, key in rows}
    return {number: said for number, said in found.items() if said is not None}


# The week, in order.
STATIONS: tuple[Callable[[Town], None], ...] = (_monday, _get_help, _lead_note, _digest)
