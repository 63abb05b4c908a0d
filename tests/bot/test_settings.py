"""Settings: every wrong value is refused with a sentence that names it; the token never shows."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import SettingsError
from bot.settings import AccessPolicy, Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "123456789:AAaabbccddeeffgghhiijjkkllmmnnoopp1"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No .env and no variables of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"SVODKA_{name.upper()}", raising=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_API_URL", "api.telegram.org"),
        ("TELEGRAM_API_URL", "ftp://api.telegram.org"),
        ("DATABASE_URL", "postgresql://localhost/svodka"),
        ("DATABASE_URL", "svodka.sqlite"),
        ("DATABASE_URL", "sqlite:///"),
        ("ADMINS", "@anna"),
        ("ADMINS", "1,two"),
        ("ADMINS", "1;2"),
        ("ACCESS", "public"),
        ("DEFAULT_LANGUAGE", "de"),
        ("DEFAULT_TIMEZONE", "Europe/Mоscow"),  # a Cyrillic о
        ("DEFAULT_TIMEZONE", "MSK+1"),
        ("DEFAULT_TIME", "25:00"),
        ("DEFAULT_TIME", "утром"),
        ("POLL_INTERVAL", "0"),
        ("POLL_INTERVAL", "-5"),
        ("POLL_INTERVAL", "100000"),
        ("POLL_INTERVAL", "15 min"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_wrong_value_is_refused_with_its_setting_and_itself(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"SVODKA_{name}", value)
    with pytest.raises(SettingsError) as refused:
        load_settings()
    sentences = str(refused.value).splitlines()
    assert {line.partition(":")[0] for line in sentences} == {f"SVODKA_{name}"}
    assert repr(value) in str(refused.value) or any(
        repr(part.strip()) in str(refused.value) for part in value.split(",")
    )
    assert sentences[0].endswith(".")


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS", "POLL_INTERVAL", "DEFAULT_TIME"):
        monkeypatch.setenv(f"SVODKA_{name}", "?")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    named = {line.partition(":")[0] for line in str(refused.value).splitlines()}
    assert named == {"SVODKA_ACCESS", "SVODKA_POLL_INTERVAL", "SVODKA_DEFAULT_TIME"}


def test_variables_are_read_as_typed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values = {
        "ADMINS": " 11, 22 ,", "ACCESS": "closed", "DEFAULT_TIME": "07:30",
        "TELEGRAM_API_URL": "http://localhost:8081/", "LOG_LEVEL": "debug", "ARTICLES_DIR": "",
        "DATABASE_URL": f"sqlite:///{tmp_path}/a.sqlite", "POLL_INTERVAL": "60",
    }  # fmt: skip
    for name, value in values.items():
        monkeypatch.setenv(f"SVODKA_{name}", value)
    settings = load_settings()
    assert settings.admins == (11, 22)
    assert settings.access is AccessPolicy.CLOSED
    assert settings.default_time == time(7, 30)
    assert settings.telegram_api_url == "http://localhost:8081"
    assert settings.log_level == "DEBUG"
    assert settings.articles_dir is None
    assert settings.database_path == tmp_path / "a.sqlite"


def test_env_file_is_read_and_variables_beat_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SVODKA_POLL_INTERVAL=60\nSVODKA_DEFAULT_LANGUAGE=en\nOTHER=1\n")
    monkeypatch.setenv("SVODKA_POLL_INTERVAL", "70")
    settings = load_settings()
    assert (settings.poll_interval, settings.default_language) == (70, "en")


def test_token_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"\n{TOKEN}\n", encoding="utf-8")
    assert load_settings(bot_token_file=file).token() == TOKEN


def test_missing_token_file_is_named(tmp_path: Path) -> None:
    settings = load_settings(bot_token_file=tmp_path / "nowhere")
    with pytest.raises(SettingsError, match=r"SVODKA_BOT_TOKEN_FILE.*nowhere"):
        settings.token()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00\x01"])
def test_token_file_without_a_token_is_refused(tmp_path: Path, data: bytes) -> None:
    file = tmp_path / "token"
    file.write_bytes(data)
    with pytest.raises(SettingsError, match="SVODKA_BOT_TOKEN"):
        load_settings(bot_token_file=file).token()


def test_no_token_says_where_to_get_one() -> None:
    with pytest.raises(SettingsError, match=r"SVODKA_BOT_TOKEN.*@BotFather.*svodka demo"):
        load_settings().token()


@pytest.mark.parametrize("token", ["", "   ", "hello", "98765", "abc:def", ":x", "123:", "1 2:abc"])
def test_what_is_no_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(SettingsError, match="SVODKA_BOT_TOKEN") as refused:
        load_settings(bot_token=token).token()
    if token.strip() and len(token) > 4:
        assert token not in str(refused.value)


def test_two_tokens_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="both set") as refused:
        load_settings(bot_token=TOKEN, bot_token_file=tmp_path / "token")
    assert TOKEN not in str(refused.value)


@pytest.mark.parametrize("wrong", [{}, {"access": "?"}, {"poll_interval": 0}])
def test_token_is_in_no_repr_and_no_error(
    monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    monkeypatch.setenv("SVODKA_BOT_TOKEN", TOKEN)
    try:
        shown = repr(load_settings(**wrong)) + str(load_settings(**wrong))
    except SettingsError as error:
        assert wrong
        shown = f"{error!r} {error}"
    assert TOKEN not in shown


def test_defaults_need_nothing() -> None:
    settings = load_settings()
    assert settings.access is AccessPolicy.APPROVAL
    assert settings.default_timezone == "Europe/Moscow"


def test_an_empty_line_of_env_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("POLL_INTERVAL", "DEFAULT_TIMEZONE", "TELEGRAM_API_URL", "ADMINS"):
        monkeypatch.setenv(f"SVODKA_{name}", "")
    settings = load_settings()
    assert settings.poll_interval == 900
    assert settings.default_timezone == "Europe/Moscow"
    assert settings.admins == ()
