"""What people do in Slack. `register` is the list of all that Okra listens to."""

from __future__ import annotations

from slack_bolt import App

from bot.runtime import Runtime
from handlers import (
    away,
    checkin,
    checkin_moves,
    commands,
    correction,
    decisions,
    dependency,
    digest,
    digest_sharing,
    escalation,
    escalation_more,
    hand_over,
    help_wanted,
    home,
    initiatives,
    lead_note,
    members,
    not_mine,
    prompt_more,
    question,
    redefining,
    settings,
    signals,
    snooze,
    teams,
    understanding,
    value_rhythm,
    who_sees,
)
from handlers.boundary import Desk


def register(app: App, runtime: Runtime) -> None:
    """Connect every story's handlers with Bolt."""
    desk_of(runtime).listen(app)


def desk_of(runtime: Runtime) -> Desk:
    """A desk at which every story has registered."""
    desk = Desk(runtime)
    checkin.register(desk)
    checkin_moves.register(desk)
    correction.register(desk)
    prompt_more.register(desk)
    snooze.register(desk)
    not_mine.register(desk)
    escalation.register(desk)
    escalation_more.register(desk)
    question.register(desk)
    decisions.register(desk)
    redefining.register(desk)
    dependency.register(desk)
    digest.register(desk)
    digest_sharing.register(desk)
    lead_note.register(desk)
    hand_over.register(desk)
    value_rhythm.register(desk)
    initiatives.register(desk)
    who_sees.register(desk)
    help_wanted.register(desk)
    away.register(desk)
    settings.register(desk)
    signals.register(desk)
    commands.register(desk)
    members.register(desk)
    understanding.register(desk)
    teams.register(desk)
    home.register(desk)
    return desk
