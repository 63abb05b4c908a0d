"""What the bot sends, through aiogram, and what Telegram refuses with which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiogram import Bot
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
)
from aiogram.methods import SendDice
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    KeyboardButton,
    LinkPreviewOptions,
    MessageEntity,
    ReactionTypeEmoji,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from aiogram.utils.formatting import Bold, ExpandableBlockQuote, Text, TextLink

if TYPE_CHECKING:
    from bot.sandbox.client import Member, SandboxClient
    from bot.sandbox.world import World


def keyboard(*data: str, rows: int = 1) -> InlineKeyboardMarkup:
    row = [InlineKeyboardButton(text=f"Button {d[:5]}", callback_data=d) for d in data]
    return InlineKeyboardMarkup(inline_keyboard=[row] * rows)


async def test_message_arrives_with_its_entities(bot: Bot, anna: Member, world: World) -> None:
    content = Text(
        "🗞 ", Bold("Главное"), " ", TextLink("x", url="https://example.org/"), "\n",
        ExpandableBlockQuote("a\nb\nc\nd"),
    )  # fmt: skip
    await bot.send_message(1001, **content.as_kwargs())
    message = await anna.wait_for(lambda m: "Главное" in m.text)
    assert message.entity_texts("bold") == ["Главное"]
    assert message.entity_texts("expandable_blockquote") == ["a\nb\nc\nd"]
    assert message.urls == ["https://example.org/"]
    assert world.warnings == []


async def test_html_becomes_entities(bot: Bot, anna: Member) -> None:
    html = '<b>Главное</b> &lt;&nbsp; <a href="https://e.org/?a=1&amp;b=2">x</a>'
    sent = await bot.send_message(1001, html, parse_mode="HTML")
    assert sent.text == "Главное <&nbsp; x"
    assert [(e.type, e.offset, e.length) for e in sent.entities or []] == [
        ("bold", 0, 7),
        ("text_link", 16, 1),
    ]
    assert (await anna.wait_for()).urls == ["https://e.org/?a=1&b=2"]


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("a<br>b", 'Unsupported start tag "br" at byte offset 1'),
        ("<b>a", 'Can\'t find end tag corresponding to start tag "b"'),
        (
            "<b><i>test</b></i>",
            'Unmatched end tag at byte offset 10, expected "</i>", found "</b>"',
        ),
        ("a</b>", "Unexpected end tag at byte offset 1"),
    ],
)
async def test_broken_html_is_refused(bot: Bot, anna: Member, html: str, words: str) -> None:
    with pytest.raises(TelegramBadRequest, match="Bad Request: can't parse entities") as refused:
        await bot.send_message(1001, html, parse_mode="HTML")
    assert words in str(refused.value)


@pytest.mark.parametrize("text", ["", "  \n ", "\u200b\u2060".replace("\u2060", "")])
async def test_empty_text_is_refused(bot: Bot, anna: Member, text: str) -> None:
    with pytest.raises(TelegramBadRequest, match="Bad Request: message text is empty"):
        await bot.send_message(1001, text)


async def test_length_is_counted_in_code_points_after_trimming(bot: Bot, anna: Member) -> None:
    sent = await bot.send_message(1001, "  " + "🗞" * 4096 + "\n\n")
    assert sent.text == "🗞" * 4096
    with pytest.raises(TelegramBadRequest, match="Bad Request: message is too long"):
        await bot.send_message(1001, "x" * 4097)
    with pytest.raises(TelegramBadRequest, match="Bad Request: MESSAGE_TOO_LONG"):
        await bot.edit_message_text("x" * 4097, chat_id=1001, message_id=sent.message_id)


async def test_entities_move_when_white_space_is_trimmed(bot: Bot, anna: Member) -> None:
    bold = MessageEntity(type="bold", offset=4, length=6)
    sent = await bot.send_message(1001, "\n\n  word  ", entities=[bold])
    assert sent.text == "word"
    assert [(e.offset, e.length) for e in sent.entities or []] == [(0, 4)]


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        (
            MessageEntity(type="bold", offset=0, length=100),
            "beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 100",
        ),
        (
            MessageEntity(type="bold", offset=100, length=1),
            "begins after the end of the text at UTF-16 offset 100",
        ),
        (
            MessageEntity(type="bold", offset=1, length=2),
            "begins in a middle of a UTF-16 symbol at byte offset 4",
        ),
        (
            MessageEntity(type="bold", offset=-1, length=2),
            "receive an entity with incorrect offset -1",
        ),
        (
            MessageEntity(type="text_link", offset=0, length=2, url="not-a-url"),
            "entity URL 'not-a-url' is invalid: Wrong HTTP URL",
        ),
        (
            MessageEntity(type="text_link", offset=0, length=2, url="javascript://a.b"),
            "entity URL 'javascript://a.b' is invalid: Unsupported URL protocol",
        ),
    ],
)
async def test_wrong_entities_are_refused(
    bot: Bot, anna: Member, entity: MessageEntity, words: str
) -> None:
    with pytest.raises(TelegramBadRequest) as refused:
        await bot.send_message(1001, "🗞 text", entities=[entity])
    assert "Bad Request: " in str(refused.value)
    assert words in str(refused.value)


async def test_entities_over_a_hundred_are_dropped_with_a_warning(
    bot: Bot, anna: Member, world: World
) -> None:
    links = [
        MessageEntity(type="text_link", offset=i * 2, length=1, url="https://e.org")
        for i in range(103)
    ]
    sent = await bot.send_message(1001, "x " * 103, entities=links)
    assert len(sent.entities or []) == 100
    assert world.warnings == ["3 entities over 100 dropped"]


async def test_crossing_links_are_dropped_with_a_warning(
    bot: Bot, anna: Member, world: World
) -> None:
    crossing = [
        MessageEntity(type="text_link", offset=0, length=4, url="https://e.org/1"),
        MessageEntity(type="text_link", offset=2, length=4, url="https://e.org/2"),
    ]
    sent = await bot.send_message(1001, "abcdefg", entities=crossing)
    assert [e.url for e in sent.entities or []] == ["https://e.org/1"]
    assert len(world.warnings) == 1


async def test_server_finds_commands_links_and_tags_itself(bot: Bot, anna: Member) -> None:
    sent = await bot.send_message(1001, "/help lenta.ru, #город @someone a@b.ru")
    assert [(e.type, e.extract_from(sent.text or "")) for e in sent.entities or []] == [
        ("bot_command", "/help"),
        ("url", "lenta.ru"),
        ("hashtag", "#город"),
        ("mention", "@someone"),
        ("email", "a@b.ru"),
    ]


async def test_callback_data_is_held_to_64_bytes(bot: Bot, anna: Member) -> None:
    await bot.send_message(1001, "x", reply_markup=keyboard("я" * 32))
    with pytest.raises(TelegramBadRequest, match="Bad Request: BUTTON_DATA_INVALID"):
        await bot.send_message(1001, "x", reply_markup=keyboard("я" * 33))
    nothing = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="x")]])
    with pytest.raises(TelegramBadRequest, match="Text buttons are unallowed"):
        await bot.send_message(1001, "x", reply_markup=nothing)


async def test_keyboard_is_held_to_a_hundred_buttons(bot: Bot, anna: Member, world: World) -> None:
    await bot.send_message(1001, "x", reply_markup=keyboard(*"12345", rows=20))
    with pytest.raises(TelegramBadRequest, match="Bad Request: reply markup is too long"):
        await bot.send_message(1001, "x", reply_markup=keyboard(*"12345", rows=21))
    await bot.send_message(1001, "x", reply_markup=keyboard(*"123456789"))
    assert world.warnings == ["a keyboard row of more than 8 buttons"]


async def test_edit_changes_text_and_keyboard(bot: Bot, anna: Member) -> None:
    sent = await bot.send_message(1001, "one", reply_markup=keyboard("a"))
    await bot.edit_message_text("two", chat_id=1001, message_id=sent.message_id)
    seen = await anna.wait_for(lambda m: m.text == "two")
    assert seen.edited
    assert seen.buttons == []
    with pytest.raises(TelegramBadRequest, match="Bad Request: message is not modified"):
        await bot.edit_message_text(" two ", chat_id=1001, message_id=sent.message_id)
    await bot.edit_message_reply_markup(
        chat_id=1001, message_id=sent.message_id, reply_markup=keyboard("b")
    )
    assert (await anna.wait_for()).labels == ["Button b"]


async def test_only_own_messages_can_be_edited(bot: Bot, anna: Member) -> None:
    [start] = await anna.messages()
    with pytest.raises(TelegramBadRequest, match="Bad Request: message can't be edited"):
        await bot.edit_message_text("x", chat_id=1001, message_id=start.message_id)
    with pytest.raises(TelegramBadRequest, match="Bad Request: message to edit not found"):
        await bot.edit_message_text("x", chat_id=1001, message_id=777)


async def test_deleted_message_is_gone(bot: Bot, anna: Member) -> None:
    sent = await bot.send_message(1001, "one")
    await bot.delete_message(1001, sent.message_id)
    assert await anna.from_bot() == []
    with pytest.raises(TelegramBadRequest, match="Bad Request: message to delete not found"):
        await bot.delete_message(1001, sent.message_id)
    assert await bot.delete_messages(1001, [sent.message_id, 1])
    assert await anna.messages() == []


async def test_reply_points_to_its_message(bot: Bot, anna: Member) -> None:
    [start] = await anna.messages()
    await bot.send_message(1001, "x", reply_parameters=ReplyParameters(message_id=start.message_id))
    assert (await anna.wait_for()).reply_to == start.message_id
    missing = ReplyParameters(message_id=777)
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(1001, "x", reply_parameters=missing)
    lenient = ReplyParameters(message_id=777, allow_sending_without_reply=True)
    await bot.send_message(1001, "x", reply_parameters=lenient)


async def test_link_preview_and_silence_are_accepted(
    bot: Bot, anna: Member, client: SandboxClient
) -> None:
    sent = await bot.send_message(
        1001,
        "x",
        link_preview_options=LinkPreviewOptions(is_disabled=True),
        disable_notification=True,
    )
    assert sent.link_preview_options is not None
    assert sent.link_preview_options.is_disabled
    assert (await client.ledger())[0]["silent"]


async def test_reply_keyboard_is_shown_until_removed(
    bot: Bot, anna: Member, client: SandboxClient
) -> None:
    board = ReplyKeyboardMarkup(keyboard=[[KeyboardButton(text="Сводка")]])
    await bot.send_message(1001, "x", reply_markup=board)
    state = await client.get("state", person=1001)
    assert state["chats"][0]["keyboard"]["keyboard"] == [[{"text": "Сводка"}]]
    await bot.send_message(1001, "x", reply_markup=ReplyKeyboardRemove())
    state = await client.get("state", person=1001)
    assert state["chats"][0]["keyboard"] is None


async def test_document_goes_to_the_person_and_back(bot: Bot, anna: Member) -> None:
    file = BufferedInputFile("данные".encode(), "сводка.md")
    sent = await bot.send_document(1001, file, caption="<b>Файл</b>", parse_mode="HTML")
    seen = await anna.wait_for()
    assert seen.text == "Файл"
    assert seen.document is not None
    assert seen.document["file_name"] == "сводка.md"
    assert await anna.download(seen) == "данные".encode()
    assert sent.document is not None
    again = await bot.send_document(1001, sent.document.file_id)
    assert again.document == sent.document


async def test_bot_downloads_what_a_person_sent(bot: Bot, anna: Member) -> None:
    await anna.send_document("ленты.opml", b"<opml/>", mime_type="text/x-opml", caption="вот")
    update = (await bot.get_updates())[-1]
    assert update.message is not None
    assert update.message.caption == "вот"
    document = update.message.document
    assert document is not None
    assert (document.file_name, document.mime_type) == ("ленты.opml", "text/x-opml")
    downloaded = await bot.download(document)
    assert downloaded is not None
    assert downloaded.read() == b"<opml/>"


async def test_file_over_20_megabytes_cannot_be_downloaded(bot: Bot, anna: Member) -> None:
    sent = await anna.send_document("big", b"0" * (20 * 1024 * 1024 + 1))
    assert sent.document is not None
    with pytest.raises(TelegramBadRequest, match="Bad Request: file is too big"):
        await bot.get_file(sent.document["file_id"])


async def test_photo_is_sent(bot: Bot, anna: Member) -> None:
    sent = await bot.send_photo(1001, BufferedInputFile(b"\x89PNG", "a.png"), caption="c" * 1024)
    assert sent.photo
    with pytest.raises(TelegramBadRequest, match="Bad Request: message caption is too long"):
        await bot.send_photo(1001, sent.photo[0].file_id, caption="c" * 1025)


async def test_unknown_people_cannot_be_written_to(
    bot: Bot, world: World, client: SandboxClient
) -> None:
    with pytest.raises(TelegramBadRequest, match="Bad Request: chat not found"):
        await bot.send_message(31337, "x")
    await client.person(5, first_name="Чужой")
    with pytest.raises(TelegramBadRequest, match="Bad Request: chat not found"):
        await bot.send_message(5, "x")
    with pytest.raises(TelegramForbiddenError, match="bot can't initiate conversation"):
        await bot.send_message(1002, "x")


async def test_blocked_bot_gets_403_until_unblocked(bot: Bot, anna: Member) -> None:
    await anna.block()
    with pytest.raises(TelegramForbiddenError, match="Forbidden: bot was blocked by the user"):
        await bot.send_message(1001, "x")
    await anna.unblock()
    await bot.send_message(1001, "x")
    updates = await bot.get_updates()
    changes = [u.my_chat_member for u in updates if u.my_chat_member]
    assert [c.new_chat_member.status for c in changes] == ["kicked", "member"]


async def test_migrated_group_names_its_new_id(bot: Bot, client: SandboxClient) -> None:
    group = client.existing_group(-2001, 1000)
    new = await group.migrate()
    with pytest.raises(TelegramMigrateToChat) as moved:
        await bot.send_message(-2001, "x")
    assert moved.value.migrate_to_chat_id == new.chat_id
    await bot.send_message(new.chat_id, "x")
    updates = [u.message for u in await bot.get_updates() if u.message]
    assert [u.migrate_to_chat_id for u in updates] == [new.chat_id, None]
    assert [u.migrate_from_chat_id for u in updates] == [None, -2001]
    assert (await bot.get_chat(new.chat_id)).type == "supergroup"


async def test_removed_bot_is_forbidden_in_the_group(bot: Bot, client: SandboxClient) -> None:
    group = client.existing_group(-2001, 1000)
    await group.remove_bot()
    with pytest.raises(TelegramForbiddenError, match="bot was kicked from the group chat"):
        await bot.send_message(-2001, "x")
    await group.add_bot("administrator")
    await bot.send_message(-2001, "x")
    await bot.leave_chat(-2001)
    with pytest.raises(TelegramForbiddenError, match="bot is not a member of the group chat"):
        await bot.send_message(-2001, "x")


async def test_members_have_their_statuses(bot: Bot, client: SandboxClient) -> None:
    group = client.existing_group(-2001, 1000)
    assert (await bot.get_chat_member(-2001, 1000)).status == "creator"
    assert (await bot.get_chat_member(-2001, 1001)).status == "member"
    await group.promote(1001)
    await group.set_member(1002, "left")
    admins = await bot.get_chat_administrators(-2001)
    assert [a.user.id for a in admins] == [1000, 1001]
    assert (await bot.get_chat_member(-2001, 1002)).status == "left"
    assert await bot.get_chat_member_count(-2001) == 3
    await group.set_member("bot", "restricted")
    assert (await bot.get_chat_member(-2001, bot.id)).status == "restricted"


async def test_reaction_and_pin_are_seen(bot: Bot, anna: Member, client: SandboxClient) -> None:
    [start] = await anna.messages()
    await bot.set_message_reaction(1001, start.message_id, [ReactionTypeEmoji(emoji="👍")])
    assert (await anna.messages())[0].reactions == ["👍"]
    with pytest.raises(TelegramBadRequest, match="REACTION_INVALID"):
        await bot.set_message_reaction(1001, start.message_id, [ReactionTypeEmoji(emoji="x")])
    await bot.pin_chat_message(1001, start.message_id)
    assert (await bot.get_chat(1001)).pinned_message is not None
    await bot.unpin_chat_message(1001)
    assert (await bot.get_chat(1001)).pinned_message is None
    with pytest.raises(TelegramBadRequest, match="not enough rights"):
        await bot.pin_chat_message(-2001, 1)


async def test_method_out_of_reach_answers_404(bot: Bot, anna: Member) -> None:
    with pytest.raises(TelegramNotFound, match="Not Found: method not found"):
        await bot(SendDice(chat_id=1001))


async def test_wrong_token_is_unauthorized(bot: Bot, sandbox: object) -> None:
    stranger = Bot("1:other", session=bot.session)
    with pytest.raises(TelegramAPIError, match="Unauthorized"):
        await stranger.get_me()
