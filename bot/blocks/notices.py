"""Short messages that belong to no story: refusals at the door, failures, and what an admin must know."""

from __future__ import annotations

from bot.blocks.ids import Dialog
from bot.blocks.layout import dialog, section
from bot.blocks.post import Post, View
from bot.blocks.text import said

# Why something was not sent that Slack would have taken: by then it made no sense any more.
TOO_LATE = "too_late"
# The same for what nobody is here to read.
NO_READER = "no_reader"
# The same for a channel that people of another organisation read, or were invited to.
SHARED_OUTSIDE = "shared_outside"
# Slack's word where the app's Messages tab is off: it takes no direct message then.
NO_DIRECT_MESSAGES = "messages_tab_disabled"
# How the reason begins where Slack was not even asked, because drawing it failed: a fault of ours.
NOT_RENDERED = "not_rendered: "
# How it begins where nobody knows whether it arrived: it was not found again and again, or could not be looked for.
LOST_AGAIN = "uncertain again and again: "
NOT_FOUND_OUT = "uncertain, and the conversation cannot be read: "
# How it begins for a reply whose root was given up: it did not leave, or nobody knows whether it arrived.
NO_ROOT = "the message it answers was not sent"
# What is not shown as it should be, beside the messages, which go by their kind.
HOME = "home"

# What Slack's words mean for the person who can mend it.
_REMEDIES = {
    "channel_not_found": "The channel is gone or private. Invite Okra to it, or name another one for the team.",
    "not_in_channel": "Okra is not in the channel. Type `/invite @Okra` there.",
    "is_archived": "The channel is archived. Name another one for the team.",
    "ekm_access_denied": "Your organisation closed the channel to messages. Ask its admins, or name another channel.",
    "user_disabled": "That person's account is deactivated. Their key results need another owner.",
    "account_inactive": "Okra's token is no longer valid. Install Okra again.",
    "token_revoked": "Okra's token was revoked. Install Okra again.",
    "invalid_auth": "Slack does not accept Okra's token. Check OKRA_SLACK_BOT_TOKEN.",
    "not_enabled": "Home is switched off for Okra. Switch it on in the app's settings at Slack.",
    "missing_scope": "Okra lacks a permission. Run `okra doctor`: it says which one.",
}

# Slack has a word for each kind of it: a channel for reading only, one without threads or with nothing else, a thread
# that is locked.
RESTRICTED = "restricted_action"
_OPEN_IT = "The channel does not let apps post messages and replies. Allow both there, or name another channel."

_LOOK = "Run `okra doctor` to see what is wrong."
_FAULT = "Please tell whoever runs Okra: its log says more."

_WHAT = {
    "introduction": "An introduction",
    "prompt": "A weekly prompt",
    "prompt_again": "The second prompt that somebody asked for",
    "not_mine": "Word that a key result is somebody else's",
    "understanding": "The answer to a message",
    "answer_corrected": "Word that an answer was corrected",
    "escalation": "A request for help",
    "escalation_reply": "A reply in the thread of a request for help",
    "escalation_ask": "A request for help",
    "escalation_news": "News of a request for help",
    "lead_note": "A lead's note",
    "digest": "A digest",
    "digest_details": "The details of a digest",
    "reminder": "A reminder",
    "away_news": "Word of who is away",
    "hand_over": "A request to take a key result over",
    "decision_made": "A decision",
    "key_result_changed": "Word that a key result was changed",
    "outcome": "What a request for help brought",
    "decision_settled": "What became of a decision",
    "hand_over_news": "Word of a key result that changes hands",
    "dependency": "The question whether a team can help another",
    "dependency_reply": "A team's answer to another, in a thread",
    "dependency_news": "A team's answer to another",
    "ownerless": "A list of key results without an owner",
    "morning": "What waits for somebody's decision",
}


def not_for_outsiders() -> Post:
    """To guests and people of other organisations."""
    return Post("Okra is for full members of this workspace, so there is nothing here for you to do.")


def try_again(incident: str, *, in_dialog: bool) -> str:
    """Slack or the database did not answer. In a dialog what was typed is still there."""
    if in_dialog:
        return f"I could not save that just now. Nothing is lost: please try again in a moment. (Reference {incident})"
    return f"That did not work just now. Please try again in a moment. (Reference {incident})"


def broken(incident: str) -> str:
    return f"Something went wrong on my side. Please try again; if it stays, tell your admin “{incident}”."


def remedy(code: str) -> str:
    """What whoever can mend it does about one of Slack's words; empty where none is known."""
    return _OPEN_IT if code.startswith(RESTRICTED) else _REMEDIES.get(code, "")


def undelivered(*, what: str, to: str, code: str) -> Post:
    """To an admin: what did not arrive, where, why, and what to do. `to` is a person's name or a channel link."""
    where = to if to.startswith("<#") else said(to, 80)
    if code == TOO_LATE:
        return overtaken(what=what, where=where)
    if code == NO_READER:
        return unread(what=what, where=where)
    if code == SHARED_OUTSIDE:
        return shared_outside(what=what, where=where)
    named = f"{_WHAT.get(what, 'A message')} for {where}"
    if code.startswith(LOST_AGAIN):
        text = f"{named} may or may not have arrived: I sent it for a day and could not find it. Please look."
    elif code.startswith(NOT_FOUND_OUT):
        why = code.removeprefix(NOT_FOUND_OUT)
        text = (
            f"{named} may or may not have arrived, please look: Slack's answer was lost, and I cannot read there to "
            f"see for myself (“{said(why, 200)}”). {remedy(why) or _LOOK}"
        )
    elif code.startswith(NO_ROOT):
        text = f"{named} was not sent, because I could not place the message it answers."
    elif code.startswith(NOT_RENDERED):
        why = said(code.removeprefix(NOT_RENDERED), 200)
        text = f"{named} was not sent: I stumble over it (“{why}”), which is my own fault. {_FAULT}"
    else:
        text = f"{named} could not be delivered: Slack says “{said(code, 200)}”. {remedy(code) or _LOOK}"
    return Post(text, (section(text),))


def overtaken(*, what: str, where: str) -> Post:
    """To an admin: something was not posted, because the next one of its kind was due before Slack could be reached."""
    text = (
        f"{_WHAT.get(what, 'A message')} for {where} was not posted: Slack could be reached only when the next one was "
        "due. That one tells where things stand; the one before is kept, and `okra export` has it."
    )
    return Post(text, (section(text),))


def unread(*, what: str, where: str) -> Post:
    """To an admin: something was not sent, because nobody is here to read it any more."""
    text = (
        f"{_WHAT.get(what, 'A message')} for {where} was not sent: they have left or are a guest now, and no lead "
        "above is here to read it. Name a channel or another lead for each team of theirs; until then `/okr digest` "
        "and the team's name shows it."
    )
    return Post(text, (section(text),))


def shared_outside(*, what: str, where: str) -> Post:
    """To an admin: something was not posted, because others than the organisation's own people would read it."""
    text = (
        f"{_WHAT.get(what, 'A message')} for {where} was not posted: people of another organisation read there, or "
        "were invited to, and what I say is for yours alone. Stop sharing the channel, or name another one for the "
        "team: `okra team on`. I look once a day, and post there again once it is shared no more."
    )
    return Post(text, (section(text),))


def withheld() -> Post:
    """In the place of what was to change in a channel that people of another organisation read by now."""
    text = (
        "🔒 People of another organisation read this channel, or were invited to, and what I say is for yours alone. "
        "What stood here shows again once the channel is shared no more."
    )
    return Post(text, (section(text),))


def not_shown(*, what: str, to: str, code: str) -> Post:
    """To an admin: something that shows state, a message or somebody's Home, could not be brought up to date."""
    where = to if to.startswith("<#") else said(to, 80)
    whose = f"The Home of {where}" if what == HOME else f"{_WHAT.get(what, 'A message')} for {where}"
    if code.startswith(NOT_RENDERED):
        why = f"I stumble over its newest state (“{said(code.removeprefix(NOT_RENDERED), 200)}”), which is my own fault"
    else:
        why = f"Slack does not take its newest state (“{said(code, 200)}”)"
    text = (
        f"{whose} shows how things were before: {why}. What was answered and decided since is kept; only what stands "
        f"there is older. {remedy(code) or _FAULT}"
    )
    return Post(text, (section(text),))


def kept_back(count: int) -> str:
    """To an admin: so many direct messages (1 or more) wait until something is switched on."""
    messages = "One direct message waits" if count == 1 else f"{count} direct messages wait"
    return (
        f"{messages}: Okra may not send any as long as its Messages tab is off. Switch it on in the app's settings at "
        "Slack, under App Home; what waits is then sent within minutes."
    )


def silent(where: str, *, was_removed: bool) -> str:
    """To an admin: nothing is posted in a workspace, because Slack said that the token there is gone."""
    what = "Okra was removed from" if was_removed else "Okra's token was revoked in"
    return (
        f"Slack said that {what} {said(where, 80)}, so nothing is posted there; what is due waits. If the app is gone, "
        "install it again; see that OKRA_SLACK_BOT_TOKEN is the token on the app's page, and start Okra again. What "
        "waits is sent then."
    )


def a_group_message() -> str:
    """A recipient, for an admin: who is in it concerns nobody else."""
    return "a group message"


def end_of_dialog(post: Post) -> View:
    """The last page of a dialog, where there is nothing more to fill in."""
    blocks = list(post.blocks) or [section(post.text)]
    return dialog("Okra", blocks, callback_id=Dialog.NOTICE, metadata="{}", close="Close")
