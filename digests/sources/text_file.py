"""Reads the text files of a watched folder, of `svodka import` and of documents sent to the bot.

Their shape is the seed article's: a first line ` date YYYY-MM-DD Title`, then paragraphs separated
by blank lines. What a file cannot tell (guid, link, time of day) stays unsaid in its entry.
"""

import re
from datetime import UTC, date, datetime
from typing import Final

from digests.errors import EmptyFileError, NoHeaderError, NotTextError
from digests.models import Entry
from digests.text.characters import clean_characters, clean_title
from digests.text.charset import decode

_HEADER = re.compile(r"\s*date[:\s]\s*(\d{4}-\d{2}-\d{2})[\s—–:.-]+(\S.*)", re.IGNORECASE)
_LINE_SHOWN: Final = 80
_NOON: Final = 12


def parse_text_file(data: bytes, name: str = "") -> Entry:
    """The file's one entry, dated at 12:00 UTC with `date_only`; `name` is only for messages.

    Raises EmptyFileError, NotTextError, and NoHeaderError for a first line that is no header or
    whose date does not exist.
    """
    try:
        text = clean_characters(decode(data)).strip()
    except EmptyFileError as error:
        raise EmptyFileError(name=name) from error
    except NotTextError as error:
        raise NotTextError(name=name) from error
    if not text:
        raise EmptyFileError(name=name)
    first, _, rest = text.partition("\n")
    day, title = _header(first, name)
    published = datetime(day.year, day.month, day.day, _NOON, tzinfo=UTC)
    return Entry(title=title, text=rest.strip(), published=published, date_only=True)


def _header(line: str, name: str) -> tuple[date, str]:
    found = _HEADER.match(line)
    title = clean_title(found[2]) if found else ""
    try:
        day = date.fromisoformat(found[1]) if found else None
    except ValueError:
        day = None
    if day is None or not title:
        raise NoHeaderError(name=name, line=line.strip()[:_LINE_SHOWN])
    return day, title
