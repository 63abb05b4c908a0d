"""Where articles come from, who may read them, and how their polling goes."""

from digests.models import ChatId, SourceKind
from storage import sources
from storage.database import Database
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
        db, source.id, NOW, NOW + hours(1), etag='"x"', last_modified="Mon", title=None
    )
    assert await sources.due_sources(db, NOW) == []
    (due,) = await sources.due_sources(db, NOW + hours(1))
    assert (due.etag, due.last_modified, due.failures, due.is_first) == ('"x"', "Mon", 0, False)
    assert due.source.title == "Старое"
    await sources.record_success(
        db, source.id, NOW, NOW + hours(2), etag=None, last_modified=None, title="Новое"
    )
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
