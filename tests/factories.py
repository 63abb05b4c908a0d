"""Makes the values of the pipeline for tests: everything has a default, everything a name."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.making import Making
from bot.newsroom.articles import NewsroomArticle, load_newsroom
from bot.workers import P, R, Workers
from digests.models import (
    Article,
    ArticleId,
    ChatId,
    Entry,
    Pick,
    PreparedArticle,
    Source,
    SourceId,
    SourceKind,
    Story,
    StoryId,
)
from digests.preparing import prepare
from digests.text.cleaning import line_key
from digests.topics import Query, parse_query
from digests.updates import LEAST_WAIT
from storage.articles import Added, add_articles
from storage.sources import add_source
from storage.subscribers import add_subscriber

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.database import Database

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEXT = (
    "Новый мост через реку открыли в понедельник в присутствии мэра города.\n\n"
    "Строительство моста заняло четыре года и обошлось бюджету в два миллиарда рублей.\n\n"
    "Старый мост закроют на ремонт, который продлится до конца следующего года."
)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


SYLLABLES = ("ба", "ве", "ги", "до", "жу", "зы", "ка", "ле", "ми", "но")


def unlike_others(number: int, count: int) -> str:
    """Made-up words that no other number gives: they make no story with another text."""
    return " ".join(
        "".join(SYLLABLES[int(digit)] for digit in f"{number:03}{word:02}") for word in range(count)
    )


# --- values ----------------------------------------------------------------------------------


def an_entry(title: str = "Город открыл новый мост через реку", **fields: object) -> Entry:
    return Entry(**({"title": title, "text": TEXT, "published": NOW - hours(1)} | fields))


def prepared(
    title: str = "Город открыл новый мост через реку",
    *,
    now: datetime = NOW,
    boilerplate: frozenset[str] = frozenset(),
    **fields: object,
) -> PreparedArticle:
    return prepare(an_entry(title, **fields), now, UTC, frozenset(map(line_key, boilerplate)))


def a_source(number: int = 1, **fields: object) -> Source:
    values: dict[str, Any] = {
        "id": SourceId(number),
        "kind": SourceKind.FEED,
        "address": f"https://outlet{number}.example/feed.xml",
        "title": f"Вестник {number}",
        "owner": None,
    }
    return Source(**(values | fields))


def an_article(number: int = 1, **fields: object) -> Article:
    values: dict[str, Any] = {
        "id": ArticleId(number),
        "story_id": StoryId(number),
        "source": a_source(number),
        "link": f"https://outlet{number}.example/{number}",
        "title": f"Новость номер {number} о городских делах",
        "language": "ru",
        "published": NOW - hours(1),
        "arrived": NOW - hours(1),
        "summary": (
            Pick(f"Первое предложение {number} рассказывает, что случилось в городе.", 0),
            Pick(f"Второе предложение {number} добавляет, сколько это стоило городу.", 2),
            Pick(f"Третье предложение {number} вспоминает, что было до этого дня.", 1),
        ),
        "guid": f"guid-{number}",
    }
    return Article(**(values | fields))


def a_story(*articles: Article) -> Story:
    members = articles or (an_article(),)
    return Story(members[0].story_id, members)


# --- rows ------------------------------------------------------------------------------------


async def store_source(
    db: Database, address: str = "https://vestnik.example/feed", **fields: object
) -> Source:
    values: dict[str, Any] = {"title": address.split("/")[2]}
    values |= fields
    title = values.pop("title")
    source, _ = await add_source(db, SourceKind.FEED, address, title, NOW, **values)
    return source


async def store(
    db: Database,
    source: Source,
    *articles: PreparedArticle,
    arrived: datetime | None = NOW,
) -> Added:
    return await add_articles(db, source, articles, arrived)


async def held_against(db: Database) -> dict[str, list[tuple[object, ...]]]:
    """All that is in the indices of clustering: of `fresh_member`, `fresh_key`, `fresh_shingle`."""
    tables = ("fresh_member", "fresh_key", "fresh_shingle")
    async with db.write() as tx:
        return {
            table: [
                tuple(row)
                for row in await tx.fetch_all(f"SELECT * FROM {table} ORDER BY 1")  # noqa: S608
            ]
            for table in tables
        }


async def store_chat(db: Database, chat: int = 1001, **fields: object) -> ChatId:
    values: dict[str, Any] = {
        "kind": "private",
        "title": "Анна",
        "language": "ru",
        "zone": "Europe/Moscow",
        "now": NOW,
    }
    await add_subscriber(db, ChatId(chat), **(values | fields))
    return ChatId(chat)


class Here(Workers):
    """Does the workers' computing in this process."""

    def __init__(self) -> None:
        pass

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        return function(*args, **kwargs)


def making(db: Database, now: datetime = NOW, wait: timedelta = LEAST_WAIT) -> Making:
    return Making(db, Here(), now, wait)


# --- the newsroom ----------------------------------------------------------------------------


@cache
def newsroom_prepared() -> dict[str, PreparedArticle]:
    """Every article of the newsroom, prepared as an entry of its own."""
    return {article.id: _of_newsroom(article) for article in load_newsroom().articles}


def _of_newsroom(article: NewsroomArticle) -> PreparedArticle:
    host = load_newsroom().outlet(article.outlet).host
    entry = Entry(
        title=article.title,
        text=article.text,
        guid=article.id,
        link=f"https://{host}/{article.id}",
        published=article.published(NOW),
    )
    return prepare(entry, NOW + hours(1), UTC, frozenset(map(line_key, article.boilerplate)))


@cache
def query(words: str) -> Query:
    return parse_query(words)
