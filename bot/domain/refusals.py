"""Why something is refused. Each reason has exactly one sentence, in `bot/blocks/refusals.py`."""

from __future__ import annotations

import enum


class Reason(enum.Enum):
    """Named once; each has exactly one sentence."""

    NOT_FOR_YOU = "not_for_you"
    NOT_A_FULL_MEMBER = "not_a_full_member"
    NO_SUCH_KEY_RESULT = "no_such_key_result"
    KEY_RESULT_CLOSED = "key_result_closed"
    KEY_RESULT_DRAFT = "key_result_draft"
    CYCLE_NOT_ACTIVE = "cycle_not_active"
    TEAM_OFF = "team_off"
    PERIOD_OVER = "period_over"
    DIGEST_OUT = "digest_out"
    NOTHING_DUE = "nothing_due"
    ALREADY_ANSWERED = "already_answered"
    NOT_YOUR_ESCALATION = "not_your_escalation"
    NO_SUCH_ESCALATION = "no_such_escalation"
    ESCALATION_RESOLVED = "escalation_resolved"
    ALREADY_TAKEN = "already_taken"
    ALREADY_IN_REVIEW = "already_in_review"
    ALREADY_DECIDED = "already_decided"
    NEEDS_A_DECISION = "needs_a_decision"
    NOT_YOUR_DECISION = "not_your_decision"
    NO_SUCH_DECISION = "no_such_decision"
    DECISION_SETTLED = "decision_settled"
    NO_SUCH_TEAM = "no_such_team"
    NOTE_OVER = "note_over"
    ASKED_AGAIN = "asked_again"
    NO_TIME_LEFT = "no_time_left"
    NOBODY_TO_TELL = "nobody_to_tell"
    NOTHING_WAITS = "nothing_waits"
    NOT_COMPLETE = "not_complete"
    ANSWERED_SINCE = "answered_since"
