"""Topics: what a subscriber's words mean, and how strongly an article answers them.

A query is read into readings (with its phrases taken as aliases, and word by word); all terms of
one reading must be met. The store turns the same query into a full-text expression, so search,
topics and mutes agree by construction (a test holds them together).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from digests.errors import EmptyQueryError
from digests.models import Interest, Keys
from digests.text.aliases import Aliases, default_aliases, is_common_noun, spellings
from digests.text.keys import ACRONYM, NAME, is_stop_word, name_keys, stem_key
from digests.text.words import (
    SHORT_WORD_LETTERS,
    STOP_WORDS,
    Word,
    is_cyrillic,
    lemma,
    read,
    split_words,
    stem,
)

MOST_WORDS: Final = 8
MOST_QUERY_LETTERS: Final = 200
MOST_SYNONYMS: Final = 8
IN_TITLE: Final = 1.0
IN_LEAD: Final = 0.7
IN_BODY: Final = 0.4

Phrase = tuple[frozenset[str], ...]  # one set of possible keys a word, side by side
Term = tuple[Phrase, ...]  # any of these
Reading = tuple[Term, ...]  # all of these


@dataclass(frozen=True, slots=True)
class Query:
    text: str  # as typed, white space collapsed
    readings: tuple[Reading, ...]  # any of these


def parse_query(text: str, aliases: Aliases | None = None) -> Query:
    """What the words ask for; at most `MOST_WORDS` of them count.

    Raises EmptyQueryError when there is no word to look for.
    """
    aliases = aliases or default_aliases()
    text = " ".join(text.split())[:MOST_QUERY_LETTERS]
    words = split_words(text)
    telling = [word for word in words if not is_stop_word(word)] or words
    telling = telling[:MOST_WORDS]
    if not telling:
        raise EmptyQueryError(query=text)
    single = tuple(_term([word], aliases) for word in telling)
    joined = tuple(_term(part, aliases) for part in _phrases(telling, aliases))
    return Query(text, tuple(dict.fromkeys((joined, single))))


def parse_topic(text: str, aliases: Aliases | None = None) -> Query:
    """A topic with the subscriber's own synonyms: `ИИ = нейросети, AI` means any of them.

    Raises EmptyQueryError when a synonym, or all of it, is without a word to look for.
    """
    name, equals, synonyms = " ".join(text.split())[:MOST_QUERY_LETTERS].partition("=")
    if not equals:
        return parse_query(text, aliases)
    forms = [name, *synonyms.split(",")][:MOST_SYNONYMS]
    queries = [parse_query(form, aliases) for form in forms if form.strip()]
    if not name.strip() or not queries:
        raise EmptyQueryError(query=text)
    readings = dict.fromkeys(reading for query in queries for reading in query.readings)
    return Query(queries[0].text, tuple(readings))


def _phrases(words: list[Word], aliases: Aliases) -> list[list[Word]]:
    """The words cut into the longest known phrases."""
    parts = []
    start = 0
    while start < len(words):
        for size in range(min(aliases.longest, len(words) - start), 0, -1):
            part = words[start : start + size]
            if size == 1 or aliases.meanings_of(part):
                parts.append(part)
                start += size
                break
    return parts


def _term(words: list[Word], aliases: Aliases) -> Term:
    meanings = aliases.meanings_of(words)
    forms = aliases.forms(meanings)
    if not any(_asks_for(words, form) for form in forms):
        return (tuple(_plain_keys(word) for word in words),)
    phrases: list[Phrase] = [_form_phrase(form) for form in forms]
    if not any(len(form) == 1 and form[0].is_capitalised for form in forms):
        phrases.append(_side_by_side(words) if len(words) > 1 else (_plain_keys(words[0]),))
    return tuple(dict.fromkeys(phrases))


def _side_by_side(words: Iterable[Word]) -> Phrase:
    """A phrase tells enough by itself, so case is free. Only lemma keys stand in reading order:
    stems side by side are no phrase."""
    return tuple(
        frozenset({ACRONYM + word.folded, NAME + word.folded, base, NAME + base})
        for word in words
        for base in (lemma(word.folded),)
    )


def _asks_for(words: Sequence[Word], form: Sequence[Word]) -> bool:
    """Whether typing these words means this form: «маски» does not mean Маск, «маск» does."""
    if len(words) != len(form):
        return False
    if len(words) > 1 or words[0].folded == form[0].folded:
        return True
    return not (form[0].is_capitalised and is_common_noun(words[0]))


def _form_phrase(form: Sequence[Word]) -> Phrase:
    if len(form) > 1:
        return _side_by_side(word for word in form if not is_stop_word(word))
    word = form[0]
    if word.is_acronym or not word.is_capitalised:
        return (_plain_keys(word),)
    return (frozenset({*_name_keys(word.folded), ACRONYM + word.folded}),)


def _plain_keys(word: Word) -> frozenset[str]:
    """Every key under which this word, in any form, may stand."""
    folded = word.folded
    if word.is_acronym:
        keys = {ACRONYM + folded, NAME + folded}
        if not _is_ordinary(folded):
            keys.add(folded)
        if len(folded) > 4:  # a capitalised word shouted, as likely as an acronym
            keys |= _plain_keys(Word(folded.capitalize(), folded, initial=False))
        return frozenset(keys)
    reading = read(folded)
    keys = {ACRONYM + folded, folded, lemma(folded)}
    if _has_stem(word) and (reading.ordinary or not reading.known):
        keys |= {stem_key(stem(form)) for form in (folded, lemma(folded))}
    if not is_common_noun(word):
        keys |= _name_keys(folded)
    if not reading.noun or word.is_capitalised:
        for form in {folded, lemma(folded), stem(folded)}:
            keys |= {key for other in spellings(form) for key in _name_keys(other)}
    return frozenset(keys)


def _has_stem(word: Word) -> bool:
    """Short Russian forms are found by their lemma; short English ones only by their stem."""
    if word.is_exact:
        return word.folded.isascii() and len(word.folded) == SHORT_WORD_LETTERS
    return True


def _name_keys(folded: str) -> set[str]:
    forms = (folded, lemma(folded))
    return {key for form in forms for key in name_keys(form, stem(form))}


def _is_ordinary(folded: str) -> bool:
    """Whether the acronym in small letters is a word of the language (AI is not, IT is)."""
    return folded in STOP_WORDS or not is_cyrillic(folded) or read(folded).noun


# --- matching --------------------------------------------------------------------------------


def matches(query: Query, keys: Keys) -> bool:
    return _meets(query, (keys.title, keys.lead, keys.body))


def strength(query: Query, keys: Keys) -> float:
    """1.0 when the title answers, .7 with the first paragraph, .4 with the body, else 0."""
    if _meets(query, (keys.title,)):
        return IN_TITLE
    if _meets(query, (keys.title, keys.lead)):
        return IN_LEAD
    return IN_BODY if matches(query, keys) else 0.0


def interests(queries: Iterable[Query], keys: Keys) -> tuple[Interest, ...]:
    """The topics an article answers, strongest first."""
    found = [Interest(query.text, strength(query, keys)) for query in queries]
    return tuple(sorted((i for i in found if i.strength), key=lambda i: -i.strength))


def _meets(query: Query, fields: Sequence[str]) -> bool:
    split = [field.split(" ") for field in fields]
    have = {key for keys in split for key in keys}
    return any(
        all(any(_has(phrase, have, split) for phrase in term) for term in reading)
        for reading in query.readings
    )


def _has(phrase: Phrase, have: set[str], fields: list[list[str]]) -> bool:
    if not all(not keys.isdisjoint(have) for keys in phrase):
        return False
    if len(phrase) == 1:
        return True
    return any(
        all(field[start + step] in keys for step, keys in enumerate(phrase))
        for field in fields
        for start in range(len(field) - len(phrase) + 1)
    )
