"""Which lines are a source's own, learned from its articles."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from digests.boilerplate import ARTICLES, Seen, learn, learned
from digests.text.cleaning import clean, line_key

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
FOOTER = line_key("Следите за событиями вместе с нами")


def published(*days: float) -> list[tuple[datetime, frozenset[str]]]:
    return [
        (MONDAY + timedelta(days=day), frozenset({FOOTER, line_key(f"Новость {number}")}))
        for number, day in enumerate(days)
    ]


def test_a_line_of_three_articles_within_a_week_is_learned() -> None:
    assert learned(learn({}, published(0, 1))) == frozenset()
    assert learned(learn({}, published(0, 1, 7))) == {FOOTER}
    assert learned(learn({}, published(0, 4, 8))) == frozenset(), "a weekly heading is news"


def test_articles_that_come_one_by_one_teach_the_same() -> None:
    seen: Seen = {}
    for article in published(0, 1, 2):
        seen = learn(seen, [article])
    assert learned(seen) == learned(learn({}, published(0, 1, 2))) == {FOOTER}


def test_a_line_that_is_no_longer_printed_is_forgotten() -> None:
    seen = learn({}, published(0, 1, 2))
    assert learned(learn(seen, [(MONDAY + timedelta(days=30), frozenset({"a"}))])) == frozenset()


@given(st.lists(st.lists(st.sampled_from("абвгд"), unique=True), max_size=12))
def test_what_is_remembered_stays_small(articles: list[list[str]]) -> None:
    seen: Seen = {}
    for day, lines in enumerate(articles):
        seen = learn(seen, [(MONDAY + timedelta(days=day), frozenset(lines))])
    assert all(0 < len(days) <= ARTICLES for days in seen.values())


def test_a_learned_line_goes_whatever_its_marks_and_a_long_one_stays() -> None:
    text = "Мост открыли в понедельник утром.\n\n— Следите за событиями вместе с нами!"
    (kept,) = clean("Мост", text, frozenset({FOOTER})).paragraphs
    assert kept.text == "Мост открыли в понедельник утром."
    long = "Мост строили четыре года " * 12
    assert clean("Мост", long, frozenset({line_key(long)})).paragraphs
