"""What is asked at every press and every tick is found by an index."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from digests.models import ArticleId, ChatId, StoryId
from storage import asking, breaking, outbox, retention, telling
from storage.asking import Scope
from storage.database import Statements
from storage.digests import Slot, Told, publish
from tests.factories import NOW, hours, prepared, store, store_chat, store_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.database import Database


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps of the statements run from now on, in whatever connection."""
    found: list[str] = []

    def explained(name: str) -> None:
        run = getattr(Statements, name)

        def explain(inside: Statements, sql: str, values: Mapping[str, object]) -> object:
            rows = inside._connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)
            found.extend(row["detail"] for row in rows)
            return run(inside, sql, values)

        monkeypatch.setattr(Statements, name, explain)

    explained("execute")
    explained("fetch_all")
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
