"""Work in other processes: bounded in time and memory, and one job's end is no other's."""

from __future__ import annotations

import asyncio
import operator
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from bot import workers
from bot.errors import WorkerError
from bot.workers import Workers, start_workers
from digests.errors import NotAFeedError
from digests.preparing import prepare_feed

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FEED = b"<rss><channel><title>T</title><item><title>News of the day</title></item></channel></rss>"


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    monkeypatch.setattr(workers, "JOB_SECONDS", 2.0)
    with start_workers() as started:
        yield started


async def reason(pool: Workers, function: object, *args: object) -> object:
    with pytest.raises(WorkerError) as raised:
        await pool.run(function, *args)  # type: ignore[arg-type]
    return raised.value.values["reason"]


async def test_what_takes_too_long_or_too_much_ends_and_what_waits_behind_it_is_done(
    pool: Workers,
) -> None:
    async with asyncio.TaskGroup() as group:
        slow = group.create_task(reason(pool, time.sleep, 60))
        large = group.create_task(reason(pool, bytearray, 400 * 1024 * 1024))
        killed = group.create_task(reason(pool, signal.raise_signal, signal.SIGKILL))
        odd = group.create_task(reason(pool, etree.fromstring, b"<a"))
        good = [group.create_task(pool.run(operator.mul, 2, number)) for number in range(20)]
    assert [one.result() for one in good] == [2 * number for number in range(20)]
    assert slow.result() == "too_slow"
    assert large.result() == "died"
    assert killed.result() == "died"
    assert odd.result() == "XMLSyntaxError", "which no process can send to another"


async def test_parsers_and_their_errors_fit_under_the_limit(pool: Workers) -> None:
    batch = await pool.run(prepare_feed, FEED, None, "https://a.example/", NOW, UTC)
    assert [article.title for article in batch.prepared] == ["News of the day"]
    with pytest.raises(NotAFeedError) as refused:
        await pool.run(prepare_feed, b"<html>", None, "https://a.example/", NOW, UTC)
    assert refused.value.values["reason"] == "html"
