"""Handing a key result over: the dialog, the request to the new owner, and what became of it."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass

from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import actions, button, context, dialog, field_input, section
from bot.blocks.post import Post, View
from bot.blocks.text import clip, plain, said

NAME = 80


class OfferState(enum.Enum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Question:
    """What the dialog asks about. `waits_for`: who was asked before and has not answered."""

    key_result_id: int
    number: int
    name: str
    owner: str | None
    is_readers: bool
    waits_for: str | None


@dataclass(frozen=True)
class Offer:
    """A request to own a key result. `owner` had it when it was asked; null for a draft."""

    hand_over_id: int
    number: int
    name: str
    team: str
    owner: str | None
    owner_has_left: bool
    to: str
    asked_by: str
    state: OfferState


def hand_over_dialog(question: Question) -> View:
    """Who should own it."""
    name = f"*KR-{question.number}* {said(question.name, NAME)}"
    lines = [name]
    if question.is_readers:
        lines.append("It stays yours, with your check-in, until they accept.")
    elif question.owner:
        lines.append(f"It stays with {said(question.owner, NAME)} until they accept.")
    if question.waits_for:
        lines.append(f"{said(question.waits_for, NAME)} was asked and has not answered yet; your choice replaces that.")
    return dialog(
        f"Hand over KR-{question.number}",
        [
            section("\n".join(lines)),
            field_input(
                "Who should own it?",
                Typed.NEW_OWNER,
                {"type": "users_select", "action_id": Typed.NEW_OWNER, "placeholder": plain("One person", 150)},
                hint="One person drives it. I ask them; they can say no.",
            ),
        ],
        callback_id=Dialog.HAND_OVER,
        metadata=json.dumps({"key_result": question.key_result_id}),
        submit="Ask them",
        close="Cancel",
    )


def asked(offer: Offer) -> Post:
    """To the one who is asked; complete in itself, and without buttons once it is settled."""
    what = f"KR-{offer.number} {said(offer.name, NAME)}"
    match offer.state:
        case OfferState.WAITING:
            title = f"Will you own {what}?"
            lines = [f"*{title}*", _who_asks(offer), "With it come its weekly check-in and what is due this week."]
            block = actions(
                button("I'll own it", Act.ACCEPT_HAND_OVER, value=str(offer.hand_over_id), style="primary"),
                button("Not me", Act.DECLINE_HAND_OVER, value=str(offer.hand_over_id)),
            )
            return Post(
                title, (section("\n".join(lines)), block, context(f"`/kr {offer.number}` shows where it stands"))
            )
        case OfferState.ACCEPTED:
            title = f"{what} is yours. Thank you."
        case OfferState.DECLINED:
            title = f"{what} stays where it is. Thank you for saying so."
        case OfferState.WITHDRAWN:
            title = f"{what}: this is settled without you. Nothing to do."
    return Post(title, (section(title),))


def news(offer: Offer) -> Post:
    """To who asked, and to who owned it."""
    what = f"*KR-{offer.number}* {said(offer.name, NAME)}"
    who = said(offer.to, NAME)
    if offer.state is OfferState.ACCEPTED:
        text = f"{who} owns {what} now, and answers its check-in from here on."
    else:
        stays = f"It stays with {said(offer.owner, NAME)}." if offer.owner else "It has no owner yet."
        text = f"{who} can't take {what} on. {stays} `/kr {offer.number}` has *Hand over* for somebody else."
    return Post(text.replace("*", "").replace("`", ""), (section(text),))


def asked_them(number: int, name: str) -> Post:
    """To who asked, at once."""
    return Post(f"I've asked {said(name, NAME)}. KR-{number} stays as it is until they answer; you'll hear from me.")


def yours_now(number: int) -> Post:
    return Post(f"KR-{number} is yours now.")


# What is said under a field, in plain text: Slack formats nothing there


def which_one() -> str:
    return "Which key result? Its number comes first, as in `/okr handover 12`."


def new_owner_missing() -> str:
    return "Please choose one person."


def cannot_own(name: str | None) -> str:
    who = clip(name, NAME) if name else "That account"
    return f"{who} is not a full member of this workspace. Please choose somebody who is."


def owns_already(name: str, number: int) -> str:
    return f"{clip(name, NAME)} owns KR-{number} already. Please choose somebody else."


def _who_asks(offer: Offer) -> str:
    by = said(offer.asked_by, NAME)
    if offer.owner is None:
        return f"{by} asks you. Nobody in {said(offer.team, NAME)} owns it yet."
    if offer.owner_has_left:
        return f"{by} asks you. {said(offer.owner, NAME)}, who owned it for {said(offer.team, NAME)}, has left."
    if offer.owner == offer.asked_by:
        return f"{by}, who owns it for {said(offer.team, NAME)}, asks you."
    return f"{by} asks you. {said(offer.owner, NAME)} owns it for {said(offer.team, NAME)} until you say yes."
