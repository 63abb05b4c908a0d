"""Rates and ordered faults: what the bot sees, and what happened to the message meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramNetworkError,
    TelegramRetryAfter,
    TelegramServerError,
)

from bot.sandbox.client import Member, SandboxClient, SandboxError
from bot.sandbox.rates import Rate, Rates
from bot.sandbox.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiogram import Bot


@pytest.fixture
def limited(world: World) -> World:
    world.limiter.rates = Rates(overall=Rate(30, 6), chat=Rate(1, 3), group=Rate(20 / 60, 4))
    return world


async def test_burst_passes_then_the_chat_must_wait(
    bot: Bot, anna: Member, limited: World, move_clock: Callable[[float], None]
) -> None:
    for _ in range(3):
        await bot.send_message(1001, "x")
    with pytest.raises(TelegramRetryAfter) as refused:
        await bot.send_message(1001, "x")
    assert refused.value.retry_after == 1
    assert limited.limiter.requests_inside_ban == 0
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(1001, "x")
    assert limited.limiter.requests_inside_ban == 1
    move_clock(1)
    await bot.send_message(1001, "x")
    assert len(limited.ledger) == 4


async def test_group_has_its_own_slower_rate(
    bot: Bot, limited: World, move_clock: Callable[[float], None]
) -> None:
    for _ in range(4):
        await bot.send_message(-2001, "x")
        move_clock(0.7)
    with pytest.raises(TelegramRetryAfter) as refused:
        await bot.send_message(-2001, "x")
    assert refused.value.retry_after == 1


async def test_overall_rate_counts_all_chats(
    bot: Bot, anna: Member, client: SandboxClient, limited: World
) -> None:
    await (await client.person(1002)).say("/start")
    for chat in (1001, 1002, -2001) * 2:
        await bot.send_message(chat, "x")
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(1001, "x")


async def test_refused_messages_do_not_count(bot: Bot, anna: Member, limited: World) -> None:
    for _ in range(5):
        with pytest.raises(Exception, match="message text is empty"):
            await bot.send_message(1001, " ")
    for _ in range(3):
        await bot.send_message(1001, "x")


async def test_ordered_429_starts_a_ban(
    bot: Bot, anna: Member, client: SandboxClient, move_clock: Callable[[float], None]
) -> None:
    await client.order_fault("retry_after", method="sendMessage", chat_id=1001, retry_after=7)
    with pytest.raises(TelegramRetryAfter) as refused:
        await bot.send_message(1001, "x")
    assert refused.value.retry_after == 7
    with pytest.raises(TelegramRetryAfter):
        await bot.send_message(1001, "x")
    assert (await client.stats())["requests_inside_ban"] == 1
    move_clock(7)
    await bot.send_message(1001, "x")


@pytest.mark.parametrize(
    ("kind", "error", "arrived"),
    [
        ("server_error", TelegramServerError, 0),
        ("bad_gateway", ClientDecodeError, 0),
        ("truncated", ClientDecodeError, 1),
        ("reset_before", TelegramNetworkError, 0),
        ("reset_after", TelegramNetworkError, 1),
    ],
)
async def test_fault_strikes_once_and_says_whether_the_message_arrived(
    bot: Bot,
    anna: Member,
    client: SandboxClient,
    kind: str,
    error: type[Exception],
    arrived: int,
) -> None:
    await client.order_fault(kind, method="sendmessage")
    await bot.get_me()
    with pytest.raises(error):
        await bot.send_message(1001, "x")
    assert len(await client.ledger()) == arrived
    assert len(await anna.from_bot()) == arrived
    await bot.send_message(1001, "x")
    assert len(await client.ledger(1001)) == arrived + 1


async def test_slow_answer_comes_after_the_client_gave_up(
    bot: Bot, anna: Member, client: SandboxClient
) -> None:
    await client.order_fault("slow", seconds=0.2)
    with pytest.raises(TelegramNetworkError, match="Request timeout"):
        await bot.send_message(1001, "late", request_timeout=0.05)  # type: ignore[arg-type]
    assert (await anna.wait_for()).text == "late"


async def test_fault_waits_for_its_chat(bot: Bot, anna: Member, client: SandboxClient) -> None:
    await client.order_fault("server_error", chat_id=-2001, status=503)
    await bot.send_message(1001, "x")
    with pytest.raises(TelegramServerError):
        await bot.send_message(-2001, "x")


async def test_probable_faults_repeat_with_the_same_seed(bot: Bot) -> None:
    runs = []
    for _ in range(2):
        world = World(seed=3)
        world.faults.order("server_error", times=None, probability=0.5)
        runs.append([world.faults.strike("getMe", None) is not None for _ in range(20)])
    assert runs[0] == runs[1]
    assert 0 < sum(runs[0]) < 20


async def test_cleared_faults_do_not_strike(bot: Bot, client: SandboxClient) -> None:
    await client.order_fault("server_error", times=None)
    assert (await client.faults())[0]["kind"] == "server_error"
    await client.clear_faults()
    await bot.get_me()


async def test_unknown_fault_is_refused(client: SandboxClient) -> None:
    with pytest.raises(SandboxError, match="unknown fault"):
        await client.order_fault("earthquake")
