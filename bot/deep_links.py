"""Topics in a link: `https://t.me/BOT?start=t…` takes whoever opens it to the bot with them chosen.

Telegram lets 64 letters of `A-Za-z0-9_-` through, which hold 47 bytes. Cyrillic letters take two in
UTF-8, so words that Windows-1251 knows are written in that: four or five topics instead of two.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final

from digests.models import ChatId

MOST_LETTERS: Final = 64
ENCODINGS: Final = {"t": "cp1251", "u": "utf-8"}  # by the first letter of the payload
SUPERGROUPS: Final = -1_000_000_000_000  # their ids count down from here; links have the rest
FIRST: Final = 1
INTO: Final = re.compile(r"https://t\.me/c/(\d{1,15})/\d+")
BETWEEN: Final = "\n"  # topics may have commas: `AI = LLM, neural nets`


def pack_topics(topics: Sequence[str]) -> tuple[str, list[str]]:
    """The payload, and the topics that found room in it, in their order; without one, empty."""
    payload = ""
    packed: list[str] = []
    for topic in filter(str.isprintable, topics):
        longer = _packed([*packed, topic])
        if len(longer) <= MOST_LETTERS:
            payload, packed = longer, [*packed, topic]
    return payload, packed


def _packed(topics: Sequence[str]) -> str:
    text = BETWEEN.join(topics)
    for mark, encoding in ENCODINGS.items():
        try:
            return mark + base64.urlsafe_b64encode(text.encode(encoding)).decode().rstrip("=")
        except UnicodeEncodeError:
            continue
    return " " * (MOST_LETTERS + 1)  # lone surrogates: no room for such


def unpack_topics(payload: str) -> list[str]:
    """The topics of a link; of one that was not made here, none."""
    encoding = ENCODINGS.get(payload[:1])
    if encoding is None or len(payload) > MOST_LETTERS:
        return []
    packed = payload[1:]
    try:
        data = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        text = data.decode(encoding)
    except (binascii.Error, ValueError):
        return []
    if not all(part.isprintable() and part.strip() for part in text.split(BETWEEN)):
        return []
    return [part.strip() for part in text.split(BETWEEN)] if _packed([text]) == payload else []


def link_into(chat: int, number: int | None = None) -> str:
    """To a topic of a forum or a message of a channel, for those who are in it. `number` None: the
    general topic, or the first message."""
    return f"https://t.me/c/{SUPERGROUPS - chat}/{number or FIRST}"


def chat_of_link(url: str) -> ChatId | None:
    """The chat of a link that `link_into` makes. None: it is no such link."""
    found = INTO.fullmatch(url)
    return ChatId(SUPERGROUPS - int(found[1])) if found else None


def link_to(username: str, payload: str) -> str:
    return f"https://t.me/{username}?start={payload}"
