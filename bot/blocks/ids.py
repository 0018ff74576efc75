"""Every id that Okra gives to Slack and hears back, named once.

A test proves that what builders emit, what listeners hear and what the manifest says match.
"""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """Buttons and menus that Okra listens to (action_id)."""

    CHECK_IN = "check_in"
    LATER = "later"
    PROMPT_MORE = "prompt_more"
    CONFIDENCE = "confidence"
    BLOCKED_BY = "blocked_by"
    BACK = "back"
    SKIP = "skip"
    START_AFRESH = "start_afresh"
    CHANGED_AFTER_ALL = "changed_after_all"
    TAKE_ESCALATION = "take_escalation"
    DECIDE = "decide"
    TAKE_TO_REVIEW = "take_to_review"
    RESOLVE_ESCALATION = "resolve_escalation"
    DECISION_DONE = "decision_done"
    DROP_DECISION = "drop_decision"
    ANSWER_NOTE = "answer_note"
    UPDATE_KEY_RESULT = "update_key_result"
    CORRECT = "correct"
    SAVE_UNDERSTOOD = "save_understood"
    EDIT_UNDERSTOOD = "edit_understood"
    DROP_UNDERSTOOD = "drop_understood"
    NOTE_CHECK_IN = "note_check_in"
    EXCUSE = "excuse"
    HAND_OVER = "hand_over"
    ACCEPT_HAND_OVER = "accept_hand_over"
    DECLINE_HAND_OVER = "decline_hand_over"
    ACCEPT_DEPENDENCY = "accept_dependency"
    REFUSE_DEPENDENCY = "refuse_dependency"
    DATE_DEPENDENCY = "date_dependency"
    CHANGE_AWAY = "change_away"
    END_AWAY = "end_away"
    SETTINGS = "settings"
    AWAY = "away"
    RHYTHM = "rhythm"
    PREVIEW_TEAM = "preview_team"
    DISMISS_SIGNAL = "dismiss_signal"
    ZONE = "zone"
    COUNTRY = "country"
    DECIDE_FROM_DIGEST = "decide_from_digest"
    ASK_OWNER = "ask_owner"
    OPEN_FROM_DIGEST = "open_from_digest"
    DIGEST_DETAILS = "digest_details"


class Typed(StrEnum):
    """Inputs of dialogs: the field, which is the block id (or its first part) and the action id."""

    VALUE = "value"
    START = "start"
    REALLY = "really"
    CHANGED = "changed"
    WORKING = "working"
    NEXT_MOVE = "next_move"
    NEED = "need"
    PLAN = "plan"
    WANTS_HELP = "wants_help"
    SAME_BLOCKER = "same_blocker"
    DECISION = "decision"
    DECISION_KIND = "decision_kind"
    DECISION_OWNER = "decision_owner"
    DECISION_DUE = "decision_due"
    REASON = "reason"
    PROMISED_ON = "promised_on"
    STOP_OR_SHIFT = "stop_or_shift"
    LATER_AT = "later_at"
    WHICH = "which"
    WHOSE = "whose"
    AWAY_FROM = "away_from"
    AWAY_UNTIL = "away_until"
    COVER = "cover"
    NEW_OWNER = "new_owner"
    HOUR = "hour"
    WORKS_FROM = "works_from"
    WORKS_UNTIL = "works_until"
    WORKDAYS = "workdays"
    MEETING = "meeting"
    OPENS_AT = "opens_at"
    CLOSES_AT = "closes_at"
    NOTE_AT = "note_at"
    DIGEST_AT = "digest_at"
    BUDGET = "budget"
    STATUS_WORDS = "status_words"
    EXPECTED = "expected"
    EXCEPTION_REASON = "exception_reason"
    DIGEST_CHANNEL = "digest_channel"
    HELP_CHANNEL = "help_channel"
    QUESTION = "question"


class Dialog(StrEnum):
    """Views (callback_id)."""

    CHECK_IN = "check_in"
    DECIDE = "decide"
    RESOLVE = "resolve"
    DROP_DECISION = "drop_decision"
    LEAD_NOTE = "lead_note"
    LATER = "later"
    WHICH_ONE = "which_one"
    NOT_MINE = "not_mine"
    CORRECT = "correct"
    AWAY = "away"
    HAND_OVER = "hand_over"
    REFUSE_DEPENDENCY = "refuse_dependency"
    DATE_DEPENDENCY = "date_dependency"
    SETTINGS = "settings"
    RHYTHM = "rhythm"
    TEAM_RHYTHM = "team_rhythm"
    TEAM_ON = "team_on"
    DISMISS_SIGNAL = "dismiss_signal"
    NOTICE = "notice"
    ASK_OWNER = "ask_owner"


class Command(StrEnum):
    OKR = "/okr"
    KR = "/kr"


class Event(StrEnum):
    """Events that Okra subscribes to."""

    USER_CHANGE = "user_change"
    TEAM_JOIN = "team_join"
    APP_UNINSTALLED = "app_uninstalled"
    TOKENS_REVOKED = "tokens_revoked"
    MESSAGE_IM = "message.im"
    APP_HOME_OPENED = "app_home_opened"


def block(name: str, key: object) -> str:
    """A block id for a field about one thing: typed text does not travel to another key result's field."""
    return f"{name}:{key}"
