"""Everything the core's rules share: the clock, the ids, the app, its installations and the workspaces."""

from collections.abc import Callable

from bot.localslack.admission import Admission, Unlimited
from bot.localslack.clock import SlackClock
from bot.localslack.errors import ActError, SetupError
from bot.localslack.facts.method import ConversationKind
from bot.localslack.faults import Faults
from bot.localslack.ids import Ids
from bot.localslack.manifest import AppConfig
from bot.localslack.outgoing import Outgoing
from bot.localslack.state import Channel, Installation, Person, Workspace


class World:
    """The state behind one local Slack. Nothing here reads a wall clock, draws at random or opens a socket."""

    def __init__(self, app: AppConfig, clock: SlackClock, *, seed: int = 0, admission: Admission | None = None) -> None:
        self.app = app
        self.clock = clock
        self.ids = Ids(seed)
        self.admission: Admission = admission or Unlimited()
        self.faults = Faults(seed)
        self.outgoing = Outgoing(clock, self.ids, self.faults)
        self.base_url = "http://127.0.0.1"  # a server puts its own here
        self.workspaces: dict[str, Workspace] = {}
        self.installations: dict[str, Installation] = {}  # by bot token
        self.echo_own_messages = True  # the app hears of its own messages too, as with Slack
        self.revision = 0
        self.on_change: Callable[[], None] = _nothing

    def touch(self) -> None:
        """Say that something a person could see has changed."""
        self.revision += 1
        self.on_change()

    @property
    def workspace(self) -> Workspace:
        """The first workspace."""
        return next(iter(self.workspaces.values()))

    def installation(self, workspace: Workspace) -> Installation:
        """The app's newest installation in a workspace."""
        found = [one for one in self.installations.values() if one.workspace == workspace.id]
        return found[-1]

    def add_workspace(self, name: str, domain: str, bot_token: str) -> Workspace:
        """Make a workspace with the app's bot in it."""
        workspace = Workspace(id=self.ids.next("T"), name=name, domain=domain)
        self.workspaces[workspace.id] = workspace
        bot = Person(
            id=self.ids.next("U"),
            name=self.app.name.lower().replace(" ", "-"),
            real_name=self.app.name,
            tz="Etc/UTC",
            is_bot=True,
            updated=int(self.clock.now().timestamp()),
        )
        workspace.people[bot.id] = bot
        self.installations[bot_token] = Installation(
            workspace=workspace.id,
            bot_token=bot_token,
            bot_user=bot.id,
            bot_id=self.ids.next("B"),
            scopes=self.app.bot_scopes,
        )
        return workspace

    def person(self, workspace: Workspace, who: str) -> Person:
        """Find a person by id. Raises ActError."""
        found = workspace.people.get(who)
        if found is None:
            raise ActError(f"nobody here has the id {who!r}")
        return found

    def channel(self, workspace: Workspace, which: str) -> Channel:
        """Find a conversation by id, or a channel by name with or without #. Raises ActError."""
        found = workspace.channels.get(which) or workspace.channels.get(
            workspace.channels_by_name.get(which.removeprefix("#"), "")
        )
        if found is None:
            raise ActError(
                f"there is no channel {which!r}; there are: {', '.join(workspace.channels_by_name) or 'none'}"
            )
        return found

    def create_channel(
        self,
        workspace: Workspace,
        name: str,
        *,
        private: bool = False,
        members: list[str] | None = None,
    ) -> Channel:
        """Make a named channel. `members` are person ids. Raises SetupError when the name is taken."""
        name = name.removeprefix("#")
        if name in workspace.channels_by_name:
            raise SetupError(f"there is a channel #{name} already")
        channel = Channel(
            id=self.ids.next("C"),
            kind=ConversationKind.PRIVATE_CHANNEL if private else ConversationKind.PUBLIC_CHANNEL,
            name=name,
            created=self.clock.now(),
        )
        workspace.channels[channel.id] = channel
        workspace.channels_by_name[name] = channel.id
        for member in members or []:
            self.join(workspace, channel, member)
        return channel

    def join(self, workspace: Workspace, channel: Channel, person: str) -> None:
        channel.members[person] = None
        workspace.channels_of.setdefault(person, {})[channel.id] = None

    def direct(self, workspace: Workspace, people: frozenset[str]) -> Channel:
        """The direct conversation of these people (ids), made when it does not exist: D… for two, G… for more."""
        known = workspace.directs.get(people)
        if known is not None:
            return workspace.channels[known]
        two = len(people) <= 2
        ordered = sorted(people)
        names = "--".join(workspace.people[one].name for one in ordered)
        channel = Channel(
            id=self.ids.next("D" if two else "G"),
            kind=ConversationKind.DIRECT if two else ConversationKind.GROUP,
            name="" if two else f"mpdm-{names}-1",
            created=self.clock.now(),
            members=dict.fromkeys(ordered),
        )
        workspace.channels[channel.id] = channel
        workspace.directs[people] = channel.id
        for one in ordered:
            workspace.channels_of.setdefault(one, {})[channel.id] = None
        return channel

    def direct_with_app(self, workspace: Workspace, person: str) -> Channel:
        return self.direct(workspace, frozenset((person, self.installation(workspace).bot_user)))


def _nothing() -> None:
    pass
