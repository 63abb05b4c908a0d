"""The token leaves the process only towards Telegram: everything said elsewhere passes here.

aiogram's exception texts carry it (file downloads, redirect loops), so it is taken out of logs, of
tracebacks nobody caught, and of what the command line says; whatever looks like a token too.
"""

import re
import sys
import threading
import traceback
from typing import Any, Final
from urllib.parse import quote

TOKEN: Final = re.compile(r"\d{5,}(?::|%(?:25)*3A)[A-Za-z0-9_-]{20,}", re.IGNORECASE)
REDACTED: Final = "[token]"
LEAST_LETTERS: Final = 8  # of a secret half that is looked for by itself

_hidden: set[str] = set()  # for the process: hooks have nobody to ask


def hide(token: str) -> None:
    """Take this token out from now on, whatever it looks like, whole or its secret half alone."""
    once = quote(token, safe="")
    _hidden.update({token, once, quote(once, safe=""), once.replace("%3A", "%3a")})
    secret = token.partition(":")[2]
    if len(secret) >= LEAST_LETTERS:
        _hidden.add(secret)


def redacted(text: str) -> str:
    for secret in sorted(_hidden, key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return TOKEN.sub(REDACTED, text)


def guard_hooks() -> None:
    """Redact what Python prints by itself: errors nobody caught, in any thread or destructor."""

    def tell(error: BaseException | None, where: str = "") -> None:
        lines = traceback.format_exception(error) if error else ["unknown error\n"]
        sys.stderr.write(redacted(where + "".join(lines)))

    def uncaught(_kind: type[BaseException], error: BaseException, _trace: object) -> None:
        tell(error)

    def uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
        tell(given.exc_value, f"Exception in thread {given.thread and given.thread.name}:\n")

    def ignored(given: Any) -> None:  # noqa: ANN401 - sys.UnraisableHookArgs has no runtime name
        tell(given.exc_value, f"Exception ignored in {given.object!r}:\n")

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread
    sys.unraisablehook = ignored
