"""What a subscriber's words find, and what they must not."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.errors import EmptyQueryError
from digests.models import Keys
from digests.preparing import prepare
from digests.sources.text_file import parse_text_file
from digests.text.keys import field_keys, keys_of
from digests.topics import (
    MOST_QUERY_LETTERS,
    MOST_WORDS,
    interests,
    matches,
    parse_query,
    parse_topic,
    strength,
)
from storage.search import expression
from tests.factories import newsroom_prepared, query

PAIRS = tomllib.loads((Path(__file__).parents[1] / "topic_pairs.toml").read_text("utf-8"))["pair"]
MUST_FIND = (
    "Маск", "Musk", "Илоном Маском", "ИИ", "AI", "искусственный интеллект", "Babushkin",
    "AI safety", "стартапы", "reinforcement learning", "кибербезопасность", "Tegmark", "xAI",
    "OpenAI", "DeepMind", "Яккарино", "увольнения", "венчурный фонд",
)  # fmt: skip
MUST_NOT_FIND = (
    "маски", "медицинские маски", "бабушка", "MAX", "DeepSeek", "Meta", "Grok", "Tesla", "акции",
    "килограмм", "X5", "криптовалюта",
)  # fmt: skip
SMALL_WORDS = ("маск", "илон маск", "ии", "openai")


@pytest.fixture(scope="module")
def seed(data: Path) -> Keys:
    entry = parse_text_file((data / "seed_article.txt").read_bytes())
    return prepare(entry, datetime(2025, 8, 15, tzinfo=UTC), UTC).keys


def body(text: str) -> Keys:
    return Keys("", "", field_keys([text]))


# --- the seed article ------------------------------------------------------------------------


@pytest.mark.parametrize("words", [*MUST_FIND, *map(str.lower, MUST_FIND), *SMALL_WORDS])
def test_the_seed_article_is_found(words: str, seed: Keys) -> None:
    assert matches(parse_query(words), seed)


@pytest.mark.parametrize("words", [*MUST_NOT_FIND, *map(str.lower, MUST_NOT_FIND)])
def test_the_seed_article_is_not_found(words: str, seed: Keys) -> None:
    assert not matches(parse_query(words), seed)


# --- a hundred pairs and more of our own -----------------------------------------------------


def test_every_pair_of_the_newsroom_holds() -> None:
    wrong = [
        f"{pair['query']!r} on {pair['article']}: {pair['why']}"
        for pair in PAIRS
        if matches(query(pair["query"]), newsroom_prepared()[pair["article"]].keys)
        is not pair["match"]
    ]
    assert wrong == []
    assert len(PAIRS) >= 273


# --- rules, one by one -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "text", "found"),
    [
        ("США", "Соединённые Штаты ввели пошлины", True),
        ("сша", "власти США ввели пошлины", True),
        ("ИИ", "города и сёла", False),
        ("ии", "города и сёла", False),
        ("AI", "as he said again", False),
        ("маск", "вчера Илон Маск улетел", True),
        ("маски", "вчера Илона Маски не видели", False),
        ("маска", "рассказали про Илона Маска вчера", False),
        ("Маск", "в аптеках нет масок", False),
        ("маски", "в аптеках нет масок", True),
        ("пожар", "о пожарах и наводнениях", True),
        ("лесной пожар", "на складе пожар, а лесной массив цел", True),
        ("startup", "three startups were bought", True),
        ("Харламов", "coach Kharlamov resigned", True),
        ("kharlamov", "тренер Харламов ушёл", True),
        ("C++", "новый стандарт C++ принят", True),
        ("C++", "витамин C полезен", False),
        ("15,5", "ставка выросла до 15,5 процента", True),
        ("ёлка", "установили главную елку страны", True),
    ],
)
def test_words_find_what_they_mean(words: str, text: str, found: bool) -> None:
    assert matches(parse_query(words), body(f"Вот и всё: {text}.")) is found


def test_all_words_must_be_met_anywhere_in_the_article() -> None:
    keys = Keys(field_keys(["Пожар в порту"]), field_keys(["Горел склад"]), field_keys(["зерна"]))
    assert matches(parse_query("пожар зерно"), keys)
    assert not matches(parse_query("пожар нефть"), keys)


def test_the_words_of_an_alias_stand_side_by_side() -> None:
    assert matches(parse_query("AI"), body("искусственный интеллект"))
    assert not matches(parse_query("AI"), body("искусственный мех и эмоциональный интеллект"))
    apart = Keys("", "", field_keys(["мех искусственный", "интеллект высок"]))
    assert not matches(parse_query("AI"), apart)


def test_strength_tells_where_the_words_stand() -> None:
    words = parse_query("пожар")
    there, nothing = field_keys(["пожар"]), field_keys(["мост"])
    assert strength(words, Keys(there, nothing, nothing)) == 1.0
    assert strength(words, Keys(nothing, there, nothing)) == 0.7
    assert strength(words, Keys(nothing, nothing, there)) == 0.4
    assert strength(words, Keys(nothing, nothing, nothing)) == 0.0


def test_title_and_lead_together_answer_as_the_lead() -> None:
    keys = Keys(field_keys(["пожар"]), field_keys(["склад"]), field_keys([""]))
    assert strength(parse_query("пожар склад"), keys) == 0.7


def test_interests_are_the_topics_met_strongest_first() -> None:
    topics = [parse_query(words) for words in ("склад", "нефть", "пожар")]
    keys = keys_of("Пожар в порту", ["Горел склад с зерном."])
    assert [(one.topic, one.strength) for one in interests(topics, keys)] == [
        ("пожар", 1.0),
        ("склад", 0.7),
    ]


# --- hostile words ---------------------------------------------------------------------------


def read_anyway(words: str) -> None:
    try:
        read = parse_query(words)
    except EmptyQueryError:
        return
    assert read.readings
    assert all(keys for r in read.readings for t in r for phrase in t for keys in phrase)
    assert '""' not in expression(read)
    matches(read, body("Вот и всё"))


def test_hostile_queries_of_the_development_data_are_read(data: Path) -> None:
    lines = (data / "strings" / "fts5_queries.txt").read_text("utf-8").splitlines()
    assert len(lines) > 30
    for line in lines:
        read_anyway(line)


@given(st.text(max_size=300))
def test_any_text_is_a_query_or_an_empty_one(words: str) -> None:
    read_anyway(words)


@pytest.mark.parametrize("words", ["", " \n\t", '"*(', "👨‍👩‍👧", "—…", "***"])
def test_a_query_without_words_is_refused(words: str) -> None:
    with pytest.raises(EmptyQueryError):
        parse_query(words)


def test_stop_words_alone_are_looked_for() -> None:
    assert matches(parse_query("Что это"), body("Что это")) is False  # they are no keys
    assert parse_query("что это").readings


def test_a_long_query_is_cut() -> None:
    words = parse_query("пожар " * 1_000)
    assert len(words.text) <= MOST_QUERY_LETTERS
    assert max(len(reading) for reading in words.readings) <= MOST_WORDS


def test_white_space_is_collapsed() -> None:
    assert parse_query("  лесной\n\tпожар ").text == "лесной пожар"


def test_a_topic_means_any_of_its_synonyms() -> None:
    topic = parse_topic("ИИ = нейросети, чат-боты")
    assert topic.text == "ИИ"
    assert matches(topic, keys_of("Нейросети научились шутить", [""]))
    assert matches(topic, keys_of("Чат-бот ответил врачу", [""]))
    assert matches(topic, keys_of("Закон об искусственном интеллекте", [""]))
    assert not matches(topic, keys_of("Сеть магазинов закрылась", [""]))


@pytest.mark.parametrize("words", ["=", "= AI", "ИИ = !!!", " = , "])
def test_a_topic_without_words_is_refused(words: str) -> None:
    with pytest.raises(EmptyQueryError):
        parse_topic(words)
