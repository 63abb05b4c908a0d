"""The methods that are not about sending: the bot itself, updates, files, chats and members.

`sending.py` and `inline.py` hold the rest. Importing this module fills the registry.
"""

from __future__ import annotations

import ipaddress
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aiogram import methods as api

from bot.sandbox import inline, sending
from bot.sandbox.limits import find_chat, writable_chat
from bot.sandbox.members import member_json
from bot.sandbox.model import PRESENT, Chat, Json, Message, bad_request, forbidden
from bot.sandbox.registry import Context, answers, as_json
from bot.sandbox.updates import Webhook

if TYPE_CHECKING:
    from aiogram.types import BotCommandScopeUnion

    from bot.sandbox.world import World

__all__ = ["commands_for", "inline", "sending"]

MAX_DOWNLOAD_BYTES = 20 * 1024 * 1024
MAX_COMMANDS = 100
REACTIONS = frozenset(
    re.findall(
        "[^ ]+",
        "👍 👎 ❤ 🔥 🥰 👏 😁 🤔 🤯 😱 🤬 😢 🎉 🤩 🤮 💩 🙏 👌 🕊 🤡 🥱 🥴 😍 🐳 ❤‍🔥 🌚 🌭 💯 "
        "🤣 ⚡ 🍌 🏆 💔 🤨 😐 🍓 🍾 💋 🖕 😈 😴 😭 🤓 👻 👨‍💻 👀 🎃 🙈 😇 😨 🤝 ✍ 🤗 🫡 🎅 🎄 ☃ "
        "💅 🤪 🗿 🆒 💘 🙉 🦄 😘 💊 🙊 😎 👾 🤷‍♂ 🤷 🤷‍♀ 😡",
    )
)
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{0,256}")


# The bot itself


@answers(api.GetMe)
def get_me(context: Context, _: api.GetMe) -> Json:
    return context.world.bot_user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not context.world.privacy_mode,
        "supports_inline_queries": True,
    }


@answers(api.SetMyName)
def set_my_name(context: Context, call: api.SetMyName) -> bool:
    return _set_text(context, "name", call.language_code, call.name, 64)


@answers(api.GetMyName)
def get_my_name(context: Context, call: api.GetMyName) -> Json:
    return {"name": _get_text(context, "name", call.language_code) or context.world.bot.first_name}


@answers(api.SetMyDescription)
def set_my_description(context: Context, call: api.SetMyDescription) -> bool:
    return _set_text(context, "description", call.language_code, call.description, 512)


@answers(api.GetMyDescription)
def get_my_description(context: Context, call: api.GetMyDescription) -> Json:
    return {"description": _get_text(context, "description", call.language_code)}


@answers(api.SetMyShortDescription)
def set_my_short_description(context: Context, call: api.SetMyShortDescription) -> bool:
    text = call.short_description
    return _set_text(context, "short_description", call.language_code, text, 120)


@answers(api.GetMyShortDescription)
def get_my_short_description(context: Context, call: api.GetMyShortDescription) -> Json:
    return {"short_description": _get_text(context, "short_description", call.language_code)}


@answers(api.SetMyCommands)
def set_my_commands(context: Context, call: api.SetMyCommands) -> bool:
    if len(call.commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in call.commands:
        if not _COMMAND.fullmatch(command.command.removeprefix("/")):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(command.description) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    key = (_scope_key(call.scope), call.language_code or "")
    context.world.bot.commands[key] = [
        {"command": c.command.removeprefix("/"), "description": c.description}
        for c in call.commands
    ]
    context.world.tell("commands")
    return True


@answers(api.GetMyCommands)
def get_my_commands(context: Context, call: api.GetMyCommands) -> list[Json]:
    key = (_scope_key(call.scope), call.language_code or "")
    return context.world.bot.commands.get(key, [])


@answers(api.DeleteMyCommands)
def delete_my_commands(context: Context, call: api.DeleteMyCommands) -> bool:
    key = (_scope_key(call.scope), call.language_code or "")
    context.world.bot.commands.pop(key, None)
    context.world.tell("commands")
    return True


def commands_for(world: World, person_id: int, chat: Chat) -> list[Json]:
    """Return the menu this person sees in this chat: the narrowest scope, then the language."""
    kind = "all_private_chats" if chat.is_private else "all_group_chats"
    scopes: list[Json] = [
        {"type": "chat_member", "chat_id": chat.id, "user_id": person_id},
        {"type": "chat", "chat_id": chat.id},
        {"type": kind},
        {"type": "default"},
    ]
    if chat.members.get(person_id) in {"creator", "administrator"}:
        scopes[1:1] = [{"type": "chat_administrators", "chat_id": chat.id}]
        scopes[3:3] = [{"type": "all_chat_administrators"}]
    for scope in scopes:
        for language in (world.people[person_id].language_code, ""):
            commands = world.bot.commands.get((_key(scope), language))
            if commands:
                return commands
    return []


def _set_text(
    context: Context, name: str, language: str | None, text: str | None, limit: int
) -> bool:
    if len(text or "") > limit:
        raise bad_request(f"BOT_{name.upper()}_TOO_LONG")
    context.world.bot.texts[name, language or ""] = text or ""
    context.world.tell("chats")
    return True


def _get_text(context: Context, name: str, language: str | None) -> str:
    texts = context.world.bot.texts
    return texts.get((name, language or "")) or texts.get((name, ""), "")


def _scope_key(scope: BotCommandScopeUnion | None) -> str:
    return _key({"type": "default"} if scope is None else scope.model_dump(mode="json"))


def _key(scope: Json) -> str:
    return json.dumps(scope, sort_keys=True)


# Updates


@answers(api.GetUpdates)
async def get_updates(context: Context, call: api.GetUpdates) -> list[Json]:
    updates = context.world.updates
    updates.set_allowed(call.allowed_updates)
    return await updates.poll(call.offset or 0, call.limit or 100, call.timeout or 0)


@answers(api.SetWebhook)
def set_webhook(context: Context, call: api.SetWebhook) -> bool:
    updates = context.world.updates
    if call.url and not _may_be_webhook(call.url):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (urlsplit(call.url).hostname or "").endswith(".invalid"):  # RFC 6761: resolves nowhere
        raise bad_request("bad webhook: Failed to resolve host: Name or service not known")
    if not _SECRET.fullmatch(call.secret_token or ""):
        raise bad_request("secret token contains unallowed characters")
    updates.set_allowed(call.allowed_updates)
    if call.drop_pending_updates:
        updates.drop_all()
    updates.webhook = Webhook(call.url, call.secret_token or "") if call.url else None
    updates.signal.notify()
    return True


@answers(api.DeleteWebhook)
def delete_webhook(context: Context, call: api.DeleteWebhook) -> bool:
    updates = context.world.updates
    updates.webhook = None
    if call.drop_pending_updates:
        updates.drop_all()
    updates.signal.notify()
    return True


@answers(api.GetWebhookInfo)
def get_webhook_info(context: Context, _: api.GetWebhookInfo) -> Json:
    updates = context.world.updates
    hook = updates.webhook or Webhook("")
    info: Json = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(updates.pending()),
    }
    if hook.last_error_message:
        info["last_error_date"] = hook.last_error_date
        info["last_error_message"] = hook.last_error_message
    if updates.allowed is not None:
        info["allowed_updates"] = sorted(updates.allowed)
    return info


def _may_be_webhook(url: str) -> bool:
    """HTTPS as Telegram wants it; plain HTTP only to this machine, so that tests can listen."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"


# Files


@answers(api.GetFile)
def get_file(context: Context, call: api.GetFile) -> Json:
    stored = context.world.files.get(call.file_id)
    if stored is None:
        raise bad_request("invalid file_id")
    if len(stored.data) > MAX_DOWNLOAD_BYTES:
        raise bad_request("file is too big")
    return {
        "file_id": stored.file_id,
        "file_unique_id": stored.file_id[-12:],
        "file_size": len(stored.data),
        "file_path": stored.path,
    }


# Chats and members


@answers(api.GetChat)
def get_chat(context: Context, call: api.GetChat) -> Json:
    chat = _readable_chat(context.world, call.chat_id)
    info = context.world.chat_json(chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(_GIFTS, False),
    }
    if chat.description:
        info["description"] = chat.description
    if chat.pinned:
        pinned = context.world.messages.get((chat.id, chat.pinned[-1]))
        info |= {"pinned_message": context.world.render(pinned)} if pinned else {}
    return info


_GIFTS = (
    "unlimited_gifts",
    "limited_gifts",
    "unique_gifts",
    "premium_subscription",
    "gifts_from_channels",
)


@answers(api.GetChatMember)
def get_chat_member(context: Context, call: api.GetChatMember) -> Json:
    world = context.world
    chat = _readable_chat(world, call.chat_id)
    if call.user_id not in world.people and call.user_id != world.bot.id:
        raise bad_request("PARTICIPANT_ID_INVALID")
    if chat.is_private:
        status = "member" if call.user_id in {chat.id, world.bot.id} else "left"
    else:
        status = chat.members.get(call.user_id, "left")
    hidden = chat.hides_members and chat.members.get(world.bot.id) != "administrator"
    if hidden and status not in {"creator", "administrator"}:
        raise bad_request("member list is inaccessible")
    anonymous = call.user_id in chat.anonymous
    return member_json(world.user(call.user_id), status, anonymous=anonymous)


@answers(api.GetChatAdministrators)
def get_chat_administrators(context: Context, call: api.GetChatAdministrators) -> list[Json]:
    chat = _readable_chat(context.world, call.chat_id)
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    return [
        member_json(context.world.user(user_id), status, anonymous=user_id in chat.anonymous)
        for user_id, status in chat.members.items()
        if status in {"creator", "administrator"}
    ]


@answers(api.GetChatMemberCount)
def get_chat_member_count(context: Context, call: api.GetChatMemberCount) -> int:
    chat = _readable_chat(context.world, call.chat_id)
    if chat.is_private:
        return 2
    return sum(status in PRESENT for status in chat.members.values())


@answers(api.LeaveChat)
def leave_chat(context: Context, call: api.LeaveChat) -> bool:
    world = context.world
    chat = _readable_chat(world, call.chat_id)
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    old = chat.members[world.bot.id]
    chat.members[world.bot.id] = "left"
    user = world.bot_user()
    world.updates.push(
        "my_chat_member",
        {
            "chat": world.chat_json(chat),
            "from": user,
            "date": int(world.now().timestamp()),
            "old_chat_member": member_json(user, old),
            "new_chat_member": member_json(user, "left"),
        },
    )
    world.store(world.new_message(chat, world.bot.id, {"left_chat_member": user}))
    world.tell("chats", chat)
    return True


@answers(api.SetMessageReaction)
def set_message_reaction(context: Context, call: api.SetMessageReaction) -> bool:
    world = context.world
    chat = writable_chat(world, call.chat_id)
    message = world.messages.get((chat.id, call.message_id))
    if message is None:
        raise bad_request("message to react not found")
    reactions: list[Json] = [as_json(reaction) or {} for reaction in call.reaction or []]
    for reaction in reactions:
        if reaction.get("emoji") not in REACTIONS:
            raise bad_request("REACTION_INVALID")
    message.reactions[world.bot.id] = reactions[:1]
    world.touch(message)
    return True


@answers(api.PinChatMessage)
def pin_chat_message(context: Context, call: api.PinChatMessage) -> bool:
    world = context.world
    chat = _chat_to_pin_in(world, call.chat_id)
    message = world.messages.get((chat.id, call.message_id))
    if message is None:
        raise bad_request("message to pin not found")
    if message.message_id not in chat.pinned:
        chat.pinned.append(message.message_id)
        service = _pinned_notice(world, chat, message)
        world.store(service)
        world.tell("chats", chat)
    return True


@answers(api.UnpinChatMessage)
def unpin_chat_message(context: Context, call: api.UnpinChatMessage) -> bool:
    chat = _chat_to_pin_in(context.world, call.chat_id)
    wanted = call.message_id or (chat.pinned[-1] if chat.pinned else 0)
    if wanted not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(wanted)
    context.world.tell("chats", chat)
    return True


@answers(api.UnpinAllChatMessages)
def unpin_all_chat_messages(context: Context, call: api.UnpinAllChatMessages) -> bool:
    chat = _chat_to_pin_in(context.world, call.chat_id)
    chat.pinned.clear()
    context.world.tell("chats", chat)
    return True


def _pinned_notice(world: World, chat: Chat, message: Message) -> Message:
    pinned: Any = world.render(message, with_reply=False)
    return world.new_message(chat, world.bot.id, {"pinned_message": pinned})


def _chat_to_pin_in(world: World, chat_id: int | str) -> Chat:
    chat = writable_chat(world, chat_id)
    if not chat.is_private and chat.members.get(world.bot.id) != "administrator":
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat


def _readable_chat(world: World, chat_id: int | str) -> Chat:
    chat = find_chat(world, chat_id)
    if not world.bot_is_in(chat):
        status = chat.members.get(world.bot.id, "left")
        if status == "kicked":
            raise forbidden(f"bot was kicked from the {chat.kind} chat")
        raise forbidden(f"bot is not a member of the {chat.kind} chat")
    return chat
