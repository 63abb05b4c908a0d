"""Links that open a group's or channel's digest in the private chat of whoever presses them:
`start=d_17_…`. Nobody can make one but the bot, so having one means having had the message.
"""

import base64
import hmac
from typing import Final

from digests.models import DigestId

PREFIX: Final = "d_"
MAC_BYTES: Final = 16


def key_of(bot_token: str, digest: DigestId) -> str:
    """What stands for a digest in links and buttons; 42 letters at most."""
    made = hmac.digest(bot_token.encode(), f"digest/{digest}".encode(), "sha256")[:MAC_BYTES]
    return f"{digest}_{base64.urlsafe_b64encode(made).decode().rstrip('=')}"


def digest_of(bot_token: str, key: str) -> DigestId | None:
    """None: this bot made no such key."""
    number = key.partition("_")[0]
    if not (number.isascii() and number.isdigit() and len(number) < 19 and key.isascii()):
        return None
    digest = DigestId(int(number))
    return digest if hmac.compare_digest(key_of(bot_token, digest), key) else None
