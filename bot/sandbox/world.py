"""The world of the sandbox: who is there, what was said, what the bot was told.

Plain state with the few operations both sides share (store, edit, delete, render, tell everybody).
What a person does is in `people.py`, what the bot may do in `methods.py`. The clock is a parameter.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.sandbox.faults import Faults
from bot.sandbox.members import ANONYMOUS, CHANNEL_BOT
from bot.sandbox.model import PRESENT, Callback, Chat, Json, Message, Person, StoredFile
from bot.sandbox.rates import RateLimiter, Rates
from bot.sandbox.signals import Signal
from bot.sandbox.updates import UpdateQueue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.sandbox.inline import CachedAnswer, InlineQuery

DEFAULT_TOKEN = "4242424242:AAsandboxSANDBOXsandboxSANDBOXsandb"  # noqa: S105 - opens nothing real
DEFAULT_RATES = Rates()
SUPERGROUP_BASE = -1_000_000_000_000
MAX_EVENTS = 5000


@dataclass(frozen=True, slots=True)
class Group:
    """A group to begin with: its members by person id and status, the bot by its own status."""

    title: str
    members: Mapping[int, str]
    bot_status: str | None = "member"
    id: int = -100
    kind: str = "group"
    username: str = ""


def default_people() -> list[Person]:
    return [
        Person(1001, "Анна", username="anna"),
        Person(1002, "Ben", username="ben", language_code="en"),
        Person(1000, "Админ", username="admin"),
    ]


def default_groups() -> list[Group]:
    return [Group("Редакция", {1000: "creator", 1001: "member", 1002: "member"}, id=-2001)]


@dataclass(slots=True)
class BotProfile:
    id: int
    first_name: str
    username: str
    description: str = ""
    short_description: str = ""
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    """Name, description and short description by (field, language)."""
    commands: dict[tuple[str, str], list[Json]] = field(default_factory=dict)
    """By (scope key, language)."""


class World:
    """Everything the sandbox knows. Make one for each server; nothing is shared or global."""

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        bot_name: str = "Сводка",
        bot_username: str = "svodka_bot",
        people: Sequence[Person] | None = None,
        groups: Sequence[Group] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        rates: Rates | None = DEFAULT_RATES,
        seed: int = 0,
        privacy_mode: bool = True,
    ) -> None:
        """`rates=None` switches the rates off; `privacy_mode` hides small talk of groups."""
        self.token = token
        self.now = now
        self.privacy_mode = privacy_mode
        self.bot = BotProfile(int(token.partition(":")[0]), bot_name, bot_username)
        self.people: dict[int, Person] = {}
        self.chats: dict[int, Chat] = {}
        self.messages: dict[tuple[int, int], Message] = {}
        self.files: dict[str, StoredFile] = {}
        self.callbacks: dict[str, Callback] = {}
        self.inline_queries: dict[str, InlineQuery] = {}
        self.inline_cache: dict[tuple[str, str, int], CachedAnswer] = {}
        """By (query, offset, person), person 0 for everybody."""
        self.read: dict[tuple[int, int, int], int] = {}
        """The newest message a person has seen, by (person, chat, topic as `Message.topic`)."""
        self.updates = UpdateQueue(now)
        self.faults = Faults(seed)
        self.limiter = RateLimiter(rates, now)
        self.ledger: list[Json] = []
        self.warnings: list[str] = []
        self.requests: Counter[str] = Counter()
        """Every request that reached the server, by method."""
        self.events: list[Json] = []
        self.changed = Signal()
        self._sequence = 0
        self._ids = itertools.count(1)
        self._message_ids = itertools.count(1)
        self._supergroup_ids: dict[int, itertools.count[int]] = {}
        for person in default_people() if people is None else people:
            self.add_person(person)
        for group in default_groups() if groups is None else groups:
            self.add_group(group)

    # People and chats

    def add_person(self, person: Person) -> Person:
        self.people[person.id] = person
        chat = Chat(person.id, "private", person.first_name, person.username)
        self.chats[person.id] = chat
        self.tell("people")
        return person

    def add_group(self, group: Group) -> Chat:
        chat = Chat(group.id, group.kind, group.title, group.username, dict(group.members))
        if group.bot_status is not None:
            chat.members[self.bot.id] = group.bot_status
        self.chats[chat.id] = chat
        self.tell("chats", chat)
        return chat

    def new_group_id(self, kind: str = "group") -> int:
        base = 0 if kind == "group" else SUPERGROUP_BASE
        return base - 3000 - next(self._ids)

    def sees(self, person_id: int, chat: Chat) -> bool:
        if chat.is_private:
            return chat.id == person_id
        return chat.members.get(person_id) in PRESENT

    def bot_is_in(self, chat: Chat) -> bool:
        return chat.is_private or chat.members.get(self.bot.id) in PRESENT

    def bot_user(self) -> Json:
        return {
            "id": self.bot.id,
            "is_bot": True,
            "first_name": self.bot.first_name,
            "username": self.bot.username,
        }

    def user(self, user_id: int) -> Json:
        if user_id == self.bot.id:
            return self.bot_user()
        return self.people[user_id].user()

    def chat_json(self, chat: Chat) -> Json:
        if chat.is_private:
            user = self.people[chat.id].user()
            return {"id": chat.id, "type": "private"} | {
                key: user[key] for key in ("first_name", "last_name", "username") if key in user
            }
        head: Json = {"id": chat.id, "type": chat.kind, "title": chat.title}
        optional: Json = {"username": chat.username, "is_forum": chat.is_forum}
        return head | {key: value for key, value in optional.items() if value}

    # Messages

    def store(self, message: Message) -> Message:
        """Give the message its id, keep it and tell everybody who sees the chat."""
        chat = self.chats[message.chat_id]
        message.message_id = self._next_message_id(chat)
        self.messages[chat.id, message.message_id] = message
        message.changed = self._sequence + 1
        if message.sender_id in self.people:
            self.read[message.sender_id, chat.id, message.topic] = message.message_id
        self.tell("message", chat, message=self.view(message))
        return message

    def new_message(self, chat: Chat, sender_id: int, content: Json) -> Message:
        return Message(chat.id, 0, sender_id, self.now(), content)

    def touch(self, message: Message) -> None:
        """Tell everybody that the message has changed."""
        message.changed = self._sequence + 1
        self.tell("edit", self.chats[message.chat_id], message=self.view(message))

    def delete(self, message: Message) -> None:
        del self.messages[message.chat_id, message.message_id]
        chat = self.chats[message.chat_id]
        self.tell("delete", chat, message_id=message.message_id)

    def history(self, chat_id: int) -> list[Message]:
        """All messages of the chat, oldest first."""
        return [m for (chat, _), m in self.messages.items() if chat == chat_id]

    def render(self, message: Message, *, with_reply: bool = True) -> Json:
        """Return the message as the Bot API shows it; a reply carries what it replies to."""
        chat = self.chats[message.chat_id]
        sender = {} if chat.kind == "channel" else {"from": self.user(message.sender_id)}
        if chat.kind == "channel" or message.anonymous:
            sender |= {"sender_chat": self.chat_json(chat)}
        if message.anonymous:
            sender["from"] = ANONYMOUS
        if message.voice is not None:
            sender = {
                "from": CHANNEL_BOT,
                "sender_chat": self.chat_json(self.chats[message.voice]),
            }
        shown: Json = {
            "message_id": message.message_id,
            **sender,
            "chat": self.chat_json(chat),
            "date": int(message.date.timestamp()),
            **message.extra,
            **message.content,
        }
        if message.edited is not None:
            shown["edit_date"] = int(message.edited.timestamp())
        if message.forward_origin is not None:
            shown["forward_origin"] = message.forward_origin
        if message.markup is not None and "inline_keyboard" in message.markup:
            shown["reply_markup"] = message.markup
        replied = self.messages.get((message.chat_id, message.reply_to or 0))
        if with_reply and replied is not None:
            shown["reply_to_message"] = self.render(replied, with_reply=False)
        return shown

    def view(self, message: Message) -> Json:
        """Return the message as people see it: with the reactions, which bots do not see."""
        reactions = [
            {"emoji": reaction.get("emoji", ""), "by": user_id}
            for user_id, given in message.reactions.items()
            for reaction in given
        ]
        return self.render(message) | {"reactions": reactions, "changed": message.changed}

    def add_file(
        self, name: str, data: bytes, mime_type: str, folder: str = "documents"
    ) -> StoredFile:
        number = next(self._ids)
        file_id = f"BQACAgIAAxkB{folder[:2]}{number:08d}"
        suffix = name.rpartition(".")[2] if "." in name else "bin"
        path = f"{folder}/file_{number}.{suffix}"
        stored = StoredFile(file_id, name, mime_type, data, path)
        self.files[file_id] = stored
        return stored

    # What happened

    def tell(self, kind: str, chat: Chat | None = None, **values: object) -> None:
        """Record an event for the streams; one with a chat goes only to those who see it."""
        self._sequence += 1
        event: Json = {"seq": self._sequence, "kind": kind, **values}
        if chat is not None:
            event["chat_id"] = chat.id
        self.events.append(event)
        del self.events[:-MAX_EVENTS]
        self.changed.notify()

    @property
    def sequence(self) -> int:
        """The number of the newest event."""
        return self._sequence

    def events_after(self, sequence: int, person_id: int | None = None) -> list[Json]:
        fresh = [event for event in self.events if event["seq"] > sequence]
        if person_id is None:
            return fresh
        return [event for event in fresh if self._concerns(event, person_id)]

    def clear(self) -> None:
        """Forget what happened; people, groups and the bot's profile stay."""
        self.messages.clear()
        self.ledger.clear()
        self.warnings.clear()
        self.callbacks.clear()
        self.inline_queries.clear()
        self.inline_cache.clear()
        self.read.clear()
        self.requests.clear()
        self.faults.clear()
        self.updates.drop_all()
        self.tell("clear")

    def _concerns(self, event: Json, person_id: int) -> bool:
        if event.get("person_id", person_id) != person_id:
            return False
        chat = self.chats.get(event.get("chat_id", 0))
        return chat is None or event["kind"] == "chats" or self.sees(person_id, chat)

    def warn(self, warnings: Sequence[str]) -> None:
        self.warnings.extend(warnings)

    def new_id(self) -> int:
        return next(self._ids)

    def _next_message_id(self, chat: Chat) -> int:
        """Count for each supergroup and channel; all other chats share the bot's counter."""
        if chat.kind in {"supergroup", "channel"}:
            return next(self._supergroup_ids.setdefault(chat.id, itertools.count(1)))
        return next(self._message_ids)
