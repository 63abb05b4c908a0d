"""What makes two articles the same one, or copies of each other."""

import random
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.newsroom.articles import load_newsroom
from digests.dedup import COPIED_LEAST, article_url, canonical_url, copied, fingerprint, shingles
from digests.models import Shingles
from evaluation.data import SHARED, shared_lines
from tests.factories import newsroom_prepared, unlike_others


@pytest.mark.parametrize(
    "link",
    [
        "https://e.example/news/1",
        "http://e.example/news/1",
        "HTTP://WWW.E.example:80/news/1/",
        "https://e.example:443/news/1#top",
        "https://e.example/news/1?utm_source=tg&utm_medium=x&fbclid=1&yclid=2&from=main",
        "https://user:secret@e.example/news/1",
        " https://e.example/news/1\n",
    ],
)
def test_spellings_of_one_address_are_one(link: str) -> None:
    assert canonical_url(link) == "https://e.example/news/1"


@pytest.mark.parametrize(
    "link",
    [
        "https://e.example/news/2",
        "https://e.example/News/1",
        "https://e.example:8443/news/1",
        "https://m.e.example/news/1",
        "https://e.example/news/1?id=2",
        "https://e.example/news/1?id=",
    ],
)
def test_other_addresses_stay_others(link: str) -> None:
    assert canonical_url(link) != "https://e.example/news/1"


def test_the_order_of_a_query_does_not_matter() -> None:
    assert canonical_url("https://e.example/a?b=2&a=1") == canonical_url(
        "https://e.example/a?a=1&b=2"
    )


def test_an_address_of_a_number_keeps_its_brackets() -> None:
    assert canonical_url("http://[::1]:8080/a") == "https://[::1]:8080/a"


@pytest.mark.parametrize(
    "link", ["https://e.example", "http://www.e.example/#news", "https://e.example/?utm_source=x"]
)
def test_a_front_page_is_no_articles_own_address(link: str) -> None:
    assert article_url(link) is None
    assert article_url("https://e.example/?p=1") == "https://e.example?p=1"


PARTS = st.text(st.sampled_from("abz09-_.~%/&=?+ёж"), max_size=12)


@given(
    st.sampled_from(["http", "https"]),
    st.sampled_from(["www.", "www.www.", ""]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    PARTS,
    PARTS,
    PARTS,
)
def test_a_canonical_address_is_its_own(
    scheme: str, www: str, port: str, path: str, query: str, fragment: str
) -> None:
    once = canonical_url(f"{scheme}://{www}e.example{port}/{path}?{query}#{fragment}")
    assert once.startswith("https://")
    assert "#" not in once
    if www != "www.www.":
        assert canonical_url(once) == once


def test_marks_and_case_make_no_other_article() -> None:
    assert fingerprint("Ёлку зажгли!", "В центре — города.") == fingerprint(
        "елку  зажгли", "в центре города"
    )


def test_other_words_make_another_article() -> None:
    assert fingerprint("Ставку снизили", "До 15%.") != fingerprint("Ставку снизили", "До 16%.")
    assert fingerprint("Ставку снизили", "") != fingerprint("Ставку повысили", "")


def test_only_the_start_of_a_text_counts() -> None:
    start = "слово " * 60
    assert fingerprint("Мост", start + "раз") == fingerprint("Мост", start + "два")
    assert fingerprint("Мост", "раз " + start) != fingerprint("Мост", "два " + start)


def test_a_long_title_leaves_the_text_its_letters() -> None:
    title = "слово " * 50
    assert fingerprint(title, "раз") != fingerprint(title, "два")


def test_titles_without_a_word_are_told_apart() -> None:
    assert fingerprint("🔥", "") != fingerprint("🎉", "")


# --- near copies -----------------------------------------------------------------------------

AD = (
    "Закажите доставку свежих овощей прямо с фермы на этой неделе и получите скидку двадцать "
    "процентов на первый заказ по промокоду из нашего приложения."
)
LEAD = "КАМЕНСК, 23 ноября, агентство «Полдень». Об этом сообщает наш корреспондент."

TEXTS = st.sampled_from(sorted(newsroom_prepared()))
SEEDS = st.integers(0, 2**32)


def is_copy(earlier: Shingles, later: Shingles) -> bool:
    """As the store tells it: found by the index, then compared."""
    found = not earlier.indexed.isdisjoint(later.indexed)
    return found and copied(earlier.hashes, later.hashes) > 0


def original(number: str) -> tuple[str, str, Shingles]:
    article = newsroom_prepared()[number]
    return article.title, article.text, article.shingles


@given(TEXTS, SEEDS)
def test_a_repost_with_an_advertisement_is_a_copy(number: str, seed: int) -> None:
    title, text, earlier = original(number)
    paragraphs = text.split("\n\n")
    paragraphs.insert(random.Random(seed).randrange(len(paragraphs) + 1), AD)
    assert is_copy(earlier, shingles(title, "\n\n".join(paragraphs)))


@given(TEXTS)
def test_a_repost_under_an_agencys_lead_and_another_title_is_a_copy(number: str) -> None:
    _, text, earlier = original(number)
    assert is_copy(earlier, shingles("Главное к этому часу", f"{LEAD} {text}"))


@settings(max_examples=300)
@given(TEXTS, SEEDS)
def test_a_repost_that_lost_a_word_in_twenty_is_a_copy(number: str, seed: int) -> None:
    title, text, earlier = original(number)
    words = text.split()
    lost = set(random.Random(seed).sample(range(len(words)), len(words) // 20))
    left = " ".join(word for at, word in enumerate(words) if at not in lost)
    assert is_copy(earlier, shingles(title, left))


@given(TEXTS, st.booleans())
def test_a_repost_with_half_its_text_cut_away_is_a_copy(number: str, start: bool) -> None:
    title, text, earlier = original(number)
    words = text.split()
    half = len(words) // 2
    cut = words[:half] if start else words[half:]
    assert is_copy(earlier, shingles(title, " ".join(cut)))


def test_only_the_reposts_of_the_newsroom_are_copies() -> None:
    articles = load_newsroom().articles
    texts = newsroom_prepared()
    found = {
        other.id: one.id
        for one, other in combinations(articles, 2)
        if is_copy(texts[one.id].shingles, texts[other.id].shingles)
    }
    assert found == {article.id: article.copy_of for article in articles if article.copy_of}


@pytest.mark.skipif(not SHARED.exists(), reason="the development data is not beside this checkout")
@pytest.mark.parametrize("language", ["ru", "en"])
def test_articles_of_two_events_are_no_copies(language: str) -> None:
    pairs = [
        [shingles(str(record[which]["title"]), str(record[which]["text"])) for which in
         ("first", "second")]
        for record in shared_lines(f"same_story/{language}.jsonl")
        if not record["same_story"]
    ]  # fmt: skip
    assert pairs
    assert not any(is_copy(one, other) for one, other in pairs)


def test_a_sentence_in_common_makes_no_short_texts_copies() -> None:
    footer = " ".join(f"слово{number}" for number in range(COPIED_LEAST + 2))
    one, other = (shingles(unlike_others(n, 3), footer) for n in (1, 2))
    assert len(one.hashes & other.hashes) == COPIED_LEAST - 1
    assert not is_copy(one, other)


def test_a_report_mostly_of_its_own_is_no_copy_of_the_flash_it_opens_with() -> None:
    flash = unlike_others(1, 40)
    report = shingles("", f"{flash} {unlike_others(2, 90)}")
    assert not is_copy(shingles("", flash), report)
    assert is_copy(report, shingles("", flash)), "cut out of it later"
