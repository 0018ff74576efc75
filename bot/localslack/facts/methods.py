"""The Web API methods that the local Slack speaks, by name."""

from bot.localslack.facts.chat_methods import CHAT_METHODS
from bot.localslack.facts.conversation_methods import CONVERSATION_METHODS
from bot.localslack.facts.method import COMMON_ERRORS, PER_MINUTE, SPECIAL, ConversationKind, Method
from bot.localslack.facts.view_methods import VIEW_METHODS
from bot.localslack.facts.workspace_methods import WORKSPACE_METHODS

__all__ = ["COMMON_ERRORS", "METHODS", "PER_MINUTE", "SPECIAL", "ConversationKind", "Method"]

METHODS: dict[str, Method] = {
    method.name: method for method in (*CHAT_METHODS, *CONVERSATION_METHODS, *VIEW_METHODS, *WORKSPACE_METHODS)
}
