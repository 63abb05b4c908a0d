"""A feed polled again and again: what is not new is never told as new, whatever its publisher does
to guids, addresses and words. From the bytes of a feed to the rows of the store."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from digests.preparing import prepare_feed
from storage.articles import Added, add_articles
from tests.factories import NOW, store_source

if TYPE_CHECKING:
    from storage.database import Database

ZONE = ZoneInfo("Europe/Moscow")
LINK = "https://garden.example/news/agave"
TITLES = ("Агава зацвела впервые за сорок лет", "Кактусы пересадили в теплицу", "Алоэ купили зря")
TEXT = "Ботаники лугоградского сада измерили {} и удивились: за неделю прибавило по ладони."


def item(
    title: str = TITLES[0],
    *,
    guid: str | None = None,
    link: str | None = None,
    text: str | None = None,
    days: float = 0,
) -> str:
    at = NOW - timedelta(hours=1) + timedelta(days=days)
    fields = [
        f"<title>{title}</title>",
        f"<guid isPermaLink='false'>{guid}</guid>" if guid is not None else "",
        f"<link>{link.replace('&', '&amp;')}</link>" if link else "",
        f"<description>{TEXT.format(title) if text is None else text}</description>",
        f"<pubDate>{at:%a, %d %b %Y %H:%M:%S} +0000</pubDate>",
    ]
    return f"<item>{''.join(fields)}</item>"


async def polled(db: Database, *documents: list[str]) -> list[Added]:
    """What each of the documents, polled one after the other, adds."""
    source = await store_source(db)
    added = []
    for number, items in enumerate(documents):
        body = f"<rss><channel><title>Сад</title>{''.join(items)}</channel></rss>".encode()
        now = NOW + timedelta(days=number)
        batch = prepare_feed(body, None, "https://garden.example/rss", now, ZONE)
        added.append(await add_articles(db, source, batch.prepared, now))
    return added


SAME = {
    "the same again": (item(guid="1", link=LINK), item(guid="1", link=LINK)),
    "guid with white space": (item(guid="1"), item(guid="\n  1\t")),
    "new guid": (item(guid="1", link=LINK), item(guid="2", link=LINK)),
    "new guid and address": (item(guid="1", link=LINK), item(guid="2", link=LINK + "-2")),
    "new guid, no address": (item(guid="1"), item(guid="2")),
    "guid lost": (item(guid="1", link=LINK), item(link=LINK)),
    "guid found": (item(link=LINK), item(guid="1", link=LINK)),
    "other tracking": (
        item(link=LINK + "?utm_source=rss"),
        item(link=LINK + "?utm_source=tg&utm_medium=x"),
    ),
    "tracking in a guid": (
        item(guid=LINK + "?utm_campaign=1", link=LINK),
        item(guid=LINK + "?utm_campaign=2", link=LINK),
    ),
    "other scheme and host": (item(link=LINK), item(link="http://www.garden.example/news/agave/")),
    "relative address": (item(link=LINK), item(link="/news/agave")),
    "a few words, new guid": (item(guid="1", text=""), item(guid="2", text="")),
    "later date": (item(guid="1"), item(guid="1", days=0.5)),
    "no guid, no address": (item(), item()),
}
EDITED = {
    "title": (item(guid="1", link=LINK), item(TITLES[1], guid="1", link=LINK)),
    "title, no guid": (item(link=LINK), item(TITLES[1], link=LINK)),
    "title and guid": (item(guid="1", link=LINK), item(TITLES[1], guid="2", link=LINK)),
    "title and tracking": (item(link=LINK + "?from=a"), item(TITLES[1], link=LINK + "?from=b")),
    "far down in the text": (
        item(guid="1", text=TEXT.format("всё") * 20),
        item(guid="1", text=TEXT.format("всё") * 20 + " Дописали вечером другое."),
    ),
    "address too": (item(guid="1", link=LINK), item(TITLES[1], guid="1", link=LINK + "-2")),
}


@pytest.mark.parametrize("name", SAME)
async def test_what_was_there_is_not_new(db: Database, name: str) -> None:
    before, after = SAME[name]
    assert await polled(db, [before], [after], [before]) == [
        Added(new=1),
        Added(known=1),
        Added(known=1),
    ]


@pytest.mark.parametrize("name", EDITED)
async def test_edit_is_recognised_as_one(db: Database, name: str) -> None:
    before, after = EDITED[name]
    assert await polled(db, [before], [after], [after]) == [
        Added(new=1),
        Added(changed=1),
        Added(known=1),
    ]


async def test_edited_article_takes_its_new_address(db: Database) -> None:
    before, after = EDITED["address too"]
    await polled(db, [before], [after])
    row = await db.fetch_one("SELECT link, title FROM article")
    assert row is not None
    assert tuple(row) == (LINK + "-2", TITLES[1])


THREE = {
    "one guid, three addresses": [item(t, guid="0", link=f"{LINK}/{t[:3]}") for t in TITLES],
    "one guid, no address": [item(t, guid="0") for t in TITLES],
    "one guid of white space": [item(t, guid=" ", link=f"{LINK}/{t[:3]}") for t in TITLES],
    "no guid, one address": [item(t, link=LINK) for t in TITLES],
    "no guid, the front page": [item(t, link="https://garden.example/") for t in TITLES],
    "guids, one address": [item(t, guid=t[:3], link=LINK) for t in TITLES],
    "the same words, three guids": [
        item("Погода", guid=str(n), text="", link=f"{LINK}/{n}", days=-n) for n in range(3)
    ],
}


@pytest.mark.parametrize("name", THREE)
async def test_three_items_stay_three_over_polls(db: Database, name: str) -> None:
    one, two, three = THREE[name]
    documents = [
        [one, two, three],
        [one, two, three],
        [three, one, two],
        [two, three],
        [one],
        [two, one],
    ]
    added = await polled(db, *documents)
    assert added[0] == Added(new=3)
    assert [(some.new, some.changed) for some in added[1:]] == [(0, 0)] * 5


@pytest.mark.parametrize("name", THREE)
async def test_fourth_item_is_news_when_the_oldest_falls_out(db: Database, name: str) -> None:
    one, two, three = THREE[name]
    added = await polled(db, [one, two], [two, three], [three])
    assert [some.new for some in added] == [2, 1, 0]
    assert [some.changed for some in added] == [0, 0, 0]


async def test_one_guid_at_one_address_is_one_article(db: Database) -> None:
    items = [item(title, guid="0", link=LINK) for title in TITLES]
    assert [some.new for some in await polled(db, items, items)] == [1, 0]


async def test_daily_issue_of_one_title_is_news_every_day(db: Database) -> None:
    issues = [
        [item("Утренний выпуск", guid=f"{day}", link=f"{LINK}/{day}", text="", days=day)]
        for day in range(4)
    ]
    assert await polled(db, *issues) == [Added(new=1)] * 4


async def test_large_document_stays_stable_whatever_its_order(db: Database) -> None:
    items = [
        item(f"Растение номер {n} зацвело", guid=f"g{n % 90}", link=f"{LINK}/{n}")
        for n in range(180)
    ]
    added = await polled(db, items, items[::-1], items[60:] + items[:60])
    assert added == [Added(new=180), Added(known=180), Added(known=180)]
