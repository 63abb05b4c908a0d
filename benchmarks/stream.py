"""Made-up news for load: as many different articles as asked for, the same ones every time.

Words follow Zipf's law over a vocabulary of the size a news stream has: the newsroom's own words
first, then forms of the Russian dictionary and made-up English ones. Every event has names, figures
and words of its own and is reported by one to six sources, now and then word for word.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, islice
from typing import Final

import pymorphy3

from bot.newsroom.articles import load_newsroom
from digests.dedup import fingerprint, shingles
from digests.models import Entry, Pick, PreparedArticle
from digests.text.keys import keys_of
from digests.text.words import fold, split_words

SEED: Final = 20_261_125
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
SOURCES: Final = 25
ARTICLES_A_DAY: Final = 5_000
VOCABULARY: Final = 40_000  # forms of a language
ZIPF: Final = 1.05
ZIPF_SHIFT: Final = 2.7
RUSSIAN_SHARE: Final = 0.7
EVENT_WORDS: Final = 14
EVENT_SHARE: Final = 0.3  # of a report's words are the event's
TITLE_SHARE: Final = 0.6  # of its title's
COPIES_SHARE: Final = 0.1  # of the reports after the first
SENTENCES: Final = 11
LETTERS: Final = {"ru": "абвгдежзиклмнопрстуфхцчшэюя", "en": "abcdefghiklmnoprstuvw"}
SYLLABLES: Final = (
    "ba ca de di fa ge hi jo ka le li ma me no pa pe ra ri sa se ta te ti va we yo zu"
)
SUFFIXES: Final = ("", "s", "ed", "ing", "er", "ion", "ly", "ment")
NAMES: Final = {
    "ru": ("Кар Лис Вер Гор Нест Мир Зав Бел Сок Ряб", "ов ский ин енко овск ань", "аеио"),
    "en": ("Har Win Bel Ash Car Dun Mar Nor Hol Lang", "ton ley man ford son wick", "aeio"),
}


@dataclass(frozen=True)
class Vocabulary:
    words: list[str]  # most frequent first
    weights: list[float]  # cumulated

    def draw(self, chance: random.Random, count: int) -> list[str]:
        return chance.choices(self.words, cum_weights=self.weights, k=count)


@dataclass(frozen=True)
class Report:
    """An article of the stream and the source that publishes it, 0 … SOURCES - 1."""

    source: int
    entry: Entry


def articles(count: int, first: int = 0) -> Iterator[Report]:
    """In order of time, `ARTICLES_A_DAY` a day; `first` is the number of the first."""
    chance = random.Random(SEED + first)  # noqa: S311 - the same every time
    open_: list[tuple[int, Report]] = []  # reports to come, by their number
    for number in range(first, first + count):
        due = [report for at, report in open_ if at <= number]
        if due:
            report = due[0]
            open_ = [(at, other) for at, other in open_ if other is not report]
        else:
            report, *later = _event(chance)
            open_ += [(number + chance.randrange(1, 400), other) for other in later]
        yield _published(report, number)


def prepared(count: int, first: int = 0) -> list[tuple[int, PreparedArticle]]:
    """(source, article) pairs made ready in a short way, without cleaning or weighing sentences."""
    found = []
    for report in articles(count, first):
        entry = report.entry
        paragraphs = entry.text.split("\n\n")
        sentences = entry.text.replace("\n\n", " ").split(". ")[:5]
        article = PreparedArticle(
            guid=entry.guid or "",
            url=entry.link,
            link=entry.link,
            fingerprint=fingerprint(entry.title, entry.text),
            title=entry.title,
            text=entry.text,
            language="ru" if any("а" <= letter <= "я" for letter in entry.title) else "en",
            published=entry.published or START,
            keys=keys_of(entry.title, paragraphs),
            shingles=shingles(entry.title, entry.text),
            summary=tuple(Pick(f"{text}.", place) for place, text in enumerate(sentences)),
        )
        found.append((report.source, article))
    return found


def time_of(number: int) -> datetime:
    """When an article of that number is published."""
    return START + timedelta(days=number / ARTICLES_A_DAY)


def frequent_words(language: str, count: int) -> list[str]:
    """Words of middling frequency, as topics are: in every fiftieth article or so."""
    return [word for word in _vocabulary(language).words[300:] if len(word) > 4][:count]


def _published(report: Report, number: int) -> Report:
    link = f"https://outlet{report.source}.example/news/{number}"
    entry = Entry(report.entry.title, report.entry.text, f"n{number}", link, time_of(number))
    return Report(report.source, entry)


def _event(chance: random.Random) -> list[Report]:
    language = "ru" if chance.random() < RUSSIAN_SHARE else "en"
    own = _vocabulary(language).draw(chance, EVENT_WORDS - 6)
    own += [_name(chance, language) for _ in range(4)]
    own += [str(chance.randrange(2, 5_000)) for _ in range(2)]
    reports: list[Report] = []
    reporting = chance.sample(range(SOURCES), chance.choice((1, 1, 1, 2, 2, 3, 4, 6)))
    for source in reporting:
        if reports and chance.random() < COPIES_SHARE:
            entry = reports[0].entry
            title = _sentence(_words(chance, language, own, 9, TITLE_SHARE))[:-1]
            entry = Entry(title, entry.text)
        else:
            entry = _entry(chance, language, own)
        reports.append(Report(source, entry))
    return reports


def _entry(chance: random.Random, language: str, own: list[str]) -> Entry:
    title = _sentence(_words(chance, language, own, chance.randrange(6, 11), TITLE_SHARE))[:-1]
    lengths = chance.choices(range(8, 24), k=max(3, int(chance.gauss(SENTENCES, SENTENCES / 3))))
    words = _words(chance, language, own, sum(lengths), EVENT_SHARE)
    ends = list(accumulate(lengths))
    sentences = [
        _sentence(words[end - length : end]) for end, length in zip(ends, lengths, strict=True)
    ]
    paragraphs = [" ".join(sentences[start : start + 3]) for start in range(0, len(ends), 3)]
    return Entry(title, "\n\n".join(paragraphs))


def _words(
    chance: random.Random, language: str, own: list[str], count: int, share: float
) -> list[str]:
    words = _vocabulary(language).draw(chance, count)
    offset = chance.random() / share
    for number, word in enumerate(chance.choices(own, k=int(count * share))):
        words[int(offset + number / share) % count] = word
    return words


def _sentence(words: list[str]) -> str:
    text = " ".join(words)
    return text[0].upper() + text[1:] + "."


def _name(chance: random.Random, language: str) -> str:
    starts, ends, vowels = (part.split(" ") for part in NAMES[language])
    return "".join(
        (
            chance.choice(starts),
            chance.choice(vowels[0]),
            chance.choice(starts).lower(),
            chance.choice(ends),
        )
    )


@cache
def _vocabulary(language: str) -> Vocabulary:
    forms = Counter(
        word.folded
        for article in load_newsroom().articles
        if article.language == language
        for word in split_words(f"{article.title}\n{article.text}")
    )
    words = dict.fromkeys(form for form, _ in sorted(forms.items(), key=lambda f: (-f[1], f[0])))
    more = _russian_forms() if language == "ru" else _english_forms()
    words |= dict.fromkeys(islice(more, VOCABULARY))
    found = list(words)[:VOCABULARY]
    weights = [1 / (rank + ZIPF_SHIFT) ** ZIPF for rank in range(1, len(found) + 1)]
    return Vocabulary(found, list(accumulate(weights)))


def _russian_forms() -> Iterator[str]:
    """Forms of the dictionary, a few in a row: inflections of one word."""
    chance = random.Random(SEED)  # noqa: S311 - the same every time
    known = pymorphy3.MorphAnalyzer().dictionary.words
    while True:
        prefix = "".join(chance.choices(LETTERS["ru"], k=3))
        for form in islice(known.iterkeys(prefix), 5):
            if form.isalpha():
                yield fold(form)


def _english_forms() -> Iterator[str]:
    chance = random.Random(SEED)  # noqa: S311 - the same every time
    while True:
        stem = "".join(chance.choices(SYLLABLES.split(), k=chance.randrange(2, 5)))
        for suffix in chance.sample(SUFFIXES, 3):
            yield stem + suffix
