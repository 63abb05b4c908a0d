"""What Telegram refuses: texts, captions and keyboards over its limits, chats it may not write to.

Each check raises `ApiError` with the real server's words, in the order the real server checks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.sandbox.formatting import Formatted, check_url, fix_formatting
from bot.sandbox.html import parse_html
from bot.sandbox.model import ApiError, Chat, Json, Message, bad_request, forbidden

if TYPE_CHECKING:
    from bot.sandbox.world import World

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_RAW_BYTES = 32_768
MAX_CALLBACK_DATA_BYTES = 64
MAX_BUTTONS = 100
MAX_ROW = 8


def find_chat(world: World, chat_id: int | str) -> Chat:
    """Find the chat by id or @username."""
    if chat_id == "":
        raise bad_request("chat_id is empty")
    if isinstance(chat_id, str):
        name = chat_id.removeprefix("@").lower()
        named = [c for c in world.chats.values() if c.username.lower() == name and not c.is_private]
        chat = named[0] if named and chat_id.startswith("@") else None
    else:
        chat = world.chats.get(chat_id)
    if chat is None or (chat.is_private and not _is_known(world, chat)):
        raise bad_request("chat not found")
    if chat.migrated_to is not None:
        text = "group chat was upgraded to a supergroup chat"
        raise bad_request(text, migrate_to_chat_id=chat.migrated_to)
    return chat


def writable_chat(world: World, chat_id: int | str) -> Chat:
    """Find the chat, when the bot may write there."""
    chat = find_chat(world, chat_id)
    if chat.is_private:
        _check_person(world, chat)
        return chat
    status = chat.members.get(world.bot.id, "left")
    if status == "kicked":
        raise forbidden(f"bot was kicked from the {chat.kind} chat")
    if status == "left":
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    if not chat.bot_may_write or (chat.kind == "channel" and status != "administrator"):
        raise bad_request("not enough rights to send text messages to the chat")
    return chat


def parse_text(world: World, text: str, parse_mode: object, entities: list[Json]) -> Formatted:
    """Parse and fix a text or caption; what was dropped silently becomes a warning of the world."""
    if len(text.encode()) > MAX_RAW_BYTES:
        raise bad_request("message is too long")
    if isinstance(parse_mode, str) and parse_mode:
        if parse_mode.lower() != "html":
            raise bad_request("unsupported parse_mode")
        text, entities = parse_html(text)
    formatted = fix_formatting(text, entities)
    world.warn(formatted.warnings)
    return formatted


def check_message_text(formatted: Formatted, *, too_long: str = "message is too long") -> None:
    if not formatted.text:
        raise bad_request("message text is empty")
    if len(formatted.text) > MAX_TEXT:
        raise bad_request(too_long)


def check_caption(formatted: Formatted) -> None:
    if len(formatted.text) > MAX_CAPTION:
        raise bad_request("message caption is too long")


def check_markup(world: World, markup: Json | None) -> None:
    if markup is None:
        return
    if "inline_keyboard" in markup:
        rows = markup["inline_keyboard"]
        for button in (button for row in rows for button in row):
            _check_inline_button(button)
    else:
        rows = markup.get("keyboard", [])
    if sum(len(row) for row in rows) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    if any(len(row) > MAX_ROW for row in rows):
        world.warn([f"a keyboard row of more than {MAX_ROW} buttons"])


def own_message(world: World, chat: Chat, message_id: int) -> Message:
    """Find the bot's message to edit."""
    message = world.messages.get((chat.id, message_id))
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender_id != world.bot.id:
        raise bad_request("message can't be edited")
    return message


def _is_known(world: World, chat: Chat) -> bool:
    """Tell whether the person has written to the bot or shares a group with it."""
    return world.people[chat.id].started or any(
        chat.id in group.members and world.bot_is_in(group)
        for group in world.chats.values()
        if not group.is_private
    )


def _check_person(world: World, chat: Chat) -> None:
    person = world.people[chat.id]
    if person.deactivated:
        raise forbidden("user is deactivated")
    if person.blocked:
        raise forbidden("bot was blocked by the user")
    if not person.started:
        raise forbidden("bot can't initiate conversation with a user")


def _check_inline_button(button: Json) -> None:
    actions = [key for key, value in button.items() if key not in _LOOKS and value]
    if "switch_inline_query" in button or "switch_inline_query_current_chat" in button:
        return
    if not actions:
        raise bad_request(
            "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )
    if not button.get("text"):
        raise ApiError(400, "Bad Request: BUTTON_TEXT_INVALID")
    data = button.get("callback_data")
    if data is not None and not 1 <= len(data.encode()) <= MAX_CALLBACK_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    url = button.get("url")
    complaint = check_url(url) if url else None
    if complaint:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {complaint}")


_LOOKS = frozenset({"text", "style", "icon_custom_emoji_id"})
