"""What Okra asks Slack to allow, each scope with the reason that `okra doctor` gives."""

from __future__ import annotations

from collections.abc import Mapping

# The reason ends the sentence "Okra needs it …".
SCOPES: Mapping[str, str] = {
    "chat:write": "to post prompts, threads and digests, and to keep them up to date.",
    "commands": "for `/okr` and `/kr`, and to turn a message into a blocker.",
    "users:read": "to know people's names and time zones, and who has joined or left.",
    "users:read.email": "to find the owners that an import names by their e-mail address.",
    "channels:read": "to find a team's public channel by its name.",
    "groups:read": "to find a team's private channel by its name, once Okra was invited.",
    "im:write": "to find its own direct message with a person when Slack did not say whether a message arrived.",
    "mpim:write": (
        "to open the group message of an owner and their lead, where a team has no channel or help is asked for in "
        "private."
    ),
    "im:history": (
        "to read what people write to it in their direct message with it, and to look whether its own message arrived "
        "there, when Slack did not say so."
    ),
    "channels:history": "to look whether a message to a public channel arrived, when Slack did not say so.",
    "groups:history": "to look whether a message to a private channel arrived, when Slack did not say so.",
    "mpim:history": "to look whether a group message arrived, when Slack did not say so.",
    "files:write": "to send somebody the file that they ask for with `/okr export`.",
}
