"""A dialog is opened over what the person looks at."""

from __future__ import annotations

from bot.blocks.post import View
from bot.runtime import Runtime
from handlers.reply import Done
from handlers.request import Request


def open_view(runtime: Runtime, request: Request, view: View) -> Done:
    """Open it while the trigger of what they did still counts: three seconds. Raises `SlackFailure`."""
    runtime.gateway.open_view(request.caller.workspace_id, trigger_id=request.trigger_id, view=view)
    return Done()
