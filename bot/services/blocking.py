"""Blocked by a person, a team, or words: who can be named, and what a check-in's answer makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks.checkin_parts import Choice, typed_choice
from bot.services import path_changes
from bot.services.access import Caller
from models import Answer, Blocker, KeyResult, Member, MemberKind, Team

MOST_SUGGESTED = 10
# What the value of a menu's entry holds, beside its kind.
WORDS_LENGTH = 140


@dataclass(frozen=True)
class BlockedBy:
    """Exactly one of the three is given."""

    member_id: int | None = None
    team_id: int | None = None
    words: str | None = None

    @property
    def value(self) -> str:
        """As the value of a menu's entry."""
        if self.member_id is not None:
            return f"member:{self.member_id}"
        return f"team:{self.team_id}" if self.team_id is not None else f"words:{self.words}"


def parse_choice(session: Session, workspace_id: int, value: str | None) -> BlockedBy | None:
    """A chosen entry's value; None where nothing was chosen or what was chosen is not there (any more)."""
    kind, _, rest = (value or "").partition(":")
    words = " ".join(rest.split())
    if kind == "words" and words:
        return BlockedBy(words=words[:WORDS_LENGTH])
    if not (rest.isascii() and rest.isdigit()) or len(rest) > 18:
        return None
    row_id = int(rest)
    if kind == "member" and _exists(session, workspace_id, Member, row_id):
        return BlockedBy(member_id=row_id)
    if kind == "team" and _exists(session, workspace_id, Team, row_id):
        return BlockedBy(team_id=row_id)
    return None


def suggestions(session: Session, viewer: Caller, typed: str) -> list[Choice]:
    """Who or what something may be blocked by, for what was typed so far: teams, people, and the words themselves."""
    words = " ".join(typed.split())[:WORDS_LENGTH]
    teams = session.execute(
        sa.select(Team.id, Team.name)
        .where(Team.workspace_id == viewer.workspace_id, Team.archived_at.is_(None), _contains(Team.name, words))
        .order_by(Team.name, Team.id)
        .limit(MOST_SUGGESTED)
    ).all()
    people = session.execute(
        sa.select(Member.id, Member.name)
        .where(
            Member.workspace_id == viewer.workspace_id,
            Member.kind == MemberKind.FULL,
            Member.deactivated_at.is_(None),
            Member.id != viewer.member_id,
            sa.or_(_contains(Member.name, words), _contains(Member.display_name, words)),
        )
        .order_by(Member.name, Member.id)
        .limit(MOST_SUGGESTED)
    ).all()
    found = [Choice(name, BlockedBy(team_id=row_id).value) for row_id, name in teams]
    found += [Choice(name, BlockedBy(member_id=row_id).value) for row_id, name in people]
    if words:
        found.append(typed_choice(words, BlockedBy(words=words).value))
    return found


def meant(session: Session, viewer: Caller, words: str) -> Choice | None:
    """What somebody named as blocking, as an entry of the menu: the team or person of that very name, or the words."""
    found = suggestions(session, viewer, words) if words.strip() else []
    exact = (choice for choice in found if choice.text.casefold() == " ".join(words.split()).casefold())
    return next(exact, found[-1] if found else None)


def open_blocker(session: Session, key_result_id: int) -> Blocker | None:
    """What blocks the key result as it is now."""
    return session.scalar(
        sa.select(Blocker)
        .where(Blocker.key_result_id == key_result_id, Blocker.cleared_at.is_(None))
        .order_by(Blocker.id.desc())
        .limit(1)
    )


def named(session: Session, blocker: Blocker) -> Choice:
    """A blocker as an entry of the menu."""
    by = BlockedBy(blocker.by_member_id, blocker.by_team_id, blocker.by_words)
    if by.member_id is not None:
        return Choice(session.get_one(Member, by.member_id).name, by.value)
    if by.team_id is not None:
        return Choice(session.get_one(Team, by.team_id).name, by.value)
    return typed_choice(by.words or "", by.value)


def words_of(session: Session, by: BlockedBy) -> str:
    """Who or what is meant, by name."""
    if by.member_id is not None:
        return session.get_one(Member, by.member_id).name
    return session.get_one(Team, by.team_id).name if by.team_id is not None else by.words or ""


def settle(
    session: Session,
    now: datetime,
    *,
    key_result: KeyResult,
    answer: Answer | None,
    by: BlockedBy | None,
    wants_help: bool,
    is_same: bool = True,
) -> Blocker | None:
    """What an answer says about blocking, or somebody without a check-in, holds from now on; returns what blocks now.

    The same blocker named again keeps its row, and with it the day since which it is open. Another one, or none,
    clears it; so does the same name where it is about something else than the last time (`is_same` is false). The
    caller has locked the key result.
    """
    standing = session.scalars(
        sa.select(Blocker).where(Blocker.key_result_id == key_result.id, Blocker.cleared_at.is_(None))
    ).all()
    kept: Blocker | None = None
    between = {blocker.by_team_id for blocker in standing}
    for blocker in standing:
        if is_same and by == blocked_by_of(blocker) and kept is None:
            kept = blocker
            kept.wants_help = wants_help
        else:
            blocker.cleared_at = now
    # One is open at a time: what stood is cleared before another takes its place.
    session.flush()
    if by is not None and kept is None:
        kept = Blocker(
            workspace_id=key_result.workspace_id,
            key_result_id=key_result.id,
            answer_id=answer.id if answer is not None else None,
            by_member_id=by.member_id,
            by_team_id=by.team_id,
            by_words=by.words,
            wants_help=wants_help,
            opened_at=now,
        )
        session.add(kept)
    if between - {None} != {kept.by_team_id if kept is not None else None} - {None}:
        path_changes.of_key_results(session, now, key_result.workspace_id, [key_result.id])
    session.flush()
    return kept


def blocked_by_of(blocker: Blocker) -> BlockedBy:
    """Who or what a blocker names."""
    return BlockedBy(blocker.by_member_id, blocker.by_team_id, blocker.by_words)


def _contains(column: sa.orm.InstrumentedAttribute[str], words: str) -> sa.ColumnElement[bool]:
    # SQLite's own lower() knows ASCII only, so the words as they were typed are looked for too.
    return sa.or_(
        sa.func.lower(column).contains(words.lower(), autoescape=True), column.contains(words, autoescape=True)
    )


def _exists(session: Session, workspace_id: int, table: type[Member] | type[Team], row_id: int) -> bool:
    found = sa.select(table.id).where(table.workspace_id == workspace_id, table.id == row_id)
    return session.scalar(found) is not None
