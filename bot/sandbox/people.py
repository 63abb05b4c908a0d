"""What persons do: say, press, send files, forward, block, join and leave.

Each function changes the world and gives the bot the update Telegram would give it. `server.py`
offers them over HTTP; tests may call them directly.
"""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING

from bot.sandbox.formatting import fix_formatting
from bot.sandbox.members import member_json, writing_json
from bot.sandbox.model import PRESENT, Callback, Chat, Json, Message
from bot.sandbox.world import SUPERGROUP_BASE, Group, World

if TYPE_CHECKING:
    from collections.abc import Mapping

POSTING = ("creator", "administrator")


class PersonError(Exception):
    """A person tried what a Telegram client would not let them do."""


def say(
    world: World,
    person_id: int,
    chat_id: int,
    text: str,
    reply_to: int | None = None,
    thread: int | None = None,
) -> Message:
    """`thread` is a topic of a forum; None is the general one."""
    formatted = fix_formatting(text, [])
    if not formatted.text:
        raise PersonError("the message is empty")
    content: Json = {"text": formatted.text}
    if formatted.entities:
        content["entities"] = formatted.entities
    return _post(world, person_id, chat_id, content, reply_to=reply_to, thread=thread)


def share(
    world: World, person_id: int, chat_id: int, content: Json, thread: int | None = None
) -> Message:
    """Send what the bot offered inline."""
    return _post(world, person_id, chat_id, content | {"via_bot": world.bot_user()}, thread=thread)


def edit(world: World, person_id: int, chat_id: int, message_id: int, text: str) -> Message:
    message = _message(world, chat_id, message_id)
    if message.sender_id != person_id:
        raise PersonError("only one's own messages can be edited")
    formatted = fix_formatting(text, [])
    message.content = {"text": formatted.text}
    if formatted.entities:
        message.content["entities"] = formatted.entities
    message.edited = world.now()
    world.touch(message)
    chat = world.chats[chat_id]
    if _reaches_bot(world, chat, message):
        kind = "edited_channel_post" if chat.kind == "channel" else "edited_message"
        world.updates.push(kind, world.render(message))
    return message


def send_document(
    world: World,
    person_id: int,
    chat_id: int,
    name: str,
    data: bytes,
    *,
    mime_type: str = "",
    caption: str = "",
    thread: int | None = None,
) -> Message:
    mime = mime_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
    stored = world.add_file(name, data, mime)
    content: Json = {"document": stored.document()}
    formatted = fix_formatting(caption, [])
    if formatted.text:
        content["caption"] = formatted.text
    if formatted.entities:
        content["caption_entities"] = formatted.entities
    return _post(world, person_id, chat_id, content, thread=thread)


def forward(
    world: World, person_id: int, chat_id: int, from_chat_id: int, message_id: int
) -> Message:
    message = _message(world, from_chat_id, message_id)
    source = world.chats[from_chat_id]
    if message.forward_origin is not None:  # it stays what it was first
        origin = message.forward_origin
        return _post(world, person_id, chat_id, dict(message.content), origin=origin)
    if source.kind == "channel":
        origin = {
            "type": "channel",
            "chat": world.chat_json(source),
            "message_id": message_id,
        }
    else:
        origin = {"type": "user", "sender_user": world.user(message.sender_id)}
    origin["date"] = int(message.date.timestamp())
    return _post(world, person_id, chat_id, dict(message.content), origin=origin)


def forward_post(world: World, person_id: int, chat_id: int, text: str, origin: Json) -> Message:
    """Forward a text from anywhere; `origin` is a MessageOrigin, its date may be left out;
    with `media_group_id` it is part of an album."""
    formatted = fix_formatting(text, [])
    content: Json = {"text": formatted.text}
    if formatted.entities:
        content["entities"] = formatted.entities
    if "media_group_id" in origin:
        content["media_group_id"] = origin.pop("media_group_id")
    dated = {"date": int(world.now().timestamp())} | origin
    return _post(world, person_id, chat_id, content, origin=dated)


def press(world: World, person_id: int, chat_id: int, message_id: int, data: str) -> Callback:
    """Press a button; `data` is not checked against the keyboard, so it can be forged."""
    _visible_chat(world, person_id, chat_id)
    message = _message(world, chat_id, message_id)
    number = world.new_id()
    callback = Callback(
        f"{world.bot.id}{number:06d}", person_id, chat_id, message_id, data, world.now()
    )
    world.callbacks[callback.id] = callback
    payload: Json = {
        "id": callback.id,
        "from": world.user(person_id),
        "message": world.render(message),
        "chat_instance": str(chat_id),
        "data": data,
    }
    world.updates.push("callback_query", payload)
    return callback


def react(
    world: World, person_id: int, chat_id: int, message_id: int, emoji: str | None
) -> Message:
    """Set the person's reaction, or take it back with None."""
    chat = _visible_chat(world, person_id, chat_id)
    message = _message(world, chat_id, message_id)
    old = message.reactions.pop(person_id, [])
    new: list[Json] = [{"type": "emoji", "emoji": emoji}] if emoji else []
    if new:
        message.reactions[person_id] = new
    world.touch(message)
    if chat.is_private or chat.members.get(world.bot.id) == "administrator":
        payload: Json = {
            "chat": world.chat_json(chat),
            "message_id": message_id,
            "user": world.user(person_id),
            "date": int(world.now().timestamp()),
            "old_reaction": old,
            "new_reaction": new,
        }
        world.updates.push("message_reaction", payload)
    return message


def block(world: World, person_id: int) -> None:
    person = world.people[person_id]
    if not person.blocked:
        person.blocked = True
        _tell_bot_its_status(world, world.chats[person_id], person_id, "member", "kicked")
        world.tell("chats", world.chats[person_id])


def unblock(world: World, person_id: int) -> None:
    person = world.people[person_id]
    if person.blocked:
        person.blocked = False
        _tell_bot_its_status(world, world.chats[person_id], person_id, "kicked", "member")
        world.tell("chats", world.chats[person_id])


def create_group(
    world: World,
    person_id: int,
    title: str,
    members: Mapping[int, str],
    *,
    kind: str = "group",
    bot_status: str | None = None,
    username: str = "",
) -> Chat:
    """Create a group whose creator is the person; the bot joins with `bot_status`, if any."""
    everybody = {**members, person_id: "creator"}
    chat_id = world.new_group_id(kind)
    group = Group(title, everybody, None, chat_id, kind, username)
    chat = world.add_group(group)
    if bot_status is not None:
        set_member(world, person_id, chat.id, world.bot.id, bot_status)
    return chat


def open_topic(world: World, person_id: int, chat_id: int, name: str) -> int:
    """Make a topic of a forum; its thread id. A chat becomes a forum by its first."""
    chat = _visible_chat(world, person_id, chat_id)
    if chat.kind != "supergroup":
        raise PersonError("only supergroups have topics")
    chat.is_forum = True
    opened = {"name": name, "icon_color": 7322096}
    message = world.store(world.new_message(chat, person_id, {"forum_topic_created": opened}))
    message.extra |= {"message_thread_id": message.message_id, "is_topic_message": True}
    world.touch(message)
    chat.topics[message.message_id] = name
    world.tell("chats", chat)
    if world.bot_is_in(chat):
        world.updates.push("message", world.render(message))
    return message.message_id


def close_topic(world: World, chat_id: int, thread: int) -> None:
    """Delete a topic with all that was said there."""
    del world.chats[chat_id].topics[thread]
    for message in world.history(chat_id):
        if message.extra.get("message_thread_id") == thread:
            world.delete(message)


def be_anonymous(world: World, chat_id: int, user_id: int) -> None:
    """Let an administrator speak as the group from now on."""
    chat = world.chats[chat_id]
    if chat.members.get(user_id) not in {"creator", "administrator"}:
        raise PersonError("only administrators may be anonymous")
    chat.anonymous.add(user_id)
    world.tell("chats", chat)


def set_member(world: World, actor_id: int, chat_id: int, user_id: int, status: str) -> None:
    """Give somebody a status: a person or the bot joins, leaves, is promoted or put out."""
    chat = world.chats[chat_id]
    old = chat.members.get(user_id, "left")
    if old == status:
        return
    if chat.kind == "channel" and user_id == world.bot.id and status == "member":
        raise PersonError("bots are in channels as administrators only")
    chat.members[user_id] = status
    if user_id == world.bot.id:
        _tell_bot_its_status(world, chat, actor_id, old, status)
    elif chat.members.get(world.bot.id) == "administrator":
        change = _change(world, chat, actor_id, user_id, (old, status))
        world.updates.push("chat_member", change)
    _announce_member(world, chat, actor_id, user_id, (old, status))
    world.tell("chats", chat)


def let_bot_write(world: World, actor_id: int, chat_id: int, *, allowed: bool) -> None:
    """Take the bot's right to write in a channel or group, or give it back."""
    chat = world.chats[chat_id]
    if chat.bot_may_write == allowed:
        return
    chat.bot_may_write = allowed
    bot, status = world.bot_user(), chat.members[world.bot.id]
    change = _change(world, chat, actor_id, world.bot.id, (status, status))
    change["old_chat_member"] = writing_json(bot, status, may_write=not allowed)
    change["new_chat_member"] = writing_json(bot, status, may_write=allowed)
    world.updates.push("my_chat_member", change)
    world.tell("chats", chat)


def migrate(world: World, chat_id: int) -> Chat:
    """Upgrade a group to a supergroup under a new id; the old id answers with the new one."""
    old = world.chats[chat_id]
    new_id = SUPERGROUP_BASE + chat_id
    new = Chat(new_id, "supergroup", old.title, old.username, dict(old.members))
    world.chats[new_id] = new
    old.migrated_to = new_id
    actor = next(i for i, status in old.members.items() if status == "creator")
    for chat, field, value in (
        (old, "migrate_to_chat_id", new_id),
        (new, "migrate_from_chat_id", chat_id),
    ):
        service = world.store(world.new_message(chat, actor, {field: value}))
        if world.bot_is_in(chat):
            world.updates.push("message", world.render(service))
    world.tell("chats", new)
    return new


def _post(
    world: World,
    person_id: int,
    chat_id: int,
    content: Json,
    *,
    reply_to: int | None = None,
    origin: Json | None = None,
    thread: int | None = None,
) -> Message:
    chat = _visible_chat(world, person_id, chat_id)
    if thread is not None and thread not in chat.topics:
        raise PersonError(f"there is no topic {thread} in chat {chat_id}")
    if chat.kind == "channel" and chat.members[person_id] not in {"creator", "administrator"}:
        raise PersonError("only administrators post in a channel")
    if chat.migrated_to is not None:
        raise PersonError("the group has become a supergroup")
    if chat.kind == "channel" and chat.members[person_id] not in POSTING:
        raise PersonError("only administrators post in a channel")
    if chat.is_private:
        unblock(world, person_id)
        world.people[person_id].started = True
    message = world.new_message(chat, person_id, content)
    message.reply_to = reply_to or thread  # what replies to nothing replies to its topic's opening
    message.forward_origin = origin
    message.anonymous = person_id in chat.anonymous and chat.voice is None
    message.voice = chat.voice
    if thread is not None:
        message.extra |= {"message_thread_id": thread, "is_topic_message": True}
    world.store(message)
    if _reaches_bot(world, chat, message):
        kind = "channel_post" if chat.kind == "channel" else "message"
        world.updates.push(kind, world.render(message))
    return message


def _reaches_bot(world: World, chat: Chat, message: Message) -> bool:
    """In private all; in a group what privacy mode lets through: commands, replies, mentions."""
    if chat.is_private:
        return True
    if not world.bot_is_in(chat):
        return False
    if not world.privacy_mode or chat.kind == "channel" or "via_bot" in message.content:
        return True
    if chat.members[world.bot.id] == "administrator":
        return True
    replied = world.messages.get((chat.id, message.reply_to or 0))
    if replied is not None and replied.sender_id == world.bot.id:
        return True
    return _addresses_bot(world, message.text)


def _addresses_bot(world: World, text: str) -> bool:
    name = f"@{world.bot.username}".lower()
    first = text.split(maxsplit=1)[0].lower() if text.split() else ""
    if first.startswith("/"):
        return "@" not in first or first.endswith(name)
    return name in text.lower()


def _visible_chat(world: World, person_id: int, chat_id: int) -> Chat:
    chat = world.chats.get(chat_id)
    if chat is None or person_id not in world.people or not world.sees(person_id, chat):
        raise PersonError(f"person {person_id} is not in chat {chat_id}")
    return chat


def _message(world: World, chat_id: int, message_id: int) -> Message:
    message = world.messages.get((chat_id, message_id))
    if message is None:
        raise PersonError(f"there is no message {message_id} in chat {chat_id}")
    return message


def _tell_bot_its_status(world: World, chat: Chat, actor_id: int, old: str, new: str) -> None:
    change = _change(world, chat, actor_id, world.bot.id, (old, new))
    world.updates.push("my_chat_member", change)


def _change(
    world: World, chat: Chat, actor_id: int, user_id: int, statuses: tuple[str, str]
) -> Json:
    user = world.user(user_id)
    return {
        "chat": world.chat_json(chat),
        "from": world.user(actor_id),
        "date": int(world.now().timestamp()),
        "old_chat_member": member_json(user, statuses[0]),
        "new_chat_member": member_json(user, statuses[1]),
    }


def _announce_member(
    world: World, chat: Chat, actor_id: int, user_id: int, statuses: tuple[str, str]
) -> None:
    """Post the service message about somebody who came or went."""
    was, is_now = (status in PRESENT for status in statuses)
    if was == is_now or chat.kind == "channel":
        return
    user = world.user(user_id)
    content: Json = {"new_chat_members": [user]} if is_now else {"left_chat_member": user}
    service = world.store(world.new_message(chat, actor_id, content))
    if world.bot_is_in(chat):
        world.updates.push("message", world.render(service))
