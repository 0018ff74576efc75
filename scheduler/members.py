"""Everybody is read from Slack once a day, and whenever it is asked for: what lost events would have told. So is which
channels people of other organisations read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bot.domain.person import Person
from bot.runtime import Runtime
from bot.services import member_reading, people, rehoming, shared_channels
from bot.slack import Leaving
from bot.slack_failures import RetryLater, SlackFailure

log = structlog.get_logger(__name__)


def read_due(runtime: Runtime, now: datetime) -> None:
    """Read the workspaces that were not read for a day. One worker reads a workspace."""
    with runtime.read() as session:
        due = member_reading.due(session, now)
    for workspace_id in due:
        with runtime.write() as session:
            until = member_reading.claim(session, runtime.now(), workspace_id)
        if until is None:
            continue
        try:
            _read(runtime, workspace_id, until)
        except SlackFailure as failure:
            log.warning("members_not_read", workspace=workspace_id, error=failure.code)
        except Leaving:
            log.info("members_read_no_further", workspace=workspace_id)
            return


def read_all(runtime: Runtime, workspace_id: int) -> int:
    """Read everybody of a workspace from Slack now, whoever reads already. Returns how many were new or had changed.

    Some at a time, a transaction each: ten thousand people in one would keep everybody else from writing. What was
    written stays where the rest fails; the day counts as read when all were. Raises `SlackFailure`, and
    `Leaving` at the end of the program.
    """
    with runtime.write() as session:
        until = member_reading.take(session, runtime.now(), workspace_id)
    return _read(runtime, workspace_id, until)


def _read(runtime: Runtime, workspace_id: int, until: datetime) -> int:
    """As `read_all`, for who has claimed the workspace until then."""
    read = changed = 0
    try:
        _look_at_channels(runtime, workspace_id)
        # As they come, a page of Slack's at a time: a hundred thousand at once would be the most that a worker ever
        # holds.
        for some in people.batches(runtime.gateway.people(workspace_id)):
            read += len(some)
            changed += _learn(runtime, workspace_id, some)
            if runtime.now() < until - member_reading.LEASE / 2:
                continue
            still_ours = _go_on(runtime, workspace_id, until)
            if still_ours is None:
                log.info("members_read_by_another", workspace=workspace_id)
                return changed
            until = still_ours
    except (SlackFailure, Leaving) as failure:
        _put_off(runtime, workspace_id, until, failure)
        raise
    _end(runtime, workspace_id, until)
    log.info("members_read", workspace=workspace_id, people=read, changed=changed)
    return changed


def _look_at_channels(runtime: Runtime, workspace_id: int) -> None:
    """A channel may come to be shared long after its team was switched on, and no more be so later. What could not be
    posted in one comes there once Okra may post in it."""
    channels = [one for one in runtime.gateway.channels(workspace_id) if one.is_member]
    shared = {one.id for one in channels if one.is_shared_outside}
    with runtime.write() as session:
        rehoming.bring_back_to(session, runtime.now(), workspace_id, {one.id for one in channels} - shared)
        shared_channels.learn(session, runtime.now(), workspace_id, shared)
    if shared:
        log.warning("channels_shared_outside", workspace=workspace_id, channels=sorted(shared))


def _learn(runtime: Runtime, workspace_id: int, some: Sequence[Person]) -> int:
    with runtime.write() as session:
        return people.learn_all(session, runtime.now(), workspace_id, some, admins=runtime.settings.admins)


def _go_on(runtime: Runtime, workspace_id: int, until: datetime) -> datetime | None:
    """By itself: who changes the week holds the workspace first and its members then."""
    with runtime.write() as session:
        return member_reading.go_on(session, runtime.now(), workspace_id, until)


def _put_off(runtime: Runtime, workspace_id: int, until: datetime, failure: SlackFailure | Leaving) -> None:
    with runtime.write() as session:
        member_reading.put_off(session, workspace_id, until, to=runtime.now() + _rest_after(failure))


def _end(runtime: Runtime, workspace_id: int, until: datetime) -> None:
    with runtime.write() as session:
        member_reading.end(session, runtime.now(), workspace_id, until)


def _rest_after(failure: SlackFailure | Leaving) -> timedelta:
    """What Slack asks for, however long; who goes leaves it to the next one."""
    match failure:
        case Leaving():
            return timedelta(0)
        case RetryLater(after=int(seconds)):
            return timedelta(seconds=seconds)
        case _:
            return member_reading.AGAIN
