"""That the benchmarks' news is the same every time; `make bench ARGS=--tiny` runs them all."""

from benchmarks.scale import TINY
from benchmarks.searching import measure
from benchmarks.storing import fill, repeat, row
from benchmarks.stream import articles, prepared
from storage.articles import count_articles
from storage.database import Database


def test_the_stream_is_the_same_every_time_and_never_repeats_itself() -> None:
    once, again = list(articles(200)), list(articles(200))
    assert once == again
    assert len({report.entry.text for report in once}) > 180, "now and then a copy"
    assert [one.entry.published for one in once] == sorted(
        one.entry.published for one in once if one.entry.published
    )


def test_articles_made_ready_in_the_short_way_are_like_prepared_ones() -> None:
    found = prepared(50, 100)
    assert len({article.guid for _, article in found}) == 50
    assert all(article.keys.title and article.summary for _, article in found)
    assert {article.language for _, article in found} == {"ru", "en"}


async def test_storing_and_searching_are_measured(db: Database) -> None:
    costs = await fill(db, 60)
    assert await count_articles(db) == 60
    assert row(TINY, costs)[0] == "stored with stories"
    await repeat(db, 3)
    assert await count_articles(db) == 180
    rows = await measure(db, TINY)
    assert len(rows) == 3
    assert all(float(figure) >= 0 for _, *figures in rows for figure in figures)
