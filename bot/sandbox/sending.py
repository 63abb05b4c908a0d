"""The methods by which the bot writes: send, edit, delete, answer a button.

Each checks in the real server's order (chat, then text, then keyboard, then rate) and only then
changes the world; every accepted send goes into the ledger.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from aiogram.methods import (
    AnswerCallbackQuery,
    DeleteMessage,
    DeleteMessages,
    EditMessageReplyMarkup,
    EditMessageText,
    SendChatAction,
    SendDocument,
    SendMessage,
    SendPhoto,
)

from bot.sandbox.limits import (
    check_caption,
    check_markup,
    check_message_text,
    find_chat,
    own_message,
    parse_text,
    writable_chat,
)
from bot.sandbox.model import Chat, Json, Message, StoredFile, bad_request
from bot.sandbox.registry import Context, Upload, answers, as_json, given

if TYPE_CHECKING:
    from bot.sandbox.formatting import Formatted
    from bot.sandbox.world import World

CALLBACK_LIFETIME = timedelta(seconds=60)
MAX_ANSWER = 200
MAX_PHOTO_BYTES = 10 * 1024 * 1024
MAX_DOCUMENT_BYTES = 50 * 1024 * 1024
DELETABLE_FOR = timedelta(hours=48)
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


@answers(SendMessage)
def send_message(context: Context, call: SendMessage) -> Json:
    world = context.world
    chat = writable_chat(world, call.chat_id)
    formatted = parse_text(world, call.text, given(call.parse_mode), _entities(call.entities))
    check_message_text(formatted)
    content: Json = {"text": formatted.text}
    if formatted.entities:
        content["entities"] = formatted.entities
    return _send(world, chat, content, call)


@answers(SendDocument)
def send_document(context: Context, call: SendDocument) -> Json:
    world = context.world
    chat = writable_chat(world, call.chat_id)
    stored = _file(context, call.document, MAX_DOCUMENT_BYTES)
    content: Json = {"document": stored.document(), **_caption(world, call)}
    return _send(world, chat, content, call)


@answers(SendPhoto)
def send_photo(context: Context, call: SendPhoto) -> Json:
    world = context.world
    chat = writable_chat(world, call.chat_id)
    stored = _file(context, call.photo, MAX_PHOTO_BYTES)
    size = {
        "file_id": stored.file_id,
        "file_unique_id": stored.file_id[-12:],
        "width": 800,
        "height": 600,
        "file_size": len(stored.data),
    }
    return _send(world, chat, {"photo": [size], **_caption(world, call)}, call)


@answers(SendChatAction)
def send_chat_action(context: Context, call: SendChatAction) -> bool:
    chat = writable_chat(context.world, call.chat_id)
    context.world.tell("action", chat, action=call.action)
    return True


@answers(EditMessageText)
def edit_message_text(context: Context, call: EditMessageText) -> Json:
    world = context.world
    message = _message_to_edit(world, call.chat_id, call.message_id)
    entities = _entities(call.entities)
    formatted = parse_text(world, call.text or "", given(call.parse_mode), entities)
    check_message_text(formatted, too_long="MESSAGE_TOO_LONG")
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    content: Json = {"text": formatted.text}
    if formatted.entities:
        content["entities"] = formatted.entities
    return _change(world, message, content, as_json(call.reply_markup))


@answers(EditMessageReplyMarkup)
def edit_message_reply_markup(context: Context, call: EditMessageReplyMarkup) -> Json:
    message = _message_to_edit(context.world, call.chat_id, call.message_id)
    return _change(context.world, message, message.content, as_json(call.reply_markup))


@answers(DeleteMessage)
def delete_message(context: Context, call: DeleteMessage) -> bool:
    world = context.world
    chat = find_chat(world, call.chat_id)
    message = world.messages.get((chat.id, call.message_id))
    if message is None:
        raise bad_request("message to delete not found")
    _check_deletable(world, chat, message)
    world.delete(message)
    return True


@answers(DeleteMessages)
def delete_messages(context: Context, call: DeleteMessages) -> bool:
    """Delete what is there; unknown ids are passed over, as Telegram does."""
    world = context.world
    chat = find_chat(world, call.chat_id)
    if len(call.message_ids) > 100:
        raise bad_request("too many message identifiers specified")
    found = [world.messages.get((chat.id, message_id)) for message_id in call.message_ids]
    for message in found:
        if message is not None:
            _check_deletable(world, chat, message)
            world.delete(message)
    return True


@answers(AnswerCallbackQuery)
def answer_callback_query(context: Context, call: AnswerCallbackQuery) -> bool:
    world = context.world
    callback = world.callbacks.get(call.callback_query_id)
    if (
        callback is None
        or callback.answer is not None
        or world.now() - callback.asked > CALLBACK_LIFETIME
    ):
        raise bad_request(TOO_OLD)
    text = call.text or ""
    if len(text) > MAX_ANSWER:
        raise bad_request("MESSAGE_TOO_LONG")
    callback.answer = {"text": text, "alert": bool(call.show_alert), "url": call.url or ""}
    world.tell(
        "answer",
        world.chats[callback.chat_id],
        person_id=callback.person_id,
        callback_id=callback.id,
        answer=callback.answer,
    )
    return True


def _entities(entities: list[Any] | None) -> list[Json]:
    return [e.model_dump(mode="json", exclude_none=True) for e in entities or []]


def _caption(world: World, call: SendDocument | SendPhoto) -> Json:
    formatted: Formatted = parse_text(
        world, call.caption or "", given(call.parse_mode), _entities(call.caption_entities)
    )
    check_caption(formatted)
    shown: Json = {"caption": formatted.text, "caption_entities": formatted.entities}
    return {key: value for key, value in shown.items() if value}


def _file(context: Context, value: object, limit: int) -> StoredFile:
    """Find an upload of this request, or a file known by its id."""
    name = str(value)
    if name.startswith("attach://"):
        upload: Upload | None = context.uploads.get(name.removeprefix("attach://"))
        if upload is None or not upload.data:
            raise bad_request("file must be non-empty")
        if len(upload.data) > limit:
            raise bad_request("file is too big")
        return context.world.add_file(upload.name, upload.data, upload.mime_type)
    if name in context.world.files:
        return context.world.files[name]
    raise bad_request("wrong file identifier/HTTP URL specified")


def _send(
    world: World, chat: Chat, content: Json, call: SendMessage | SendDocument | SendPhoto
) -> Json:
    markup = as_json(call.reply_markup)
    check_markup(world, markup)
    reply_to, thread = _reply(world, chat, call), given(call.message_thread_id)
    if thread is not None and thread not in chat.topics:
        raise bad_request("message thread not found")
    world.limiter.charge(chat.id, is_group=not chat.is_private)
    message = world.new_message(chat, world.bot.id, content)
    message.reply_to = reply_to
    message.markup = markup
    if thread is not None:
        message.extra |= {"message_thread_id": thread, "is_topic_message": True}
    if isinstance(call, SendMessage) and given(call.link_preview_options) is not None:
        message.extra["link_preview_options"] = as_json(given(call.link_preview_options))
    if markup is not None and "inline_keyboard" not in markup:
        chat.keyboard = markup if "keyboard" in markup else None
        world.tell("chats", chat)
    world.store(message)
    _record(world, message, call)
    return world.render(message)


def _reply(world: World, chat: Chat, call: SendMessage | SendDocument | SendPhoto) -> int | None:
    parameters = call.reply_parameters
    if parameters is None:
        return None
    if (chat.id, parameters.message_id) in world.messages:
        return parameters.message_id
    if given(parameters.allow_sending_without_reply):
        return None
    raise bad_request("message to be replied not found")


def _record(world: World, message: Message, call: SendMessage | SendDocument | SendPhoto) -> None:
    entry: Json = {
        "time": message.date.isoformat(),
        "method": call.__api_method__,
        "chat_id": message.chat_id,
        "message_id": message.message_id,
        "text": message.text,
        "silent": bool(call.disable_notification),
    }
    world.ledger.append(entry)


def _message_to_edit(world: World, chat_id: int | str | None, message_id: int | None) -> Message:
    if chat_id is None:
        raise bad_request("chat_id is empty")
    if message_id is None:
        raise bad_request("message identifier is not specified")
    return own_message(world, writable_chat(world, chat_id), message_id)


def _change(world: World, message: Message, content: Json, markup: Json | None) -> Json:
    check_markup(world, markup)
    markup = markup if markup and markup.get("inline_keyboard") else None
    if content == message.content and markup == _inline(message.markup):
        raise bad_request(NOT_MODIFIED)
    if content != message.content:
        message.edited = world.now()
    message.content = content
    message.markup = markup
    world.touch(message)
    return world.render(message)


def _inline(markup: Json | None) -> Json | None:
    return markup if markup and markup.get("inline_keyboard") else None


def _check_deletable(world: World, chat: Chat, message: Message) -> None:
    own = message.sender_id == world.bot.id
    is_admin = chat.members.get(world.bot.id) == "administrator"
    if not (own or chat.is_private or is_admin):
        raise bad_request("message can't be deleted")
    if not is_admin and world.now() - message.date > DELETABLE_FOR:
        raise bad_request("message can't be deleted for everyone")
