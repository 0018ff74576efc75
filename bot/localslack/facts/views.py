"""Views: the fields of a modal and of a Home tab, without what stands in their blocks."""

from collections.abc import Mapping

from bot.localslack.facts.limits import LIMITS
from bot.localslack.facts.shapes import Anything, Flag, Many, Record, Shape, plain, records, string
from bot.localslack.facts.surfaces import Surface

_COMMON: Mapping[str, Shape] = {
    "private_metadata": string("view.private_metadata"),
    "callback_id": string("view.callback_id"),
    "external_id": string("view.external_id"),
}

# Blocks are checked apart from the view, with the surface's own shape.
_BLOCKS = Many(Anything(), LIMITS["view.blocks"])

_MODAL = Record(
    type=Surface.MODAL.value,
    required={"title": plain("view.title"), "blocks": _BLOCKS},
    optional={
        **_COMMON,
        "submit": plain("view.submit"),
        "close": plain("view.close"),
        "clear_on_close": Flag(),
        "notify_on_close": Flag(),
    },
)

_HOME = Record(type=Surface.HOME.value, required={"blocks": _BLOCKS}, optional=_COMMON)

VIEWS: dict[str, Record] = records(_MODAL, _HOME)
"""A view's own fields, by its type."""
