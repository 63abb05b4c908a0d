"""Channels and forwards, as Telegram has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.sandbox.client import SandboxError

if TYPE_CHECKING:
    from aiogram import Bot
    from aiogram.types import Update

    from bot.sandbox.client import Member, SandboxClient


async def updates(bot: Bot) -> list[Update]:
    return await bot.get_updates(allowed_updates=["channel_post", "edited_channel_post", "message"])


async def test_posts_reach_a_bot_that_is_administrator(
    bot: Bot, anna: Member, client: SandboxClient
) -> None:
    channel = await client.group(anna, "Вести", bot_status=None, kind="channel")
    author = channel.member(anna)
    await author.say("До бота")
    await channel.add_bot("administrator")
    post = await author.say("При боте")
    await author.edit(post, "При боте, исправлено")
    told = [u for u in await updates(bot) if u.channel_post or u.edited_channel_post]
    posts = [u.channel_post or u.edited_channel_post for u in told]
    assert [one.text for one in posts if one] == ["При боте", "При боте, исправлено"]
    for one in posts:
        assert one is not None
        assert one.chat.type == "channel"
        assert one.from_user is None
        assert one.sender_chat is not None
        assert one.sender_chat.id == channel.chat_id
    assert told[1].edited_channel_post is not None
    assert told[1].edited_channel_post.edit_date is not None


async def test_bots_are_in_channels_as_administrators_only(
    anna: Member, client: SandboxClient
) -> None:
    channel = await client.group(anna, "Вести", bot_status=None, kind="channel")
    with pytest.raises(SandboxError, match="administrators only"):
        await channel.add_bot("member")


async def test_only_administrators_post(anna: Member, client: SandboxClient) -> None:
    ben = await client.person(1002)
    channel = await client.group(
        anna, "Вести", {ben.person_id: "member"}, bot_status=None, kind="channel"
    )
    with pytest.raises(SandboxError, match="only administrators post"):
        await channel.member(ben).say("Я читатель")


async def test_forward_of_a_forward_names_who_said_it_first(
    bot: Bot, anna: Member, client: SandboxClient
) -> None:
    ben = await client.person(1002)
    channel = await client.group(anna, "Вести", bot_status=None, kind="channel")
    post = await channel.member(anna).say("Первые слова")
    first = await anna.forward(post)
    group = await client.group(ben, "Кружок", {anna.person_id: "member"}, bot_status=None)
    second = await group.member(anna).forward(first)
    await anna.forward(second)
    forwarded = [u.message for u in await updates(bot) if u.message and u.message.forward_origin]
    assert [one.forward_origin.type for one in forwarded if one.forward_origin] == ["channel"] * 2
