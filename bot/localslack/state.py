"""What a workspace holds: people, channels, messages, views. Plain data, kept in dicts by id; rules live elsewhere."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from bot.localslack.facts.method import ConversationKind
from bot.localslack.ids import Timestamps

Json = dict[str, Any]


@dataclass
class Person:
    """A member of the workspace, a guest, a bot, or somebody of another organisation (`is_stranger`)."""

    id: str
    name: str  # the handle
    real_name: str
    tz: str  # IANA
    display_name: str = ""
    email: str = ""
    title: str = ""
    locale: str = "en-GB"
    deleted: bool = False
    is_bot: bool = False
    is_admin: bool = False
    is_owner: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_stranger: bool = False
    works_at: str = ""  # the team id of another organisation, also of somebody whom Slack does not call a stranger
    status_text: str = ""
    status_emoji: str = ""
    updated: int = 0
    home_opened: bool = False  # whether the person looks at the app's Home tab now

    @property
    def is_guest(self) -> bool:
        """Guests and people of other organisations see only the channels that they are in."""
        return self.is_restricted or self.is_ultra_restricted or self.is_stranger or bool(self.works_at)

    @property
    def shown_name(self) -> str:
        """What others read above a message."""
        return self.display_name or self.real_name or self.name


@dataclass
class File:
    """A file that is uploaded, or expected (`content` None). People see it once it is `complete` and shared."""

    id: str
    ticket: str  # the secret part of the address that its bytes go to
    name: str
    length: int  # bytes, as announced
    owner: str
    created: int
    alt_text: str = ""
    title: str = ""
    content: bytes | None = None
    shared_in: dict[str, list[str]] = field(default_factory=dict)  # channel id to timestamps


@dataclass
class Message:
    """A message, or a reply when `thread_ts` names another one."""

    channel: str
    ts: str
    user: str
    text: str
    team: str
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    bot_id: str | None = None
    app_id: str | None = None
    username: str | None = None
    thread_ts: str | None = None
    broadcast: bool = False
    metadata: Json | None = None
    edited_ts: str | None = None
    client_msg_id: str | None = None
    replies: list[str] = field(default_factory=list)  # of a root, oldest first
    repliers: dict[str, None] = field(default_factory=dict)
    ephemeral_for: str | None = None
    values: dict[tuple[str, str], Json] = field(default_factory=dict)  # what was chosen in its menus
    shown_options: dict[tuple[str, str], list[Json]] = field(default_factory=dict)  # the last suggestions
    revision: int = 0  # raised by each edit
    files: list[str] = field(default_factory=list)  # ids
    gone: bool = False  # deleted while others had replied to it: what is left says so
    listed_at: datetime | None = None  # history and replies show it from then on; None: at once


class Sharing(Enum):
    """Whether another organisation is in a channel (Slack Connect): it was asked in, or it is there."""

    NONE = "none"
    PENDING = "pending"
    SHARED = "shared"


@dataclass
class Channel:
    """A conversation of any kind. `top` and `messages` hold what everybody in it can read."""

    id: str
    kind: ConversationKind
    name: str
    created: datetime
    creator: str = ""
    members: dict[str, None] = field(default_factory=dict)  # in order of joining
    archived: bool = False
    sharing: Sharing = Sharing.NONE
    topic: str = ""
    purpose: str = ""
    messages: dict[str, Message] = field(default_factory=dict)
    top: list[str] = field(default_factory=list)  # timestamps that history shows, ascending

    def readable_by(self, person: Person) -> bool:
        public = self.kind is ConversationKind.PUBLIC_CHANNEL and not person.is_guest
        return public or person.id in self.members


class ViewType(Enum):
    MODAL = "modal"
    HOME = "home"


@dataclass
class View:
    """An open modal or a person's Home tab, with what is typed and chosen in it."""

    id: str
    type: ViewType
    user: str
    body: Json  # as the app gave it, each block with its block_id
    hash: str
    external_id: str
    root_id: str
    previous_id: str | None = None
    values: dict[tuple[str, str], Json] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)  # block_id to what stands below the field
    trouble: str | None = None  # what stands above the buttons when the app gave no proper answer
    shown_options: dict[tuple[str, str], list[Json]] = field(default_factory=dict)  # the last suggestions


class Why(Enum):
    """Why a message rang for somebody."""

    DIRECT = "direct message"
    MENTION = "mention"
    CHANNEL = "channel mention"
    THREAD = "thread reply"


@dataclass(frozen=True)
class Notification:
    person: str
    channel: str
    ts: str
    text: str
    why: Why


@dataclass
class Desk:
    """What belongs to one person alone."""

    modals: list[str] = field(default_factory=list)  # view ids, the top one last
    home: str | None = None
    ephemerals: list[Message] = field(default_factory=list)
    notifications: deque[Notification] = field(default_factory=lambda: deque(maxlen=1000))
    read: dict[str, str] = field(default_factory=dict)  # conversation to the newest timestamp that was read there
    last_interaction: str | None = None  # a delivery id


@dataclass
class Trigger:
    id: str
    user: str
    made_at: datetime
    used: bool = False
    view: str | None = None  # the modal that the interaction came from


@dataclass
class ResponseUrl:
    """An address that an interaction hands out: five uses in thirty minutes."""

    id: str
    user: str
    channel: str
    made_at: datetime
    uses: int = 0
    source: Message | None = None  # the message that was pressed
    thread_ts: str | None = None


@dataclass
class Installation:
    """The app in a workspace."""

    workspace: str
    bot_token: str
    bot_user: str
    bot_id: str
    scopes: frozenset[str]
    revoked: bool = False
    uninstalled: bool = False


@dataclass
class Workspace:
    """One workspace with everything in it."""

    id: str
    name: str
    domain: str
    edit_window_minutes: int | None = None  # None: messages can always be edited
    refused_blocks: frozenset[str] = frozenset()  # types of block that it does not know, though Slack does
    people: dict[str, Person] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    channels_by_name: dict[str, str] = field(default_factory=dict)
    channels_of: dict[str, dict[str, None]] = field(default_factory=dict)  # person to channels, named ones only
    directs: dict[frozenset[str], str] = field(default_factory=dict)  # who talks directly to a D… or G… id
    views: dict[str, View] = field(default_factory=dict)
    views_by_external_id: dict[str, str] = field(default_factory=dict)
    desks: dict[str, Desk] = field(default_factory=dict)
    triggers: dict[str, Trigger] = field(default_factory=dict)
    response_urls: dict[str, ResponseUrl] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    timestamps: Timestamps = field(default_factory=Timestamps)

    def desk(self, person: str) -> Desk:
        return self.desks.setdefault(person, Desk())
