"""Settings: environment variables with the prefix SVODKA_, or the same lines in `.env`.

Each field's description is the README's; a test holds README, `.env.example` and this file
together.
"""

import re
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError
from bot.guard import AllowedHosts
from bot.languages import LANGUAGES
from bot.redaction import hide
from digests.polling import LONGEST_INTERVAL
from storage.backups import folder_of

PREFIX: Final = "SVODKA_"
SQLITE: Final = "sqlite:///"
WEBHOOK_PORTS: Final = frozenset({443, 80, 88, 8443})
SECRET_NAMES: Final = frozenset({"token", "secret"})  # in a setting's name: never repeated
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{16,256}")


class AccessPolicy(StrEnum):
    """To the bot, and to sources of one's own."""

    OPEN = "open"
    APPROVAL = "approval"
    CLOSED = "closed"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        env_ignore_empty=True,
    )

    bot_token: SecretStr | None = Field(
        None, description="The bot's token from @BotFather. Needed by `svodka run`."
    )
    bot_token_file: Path | None = Field(
        None, description="A file that holds the token, instead of `SVODKA_BOT_TOKEN`."
    )
    telegram_api_url: str = Field(
        "https://api.telegram.org",
        description="Base address of the Bot API: Telegram's, your own server's, a test double's.",
    )
    database_url: str = Field(
        "sqlite:///svodka.sqlite",
        description="Where everything is kept: `sqlite:///` and a path (four slashes: absolute).",
    )
    admins: Annotated[tuple[PositiveInt, ...], NoDecode] = Field(
        (),
        description="Numeric Telegram ids of administrators, comma-separated. `/id` tells yours.",
    )
    access: AccessPolicy = Field(
        AccessPolicy.APPROVAL,
        description="Who may use the bot: `open` everybody, `approval` whom an administrator lets "
        "in, `closed` administrators and those let in before.",
    )
    default_language: str = Field(
        "ru", description="Language of chats whose Telegram language the bot does not speak."
    )
    default_timezone: str = Field(
        "Europe/Moscow", description="IANA zone of new subscribers and of dates without a time."
    )
    default_time: time = Field(time(8, 0), description="Local time of a new subscriber's digest.")
    articles_dir: Path | None = Field(
        None,
        description="A folder watched for article files (`.txt`, `.html`) and lists of feeds "
        "(`.opml`). Empty: none.",
    )
    backup_hours: int = Field(
        24, ge=0, le=720, description="Hours between two backups of the database; `0`: none."
    )
    backups_kept: int = Field(3, ge=1, le=1_000, description="How many of them are kept.")
    backup_days: int = Field(
        7,
        ge=1,
        le=365,
        description="After so many days every copy of the database goes, also one made before an "
        "update or a restore: what somebody erased is in none. `/privacy` names them.",
    )
    backup_dir: Path | None = Field(
        None, description="Where backups go. Empty: `NAME-backups` beside the database."
    )
    aliases_file: Path | None = Field(
        None,
        description="A file of your own words that mean the same, beside the built-in "
        "`digests/text/aliases.txt` and in its form. SIGHUP reads it anew. Empty: none.",
    )
    poll_interval: int = Field(
        900, ge=5, le=86_400, description="Seconds between two looks at a feed and at the folder."
    )
    poll_longest: int = Field(
        int(LONGEST_INTERVAL.total_seconds()),
        ge=5,
        le=86_400,
        description="The same at most, for a source that seldom publishes.",
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Private hosts and unusual ports that sources may be fetched from, "
        "comma-separated: `rsshub:1200`. Everything else must be on the public internet.",
    )
    unknown_delivery: Literal["resend", "hold"] = Field(
        "resend",
        description="A message whose answer was lost may have arrived: `resend` sends it again, "
        "`hold` lets an administrator decide (`/held`).",
    )
    semantic: Literal["off", "on"] = Field(
        "off",
        description="`on`: new articles are also compared by their meaning, and one event told in "
        "Russian and in English is one story. Needs the extra (`make semantic`).",
    )
    http_listen: str = Field(
        "",
        description="Where health and metrics are served (docs/operating.md), such as "
        "`127.0.0.1:8080`. Empty: nowhere.",
    )
    webhook_url: str = Field(
        "",
        description="Public `https://` address that Telegram brings updates to, through a proxy "
        "to `SVODKA_HTTP_LISTEN`. Empty: updates are polled for, which needs no address.",
    )
    webhook_secret: SecretStr | None = Field(
        None,
        description="What Telegram must know to bring updates: 16 to 256 of `A-Z a-z 0-9 _ -`. "
        "Needed with `SVODKA_WEBHOOK_URL`.",
    )
    private_sources: AccessPolicy = Field(
        AccessPolicy.APPROVAL,
        description="Whether subscribers may add sources for themselves: `open` yes, `approval` "
        "when an administrator presses yes, `closed` no.",
    )
    most_private_sources: int = Field(
        20, ge=0, le=10_000, description="How many sources a subscriber may add for themselves."
    )
    keep_days: int = Field(
        180,
        ge=14,
        le=36_500,
        description="Days after which articles are forgotten, and what search knows of them.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="`DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
    log_format: Literal["human", "json"] = Field(
        "human", description="`human` lines for a terminal, `json` for machines."
    )

    @field_validator("admins", "allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _hosts_with_ports(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        AllowedHosts.parse(value)
        return value

    @field_validator("default_language")
    @classmethod
    def _spoken(cls, value: str) -> str:
        if value not in LANGUAGES:
            raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
        return value

    @field_validator("default_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is no IANA time zone such as Europe/Moscow")
        return value

    @field_validator("http_listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and not (host and port.isdigit() and int(port) < 65_536):
            raise ValueError("must be an address and a port such as 127.0.0.1:8080")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _where_telegram_goes(cls, value: str) -> str:
        parts = urlsplit(value)
        is_here = parts.scheme == "http" and parts.hostname == "127.0.0.1"  # a test double's
        if value and not is_here and (parts.scheme != "https" or not parts.hostname):
            raise ValueError("must start with https://")
        if value and not is_here and (parts.port or 443) not in WEBHOOK_PORTS:
            raise ValueError("Telegram goes to the ports 443, 80, 88 and 8443 only")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _hard_to_guess(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("must be 16 to 256 of A-Z a-z 0-9 _ -")
        return value

    @field_validator("database_url")
    @classmethod
    def _sqlite_only(cls, value: str) -> str:
        if not value.startswith(SQLITE) or len(value) == len(SQLITE):
            raise ValueError("must be sqlite:/// and a path; other databases are not supported")
        return value

    @field_validator("telegram_api_url")
    @classmethod
    def _http_only(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator(
        "bot_token_file",
        "articles_dir",
        "backup_dir",
        "aliases_file",
        "bot_token",
        "webhook_secret",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("log_level", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_token(self) -> "Settings":
        if self.bot_token and self.bot_token_file:
            raise ValueError("BOT_TOKEN and BOT_TOKEN_FILE are both set; keep one of them")
        return self

    @model_validator(mode="after")
    def _whole_webhook(self) -> "Settings":
        if self.webhook_url and not self.webhook_secret:
            raise ValueError("WEBHOOK_URL needs WEBHOOK_SECRET: else anybody may send updates")
        if self.webhook_url and not self.http_listen:
            raise ValueError("WEBHOOK_URL needs HTTP_LISTEN: where the proxy finds the bot")
        return self

    @property
    def database_path(self) -> Path:
        return Path(self.database_url.removeprefix(SQLITE))

    @property
    def backup_folder(self) -> Path:
        return self.backup_dir or folder_of(self.database_path)

    @property
    def http_address(self) -> tuple[str, int] | None:
        """None: nothing is served."""
        host, _, port = self.http_listen.rpartition(":")
        return (host.strip("[]"), int(port)) if port else None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.default_timezone)

    def secret(self) -> str:
        """The webhook's; it is there where there is a webhook."""
        return self.webhook_secret.get_secret_value() if self.webhook_secret else ""

    def token(self) -> str:
        """The bot's token. Raises SettingsError when there is none."""
        token = self.bot_token.get_secret_value() if self.bot_token else ""
        if self.bot_token_file:
            try:
                token = self.bot_token_file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "not text"
                raise SettingsError(
                    f"SVODKA_BOT_TOKEN_FILE: cannot read {self.bot_token_file} ({why})."
                ) from error
        token = token.strip()
        if not token:
            raise SettingsError(
                "SVODKA_BOT_TOKEN is not set. Get a token from @BotFather and put it into .env "
                "(see .env.example), or try the bot without one: svodka demo."
            )
        number, _, secret = token.partition(":")
        if not (number.isdigit() and secret):
            raise SettingsError(
                "SVODKA_BOT_TOKEN does not look like a token: it should read 123456:ABC-DEF…"
            )
        hide(token)
        return token


def load_settings(**overrides: object) -> Settings:
    """Raises SettingsError with one sentence a wrong setting, each naming it."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(one) for one in error.errors())) from error


def _sentence(error: object) -> str:
    values = dict(error)  # type: ignore[call-overload]
    place = [str(part) for part in values["loc"]]
    name = PREFIX + place[0].upper() if place else PREFIX.rstrip("_")
    message = str(values["msg"]).removeprefix("Value error, ")
    shown = values.get("input")
    if not place or SECRET_NAMES & set(place[0].split("_")) or isinstance(shown, dict):
        return f"{name}: {message}."
    if place[0] == "admins":
        message = "must be numeric Telegram ids separated by commas"
    return f"{name}: {message} (it is {shown!r})."
