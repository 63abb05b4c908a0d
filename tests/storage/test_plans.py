"""What is asked at every press and every tick is found by an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from digests.clustering import WINDOW
from digests.models import ArticleId, ChatId, DeliveryId, StoryId
from storage import (
    asking,
    breaking,
    copies,
    erasing,
    outbox,
    retention,
    stories,
    telling,
    updates,
)
from storage.asking import Scope
from storage.database import NOTHING, Statements
from storage.digests import Slot, Told, publish
from tests.factories import NOW, held_against, hours, prepared, store, store_chat, store_source

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.database import Database


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps of the statements run from now on, in whatever connection."""
    return explained(monkeypatch)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those of transactions alone, while nobody else can write."""
    return explained(monkeypatch, lambda inside: inside._connection.in_transaction)


def explained(
    monkeypatch: pytest.MonkeyPatch, counts: Callable[[Statements], bool] = lambda _: True
) -> list[str]:
    found: list[str] = []

    def explain(name: str) -> None:
        run = getattr(Statements, name)

        def explaining(inside: Statements, sql: str, values: Any = NOTHING) -> Any:
            if values != [] and counts(inside):
                some = values[0] if isinstance(values, list) else values
                rows = inside._connection.execute(f"EXPLAIN QUERY PLAN {sql}", some)
                found.extend(row["detail"] for row in rows)
            return run(inside, sql, values)

        monkeypatch.setattr(Statements, name, explaining)

    for name in ("execute", "execute_all", "fetch_all"):
        explain(name)
    return found


def scanned(steps: list[str]) -> list[str]:
    """The tables that are read from end to end; lists and the full-text index are none."""
    return [step for step in steps if step.startswith("SCAN") and "VIRTUAL" not in step]


async def test_a_pressed_message_is_found_by_its_number(db: Database, steps: list[str]) -> None:
    await telling.page_of(db, ChatId(1), 7)
    assert any("delivery_message" in step for step in steps)
    assert not scanned(steps)


async def test_what_breaks_is_looked_for_among_what_just_arrived(
    db: Database, steps: list[str]
) -> None:
    await breaking.reported_widely(db, NOW, 3)
    assert any("article_arrived" in step for step in steps)
    assert not scanned(steps)


async def test_who_wants_alerts_is_found_page_by_page(db: Database, steps: list[str]) -> None:
    await breaking.who_wants(db, ChatId(0), 9)
    assert steps == ["SEARCH subscriber USING INDEX subscriber_alerts (chat_id>?)"]
    await breaking.had_enough(db, {ChatId(1): NOW}, 3)
    assert any("digest_window (chat_id=? AND made_at>?)" in step for step in steps)
    assert not scanned(steps)


@pytest.mark.parametrize(("since", "until"), [(4.0, None), (4.0, 2.0), (None, None)])
@pytest.mark.parametrize(
    ("languages", "index"),
    [
        ((), "article_published (published_at>? AND published_at<?)"),
        (("kk", "ru"), "article_language (language=? AND published_at>? AND published_at<?)"),
    ],
)
async def test_the_latest_of_a_quiet_period_or_rare_language_are_looked_for_among_them_alone(
    db: Database,
    steps: list[str],
    since: float | None,
    until: float | None,
    languages: tuple[str, ...],
    index: str,
) -> None:
    bounds = [None if ago is None else NOW - hours(ago) for ago in (since, until)]
    scope = Scope(ArticleId(9), *bounds, languages=languages)
    await asking.latest_within(db, ChatId(1), scope, 9, 0)
    assert [step.startswith("SEARCH article") for step in steps].count(True) == (
        len(languages) or 1
    )
    assert all(index in step for step in steps if step.startswith("SEARCH article"))
    assert not any("B-TREE" in step for step in steps), "read in order, never sorted"


async def test_what_is_forgotten_by_age_is_found_by_age(db: Database, steps: list[str]) -> None:
    await store(db, await store_source(db), prepared())
    chat = await store_chat(db)
    for slot in ("1", "2"):
        told = [Told(StoryId(1), ArticleId(1), 1)]
        await publish(db, chat, Slot(slot), NOW, NOW, ["{}"], told)
    async with db.write() as tx:
        await tx.execute("UPDATE digest SET state = 'delivered'", {})
    steps.clear()
    later = NOW + hours(1)
    assert await retention.forget_digests(db, later, later) == 2
    assert await outbox.forget_notices(db, later) == 0
    assert any("digest_made" in step for step in steps)
    assert any("delivery_noticed" in step for step in steps)
    assert not scanned(steps)


async def test_who_erases_themselves_holds_up_others_by_nothing_that_is_read_through(
    db: Database, held: list[str]
) -> None:
    chat = await store_chat(db)
    await store(db, await store_source(db, owner=chat), prepared())
    held.clear()
    await erasing.erase_chat(db, chat, 900, [ChatId(42)])
    assert any("delivery_chat" in step for step in held)
    assert scanned(held) == ["SCAN broadcast", "SCAN broadcast"], "there are few"
    assert not any((await held_against(db)).values())


async def test_what_clustering_forgets_by_age_holds_up_others_by_nothing_that_is_read_through(
    db: Database, held: list[str]
) -> None:
    await store(db, await store_source(db), prepared())
    held.clear()
    later = NOW + 3 * WINDOW
    assert await stories.forget_sketches(db, later) == await copies.forget_shingles(db, later) == 1
    assert not scanned(held)
    assert not any((await held_against(db)).values())


async def test_what_goes_with_a_row_is_found_by_an_index(db: Database) -> None:
    tables = await db.fetch_all(
        """
        SELECT list.name AS "table", keys."from" AS name
        FROM pragma_table_list AS list, pragma_foreign_key_list(list.name) AS keys
        WHERE list.schema = 'main'
        """
    )
    assert len(tables) > 20
    for row in tables:
        plan = await db.fetch_all(
            f"EXPLAIN QUERY PLAN SELECT 1 FROM {row['table']} WHERE {row['name']} = 1"  # noqa: S608
        )
        assert plan[0]["detail"].startswith("SEARCH"), (row["table"], row["name"])


async def test_a_message_that_fails_and_a_start_read_what_is_theirs_alone(
    db: Database, steps: list[str]
) -> None:
    await outbox.mark_failed(db, DeliveryId(1), "refused")
    assert any("told_digest" in step for step in steps)
    assert not scanned(steps)
    steps.clear()
    await updates.note_start(db)
    assert set(scanned(steps)) == {"SCAN incoming_update USING INDEX incoming_update_lane"}
