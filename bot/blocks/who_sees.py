"""Who may see a key result or its objective, and which teams share that: an admin's dialogs, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot.blocks.checkin_parts import Choice
from bot.blocks.ids import Act, Dialog, Typed
from bot.blocks.layout import actions, button, context, dialog, field_input, option, section
from bot.blocks.post import Block, Post, View
from bot.blocks.text import clip, plain, said
from bot.domain.organisation import MOST_NAMED, Visibility

MOST_TEAMS = 20
"""As many further teams share one objective."""
NAME = 80

_BY_NAME = 6
_SHORT = 40
_POSTED = (
    "What I have posted is drawn again at once, and is silent where somebody reads it who may not see it any more. "
    "Files stay as they are, and so do digests that somebody posted in a channel of their choice."
)


@dataclass(frozen=True)
class Person:
    slack_id: str
    name: str


@dataclass(frozen=True)
class Audience:
    """Who sees it beside its owner and co-owners and the leads above. `teams` hold or share it; `people` are named."""

    visibility: Visibility
    teams: tuple[str, ...]
    people: tuple[Person, ...] = ()

    @property
    def is_limited(self) -> bool:
        return self.visibility is not Visibility.WORKSPACE


@dataclass(frozen=True)
class WhoSees:
    """A key result, and who sees it: by its own limit, and by that of its objective. `name` empty: the admin does not
    see it."""

    key_result_id: int
    number: int
    name: str
    audience: Audience
    of_objective: Audience


@dataclass(frozen=True)
class ItsObjective:
    """The objective of a key result, with the team that holds it and those that share it. `title` empty: the admin
    does not see it."""

    key_result_id: int
    number: int
    title: str
    audience: Audience
    team: str
    shared_with: tuple[Choice, ...]


@dataclass(frozen=True)
class Saved:
    """What was saved, and whether that changed anything."""

    of: WhoSees | ItsObjective
    is_new: bool


def admins_buttons(key_result_id: int) -> list[Block]:
    """The buttons beside a key result, for admins."""
    about = str(key_result_id)
    return [
        button("Who may see it", Act.WHO_SEES, value=about),
        button("Its objective", Act.ITS_OBJECTIVE, value=about),
    ]


def limited_to(own: Audience, of_objective: Audience) -> str:
    """Under a key result that not everybody sees: who does; else empty."""
    said_of = (("Limited", own), ("Its objective is limited", of_objective))
    return "\n".join(f"🔒 {words}: {_sees(one)}." for words, one in said_of if one.is_limited)


def hidden(view: WhoSees) -> Post:
    """`/kr 12`, for an admin who may not see it: the setting, and no word of the key result."""
    head = f"*KR-{view.number}* is limited, and you are not among those who may see it."
    return Post(
        f"KR-{view.number} is limited",
        (
            section(f"{head} Who may is yours to set all the same.\n{limited_to(view.audience, view.of_objective)}"),
            actions(*admins_buttons(view.key_result_id)),
        ),
    )


def who_sees_dialog(view: WhoSees) -> View:
    """Everybody, the team, or people by name."""
    holds = (
        [context(f"Its objective is limited as well: {_sees(view.of_objective)}. The narrower of the two holds.")]
        if view.of_objective.is_limited
        else []
    )
    return dialog(
        f"KR-{view.number}: who sees it",
        [_head(view.name, "key result"), *_who(view.audience), *holds, context(_POSTED)],
        callback_id=Dialog.WHO_SEES,
        metadata=json.dumps({"key_result": view.key_result_id}),
        submit="Save",
        close="Cancel",
    )


def objective_dialog(view: ItsObjective) -> View:
    """Which teams share it, and who may see it with all its key results."""
    menu: dict[str, object] = {
        "type": "multi_external_select",
        "action_id": Act.SHARED_WITH,
        "min_query_length": 0,
        "max_selected_items": MOST_TEAMS,
        "placeholder": plain("Some letters of a team's name", 150),
    }
    if view.shared_with:
        menu["initial_options"] = [option(one.text, one.value) for one in view.shared_with]
    return dialog(
        f"KR-{view.number}: its objective",
        [
            _head(view.title, "objective"),
            field_input(
                "Teams that share it",
                Act.SHARED_WITH,
                menu,
                optional=True,
                hint=f"Beside {clip(view.team, NAME)}, which holds it. From the next one on it stands in each one's "
                "digest.",
            ),
            *_who(view.audience),
            context(f"This is for all of its key results. {_POSTED}"),
        ],
        callback_id=Dialog.ITS_OBJECTIVE,
        metadata=json.dumps({"key_result": view.key_result_id}),
        submit="Save",
        close="Cancel",
    )


def saved(done: Saved) -> Post:
    """To the admin: who sees it now, and what becomes of what was posted."""
    view = done.of
    called = _called(view)
    called = called[0].upper() + called[1:]
    if not done.is_new:
        return Post(f"{called}: that is how it was already, so nothing has changed.")
    shared = ""
    if isinstance(view, ItsObjective) and view.shared_with:
        shared = f" {_names([one.text for one in view.shared_with])} {_share(view.shared_with)} it with {_team(view)}."
    posted = _POSTED if view.audience.is_limited else "What I have posted is drawn again at once."
    return Post(f"{called}: {_who_may(view)}.{shared} {posted} Its owner and lead hear of it from me.")


def news_of_limit(view: WhoSees, by: str) -> Post:
    """To the owner and the lead of a key result: who has said who may see it, and who may."""
    return Post(f"{said(by, NAME)} has set who may see {_called(view)}: {_who_may(view)}.")


def news_of_objective(view: ItsObjective, by: str) -> Post:
    """To the owners of an objective's key results and the leads of its teams."""
    shared = _names([one.text for one in view.shared_with])
    holds = f"{_team(view)} holds it, {shared} {_share(view.shared_with)} it" if shared else f"{_team(view)} holds it"
    return Post(
        f"{said(by, NAME)} has set who shares and who may see {_called(view)}: {holds}, and {_sees(view.audience)}."
    )


def choice_missing() -> str:
    return "Please choose who may see it."


def people_missing() -> str:
    return "Please name somebody: with this choice nobody else sees it but its owner, co-owners and the leads above."


def cannot_see(names: Sequence[str]) -> str:
    """Under the field: these see nothing of Okra's."""
    who = ", ".join(clip(one, NAME) for one in names[:_BY_NAME])
    return f"Guests, bots and those who have left see nothing here: please take out {who or 'who is one'}."


def no_such_team() -> str:
    return "One of these teams is not here any more. Please choose again."


def _head(name: str, what: str) -> Block:
    shown = f"*{said(name, 300)}*" if name else f"You may not see this {what}, so its words are not shown here."
    return section(f"{shown}\nIts owner, co-owners and the leads above see it whatever is chosen here.")


def _who(audience: Audience) -> list[Block]:
    options = [
        option("Everybody in this workspace", Visibility.WORKSPACE.value),
        option("The team, and who is named below", Visibility.TEAM.value),
        option("Only who is named below", Visibility.NAMED.value),
    ]
    chosen = {"type": "radio_buttons", "action_id": Typed.VISIBLE_TO, "options": options}
    named: dict[str, object] = {
        "type": "multi_users_select",
        "action_id": Typed.VIEWERS,
        "max_selected_items": MOST_NAMED,
    }
    if audience.people:
        named["initial_users"] = [one.slack_id for one in audience.people[:MOST_NAMED]]
    return [
        field_input(
            "Who may see it?",
            Typed.VISIBLE_TO,
            {**chosen, "initial_option": options[list(Visibility).index(audience.visibility)]},
            hint=f"The team is the lead of {clip(_names(audience.teams, inert=False), 200)}, and who owns a key result "
            "there. What is limited stands in no digest.",
        ),
        field_input("Who else, by name?", Typed.VIEWERS, named, optional=True),
    ]


def _called(view: WhoSees | ItsObjective) -> str:
    if isinstance(view, WhoSees):
        return f"KR-{view.number} {said(view.name, NAME)}".strip()
    return f"the objective “{said(view.title, 100)}”" if view.title else f"the objective of KR-{view.number}"


def _team(view: ItsObjective) -> str:
    return said(view.team, _SHORT)


def _share(teams: Sequence[Choice]) -> str:
    return "shares" if len(teams) == 1 else "share"


def _who_may(view: WhoSees | ItsObjective) -> str:
    if isinstance(view, WhoSees) and view.of_objective.is_limited:
        return f"{_sees(view.audience)}; its objective is limited too, and the narrower of the two holds"
    return _sees(view.audience)


def _sees(audience: Audience) -> str:
    """ "everybody may see it", "beside its owner, co-owners and the leads above, only Growth may see it"."""
    if not audience.is_limited:
        return "everybody may see it"
    teams = audience.teams if audience.visibility is Visibility.TEAM else ()
    others = _names([*teams, *(one.name for one in audience.people)])
    if not others:
        return "only its owner, co-owners and the leads above may see it"
    return f"beside its owner, co-owners and the leads above, only {others} may see it"


def _names(names: Sequence[str], *, inert: bool = True) -> str:
    """ "Ana", "Ana and Ben", "Ana, Ben and 3 more"."""
    shown = [said(one, _SHORT) if inert else one for one in names[:_BY_NAME]]
    if len(names) > _BY_NAME:
        shown.append(f"{len(names) - _BY_NAME} more")
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
