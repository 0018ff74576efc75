"""Signed HTTP requests that each record one check-in, byte for byte as Slack would send them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from benchmarks.company import MONDAY, SLACK_TEAM
from benchmarks.databases import unhurried
from bot.blocks.checkin_modal import checkin_dialog
from bot.blocks.ids import Act, Typed
from bot.domain.cadence import period
from bot.localslack.signing import signature
from bot.services import checkin
from bot.services.access import Caller
from models import Answer, CheckIn, KeyResult, Member
from models.database import Database

SIGNING_SECRET = "not-a-secret"  # noqa: S105 - both ends are ours
PATH = "/slack/events"

Json = dict[str, Any]

# What somebody types on a quiet Monday: green, with a line each.
ANSWERS = {
    Typed.VALUE: "32",
    Typed.CHANGED: "The shorter form went to everybody on Thursday",
    Typed.WORKING: "Sign-ups finish it; the welcome mail is still late",
    Typed.NEXT_MOVE: "The welcome mail goes out within a minute",
}


def payloads(database: Database, now: datetime, key_results: Iterable[int]) -> list[Json]:
    """A submitted check-in dialog for each key result, by its owner, green and whole."""
    with database.read() as session:
        owned = sa.select(KeyResult.id, Member).join(Member, Member.id == KeyResult.owner_id)
        owners = dict(session.execute(owned).all())
        made = []
        for number in key_results:
            caller = Caller(owners[number].workspace_id, owners[number].id)
            asked = checkin.question(session, now, caller, number, period(MONDAY), run=True)
            made.append(_submission(owners[number], checkin_dialog(asked), number))
        return made


def all_recorded(url: str, submitted: int) -> None:
    """Raises RuntimeError unless every submission is an answer of the week."""
    database = unhurried(url)
    with database.read() as session:
        recorded = session.scalar(
            sa.select(sa.func.count()).select_from(Answer).join(CheckIn).where(CheckIn.period == MONDAY)
        )
    database.close()
    if recorded != submitted:
        raise RuntimeError(f"{recorded} of {submitted} check-ins were recorded")


def request(payload: Json, seconds: int) -> bytes:
    """The whole HTTP request, signed for the Unix time `seconds`."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    headers = {
        "Host": "127.0.0.1",
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "X-Slack-Request-Timestamp": str(seconds),
        "X-Slack-Signature": signature(SIGNING_SECRET, seconds, body),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {PATH} HTTP/1.1\r\n{head}\r\n".encode() + body


def _submission(member: Member, view: Mapping[str, Any], number: int) -> Json:
    shown = {**view} | {
        "id": f"V0B{number}",
        "team_id": SLACK_TEAM,
        "app_id": "A0BENCH",
        "app_installed_team_id": SLACK_TEAM,
        "bot_id": "B0BENCH",
        "root_view_id": f"V0B{number}",
        "previous_view_id": None,
        "external_id": "",
        "hash": f"{number}.hash",
        "clear_on_close": False,
        "notify_on_close": False,
        "state": {"values": {block["block_id"]: _state(block) for block in view["blocks"] if block["type"] == "input"}},
    }
    return {
        "type": "view_submission",
        "team": {"id": SLACK_TEAM, "domain": "bench"},
        "user": {"id": member.slack_user_id, "username": "owner", "name": "owner", "team_id": SLACK_TEAM},
        "api_app_id": "A0BENCH",
        "token": "not-used",
        "trigger_id": f"{number}.trigger",
        "view": shown,
        "response_urls": [],
        "is_enterprise_install": False,
        "enterprise": None,
    }


def _state(block: Mapping[str, Any]) -> Json:
    element = block["element"]
    action = str(element["action_id"])
    if action == Act.CONFIDENCE:
        return {action: {"type": element["type"], "selected_option": element["options"][0]}}
    return {action: {"type": element["type"], "value": ANSWERS.get(Typed(action))}}
