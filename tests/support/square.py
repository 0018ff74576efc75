"""A local Slack with a square in it, on which a test says what Okra might; a witness and an onlooker look."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.cadence import Rhythm
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.manifest import from_manifest
from bot.localslack.webapi.dispatch import Request
from bot.manifest import manifest
from bot.rehearsal.journal import Journal
from bot.rehearsal.onlooker import Onlooker
from bot.rehearsal.roster import OwnTeam, Roster, Somebody
from bot.rehearsal.timeline import Timeline
from bot.rehearsal.told import Told
from bot.rehearsal.witness import Witness
from bot.services.rhythm import DigestWeek

MONDAY = datetime(2026, 10, 5, 10, tzinfo=UTC)


class Square:
    """A Slack with Ada in it, in #square, looked at by a witness and an onlooker."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.time = Timeline(now)
        self.core = LocalSlack(from_manifest(manifest()), SlackClock(self.time.now))
        workspace = self.core.workspace
        bot = self.core.installation(workspace).bot_user
        self.ada = self.core.add_person("Ada Obi").id
        self.channel = self.core.create_channel(workspace, "square", members=[self.ada, bot]).id
        self.direct = self.core.direct_with_app(workspace, self.ada).id
        self.told = Told()
        self.numbers = itertools.count(1)
        self.witness = Witness(self.core, self.time, Journal(self.time.now))
        self.onlooker = Onlooker(self.witness, self.core, self.time, self.told)
        self.owner = Somebody(self.ada, 1, "Ada Obi", ZoneInfo("UTC"), Random(1), Rhythm())
        week = DigestWeek(Rhythm(), ZoneInfo("UTC"))
        self.team = OwnTeam(1, "Square", self.channel, frozenset({1}), week, self.ada)
        self.witness.roster = Roster({self.ada: self.owner}, (self.team,), 1)

    def says(self, text: str, *, to: str, method: str = "chat.postMessage", **more: Any) -> dict[str, Any]:
        lines = more.pop("lines", [text])
        blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": line}} for line in lines]
        if (act := more.pop("act", "")) != "":
            label = {"type": "plain_text", "text": act}
            button = {"type": "button", "action_id": act, "text": label, "value": more.pop("value", "1")}
            blocks.append({"type": "actions", "elements": [button]})
        known = {"event_type": "okra_delivery", "event_payload": {"id": f"post-{next(self.numbers)}"}}
        body = json.dumps({"channel": to, "text": text, "blocks": blocks, "metadata": known, **more}).encode()
        token = f"Bearer {self.core.app.bot_token}"
        answer = self.core.exchange(Request(method, "", "application/json", body, token)).answer.body
        assert answer["ok"], answer
        return answer

    @property
    def broken(self) -> list[str]:
        return [one.what for one in self.witness.violations]
