"""A person's hands: they press, choose, type and submit what they see, found by its words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.localslack import acts, submitting
from bot.localslack.acts import Place
from bot.localslack.core import LocalSlack
from bot.localslack.errors import ActError
from bot.localslack.inputs import elements
from bot.localslack.payloads import message_object
from bot.localslack.state import Message, View

Json = dict[str, Any]


class Hands:
    """One person at their screen."""

    def __init__(self, core: LocalSlack, person_id: str) -> None:
        self._core = core
        self._workspace = core.workspace
        self.person_id = person_id

    @property
    def dialog(self) -> View | None:
        """The dialog on top."""
        stack = self._workspace.desk(self.person_id).modals
        return self._workspace.views[stack[-1]] if stack else None

    def copy_of(self, message: Message) -> Json:
        """What the person's screen shows of a message now, to press in later, however old it is by then."""
        return message_object(self._core, self._workspace, message)

    def sees(self, message: Message, label: str) -> bool:
        return find_button(message.blocks, label) is not None

    def press(self, message: Message, label: str, *, copy: Json | None = None) -> bool:
        """Press a button of a message, or of an old copy of it. False where there is none of this name."""
        found = find_button(message.blocks if copy is None else copy.get("blocks", []), label)
        if found is None:
            return False
        place = Place(channel=message.channel, ts=message.ts, copy=copy)
        return self._act(place, *found, raw=None)

    def choose(self, message: Message, entry: str) -> bool:
        """Choose from a menu of a message, by how an entry begins. False where no menu has it."""
        for block, element in elements(message.blocks):
            for option in element.get("options", []):
                words = option["text"]["text"]
                if words.startswith(entry):
                    place = Place(channel=message.channel, ts=message.ts)
                    return self._act(place, block["block_id"], element["action_id"], raw=words)
        return False

    def fill(self, label: str, value: str) -> bool:
        """Type or choose in the dialog, in the field whose label begins so. False where there is none."""
        view = self.dialog
        field = field_of(view, label) if view is not None else None
        if view is None or field is None:
            return False
        return self._act(Place(view=view.id), *field, raw=value)

    def holds(self, label: str) -> bool:
        """Whether something stands already in the text field whose label begins so, as the dialog came."""
        blocks = self.dialog.body["blocks"] if self.dialog is not None else []
        fields = (one for one in blocks if one.get("type") == "input" and one["label"]["text"].startswith(label))
        return any(one["element"].get("initial_value") for one in fields)

    def chosen(self, label: str) -> str:
        """The value of what is chosen in the menu whose label begins so; empty where nothing is."""
        view = self.dialog
        field = field_of(view, label) if view is not None else None
        option = view.values.get(field, {}).get("selected_option") if view is not None and field is not None else None
        return str(option["value"]) if option is not None else ""

    def suggest(self, label: str, typed: str) -> bool:
        """Type into a menu that asks the app."""
        view = self.dialog
        field = field_of(view, label) if view is not None else None
        if view is None or field is None:
            return False
        block_id, action_id = field
        acts.suggest(
            self._core,
            self._workspace,
            self.person_id,
            Place(view=view.id),
            block_id=block_id,
            action_id=action_id,
            typed=typed,
        )
        return True

    def submit(self, *, twice: bool = False) -> bool:
        """Press the dialog's button; False where the dialog itself says that something is missing."""
        delivery = submitting.submit(self._core, self._workspace, self.person_id)
        if delivery is not None and twice:
            submitting.submit_again(self._core, self._workspace, self.person_id, delivery.payload)
        return delivery is not None

    def close(self) -> None:
        if self.dialog is not None:
            submitting.close(self._core, self._workspace, self.person_id, whole_stack=True)

    def command(self, line: str) -> None:
        """Type a slash command in the conversation with the app."""
        from bot.localslack import commands

        channel = self._core.direct_with_app(self._workspace, self.person_id)
        commands.command(self._core, self._workspace, self.person_id, line, channel.id)

    def whispered(self, label: str) -> Message | None:
        """The newest of what only they see, where it has a button with these words."""
        own = self._workspace.desk(self.person_id).ephemerals
        return own[-1] if own and self.sees(own[-1], label) else None

    def say(self, text: str, channel_id: str | None = None) -> Message:
        """Write into a channel that they are in, else to the app."""
        return self._core.say(self.person_id, text, to=channel_id)

    def shortcut(self, message: Message, callback_id: str) -> bool:
        """Choose from the menu of a message. False where they cannot read it."""
        try:
            acts.message_shortcut(
                self._core, self._workspace, self.person_id, callback_id, channel=message.channel, ts=message.ts
            )
        except ActError:
            return False
        return True

    def open_home(self) -> None:
        self._core.open_app(self.person_id, "home")

    def press_at_home(self, label: str) -> bool:
        """Press a button of Home. False where there is none of this name."""
        home = self._workspace.desk(self.person_id).home
        view = self._workspace.views.get(home) if home is not None else None
        found = find_button(view.body["blocks"], label) if view is not None else None
        return found is not None and view is not None and self._act(Place(view=view.id), *found, raw=None)

    def _act(self, place: Place, block_id: str, action_id: str, *, raw: str | None) -> bool:
        try:
            acts.act_on(
                self._core, self._workspace, self.person_id, place, block_id=block_id, action_id=action_id, raw=raw
            )
        except ActError:
            return False
        return True


def find_button(blocks: list[Json], label: str) -> tuple[str, str] | None:
    """The block id and action id of the button with these words."""
    for block, element in elements(blocks):
        if element["type"] == "button" and element["text"]["text"] == label:
            return block["block_id"], element["action_id"]
    return None


def field_of(view: View, label: str) -> tuple[str, str] | None:
    """The block id and action id of the field whose label begins with these words."""
    for block in view.body["blocks"]:
        if block.get("type") == "input" and block["label"]["text"].startswith(label):
            return block["block_id"], block["element"]["action_id"]
    return None


def labels(view: View) -> list[str]:
    return [block["label"]["text"] for block in view.body["blocks"] if block.get("type") == "input"]


def title(view: View) -> str:
    body: Mapping[str, Any] = view.body
    return str(body["title"]["text"])


def words(view: View) -> str:
    """What its paragraphs say."""
    return " ".join(block["text"]["text"] for block in view.body["blocks"] if block.get("type") == "section")
