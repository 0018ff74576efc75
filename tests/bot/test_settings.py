from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.settings import Settings, SettingsError, load, sentence, variable

EXAMPLE = Path(__file__).parents[2] / ".env.example"
GOOD = {"OKRA_SLACK_BOT_TOKEN": "xoxb-1-2", "OKRA_SLACK_APP_TOKEN": "xapp-1-2"}


@pytest.fixture(autouse=True)
def only_what_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No `.env` of the developer's, and none of their variables."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OKRA_{name.upper()}", raising=False)


def sentences(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    """What is said of these variables to somebody who wants to talk with Slack."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load(slack=True)
    return list(caught.value.sentences)


def test_the_embedded_defaults_need_nothing() -> None:
    settings = load()
    assert settings.database == "sqlite:///data/okra.db"
    assert settings.admins == ()


def test_a_missing_token_is_one_sentence_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch)
    assert len(said) == 2
    assert said[0] == "OKRA_SLACK_BOT_TOKEN is not set: it begins with xoxb-; it is under “OAuth & Permissions”."
    assert said[1].startswith("OKRA_SLACK_APP_TOKEN is not set: it begins with xapp-")


def test_a_blank_token_is_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, **{**GOOD, "OKRA_SLACK_APP_TOKEN": " "})
    assert [one.split(":")[0] for one in said] == ["OKRA_SLACK_APP_TOKEN is not set"]


def test_http_needs_the_signing_secret_instead_of_the_app_token(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, OKRA_TRANSPORT="http", OKRA_SLACK_BOT_TOKEN="xoxb-1")
    assert len(said) == 1
    assert said[0].startswith("OKRA_SLACK_SIGNING_SECRET is not set")


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("OKRA_TIME_ZONE", "Mars/Olympus", "is “Mars/Olympus”, and there is no such time zone"),
        ("OKRA_ADMINS", "U012AB3CD, @ada", "has @ada, which is no Slack user id"),
        ("OKRA_TRANSPORT", "pigeon", "is socket or http."),
        ("OKRA_PORT", "99999", "from 0 to 65535"),
        ("OKRA_PORT", "many", "from 0 to 65535"),
        ("OKRA_SLACK_BASE_URL", "http://example.test/api/", "begins with https://"),
        ("OKRA_SLACK_BASE_URL", "slack", "is “slack”, which is no address"),
        (
            "OKRA_DATABASE_URL",
            "mysql://x",
            "begins with sqlite:/// or postgresql://; leave it out for SQLite in the data directory.",
        ),
        (
            "OKRA_DATABASE_URL",
            "postgresql://okra:pw@localhost:notaport/okra",
            "cannot be read; in a password write @ as",
        ),
        ("OKRA_DATABASE_URL", "postgresql://[::1/okra", "cannot be read; in a password write @ as %40"),
        ("OKRA_DATABASE_URL", "sqlite:///", "names no file; one looks like sqlite:////var/lib/okra/okra.db"),
        ("OKRA_DATABASE_URL", "sqlite:///:memory:", "names no file; one looks like sqlite:////"),
        ("OKRA_SLACK_BOT_TOKEN", "xapp-1", "begins with xoxb-; it is under “OAuth & Permissions”."),
        ("OKRA_SLACK_APP_TOKEN", "xoxb-1", "begins with xapp-"),
        ("OKRA_TICK_SECONDS", "0", "above 0, at most 300"),
        ("OKRA_VIRTUAL_CLOCK", "perhaps", "is true only beside a local Slack"),
        ("OKRA_VIRTUAL_CLOCK", "true", "is true only beside a local Slack"),
    ],
)
def test_a_malformed_setting_is_one_sentence_that_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    (said,) = sentences(monkeypatch, **{**GOOD, name: value})
    assert said.startswith(f"{name} ")
    assert part in said
    assert said.endswith(".")
    assert ". " not in said


def test_every_malformed_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, **GOOD, OKRA_TIME_ZONE="Nowhere", OKRA_PORT="x", OKRA_TRANSPORT="y")
    assert [one.split()[0] for one in said] == ["OKRA_TRANSPORT", "OKRA_TIME_ZONE", "OKRA_PORT"]


def test_what_is_missing_is_named_beside_what_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, OKRA_TIME_ZONE="Nowhere", OKRA_SLACK_BOT_TOKEN="xapp-1")
    assert [one.split(",")[0].split(":")[0] for one in said] == [
        "OKRA_SLACK_BOT_TOKEN begins with xoxb-; it is under “OAuth & Permissions”.",
        "OKRA_TIME_ZONE is “Nowhere”",
        "OKRA_SLACK_APP_TOKEN is not set",
    ]


def test_with_a_malformed_transport_only_what_every_transport_needs_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, OKRA_TRANSPORT="pigeon")
    assert [one.split(":")[0] for one in said] == [
        "OKRA_TRANSPORT is socket or http.",
        "OKRA_SLACK_BOT_TOKEN is not set",
    ]


def test_a_virtual_clock_does_not_hide_what_is_missing_behind_a_malformed_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = sentences(monkeypatch, OKRA_SLACK_BASE_URL="slack", OKRA_VIRTUAL_CLOCK="true")
    assert [one.split()[0] for one in said] == ["OKRA_SLACK_BASE_URL", "OKRA_SLACK_BOT_TOKEN", "OKRA_SLACK_APP_TOKEN"]


def test_commands_that_need_no_slack_are_told_of_malformed_settings_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_PORT", "x")
    with pytest.raises(SettingsError) as caught:
        load()
    assert [one.split()[0] for one in caught.value.sentences] == ["OKRA_PORT"]
    assert caught.value.missing == ()


def test_a_secret_is_in_no_sentence_and_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, OKRA_SLACK_BOT_TOKEN="hunter2-is-no-token")
    assert "hunter2" not in " ".join(said)
    monkeypatch.setenv("OKRA_SLACK_BOT_TOKEN", "xoxb-hunter2")
    assert "hunter2" not in repr(load())
    assert "hunter2" not in str(load())


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://okra:se@cret@localhost/okra",
        "postgres://okra:se@cret@localhost/okra",
        "postgresql://okra:se@cret:hunter2@localhost",
        "postgresql://okra:se@cret/x@localhost/okra",
        "postgresql://okra:se@cret?x@localhost/okra",
        "postgresql://:se@cret@localhost/okra",
        "postgresql://okra:cret/okra",
    ],
)
def test_no_part_of_a_password_that_hides_the_host_is_said(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    said = sentences(monkeypatch, **GOOD, OKRA_DATABASE_URL=url)
    assert said == ["OKRA_DATABASE_URL cannot be read; in a password write @ as %40."]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://okra:se%40cret@localhost/okra",
        "postgresql://okra:se/c?r#e:t@localhost:5432/okra",
        "postgresql://okra@company:secret@localhost/okra",
        "postgresql+psycopg://okra@localhost/okra",
        "postgresql:///okra?host=/tmp/sockets&user=okra@company",
        "postgresql://okra:secret@[::1]:5432/okra",
        "sqlite:////srv/okra@home/a:b.db",
        "sqlite:///okra.db",
    ],
)
def test_a_database_address_that_can_be_read_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("OKRA_DATABASE_URL", url)
    assert load().database == url


def test_a_virtual_clock_is_taken_beside_a_local_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_VIRTUAL_CLOCK", "true")
    monkeypatch.setenv("OKRA_SLACK_BASE_URL", "http://127.0.0.1:9/api/")
    assert load().virtual_clock


def test_the_example_names_every_setting_with_its_sentence_and_its_default() -> None:
    said: list[str] = []
    shown: dict[str, str] = {}
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"#(OKRA_[A-Z_]+)=(.*)", line):
            shown[match[1]] = match[2]
        elif line.startswith("# OKRA_"):
            said.append(line.removeprefix("# "))
        else:
            assert re.fullmatch(r"(?:# [^=]*)?", line), line
    assert said == [sentence(name) for name in Settings.model_fields]
    assert list(shown) == [variable(name) for name in Settings.model_fields]
    given = {name: shown[variable(name)] for name in Settings.model_fields}
    for name, field in Settings.model_fields.items():
        if field.default not in ("", (), None):
            assert getattr(load(**{name: given[name]}), name) == field.default


def test_a_copy_of_the_example_changes_nothing_until_a_line_is_taken_up(tmp_path: Path) -> None:
    copy = tmp_path / ".env"
    copy.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert load(_env_file=copy) == load()
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    copy.write_text("\n".join(re.sub(r"^#(?=OKRA_)", "", line) for line in lines), encoding="utf-8")
    assert load(_env_file=copy).slack_bot_token is not None


def test_admins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_ADMINS", "U012AB3CD, W012AB3CE")
    assert load().admins == ("U012AB3CD", "W012AB3CE")


def test_a_herokuish_database_address_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_DATABASE_URL", "postgres://u:p@localhost/okra")
    assert load().database == "postgresql://u:p@localhost/okra"
