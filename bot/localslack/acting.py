"""What a person can do, by name: the acts of the control API over the core's own functions."""

from collections.abc import Callable
from typing import Any

from bot.localslack import acts, commands, submitting
from bot.localslack.acts import Place
from bot.localslack.commands import Failure
from bot.localslack.core import LocalSlack
from bot.localslack.outgoing import Delivery

Json = dict[str, Any]


class Deed:
    """An act as the control API gets it: {"act", "person", …}."""

    def __init__(self, core: LocalSlack, given: Json) -> None:
        self.core = core
        self.workspace = core.workspace
        self.given = given
        self.person: str = given["person"]

    @property
    def place(self) -> Place:
        return Place(
            view=self.given.get("view"),
            channel=self.given.get("channel"),
            ts=self.given.get("ts"),
            copy=self.given.get("copy"),
        )

    def conversation(self) -> str:
        """The id of the conversation that the person names; the one with the app when they name none."""
        person = acts.actor(self.core, self.workspace, self.person)
        name = self.given.get("to") or self.core.app.name
        return commands.conversation_for(self.core, self.workspace, person, name).id

    def trouble(self, deliveries: list[Delivery]) -> str:
        """What the client shows when the app did not answer an interaction."""
        del self
        slow = any((one.error or "").endswith("timeout") for one in deliveries)
        return acts.TIMED_OUT if slow else acts.FAILED


def _press(deed: Deed) -> None:
    given = deed.given
    acts.act_on(
        deed.core,
        deed.workspace,
        deed.person,
        deed.place,
        block_id=given["block_id"],
        action_id=given["action_id"],
        raw=given.get("value"),
        enter=bool(given.get("enter")),
    )


def _suggest(deed: Deed) -> None:
    given = deed.given
    acts.suggest(
        deed.core,
        deed.workspace,
        deed.person,
        deed.place,
        block_id=given["block_id"],
        action_id=given["action_id"],
        typed=given["value"],
    )


def _submit(deed: Deed) -> None:
    delivery = submitting.submit(deed.core, deed.workspace, deed.person)
    if delivery is not None and deed.given.get("twice"):
        submitting.submit_again(deed.core, deed.workspace, deed.person, delivery.payload)


def _close(deed: Deed) -> None:
    submitting.close(deed.core, deed.workspace, deed.person, whole_stack=bool(deed.given.get("whole_stack")))


def _command(deed: Deed) -> Failure:
    return commands.command(deed.core, deed.workspace, deed.person, deed.given["line"], deed.conversation())[1]


def _say(deed: Deed) -> None:
    given = deed.given
    deed.core.say(
        deed.person, given["text"], to=given.get("to"), thread_ts=given.get("thread_ts"), file=given.get("file")
    )


def _open(deed: Deed) -> None:
    deed.core.open_app(deed.person, deed.given.get("tab", "home"))


def _message_shortcut(deed: Deed) -> None:
    given = deed.given
    acts.message_shortcut(
        deed.core, deed.workspace, deed.person, given["shortcut"], channel=given["channel"], ts=given["ts"]
    )


def _global_shortcut(deed: Deed) -> None:
    acts.global_shortcut(deed.core, deed.workspace, deed.person, deed.given["shortcut"])


ACTS: dict[str, Callable[[Deed], Failure | None]] = {
    "press": _press,  # also: choose from a menu, type into a field
    "suggest": _suggest,
    "submit": _submit,
    "close": _close,
    "command": _command,
    "say": _say,
    "open": _open,
    "message_shortcut": _message_shortcut,
    "global_shortcut": _global_shortcut,
}
