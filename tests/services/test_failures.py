"""What an admin sees of what did not arrive, and what counts as too late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from company import Company
from sqlalchemy.orm import Session

from bot.blocks.notices import NO_DIRECT_MESSAGES
from bot.services.access import Caller
from bot.services.failures import TOO_LATE, Undelivered, failures_since, view, why_not_sent
from bot.services.refusals import Refused
from models import CheckIn, CheckInState, Delivery, DeliveryState, Member, PostKind
from models.database import Database

NOW = datetime(2026, 10, 6, 18, tzinfo=UTC)
MONDAY = (NOW - timedelta(days=1)).date()
LONG_AGO = NOW - timedelta(days=60)


def _post(session: Session, company: Company, number: int, **given: object) -> Delivery:
    values = {"kind": PostKind.DIGEST, "state": DeliveryState.FAILED, "settled_at": NOW, **given}
    if "member_id" not in values:
        values["channel_id"] = "C0LEADS"
    row = Delivery(
        workspace_id=company.workspace.id,
        key=f"post:{number}",
        opaque_id=f"opaque-{number}",
        not_before=NOW,
        created_at=NOW,
        **values,
    )
    session.add(row)
    session.flush()
    return row


def _asked(session: Session, company: Company, owner: Member, state: CheckInState, *, closes_at: datetime) -> Delivery:
    key_result = company.key_result(company.objective(company.team("Growth", lead=owner)), owner)
    session.add(
        CheckIn(
            workspace_id=company.workspace.id,
            key_result_id=key_result.id,
            period=MONDAY,
            owner_id=owner.id,
            state=state,
            opens_at=closes_at - timedelta(days=1),
            closes_at=closes_at,
        )
    )
    return _post(
        session, company, 1, kind=PostKind.PROMPT, member_id=owner.id, period=MONDAY, state=DeliveryState.QUEUED
    )


def test_failures_are_counted_by_what_where_and_why_the_newest_first(database: Database) -> None:
    with database.write() as session:
        company = Company(session, LONG_AGO)
        ada = company.person("Ada Obi")
        for number in (1, 2):
            _post(session, company, number, error="is_archived", settled_at=NOW - timedelta(days=number))
        _post(session, company, 3, kind=PostKind.PROMPT, member_id=ada.id, error="user_disabled")
        _post(session, company, 4, error="is_archived", settled_at=LONG_AGO)
        _post(session, company, 5, kind=PostKind.PROMPT, member_id=ada.id, state=DeliveryState.OBSOLETE, error=TOO_LATE)
        _post(session, company, 6, kind=PostKind.PROMPT, member_id=ada.id, state=DeliveryState.OBSOLETE)
        _post(session, company, 7, state=DeliveryState.UNKNOWN, settled_at=None)
        for number in (8, 9):
            waits = {"state": DeliveryState.QUEUED, "error": NO_DIRECT_MESSAGES, "settled_at": None}
            _post(session, company, number, kind=PostKind.PROMPT, member_id=ada.id, **waits)
        found = failures_since(session, NOW - timedelta(days=28))
    assert found.undelivered == (
        Undelivered(PostKind.PROMPT, "Ada Obi", "user_disabled", 1),
        Undelivered(PostKind.DIGEST, "<#C0LEADS>", "is_archived", 2),
    )
    assert (found.too_late, found.uncertain, found.kept, found.is_empty) == (1, 1, 2, False)


def test_only_an_admin_sees_failures(database: Database) -> None:
    with database.write() as session:
        company = Company(session, LONG_AGO)
        admin, ada = company.person("Noor Admin", admin=True), company.person("Ada Obi")
        _post(session, company, 1, error="is_archived")
        here = company.workspace.id
        assert len(view(session, Caller(here, admin.id), NOW).undelivered) == 1
        with pytest.raises(Refused):
            view(session, Caller(here, ada.id), NOW)


@pytest.mark.parametrize("state", [CheckInState.DUE, CheckInState.MISSED])
def test_a_prompt_whose_questions_have_closed_unanswered_came_too_late(database: Database, state: CheckInState) -> None:
    with database.write() as session:
        company = Company(session, LONG_AGO)
        row = _asked(session, company, company.person("Ada Obi"), state, closes_at=NOW)
        assert why_not_sent(session, row, NOW) == TOO_LATE
        assert why_not_sent(session, row, NOW - timedelta(seconds=1)) is None


def test_a_prompt_that_was_answered_before_it_left_was_not_too_late(database: Database) -> None:
    with database.write() as session:
        company = Company(session, LONG_AGO)
        row = _asked(session, company, company.person("Ada Obi"), CheckInState.ANSWERED, closes_at=NOW)
        assert why_not_sent(session, row, NOW) is None
