"""Check-ins told in words: what somebody wrote to Okra is shown to them, and saved when they say that it is right."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.blocks import refusals as sentences
from bot.blocks import understanding as told
from bot.blocks.key_result import key_result as key_result_post
from bot.blocks.listing import help_text
from bot.blocks.post import Post
from bot.blocks.standing import Standing
from bot.domain.cadence import Period, following
from bot.domain.cadence import period as monday
from bot.domain.confidence import Confidence
from bot.domain.kinds import Kind
from bot.domain.numbers import Number, format_value, parse_number
from bot.domain.scoring import show
from bot.domain.validation import Invalid
from bot.domain.words import Understood, asks_for_help, understand
from bot.services import access, checkin, key_result_view, outbox
from bot.services.access import Caller
from bot.services.checkin import Said
from bot.services.checkin_input import Prefill
from bot.services.prompt import changes_until, current_period
from bot.services.reading import prefill_of, read
from bot.services.refusals import Reason, Refused
from bot.services.subject import hold
from models import (
    Answer,
    AnswerSource,
    CheckIn,
    CheckInState,
    Delivery,
    KeyResult,
    Member,
    Objective,
    PostKind,
    Team,
    Understanding,
    UnderstandingState,
    Workspace,
)

# What one message may tell about, a line each.
MOST_LINES = 5
# What was written after the digest was out is answered too, and forgotten soon.
LEAST_KEPT = timedelta(hours=1)


def hear(session: Session, now: datetime, member: Member, text: str, slack_ts: str) -> None:
    """Read a message that a member wrote to Okra, and answer each of its lines through the outbox; nothing is saved.

    Several lines are several answers where each names its key result; else they are one. Those that are not read are
    named in an answer of their own.
    """
    lines = _lines(text)
    read, unread = lines[:MOST_LINES], lines[MOST_LINES:]
    for index, line in enumerate(read):
        _answer(session, now, _row(session, now, member, line), _key(member.id, slack_ts, index))
    if unread:
        row = _kept(session, now, member, "\n".join(unread))
        row.not_understood = row.text
        _answer(session, now, row, _key(member.id, slack_ts, len(read)))


def post(session: Session, delivery: Delivery, now: datetime) -> Post | None:
    """The answer to a line, as things stand now."""
    row = session.get(Understanding, delivery.understanding_id)
    member = session.get(Member, delivery.member_id)
    if row is None or member is None or not member.may_take_part:
        return None
    caller = Caller(member.workspace_id, member.id)
    match row.state:
        case UnderstandingState.PENDING:
            return _pending(session, now, caller, row)
        case UnderstandingState.UNCLEAR:
            return _unclear(session, now, caller, row)
        case UnderstandingState.SAVED:
            return _saved(session, now, caller, row)
        case UnderstandingState.DROPPED:
            return told.not_saved(_label(session, row))
        case UnderstandingState.OVER:
            return told.too_late(_label(session, row))


def waiting(session: Session, caller: Caller, understanding_id: int) -> Understanding:
    """The caller's own line that waits for an answer. Raises `Refused`: it is somebody else's, or settled already."""
    return _waiting(session.scalar(_own(caller, understanding_id)))


def pending(session: Session, caller: Caller, understanding_id: int) -> Understanding:
    """As `waiting`, held until the transaction ends."""
    return _waiting(session.scalar(_own(caller, understanding_id).with_for_update(key_share=True)))


def to_edit(session: Session, caller: Caller, understanding_id: int) -> tuple[int, Period, Prefill]:
    """Which key result the caller's line is about, in which week, and what of it is to stand in the dialog. Raises
    `Refused` as `waiting`."""
    row = waiting(session, caller, understanding_id)
    if row.key_result_id is None or row.period is None:
        raise Refused(Reason.NOTHING_WAITS)
    measured_since = session.get_one(KeyResult, row.key_result_id).measured_since
    return row.key_result_id, monday(row.period), prefill_of(row, measured_since)


def _own(caller: Caller, understanding_id: int) -> sa.Select[Understanding]:
    return sa.select(Understanding).where(
        Understanding.workspace_id == caller.workspace_id,
        Understanding.member_id == caller.member_id,
        Understanding.id == understanding_id,
    )


def _waiting(row: Understanding | None) -> Understanding:
    if row is None or row.state is not UnderstandingState.PENDING:
        raise Refused(Reason.NOTHING_WAITS)
    return row


def save(session: Session, now: datetime, caller: Caller, understanding_id: int, *, wants_help: bool = False) -> None:
    """Save what was shown; `wants_help`: yes to "Would help change this?".

    Raises `Refused`: it is settled or incomplete, something newer was answered meanwhile, or the key result measures
    something else by now.
    """
    row = pending(session, caller, understanding_id)
    if row.key_result_id is not None:
        hold(session, caller, row.key_result_id)
    if _answered_since(session, row):
        raise Refused(Reason.ANSWERED_SINCE, label=_label(session, row))
    reading = read(session, now, caller, row)
    if isinstance(reading.checked, Invalid) or reading.wrong:
        raise Refused(Reason.NOT_COMPLETE, label=reading.question.standing.label)
    checked = reading.checked
    checkin.record(
        session,
        now,
        caller=caller,
        key_result_id=reading.question.standing.key_result_id,
        period=reading.question.period,
        said=Said.of(
            checked,
            blocked_by=reading.blocked_by,
            wants_help=wants_help and checked.confidence is Confidence.YELLOW,
        ),
        source=AnswerSource.WORDS,
    )
    settle(session, now, row, UnderstandingState.SAVED)


def saved_elsewhere(session: Session, now: datetime, caller: Caller, understanding_id: int) -> None:
    """It was put right in the dialog and saved there."""
    row = session.get(Understanding, understanding_id)
    if row is not None and row.member_id == caller.member_id and row.state is UnderstandingState.PENDING:
        settle(session, now, row, UnderstandingState.SAVED)


def drop(session: Session, now: datetime, caller: Caller, understanding_id: int) -> None:
    """*Not this*: nothing of it is saved. Raises `Refused` as `pending` does."""
    settle(session, now, pending(session, caller, understanding_id), UnderstandingState.DROPPED)


def settle(session: Session, now: datetime, row: Understanding, state: UnderstandingState) -> None:
    """What was shown has become something: its message says what, without buttons."""
    row.state = state
    session.flush()
    keys = session.scalars(sa.select(Delivery.key).where(Delivery.understanding_id == row.id)).all()
    outbox.redraw_all(session, now, workspace_id=row.workspace_id, keys=keys)


def forget_over(session: Session, now: datetime, limit: int) -> int:
    """Blank up to `limit` lines of weeks whose answering is over, and say of those that waited that it is too late."""
    rows = session.scalars(
        sa.select(Understanding)
        .where(Understanding.kept_until <= now)
        .order_by(Understanding.kept_until, Understanding.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    for row in rows:
        for column in ("text", "value", "words", "next_move", "need", "plan", "not_understood"):
            setattr(row, column, "")
        row.kept_until = None
        if row.state is UnderstandingState.PENDING:
            settle(session, now, row, UnderstandingState.OVER)
    session.flush()
    return len(rows)


def _lines(text: str) -> Sequence[str]:
    """Several where each of them tells of a key result by its number; else the text is one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [understand(line) for line in lines]
    if len(lines) > 1 and all(one.number is not None and one.is_answer for one in found):
        return lines
    return [text.strip()]


def _answer(session: Session, now: datetime, row: Understanding, key: str) -> None:
    """Keep it, and say through the outbox what was understood."""
    session.add(row)
    session.flush()
    if row.state is UnderstandingState.PENDING:
        _drop_older(session, now, row)
    outbox.post(
        session,
        now,
        outbox.NewPost(
            workspace_id=row.workspace_id,
            key=key,
            kind=PostKind.UNDERSTANDING,
            member_id=row.member_id,
            understanding_id=row.id,
        ),
    )


def _kept(session: Session, now: datetime, member: Member, text: str) -> Understanding:
    """What was written, of which nothing is understood so far."""
    workspace = session.get_one(Workspace, member.workspace_id)
    return Understanding(
        workspace_id=member.workspace_id,
        member_id=member.id,
        state=UnderstandingState.UNCLEAR,
        text=text,
        at=now,
        kept_until=_kept_until(now, workspace, current_period(now, member)),
    )


def _kept_until(now: datetime, workspace: Workspace, this: Period, teams: Sequence[Team] = ()) -> datetime:
    return max(changes_until(workspace, this, teams), now + LEAST_KEPT)


def _row(session: Session, now: datetime, member: Member, line: str) -> Understanding:
    """A line as it is kept: pending where it is about a key result that its writer may answer now."""
    found = understand(line)
    caller = Caller(member.workspace_id, member.id)
    row = _kept(session, now, member, line)
    key_result = _meant(session, now, caller, found) if found.says_more else None
    if key_result is None:
        return row
    try:
        about = checkin.question(session, now, caller, key_result.id, None, run=False)
    except Refused:
        return row
    row.state = UnderstandingState.PENDING
    workspace = session.get_one(Workspace, member.workspace_id)
    team = session.scalars(
        sa.select(Team).join(Objective, Objective.team_id == Team.id).where(Objective.id == key_result.objective_id)
    ).one()
    row.kept_until = _kept_until(now, workspace, about.period, [team])
    row.key_result_id, row.period, row.definition = key_result.id, about.period, about.definition
    row.value = format_value(found.value, found.unit) if found.value is not None else ""
    row.same, row.confidence, row.words = found.same, found.confidence, found.rest
    row.next_move, row.need, row.plan = found.next_move, found.need, found.plan
    row.not_understood = "\n".join(" ".join(part.split()) for part in found.not_understood)
    return row


def _meant(session: Session, now: datetime, caller: Caller, found: Understood) -> KeyResult | None:
    """The key result that is named, or where none is the only one that is still open for its writer."""
    if found.number is not None:
        try:
            return key_result_view.find(session, caller, found.number)
        except Refused:
            return None
    open_ones = _open_ones(session, now, caller)
    return open_ones[0] if found.is_answer and len(open_ones) == 1 else None


def _open_ones(session: Session, now: datetime, caller: Caller) -> Sequence[KeyResult]:
    """What the writer was asked about and has not answered: this week, and last week until its digest is out."""
    this = current_period(now, access.member_of(session, caller))
    rows = session.execute(
        sa.select(KeyResult, Workspace, Team, CheckIn.period)
        .join(CheckIn, CheckIn.key_result_id == KeyResult.id)
        .join(Objective, Objective.id == KeyResult.objective_id)
        .join(Team, Team.id == Objective.team_id)
        .join(Workspace, Workspace.id == KeyResult.workspace_id)
        .where(
            CheckIn.workspace_id == caller.workspace_id,
            CheckIn.owner_id == caller.member_id,
            CheckIn.period.between(following(this, -1), this),
            CheckIn.state.in_((CheckInState.DUE, CheckInState.MISSED)),
            KeyResult.archived_at.is_(None),
        )
        .order_by(KeyResult.number)
    )
    open_ones = {
        key_result.id: key_result
        for key_result, workspace, team, week in rows
        if week == this or now < changes_until(workspace, monday(week), [team])
    }
    return list(open_ones.values())


def _pending(session: Session, now: datetime, caller: Caller, row: Understanding) -> Post:
    try:
        reading = read(session, now, caller, row)
    except Refused as refused:
        return told.cannot(sentences.sentence(refused.reason, refused.facts))
    by = reading.filled.blocked_by if reading.blocked_by is not None else None
    standing = reading.question.standing
    same = row.same and not reading.prefill.value_anew
    return told.understood(
        told.Understood(
            understanding_id=row.id,
            standing=standing,
            value=_with_unit(reading.prefill.value_text, standing) or (_last_value(standing) if same else ""),
            last=_last_value(standing),
            same=same,
            confidence=row.confidence,
            words=row.words,
            blocked_by=by.text if by is not None else "",
            next_move=reading.filled.next_move,
            next_move_stays=reading.next_move_stays,
            need=row.need,
            plan=row.plan,
            not_understood=tuple(row.not_understood.splitlines()),
            missing=reading.missing,
            wrong=reading.wrong,
            odd=reading.odd,
            yellow=reading.question.yellow,
        )
    )


def _with_unit(typed: str, standing: Standing) -> str:
    """A value as Okra shows it, in the key result's unit where none was typed."""
    found = parse_number(typed) if standing.kind is not Kind.MILESTONE else None
    return format_value(found.value, standing.unit) if isinstance(found, Number) and not found.unit else typed


def _last_value(standing: Standing) -> str:
    if standing.kind is Kind.MILESTONE:
        return show(standing.score) if standing.score is not None else ""
    return format_value(standing.value, standing.unit) if standing.value is not None else ""


def _unclear(session: Session, now: datetime, caller: Caller, row: Understanding) -> Post:
    if row.not_understood:
        return told.not_read(tuple(row.not_understood.splitlines()))
    found = understand(row.text)
    if found.number is None:
        if asks_for_help(row.text):
            return help_text()
        if not found.is_answer:
            return told.not_clear(row.text)
        return told.which_one(row.text, tuple(one.label for one in _open_ones(session, now, caller)))
    try:
        if found.says_more:
            key_result = key_result_view.find(session, caller, found.number)
            checkin.question(session, now, caller, key_result.id, None, run=False)
        # A number alone asks how it stands.
        return key_result_post(key_result_view.view(session, caller, now, found.number))
    except Refused as refused:
        if refused.reason is Reason.NO_SUCH_KEY_RESULT and not found.says_more:
            return told.no_such_number(sentences.sentence(refused.reason, refused.facts), found.number)
        return told.cannot(sentences.sentence(refused.reason, {**refused.facts, "typed": row.text}))


def _saved(session: Session, now: datetime, caller: Caller, row: Understanding) -> Post | None:
    if row.key_result_id is None or row.period is None:
        return None
    try:
        end = checkin.finished(session, now, caller, monday(row.period), row.key_result_id, run=False)
    except Refused:
        # The digest went out before Slack had shown it, say.
        return told.was_saved(_label(session, row))
    return told.saved(end.standings[0], end.changes_until, digest_follows=end.digest_follows)


def _answered_since(session: Session, row: Understanding) -> bool:
    """Whether its key result was answered after the line was written."""
    newer = (
        sa.select(Answer.id)
        .join(CheckIn, CheckIn.id == Answer.check_in_id)
        .where(CheckIn.key_result_id == row.key_result_id, CheckIn.period == row.period, Answer.at > row.at)
    )
    return session.scalar(newer.limit(1)) is not None


def _drop_older(session: Session, now: datetime, row: Understanding) -> None:
    """A newer line about the same key result takes the place of one that waits."""
    older = session.scalars(
        sa.select(Understanding).where(
            Understanding.member_id == row.member_id,
            Understanding.key_result_id == row.key_result_id,
            Understanding.period == row.period,
            Understanding.state == UnderstandingState.PENDING,
            Understanding.id != row.id,
        )
    ).all()
    for one in older:
        settle(session, now, one, UnderstandingState.DROPPED)


def _label(session: Session, row: Understanding) -> str:
    key_result = session.get(KeyResult, row.key_result_id) if row.key_result_id is not None else None
    return key_result.label if key_result is not None else "it"


def _key(member_id: int, slack_ts: str, index: int) -> str:
    """The permanent key of the answer to one line of a message."""
    return f"understood:{member_id}:{slack_ts}:{index}"
