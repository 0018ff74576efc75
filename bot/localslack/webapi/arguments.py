"""The arguments of a Web API call, however they came: query string, form or JSON body."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

from bot.localslack.errors import SlackError

Json = dict[str, Any]


class Arguments:
    """Typed access to what a call brought. A form carries text only, JSON carries values; both are understood."""

    def __init__(self, values: Json) -> None:
        self._values = {key: value for key, value in values.items() if value is not None}

    def given(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        value = self._values.get(name, default)
        return value if isinstance(value, str) else json.dumps(value)

    def optional(self, name: str) -> str | None:
        """The text, or None when it is missing or empty."""
        return self.text(name) or None

    def flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        return value if isinstance(value, bool) else str(value).lower() in ("1", "true", "yes", "on")

    def number(self, name: str, default: int, error: str) -> int:
        """A whole number. Raises SlackError(error) for anything else."""
        value = self._values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SlackError(error) from None

    def structure(self, name: str, error: str) -> Any:
        """A JSON value, or None when missing or empty. Raises SlackError(error) for text that is no JSON."""
        value = self._values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            raise SlackError(error) from None


def merge(query: Iterable[tuple[str, str]], content_type: str, body: bytes) -> Json:
    """The arguments of a request from its query string and its body (form or JSON), the body winning.

    Raises SlackError: invalid_json, json_not_object, invalid_form_data."""
    values: Json = dict(query)
    if not body:
        return values
    if content_type.startswith("application/json"):
        try:
            parsed = json.loads(body)
        except ValueError:
            raise SlackError("invalid_json") from None
        if not isinstance(parsed, dict):
            raise SlackError("json_not_object")
        return values | parsed
    try:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
    except UnicodeDecodeError:
        raise SlackError("invalid_form_data") from None
    return values | form
