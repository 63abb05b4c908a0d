"""A timeline tells each report by what it added; what repeats is no step."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from digests.models import Article, ArticleId, Pick
from digests.timeline import MOST_STEPS, timeline
from tests.factories import NOW, an_article, hours


def report(number: int, title: str, *sentences: str, **fields: object) -> Article:
    picks = tuple(Pick(text, position) for position, text in enumerate(sentences))
    return an_article(number, title=title, summary=picks, published=NOW + hours(number), **fields)


FIRE = report(1, "Пожар начался на складе в Туле", "На складе в Туле начался пожар.")
OUT = report(
    2,
    "Пожар на складе в Туле потушили",
    "Пожар на складе в Туле потушили.",
    "Пострадали четверо рабочих, ущерб оценили в 90 миллионов рублей.",
)
CAUSE = report(
    3, "Следователи назвали причину", "Причиной возгорания стала неисправная электропроводка."
)


def test_each_report_is_told_by_what_it_added() -> None:
    steps = timeline([CAUSE, FIRE, OUT])
    assert [step.article for step in steps] == [FIRE, OUT, CAUSE]
    assert [step.text for step in steps] == [
        "Пожар начался на складе в Туле",
        "Пострадали четверо рабочих, ущерб оценили в 90 миллионов рублей.",
        "Причиной возгорания стала неисправная электропроводка.",
    ]


def test_what_repeats_or_copies_is_no_step() -> None:
    again = report(4, "На складе в Туле начался пожар", "Пожар начался на складе в Туле.")
    copied = report(5, "Электропроводка виновата целиком", copy_of=ArticleId(CAUSE.id))
    assert [s.article for s in timeline([FIRE, OUT, CAUSE, again, copied])] == [FIRE, OUT, CAUSE]


def test_a_copy_of_what_the_chat_may_not_see_is_a_report() -> None:
    assert len(timeline([FIRE, report(2, OUT.title, OUT.summary[1].text, copy_of=999)])) == 2


def test_a_long_story_keeps_its_beginning_its_end_and_the_most_news() -> None:
    words = ("мост", "снег", "суд", "банк", "лес", "порт", "врач", "театр", "завод", "рынок")
    reports = [FIRE] + [
        report(n, f"Событие {n}", f"{word.capitalize()} {word}ов {n}00 открыли заново утром {n}1.")
        for n, word in enumerate(words, 2)
    ]
    steps = timeline(reports)
    assert len(steps) == MOST_STEPS
    assert steps[0].article is FIRE
    assert steps[-1].article is reports[-1]
    assert [s.article.published for s in steps] == sorted(s.article.published for s in steps)


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=80)), min_size=1, max_size=6))
@settings(deadline=None, max_examples=40)
def test_any_story_has_a_first_step(told: list[tuple[str, str]]) -> None:
    reports = [report(n, title, text) for n, (title, text) in enumerate(told, 1)]
    steps = timeline(reports)
    assert steps[0].article is reports[0]
    assert steps[0].article.published <= NOW + timedelta(hours=1)
