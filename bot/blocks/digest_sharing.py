"""`/okr digest`: the digest for one pair of eyes, the dialogs that post it, and what is posted."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from bot.blocks.dates import day, weekday_time
from bot.blocks.digest import Beside, digest_post
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import actions, button, context, dialog, field_input, section, text_element
from bot.blocks.post import Block, Post, View
from bot.blocks.text import clip, given_back, plain, said, short
from bot.domain.digest import Snapshot

NOTE_LENGTH = 300


@dataclass(frozen=True)
class Preview:
    """A digest for one pair of eyes. `posted_at`: its hour, in the reader's zone. `was_taken`: it
    is this week's, as it was taken; else it is the week as it is now. `may_post`: the reader runs it."""

    team_id: int
    team: str
    snapshot: Snapshot
    beside: Beside
    posted_at: datetime
    was_taken: bool
    has_channel: bool
    is_stopped: bool
    may_post: bool


@dataclass(frozen=True)
class SharedDigest:
    """A digest that somebody posted by hand, with their note ("" for none)."""

    snapshot: Snapshot
    beside: Beside
    author: str
    note: str


def preview(about: Preview) -> Post:
    """The digest as its channel reads it, without its pictures, and what can be done with it."""
    if about.snapshot.is_empty:
        return Post(f"{said(about.team, 80)} has no key result that a digest could tell of.")
    above, below = context(_when(about)), _ways(about)
    around = len(json.dumps([above, *below], ensure_ascii=False))
    shown = digest_post(about.snapshot, _alone(about.beside), leaving=around)
    return Post(shown.text, (above, *shown.blocks, *below))


def post_dialog(team_id: int, team: str) -> View:
    """A note, and it is posted in the team's own channel."""
    return dialog(
        "Post the digest",
        [section(f"It goes into the channel of *{said(team, 80)}*, as you have just seen it."), _note()],
        callback_id=Dialog.POST_DIGEST,
        metadata=json.dumps({"team": team_id}),
        submit="Post",
        close="Not now",
    )


def elsewhere_dialog(team_id: int, team: str) -> View:
    """The channel and a note. Slack itself lets this one message into any channel that its poster is in."""
    where: Block = {
        "type": "conversations_select",
        "action_id": Typed.CHANNEL,
        "placeholder": plain("A channel", 150),
        "response_url_enabled": True,
        "filter": {
            "include": ["public", "private"],
            "exclude_external_shared_channels": True,
            "exclude_bot_users": True,
        },
    }
    return dialog(
        "Post the digest",
        [
            section(f"The digest of *{said(team, 80)}*, as you have just seen it, once."),
            field_input("Where?", Typed.CHANNEL, where),
            _note(),
        ],
        callback_id=Dialog.POST_DIGEST_ELSEWHERE,
        metadata=json.dumps({"team": team_id}),
        submit="Post",
        close="Not now",
    )


def shared(about: SharedDigest) -> Post:
    """The digest under the note of who posted it."""
    note = f": {short(about.note, NOTE_LENGTH)}" if about.note else ""
    above = context(f"Posted by {said(about.author, 60)}{note}")
    shown = digest_post(about.snapshot, _alone(about.beside), leaving=len(json.dumps(above, ensure_ascii=False)))
    return Post(shown.text, (above, *shown.blocks))


def on_its_way(team: str) -> Post:
    return Post(f"The digest of {said(team, 80)} is on its way into its channel.")


def posted_elsewhere() -> Post:
    return Post("It is posted there.")


def not_posted(incident: str, note: str) -> Post:
    told = (
        "Slack did not take it, so it is not posted. Please try once more with `/okr digest`, or choose another "
        f"channel. If it stays so, tell your admin “{said(incident, 40)}”."
    )
    return Post(given_back(told, clip(note, NOTE_LENGTH)))


def perhaps_posted(incident: str, note: str) -> Post:
    """Slack did not answer in time, and nothing can be looked for in a channel that Okra is not in."""
    told = (
        "Slack did not answer, so I can't tell whether it is posted. Please look in the channel first; only if it is "
        f"not there, post it once more with `/okr digest`. If it stays so, tell your admin “{said(incident, 40)}”."
    )
    return Post(given_back(told, clip(note, NOTE_LENGTH)))


def submitted_before() -> Post:
    """The same dialog came twice."""
    return Post(
        "This was submitted a moment ago, and is posted once. If it does not stand in the channel: `/okr digest`."
    )


def started_again(team: str) -> Post:
    return Post(f"The digest of {said(team, 80)} is posted again, from the next one on.")


def choose_a_channel() -> str:
    return "Please choose a channel that you are in."


def _alone(beside: Beside) -> Beside:
    """Nothing follows below a digest that is shown or posted by hand."""
    return replace(beside, has_thread=False)


def _when(about: Preview) -> str:
    if about.is_stopped:
        return "Only you see this. This digest is stopped: nobody gets it by itself."
    hour = weekday_time(about.posted_at)
    week = f"the week of {day(about.snapshot.period)}"
    if about.was_taken:
        return f"Only you see this: the digest of {week}, as it was taken {hour}."
    return f"Only you see this: {week} as it is now. The digest comes {hour}."


def _ways(about: Preview) -> list[Block]:
    if not about.may_post:
        return []
    value = json.dumps({"team": about.team_id})
    ways = [button("Post in a channel of my choice", Act.POST_DIGEST_ELSEWHERE, value=value)]
    if about.has_channel:
        ways.insert(0, button("Post now", Act.POST_DIGEST, value=value))
    if about.is_stopped:
        ways.append(button("Start it again", Act.START_DIGEST, value=value))
    return [actions(*ways)]


def _note() -> Block:
    return field_input(
        "A note",
        Typed.NOTE,
        text_element(Typed.NOTE, multiline=True, most=NOTE_LENGTH),
        optional=True,
        hint="It stands above the digest, with your name.",
    )
