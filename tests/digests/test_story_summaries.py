"""Which sentences tell a story of several articles."""

from datetime import UTC, datetime, timedelta

from digests.models import Article, ArticleId, Pick, Source, SourceId, SourceKind, Story, StoryId
from digests.story_summaries import in_reading_order, story_lines
from tests.factories import an_article

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def article(number: int, title: str, *sentences: str, hours: int = 0) -> Article:
    source = Source(SourceId(number), SourceKind.FEED, f"https://{number}.example", "Пример", None)
    published = NOW - timedelta(hours=hours)
    picks = tuple(Pick(text, position) for position, text in enumerate(sentences))
    link = f"https://{number}.example/a"
    return Article(
        ArticleId(number), StoryId(1), source, link, title, "ru", published, published, picks
    )


LEAD = article(
    1,
    "ЦБ снизил ключевую ставку до 14 %",
    "Совет директоров Банка России снизил ключевую ставку на один процентный пункт.",
    "Решение совпало с ожиданиями аналитиков.",
)


def test_the_leads_first_sentence_tells_first() -> None:
    other = article(2, "Ставка", "Ипотека подешевеет к весне, полагает экономист Ирина Волкова.")
    lines = story_lines(Story(StoryId(1), (LEAD, other)))
    assert lines[0].text == LEAD.summary[0].text


def test_another_report_is_quoted_for_what_it_adds_and_named() -> None:
    other = article(2, "Ставка", "Ипотека подешевеет к весне, полагает экономист Ирина Волкова.")
    lines = story_lines(Story(StoryId(1), (LEAD, other)))
    assert [line.article.id for line in lines if "Ипотека" in line.text] == [2]


def test_no_sentence_says_what_another_said() -> None:
    copy = article(3, LEAD.title, *(pick.text for pick in LEAD.summary))
    texts = [line.text for line in story_lines(Story(StoryId(1), (LEAD, copy)))]
    assert texts == [pick.text for pick in LEAD.summary]


def test_a_sentence_that_hangs_in_the_air_is_quoted_from_nobody_else() -> None:
    other = article(
        2, "Ставка", "Об этом сообщила пресс-служба Ассоциации банков Северной области."
    )
    assert all(line.article.id == 1 for line in story_lines(Story(StoryId(1), (LEAD, other))))


def test_reading_order_is_the_leads_then_the_others_by_time() -> None:
    old = article(
        2, "Ставка", "Ипотека подешевеет к весне, полагает экономист Ирина Волкова.", hours=5
    )
    story = Story(StoryId(1), (LEAD, old))
    lines = story_lines(story)
    positions = [line.article.id for line in in_reading_order(story, tuple(reversed(lines)))]
    assert positions == sorted(positions)
    assert in_reading_order(story, lines)[0].text == LEAD.summary[0].text


def test_a_story_in_two_languages_is_summed_up_in_its_lead_s() -> None:
    russian = an_article(1, story_id=7)
    english = an_article(
        2,
        story_id=7,
        language="en",
        summary=(Pick("The bridge cost two billion roubles, the mayor told reporters.", 0),),
    )
    lines = story_lines(Story(russian.story_id, (russian, english)))
    assert lines
    assert all(line.article == russian for line in lines)
