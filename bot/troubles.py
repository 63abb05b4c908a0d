"""What keeps a source from being read, in a few words for its page."""

from typing import Final

from bot.i18n import Language

# Reasons of failed fetches and codes of errors that have words; any other names itself.
NAMED: Final = (
    "timeout", "connection", "redirects", "too_large", "private", "headers", "address",
    "http_403", "http_404", "http_410", "http_429", "not_a_feed", "no_channel", "worker",
)  # fmt: skip


def trouble(error: str, spoken: Language) -> str:
    """`такой страницы нет (404)`, else `HTTP 500`; `error` is what the source keeps."""
    name = error.removeprefix("error.")
    if name in NAMED:
        return spoken.say(f"trouble.{name}")
    return name.replace("_", " ").upper()
