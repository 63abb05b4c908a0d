"""Whether every sentence of a summary stands word for word in its article, and none is junk."""

import re
import unicodedata
from dataclasses import dataclass

from bot.newsroom.articles import load_newsroom
from digests.models import Entry
from digests.preparing import prepare
from evaluation.data import LATER, START, prepared_newsroom, shared_lines

SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Faithful:
    sentences: int
    verbatim: int
    boilerplate: int  # sentences that hold a line labelled as boilerplate


def judge() -> Faithful:
    """Over the newsroom, and the development articles where they are present."""
    sentences = verbatim = boilerplate = 0
    for article in load_newsroom().articles:
        source = _normal(article.text)
        for pick in prepared_newsroom()[article.id].summary:
            sentences += 1
            verbatim += _normal(pick.text) in source
            boilerplate += any(_holds(pick.text, line) for line in article.boilerplate)
    for record in shared_lines("summaries/ru.jsonl"):
        source = _normal(record["text"])
        entry = Entry(record["title"], record["text"], published=START)
        for pick in prepare(entry, LATER, START.tzinfo).summary:  # type: ignore[arg-type]
            sentences += 1
            verbatim += _normal(pick.text) in source
    return Faithful(sentences, verbatim, boilerplate)


def _holds(sentence: str, boilerplate: str) -> bool:
    """A sentence with the line in it, or one that is a part of the line."""
    told, junk = _normal(sentence), _normal(boilerplate)
    return junk in told or told in junk


def _normal(text: str) -> str:
    shown = "".join(letter for letter in text if letter.isspace() or letter.isprintable())
    return SPACE.sub(" ", unicodedata.normalize("NFC", shown)).strip()
