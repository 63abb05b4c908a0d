"""Chats that ask for the same get one digest; what is theirs alone stays theirs."""

from dataclasses import replace

import pytest

from bot.making import Asked, Making
from digests.models import ArticleId, ChatId, StoryId, Subscriber
from storage import outbox
from storage.database import Database
from storage.digests import Slot, Told, publish
from storage.subscribers import add_mute, add_topic, find_subscriber, set_minutes
from tests.factories import NOW, hours, making, prepared, store, store_chat, store_source

LATER = NOW + hours(9)


async def chats(db: Database, *numbers: int) -> list[Subscriber]:
    found = []
    for number in numbers:
        subscriber = await find_subscriber(db, await store_chat(db, number))
        assert subscriber is not None
        found.append(subscriber)
    return found


async def ask(db: Database, *numbers: int) -> list[Asked]:
    asked = await making(db, LATER).ask(await chats(db, *numbers))
    return [asked[ChatId(number)] for number in numbers]


async def tell(db: Database, chat: int, message: int) -> None:
    """The first story was told and moved on."""
    told = [Told(StoryId(1), ArticleId(1), 1)]
    await publish(db, ChatId(chat), Slot("now/1"), NOW - hours(9), NOW, ["{}"], told)
    (delivery,) = await outbox.claim(db, NOW, 9)
    await outbox.mark_sending(db, delivery.id)
    await outbox.mark_sent(db, delivery.id, message)


async def test_chats_that_ask_for_the_same_share_one_digest(db: Database) -> None:
    await store(db, await store_source(db), prepared())
    await chats(db, 1, 2, 3)
    for number in (1, 2):
        await add_topic(db, ChatId(number), "мост", NOW)
    one, other, third = await ask(db, 1, 2, 3)
    assert one.inputs == other.inputs != third.inputs
    made = making(db, LATER)
    assert await made.digest(one.inputs) is await made.digest(other.inputs)


@pytest.mark.parametrize("what", ["topic", "mute", "minutes", "told", "source"])
async def test_what_is_asked_for_or_known_tells_digests_apart(db: Database, what: str) -> None:
    await store(db, await store_source(db), prepared())
    await chats(db, 1, 2)
    chat = ChatId(2)
    if what == "topic":
        await add_topic(db, chat, "мост", NOW)
    elif what == "mute":
        await add_mute(db, chat, "мост", NOW)
    elif what == "minutes":
        await set_minutes(db, chat, 5)
    elif what == "told":
        await tell(db, 2, 7)
    else:
        await store_source(db, "https://own.example/feed", owner=chat)
    one, other = await ask(db, 1, 2)
    assert one.inputs != other.inputs


async def test_updates_of_many_chats_answer_each_its_own_message(db: Database) -> None:
    await store(db, await store_source(db), prepared())
    await chats(db, 1, 2)
    for number, message in ((1, 71), (2, 72)):
        await tell(db, number, message)
    news = "Мост через реку в городе открыл Иван Громов, по нему прошли 214 машин."
    fresh = prepared("Иван Громов открыл мост через реку", text=news, guid="fresh")
    other = await store_source(db, "https://mayak.example/feed")
    await store(db, other, fresh, arrived=NOW + hours(5))
    one, two = await ask(db, 1, 2)
    assert one.inputs == two.inputs
    (before,) = one.inputs.moved
    assert before.message_id == 1, "the first of the chat's messages"
    assert (one.message(1), two.message(1)) == (71, 72)
    assert one.message(None) is None


async def test_what_fails_once_is_not_tried_for_everybody(db: Database) -> None:
    await store(db, await store_source(db), prepared())
    (one,) = await ask(db, 1)
    tries = 0

    class Failing(Making):
        async def _make(self, _inputs: object) -> object:  # type: ignore[override]
            nonlocal tries
            tries += 1
            raise ZeroDivisionError

    made = Failing(db, making(db).workers, LATER)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await made.digest(replace(one.inputs))
    assert tries == 1
