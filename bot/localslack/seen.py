"""What a person sees, for tests to read: messages, dialogs, the Home tab, notifications, and what an act brought."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bot.localslack.wire import NotSeen

Json = dict[str, Any]
S = TypeVar("S", bound="Surface")


@dataclass(frozen=True)
class Control:
    """Something to press or choose outside of input blocks."""

    label: str
    type: str
    beside: str
    options: tuple[str, ...]
    value: str | list[str] | None
    block_id: str = field(repr=False)
    action_id: str = field(repr=False)
    url: str | None = None
    confirm: str | None = None  # what the person is asked before it counts


@dataclass(frozen=True)
class Hit:
    """A control that was found by its words; `option`: the entry of its menu that has them."""

    control: Control
    option: str | None = None


def controls_of(raw: Json) -> tuple[Control, ...]:
    return tuple(
        Control(
            label=one["label"],
            type=one["type"],
            beside=one["beside"],
            options=tuple(one["options"]),
            value=one["value"],
            block_id=one["block_id"],
            action_id=one["action_id"],
            url=one["url"],
            confirm=one["confirm"],
        )
        for one in raw["controls"]
    )


def find_control(controls: tuple[Control, ...], label: str, beside: str | None = None) -> Hit | None:
    """A button with these words, or an overflow menu with such an entry: the same words first, then words that contain
    them. `beside`: words near it, where several look alike."""
    near = [one for one in controls if beside is None or beside in one.beside]
    buttons = [one for one in near if one.type in ("button", "workflow_button", "icon_button")]
    tests: list[Callable[[str], bool]] = [
        lambda words: words == label,
        lambda words: label.casefold() in words.casefold(),
    ]
    for fits in tests:
        for one in buttons:
            if fits(one.label):
                return Hit(one)
        for one in near:
            if one.type == "overflow":
                for option in one.options:
                    if fits(option):
                        return Hit(one, option)
    return None


@dataclass(frozen=True)
class Seen:
    """A message as one person read it at one moment. It does not change when the message does."""

    text: str  # the words of its blocks, or its text when it has none; no markup
    headline: str  # its top-level text: what a notification and a locked phone show
    author: str
    where: str  # the conversation's name
    controls: tuple[Control, ...]
    ephemeral: bool
    edited: bool
    replies: int
    ts: str
    channel: str
    thread_ts: str | None
    object: Json = field(repr=False)
    presser: Callable[["Seen", str, str | None], "Outcome"] | None = field(default=None, repr=False, compare=False)

    @property
    def buttons(self) -> list[str]:
        """The words on its buttons; entries of overflow menus are in `menus`."""
        return [one.label for one in self.controls if one.type == "button"]

    @property
    def menus(self) -> list[str]:
        return [option for one in self.controls if one.type != "button" for option in one.options]

    @property
    def metadata(self) -> Json | None:
        found: Json | None = self.object.get("metadata")
        return found

    def press(self, label: str, *, beside: str | None = None) -> "Outcome":
        """Press a button of this copy, however old it is: the app gets the message as it was then."""
        if self.presser is None:
            raise NotSeen("this copy belongs to nobody")
        return self.presser(self, label, beside)


def message_seen(raw: Json, presser: Callable[[Seen, str, str | None], "Outcome"] | None = None) -> Seen:
    return Seen(
        text=raw["text"],
        headline=raw["headline"],
        author=raw["author"],
        where=raw["channel_name"],
        controls=controls_of(raw),
        ephemeral=raw["ephemeral"],
        edited=raw["edited"],
        replies=raw["replies"],
        ts=raw["ts"],
        channel=raw["channel"],
        thread_ts=raw["thread_ts"],
        object=raw["object"],
        presser=presser,
    )


@dataclass(frozen=True)
class Field:
    """A field of a dialog. `value`: what stands in it, in words; a list where several can be chosen; None when nothing
    is chosen, "" when nothing is typed."""

    label: str
    type: str
    value: str | list[str] | None
    hint: str
    placeholder: str
    options: tuple[str, ...]
    optional: bool
    error: str | None
    block_id: str = field(repr=False)
    action_id: str = field(repr=False)


@dataclass(frozen=True)
class Surface:
    """A dialog or a Home tab."""

    title: str
    text: str
    fields: dict[str, Field]
    controls: tuple[Control, ...]
    errors: dict[str, str]  # by the field's label
    trouble: str | None  # what Slack itself says when the app gave no proper answer
    submit_label: str | None
    close_label: str | None
    private_metadata: str = field(repr=False)
    callback_id: str = field(repr=False)
    id: str = field(repr=False)

    @property
    def buttons(self) -> list[str]:
        return [one.label for one in self.controls if one.type == "button"]

    @property
    def menus(self) -> list[str]:
        return [option for one in self.controls if one.type != "button" for option in one.options]

    def field(self, label: str) -> Field:
        """A field by its label: the same words, or the only label that contains them. Raises NotSeen."""
        if label in self.fields:
            return self.fields[label]
        near = [one for words, one in self.fields.items() if label.casefold() in words.casefold()]
        if len(near) == 1:
            return near[0]
        raise NotSeen(f"no field {label!r} in {self.title!r}; there are: {list(self.fields)}")


class Modal(Surface):
    """The dialog on top."""


class Home(Surface):
    """The app's Home tab."""


def surface_of(raw: Json, kind: type[S]) -> S:
    fields: dict[str, Field] = {}
    for one in [*raw["fields"], *(item for item in raw["controls"] if item["type"] not in ("button", "overflow"))]:
        label = one["label"] or one["placeholder"]
        name, number = label, 2
        while name in fields:
            name, number = f"{label} ({number})", number + 1
        fields[name] = Field(
            label=label,
            type=one["type"],
            value=one["value"],
            hint=one.get("hint", ""),
            placeholder=one["placeholder"],
            options=tuple(one["options"]),
            optional=one.get("optional", True),
            error=one.get("error"),
            block_id=one["block_id"],
            action_id=one["action_id"],
        )
    return kind(
        title=raw["title"],
        text=raw["text"],
        fields=fields,
        controls=controls_of(raw),
        errors={name: one.error for name, one in fields.items() if one.error is not None},
        trouble=raw["trouble"],
        submit_label=raw["submit"],
        close_label=raw["close"],
        private_metadata=raw["private_metadata"],
        callback_id=raw["callback_id"],
        id=raw["id"],
    )


@dataclass(frozen=True)
class Note:
    """Something that rang: `why` is direct message, mention, channel mention or thread reply."""

    text: str
    where: str
    why: str


@dataclass(frozen=True)
class Outcome:
    """What an act brought by the time the app had answered it."""

    messages: tuple[Seen, ...]  # of the app, seen by this person since the act began, oldest first
    modal: Modal | None  # the dialog that is open now
    error: str | None  # what Slack itself says when the app failed to answer

    @property
    def text(self) -> str:
        """The words that came back; "" when none did."""
        return "\n\n".join(one.text for one in self.messages)

    @property
    def buttons(self) -> list[str]:
        return [label for one in self.messages for label in one.buttons]

    @property
    def seen(self) -> Seen:
        """The newest message that came back. Raises NotSeen."""
        if not self.messages:
            raise NotSeen(
                f"nothing came back; error: {self.error!r}, dialog: {self.modal.title if self.modal else None!r}"
            )
        return self.messages[-1]
