"""Looks at all that each person can read, for what is limited to others: messages, Homes, dialogs, menus and answers.

Who may see a key result is worked out from the import file and from what happened since, and not as Okra does it. Who
was to own it, or to stand in for its owner, may know it from then on: nobody forgets what they have read.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.importing.columns import Column
from bot.domain.importing.people import fold
from bot.domain.importing.rows import Rows
from bot.localslack.core import LocalSlack
from bot.localslack.facts.method import ConversationKind
from bot.localslack.webapi.dispatch import Answer, Request
from bot.rehearsal.leave import OWN_IT
from bot.rehearsal.programme import limit_in, name_and_address
from bot.rehearsal.roster import Roster, Somebody
from bot.rehearsal.told import Told
from bot.rehearsal.witness import Witness
from models import KeyResult, KeyResultCoOwner, KeyResultRevision, Objective, ObjectiveTeam, Team

Json = dict[str, Any]

_MESSAGES = ("chat.postMessage", "chat.update", "chat.postEphemeral")
_DIALOGS = ("views.open", "views.push", "views.update")
_MARK = re.compile(r"#(\d+): ")
_NUMBER = re.compile(r"KR-(\d+)")
_MARKUP = re.compile(r"[<>&*_~`\n\"'\\]")
# A list cuts long names, so only so much of one is looked for; and less than this says little.
MOST_OF_NAME, LEAST_OF_NAME = 40, 8


@dataclass(frozen=True)
class Limit:
    """Who may see a key result beside those who own it and stand in for them: people, by Slack id, and, where it is for
    its team too, who leads or owns something in one of `teams`, by id. `leads`: who of the people leads its team, or
    one above."""

    people: frozenset[str]
    teams: frozenset[int]
    leads: frozenset[str]


class Keyhole:
    """Sees every effect, and every answer. Says once of each key result, and reader or channel, where it may not be
    read."""

    def __init__(self, witness: Witness, core: LocalSlack, told: Told) -> None:
        self._witness = witness
        self._core = core
        self._told = told
        self._people: Mapping[str, Somebody] = {}
        self._limits: dict[int, Limit] = {}
        self._words: dict[str, set[int]] = defaultdict(set)
        self._any_word = re.compile("(?!)")
        # Who owns a key result, did, or was asked to; which key results a team holds, and who leads it; and which
        # somebody else was asked to own.
        self._owners: dict[int, set[str]] = defaultdict(set)
        self._held: dict[int, set[int]] = defaultdict(set)
        self._leads: dict[int, str] = {}
        self._passed_on: set[int] = set()
        self._broken: set[tuple[int, str]] = set()
        witness.on_effect = self._saw
        witness.hidden_since = self.hidden_since

    def learn(self, session: Session, rows: Rows, roster: Roster) -> None:
        """Read once, after the import: what is limited, to whom, and by which words it is found."""
        self._people = roster.people
        slack_ids = {one.member_id: one.id for one in roster.people.values()}
        people = roster.people.values()
        by_name = {fold(name): one.id for one in people for name in (one.name, self._email(one.id)) if name}
        teams = {one.id: one for one in session.scalars(sa.select(Team))}
        self._leads = {one.id: slack_ids[one.lead_id] for one in teams.values() if one.lead_id in slack_ids}
        sharing: dict[int, set[int]] = defaultdict(set)
        for shared in session.scalars(sa.select(ObjectiveTeam)):
            sharing[shared.objective_id].add(shared.team_id)
        co_owners: dict[int, set[str]] = defaultdict(set)
        for one in session.scalars(sa.select(KeyResultCoOwner)):
            co_owners[one.key_result_id].add(slack_ids[one.member_id])
        cells = {row[Column.ID]: row[Column.VISIBLE_TO] for row in rows.rows}
        for key_result, team_id in session.execute(
            sa.select(KeyResult, Objective.team_id).join(Objective, Objective.id == KeyResult.objective_id)
        ):
            number, cell = key_result.number, cells.get(key_result.import_key or "", "")
            self._held[team_id].add(number)
            if key_result.owner_id in slack_ids:
                self._owners[number].add(slack_ids[key_result.owner_id])
            limited_to = limit_in(cell)
            if limited_to is None:
                continue
            for_team, names = limited_to
            named = {by_name.get(fold(email)) or by_name[fold(name)] for name, email in map(name_and_address, names)}
            above = {self._leads[one] for one in _above(teams, team_id) if one in self._leads}
            self._limits[number] = Limit(
                frozenset(named | above | co_owners[key_result.id]),
                frozenset({team_id, *sharing[key_result.objective_id]} if for_team else ()),
                frozenset(above),
            )
        roster.limited.update(self._limits)
        self._learn_words(session)

    def _email(self, person_id: str) -> str:
        return self._core.workspace.people[person_id].email

    def _learn_words(self, session: Session) -> None:
        """What a limited key result is called, where nothing that everybody may see is called so too."""
        names = session.execute(
            sa.select(KeyResult.number, KeyResultRevision.metric, KeyResultRevision.text).join(
                KeyResultRevision, KeyResultRevision.key_result_id == KeyResult.id
            )
        ).all()
        open_to_all = [*session.scalars(sa.select(Objective.title)), *session.scalars(sa.select(Team.name))]
        open_to_all += [name for number, *both in names if number not in self._limits for name in both if name]
        for number, *both in names:
            for name in both if number in self._limits else ():
                plain = max(_MARKUP.split(name or ""), key=len)[:MOST_OF_NAME].strip()
                if len(plain) >= LEAST_OF_NAME and not any(plain in one for one in open_to_all):
                    self._words[plain].add(number)
        if self._words:
            longest_first = sorted(self._words, key=len, reverse=True)
            self._any_word = re.compile(rf"(?:{'|'.join(map(re.escape, longest_first))})(?!\d)")

    # What is read

    def _saw(self, request: Request, arguments: Json, answer: Answer) -> None:
        """An effect at Slack: who reads it?"""
        if not self._limits:
            return
        if request.method == "views.publish":
            self._look([str(arguments["user_id"])], arguments, "on Home")
        elif request.method in _DIALOGS:
            self._look([self._core.workspace.views[answer.body["view"]["id"]].user], arguments, "in a dialog")
        elif request.method == "chat.postEphemeral":
            self._look([str(arguments["user"])], arguments, "for their eyes only")
        elif request.method in _MESSAGES:
            channel = self._core.workspace.channels[answer.body["channel"]]
            is_open = channel.kind not in (ConversationKind.DIRECT, ConversationKind.GROUP)
            self._look(list(channel.members), arguments, "in a message", room=f"#{channel.name}" if is_open else "")

    def answered(self, person_id: str, body: Json) -> None:
        """Somebody reads the answer to what they did: in a dialog, a menu, or below what they have pressed."""
        if self._limits:
            self._look([person_id], body, "in an answer")

    def hidden_since(self, person_id: str) -> int:
        """How many limited key results somebody may have owned or stood in for, and not see any more: those stand in
        their messages no longer."""
        return sum(
            1
            for number in self._limits
            if (number in self._passed_on and person_id in self._owners[number]) or self._covers(person_id, number)
        )

    def _look(self, readers: Collection[str], body: Json, where: str, *, room: str = "") -> None:
        """`room`: the channel, where everybody reads it."""
        shown = str(body)
        if OWN_IT in shown:
            self._offered(readers, body)
        typed = {self._told.about.get(int(one), 0) for one in _MARK.findall(shown)} & self._limits.keys()
        named = [self._words[one] for one in dict.fromkeys(self._any_word.findall(shown))]
        for numbers in (*named, *({one} for one in sorted(typed))):
            strangers = [one for one in readers if one in self._people and not self._is_for(one, numbers)]
            if room and strangers:
                self._say(min(numbers), room, f"stands in {room}")
            for reader in strangers if not room else ():
                self._say(min(numbers), reader, f"{self._people[reader].name} reads of it {where}")

    def _offered(self, readers: Collection[str], body: Json) -> None:
        """Somebody is asked to own a key result, which is named beside the button."""
        before: Json = {}
        for block in (body.get("view") or body).get("blocks") or []:
            if OWN_IT in str(block):
                for number in _NUMBER.findall(f"{before} {block}"):
                    self._owners[int(number)].update(set(readers) & self._people.keys())
                    self._passed_on.add(int(number))
            before = block

    def _say(self, number: int, reader: str, what: str) -> None:
        if (number, reader) not in self._broken:
            self._broken.add((number, reader))
            self._witness.broke(f"KR-{number} is limited, and {what}", reader)

    def _is_for(self, reader: str, numbers: Collection[int]) -> bool:
        """Whether somebody may know of one of these, which are called alike."""
        return any(self._may_know(reader, one) for one in numbers)

    def _may_know(self, reader: str, number: int) -> bool:
        limit, owners = self._limits[number], self._owners[number]
        if reader in limit.people or reader in owners:
            return True
        if self._covers(reader, number):
            return True
        return any(
            reader == self._leads.get(team) or any(reader in self._owners[one] for one in self._held[team])
            for team in limit.teams
        )

    def _covers(self, person_id: str, number: int) -> bool:
        """Whether somebody stands in for who owns it; or for a lead, who is asked where an owner has left."""
        owners = self._owners[number]
        leads = self._limits[number].leads if any(self._people[one].left_at is not None for one in owners) else ()
        return any(person_id in self._people[one].covers for one in (*owners, *leads))


def _above(teams: dict[int, Team], team_id: int | None) -> Iterator[int]:
    """A team and those above it."""
    while team_id is not None:
        yield team_id
        team_id = teams[team_id].parent_id
