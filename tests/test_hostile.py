"""The short form of `make hostile` that CI runs; times are for the long one to judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot import fetching
from bot.fetching import open_fetcher
from bot.guard import AllowedHosts
from bot.workers import Workers, start_workers
from hostile import fuzzing, guarding, serving
from hostile.bombs import bomb_megabytes
from hostile.documents import Document
from hostile.generated import bombs, charsets, crowds, oddities
from hostile.reading import read_all
from hostile.server import EVIL, FORBIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20261125
INPUTS = 400
SMALL = ("20,000 categories", "100,000 nested elements", "20,000 attributes")


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with start_workers() as started:
        yield started


async def test_documents_made_to_break_parsers_are_read_or_refused(workers: Workers) -> None:
    small = [one for one in crowds() if one.name.split("/")[1].removesuffix(", broken") in SMALL]
    readings = await read_all(workers, [*bombs(), *oddities(), *small])
    assert [one for one in readings if not one.is_as_meant] == []
    assert max(one.megabytes or 0 for one in readings) <= 256


async def test_russian_is_read_in_every_charset_under_every_declaration(workers: Workers) -> None:
    readings = await read_all(workers, list(charsets())[::3])
    assert [one.document.name for one in readings if not one.is_as_meant] == []


async def test_mutated_feeds_raise_nothing_but_refusals(workers: Workers) -> None:
    bases = [one.data for one in [*list(charsets())[::20], *oddities()]]
    fuzzed = await fuzzing.fuzz(workers, bases, SEED, INPUTS)
    assert fuzzed.escaped == ()
    assert 0 < fuzzed.read < INPUTS


def test_mutation_is_made_again_from_its_seed() -> None:
    assert fuzzing.mutated([b"abc" * 50], "7/1") == fuzzing.mutated([b"abc" * 50], "7/1")
    assert fuzzing.mutated([b"abc" * 50], "7/1") != fuzzing.mutated([b"abc" * 50], "7/2")


async def test_no_spelling_redirect_or_name_leads_to_a_forbidden_address() -> None:
    guarded = await guarding.try_all()
    assert guarded.tried > 200
    assert (guarded.connections, guarded.answered) == (0, ())


async def test_listeners_of_that_table_would_have_been_reached() -> None:
    async with guarding.listeners() as (port, came):
        host = f"{FORBIDDEN}:{port}"
        async with open_fetcher(AllowedHosts.parse([host])) as fetcher:
            assert (await fetcher.fetch(f"http://{host}/")).body == b"secret"
    assert came == [1]


async def test_gigabyte_in_a_megabyte_costs_little_memory() -> None:
    assert await bomb_megabytes() <= 32


async def test_state_of_every_source_says_what_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "TOTAL_SECONDS", 2.0)
    documents = [*bombs(), *oddities(), *list(charsets())[::50]]
    gathered = await serving.gather(documents, evil=True)
    assert serving.unmeant(gathered, documents) == []
    assert len(gathered.states) == len(documents) + len(EVIL)


async def test_source_that_is_no_feed_stores_nothing_and_says_why() -> None:
    page = Document("page", b"<!doctype html><title>x</title>", 0, "reject", "text/html")
    empty = Document("empty", b"<rss><channel><title>x</title></channel></rss>", 0, "reject")
    gathered = await serving.gather([page, empty], evil=False)
    assert gathered.states == {"page": (0, "html"), "empty": (0, "no entries")}
