"""A process of a rehearsal that has died: whatever its code still tries has no effect."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

import pytest
import sqlalchemy as sa

from bot.localslack.core import LocalSlack
from bot.localslack.manifest import from_manifest
from bot.manifest import manifest
from bot.rehearsal.fate import Died, Fate, Life, Mortality
from bot.rehearsal.journal import Journal
from bot.rehearsal.ports import API, client_of, mortal
from bot.rehearsal.seam import Seam
from models import Worker
from models.database import Database

NOW = datetime(2026, 10, 5, 9, tzinfo=UTC)


def life_that_dies_at_once() -> Life:
    fate = Fate(Mortality(forced=True), Random(1))
    fate.asleep = False
    return Life("okra-1", fate, on_death=lambda _point: None)


def worker() -> Worker:
    return Worker(name="here", started_at=NOW)


def test_who_dies_before_the_commit_has_changed_nothing(database: Database) -> None:
    life = life_that_dies_at_once()
    with pytest.raises(Died), mortal(database, life).write() as session:
        session.add(worker())
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Worker)) == 0
    assert life.fate.deaths == {"start: before the commit": 1}


def test_who_dies_after_the_commit_has_changed_it_and_knows_nothing_of_it(database: Database) -> None:
    life = life_that_dies_at_once()
    life.fate.crossings["start: before the commit"] = 1
    with pytest.raises(Died), mortal(database, life).write() as session:
        session.add(worker())
    with database.read() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Worker)) == 1


def test_no_port_of_a_dead_process_does_anything(database: Database) -> None:
    core = LocalSlack(from_manifest(manifest()))
    seam = Seam(core, Random(1), Journal(lambda: NOW), no_connection=0, settle_seconds=90)
    life = life_that_dies_at_once()
    life.dead = True
    ports = mortal(database, life)
    with pytest.raises(Died), ports.read():
        pass
    with pytest.raises(Died), ports.write():
        pass
    client = client_of(seam, life)(token=core.app.bot_token, base_url=API, retry_handlers=[])
    with pytest.raises(Died):
        client.auth_test()
    with pytest.raises(Died):
        seam.answer_press(life, f"{API}response/T1/1", b"{}")
    assert not core.calls


def test_every_point_is_struck_when_it_is_crossed_first() -> None:
    fate = Fate(Mortality(forced=True), Random(1))
    fate.asleep = False
    assert [fate.strikes(point) for point in ("one", "two", "one", "two", "three")] == [True, True, False, False, True]
