"""The road of a message: claimed, under way, sent; and every way it may go wrong."""

import pytest

from digests.models import ChatId, Delivery, DigestId
from storage import outbox, subscribers
from storage.database import Database
from storage.digests import Slot, publish, window_starts
from storage.outbox import LEASE
from tests.factories import NOW, hours, store_chat

MINUTE = hours(1 / 60)


@pytest.fixture
async def chat(db: Database) -> ChatId:
    return await store_chat(db)


async def digest(db: Database, chat: ChatId, parts: int, slot: str = "now/1") -> DigestId:
    made = await publish(
        db, chat, Slot(slot), NOW, NOW, [f"{slot} part {n}" for n in range(1, parts + 1)], []
    )
    assert made is not None
    return made


async def claim_one(db: Database) -> Delivery:
    (claimed,) = await outbox.claim(db, NOW, 9)
    return claimed


async def send(db: Database, delivery: Delivery) -> None:
    assert await outbox.mark_sending(db, delivery.id)
    await outbox.mark_sent(db, delivery.id, 500 + delivery.id)


async def states(db: Database) -> list[str]:
    return [row["state"] for row in await db.fetch_all("SELECT state FROM delivery ORDER BY id")]


async def digest_state(db: Database) -> str:
    row = await db.fetch_one("SELECT state FROM digest ORDER BY id DESC LIMIT 1")
    assert row is not None
    return str(row["state"])


async def test_parts_arrive_in_order_and_one_at_a_time(db: Database, chat: ChatId) -> None:
    made = await digest(db, chat, 3)
    for part in (1, 2, 3):
        delivery = await claim_one(db)
        assert (delivery.part, delivery.content) == (part, f"now/1 part {part}")
        assert (delivery.chat_id, delivery.digest_id, delivery.attempts) == (chat, made, 0)
        assert await outbox.claim(db, NOW, 9) == []
        assert await digest_state(db) == "pending"
        await send(db, delivery)
    assert await digest_state(db) == "delivered"
    assert await outbox.claim(db, NOW, 9) == []
    rows = await db.fetch_all("SELECT message_id FROM delivery ORDER BY id")
    assert [row["message_id"] for row in rows] == [501, 502, 503]


async def test_each_chat_has_one_message_under_way_oldest_due_first(db: Database) -> None:
    for number, ago in ((1, 1), (2, 3), (3, 2)):
        await store_chat(db, number)
        await outbox.add_notice(db, ChatId(number), "a", NOW - hours(ago))
        await outbox.add_notice(db, ChatId(number), "b", NOW - hours(ago))
    claimed = await outbox.claim(db, NOW, 2)
    assert [(d.chat_id, d.content, d.digest_id) for d in claimed] == [
        (2, "a", None),
        (3, "a", None),
    ]
    assert [d.chat_id for d in await outbox.claim(db, NOW, 9)] == [1]
    await send(db, claimed[0])
    assert [(d.chat_id, d.content) for d in await outbox.claim(db, NOW, 9)] == [(2, "b")]


async def test_a_message_waits_for_its_time(db: Database, chat: ChatId) -> None:
    await outbox.add_notice(db, chat, "a", NOW + MINUTE)
    assert await outbox.claim(db, NOW, 9) == []
    assert len(await outbox.claim(db, NOW + MINUTE, 9)) == 1


async def test_a_chat_that_must_be_left_alone_holds_up_nobody_else(
    db: Database, chat: ChatId
) -> None:
    other = await store_chat(db, 2)
    await outbox.add_notice(db, chat, "a", NOW)
    await outbox.add_notice(db, other, "b", NOW)
    await outbox.wait_chat(db, chat, NOW + MINUTE)
    assert (await claim_one(db)).chat_id == other
    assert [d.chat_id for d in await outbox.claim(db, NOW + MINUTE, 9)] == [chat]


async def test_a_chat_that_cannot_be_reached_keeps_its_messages(db: Database, chat: ChatId) -> None:
    await outbox.add_notice(db, chat, "a", NOW)
    await subscribers.mark_unreachable(db, chat, NOW)
    assert await outbox.claim(db, NOW, 9) == []
    await subscribers.mark_reachable(db, chat)
    assert (await claim_one(db)).content == "a"


async def test_a_lease_that_ran_out_is_given_to_another(db: Database, chat: ChatId) -> None:
    await digest(db, chat, 1)
    first = await claim_one(db)
    assert await outbox.release_expired(db, NOW + LEASE - MINUTE) == 0
    assert await outbox.release_expired(db, NOW + LEASE) == 1
    assert not await outbox.mark_sending(db, first.id)
    again = await claim_one(db)
    assert again.id == first.id
    assert await outbox.mark_sending(db, again.id)
    assert not await outbox.mark_sending(db, again.id)
    assert await outbox.release_expired(db, NOW + 9 * LEASE) == 0  # the request may be out


async def test_after_a_crash_everything_under_way_waits_again(db: Database) -> None:
    for number in (1, 2, 3, 4):
        await store_chat(db, number)
        await outbox.add_notice(db, ChatId(number), f"{number}", NOW)
    claimed = await outbox.claim(db, NOW, 3)
    await send(db, claimed[0])
    assert await outbox.mark_sending(db, claimed[1].id)
    assert await states(db) == ["sent", "sending", "claimed", "waiting"]
    assert await outbox.recover(db) == 1  # only one has an unknown outcome
    assert await states(db) == ["sent", "waiting", "waiting", "waiting"]
    attempts = {d.content: d.attempts for d in await outbox.claim(db, NOW, 9)}
    assert attempts == {"2": 1, "3": 0, "4": 0}
    assert await outbox.count_by_state(db) == {"sent": 1, "claimed": 3}


async def test_a_message_put_back_is_tried_again_at_its_time(db: Database, chat: ChatId) -> None:
    await digest(db, chat, 2)
    delivery = await claim_one(db)
    await outbox.mark_sending(db, delivery.id)
    await outbox.put_back(db, delivery.id, NOW + MINUTE, "network")
    assert await outbox.claim(db, NOW, 9) == []  # the second part does not overtake
    (again,) = await outbox.claim(db, NOW + MINUTE, 9)
    assert (again.id, again.attempts, again.content) == (delivery.id, 1, delivery.content)
    await outbox.put_back(db, again.id, NOW, "bad", content="plain")
    assert (await claim_one(db)).content == "plain"


async def test_a_message_that_was_sent_is_not_put_back(db: Database, chat: ChatId) -> None:
    await outbox.add_notice(db, chat, "a", NOW)
    delivery = await claim_one(db)
    await send(db, delivery)
    await outbox.put_back(db, delivery.id, NOW, "late")
    assert await states(db) == ["sent"]


@pytest.mark.parametrize("refused", [1, 2])
async def test_a_refused_part_drops_those_behind_it_and_what_they_told(
    db: Database, chat: ChatId, refused: int
) -> None:
    await digest(db, chat, 3)
    await digest(db, chat, 1, "now/2")
    await outbox.add_notice(db, chat, "notice", NOW)
    for _ in range(1, refused):
        await send(db, await claim_one(db))
    await outbox.mark_failed(db, (await claim_one(db)).id, "refused")
    sent, failed = refused - 1, 4 - refused
    assert await states(db) == ["sent"] * sent + ["failed"] * failed + ["waiting"] * 2
    row = await db.fetch_one("SELECT state FROM digest WHERE slot = 'now/1'")
    assert row is not None
    assert row["state"] == ("failed" if refused == 1 else "delivered")
    told = await db.fetch_all(
        "SELECT part FROM told JOIN digest ON digest.id = digest_id WHERE slot = 'now/1'"
    )
    assert all(one["part"] < refused for one in told)
    assert await digest_state(db) == "pending"
    assert (await claim_one(db)).content == "now/2 part 1"


async def test_a_refused_notice_drops_nothing_else(db: Database, chat: ChatId) -> None:
    await outbox.add_notice(db, chat, "a", NOW)
    await outbox.add_notice(db, chat, "b", NOW)
    await digest(db, chat, 1)
    await outbox.mark_failed(db, (await claim_one(db)).id, "refused")
    assert await states(db) == ["failed", "waiting", "waiting"]
    assert await window_starts(db, [chat], NOW) == {chat: NOW}


async def test_a_group_that_moved_gets_its_messages_at_its_new_address(db: Database) -> None:
    old, new = await store_chat(db, -5, kind="group"), ChatId(-1005)
    await digest(db, old, 2)
    delivery = await claim_one(db)
    await outbox.mark_sending(db, delivery.id)
    await outbox.put_back(db, delivery.id, NOW, "migrated")
    await subscribers.migrate_chat(db, old, new)
    for part in (1, 2):
        again = await claim_one(db)
        assert (again.chat_id, again.part) == (new, part)
        await send(db, again)
    assert await digest_state(db) == "delivered"


async def held_part(db: Database, chat: ChatId) -> Delivery:
    """The first of a digest's two parts, its outcome unknown."""
    await digest(db, chat, 2)
    delivery = await claim_one(db)
    await outbox.mark_sending(db, delivery.id)
    await outbox.hold(db, delivery.id, "network")
    return delivery


async def test_a_held_part_holds_up_its_own_digest_only(db: Database, chat: ChatId) -> None:
    part = await held_part(db, chat)
    await outbox.add_notice(db, chat, "notice", NOW)
    assert (await claim_one(db)).content == "notice"
    found, count = await outbox.held(db, 9)
    assert [(one.id, one.title, one.created) for one in found] == [(part.id, "Анна", NOW)]
    assert count == 1


@pytest.mark.parametrize(("resend", "following"), [(True, "part 1"), (False, "part 2")])
async def test_a_held_part_is_sent_again_or_counts_as_arrived(
    db: Database, chat: ChatId, resend: bool, following: str
) -> None:
    part = await held_part(db, chat)
    assert await outbox.decide_held(db, part.id, NOW, resend=resend)
    assert not await outbox.decide_held(db, part.id, NOW, resend=resend)
    delivery = await claim_one(db)
    assert delivery.content == f"now/1 {following}"
    await send(db, delivery)
    if resend:
        await send(db, await claim_one(db))
    assert await digest_state(db) == "delivered"
    assert await outbox.held(db, 9) == ([], 0)


async def test_after_a_crash_what_was_under_way_is_held_on_demand(
    db: Database, chat: ChatId
) -> None:
    await outbox.add_notice(db, chat, "a", NOW)
    await outbox.mark_sending(db, (await claim_one(db)).id)
    assert await outbox.recover(db, hold=True) == 1
    assert await states(db) == ["held"]


async def test_a_wait_is_never_rounded_down(db: Database, chat: ChatId) -> None:
    await outbox.add_notice(db, chat, "a", NOW)
    await outbox.wait_chat(db, chat, NOW + hours(0.1 / 3600))
    assert await outbox.claim(db, NOW, 9) == []
    assert list(await outbox.waiting_chats(db, NOW)) == [chat]
