"""Who calls: the app in one workspace, by its token; and what it may see there."""

from dataclasses import dataclass

from bot.localslack.errors import SlackError
from bot.localslack.facts.method import ConversationKind, Method
from bot.localslack.state import Channel, Installation, Workspace


@dataclass(frozen=True)
class Caller:
    method: Method
    installation: Installation
    workspace: Workspace

    @property
    def bot(self) -> str:
        """The bot's user id."""
        return self.installation.bot_user

    def need_scope(self, kind: ConversationKind) -> None:
        """Raise missing_scope unless the token may call this method for this kind of conversation."""
        scope = self.method.scope_for(kind)
        if scope is not None and scope not in self.installation.scopes:
            raise missing_scope(scope, self.installation)

    def visible_channel(self, channel_id: str) -> Channel:
        """A conversation that the bot may know of: public, or one it is in. Raises channel_not_found."""
        channel = self.workspace.channels.get(channel_id)
        if channel is None or (channel.kind is not ConversationKind.PUBLIC_CHANNEL and self.bot not in channel.members):
            raise SlackError("channel_not_found")
        return channel

    def own_channel(self, channel_id: str) -> Channel:
        """A conversation that the bot is in, where nothing else can be changed. Raises channel_not_found."""
        channel = self.workspace.channels.get(channel_id)
        if channel is None or self.bot not in channel.members:
            raise SlackError("channel_not_found")
        return channel

    def joined_channel(self, channel_id: str) -> Channel:
        """A conversation that the bot is in. Raises channel_not_found, or not_in_channel for a public one."""
        channel = self.visible_channel(channel_id)
        if self.bot not in channel.members:
            raise SlackError("not_in_channel")
        return channel


def missing_scope(needed: str, installation: Installation) -> SlackError:
    return SlackError("missing_scope", needed=needed, provided=",".join(sorted(installation.scopes)))
