from __future__ import annotations

import pytest

from bot.settings import Settings, SettingsError, load

GOOD = {"OKRA_SLACK_BOT_TOKEN": "xoxb-1-2", "OKRA_SLACK_APP_TOKEN": "xapp-1-2"}


@pytest.fixture(autouse=True)
def only_what_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No `.env` of the developer's, and none of their variables."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    for name in Settings.model_fields:
        monkeypatch.delenv(f"OKRA_{name.upper()}", raising=False)


def sentences(monkeypatch: pytest.MonkeyPatch, **variables: str) -> list[str]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load().require_slack()
    return caught.value.sentences


def test_the_embedded_defaults_need_nothing() -> None:
    settings = load()
    assert settings.database == "sqlite:///data/okra.db"
    assert settings.admins == ()


def test_a_missing_token_is_one_sentence_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch)
    assert len(said) == 2
    assert said[0].startswith("OKRA_SLACK_BOT_TOKEN is not set: the bot token")
    assert said[1].startswith("OKRA_SLACK_APP_TOKEN is not set")


def test_http_needs_the_signing_secret_instead_of_the_app_token(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, OKRA_TRANSPORT="http", OKRA_SLACK_BOT_TOKEN="xoxb-1")
    assert len(said) == 1
    assert said[0].startswith("OKRA_SLACK_SIGNING_SECRET is not set")


@pytest.mark.parametrize(
    ("name", "value", "part"),
    [
        ("OKRA_TIME_ZONE", "Mars/Olympus", "no time zone “Mars/Olympus”"),
        ("OKRA_ADMINS", "U012AB3CD, @ada", "@ada is no Slack user id"),
        ("OKRA_TRANSPORT", "pigeon", "socket"),
        ("OKRA_PORT", "99999", "65535"),
        ("OKRA_SLACK_BASE_URL", "http://example.test/api/", "https only"),
        ("OKRA_SLACK_BASE_URL", "slack", "no address"),
        ("OKRA_DATABASE_URL", "mysql://x", "postgresql://"),
        ("OKRA_SLACK_APP_TOKEN", "xoxb-1", "begins with xapp-"),
        ("OKRA_TICK_SECONDS", "0", "greater than 0"),
    ],
)
def test_a_malformed_setting_is_one_sentence_that_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, part: str
) -> None:
    said = sentences(monkeypatch, **{name: value})
    assert len(said) == 1
    assert said[0].startswith(name)
    assert part in said[0]


def test_every_malformed_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, OKRA_TIME_ZONE="Nowhere", OKRA_PORT="x", OKRA_TRANSPORT="y")
    assert len(said) == 3


def test_a_secret_is_in_no_sentence_and_no_representation(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, OKRA_SLACK_BOT_TOKEN="hunter2-is-no-token")
    assert "hunter2" not in " ".join(said)
    monkeypatch.setenv("OKRA_SLACK_BOT_TOKEN", "xoxb-hunter2")
    assert "hunter2" not in repr(load())
    assert "hunter2" not in str(load())


def test_a_virtual_clock_is_refused_where_slack_is_real(monkeypatch: pytest.MonkeyPatch) -> None:
    said = sentences(monkeypatch, OKRA_VIRTUAL_CLOCK="true")
    assert "OKRA_VIRTUAL_CLOCK is for a local Slack" in said[0]


def test_admins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_ADMINS", "U012AB3CD, W012AB3CE")
    assert load().admins == ("U012AB3CD", "W012AB3CE")


def test_a_herokuish_database_address_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OKRA_DATABASE_URL", "postgres://u:p@localhost/okra")
    assert load().database == "postgresql://u:p@localhost/okra"
