"""conversations.*: channels and direct conversations, their members, history and threads."""

from typing import Any

from bot.localslack.errors import SlackError
from bot.localslack.facts.method import ConversationKind
from bot.localslack.ids import ts_key
from bot.localslack.messages import first_at_or_after
from bot.localslack.payloads import channel_object, message_object
from bot.localslack.state import Channel, Message
from bot.localslack.webapi.arguments import Arguments
from bot.localslack.webapi.caller import Caller
from bot.localslack.webapi.paging import cursor, page_of, place
from bot.localslack.world import World

Json = dict[str, Any]

LARGEST_PAGE = 1000
GROUP = 8  # people besides the bot in one group conversation


def open_conversation(world: World, caller: Caller, arguments: Arguments) -> Json:
    """conversations.open: the direct conversation with one person, or a group; the same one each time."""
    workspace = caller.workspace
    if arguments.given("channel"):
        channel = caller.visible_channel(arguments.text("channel"))
        if channel.kind not in (ConversationKind.DIRECT, ConversationKind.GROUP):
            raise SlackError("method_not_supported_for_channel_type")
        caller.need_scope(channel.kind)
        return _opened(caller, arguments, channel, existed=True)
    people = [one.strip() for one in arguments.text("users").split(",") if one.strip()]
    if not people:
        raise SlackError("users_list_not_supplied")
    if len(people) > GROUP:
        raise SlackError("too_many_users")
    for one in people:
        person = workspace.people.get(one)
        if person is None:
            raise SlackError("user_not_found")
        if person.deleted:
            raise SlackError("user_disabled")
    caller.need_scope(ConversationKind.DIRECT if len(people) == 1 else ConversationKind.GROUP)
    who = frozenset([*people, caller.bot])
    existed = who in workspace.directs
    if not existed and arguments.flag("prevent_creation"):
        raise SlackError("channel_not_found")
    return _opened(caller, arguments, world.direct(workspace, who), existed=existed)


def _opened(caller: Caller, arguments: Arguments, channel: Channel, *, existed: bool) -> Json:
    shape: Json = {"id": channel.id}
    if arguments.flag("return_im"):
        shape = channel_object(channel, caller.workspace, caller.bot)
    return {"ok": True, "channel": shape} | ({"no_op": True, "already_open": True} if existed else {})


def info(world: World, caller: Caller, arguments: Arguments) -> Json:
    del world
    channel = caller.visible_channel(arguments.text("channel"))
    caller.need_scope(channel.kind)
    shape = channel_object(channel, caller.workspace, caller.bot, count=arguments.flag("include_num_members"))
    if arguments.flag("include_locale"):
        shape["locale"] = "en-US"
    return {"ok": True, "channel": shape}


def list_conversations(world: World, caller: Caller, arguments: Arguments) -> Json:
    del world
    kinds = set()
    for word in arguments.text("types", "public_channel").split(","):
        if word.strip() not in {kind.value for kind in ConversationKind}:
            raise SlackError("invalid_types")
        kinds.add(ConversationKind(word.strip()))
    for kind in sorted(kinds):
        caller.need_scope(kind)
    limit = _limit(arguments, 100)
    workspace = caller.workspace
    channels = workspace.channels
    candidates: list[str] = []
    if kinds & {ConversationKind.PUBLIC_CHANNEL, ConversationKind.PRIVATE_CHANNEL}:
        candidates += workspace.channels_by_name.values()
    if kinds & {ConversationKind.DIRECT, ConversationKind.GROUP}:
        candidates += workspace.directs.values()
    seen = [
        channel.id
        for channel in (channels[one] for one in candidates)
        if channel.kind in kinds
        and (channel.kind is ConversationKind.PUBLIC_CHANNEL or caller.bot in channel.members)
        and not (arguments.flag("exclude_archived") and channel.archived)
    ]
    page, following = page_of(seen, "channel", arguments.optional("cursor"), limit)
    shapes = [channel_object(channels[one], caller.workspace, caller.bot, count=True) for one in page]
    return {"ok": True, "channels": shapes, "response_metadata": {"next_cursor": following}}


def members(world: World, caller: Caller, arguments: Arguments) -> Json:
    del world
    channel = caller.visible_channel(arguments.text("channel"))
    caller.need_scope(channel.kind)
    page, following = page_of(list(channel.members), "member", arguments.optional("cursor"), _limit(arguments, 100))
    return {"ok": True, "members": page, "response_metadata": {"next_cursor": following}}


def history(world: World, caller: Caller, arguments: Arguments) -> Json:
    """The newest messages first. `oldest` and `latest` are left out of the answer unless `inclusive`."""
    channel = caller.joined_channel(arguments.text("channel"))
    caller.need_scope(channel.kind)
    limit = _limit(arguments, 100)
    low, high = _window(channel.top, arguments)
    following = place("next_ts", arguments.optional("cursor"))
    if following is not None:
        high = min(high, first_at_or_after(channel.top, _ts(following, "invalid_cursor")) + 1)
    start = max(low, high - limit)
    page = _listed(world, [channel.messages[ts] for ts in reversed(channel.top[start:high])])
    more = start > low
    answer: Json = {
        "ok": True,
        "messages": [_shape(world, caller, one, arguments) for one in page],
        "has_more": more,
        "pin_count": 0,
        "channel_actions_ts": None,
        "channel_actions_count": 0,
    }
    if more:
        answer["response_metadata"] = {"next_cursor": cursor("next_ts", channel.top[start - 1])}
    return answer


def replies(world: World, caller: Caller, arguments: Arguments) -> Json:
    """A thread, oldest first; its root leads every page and does not count towards the limit."""
    channel = caller.joined_channel(arguments.text("channel"))
    caller.need_scope(channel.kind)
    root = channel.messages.get(arguments.text("ts"))
    if root is None or not _listed(world, [root]):
        raise SlackError("thread_not_found")
    limit = _limit(arguments, LARGEST_PAGE)
    low, high = _window(root.replies, arguments)
    following = place("next_ts", arguments.optional("cursor"))
    if following is not None:
        low = max(low, first_at_or_after(root.replies, _ts(following, "invalid_cursor")))
    end = min(high, low + limit)
    page = [root, *_listed(world, [channel.messages[ts] for ts in root.replies[low:end]])]
    answer: Json = {
        "ok": True,
        "messages": [_shape(world, caller, one, arguments) for one in page],
        "has_more": end < high,
    }
    if end < high:
        answer["response_metadata"] = {"next_cursor": cursor("next_ts", root.replies[end])}
    return answer


def _listed(world: World, messages: list[Message]) -> list[Message]:
    """Those that the history has got hold of by now (it may lag, see faults.py)."""
    now = world.clock.now()
    return [one for one in messages if one.listed_at is None or one.listed_at <= now]


def _shape(world: World, caller: Caller, message: Message, arguments: Arguments) -> Json:
    return message_object(world, caller.workspace, message, metadata=arguments.flag("include_all_metadata"))


def _limit(arguments: Arguments, default: int) -> int:
    limit = arguments.number("limit", default, "invalid_limit")
    if limit == 0:
        return default
    if not 1 <= limit <= LARGEST_PAGE:
        raise SlackError("invalid_limit")
    return limit


def _window(ascending: list[str], arguments: Arguments) -> tuple[int, int]:
    """The half-open range of indexes between `oldest` and `latest`."""
    inclusive = arguments.flag("inclusive")
    low, high = 0, len(ascending)
    oldest, latest = arguments.optional("oldest"), arguments.optional("latest")
    if oldest is not None and ts_key(_ts(oldest, "invalid_ts_oldest")) > (0, 0):
        low = first_at_or_after(ascending, oldest)
        if not inclusive and low < len(ascending) and ts_key(ascending[low]) == ts_key(oldest):
            low += 1
    if latest is not None and latest != "now":
        high = first_at_or_after(ascending, _ts(latest, "invalid_ts_latest"))
        if inclusive and high < len(ascending) and ts_key(ascending[high]) == ts_key(latest):
            high += 1
    return low, max(low, high)


def _ts(given: str, error: str) -> str:
    try:
        ts_key(given)
    except ValueError:
        raise SlackError(error) from None
    return given
