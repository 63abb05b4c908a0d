"""Whether a told story comes back, and with which sentence."""

from datetime import UTC, datetime

from digests.models import (
    Article,
    ArticleId,
    Entry,
    Source,
    SourceId,
    SourceKind,
    StoryId,
)
from digests.preparing import prepare
from digests.updates import Report, update_of

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOLD = (
    "Лесной пожар начался под Верхнеозёрском",
    "Лесной пожар на площади 40 гектаров тушат под Верхнеозёрском, сообщили в МЧС области.",
)


def report(title: str, text: str) -> Report:
    prepared = prepare(Entry(title, text, published=NOW), NOW, UTC)
    source = Source(SourceId(1), SourceKind.FEED, "https://e.example/feed", "Пример", None)
    article = Article(
        ArticleId(2), StoryId(1), source, "https://e.example/2", prepared.title, "ru", NOW, NOW,
        prepared.summary,
    )  # fmt: skip
    return Report(article, prepared.keys)


def test_new_numbers_and_names_bring_a_story_back_with_the_sentence_that_has_them() -> None:
    fresh = report(
        "Из Сосновки эвакуировали 214 человек",
        "Погода в области остаётся сухой и ветреной, сообщили синоптики утром.\n\n"
        "Из посёлка Сосновка эвакуировали 214 человек, сообщил начальник штаба Кирилл Жданов.",
    )
    line = update_of([report(*TOLD).keys], [fresh])
    assert line is not None
    assert "214 человек" in line.text
    assert line.article is fresh.article


def test_a_repost_brings_nothing_back() -> None:
    assert update_of([report(*TOLD).keys], [report(*TOLD)]) is None


def test_other_words_without_new_facts_bring_nothing_back() -> None:
    fresh = report(
        "Под Верхнеозёрском борются с лесным пожаром",
        "Спасатели продолжают бороться с огнём: лесной пожар охватил 40 гектаров, говорят в МЧС.",
    )
    assert update_of([report(*TOLD).keys], [fresh]) is None


def test_what_was_told_by_an_earlier_update_is_told() -> None:
    fresh = report(
        "Из Сосновки эвакуировали 214 человек",
        "Из посёлка Сосновка эвакуировали 214 человек, сообщил начальник штаба Кирилл Жданов.",
    )
    assert update_of([report(*TOLD).keys, fresh.keys], [fresh]) is None


def test_a_number_in_other_words_is_no_news() -> None:
    fresh = report(
        "Под Верхнеозёрском борются с лесным пожаром",
        "Огонь распространился на сорок гектаров леса, на тушение вышли восемьдесят шесть человек.",
    )
    told = report(TOLD[0], f"{TOLD[1]} На месте работают 86 пожарных.")
    assert update_of([told.keys], [fresh]) is None


def test_a_corrected_number_is_news() -> None:
    fresh = report(
        "Площадь лесного пожара под Верхнеозёрском выросла до 65 гектаров",
        "Огонь охватил не сорок, а шестьдесят пять гектаров, уточнили спасатели после облёта.",
    )
    line = update_of([report(*TOLD).keys], [fresh])
    assert line is not None
    assert "шестьдесят пять" in line.text
