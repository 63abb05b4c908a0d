"""What is remembered of words fades, so that their weight follows the news."""

from datetime import timedelta
from pathlib import Path

import pytest

from digests.clustering import WINDOW
from storage import fresh
from storage.counts import COUNTS_HALVED, counts_of, forget_counts, frequent_keys
from storage.database import NOTHING, Database, Parameters, Statements, open_database
from storage.spelling import known_roots, near_roots
from storage.stories import forget_sketches
from tests.factories import NOW, held_against, prepared, store, store_source, unlike_others


async def test_frequencies_are_halved_now_and_then_and_single_words_go(db: Database) -> None:
    source = await store_source(db)
    for number in range(4):
        text = f"Мост через Каменку открыли. {unlike_others(number, 9)}."
        await store(db, source, prepared(f"Мост {number}", text=text, guid=f"g{number}"))
    before, articles = await frequent_keys(db)
    assert (before["мост"], articles) == (4, 4)
    assert not await forget_counts(db, NOW), "it starts to count the days"
    assert not await forget_counts(db, NOW + COUNTS_HALVED - timedelta(hours=1))
    assert await frequent_keys(db) == (before, articles)
    assert await forget_counts(db, NOW + COUNTS_HALVED)
    after, articles = await frequent_keys(db)
    assert (after["мост"], articles) == (2, 2)
    assert len(after) < len(before)
    assert not await forget_counts(db, NOW + COUNTS_HALVED + timedelta(hours=1))


async def test_however_much_is_to_be_forgotten_it_goes_a_few_at_once(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fresh, "STEP_ARTICLES", 3)
    source = await store_source(db)
    for number in range(7):
        text = f"Мост через Каменку открыли. {unlike_others(number, 9)}."
        await store(db, source, prepared(f"Мост {number}", text=text, guid=f"g{number}"))
    dropped: list[int] = []
    execute = Statements.execute

    def counting(self: Statements, sql: str, values: Parameters = NOTHING) -> int:
        dropped.append(execute(self, sql, values))
        return dropped[-1]

    monkeypatch.setattr(Statements, "execute", counting)
    assert await forget_sketches(db, NOW + 3 * WINDOW) == 7
    assert dropped == [3, 3, 1]
    assert not (await held_against(db))["fresh_key"]


async def test_words_are_counted_at_once_and_written_when_they_are_many(db: Database) -> None:
    source = await store_source(db)

    async def reported(number: int) -> int:
        """How often «мост» stands in the file once so many articles have it."""
        text = f"Мост через Каменку открыли. {unlike_others(number, 9)}."
        await store(db, source, prepared(f"Мост {number}", text=text, guid=f"g{number}"))
        async with db.write() as tx:
            counts, articles = await tx.run(lambda inside: counts_of(inside, ["мост", "щи"]))
        assert (counts["мост"], counts["щи"], articles) == (number, 0, number)
        written, _ = await frequent_keys(db)
        return written["мост"]

    assert [await reported(number) for number in range(1, 46)] == [
        *range(1, 22), 21, 23, 23, 25, 25, 27, 27, 29, 29, 31, 31, 33, 33, 35, 35, 37, 37, 39, 39,
        41, 41, 41, 44, 44,
    ]  # fmt: skip
    await db.write_counts()
    assert (await frequent_keys(db))[0]["мост"] == 45


async def test_a_word_that_just_came_is_known_to_spelling(db: Database) -> None:
    source = await store_source(db)
    for number in range(42):
        text = f"Мост через Каменку открыли. {unlike_others(number, 9)}."
        await store(db, source, prepared(f"Мост {number}", text=text, guid=f"g{number}"))
    await store(db, source, prepared("Кракозябровск основан", text="Мост.", guid="new"))
    assert (await frequent_keys(db))[0].get("кракозябровск") is None, "it is not written yet"
    assert await known_roots(db, ["мост", "кракозябровск", "щи"]) == {
        "мост": 43,
        "кракозябровск": 1,
    }
    assert await near_roots(db, "крак", 13) == {"кракозябровск": 1}
    assert (await near_roots(db, "мос", 4))["мост"] == 43


async def test_what_was_counted_is_in_the_file_after_an_orderly_end(tmp_path: Path) -> None:
    path = tmp_path / "orderly.sqlite"
    for start in (0, 30):
        async with open_database(path) as db:
            source = await store_source(db)
            for number in range(start, start + 30):
                text = f"Мост через Каменку открыли. {unlike_others(number, 9)}."
                await store(db, source, prepared(f"Мост {number}", text=text, guid=f"g{number}"))
    async with open_database(path) as db:
        counts, articles = await frequent_keys(db)
    assert (counts["мост"], articles) == (60, 60)
