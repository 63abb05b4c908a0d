"""The records of the sandbox: people, chats, messages, files and the errors of the Bot API.

They are plain and changeable, because the world changes them in place; everything that leaves the
sandbox is JSON made from them in `world.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

Json = dict[str, Any]

PRESENT = ("creator", "administrator", "member", "restricted")
"""The member statuses of somebody who is in the chat."""


class ApiError(Exception):
    """An answer with `"ok": false`, in Telegram's words."""

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> Json:
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(text: str, **parameters: int) -> ApiError:
    return ApiError(400, f"Bad Request: {text}", **parameters)


def forbidden(text: str) -> ApiError:
    return ApiError(403, f"Forbidden: {text}")


@dataclass(slots=True)
class Person:
    id: int
    first_name: str
    last_name: str = ""
    username: str = ""
    language_code: str = "ru"
    started: bool = False
    blocked: bool = False
    deactivated: bool = False

    def user(self) -> Json:
        optional = {
            "last_name": self.last_name,
            "username": self.username,
            "language_code": self.language_code,
        }
        head: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        return head | {key: value for key, value in optional.items() if value}


@dataclass(slots=True)
class Chat:
    """A private chat (its id is the person's), a group, a supergroup or a channel."""

    id: int
    kind: str
    title: str
    username: str = ""
    members: dict[int, str] = field(default_factory=dict)
    migrated_to: int | None = None
    bot_may_write: bool = True
    keyboard: Json | None = None
    """The reply keyboard now shown to people, None when there is none."""
    pinned: list[int] = field(default_factory=list)
    description: str = ""
    anonymous: set[int] = field(default_factory=set)
    """Administrators who speak as the chat itself; their presses are their own all the same."""
    topics: dict[int, str] = field(default_factory=dict)
    """Of a forum, names by thread id, which is the number of the message that opened it."""
    is_forum: bool = False
    voice: int | None = None
    """A channel as which its owner speaks in this group; None: as themselves."""
    hides_members: bool = False
    """From bots that are no administrators there."""

    @property
    def is_private(self) -> bool:
        return self.kind == "private"


@dataclass(slots=True, eq=False)
class Message:
    chat_id: int
    message_id: int
    sender_id: int
    date: datetime
    content: Json
    """The parts that make the kind: text, entities, document, photo, caption, service fields."""
    reply_to: int | None = None
    markup: Json | None = None
    edited: datetime | None = None
    forward_origin: Json | None = None
    anonymous: bool = False
    voice: int | None = None
    """The channel as which it was said; None: none."""
    reactions: dict[int, list[Json]] = field(default_factory=dict)
    extra: Json = field(default_factory=dict)
    """Fields that do not count as content: message_thread_id, link_preview_options."""
    changed: int = 0
    """The number of the event that told of its newest state."""

    @property
    def topic(self) -> int:
        """Of a forum, by its thread; 0: the general one, or no forum."""
        return int(self.extra.get("message_thread_id", 0))

    @property
    def text(self) -> str:
        return str(self.content.get("text") or self.content.get("caption") or "")


@dataclass(frozen=True, slots=True)
class StoredFile:
    file_id: str
    name: str
    mime_type: str
    data: bytes
    path: str

    def document(self) -> Json:
        return {
            "file_id": self.file_id,
            "file_unique_id": self.file_id[-12:],
            "file_name": self.name,
            "mime_type": self.mime_type,
            "file_size": len(self.data),
        }


@dataclass(slots=True)
class Callback:
    id: str
    person_id: int
    chat_id: int
    message_id: int
    data: str
    asked: datetime
    answer: Json | None = None
    """What the bot answered, None while it has not."""
