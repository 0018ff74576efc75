"""What nobody may read that it is not for, on any surface: commands, Home, messages, dialogs, menus, files.

Two insiders, an owner and the lead, leave secret words wherever words go. Then somebody else does all that can be done:
types every command, opens Home, reads every message that reaches them, presses every button and submits every dialog
that the insiders ever had (as if the payload had been copied), types into every menu. All that Okra says to them is
searched for the words.

What can be pressed and typed is found, not listed: a new command, button, dialog or menu is tried from the day it
exists.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from calls import tell
from company import MONDAY, Company
from desk import Desk, Dialog, ViewGateway
from sqlalchemy.orm import Session

import handlers
from bot.blocks.home import home as page_of
from bot.blocks.ids import Command, Event
from bot.blocks.ids import Dialog as Callback
from bot.blocks.listing import help_text
from bot.blocks.post import Post
from bot.blocks.refusals import sentence
from bot.domain.cadence import following, period
from bot.domain.organisation import Level, Visibility
from bot.services import (
    decisions,
    digest,
    digest_sharing,
    escalation,
    escalation_more,
    help_wanted,
    home,
    lead_note,
    planning,
    question,
)
from bot.services.access import Caller
from bot.services.blocking import BlockedBy
from bot.services.decisions import Draft
from bot.services.refusals import Refused
from handlers import boundary, commands
from handlers.reply import Done, Errors, Options, Reply, Show, Whisper
from models import (
    ConversationMember,
    Decision,
    Delivery,
    DeliveryState,
    Escalation,
    Initiative,
    KeyResult,
    KeyResultViewer,
    Member,
    MemberKind,
    PostKind,
    Team,
    Workspace,
)
from models.database import Database
from scheduler.posts import render

WEEK = period(MONDAY)
NOW = datetime(2026, 11, 4, 11, tzinfo=UTC)
ELSEWHERE = "T0OTHER"

# In what is limited to named people.
SECRETS = (
    *("Quokkatitle", "Quokkametric", "Quokkatext", "Quokkachanged", "Quokkaworking", "Quokkamove", "Quokkaneed"),
    *("Quokkaplan", "Quokkablocker", "Quokkadecision", "Quokkareason", "Quokkainitiative"),
)
# In what is private: a key result that everybody sees, whose request for help concerns its members only.
PRIVATE = (
    *("Wombatstuck", "Wombatneed", "Wombatasked", "Wombatdecision", "Wombatreason"),
    *("Wombatended", "Wombatblocker"),
)
# In what everybody could read until digests had told of it: a key result that is limited then, and a request for help
# that is made private then.
LIMITED_SINCE = (
    *("Kakapometric", "Kakapotext", "Kakapochanged", "Kakapoworking", "Kakapomove", "Kakaponeed", "Kakapoplan"),
    *("Kakapoblocker", "Kakapodecision", "Kakaporeason"),
)
PRIVATE_SINCE = ("Takahestuck", "Takaheneed", "Takahedecision", "Takahereason")
HIDDEN = (*SECRETS, *PRIVATE, *LIMITED_SINCE, *PRIVATE_SINCE)
# In what every full member of the workspace may read, and nobody else.
OURS = ("Numbatmetric", "Numbatteam", "Numbattitle", "Numbatneed", "Mere Ngata", "Tama Reid")


DIGESTS = (PostKind.DIGEST, PostKind.DIGEST_DETAILS, PostKind.DIGEST_SHARED)


class FileGateway(ViewGateway):
    """Remembers files too."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[str] = []

    def send_file(
        self, workspace_id: int, *, to: str, channel: str | None, name: str, content: bytes, words: str
    ) -> None:
        self.files.append(content.decode() + words + name)

    def respond(self, response_url: str, body: Post) -> bool:
        self.opened.append({"post": body.text, "blocks": list(body.blocks)})
        return True

    def say_through(self, response_url: str, body: Post) -> None:
        self.opened.append({"post": body.text, "blocks": list(body.blocks)})


@dataclass
class Works:
    """The company: what is limited, and what is not, with words in each."""

    database: Database
    people: dict[str, Member] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.database.write() as session:
            company = Company(session)
            session.add(Workspace(name="Elsewhere", slack_team_id=ELSEWHERE, time_zone="UTC", created_at=company.now))
            session.flush()
            self._hire(company)
            self._build(session, company)
        with self.database.write() as session:
            self._live(session)
        with self.database.write() as session:
            for name in self.people:
                self.people[name] = session.get_one(Member, self.people[name].id)

    def _hire(self, company: Company) -> None:
        for key, name in (("owner", "Mere Ngata"), ("lead", "Tama Reid"), ("stranger", "Finn Adler")):
            self.people[key] = company.person(name)
        self.people["guest"] = company.person("Gus Guest", kind=MemberKind.GUEST)
        self.people["connected"] = company.person("Ext Connect", kind=MemberKind.EXTERNAL)
        self.people["gone"] = company.person("Gone Person")
        self.people["admin"] = company.person("Ada Admin", admin=True)
        other = company.session.scalars(sa.select(Workspace).where(Workspace.slack_team_id == ELSEWHERE)).one()
        elsewhere = Company(company.session, connected=other)
        otto = elsewhere.person("Otto Other", admin=True)
        team = elsewhere.team("Numbatteam", lead=otto, level=Level.COMPANY)
        elsewhere.key_result(elsewhere.objective(team, "Elsewhere title"), otto, metric="Elsewhere metric")
        self.people["elsewhere"] = otto

    def _build(self, session: Session, company: Company) -> None:
        owner, lead, stranger = (self.people[key] for key in ("owner", "lead", "stranger"))
        self.people["gone"].deactivated_at = company.now
        top = company.team("Longfetch", level=Level.COMPANY, channel_id="C0LONGFETCH")
        team = company.team("Numbatteam", lead=lead, parent=top, channel_id="C0NUMBAT")
        legal = company.team("Legal", lead=stranger, parent=top, channel_id="C0LEGAL")
        company.key_result(company.objective(legal, "Know the law"), stranger, metric="Contracts")
        self.open = company.key_result(company.objective(team, "Numbattitle"), owner, metric="Numbatmetric")
        self.legal = legal
        # One is limited by itself, one by its objective.
        hidden = company.objective(team, "Quokkatitle")
        hidden.visibility = Visibility.NAMED
        self.limited = [
            company.key_result(company.objective(team, "Numbattitle too"), owner, "Quokkatext", metric="Quokkametric"),
            company.key_result(hidden, owner, "Quokkatext again", metric="Quokkametric again"),
        ]
        self.limited[0].visibility = Visibility.NAMED
        self.private = [
            company.key_result(company.objective(team, f"Numbattitle {number}"), owner, metric="Numbatprivate")
            for number in range(2)
        ]
        objective = company.objective(team, "Numbattitle at last")
        self.limited_since = company.key_result(objective, owner, "Kakapotext", metric="Kakapometric")
        self.private_since = company.key_result(objective, owner, metric="Numbatsince")
        for one in self.limited:
            session.add(
                KeyResultViewer(workspace_id=one.workspace_id, key_result_id=one.id, member_id=self.people["owner"].id)
            )
            session.add(
                Initiative(
                    workspace_id=one.workspace_id, key_result_id=one.id, text="Quokkainitiative", created_at=company.now
                )
            )
        # Without a channel, so that its lead reads its digest.
        field_work = company.team("Field work", lead=stranger, parent=top, channel_id=None)
        company.key_result(company.objective(field_work, "Numbattitle there"), stranger, metric="Numbatmetric there")
        for one in (top, team, legal, field_work):
            one.next_digest_at = datetime(2026, 10, 7, 10, tzinfo=UTC)
            one.next_note_at = datetime(2026, 10, 6, 14, tzinfo=UTC)
        for key in ("owner", "lead", "stranger", "admin"):
            self.people[key].next_period = WEEK
            self.people[key].next_opening_at = datetime(2026, 10, 5, 9, tzinfo=UTC)
            self.people[key].introduced_at = company.now
        session.flush()

    def _live(self, session: Session) -> None:
        """Five weeks: asked, answered red, escalated, decided, told."""
        owner, lead = (session.get_one(Member, self.people[key].id) for key in ("owner", "lead"))
        for week in range(5):
            monday = following(WEEK, week)
            morning = datetime.combine(monday, datetime.min.time(), UTC) + timedelta(hours=9)
            planning.open_due(session, morning, 100)
            if week == 4:
                self._ask_openly(session, morning, owner, lead)
            for key_result in (self.open, *self.limited, self.limited_since):
                words = {self.open.id: "Numbat", self.limited_since.id: "Kakapo"}.get(key_result.id, "Quokka")
                answer = tell(
                    session,
                    morning + timedelta(hours=1),
                    session.get_one(KeyResult, key_result.id),
                    by=owner,
                    period=monday,
                    score="0.1",
                    working=f"{words}working",
                    need=f"{words}need",
                    plan=f"{words}plan",
                    blocked_by=BlockedBy(words=f"{words}blocker"),
                    wants_help=True,
                )
                answer.changed, answer.next_move, answer.value = f"{words}changed", f"{words}move", Decimal(22)
                session.flush()
            if week == 3:
                self._decide_openly(session, morning + timedelta(hours=2), owner, lead)
            lead_note.write_due(session, morning + timedelta(days=1, hours=5), 100)
            digest.take_due(session, morning + timedelta(days=2, hours=1), 100)
        calls = session.scalars(sa.select(Escalation).order_by(Escalation.id)).all()
        # One is decided about, twice; the other still waits.
        for _ in range(2):
            made = decisions.decide(
                session,
                NOW - timedelta(hours=3),
                caller=Caller(lead.workspace_id, lead.id),
                escalation_id=calls[1].id,
                draft=Draft("Quokkadecision", lead.id, date(2026, 11, 20)),
            )
        decisions.drop(
            session,
            NOW - timedelta(hours=2),
            caller=Caller(lead.workspace_id, lead.id),
            decision_id=made.id,
            reason="Quokkareason",
        )
        self._hide_what_was_told(session, owner, lead)
        self._go_private(session, owner, lead)

    def _decide_openly(self, session: Session, now: datetime, owner: Member, lead: Member) -> None:
        """Two requests for help that everybody may read are decided about, twice each."""
        key_result = session.get_one(KeyResult, self.private_since.id)
        legal = BlockedBy(team_id=self.legal.id)
        tell(session, now, key_result, by=owner, period=following(WEEK, 3), score="0.2", blocked_by=legal)
        for key_result, words in ((self.limited_since, "Kakapo"), (self.private_since, "Takahe")):
            call = session.scalars(sa.select(Escalation).where(Escalation.key_result_id == key_result.id)).one()
            for due_on in (date(2026, 10, 28), date(2026, 11, 20)):
                draft = Draft(f"{words}decision", lead.id, due_on)
                by_lead = Caller(lead.workspace_id, lead.id)
                decisions.decide(session, now, caller=by_lead, escalation_id=call.id, draft=draft)

    def _ask_openly(self, session: Session, now: datetime, owner: Member, lead: Member) -> None:
        """A week later one of the decisions each is overdue, and one is dropped; and help is asked for again."""
        by_owner, by_lead = (Caller(one.workspace_id, one.id) for one in (owner, lead))
        for words, key_result in (("Kakapo", self.limited_since), ("Takahe", self.private_since)):
            made = sa.select(Decision.id).where(Decision.key_result_id == key_result.id).order_by(Decision.id.desc())
            dropped = session.scalars(made).first()
            decisions.drop(session, now, caller=by_lead, decision_id=dropped or 0, reason=f"{words}reason")
        help_wanted.ask(
            session,
            now,
            caller=by_owner,
            key_result_id=self.private_since.id,
            stuck="Takahestuck",
            need="Takaheneed",
            by=BlockedBy(team_id=self.legal.id),
        )

    def _hide_what_was_told(self, session: Session, owner: Member, lead: Member) -> None:
        """Digests have told of both, and were posted by hand: one is limited now, the other one made private."""
        admin = self.people["admin"]
        by_admin, shared_at = Caller(admin.workspace_id, admin.id), NOW - timedelta(minutes=30)
        posted = sa.select(Team.id).where(Team.workspace_id == admin.workspace_id, Team.channel_id.is_not(None))
        for team_id in session.scalars(posted):
            digest_sharing.post_now(session, shared_at, by_admin, team_id, "look")
        shown = [_shown(session, one) for one in session.scalars(sa.select(Delivery).where(Delivery.kind.in_(DIGESTS)))]
        self.told = repr([one.blocks for one in shown if one is not None])
        key_result = session.get_one(KeyResult, self.limited_since.id)
        key_result.visibility = Visibility.NAMED
        session.add(
            KeyResultViewer(workspace_id=key_result.workspace_id, key_result_id=key_result.id, member_id=owner.id)
        )
        call = session.scalars(sa.select(Escalation).where(Escalation.key_result_id == self.private_since.id)).one()
        by_owner = Caller(owner.workspace_id, owner.id)
        escalation_more.make_private(session, NOW - timedelta(minutes=20), caller=by_owner, escalation_id=call.id)

    def _go_private(self, session: Session, owner: Member, lead: Member) -> None:
        """Two requests for help are made private by the owner; what is said in them from then on is for their members.

        One is decided about, twice, and one of the decisions is dropped; the other ends without a decision.
        """
        by_owner, by_lead = (Caller(one.workspace_id, one.id) for one in (owner, lead))
        monday = following(WEEK, 4)
        calls = []
        for number, key_result in enumerate(self.private):
            now = NOW - timedelta(hours=20 - number)
            tell(session, now, session.get_one(KeyResult, key_result.id), by=owner, period=monday, score="0.2")
            call = session.scalars(sa.select(Escalation).where(Escalation.key_result_id == key_result.id)).one()
            escalation_more.make_private(session, now, caller=by_owner, escalation_id=call.id)
            help_wanted.ask(
                session,
                now,
                caller=by_owner,
                key_result_id=key_result.id,
                stuck="Wombatstuck",
                need="Wombatneed",
                by=BlockedBy(words="Wombatblocker"),
            )
            question.ask(session, now, caller=by_lead, escalation_id=call.id, question="Wombatasked")
            calls.append(call)
        for number in range(2):
            draft = Draft("Wombatdecision", lead.id, date(2026, 11, 3 + number))
            made = decisions.decide(
                session, NOW - timedelta(hours=16), caller=by_lead, escalation_id=calls[0].id, draft=draft
            )
        decisions.drop(session, NOW - timedelta(hours=15), caller=by_lead, decision_id=made.id, reason="Wombatreason")
        escalation.resolve(
            session, NOW - timedelta(hours=15), caller=by_lead, escalation_id=calls[1].id, reason="Wombatended"
        )
        # And what is limited waits for another team, which may not know what for.
        tell(
            session,
            NOW - timedelta(hours=14),
            session.get_one(KeyResult, self.limited[0].id),
            by=owner,
            period=monday,
            score="0.1",
            working="Quokkaworking",
            need="Quokkaneed",
            plan="Quokkaplan",
            blocked_by=BlockedBy(team_id=self.legal.id),
            wants_help=True,
            same_blocker=False,
        )


@dataclass
class Walk:
    """Somebody does all that can be done; `said` is all that they read, each with where."""

    works: Works
    who: Member
    said: list[tuple[str, str]] = field(default_factory=list)
    buttons: dict[tuple[str, str], None] = field(default_factory=dict)
    dialogs: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.gateway = FileGateway()
        team = ELSEWHERE if self.who.name == "Otto Other" else "T0TEST"
        self.desk = Desk(self.works.database, NOW, team, self.gateway)
        self.heard = handlers.desk_of(self.desk.runtime).heard

    def looks(self) -> None:
        """What is only read: commands, Home, messages, menus that ask while somebody types."""
        for line in lines():
            handler = commands.okr if line.startswith("/okr") else commands.kr
            command = Command.OKR if line.startswith("/okr") else Command.KR
            words = line.removeprefix(command.value).strip()
            self._hears(line, self.desk.command(self.who, handler, command, words))
        with self.works.database.read() as session:
            self._opens_home(session)
            for delivery in session.scalars(sa.select(Delivery).order_by(Delivery.id)):
                if self._reaches(session, delivery):
                    self._reads(f"message {delivery.key}", _shown(session, delivery))
        for menu, handler in self.heard["options"].items():
            for typed in ("", "Quokka", "Numbat"):
                self._hears(f"menu {menu}", self.desk.suggest(self.who, handler, menu, typed))

    def presses(self, buttons: Sequence[tuple[str, str]]) -> None:
        """Every button with the value that it had for whoever saw it, and with ids that somebody could guess."""
        guessed = [(action, str(number)) for action in self.heard["action"] for number in range(2, 9)]
        for action, value in dict.fromkeys([*buttons, *guessed]):
            if action in self.heard["action"]:
                self._hears(f"button {action}", self.desk.press(self.who, self.heard["action"][action], action, value))

    def submits(self, dialogs: Sequence[Mapping[str, Any]]) -> None:
        """Every dialog that was opened for somebody, filled in with a word."""
        for view in dialogs:
            handler = self.heard["view_submission"].get(view["callback_id"])
            if handler is None:
                continue
            dialog = Dialog(view)
            for (block_id, action_id), state in dialog.state.items():
                if state.get("type") == "plain_text_input" and not state.get("value"):
                    dialog.state[block_id, action_id] = {**state, "value": "7"}
                if state.get("type") == "conversations_select":
                    dialog.state[block_id, action_id] = {**state, "selected_conversation": "C0ELSEWHERE"}
            self._hears(f"dialog {view['callback_id']}", self.desk.submit(self.who, handler, dialog))

    def shortcuts(self) -> None:
        """Every shortcut, on a message of their own."""
        for name, handler in self.heard["shortcut"].items():
            body = {
                "type": "message_action",
                "callback_id": name,
                "team": {"id": self.desk.slack_team_id},
                "user": {"id": self.who.slack_user_id, "team_id": self.desk.slack_team_id},
                "trigger_id": f"trigger-shortcut-{name}",
                "channel": {"id": "C0LEGAL", "name": "legal"},
                "message": {"ts": "1790000000.000100", "text": "stuck", "user": self.who.slack_user_id},
                "message_ts": "1790000000.000100",
                "response_url": "https://example.test/respond",
            }
            self._hears(f"shortcut {name}", boundary.answer(self.desk.runtime, handler, body))

    def writes(self) -> None:
        """Lines in the direct message with Okra."""
        news, only, by_somebody = handlers.desk_of(self.desk.runtime).news_of[Event.MESSAGE_IM]
        before = self._newest_delivery()
        for number, text in enumerate(("1 45 green", "2 45 red", "3 0.5 red", "that metric 30", "KR-3")):
            event = {
                "type": "message",
                "channel_type": "im",
                "channel": "D0TEST",
                "user": self.who.slack_user_id,
                "text": text,
                "ts": f"1790000{number:03}.000100",
            }
            body = {"team_id": self.desk.slack_team_id, "event_id": f"Ev{self.who.id}{number}", "event": event}
            if only is None or only(event):
                boundary.hear(self.desk.runtime, news, body, by_somebody=by_somebody)
        with self.works.database.read() as session:
            for delivery in session.scalars(sa.select(Delivery).where(Delivery.id > before)):
                if self._reaches(session, delivery):
                    self._reads(f"message {delivery.key}", _shown(session, delivery))

    def found(self, words: Sequence[str]) -> set[tuple[str, str]]:
        """Which of the words were read, and where."""
        return {(word, where) for where, text in self.said for word in words if word in text}

    def _opens_home(self, session: Session) -> None:
        try:
            self._reads("Home", page_of(home.view(session, Caller(self.who.workspace_id, self.who.id), NOW)))
        except Refused as refused:
            self._reads("Home", Post(sentence(refused.reason, refused.facts)))

    def _reaches(self, session: Session, delivery: Delivery) -> bool:
        """Whether it is theirs, or stands in a channel or a group message that they are in."""
        if delivery.workspace_id != self.who.workspace_id:
            return False
        if delivery.conversation_id is not None:
            return self.who.id in session.scalars(
                sa.select(ConversationMember.member_id).where(
                    ConversationMember.conversation_id == delivery.conversation_id
                )
            )
        return delivery.member_id == self.who.id or (delivery.channel_id is not None and self.who.may_take_part)

    def _hears(self, where: str, reply: Reply) -> None:
        match reply:
            case Whisper(post):
                self._reads(where, post)
            case Show(view):
                self._reads(where, view)
            case Errors(by_block):
                self._reads(where, dict(by_block))
            case Options(options):
                self._reads(where, [dict(one) for one in options])
            case Done():
                pass
        for view in itertools.chain(self.gateway.opened, self.gateway.pushed, self.gateway.updated):
            self._reads(where, view)
        for file in self.gateway.files:
            self.said.append((where, file))
        self.gateway.opened.clear()
        self.gateway.pushed.clear()
        self.gateway.updated.clear()
        self.gateway.files.clear()

    def _reads(self, where: str, shown: object) -> None:
        if shown is None:
            return
        given = [shown.text, list(shown.blocks)] if isinstance(shown, Post) else shown
        plain = json.loads(json.dumps(given, ensure_ascii=False, default=dict))
        self.said.append((where, json.dumps(plain, ensure_ascii=False)))
        self.buttons.update(dict.fromkeys(_pressable(plain)))
        if isinstance(plain, dict) and plain.get("type") == "modal":
            self.dialogs.append(plain)

    def _newest_delivery(self) -> int:
        with self.works.database.read() as session:
            return session.scalar(sa.select(sa.func.max(Delivery.id))) or 0


def lines() -> list[str]:
    """What can be typed: each command of the help and of the table, with nothing, numbers and names behind it."""
    helped = re.findall(r"`/okr ?(\w*)", json.dumps(help_text().blocks))
    words = dict.fromkeys(["", *helped, *commands._WITH_WORDS, "company", "back", "settings"])
    behind = ("", "3", "Numbatteam", "company json")
    okr = [f"/okr {word} {more}".strip() for word in words for more in behind]
    return [*okr, *(f"/kr {number}{more}" for number in range(2, 9) for more in ("", " 45 red slow"))]


def _shown(session: Session, delivery: Delivery) -> Post | None:
    return render(session, delivery, NOW)


def _pressable(plain: object) -> Iterator[tuple[str, str]]:
    """The actions in blocks with their values, entries of menus included."""
    if isinstance(plain, list):
        for one in plain:
            yield from _pressable(one)
    if isinstance(plain, dict):
        if isinstance(plain.get("action_id"), str):
            yield plain["action_id"], str(plain.get("value", ""))
            for option in plain.get("options", ()):
                yield plain["action_id"], str(option["value"])
        for one in plain.values():
            yield from _pressable(one)


@pytest.fixture
def works(database: Database) -> Works:
    return Works(database)


def test_the_walk_finds_every_secret_where_it_may_be_read(works: Works) -> None:
    """Else the others would prove nothing."""
    walks = [Walk(works, works.people[key]) for key in ("owner", "lead")]
    for walk in walks:
        walk.looks()
        walk.shortcuts()
    for walk in walks:
        walk.presses(list(walk.buttons))
    for walk in walks:
        walk.submits(list(walk.dialogs))
    found = {word for walk in walks for word, _ in walk.found((*HIDDEN, *OURS))}
    assert found == {*HIDDEN, *OURS}
    surfaces = {where.split()[0] for walk in walks for _, where in walk.found(SECRETS)}
    assert surfaces >= {"/okr", "/kr", "Home", "message", "button"}
    private = {where.split(":")[0] for walk in walks for _, where in walk.found(PRIVATE)}
    assert {"message escalation", "/okr decisions"} <= private
    # The digests had told of what is hidden now.
    assert {word for word in (*LIMITED_SINCE, *PRIVATE_SINCE) if word in works.told} >= {
        *("Kakapometric", "Kakaponeed", "Kakapodecision", "Kakaporeason"),
        *("Takaheneed", "Takahedecision", "Takahereason"),
    }
    # What is told to everybody is told of what is open to everybody, and of nothing else.
    everybodys = {where for walk in walks for _, where in walk.found(OURS)}
    assert everybodys >= {
        *("/okr export Numbatteam", "/okr export company json", "/okr digest Numbatteam", "/okr health Numbatteam"),
        *("/okr signals Numbatteam", "/okr friction", "/okr agenda", f"dialog {Callback.POST_DIGEST_ELSEWHERE}"),
    }
    for_many = ("/okr export", "/okr digest", "/okr health", "message digest", "dialog post_digest")
    assert {
        (word, where) for walk in walks for word, where in walk.found(HIDDEN) if where.startswith(for_many)
    } == set()


# That the walk finds what there is to find is seen on both engines, above.
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "keys", [("stranger", "admin"), ("guest", "connected", "gone", "elsewhere")], ids=["members", "outsiders"]
)
def test_nobody_reads_what_is_not_for_them_whatever_they_do(works: Works, keys: Sequence[str]) -> None:
    insiders = [Walk(works, works.people[one]) for one in ("owner", "lead")]
    for insider in insiders:
        insider.looks()
        insider.shortcuts()
    walks = {key: Walk(works, works.people[key]) for key in keys}
    for walk in walks.values():
        walk.looks()
        walk.shortcuts()
        walk.writes()
        walk.presses([one for insider in insiders for one in insider.buttons])
    for insider in insiders:
        insider.presses(list(insider.buttons))
    for key, walk in walks.items():
        walk.submits([view for insider in insiders for view in insider.dialogs])
        assert walk.said
        assert walk.found(HIDDEN) == set(), key
        if key not in ("stranger", "admin"):
            # Another workspace has a team of the same name.
            ours = {*OURS} - ({"Numbatteam"} if key == "elsewhere" else set())
            assert walk.found(sorted(ours)) == set(), key


@pytest.mark.parametrize(
    "changed",
    [{"kind": MemberKind.GUEST}, {"kind": MemberKind.EXTERNAL}, {"deactivated_at": NOW}],
    ids=["guest", "connected", "gone"],
)
def test_what_waits_for_who_has_gone_or_is_a_guest_now_never_leaves_and_what_stands_is_not_drawn_anew_for_them(
    works: Works, changed: Mapping[str, object]
) -> None:
    with works.database.write() as session:
        session.execute(sa.update(Member).values(**changed))
    with works.database.write() as session:
        waiting = session.scalars(sa.select(Delivery).where(Delivery.member_id.is_not(None))).all()
        assert {delivery.kind for delivery in waiting} >= {
            *(PostKind.DIGEST, PostKind.DIGEST_DETAILS, PostKind.LEAD_NOTE, PostKind.PROMPT),
            *(PostKind.ESCALATION_ASK, PostKind.ESCALATION_NEWS, PostKind.DEPENDENCY),
        }
        assert [delivery.key for delivery in waiting if _shown(session, delivery) is not None] == []
        for delivery in waiting:
            delivery.state, delivery.posted_channel = DeliveryState.SENT, "D0SOMEBODY"
            delivery.posted_ts, delivery.attempted_at = "1790000000.000100", NOW
        session.flush()
        drawn = [(delivery.key, _shown(session, delivery)) for delivery in waiting]
        said = [(key, json.dumps([post.text, list(post.blocks)])) for key, post in drawn if post is not None]
        secrets = (*SECRETS, *PRIVATE, *OURS)
        assert [(key, word) for key, text in said for word in secrets if word in text] == []
