"""A 429 says how long to wait and not whom it means."""

from datetime import timedelta

import pytest

from bot.floods import Floods
from digests.models import ChatId
from storage.database import Database
from tests.bot.living import Clock
from tests.factories import store_chat

ONE, TWO = ChatId(1), ChatId(2)


@pytest.fixture
async def floods(db: Database) -> tuple[Floods, Clock]:
    for chat in (ONE, TWO):
        await store_chat(db, chat)
    clock = Clock()
    return Floods(db, clock), clock


async def test_one_refusal_means_its_chat(floods: tuple[Floods, Clock]) -> None:
    asked, clock = floods
    assert await asked.refused(ONE, 30) == clock() + timedelta(seconds=30)
    assert asked.until(ONE) == clock() + timedelta(seconds=30)
    assert asked.until(TWO) is None
    clock.move(seconds=30)
    assert asked.until(ONE) is None


async def test_two_chats_refused_until_the_same_moment_mean_everybody(
    floods: tuple[Floods, Clock],
) -> None:
    asked, clock = floods
    await asked.refused(ONE, 30)
    clock.move(seconds=10)
    await asked.refused(TWO, 21)
    assert asked.until(ChatId(3)) == asked.everybody_until() == clock() + timedelta(seconds=21)
    clock.move(seconds=21)
    assert asked.everybody_until() is None


@pytest.mark.parametrize("case", ["another moment", "one was accepted", "the same chat"])
async def test_anything_else_means_the_chat(floods: tuple[Floods, Clock], case: str) -> None:
    asked, _ = floods
    await asked.refused(ONE, 30)
    if case == "one was accepted":
        asked.accepted()
    await asked.refused(ONE if case == "the same chat" else TWO, 5 if "moment" in case else 30)
    assert asked.everybody_until() is None
    assert asked.until(ChatId(3)) is None


async def test_waits_survive_a_restart(floods: tuple[Floods, Clock], db: Database) -> None:
    asked, clock = floods
    await asked.refused(ONE, 90)
    await asked.refused(ChatId(404), 90)  # a chat we know nothing of
    again = Floods(db, clock)
    await again.load()
    for chat in (ONE, TWO):
        until = again.until(chat)
        assert until is not None
        assert clock() + timedelta(seconds=90) <= until <= clock() + timedelta(seconds=91)
    clock.move(seconds=92)
    assert again.until(ONE) is None
