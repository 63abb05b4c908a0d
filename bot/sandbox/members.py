"""Members of chats as the Bot API shows them: each status has its own fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.sandbox.model import Json

_ADMINISTRATOR_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_post_messages",
    "can_edit_messages",
    "can_send_welcome_messages",
)
_MEMBER_RIGHTS = (
    "can_send_messages",
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
    "can_edit_tag",
    "can_react_to_messages",
)


ANONYMOUS: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}
"""Whom a message of an anonymous administrator is from, beside `sender_chat`."""

CHANNEL_BOT: Json = {
    "id": 136817688,
    "is_bot": True,
    "first_name": "Channel",
    "username": "Channel_Bot",
}
"""Whom a message is from that was said in a group as a channel."""


def writing_json(user: Json, status: str, *, may_write: bool) -> Json:
    """Return the ChatMember whose right to write was given or taken: an administrator of a channel
    loses the right alone, a member of a group becomes restricted."""
    if status == "administrator":
        return member_json(user, status) | {"can_post_messages": may_write}
    return member_json(user, status if may_write else "restricted")


def member_json(user: Json, status: str, *, anonymous: bool = False) -> Json:
    """Return the ChatMember of this status."""
    member: Json = {"user": user, "status": status}
    if status == "creator":
        member["is_anonymous"] = anonymous
    elif status == "administrator":
        member |= {"can_be_edited": False, "is_anonymous": anonymous}
        member |= dict.fromkeys(_ADMINISTRATOR_RIGHTS, True)
    elif status == "restricted":
        member |= {"is_member": True, "until_date": 0} | dict.fromkeys(_MEMBER_RIGHTS, False)
    elif status == "kicked":
        member["until_date"] = 0
    return member
