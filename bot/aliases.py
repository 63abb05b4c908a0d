"""The operator's own words that mean the same: read at the start, and anew at SIGHUP."""

import structlog

from bot.context import Core
from bot.errors import SettingsError
from bot.making import topic_of
from bot.settings import Settings
from digests.text.aliases import parse_aliases
from digests.text.keys import use_aliases

log = structlog.get_logger()


def read_aliases(settings: Settings) -> str:
    """Empty: there is no such file set. Raises SettingsError when it cannot be read."""
    path = settings.aliases_file
    if path is None:
        return ""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8 text"
        raise SettingsError(f"SVODKA_ALIASES_FILE: cannot read {path} ({why}).") from error


def apply_aliases(core: Core) -> int:
    """Use the file as it is now, here and in the workers; how many meanings it has.

    Raises SettingsError; then everything stays as it was.
    """
    own = read_aliases(core.settings)
    meanings = len(parse_aliases(own).meanings)
    use_aliases(own)
    topic_of.cache_clear()
    core.workers.aliases = core.parsers.aliases = own
    return meanings


def reload_aliases(core: Core) -> None:
    """At SIGHUP: a file that cannot be read changes nothing and is logged."""
    try:
        log.info("reloaded", aliases=apply_aliases(core))
    except SettingsError as error:
        log.error("not_reloaded", cause=str(error))  # noqa: TRY400 - a sentence, no traceback
