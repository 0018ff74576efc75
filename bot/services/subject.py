"""What a check-in is about: a key result in one period with all that answering it depends on, as one wide row.

Somebody waits while a check-in is read, so it is read at once: whoever needs one more fact about the key result, its
team, its owner or its workspace adds a field to `Subject` and its column to `_COLUMNS`, rather than a statement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.domain.cadence import Period
from bot.domain.cycles import CycleState
from bot.domain.kinds import Kind
from bot.domain.localtime import local_date_of
from bot.services.access import Caller
from bot.services.refusals import Reason, Refused
from models import (
    Absence,
    Blocker,
    CheckIn,
    CheckInDraft,
    CheckInState,
    Cycle,
    Digest,
    Escalation,
    KeyResult,
    KeyResultCoOwner,
    KeyResultRevision,
    KeyResultState,
    Member,
    MemberKind,
    Objective,
    Team,
    Workspace,
)
from models.base import table_of
from models.escalation import is_unresolved
from models.prepared import Prepared, Row, together


class Subject(NamedTuple):
    """A key result in one period. It says nothing about whether its caller may see or answer it: `answerable` does.

    `caller_…` is who asks. The rhythm and `time_zone` are the workspace's. `owner_name`, `owner_zone`: of the owner;
    null where there is none. `digest_follows`: its team's answers are told in a digest; `digest_was_taken`: that of the
    period was. `check_in_…`, `asks_value` and `asked_id` (who was asked) are null where nobody was asked yet;
    `covered_for_id` is for whom they stand in.
    `covered_…`: whether that person has left (or may take part no more), and of them, or of their lead where they have,
    the zone and the first and last days of the absences in which the caller is named as cover
    ("2026-10-05/2026-10-09 …"), in no order. `leads_team`: the caller is the lead of its team.
    `is_disowned`: they say that it is not theirs. `meeting_on`, `digest_zone`: the exceptions of its team. `blocker_id`
    and `escalation_id`: what is open now. `help_ended_at`: when its last thread ended. `draft_id`: what the caller
    began to type in this period.
    """

    caller_id: int
    caller_name: str
    caller_zone: str
    caller_takes_part: bool
    workspace_id: int
    time_zone: str
    opens_on: int
    opens_at: time
    closes_on: int
    closes_at: time
    note_at: time
    digest_on: int
    digest_at: time
    key_result_id: int
    number: int
    state: KeyResultState
    revision: int
    measured_since: int
    text: str
    metric: str | None
    kind: Kind
    unit: str
    start: Decimal | None
    target: Decimal | None
    value_every_weeks: int
    owner_id: int | None
    owner_name: str | None
    owner_zone: str | None
    is_co_owner: bool
    objective: str
    team: str
    team_is_on: bool
    digest_follows: bool
    digest_was_taken: bool
    cycle_state: CycleState
    cycle_starts_on: date | None
    cycle_ends_on: date | None
    check_in_id: int | None
    check_in_state: CheckInState | None
    asks_value: bool | None
    asked_id: int | None
    is_disowned: bool
    check_in_opens_at: datetime | None
    check_in_closes_at: datetime | None
    covered_for_id: int | None
    covered_has_left: bool | None
    leads_team: bool | None
    covered_zone: str | None
    covered_days: str | None
    meeting_on: int | None
    digest_zone: str | None
    blocker_id: int | None
    escalation_id: int | None
    help_ended_at: datetime | None
    draft_id: int | None

    @property
    def is_own(self) -> bool:
        """Whether the caller was asked about it; one that is due goes along when its key result does."""
        return self.asked_id == self.caller_id and self.state is KeyResultState.ACTIVE

    def stands_in(self, now: datetime) -> bool:
        """Whether the caller, who was asked in the place of the owner, still stands there.

        Until it is answered or closed for as long as they are named: whoever is back in time is given it back. After
        that only until the owner is back, whose words then are not the caller's to read or to replace. One who has
        left does not come back: there the lead stands, and who covers for the lead until they are back. Who was handed
        it owns it from then on, and nobody stood in for them.
        """
        if self.asked_id != self.caller_id or self.covered_for_id is None:
            return False
        if self.owner_id not in (None, self.covered_for_id):
            return False
        if self.covered_has_left and (self.leads_team or self.awaits_answer):
            return True
        if self.covered_zone is None or not self.covered_days:
            return False
        if self.check_in_opens_at is None or self.check_in_closes_at is None:
            return False
        here = ZoneInfo(self.covered_zone)
        since = self.check_in_opens_at if self.check_in_state is CheckInState.DUE else now
        first, last = local_date_of(since, here).isoformat(), local_date_of(self.check_in_closes_at, here).isoformat()
        # Written like this, days compare as they follow each other.
        spans = (days.split("/") for days in self.covered_days.split())
        return any(begins <= last and first <= ends for begins, ends in spans)

    @property
    def awaits_answer(self) -> bool:
        """Until the digest goes out, what was missed can still be added. Nobody is asked about what is not theirs."""
        is_open = self.check_in_state is CheckInState.DUE or self.check_in_state is CheckInState.MISSED
        return is_open and not self.is_disowned

    @property
    def is_wanted(self) -> bool:
        """Whether it is one of those that the caller goes through: answered, or awaiting it."""
        return self.awaits_answer or self.check_in_state is CheckInState.ANSWERED


def subject_of(session: Session, caller: Caller, key_result_id: int, period: Period, *, held: bool = False) -> Subject:
    """One key result in a period. Raises `Refused` where there is none. `held` as with `subjects_of_run`."""
    found = _read(session, _ONE, caller, period, held=held, key_result_id=key_result_id)
    if not found:
        raise Refused(Reason.NO_SUCH_KEY_RESULT)
    return found[0]


def subjects_of_run(
    session: Session, caller: Caller, key_result_id: int | None, period: Period, *, held: bool = False
) -> Sequence[Subject]:
    """All that the caller was asked about in a period and `key_result_id`, in the order of the numbers.

    `held`: the key result is held first, as by `hold`.
    """
    if key_result_id is None:
        return _read(session, _RUN, caller, period)
    return _read(session, _ONE_AND_RUN, caller, period, held=held, key_result_id=key_result_id)


def hold(session: Session, caller: Caller, key_result_id: int) -> None:
    """Hold the key result until the transaction ends, before it is read: two answers at once come one after another."""
    if session.get_bind().dialect.name == "sqlite":
        # Who writes there holds the whole database.
        return
    _HOLD.send(session, {"workspace_id": caller.workspace_id, "key_result_id": key_result_id})


def _read(
    session: Session,
    statement: Prepared,
    caller: Caller,
    period: Period,
    *,
    held: bool = False,
    **which: int,
) -> Sequence[Subject]:
    session.flush()
    given = {"workspace_id": caller.workspace_id, "member_id": caller.member_id, "period": period, **which}
    if not held:
        return _in_order(statement.rows(session, given))
    with together(session):
        hold(session, caller, which["key_result_id"])
        sent = statement.send(session, given)
    return _in_order(sent.rows())


def _in_order(rows: Sequence[Row]) -> Sequence[Subject]:
    # Not by the statement: to have them in this order SQLite goes through all numbers of the workspace.
    return sorted(map(Subject._make, rows), key=lambda one: one.number)


_caller, _owner = table_of(Member).alias("caller"), table_of(Member).alias("owner")
_workspace, _team, _cycle = table_of(Workspace), table_of(Team), table_of(Cycle)
_key_result, _definition, _objective = table_of(KeyResult), table_of(KeyResultRevision), table_of(Objective)
_check_in, _blocker, _escalation = table_of(CheckIn), table_of(Blocker), table_of(Escalation)
_draft, _ended = table_of(CheckInDraft), table_of(Escalation).alias("ended")
_digest = table_of(Digest)
_co_owner, _asked = table_of(KeyResultCoOwner), table_of(CheckIn).alias("asked")
_covered, _lead, _absence = table_of(Member).alias("covered"), table_of(Member).alias("lead"), table_of(Absence)
_has_left = sa.or_(_covered.c.kind != MemberKind.FULL, _covered.c.deactivated_at.is_not(None))

_COLUMNS: Mapping[str, sa.ColumnElement[Any]] = {
    "caller_id": _caller.c.id,
    "caller_name": _caller.c.name,
    "caller_zone": _caller.c.time_zone,
    "caller_takes_part": sa.and_(_caller.c.kind == MemberKind.FULL, _caller.c.deactivated_at.is_(None)),
    "workspace_id": _workspace.c.id,
    "time_zone": _workspace.c.time_zone,
    "opens_on": _workspace.c.opens_on,
    "opens_at": _workspace.c.opens_at,
    "closes_on": _workspace.c.closes_on,
    "closes_at": _workspace.c.closes_at,
    "note_at": _workspace.c.note_at,
    "digest_on": _workspace.c.digest_on,
    "digest_at": _workspace.c.digest_at,
    "key_result_id": _key_result.c.id,
    "number": _key_result.c.number,
    "state": _key_result.c.state,
    "revision": _key_result.c.revision,
    "measured_since": _key_result.c.measured_since,
    "text": _definition.c.text,
    "metric": _definition.c.metric,
    "kind": _definition.c.kind,
    "unit": _definition.c.unit,
    "start": _definition.c.start,
    "target": _definition.c.target,
    "value_every_weeks": _definition.c.value_every_weeks,
    "owner_id": _key_result.c.owner_id,
    "owner_name": sa.func.coalesce(_owner.c.name, _key_result.c.owner_name),
    "owner_zone": _owner.c.time_zone,
    "is_co_owner": sa.exists().where(
        _co_owner.c.key_result_id == _key_result.c.id, _co_owner.c.member_id == _caller.c.id
    ),
    "objective": _objective.c.title,
    "team": _team.c.name,
    "team_is_on": sa.and_(_team.c.switched_on_at.is_not(None), _team.c.archived_at.is_(None)),
    "digest_follows": sa.and_(_team.c.next_digest_at.is_not(None), _team.c.channel_id.is_not(None)),
    "digest_was_taken": sa.exists().where(_digest.c.team_id == _team.c.id, _digest.c.period == sa.bindparam("period")),
    "cycle_state": _cycle.c.state,
    "cycle_starts_on": _cycle.c.starts_on,
    "cycle_ends_on": _cycle.c.ends_on,
    "check_in_id": _check_in.c.id,
    "check_in_state": _check_in.c.state,
    "asks_value": _check_in.c.asks_value,
    "asked_id": _check_in.c.owner_id,
    "is_disowned": _check_in.c.disowned_at.is_not(None),
    "check_in_opens_at": _check_in.c.opens_at,
    "check_in_closes_at": _check_in.c.closes_at,
    "covered_for_id": _check_in.c.covered_for_id,
    "covered_has_left": _has_left,
    "leads_team": _team.c.lead_id == _caller.c.id,
    "covered_zone": sa.case((_has_left, _lead.c.time_zone), else_=_covered.c.time_zone),
    # All in one, because what today is where that person lives is known only once this is read.
    "covered_days": sa.select(
        sa.func.aggregate_strings(
            sa.cast(_absence.c.first_on, sa.String) + sa.literal_column("'/'") + sa.cast(_absence.c.last_on, sa.String),
            # In the statement itself: what `Prepared` makes takes no value that SQLAlchemy writes into it later.
            sa.literal_column("' '"),  # type: ignore[arg-type]
        )
    )
    .where(
        _absence.c.workspace_id == _covered.c.workspace_id,
        _absence.c.member_id == sa.case((_has_left, _team.c.lead_id), else_=_covered.c.id),
        _absence.c.cover_id == _caller.c.id,
        _absence.c.ended_at.is_(None),
    )
    .scalar_subquery(),
    "meeting_on": _team.c.meeting_on,
    "digest_zone": _team.c.digest_zone,
    "blocker_id": _blocker.c.id,
    "escalation_id": _escalation.c.id,
    "help_ended_at": sa.select(sa.func.max(_ended.c.resolved_at))
    .where(_ended.c.workspace_id == _key_result.c.workspace_id, _ended.c.key_result_id == _key_result.c.id)
    .scalar_subquery(),
    "draft_id": _draft.c.id,
}


def _open_of(table: sa.FromClause, is_open: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """At most one row a key result, by an index of its own."""
    return sa.and_(
        table.c.workspace_id == _key_result.c.workspace_id, table.c.key_result_id == _key_result.c.id, is_open
    )


def _about(wanted: sa.FromClause) -> Prepared:
    """The rows of the key results in `wanted`, which is joined first: from there on everything is found by its key."""
    return Prepared(
        sa.select(*(_COLUMNS[name].label(name) for name in Subject._fields))
        .select_from(wanted)
        .join(
            _key_result,
            sa.and_(
                _key_result.c.id == wanted.c.key_result_id,
                _key_result.c.workspace_id == sa.bindparam("workspace_id"),
                _key_result.c.archived_at.is_(None),
            ),
        )
        .join(
            _definition,
            sa.and_(_definition.c.key_result_id == _key_result.c.id, _definition.c.revision == _key_result.c.revision),
        )
        .join(_objective, _objective.c.id == _key_result.c.objective_id)
        .join(_team, _team.c.id == _objective.c.team_id)
        .join(_cycle, _cycle.c.id == _objective.c.cycle_id)
        .join(_workspace, _workspace.c.id == _key_result.c.workspace_id)
        .join(
            _caller,
            sa.and_(_caller.c.workspace_id == _key_result.c.workspace_id, _caller.c.id == sa.bindparam("member_id")),
        )
        .outerjoin(_owner, _owner.c.id == _key_result.c.owner_id)
        .outerjoin(
            _check_in,
            sa.and_(_check_in.c.key_result_id == _key_result.c.id, _check_in.c.period == sa.bindparam("period")),
        )
        .outerjoin(_covered, _covered.c.id == _check_in.c.covered_for_id)
        .outerjoin(_lead, _lead.c.id == _team.c.lead_id)
        .outerjoin(_blocker, _open_of(_blocker, _blocker.c.cleared_at.is_(None)))
        .outerjoin(_escalation, _open_of(_escalation, is_unresolved(_escalation)))
        .outerjoin(
            _draft,
            sa.and_(
                _draft.c.key_result_id == _key_result.c.id,
                _draft.c.member_id == _caller.c.id,
                _draft.c.period == sa.bindparam("period"),
            ),
        )
    )


_THIS = sa.bindparam("key_result_id", type_=_key_result.c.id.type)
_IN_HAND = sa.select(_THIS.label("key_result_id"))
_ASKED = sa.select(_asked.c.key_result_id).where(
    _asked.c.workspace_id == sa.bindparam("workspace_id"),
    _asked.c.owner_id == sa.bindparam("member_id"),
    _asked.c.period == sa.bindparam("period"),
)

_ONE = _about(_IN_HAND.subquery("wanted"))
_RUN = _about(_ASKED.subquery("wanted"))
_ONE_AND_RUN = _about(sa.union(_ASKED, _IN_HAND).subquery("wanted"))

_WANTED = sa.and_(
    _key_result.c.workspace_id == sa.bindparam("workspace_id"),
    _key_result.c.id == _THIS,
    _key_result.c.archived_at.is_(None),
)
_HOLD = Prepared(sa.select(_key_result.c.id).where(_WANTED).with_for_update(key_share=True))
