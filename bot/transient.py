"""Which failures of a request to Telegram pass, and after which it may have been carried out.

An HTML 502 raises ClientDecodeError and odd bytes UnicodeDecodeError: neither is a
TelegramAPIError.
"""

from typing import Final

from aiogram.exceptions import (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)
from aiohttp import ClientConnectorError

PASSING: Final = (
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
    ClientDecodeError,
    UnicodeDecodeError,
    TimeoutError,
)


def is_passing(error: BaseException) -> bool:
    """The same request may succeed later."""
    return isinstance(error, PASSING)


def is_unknown(error: BaseException) -> bool:
    """The request may have been carried out: its answer was lost, or is none of Telegram's."""
    if isinstance(error, TelegramNetworkError):
        return not isinstance(error.__cause__, ClientConnectorError)
    return isinstance(error, ClientDecodeError | UnicodeDecodeError | TimeoutError)
