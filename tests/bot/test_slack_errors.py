"""Of which kind each error is that Slack's pages name for the methods that Okra calls: decided one by one, by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from slack_sdk.errors import SlackApiError

import bot.slack
from bot.localslack.facts.methods import COMMON_ERRORS, METHODS
from bot.slack_failures import NotLetIn, Permanent, RetryLater, SlackFailure, UnknownOutcome, sort_answer

KINDS: dict[type[SlackFailure], tuple[str, ...]] = {
    # It passes, and nothing was done.
    RetryLater: ("external_channel_migrating", "rate_limited", "ratelimited"),
    # Slack failed inside: what was asked for may have been done.
    UnknownOutcome: (
        "fatal_error",
        "file_update_failed",
        "internal_error",
        "request_timeout",
        "service_unavailable",
        "update_failed",
    ),
    # Everything of its kind is refused until somebody mends the installation or the workspace.
    NotLetIn: (
        "account_inactive",
        "invalid_auth",
        "message_limit_exceeded",
        "messages_tab_disabled",
        "missing_scope",
        "not_authed",
        "token_expired",
        "token_revoked",
    ),
    Permanent: (
        # The place is gone, closed, or not for Okra.
        "channel_is_limited_access",
        "channel_not_found",
        "ekm_access_denied",
        "invalid_channel",
        "is_archived",
        "is_inactive",
        "method_not_supported_for_channel_type",
        "not_in_channel",
        "posting_to_channel_denied",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "team_not_found",
        # So is the person, or they may not be written to.
        "app_access_restricted",
        "invalid_user_combination",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        # So is the message, the thread, the dialog, or the press that would have opened one.
        "cannot_reply_to_message",
        "cant_update_message",
        "edit_window_closed",
        "exchanged_trigger_id",
        "expired_trigger_id",
        "hash_conflict",
        "invalid_trigger_id",
        "message_not_found",
        "not_found",
        "thread_not_found",
        # What was sent cannot be shown.
        "block_mismatch",
        "duplicate_external_id",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_text",
        "push_limit_reached",
        "view_too_large",
        # A switch in the app's settings, which is looked for at each opening of a Home.
        "not_enabled",
        # The workspace takes no such file, or none at all.
        "file_type_not_allowed",
        "file_upload_size_restricted",
        "file_uploads_disabled",
        "file_uploads_except_images_disabled",
        "storage_limit_reached",
        # The call itself was wrong.
        "access_denied",
        "channels_limit_exceeded",
        "file_not_found",
        "forbidden_team",
        "insecure_request",
        "invalid_cursor",
        "invalid_limit",
        "invalid_ts_latest",
        "invalid_ts_oldest",
        "invalid_types",
        "limit_required",
        "missing_args",
        "missing_argument",
        "not_allowed_token_type",
        "not_enough_users",
        "too_many_users",
        "users_list_not_supplied",
        # Of what Okra does not use: other tokens, attachments, Markdown, drafts, broadcasts, streams, files in
        # messages, lists, filters, descriptions of pictures, profiles.
        "alt_txt_too_large",
        "as_user_not_supported",
        "attachment_payload_limit_exceeded",
        "blocked_file_type",
        "cant_broadcast_message",
        "draft_already_deleted",
        "draft_already_sent",
        "draft_has_conflict",
        "draft_not_found",
        "duplicate_channel_not_found",
        "duplicate_message_not_found",
        "file_deleted",
        "file_is_deleted",
        "file_share_limit_reached",
        "invalid_attachments",
        "invalid_metadata_filter_keys",
        "list_record_comment_fetch_failed",
        "markdown_text_conflict",
        "max_file_sharing_exceeded",
        "missing_file_data",
        "missing_profile_id",
        "no_dual_broadcast_content_update",
        "not_implemented",
        "send_on_behalf_not_allowed",
        "slack_connect_blocked_file_type",
        "slack_connect_canvas_sharing_blocked",
        "slack_connect_clip_sharing_blocked",
        "slack_connect_file_link_sharing_blocked",
        "slack_connect_file_upload_sharing_blocked",
        "slack_connect_lists_sharing_blocked",
        "snippet_too_large",
        "streaming_state_conflict",
        "too_many_attachments",
        "too_many_contact_cards",
        "unable_to_share_files",
        "unknown_snippet_type",
        "unknown_subtype",
    ),
}

# The gateway names each method that it calls in one string.
CALLED = set(re.findall(r'"([a-z]+(?:\.[a-zA-Z]+)+)"', Path(bot.slack.__file__).read_text(encoding="utf-8")))


def test_somebody_has_thought_about_each_error_of_the_methods_that_are_called() -> None:
    assert "chat.update" in CALLED
    assert METHODS.keys() >= CALLED
    named = [code for codes in KINDS.values() for code in codes]
    assert sorted(named) == sorted({*COMMON_ERRORS, *(code for name in CALLED for code in METHODS[name].errors)})


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for kind, codes in KINDS.items() for code in codes])
def test_an_error_is_of_the_kind_that_it_was_found_to_be(code: str, kind: type[SlackFailure]) -> None:
    failure = sort_answer(SlackApiError("refused", {"ok": False, "error": code}))
    assert type(failure) is kind
    assert failure.code == {"rate_limited": "ratelimited"}.get(code, code)
