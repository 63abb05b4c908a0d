"""The newsroom's articles as typed values, read from the TOML files of this folder.

An article's time is an offset from a start moment the caller chooses, so the news is always fresh.
Labels (event, boilerplate, headings, copies, new facts) say what the pipeline ought to find out.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import resources
from typing import Any, Literal

OutletKind = Literal["feed", "files"]
FeedFormat = Literal["rss", "rss-teaser", "atom"]


@dataclass(frozen=True, slots=True)
class Outlet:
    """An invented publisher; every article of it ends with `footer`."""

    id: str
    name: str
    host: str
    language: str
    kind: OutletKind
    weight: float
    footer: str
    format: FeedFormat | None = None
    """None for an outlet of text files."""
    charset: str = "utf-8"


@dataclass(frozen=True, slots=True)
class NewsroomArticle:
    """One article as published: `text` holds the boilerplate and the headings too."""

    id: str
    outlet: str
    event: str
    language: str
    topics: tuple[str, ...]
    minutes: int
    """Offset from the start moment; negative is before it."""
    title: str
    text: str
    """Paragraphs separated by blank lines."""
    boilerplate: tuple[str, ...] = ()
    """Exact pieces of `text` that are not news, the outlet's footer last."""
    headings: tuple[str, ...] = ()
    copy_of: str | None = None
    """The article this one repeats word for word, wholly or in part; None for own text."""
    update: bool = False
    """True when it brings new facts to an event that was reported before."""
    facts: tuple[str, ...] = ()
    """The new numbers and names of an update, as written in `text` or `title`."""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The text split at blank lines, headings and boilerplate included."""
        return tuple(self.text.split("\n\n"))

    def published(self, start: datetime) -> datetime:
        """When the article appears in a newsroom that opened at `start`."""
        return start + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class Newsroom:
    """All outlets, and all articles from the oldest to the newest."""

    outlets: tuple[Outlet, ...]
    articles: tuple[NewsroomArticle, ...]

    def outlet(self, outlet_id: str) -> Outlet:
        """Return the outlet; KeyError when there is none of that id."""
        return {outlet.id: outlet for outlet in self.outlets}[outlet_id]

    def article(self, article_id: str) -> NewsroomArticle:
        """Return the article; KeyError when there is none of that id."""
        return {article.id: article for article in self.articles}[article_id]

    def events(self) -> dict[str, tuple[NewsroomArticle, ...]]:
        """Return articles by event, each from the oldest to the newest."""
        names = dict.fromkeys(article.event for article in self.articles)
        return {name: tuple(a for a in self.articles if a.event == name) for name in names}

    def due(self, outlet_id: str, start: datetime, now: datetime) -> tuple[NewsroomArticle, ...]:
        """Return what the outlet has published by `now`, newest first."""
        own = (a for a in self.articles if a.outlet == outlet_id and a.published(start) <= now)
        return tuple(reversed(tuple(own)))


@cache
def load_newsroom() -> Newsroom:
    """Read the TOML files once a process."""
    rows = _read_rows()
    outlets = {row["id"]: Outlet(**row) for row in rows["outlet"]}
    articles = [_article(row, outlets[row["outlet"]]) for row in rows["article"]]
    articles.sort(key=lambda article: (article.minutes, article.id))
    return Newsroom(outlets=tuple(outlets.values()), articles=tuple(articles))


def _read_rows() -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {"outlet": [], "article": []}
    for file in resources.files(__package__).iterdir():
        if file.name.endswith(".toml"):
            for kind, found in tomllib.loads(file.read_text("utf-8")).items():
                rows[kind].extend(found)
    return rows


def _article(row: dict[str, Any], outlet: Outlet) -> NewsroomArticle:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    values["text"] = f"{row['text'].strip()}\n\n{outlet.footer}"
    values["boilerplate"] = (*row.get("boilerplate", ()), outlet.footer)
    values["language"] = outlet.language
    return NewsroomArticle(**values)
