"""The demo behind its page: the clock jumps, people go on by themselves, the story is read off the programme."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.demo import dialogs
from bot.demo.beside import Beside
from bot.demo.director import Director
from bot.demo.town import ARRIVAL, COMPANY, Town, import_company, open_town, switch_everybody_on
from models import Answer, Member

Json = dict[str, Any]

JUST_BEFORE = datetime(2026, 10, 4, 19, 58, tzinfo=UTC)  # two minutes to nine on Monday in Auckland


@dataclass
class Page:
    """What the page does: it asks, and posts."""

    town: Town

    def get(self) -> Json:
        return self._call("state", None)

    def post(self, route: str, **body: object) -> Json:
        return self._call(route, body)

    def refused(self, route: str, **body: object) -> str:
        with pytest.raises(urllib.error.HTTPError) as refusal:
            self.post(route, **body)
        assert refusal.value.code == 409
        return str(json.load(refusal.value)["error"])

    def _call(self, route: str, body: Json | None) -> Json:
        request = urllib.request.Request(  # noqa: S310 - the local Slack's
            f"{self.town.address}_demo/{route}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=200) as answer:  # noqa: S310
            found: Json = json.load(answer)
        return found


@pytest.fixture
def page(database_url: str) -> Iterator[Page]:
    """Longfetch in its first week, with nobody asked yet."""
    beside = Beside(COMPANY, ARRIVAL)

    def arrive(town: Town) -> None:
        beside.now = town.now
        state = Page(town).get()
        assert (state["clock"]["jumping"]["to"], state["clock"]["jumps"], state["story"]) == ("begin", [], None)
        assert "moving in" in Page(town).refused("jump", to="prompt")
        import_company(town)
        switch_everybody_on(town)
        town.time.advance_to(JUST_BEFORE)

    with open_town(database_url=database_url, side=beside, before=arrive) as town:
        director = Director(town, changed=town.nudge)
        director.begin()
        beside.director = director
        yield Page(town)
        director.stop()


def steps(state: Json) -> dict[str, str]:
    return {step["id"]: step["state"] for step in state["story"]["steps"]}


def step(state: Json, name: str) -> Json:
    found: Json = next(one for one in state["story"]["steps"] if one["id"] == name)
    return found


def told(state: Json) -> list[str]:
    return [one["text"] for one in state["happened"]]


@pytest.mark.timeout(300)
def test_the_story_goes_from_a_check_in_to_the_digest_and_knows_what_was_done(page: Page) -> None:
    town, state = page.town, page.get()
    hollie, mere, rosalind = (town.person(name) for name in ("Hollie Farquhar", "Mere Ngata", "Rosalind Achebe"))
    assert state["visitor"] == hollie.id
    assert list(steps(state).values()) == ["current", "ahead", "ahead", "ahead", "ahead"]

    state = page.post("jump", to="prompt")
    assert told(state) == ["Mon 09:00 in Auckland: Hollie, Mere and Tāne were asked how it goes."]
    assert state["clock"]["jumping"] is None
    assert steps(state)["checkin"] == "current"
    place = step(state, "checkin")["place"]
    assert (place["channel"], place["ts"]) == (hollie.direct_messages()[-1].channel, hollie.direct_messages()[-1].ts)

    hollie.press(step(state, "checkin")["press"])
    hollie.fill_in(
        {"How confident are you?": "green", "Current value": "38.4", "What is the next move?": "ask for chain"}
    )
    hollie.submit()
    assert steps(page.get())["red"] == "current"
    hollie.choose("How confident are you?", "red")
    hollie.fill_in({"Current value": "7", "What is the next move?": "move four"})
    hollie.fill_in({"What do you need to make it happen?": "a boat", "What is the plan?": "I don't know yet"})
    hollie.submit()
    hollie.close()

    town.slack.wait_for(lambda: (step(page.get(), "decide")["place"] or {}).get("ts"), what="the thread")
    state = page.get()
    assert steps(state)["decide"] == "current"
    assert (step(state, "decide")["person"], step(state, "decide")["place"]["kind"]) == (mere.id, "thread")
    page.post("visitor", person=mere.id)
    dialogs.decide(mere, "KR-31", text="Take the boat", owner="Hollie Farquhar", due=date(2026, 10, 16))
    state = page.get()
    assert steps(state)["digest"] == "current"
    assert step(state, "digest")["person"] == rosalind.id

    page.post("visitor", person=rosalind.id)
    state = page.post("jump", to=step(state, "digest")["jump"])
    assert set(steps(state).values()) == {"done"}
    assert state["story"]["done"]
    happened = told(state)
    assert "Mere checked in on 2 key results, 🟢 green." in happened
    assert "The digest: Buoy Works, week of 5 Oct: all 8 checked in" in happened
    assert not any(text.startswith("Rosalind checked in") for text in happened), "she is the visitor's"
    assert "Take the boat" in rosalind.channel("buoy-works-leads").messages[-1].text
    digest = next(one for one in state["happened"] if "Buoy Works, week" in one["text"])
    assert digest["channel"] == step(state, "digest")["place"]["channel"]
    assert [one["at"] for one in state["happened"]] == sorted(one["at"] for one in state["happened"])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_time_passes_without_the_others_and_the_story_waits_for_the_next_monday(page: Page) -> None:
    town = page.town
    assert "“yesterday”" in page.refused("jump", to="yesterday")
    assert "forward only" in page.refused("jump", until=ARRIVAL.isoformat())
    assert "Nobody" in page.refused("visitor", person="U0NOBODY")
    assert not page.post("autoplay", on=False)["autoplay"]["on"]

    page.post("jump", to="prompt")
    page.post("jump", until=(town.now() + timedelta(hours=4)).isoformat())
    assert answered_by(town) == set(), "nobody answers by themselves now"

    ends: list[str] = []
    jumping = threading.Thread(target=lambda: ends.append(page.post("jump", to="digest")["clock"]["now"]))
    jumping.start()
    town.slack.wait_for(lambda: page.get()["clock"]["jumping"], what="the jump")
    assert "Time is passing already" in page.refused("jump", to="prompt")
    jumping.join()
    assert ends[0] > "2026-10-07T09:00:00"
    state = page.get()
    assert "Mon 14:00 in Auckland: Hollie, Mere and Tāne were reminded." in told(state)
    assert "KR-6, KR-29 and 6 others were not answered in time. Until the digest it still can be." in told(state)
    assert any(text.startswith("The digest: Buoy Works, week of 5 Oct:") for text in told(state))
    assert steps(state)["monday"] == "current", "that week went by without its red"

    page.post("autoplay", on=True)
    page.post("visitor", person=town.person("Tāne Wihongi").id)
    page.post("jump", to="prompt")
    page.post("jump", until=(town.now() + timedelta(hours=4)).isoformat())
    assert answered_by(town) == {"Mere Ngata"}, "the visitor and the story's own do not answer by themselves"

    assert page.post("story", skip=True)["story"]["done"]
    assert answered_by_and_by(town, page) == {"Mere Ngata", "Hollie Farquhar"}
    assert not page.post("story", again=True)["story"]["done"]


def answered_by_and_by(town: Town, page: Page) -> set[str]:
    """Once somebody more has answered: who is late does it as soon as they may."""
    before = answered_by(town)
    town.slack.wait_for(lambda: answered_by(town) != before and page.get(), what="another answer")
    return answered_by(town)


def answered_by(town: Town) -> set[str]:
    with town.program.runtime.read() as session:
        authors = sa.select(Answer.author_id)
        return set(session.scalars(sa.select(Member.name).where(Member.id.in_(authors))))
