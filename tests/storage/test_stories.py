"""What is remembered of words fades, so that their weight follows the news."""

from datetime import timedelta

import pytest

from digests.clustering import WINDOW
from storage import fresh
from storage.database import NOTHING, Database, Parameters, Statements
from storage.stories import COUNTS_HALVED, forget_counts, forget_sketches, frequent_keys
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
