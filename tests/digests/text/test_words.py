"""Words as the eye reads them: what their letters, case and place tell."""

import pytest

from bot.newsroom.articles import load_newsroom
from digests.text.words import (
    STOP_WORDS,
    WORD,
    _is_shouted,
    analyzer,
    fold,
    is_cyrillic,
    is_exact_form,
    lemma,
    read,
    split_words,
    stem,
)


def texts(line: str) -> list[str]:
    return [word.text for word in split_words(line)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Ставка выросла до 15,5%.", ["Ставка", "выросла", "до", "15,5"]),
        ("пишут на C++ и C#", ["пишут", "на", "C++", "и", "C#"]),
        ("из-за Ростова-на-Дону", ["из", "за", "Ростова", "на", "Дону"]),
        ("user_name@e.example", ["user", "name", "e", "example"]),
        ("👨‍👩‍👧 — … «»", []),
        ("", []),
    ],
)
def test_a_line_is_cut_into_words(line: str, words: list[str]) -> None:
    assert texts(line) == words


def test_a_decimal_comma_is_folded_to_a_point() -> None:
    assert [word.folded for word in split_words("15,5 15.5")] == ["15.5", "15.5"]


@pytest.mark.parametrize(
    ("word", "acronym", "capitalised", "mixed"),
    [
        ("ИИ", True, True, False),
        ("X5", True, True, False),
        ("Я", False, True, False),
        ("Маск", False, True, False),
        ("маск", False, False, False),
        ("OpenAI", False, True, True),
        ("xAI", False, False, True),
    ],
)
def test_case_is_told_apart(word: str, acronym: bool, capitalised: bool, mixed: bool) -> None:
    found = split_words(f"вот {word}")[1]
    assert (found.is_acronym, found.is_capitalised, found.is_mixed) == (acronym, capitalised, mixed)


@pytest.mark.parametrize(
    ("line", "initial"),
    [
        ("Маск пришёл", True),
        ("Пришёл Маск", False),
        ("Ушёл. Маск пришёл", True),
        ("— Маск пришёл", True),
        ("Фильм «Маск» вышел", True),
        ("Скобка (Маск) закрыта", False),
    ],
)
def test_a_word_that_opens_a_sentence_or_quotation_is_known(line: str, initial: bool) -> None:
    assert next(w.initial for w in split_words(line) if w.text == "Маск") is initial


def test_the_capitals_of_an_english_headline_tell_nothing() -> None:
    headline = split_words("Central Bank Raises Interest Rates Again")
    assert all(word.initial for word in headline)
    assert not all(word.initial for word in split_words("The central bank of Lugoria raises rates"))


@pytest.mark.parametrize(
    ("line", "shouting"),
    [
        ("ПОЖАР НА СКЛАДЕ ПОТУШЕН", True),
        ("BREAKING: MARKETS FALL", True),
        ("США ЕС ООН", False),
        ("ПОЖАР на складе потушили к утру", False),
        ("", False),
        ("1234 !!!", False),
    ],
)
def test_shouting_is_told_from_acronyms(line: str, shouting: bool) -> None:
    assert _is_shouted(WORD.findall(line)) is shouting


def test_shouted_words_are_given_in_small_letters() -> None:
    assert texts("ПОЖАР НА СКЛАДЕ ПОТУШЕН") == ["пожар", "на", "складе", "потушен"]


@pytest.mark.parametrize("word", ["ии", "кот", "ai", "b2b", "2024", "covid19"])
def test_short_words_and_words_with_digits_are_exact(word: str) -> None:
    assert is_exact_form(word)
    assert stem(word) == word
    assert lemma(word) == word


@pytest.mark.parametrize(
    ("form", "base"),
    [("пожарами", "пожар"), ("увольнения", "увольнение"), ("людей", "человек"), ("елки", "елка")],
)
def test_russian_forms_are_led_back_to_their_lemma(form: str, base: str) -> None:
    assert lemma(form) == base


def test_english_forms_share_a_stem() -> None:
    assert stem("startups") == stem("startup")
    assert lemma("startups") == "startups"


def test_the_dictionary_tells_nouns_names_and_unknown_words_apart() -> None:
    assert read("маски").noun
    assert read("иван").name
    assert not read("яккарино").known
    assert read("openai") == read("openai")
    assert not read("openai").known
    assert not read("ии2").known


def test_folding_is_done_once() -> None:
    assert fold("ЁЛКА") == "елка" == fold(fold("ЁЛКА"))
    assert all(word == fold(word) for word in STOP_WORDS)


def test_a_word_is_read_as_the_likeliest_of_what_the_dictionary_finds() -> None:
    text = " ".join(f"{article.title} {article.text}" for article in load_newsroom().articles)
    forms = {form for form in WORD.findall(fold(text)) if form.isalpha() and is_cyrillic(form)}
    ambiguous = 0
    for form in forms:
        parses = analyzer().parse(form)
        ambiguous += len({parse.normal_form for parse in parses}) > 1
        found = read(form)
        assert found.lemma == fold(parses[0].normal_form), form
        assert found.known is analyzer().word_is_known(form), form
        if found.known:
            assert found.noun is any(is_common_noun(parse.tag) for parse in parses), form
    assert ambiguous > 300


def is_common_noun(tag: object) -> bool:
    others = {"Name", "Surn", "Patr", "Geox", "Orgn", "Trad", "Abbr", "Init"}
    return tag.POS == "NOUN" and not others & tag.grammemes  # type: ignore[attr-defined]
