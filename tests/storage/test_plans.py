"""What is asked at every press and every tick is found by an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digests.models import ChatId
from storage import breaking, telling
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Sequence
    from sqlite3 import Row

    import pytest

    from storage.database import Database


async def plans(monkeypatch: pytest.MonkeyPatch, db: Database) -> list[str]:
    """The steps of the queries asked from now on; the list fills as they are asked."""
    steps: list[str] = []
    fetch = db.fetch_all

    async def explain(sql: str, values: dict[str, object]) -> Sequence[Row]:
        steps.extend(row["detail"] for row in await fetch(f"EXPLAIN QUERY PLAN {sql}", values))
        return await fetch(sql, values)

    async def explain_one(sql: str, values: dict[str, object]) -> Row | None:
        return next(iter(await explain(sql, values)), None)

    monkeypatch.setattr(db, "fetch_all", explain)
    monkeypatch.setattr(db, "fetch_one", explain_one)
    return steps


async def test_a_pressed_message_is_found_by_its_number(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = await plans(monkeypatch, db)
    await telling.page_of(db, ChatId(1), 7)
    assert any("delivery_message" in step for step in steps)
    assert not any(step.startswith("SCAN delivery") for step in steps)


async def test_what_breaks_is_looked_for_among_what_just_arrived(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = await plans(monkeypatch, db)
    await breaking.reported_widely(db, NOW, 3)
    assert any("article_arrived" in step for step in steps)
    assert not any(step.startswith("SCAN article") for step in steps)
