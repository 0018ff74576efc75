"""Which block may stand on which surface. Where Slack's descriptions differ, the narrower one is written here."""

from enum import StrEnum


class Surface(StrEnum):
    MESSAGE = "message"
    MODAL = "modal"
    HOME = "home"


_M, _V, _H = Surface.MESSAGE, Surface.MODAL, Surface.HOME

BLOCK_SURFACES: dict[str, frozenset[Surface]] = {
    block: frozenset(where)
    for block, where in {
        "actions": {_M, _V, _H},
        "alert": {_V},
        "card": {_M, _V, _H},
        "carousel": {_M, _H},
        "container": {_M, _H},
        "context": {_M, _V, _H},
        "context_actions": {_M},
        "data_table": {_M, _H},
        # One description also allows charts on a Home tab; the block's own page names messages alone.
        "data_visualization": {_M},
        "divider": {_M, _V, _H},
        "file": {_M},
        "header": {_M, _V, _H},
        "image": {_M, _V, _H},
        "input": {_M, _V, _H},
        "markdown": {_M},
        "plan": {_M},
        "rich_text": {_M, _V, _H},
        "section": {_M, _V, _H},
        "table": {_M, _H},
        "task_card": {_M},
        "video": {_M, _V, _H},
    }.items()
}

CONTAINER_CHILDREN = frozenset(
    {
        "actions",
        "context",
        "divider",
        "file",
        "header",
        "image",
        "input",
        "rich_text",
        "section",
        "table",
        "video",
    }
)
"""Blocks that may stand inside a container, if the container's surface allows them too."""

ELEMENT_SURFACES: dict[str, frozenset[Surface]] = {
    "file_input": frozenset({_V}),
    "workflow_button": frozenset({_M}),
}
"""Elements that do not go wherever their block goes. Any other element does."""


def blocks_on(surface: Surface) -> frozenset[str]:
    """The block types that may stand on the surface."""
    return frozenset(block for block, where in BLOCK_SURFACES.items() if surface in where)
