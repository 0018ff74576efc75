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
from bot.manifest import manifest
from bot.rehearsal.journal import Journal
from bot.rehearsal.onlooker import Onlooker
from bot.rehearsal.roster import OwnTeam, Roster, Somebody
from bot.rehearsal.seam import Sent
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

    def joins(self, name: str, member_id: int) -> Somebody:
        """Somebody else, whose direct messages with Okra are `direct_with` their id."""
        person = self.core.add_person(name)
        somebody = Somebody(person.id, member_id, name, ZoneInfo("UTC"), Random(member_id), Rhythm())
        people = self.witness.roster.people if self.witness.roster is not None else {}
        people[somebody.id] = somebody
        return somebody

    def direct_with(self, person: Somebody) -> str:
        return self.core.direct_with_app(self.core.workspace, person.id).id

    def says(
        self,
        text: str,
        *,
        to: str,
        method: str = "chat.postMessage",
        post: str = "",
        drawn: tuple[int, int] | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Slack's answer. `post` is the message's own id, a new one where it is left out; `drawn` what Okra shows with
        it: the number of the message and the revision."""
        lines = more.pop("lines", [text])
        blocks: list[dict[str, Any]] = [{"type": "section", "text": {"type": "mrkdwn", "text": line}} for line in lines]
        if (act := more.pop("act", "")) != "":
            label = {"type": "plain_text", "text": act}
            button = {"type": "button", "action_id": act, "text": label, "value": more.pop("value", "1")}
            blocks.append({"type": "actions", "elements": [button]})
        said = {"channel": to, "text": text, "blocks": blocks, **more}
        if method == "chat.postMessage":
            known = {"id": post or f"post-{next(self.numbers)}"}
            said["metadata"] = {"event_type": "okra_delivery", "event_payload": known}
        return self._asks(method, said, drawn)

    def changes(self, posted: dict[str, Any], text: str, **more: Any) -> None:
        """What stands reads otherwise now."""
        self.says(text, to=posted["channel"], method="chat.update", ts=posted["ts"], **more)

    def shows_home(self, person: Somebody, *, drawn: tuple[int, int] | None = None) -> None:
        self._asks("views.publish", {"user_id": person.id, "view": {"type": "home", "blocks": []}}, drawn)

    def _asks(self, method: str, arguments: dict[str, Any], drawn: tuple[int, int] | None) -> dict[str, Any]:
        token = f"Bearer {self.core.app.bot_token}"
        request = Sent(method, "", "application/json", json.dumps(arguments).encode(), token, drawn)
        answer = self.core.exchange(request).answer.body
        assert answer["ok"], answer
        return answer

    @property
    def broken(self) -> list[str]:
        return [one.what for one in self.witness.violations]
