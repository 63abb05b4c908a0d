"""Where articles come from, who may read them, and how their polling goes."""

from digests.models import ChatId, SourceKind
from storage import outbox, sources
from storage.database import Database
from storage.sources import Polled
from tests.factories import NOW, hours, prepared, store, store_chat, store_source

FEED = "https://vestnik.example/feed"


async def test_an_address_is_one_source_for_each_owner(db: Database) -> None:
    anna, boris = await store_chat(db, 1), await store_chat(db, 2)
    found = [
        await sources.add_source(db, SourceKind.FEED, FEED, "В", NOW, owner=owner)
        for owner in (None, anna, boris, None, anna)
    ]
    assert [new for _, new in found] == [True, True, True, False, False]
    assert [source.id for source, _ in found] == [1, 2, 3, 1, 2]
    assert [source.owner for source, _ in found] == [None, anna, boris, None, anna]
    files, new = await sources.add_source(db, SourceKind.FILES, FEED, "В", NOW)
    assert new
    assert files.kind is SourceKind.FILES


async def test_a_chat_sees_shared_sources_and_its_own(db: Database) -> None:
    anna, boris = await store_chat(db, 1), await store_chat(db, 2)
    shared = await store_source(db, title="Б")
    hers = await store_source(db, "https://a.example/feed", title="А", owner=anna)
    await store(db, shared, prepared())
    seen = await sources.visible_sources(db, anna)
    assert [(one.source, one.articles) for one in seen] == [(hers, 0), (shared, 1)]
    assert [one.source for one in await sources.visible_sources(db, boris)] == [shared]
    assert [one.source for one in await sources.visible_sources(db, ChatId(0))] == [shared]


async def test_a_feed_is_due_at_once_and_files_never(db: Database) -> None:
    await sources.add_source(db, SourceKind.FILES, "/tmp/articles", "Файлы", NOW)  # noqa: S108
    feed = await store_source(db)
    (due,) = await sources.due_sources(db, NOW)
    assert (due.source, due.is_first, due.failures, due.etag) == (feed, True, 0, None)
    assert await sources.due_sources(db, NOW - hours(1)) == []


async def test_success_is_remembered_and_clears_failures(db: Database) -> None:
    source = await store_source(db, title="Старое")
    await sources.record_failure(db, source.id, NOW, "http_500")
    await sources.record_success(
        db, source.id, NOW, NOW + hours(1), Polled('"x"', "Mon", hours(2), frozenset({0, 23}))
    )
    assert await sources.due_sources(db, NOW) == []
    (due,) = await sources.due_sources(db, NOW + hours(1))
    assert (due.etag, due.last_modified, due.failures, due.is_first) == ('"x"', "Mon", 0, False)
    assert (due.interval, due.skip_hours) == (hours(2), {0, 23})
    assert due.source.title == "Старое"
    await sources.record_success(db, source.id, NOW, NOW + hours(2), Polled(title="Новое"))
    (seen,) = await sources.visible_sources(db, ChatId(0))
    assert (seen.source.title, seen.last_success, seen.last_error) == ("Новое", NOW, None)


async def test_failures_are_counted_in_a_row(db: Database) -> None:
    source = await store_source(db)
    for number in (1, 2, 3):
        await sources.record_failure(db, source.id, NOW + hours(number), f"http_50{number}")
    (due,) = await sources.due_sources(db, NOW + hours(3))
    assert (due.failures, due.is_first) == (3, True)
    (seen,) = await sources.visible_sources(db, ChatId(0))
    assert (seen.failures, seen.last_error, seen.last_success) == (3, "http_503", None)


async def test_those_due_longest_are_polled_first(db: Database) -> None:
    for number in (1, 2, 3):
        source = await store_source(db, f"https://{number}.example/feed")
        await sources.record_failure(db, source.id, NOW - hours(number), "timeout")
    assert [one.source.id for one in await sources.due_sources(db, NOW, 2)] == [3, 2]


async def test_those_being_polled_do_not_hide_the_others(db: Database) -> None:
    ids = [(await store_source(db, f"https://{n}.example/feed")).id for n in range(5)]
    due = await sources.due_sources(db, NOW, 2, except_for=ids[:3])
    assert [one.source.id for one in due] == ids[3:]


async def test_source_that_moved_is_known_by_its_new_address(db: Database) -> None:
    source = await store_source(db)
    moved = "https://new.example/feed"
    await sources.record_success(db, source.id, NOW, NOW, Polled(moved=moved))
    (due,) = await sources.due_sources(db, NOW)
    assert due.source.address == moved


async def test_source_whose_new_address_is_another_source_stays_where_it_is(db: Database) -> None:
    source = await store_source(db)
    other = await store_source(db, "https://new.example/feed")
    await sources.record_success(db, source.id, NOW, NOW, Polled('"x"', moved=other.address))
    polling = await sources.find_polling(db, source.id)
    assert polling is not None
    assert (polling.source.address, polling.etag) == (source.address, '"x"')


async def test_parked_source_is_told_once_and_polled_again_after_a_success(db: Database) -> None:
    source = await store_source(db)
    notices = [(ChatId(7), "{}"), (ChatId(8), "{}")]
    assert await sources.park_source(db, source.id, NOW, "http_410", notices)
    assert not await sources.park_source(db, source.id, NOW, "http_410", notices)
    assert await sources.due_sources(db, NOW + hours(10_000)) == []
    (seen,) = await sources.visible_sources(db, ChatId(0))
    assert (seen.parked, seen.failures, seen.last_error) == (NOW, 1, "http_410")
    assert {one.chat_id for one in await outbox.claim(db, NOW, 10)} == {7, 8}
    assert await outbox.count_by_state(db) == {"claimed": 2}
    await sources.record_success(db, source.id, NOW, NOW + hours(1), Polled())
    (seen,) = await sources.visible_sources(db, ChatId(0))
    assert (seen.parked, seen.failures, seen.last_error) == (None, 0, None)
    assert len(await sources.due_sources(db, NOW + hours(1))) == 1


async def test_private_source_is_missed_by_its_owner_only(db: Database) -> None:
    anna, _ = await store_chat(db, 1), await store_chat(db, 2)
    hers = await store_source(db, owner=anna)
    assert await sources.readers_of(db, hers) == [(anna, "ru")]


async def test_files_are_never_polled_out_of_turn(db: Database) -> None:
    files, _ = await sources.add_source(db, SourceKind.FILES, "/news", "Файлы", NOW)
    assert await sources.find_polling(db, files.id) is None
