"""Settings from the environment (`OKRA_…`) and a `.env` file, validated at start. Secrets never print."""

from __future__ import annotations

import enum
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SLACK_API = "https://slack.com/api/"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Transport(enum.StrEnum):
    SOCKET = "socket"
    HTTP = "http"


class LogFormat(enum.StrEnum):
    CONSOLE = "console"
    JSON = "json"


class SettingsError(Exception):
    """The settings do not allow the start. `sentences`: one a setting, each saying what to do."""

    def __init__(self, sentences: list[str]) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class Settings(BaseSettings):
    """All that can be set. Each field's description is what `okra doctor` and an error say about it."""

    model_config = SettingsConfigDict(env_prefix="OKRA_", env_file=".env", extra="ignore", frozen=True)

    slack_bot_token: SecretStr | None = Field(None, description="the bot token, xoxb-…, from “OAuth & Permissions”")
    slack_app_token: SecretStr | None = Field(
        None, description="the app-level token, xapp-…, with connections:write, for Socket Mode"
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="the signing secret from “Basic Information”, for HTTP"
    )
    transport: Transport = Field(Transport.SOCKET, description="how Slack reaches Okra: socket or http")
    slack_base_url: str = Field(SLACK_API, description="the address of Slack's Web API, ending in /api/")
    database_url: str = Field("", description="sqlite:///… or postgresql://…; empty: SQLite in the data directory")
    data_dir: Path = Field(Path("data"), description="where the SQLite database lives when no database URL is set")
    admins: Annotated[tuple[str, ...], NoDecode] = Field((), description="Slack ids of the admins, with commas between")
    time_zone: str = Field("UTC", description="the organisation's IANA time zone; the digest's hour is local to it")
    log_format: LogFormat = Field(LogFormat.CONSOLE, description="console for people, json for machines")
    host: str = Field("127.0.0.1", description="the address that `okra web` listens on")
    port: int = Field(3000, ge=0, le=65535, description="the port that `okra web` listens on")
    encryption_key: SecretStr | None = Field(None, description="a Fernet key; needed to store tokens in the database")
    tick_seconds: float = Field(15, gt=0, le=300, description="how often a worker looks for what is due, in seconds")
    posts_per_minute: int = Field(
        300, ge=0, le=6000, description="how many messages a minute Okra posts at most; 0: as fast as it can"
    )
    settle_seconds: float = Field(
        90, ge=1, le=900, description="how long after an uncertain post Okra looks for it, in seconds"
    )
    virtual_clock: bool = Field(False, description="follow the local Slack's clock; on this machine only")

    @field_validator("admins", mode="before")
    @classmethod
    def split_admins(cls, given: Any) -> Any:
        return tuple(part for part in re.split(r"[\s,;]+", given) if part) if isinstance(given, str) else given

    @field_validator("admins")
    @classmethod
    def admins_are_slack_ids(cls, admins: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [admin for admin in admins if not re.fullmatch(r"[UW][A-Z0-9]{2,}", admin)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} is no Slack user id; one looks like U024BE7LH")
        return admins

    @field_validator("time_zone")
    @classmethod
    def zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone “{name}”; one looks like Europe/Berlin") from None
        return name

    @field_validator("slack_bot_token", "slack_app_token", "slack_signing_secret", "encryption_key")
    @classmethod
    def blank_is_absent(cls, secret: SecretStr | None) -> SecretStr | None:
        return secret if secret is not None and secret.get_secret_value().strip() else None

    @field_validator("slack_bot_token")
    @classmethod
    def bot_token_has_its_shape(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not token.get_secret_value().startswith("xoxb-"):
            raise ValueError("a bot token begins with xoxb-")
        return token

    @field_validator("slack_app_token")
    @classmethod
    def app_token_has_its_shape(cls, token: SecretStr | None) -> SecretStr | None:
        if token is not None and not token.get_secret_value().startswith("xapp-"):
            raise ValueError("an app-level token begins with xapp-")
        return token

    @field_validator("slack_base_url")
    @classmethod
    def base_url_is_one(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"“{url}” is no address; Slack's own is {SLACK_API}")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("tokens travel to Slack over https only; http is for a local Slack on this machine")
        return url if url.endswith("/") else url + "/"

    @field_validator("database_url")
    @classmethod
    def database_is_known(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")):
            raise ValueError("the database is sqlite:///path or postgresql://user:password@host/name")
        return url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url

    @model_validator(mode="after")
    def a_virtual_clock_stays_at_home(self) -> Settings:
        if self.virtual_clock and not self.slack_is_local:
            raise ValueError("OKRA_VIRTUAL_CLOCK is for a local Slack on this machine; with Slack, time is real")
        return self

    @property
    def slack_is_local(self) -> bool:
        return urlsplit(self.slack_base_url).hostname in LOOPBACK

    @property
    def database(self) -> str:
        """The database's URL, the default filled in. May hold a password: never print it."""
        return self.database_url or f"sqlite:///{self.data_dir / 'okra.db'}"

    def require_slack(self) -> None:
        """Raise `SettingsError` with a sentence for each setting without which Okra cannot talk with Slack."""
        needed = ["slack_bot_token"]
        needed.append("slack_app_token" if self.transport is Transport.SOCKET else "slack_signing_secret")
        missing = [name for name in needed if getattr(self, name) is None]
        if missing:
            raise SettingsError([f"OKRA_{name.upper()} is not set: {describe(name)}." for name in missing])


def describe(name: str) -> str:
    """What a setting is, in words."""
    return Settings.model_fields[name].description or name


def load(**given: Any) -> Settings:
    """Read the settings. Raises `SettingsError` with one sentence for each that is malformed."""
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError([_sentence(problem) for problem in error.errors()]) from None


def _sentence(problem: Any) -> str:
    # pydantic would show the input; a secret must not be in it, so only our own words and the name are.
    why = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    if not problem["loc"]:
        return f"{why}."
    name = str(problem["loc"][0])
    return f"OKRA_{name.upper()}: {why} ({describe(name)})."
