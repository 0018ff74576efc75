"""From a request to its answer: token, method, scope, limits, then the method itself."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from bot.localslack.errors import SlackError
from bot.localslack.facts.methods import METHODS, Method
from bot.localslack.socketmode import Connections
from bot.localslack.state import Installation
from bot.localslack.webapi import chat, conversations, files, identity, users, views
from bot.localslack.webapi.arguments import Arguments, merge
from bot.localslack.webapi.caller import Caller, missing_scope
from bot.localslack.world import World

Json = dict[str, Any]

HANDLERS: dict[str, Callable[[World, Caller, Arguments], Json]] = {
    "auth.test": identity.auth_test,
    "chat.postMessage": chat.post_message,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.update": chat.update,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "views.open": views.open_view,
    "views.push": views.push,
    "views.update": views.update,
    "views.publish": views.publish,
    "conversations.open": conversations.open_conversation,
    "conversations.info": conversations.info,
    "conversations.list": conversations.list_conversations,
    "conversations.members": conversations.members,
    "conversations.history": conversations.history,
    "conversations.replies": conversations.replies,
    "users.list": users.list_users,
    "users.info": users.info,
    "users.lookupByEmail": users.lookup_by_email,
    "files.getUploadURLExternal": files.get_upload_url_external,
    "files.completeUploadExternal": files.complete_upload_external,
}


@dataclass(frozen=True)
class Request:
    """A Web API call as it came over the wire. `body` is the bytes of a form or of JSON, by `content_type`."""

    method: str
    query: Iterable[tuple[str, str]] = ()
    content_type: str = ""
    body: bytes = b""
    authorization: str | None = None


@dataclass(frozen=True)
class Answer:
    body: Json
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """A call that was answered, for the log."""

    method: str
    arguments: Json
    answer: Answer
    fault: str | None = None  # what went wrong with it


def arguments_of(request: Request) -> Json:
    """What a call brought, without the token; nothing where that cannot be read."""
    try:
        arguments = merge(request.query, request.content_type, request.body)
    except SlackError:
        return {}
    arguments.pop("token", None)
    return arguments


def answer(world: World, connections: Connections, request: Request) -> tuple[Answer, Json]:
    """Answer a call; with it the merged arguments, without the token."""
    try:
        arguments = merge(request.query, request.content_type, request.body)
    except SlackError as problem:
        return _refusal(problem), {}
    return answer_values(world, connections, request.method, arguments, request.authorization)


def answer_values(
    world: World, connections: Connections, method: str, arguments: Json, authorization: str | None = None
) -> tuple[Answer, Json]:
    """Answer a call whose arguments are merged already; the token is in `authorization` or among them."""
    arguments = dict(arguments)
    try:
        token = _token(authorization, arguments)
        return _answer(world, connections, method, token, Arguments(arguments)), arguments
    except SlackError as problem:
        return _refusal(problem), arguments


def _refusal(problem: SlackError) -> Answer:
    return Answer({"ok": False, "error": problem.error} | problem.extra, problem.status, problem.headers)


def _token(authorization: str | None, arguments: Json) -> str:
    given = arguments.pop("token", None)
    if authorization and authorization.lower().startswith("bearer "):
        return authorization[7:].strip()
    if isinstance(given, str) and given:
        return given
    raise SlackError("not_authed")


def _answer(world: World, connections: Connections, name: str, token: str, arguments: Arguments) -> Answer:
    method = METHODS.get(name)
    if method is None or (name not in HANDLERS and name != "apps.connections.open"):
        raise SlackError("unknown_method", req_method=name)
    if name == "apps.connections.open":
        if token.startswith("xoxb-"):
            raise SlackError("not_allowed_token_type")
        if token != world.app.app_token:
            raise SlackError("invalid_auth")
        _admit(world, method, world.app.app_id, arguments)
        return Answer({"ok": True, "url": connections.new_url(world.base_url, world.app.app_id)})
    installation = _installation(world, token)
    headers = {"x-oauth-scopes": ",".join(sorted(installation.scopes))}
    if method.scopes:
        headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
    try:
        return Answer(_answer_as(world, installation, method, arguments), headers=headers)
    except SlackError as problem:
        if problem.error != "ratelimited":
            problem.headers = headers | problem.headers
        raise


def _answer_as(world: World, installation: Installation, method: Method, arguments: Arguments) -> Json:
    if method.scopes and not installation.scopes.intersection(method.scopes):
        raise missing_scope(",".join(sorted(method.scopes)), installation)
    _admit(world, method, installation.workspace, arguments)
    for required in method.required:
        if not arguments.given(required):
            message = f"[ERROR] missing required field: {required}"
            raise SlackError("invalid_arguments", response_metadata={"messages": [message]})
    caller = Caller(method, installation, world.workspaces[installation.workspace])
    return HANDLERS[method.name](world, caller, arguments)


def _installation(world: World, token: str) -> Installation:
    if token == world.app.app_token:
        raise SlackError("not_allowed_token_type")
    installation = world.installations.get(token)
    if installation is None:
        raise SlackError("invalid_auth")
    if installation.uninstalled:
        raise SlackError("account_inactive")
    if installation.revoked:
        raise SlackError("token_revoked")
    return installation


def _admit(world: World, method: Method, workspace_id: str, arguments: Arguments) -> None:
    channel = arguments.optional("channel")
    workspace = world.workspaces.get(workspace_id)
    if method.name == "chat.postMessage" and workspace is not None and channel in workspace.people:
        channel = world.direct_with_app(workspace, channel).id  # the same limit, whichever id it is called by
    wait = world.admission.admit(method.name, method.tier, workspace_id, channel, world.clock.now())
    if wait is not None:
        raise SlackError("ratelimited", status=429, headers={"Retry-After": str(wait)})
