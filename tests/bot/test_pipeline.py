"""What is gathered for a digest."""

from digests.models import NOBODY
from storage.database import Database
from tests.factories import NOW, hours, making, prepared, store, store_source


async def test_what_was_being_fetched_during_the_last_digest_is_in_the_next(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(), arrived=NOW - hours(0.02))
    material, _ = await making(db, NOW + hours(24)).material(NOBODY, [], NOW)
    assert [one.story.lead.guid for one in material] == [prepared().guid]


async def test_what_arrived_well_before_the_window_is_not(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(), arrived=NOW - hours(1))
    assert (await making(db, NOW + hours(24)).material(NOBODY, [], NOW))[0] == []


async def test_a_preview_of_the_past_does_not_tell_the_future(db: Database) -> None:
    source = await store_source(db)
    await store(db, source, prepared(), arrived=None)
    long_ago = NOW - hours(2000)
    material, _ = await making(db, long_ago).material(NOBODY, [], long_ago - hours(24))
    assert material == []
