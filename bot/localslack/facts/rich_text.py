"""Rich text: the block, its four kinds of paragraph, and what may stand in a line."""

from collections.abc import Mapping

from bot.localslack.facts.limits import LIMITS
from bot.localslack.facts.shapes import Flag, Many, OneOf, Record, Shape, String, Whole, choice, records, string

_STYLE = Record(
    optional={
        name: Flag()
        for name in ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
    },
)
_STYLED: Mapping[str, Shape] = {"style": _STYLE}

_TEXT = Record(type="text", required={"text": String()}, optional=_STYLED)
_LINK = Record(
    type="link",
    required={"url": String()},
    optional={**_STYLED, "text": String(), "unsafe": Flag()},
)

_SELDOM = (
    "attachment_mention",
    "canvas",
    "canvas_message_unfurl",
    "canvas_user_mention",
    "citation",
    "file",
    "list_record",
    "message_mention",
    "salesforce_data_field",
    "tag",
    "work_object_mention",
    "workflow_mention",
)
"""Kinds that Slack's own client writes. Their fields are not described here, so none is refused."""

_INLINE = OneOf(
    records(
        _TEXT,
        _LINK,
        Record(
            type="emoji",
            required={"name": String()},
            optional={**_STYLED, "unicode": String(), "skin_tone": Whole(), "url": String(), "display_name": String()},
        ),
        Record(type="user", required={"user_id": String()}, optional=_STYLED),
        Record(type="usergroup", required={"usergroup_id": String()}, optional=_STYLED),
        Record(type="team", required={"team_id": String()}, optional=_STYLED),
        Record(type="channel", required={"channel_id": String()}, optional=_STYLED),
        Record(type="broadcast", required={"range": choice("here", "channel", "everyone")}, optional=_STYLED),
        Record(type="color", required={"value": String()}, optional=_STYLED),
        Record(
            type="date",
            required={"timestamp": Whole(), "format": String()},
            optional={**_STYLED, "url": String(), "fallback": String()},
        ),
        *(Record(type=kind, open=True) for kind in _SELDOM),
    ),
)

_SECTION = Record(type="rich_text_section", required={"elements": Many(_INLINE)})

_LIST = Record(
    type="rich_text_list",
    required={"style": choice("bullet", "ordered"), "elements": Many(OneOf(records(_SECTION)))},
    optional={
        "indent": Whole(LIMITS["rich_text_list.indent"]),
        "offset": Whole(LIMITS["rich_text_list.offset"]),
        "border": Whole(LIMITS["rich_text_list.border"]),
    },
)

_QUOTE = Record(
    type="rich_text_quote",
    required={"elements": Many(_INLINE)},
    optional={"border": Whole(LIMITS["rich_text_quote.border"])},
)

_PREFORMATTED = Record(
    type="rich_text_preformatted",
    required={"elements": Many(OneOf(records(_TEXT, _LINK)))},
    optional={"border": Whole(LIMITS["rich_text_preformatted.border"]), "language": String()},
)

RICH_TEXT = Record(
    type="rich_text",
    required={"elements": Many(OneOf(records(_SECTION, _LIST, _QUOTE, _PREFORMATTED)))},
    optional={"block_id": string("block_id")},
)
