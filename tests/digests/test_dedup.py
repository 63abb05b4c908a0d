"""What makes two articles the same one, or copies of each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digests.dedup import article_url, canonical_url, fingerprint


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
