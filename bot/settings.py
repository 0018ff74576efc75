"""Settings from the environment (`OKRA_…`) and a `.env` file, validated at start. Secrets never print."""

from __future__ import annotations

import enum
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import sqlalchemy as sa
from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.exc import ArgumentError

SLACK_API = "https://slack.com/api/"
UNREADABLE = "cannot be read; in a password write @ as %40"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Transport(enum.StrEnum):
    SOCKET = "socket"
    HTTP = "http"


class LogFormat(enum.StrEnum):
    CONSOLE = "console"
    JSON = "json"


class SettingsError(Exception):
    """The settings do not allow the start. One sentence a setting, each saying what to do.

    `malformed` are those that make no sense, `missing` those without which Okra cannot talk with Slack.
    """

    def __init__(self, *, malformed: Sequence[str] = (), missing: Sequence[str] = ()) -> None:
        self.malformed = tuple(malformed)
        self.missing = tuple(missing)
        super().__init__(" ".join(self.sentences))

    @property
    def sentences(self) -> tuple[str, ...]:
        return (*self.malformed, *self.missing)


class Settings(BaseSettings):
    """All that can be set. `OKRA_NAME` and a field's description make its sentence, wherever one is needed."""

    model_config = SettingsConfigDict(env_prefix="OKRA_", env_file=".env", extra="ignore", frozen=True)

    slack_bot_token: SecretStr | None = Field(None, description="begins with xoxb-; it is under “OAuth & Permissions”")
    slack_app_token: SecretStr | None = Field(
        None,
        description="begins with xapp- and has connections:write, for Socket Mode; it is under “Basic Information”",
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="takes the place of the app token over HTTP; it is under “Basic Information”"
    )
    transport: Transport = Field(Transport.SOCKET, description="is socket or http")
    slack_base_url: str = Field(
        SLACK_API, description=f"is an address such as {SLACK_API}; leave it out for Slack itself"
    )
    database_url: str = Field(
        "",
        description="begins with sqlite:/// or postgresql://; leave it out for SQLite in the data directory",
    )
    data_dir: Path = Field(Path("data"), description="is where the SQLite database lives if no database URL is set")
    admins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="holds Slack user ids with commas between; they steer the programme and are told what fails",
    )
    time_zone: str = Field("UTC", description="is an IANA name such as Europe/Berlin; the digest's hour is local to it")
    log_format: LogFormat = Field(LogFormat.CONSOLE, description="is console, for people, or json, for machines")
    host: str = Field("127.0.0.1", description="is the address that `okra web` listens on")
    port: int = Field(
        3000, ge=0, le=65535, description="is a number from 0 to 65535, the port that `okra web` listens on"
    )
    tick_seconds: float = Field(
        15, gt=0, le=300, description="is a number above 0, at most 300; so often a worker looks for what is due"
    )
    posts_per_minute: int = Field(
        300,
        ge=0,
        le=6000,
        description="is a number from 0 to 6000; Okra posts no more than that; 0 is for a Slack without limits",
    )
    settle_seconds: float = Field(
        90, ge=1, le=900, description="is a number from 1 to 900; so long after an uncertain post Okra looks for it"
    )
    virtual_clock: bool = Field(False, description="is true only beside a local Slack, whose clock Okra then follows")

    @field_validator("admins", mode="before")
    @classmethod
    def split_admins(cls, given: Any) -> Any:
        return tuple(part for part in re.split(r"[\s,;]+", given) if part) if isinstance(given, str) else given

    @field_validator("admins")
    @classmethod
    def admins_are_slack_ids(cls, admins: tuple[str, ...]) -> tuple[str, ...]:
        wrong = [admin for admin in admins if not re.fullmatch(r"[UW][A-Z0-9]{2,}", admin)]
        if wrong:
            raise ValueError(f"has {', '.join(wrong)}, which is no Slack user id; one looks like U024BE7LH")
        return admins

    @field_validator("time_zone")
    @classmethod
    def zone_exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"is “{name}”, and there is no such time zone; one looks like Europe/Berlin") from None
        return name

    @field_validator("slack_bot_token", "slack_app_token", "slack_signing_secret")
    @classmethod
    def blank_is_absent(cls, secret: SecretStr | None) -> SecretStr | None:
        return secret if secret is not None and secret.get_secret_value().strip() else None

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def token_has_its_shape(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        beginning = {"slack_bot_token": "xoxb-", "slack_app_token": "xapp-"}[info.field_name or ""]
        if token is not None and not token.get_secret_value().startswith(beginning):
            raise ValueError
        return token

    @field_validator("slack_base_url")
    @classmethod
    def base_url_is_one(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(f"is “{url}”, which is no address; Slack's own is {SLACK_API}")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            raise ValueError("begins with https://; http is for a local Slack on this machine")
        return url if url.endswith("/") else url + "/"

    @field_validator("database_url")
    @classmethod
    def database_is_known(cls, url: str) -> str:
        if url and not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://", "postgres://")):
            raise ValueError
        url = url.replace("postgres://", "postgresql://", 1) if url.startswith("postgres://") else url
        try:
            parts = sa.make_url(url) if url else None
        except (ValueError, ArgumentError):
            # what does not make sense may be a part of the password, so nothing of it is said
            raise ValueError(UNREADABLE) from None
        if parts is not None and parts.password is not None and "@" in _behind_the_password(url):
            # the rest of the password would be taken for a host, whose name is in every message about it
            raise ValueError(UNREADABLE)
        if parts is not None and parts.get_backend_name() == "sqlite" and parts.database in {None, "", ":memory:"}:
            raise ValueError("names no file; one looks like sqlite:////var/lib/okra/okra.db")
        return url

    @field_validator("virtual_clock")
    @classmethod
    def a_virtual_clock_stays_at_home(cls, wanted: bool, info: ValidationInfo) -> bool:
        slack = info.data.get("slack_base_url")  # absent where that is malformed itself
        if wanted and slack is not None and urlsplit(slack).hostname not in LOOPBACK:
            raise ValueError
        return wanted

    @property
    def database(self) -> str:
        """The database's URL, the default filled in. May hold a password: never print it."""
        return self.database_url or f"sqlite:///{self.data_dir / 'okra.db'}"

    @property
    def missing_for_slack(self) -> tuple[str, ...]:
        """The fields without which Okra cannot talk with Slack."""
        other = "slack_app_token" if self.transport is Transport.SOCKET else "slack_signing_secret"
        return tuple(name for name in ("slack_bot_token", other) if getattr(self, name) is None)


def _behind_the_password(url: str) -> str:
    """What follows the @ that ends the password, as SQLAlchemy reads an address in which one is."""
    _, _, after_scheme = url.partition("://")
    _, _, after_user = after_scheme.partition(":")
    return after_user.partition("@")[2]


def sentence(name: str) -> str:
    """What a setting is, as a sentence."""
    return f"{variable(name)} {Settings.model_fields[name].description}."


def variable(name: str) -> str:
    """The variable of a field."""
    return f"OKRA_{name.upper()}"


def load(*, slack: bool = False, **given: Any) -> Settings:
    """Read the settings. Raises `SettingsError` with one sentence for each that is malformed.

    With `slack`, what is needed to talk with Slack and is not set is named in the same go.
    """
    try:
        settings = Settings(**given)
    except ValidationError as error:
        wrong = {str(problem["loc"][0]): _malformed(problem) for problem in error.errors()}
        raise SettingsError(malformed=list(wrong.values()), missing=_missing(given, wrong) if slack else []) from None
    if slack and settings.missing_for_slack:
        raise SettingsError(missing=[_not_set(name) for name in settings.missing_for_slack])
    return settings


def _missing(given: Mapping[str, Any], wrong: Collection[str]) -> list[str]:
    """What is missing beside what is malformed: the settings as they would be with the defaults in its place."""
    defaults = {name: Settings.model_fields[name].default for name in {*wrong, "virtual_clock"}}
    mended = Settings(**{**given, **defaults})
    # which of the two a transport needs that makes no sense is not known
    unclear = {"slack_app_token", "slack_signing_secret"} if "transport" in wrong else set()
    return [_not_set(name) for name in mended.missing_for_slack if name not in {*wrong, *unclear}]


def _not_set(name: str) -> str:
    return f"{variable(name)} is not set: it {Settings.model_fields[name].description}."


def _malformed(problem: Any) -> str:
    # pydantic would show the input; a secret must not be in it, so only our own words and the name are.
    name = str(problem["loc"][0])
    ours = str(problem["ctx"]["error"]) if problem["type"] == "value_error" else ""
    return f"{variable(name)} {ours}." if ours else sentence(name)
