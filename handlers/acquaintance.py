"""Somebody was chosen in a menu or mentioned in a command: who is that, to Okra?"""

from __future__ import annotations

from bot.runtime import Runtime
from bot.services import people


def acquainted(runtime: Runtime, workspace_id: int, slack_user_id: str) -> int | None:
    """The member id of somebody who was chosen; somebody new is looked up at Slack."""
    with runtime.read() as session:
        member = people.by_slack_id(session, workspace_id, slack_user_id)
    if member is not None:
        return member.id
    person = runtime.gateway.person(workspace_id, slack_user_id=slack_user_id)
    with runtime.write() as session:
        people.learn(session, runtime.now(), workspace_id, person, admins=runtime.settings.admins)
        member = people.by_slack_id(session, workspace_id, slack_user_id)
    return member.id if member is not None else None
