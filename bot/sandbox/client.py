"""Persons as Python objects, for tests: say, press, wait, read — over the sandbox's HTTP.

`Member.wait_for` looks at what the bot wrote or changed since the person's last action, so a test
never takes yesterday's answer for today's; it waits on the event stream, never by sleeping.
"""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bot.sandbox.model import Json

from bot.sandbox.members import ANONYMOUS, CHANNEL_BOT

VOICES = frozenset((ANONYMOUS["id"], CHANNEL_BOT["id"]))
DEFAULT_SECONDS = 10.0
REQUEST_SECONDS = 90.0


class SandboxError(Exception):
    """The sandbox refused a person's action."""


@dataclass(frozen=True, slots=True)
class SeenButton:
    text: str
    data: str | None
    """Callback data; None for a button that opens an address."""
    url: str | None
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message as the person sees it; `raw` is its JSON as in the Bot API."""

    raw: Json = field(repr=False)
    message_id: int
    chat_id: int
    sender_id: int
    from_bot: bool
    text: str
    """Text or caption."""
    entities: list[Json] = field(repr=False)
    buttons: list[list[SeenButton]] = field(repr=False)
    reply_to: int | None
    document: Json | None
    edited: bool
    reactions: list[str]
    changed: int = field(repr=False)

    def button(self, label: str) -> SeenButton | None:
        """Return the first button whose label contains the text."""
        return next((b for row in self.buttons for b in row if label in b.text), None)

    @property
    def labels(self) -> list[str]:
        return [button.text for row in self.buttons for button in row]

    def entity_texts(self, kind: str) -> list[str]:
        """Return the pieces of text under entities of this kind."""
        units = self.text.encode("utf-16-le")
        return [
            units[e["offset"] * 2 : (e["offset"] + e["length"]) * 2].decode("utf-16-le")
            for e in self.entities
            if e["type"] == kind
        ]

    @property
    def urls(self) -> list[str]:
        return [e["url"] for e in self.entities if e["type"] == "text_link"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the bot answered to a pressed button."""

    answered: bool
    text: str
    alert: bool
    url: str


@dataclass(frozen=True, slots=True)
class InlineAnswer:
    """What the bot answered to an inline query; each result is its JSON."""

    id: str
    answered: bool
    results: list[Json]
    next_offset: str
    button: Json | None


class SandboxClient:
    """Use as `async with SandboxClient(sandbox.url) as client`."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
        self._session = aiohttp.ClientSession(timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def person(
        self,
        person_id: int,
        *,
        first_name: str | None = None,
        language_code: str | None = None,
        **fields: Any,  # noqa: ANN401 - the other fields of Person
    ) -> Member:
        """Return the person in their private chat; added or changed as the fields say."""
        asked = {"first_name": first_name, "language_code": language_code, **fields}
        values = {key: value for key, value in asked.items() if value is not None}
        known = [p["id"] for p in (await self.get("state"))["people"]]
        if person_id not in known:
            values.setdefault("first_name", f"Person {person_id}")
        if values:
            await self.post("people", id=person_id, **values)
        return Member(self, person_id, person_id)

    async def group(
        self,
        creator: Member,
        title: str,
        members: Mapping[int, str] | None = None,
        *,
        bot_status: str | None = "member",
        kind: str = "group",
    ) -> GroupChat:
        """Create a group; `members` maps person ids to statuses, the creator is added."""
        chat = await self.post(
            "groups",
            person=creator.person_id,
            title=title,
            members={str(key): value for key, value in (members or {}).items()},
            bot_status=bot_status,
            kind=kind,
        )
        return GroupChat(self, chat["id"], creator.person_id)

    def existing_group(self, chat_id: int, creator_id: int) -> GroupChat:
        return GroupChat(self, chat_id, creator_id)

    async def order_fault(self, kind: str, **options: object) -> None:
        """Order a fault; kinds and options are those of `bot.sandbox.faults.Fault`."""
        await self.post("faults", kind=kind, **options)

    async def faults(self) -> list[Json]:
        result: list[Json] = await self.get("faults")
        return result

    async def clear_faults(self) -> None:
        await self.request("DELETE", "faults")

    async def ledger(self, chat_id: int | None = None) -> list[Json]:
        """Every send the server accepted, oldest first."""
        entries: list[Json] = await self.get("ledger")
        return [e for e in entries if chat_id is None or e["chat_id"] == chat_id]

    async def stats(self) -> Json:
        result: Json = await self.get("stats")
        return result

    async def clear(self) -> None:
        await self.post("clear")

    async def get(self, name: str, **query: object) -> Any:  # noqa: ANN401 - JSON
        values = {key: str(value) for key, value in query.items() if value is not None}
        return await self.request("GET", name, params=values)

    async def post(self, name: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        return await self.request("POST", name, json=body)

    async def request(self, verb: str, name: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
        if self._session is None:
            raise RuntimeError("SandboxClient is a context manager: enter it first")
        async with self._session.request(verb, f"{self._url}/api/{name}", **options) as response:
            body = await response.json()
        if response.status >= 400:
            raise SandboxError(body["error"])
        return body


class Member:
    """A person in one chat: their private chat with the bot, or a group."""

    def __init__(
        self, client: SandboxClient, person_id: int, chat_id: int, thread: int | None = None
    ) -> None:
        self._client = client
        self.person_id = person_id
        self.chat_id = chat_id
        self.thread = thread
        self._acted = 0
        """The number of the newest event before the person's last action."""

    def in_chat(self, chat_id: int) -> Member:
        """Return the same person in another chat."""
        return Member(self._client, self.person_id, chat_id)

    def in_topic(self, thread: int) -> Member:
        """Return the same person in a topic of this forum."""
        return Member(self._client, self.person_id, self.chat_id, thread)

    async def say(self, text: str, *, reply_to: SeenMessage | int | None = None) -> SeenMessage:
        await self._mark()
        target = reply_to.message_id if isinstance(reply_to, SeenMessage) else reply_to
        raw = await self._post("say", text=text, reply_to=target, thread=self.thread)
        return _seen(raw)

    async def edit(self, message: SeenMessage, text: str) -> SeenMessage:
        await self._mark()
        return _seen(await self._post("edit", message_id=message.message_id, text=text))

    async def press(
        self,
        label: str,
        *,
        message: SeenMessage | None = None,
        timeout: float = DEFAULT_SECONDS,  # noqa: ASYNC109 - also passed on to the server
    ) -> Answer:
        """Press the button whose label contains the text, on the newest message that has it.

        Waits for such a message, then for the bot's answer; `Answer.answered` is False when none
        came in time.
        """
        if message is None:
            message = await self.wait_for(
                lambda m: m.button(label) is not None,
                timeout=timeout,
                since=0,
                newest=True,
                what=f"a button {label!r}",
            )
        button = message.button(label)
        if button is None or button.data is None:
            raise SandboxError(f"no button to press with {label!r} among {message.labels}")
        return await self.press_raw(message, button.data, timeout=timeout)

    async def press_raw(
        self,
        message: SeenMessage | int,
        data: str,
        *,
        timeout: float = DEFAULT_SECONDS,  # noqa: ASYNC109 - passed on to the server
    ) -> Answer:
        """Send any callback data, as a forged client could."""
        await self._mark()
        message_id = message.message_id if isinstance(message, SeenMessage) else message
        body = await self._post("press", message_id=message_id, data=data, timeout=timeout)
        return Answer(body["answered"], body["text"], body["alert"], body["url"])

    async def wait_for(
        self,
        fits: Callable[[SeenMessage], bool] = lambda _: True,
        *,
        timeout: float = DEFAULT_SECONDS,  # noqa: ASYNC109 - part of the promised interface
        since: int | None = None,
        newest: bool = False,
        what: str = "a fitting message",
    ) -> SeenMessage:
        """Return the bot's first fitting message, new or changed since the last action.

        `since=0` looks at the whole chat; `newest` takes the last that fits. Raises TimeoutError
        with what was there instead.
        """
        after = self._acted if since is None else since
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            page = await self._get("messages", after=after)
            seen = [m for m in map(_seen, page["messages"]) if m.from_bot]
            found = [m for m in seen if fits(m)]
            if found:
                return found[-1 if newest else 0]
            left = end - loop.time()
            if left <= 0:
                texts = [m.text[:200] for m in seen]
                raise TimeoutError(f"no {what} within {timeout} s; the bot wrote {texts}")
            await self._get("poll", after=page["sequence"], timeout=left)

    async def messages(self) -> list[SeenMessage]:
        """Return the whole chat, oldest first."""
        return [_seen(m) for m in (await self._get("messages"))["messages"]]

    async def from_bot(self) -> list[SeenMessage]:
        return [m for m in await self.messages() if m.from_bot]

    async def send_document(
        self, name: str, data: bytes, *, mime_type: str = "", caption: str = ""
    ) -> SeenMessage:
        await self._mark()
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("person", str(self.person_id))
        form.add_field("chat", str(self.chat_id))
        form.add_field("caption", caption)
        kind = mime_type or "application/octet-stream"
        form.add_field("file", io.BytesIO(data), filename=name, content_type=kind)
        return _seen(await self._client.request("POST", "document", data=form))

    async def forward(self, message: SeenMessage) -> SeenMessage:
        """Forward a message of the sandbox into this chat."""
        await self._mark()
        return _seen(
            await self._post("forward", from_chat=message.chat_id, message_id=message.message_id)
        )

    async def forward_post(
        self,
        text: str,
        *,
        channel: str = "Канал",
        username: str = "channel",
        channel_id: int = -1_000_000_009_000,
        message_id: int = 1,
        **origin: object,
    ) -> SeenMessage:
        """Forward a channel's post that is not in the sandbox; `origin` overrides its fields."""
        await self._mark()
        chat = {"id": channel_id, "type": "channel", "title": channel}
        if username:
            chat["username"] = username
        full = {"type": "channel", "chat": chat, "message_id": message_id, **origin}
        return _seen(await self._post("forward", text=text, origin=full))

    async def react(self, message: SeenMessage, emoji: str | None) -> None:
        await self._mark()
        await self._post("react", message_id=message.message_id, emoji=emoji)

    async def ask_inline(
        self,
        query: str,
        *,
        offset: str = "",
        timeout: float = DEFAULT_SECONDS,  # noqa: ASYNC109 - passed on to the server
    ) -> InlineAnswer:
        body = await self._post("inline", query=query, offset=offset, timeout=timeout)
        return InlineAnswer(
            body["id"], body["answered"], body["results"], body["next_offset"], body["button"]
        )

    async def choose(self, answer: InlineAnswer, result: Json) -> None:
        """Send a result of an inline query here."""
        await self._mark()
        await self._post("choose", inline=answer.id, result=result["id"])

    async def block(self) -> None:
        await self._mark()
        await self._post("block")

    async def unblock(self) -> None:
        await self._mark()
        await self._post("unblock")

    async def commands(self) -> list[Json]:
        """Return the command menu as this person sees it here."""
        shown: list[Json] = (await self._state())["commands"]
        return shown

    async def unread(self) -> int:
        return int((await self._state())["unread"])

    async def download(self, message: SeenMessage) -> bytes:
        """Return the bytes of the message's document."""
        if message.document is None:
            raise SandboxError("the message has no document")
        session = self._client._session  # noqa: SLF001 - same module
        if session is None:
            raise RuntimeError("SandboxClient is a context manager: enter it first")
        url = f"{self._client._url}/api/files/{message.document['file_id']}"  # noqa: SLF001
        async with session.get(url) as response:
            return await response.read()

    async def _state(self) -> Json:
        state = await self._client.get("state", person=self.person_id)
        chat: Json = next(c for c in state["chats"] if c["id"] == self.chat_id)
        return chat

    async def _mark(self) -> None:
        self._acted = (await self._client.get("state"))["sequence"]

    async def _post(self, name: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        return await self._client.post(name, person=self.person_id, chat=self.chat_id, **body)

    async def _get(self, name: str, **query: object) -> Any:  # noqa: ANN401 - JSON
        return await self._client.get(name, person=self.person_id, chat=self.chat_id, **query)


class GroupChat:
    """A group as its creator handles it; `member` gives a person in it."""

    def __init__(self, client: SandboxClient, chat_id: int, creator_id: int) -> None:
        self._client = client
        self.chat_id = chat_id
        self.creator_id = creator_id

    def member(self, person: Member | int) -> Member:
        person_id = person.person_id if isinstance(person, Member) else person
        return Member(self._client, person_id, self.chat_id)

    async def set_member(self, user: Member | int | str, status: str) -> None:
        """`user` is a person or "bot"; statuses are the Bot API's, `left` and `kicked` too."""
        who = user.person_id if isinstance(user, Member) else user
        await self._client.post(
            "members", person=self.creator_id, chat=self.chat_id, user=who, status=status
        )

    async def add_bot(self, status: str = "member") -> None:
        await self.set_member("bot", status)

    async def remove_bot(self) -> None:
        await self.set_member("bot", "kicked")

    async def let_bot_write(self, allowed: bool) -> None:
        await self._client.post(
            "writing", person=self.creator_id, chat=self.chat_id, allowed=allowed
        )

    async def promote(self, user: Member | int | str) -> None:
        await self.set_member(user, "administrator")

    async def demote(self, user: Member | int | str) -> None:
        await self.set_member(user, "member")

    async def be_anonymous(self, user: Member) -> None:
        await self._client.post("anonymous", chat=self.chat_id, user=user.person_id)

    async def open_topic(self, name: str) -> int:
        body = await self._client.post(
            "topics", person=self.creator_id, chat=self.chat_id, title=name
        )
        return int(body["thread"])

    async def close_topic(self, thread: int) -> None:
        await self._client.post("topics", chat=self.chat_id, thread=thread)

    async def migrate(self) -> GroupChat:
        """Upgrade to a supergroup; returns the chat under its new id."""
        chat = await self._client.post("migrate", chat=self.chat_id)
        return GroupChat(self._client, chat["id"], self.creator_id)


def _seen(raw: Json) -> SeenMessage:
    markup = raw.get("reply_markup", {}).get("inline_keyboard", [])
    buttons = [
        [
            SeenButton(b["text"], b.get("callback_data"), b.get("url"), row, column)
            for column, b in enumerate(line)
        ]
        for row, line in enumerate(markup)
    ]
    sender = raw.get("from") or raw["sender_chat"]
    return SeenMessage(
        raw=raw,
        message_id=raw["message_id"],
        chat_id=raw["chat"]["id"],
        sender_id=sender["id"],
        from_bot=sender.get("is_bot", "sender_chat" in raw) and sender["id"] not in VOICES,
        text=raw.get("text") or raw.get("caption") or "",
        entities=raw.get("entities") or raw.get("caption_entities") or [],
        buttons=buttons,
        reply_to=raw.get("reply_to_message", {}).get("message_id"),
        document=raw.get("document"),
        edited="edit_date" in raw,
        reactions=[r["emoji"] for r in raw.get("reactions", [])],
        changed=raw["changed"],
    )
