"""Snippets: where in an article a query is answered, and the words that answer it.

Words are found by the keys that found the article, so «безопасности» answers «безопасность».
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from digests.text.keys import placed_keys
from digests.text.sentences import split_sentences
from digests.topics import Phrase, Query

SNIPPET_LETTERS: Final = 220
BEFORE_LETTERS: Final = 60  # of a long sentence, before the first match
READ_LETTERS: Final = 20_000  # of an article

Span = tuple[int, int]  # start and end in the text


@dataclass(frozen=True, slots=True)
class Marked:
    """A text and where in it the query is answered."""

    text: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Snippet:
    title: Marked
    told: Marked | None  # None: nothing but the title


@dataclass(frozen=True, slots=True)
class Passage:
    """What a snippet is made of."""

    title: str
    text: str  # paragraphs
    otherwise: str | None  # told where no sentence answers; None: nothing


def snippets_of(query: Query, passages: Iterable[Passage]) -> list[Snippet]:
    return [_snippet(query, passage) for passage in passages]


def _snippet(query: Query, passage: Passage) -> Snippet:
    """The sentence that answers most of the query; of equal ones the first."""
    best: tuple[int, str] | None = None
    for sentence in _sentences(passage):
        terms, _ = _answers(query, sentence)
        if terms and (best is None or terms > best[0]):
            best = (terms, sentence)
    told = best[1] if best else passage.otherwise
    title = passage.title
    return Snippet(
        Marked(title, _answers(query, title)[1]), _shortened(query, told) if told else None
    )


def _sentences(passage: Passage) -> Iterable[str]:
    """Those of the text but for what repeats the title."""
    title = passage.title.rstrip(" .!?…")
    for paragraph in passage.text[:READ_LETTERS].split("\n"):
        for sentence in split_sentences(paragraph):
            if not title or not sentence.startswith(title):
                yield sentence


def _shortened(query: Query, text: str) -> Marked:
    """A long sentence is cut around its first match."""
    spans = _answers(query, text)[1]
    if len(text) <= SNIPPET_LETTERS:
        return Marked(text, spans)
    start = max(0, (spans[0][0] if spans else 0) - BEFORE_LETTERS)
    if start:
        start = text.find(" ", start) + 1
    end = min(len(text), start + SNIPPET_LETTERS)
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + 1)
    before, after = "…" * (start > 0), "…" * (end < len(text))
    return Marked(
        before + text[start:end] + after,
        tuple(
            (a - start + len(before), b - start + len(before))
            for a, b in spans
            if start <= a and b <= end
        ),
    )


def _answers(query: Query, text: str) -> tuple[int, tuple[Span, ...]]:
    """How many terms of one reading the text meets, and where all of them are met."""
    words = list(placed_keys(text))
    spans: set[Span] = set()
    most = 0
    for reading in query.readings:
        met = [{s for phrase in term for s in _places(phrase, words)} for term in reading]
        most = max(most, sum(map(bool, met)))
        spans.update(*met)
    return most, tuple(_apart(spans))


def _places(phrase: Phrase, words: Sequence[tuple[int, int, frozenset[str]]]) -> Iterable[Span]:
    for at in range(len(words) - len(phrase) + 1):
        part = words[at : at + len(phrase)]
        if all(not keys.isdisjoint(word[2]) for keys, word in zip(phrase, part, strict=True)):
            yield part[0][0], part[-1][1]


def _apart(spans: Iterable[Span]) -> Iterable[Span]:
    """Spans that overlap are one."""
    last: Span | None = None
    for start, end in sorted(spans):
        if last and start < last[1]:
            last = (last[0], max(last[1], end))
            continue
        if last:
            yield last
        last = (start, end)
    if last:
        yield last
