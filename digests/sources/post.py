"""Posts of channels and chats as entries: they have no title of their own, and often no words."""

import re
from datetime import datetime
from typing import Final

from digests.models import Entry
from digests.text.characters import clean_characters, clean_title, shortened
from digests.text.sentences import split_sentences

HEADLINE_LETTERS: Final = 150
FEWEST_WORDS: Final = 3  # «Доброе утро!» is no article
ORIGIN_LETTERS: Final = 100

_ADDRESS = re.compile(r"https?://\S+|\bt\.me/\S+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")


def post_entry(
    text: str,
    *,
    guid: str,
    link: str | None,
    published: datetime | None,
    origin: str | None = None,
) -> Entry | None:
    """The first line is its title where it is short, else the first sentence.

    None: there is nothing to read, as under a picture or beside a bare link.
    """
    lines = (" ".join(line.split()) for line in clean_characters(text).split("\n"))
    paragraphs = [line for line in lines if line]
    if len(_WORD.findall(_ADDRESS.sub(" ", text))) < FEWEST_WORDS:
        return None
    first, rest = paragraphs[0], paragraphs[1:]
    is_headline = len(first) <= HEADLINE_LETTERS
    title = first if is_headline else shortened(split_sentences(first)[0], HEADLINE_LETTERS)
    return Entry(
        title=clean_title(title),
        text="\n\n".join(rest if is_headline and rest else paragraphs),
        guid=guid,
        link=link,
        published=published,
        origin=clean_title(origin)[:ORIGIN_LETTERS] or None if origin else None,
    )
