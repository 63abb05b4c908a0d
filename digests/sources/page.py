"""Reads article pages: the text without its frame, for feeds that carry only teasers, for links
and HTML files people send. Captions, navigation, tables and comments stay out.
"""

from datetime import UTC, datetime
from typing import Final

from trafilatura import bare_extraction
from trafilatura.settings import Document

from digests.errors import ArticleRejectedError
from digests.models import Entry
from digests.sources.charsets import charset_of
from digests.text.characters import clean_title
from digests.text.charset import decode

FEWEST_WORDS: Final = 40  # less is a caption, a login form, a list of links
_NOON: Final = 12


def page_entry(data: bytes, content_type: str | None = None, url: str | None = None) -> Entry:
    """The article of a page. Raises ArticleRejectedError when there is none."""
    text = decode(data, charset_of(content_type))
    page = bare_extraction(
        text,
        url=url,
        fast=True,
        include_comments=False,
        include_tables=False,
        with_metadata=True,
    )
    if not isinstance(page, Document) or len((page.text or "").split()) < FEWEST_WORDS:
        raise ArticleRejectedError(url=url)
    title = clean_title(page.title or "")
    if not title:
        raise ArticleRejectedError(url=url)
    lines = (line.strip() for line in (page.text or "").split("\n"))
    body = "\n\n".join(f"• {line[2:]}" if line.startswith("- ") else line for line in lines if line)
    return Entry(title, body, link=url, published=_day(page.date), date_only=True)


def _day(date: str | None) -> datetime | None:
    try:
        day = datetime.fromisoformat(date or "")
    except ValueError:
        return None
    return day.replace(hour=_NOON, tzinfo=UTC)
