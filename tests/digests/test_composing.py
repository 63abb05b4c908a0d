"""What a digest tells, in what sections and how much, and that it fits."""

import random
from dataclasses import replace
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digests.composing import (
    DETAIL_SENTENCES,
    MOST_MAIN_STORIES,
    MOST_STORIES,
    Form,
    Material,
    compose,
    form_for,
)
from digests.lengths import (
    LETTERS_A_MINUTE,
    PART_LETTERS,
    folded_letters,
    item_letters,
    parts_of,
    visible_letters,
)
from digests.models import Article, Digest, Keys, Level, Looked, Pick, StoryId
from digests.text.keys import keys_of
from tests.factories import NOW, a_source, a_story, an_article, hours, query, unlike_others

SINCE = NOW - hours(24)
TOPICS = ("пожар", "мост", "космос")
SENTENCE = "Это предложение рассказывает о деле довольно подробно и длинно"


def material(number: int, title: str = "", *, hosts: int = 1, **fields: object) -> Material:
    title = title or f"Событие{number} слово{number} дело{number}"
    articles: list[Article] = []
    for copy in range(hosts):
        values = {"title": title, "story_id": StoryId(number)} | fields
        articles.append(an_article(number * 100 + copy, **values))
    return Material(a_story(*articles), keys_of(title, [""]))


def told(digest: Digest) -> dict[str | None, list[int]]:
    return {s.topic: [item.story.id for item in s.items] for s in digest.sections}


def made(items: list[Material], topics: tuple[str, ...] = (), form: Form | None = None) -> Digest:
    return compose(items, [query(words) for words in topics], form or Form(10, 4), NOW, SINCE)


# --- sections --------------------------------------------------------------------------------


def test_without_topics_a_digest_is_the_main_stories_only() -> None:
    digest = made([material(n) for n in range(1, 6)])
    assert list(told(digest)) == [None]
    assert sorted(told(digest)[None]) == [1, 2, 3, 4, 5]


def test_sections_follow_the_subscribers_order_and_the_main_stories_come_last() -> None:
    items = [material(1, "Мост открыт"), material(2, "Пожар в порту"), material(3, "Парад прошёл")]
    assert told(made(items, ("пожар", "мост", "космос"))) == {"пожар": [2], "мост": [1], None: [3]}


def test_a_story_stands_under_its_strongest_topic_once() -> None:
    one = Material(a_story(an_article(1)), keys_of("Пожар", ["Горел мост."]))
    assert told(made([one], ("мост", "пожар"))) == {"пожар": [1]}


def test_the_main_stories_can_be_switched_off() -> None:
    items = [material(1, "Пожар в порту"), material(2, "Парад прошёл")]
    assert told(made(items, ("пожар",), Form(main=False))) == {"пожар": [1]}
    assert made([items[1]], ("пожар",), Form(main=False)).sections == ()


def test_the_main_stories_after_topics_are_the_three_covered_most() -> None:
    items = [material(n, hosts=n) for n in range(1, 7)]
    for one in items:
        assert len(one.story.hosts) == one.story.id
    digest = made([*items, material(9, "Пожар в порту")], ("пожар",))
    assert told(digest) == {"пожар": [9], None: [6, 5, 4]}


def test_nothing_to_tell_is_an_empty_digest_that_says_what_was_looked_through() -> None:
    looked = Looked(articles=7, sources=2, failing=1)
    digest = compose([], [], Form(), NOW, SINCE, looked)
    assert (digest.sections, digest.looked, digest.made, digest.since) == ((), looked, NOW, SINCE)
    assert digest.minutes == 1


# --- choice ----------------------------------------------------------------------------------


def test_a_digest_holds_twelve_stories_at_most() -> None:
    assert len(made([material(n) for n in range(1, 40)]).items) == MOST_STORIES


def test_one_host_gives_three_stories_at_most_when_there_are_others() -> None:
    busy = [material(n, link=f"https://busy.example/{n}", hosts=1) for n in range(1, 10)]
    others = [material(n, published=NOW - hours(20)) for n in range(20, 35)]
    hosts = [item.story.lead.host for item in made([*busy, *others]).items]
    assert hosts.count("busy.example") == 3


def test_the_main_stories_pass_over_a_host_that_the_topics_told() -> None:
    fires = [
        material(n, f"Пожар {unlike_others(n, 6)}", link=f"https://busy.example/{n}")
        for n in (1, 2, 3)
    ]
    busy = [material(n, link=f"https://busy.example/{n}") for n in range(4, 9)]
    others = [material(n, published=NOW - hours(20)) for n in range(20, 35)]
    digest = made([*fires, *busy, *others], ("пожар",))
    assert sorted(told(digest)["пожар"]) == [1, 2, 3]
    assert told(digest)[None] == [20, 21, 22]


def test_a_lonely_host_may_fill_a_digest() -> None:
    items = [material(n, link=f"https://only.example/{n}") for n in range(1, 20)]
    assert len(made(items).items) == MOST_STORIES


def test_one_topic_of_several_takes_two_in_five_at_most() -> None:
    fires = [material(n, f"Пожар {unlike_others(n, 6)}") for n in range(1, 12)]
    bridges = [material(n, f"Мост {unlike_others(n, 6)}") for n in range(20, 22)]
    assert {k: len(v) for k, v in told(made([*fires, *bridges], ("пожар", "мост"))).items()} == {
        "пожар": 4,
        "мост": 2,
    }
    alone = told(made([*fires, *bridges], ("пожар",)))
    assert len(alone["пожар"]) == MOST_STORIES - MOST_MAIN_STORIES


def test_a_story_unlike_those_chosen_goes_before_one_that_is_near_them() -> None:
    shared = unlike_others(50, 2)
    near = [material(n, f"Пожар {shared} {unlike_others(n, 20)}") for n in (1, 2)]
    other = material(3, f"Пожар {unlike_others(3, 22)}", published=NOW - hours(2))
    items = [*near, other]
    assert told(made(items, ("пожар",)))["пожар"] == [1, 3, 2]
    assert [item.story.id for item in made(items).items] == [1, 3, 2]


def test_an_event_that_opened_two_stories_is_told_once() -> None:
    twins = [material(n, "Пожар порт склад зерно") for n in (1, 2)]
    assert told(made(twins, ("пожар",))) == {"пожар": [1]}


# --- levels and budgets ----------------------------------------------------------------------


def long_material(number: int, sentences: int = 5, words: int = 1) -> Material:
    text = f"{SENTENCE} {'и ещё немного ' * words}".strip()
    picks = tuple(Pick(f"{text} {number}.{n}.", (n * 3) % 5) for n in range(sentences))
    return material(number, summary=picks)


def test_room_raises_items_and_folds_the_rest() -> None:
    (item,) = made([long_material(1)]).items
    assert item.level is Level.SUMMARY
    assert [s.text[-4:-1] for s in item.sentences] == ["1.0", "1.2", "1.1"]  # in source order
    assert [s.text[-4:-1] for s in item.details] == ["1.4", "1.3"]


@pytest.mark.parametrize("count", [1, 3, 5])
def test_an_item_tells_no_more_sentences_than_the_subscriber_chose(count: int) -> None:
    (item,) = made([long_material(1)], form=Form(10, 4, sentences=count)).items
    assert len(item.sentences) == count
    assert len(item.details) == min(DETAIL_SENTENCES, 5 - count)


def test_a_quotation_tells_the_item_and_the_rest_is_folded() -> None:
    quote = Pick("«Мы закончим мост к маю, как обещали», — сказал Иванов.", 7)
    quoted = material(1, summary=long_material(1).story.lead.summary, quote=quote)
    form = Form(10, 4, quotes=True)
    (item,) = made([quoted], form=form).items
    assert [line.text for line in item.sentences] == [quote.text]
    assert len(item.details) == DETAIL_SENTENCES
    (plain,) = made([long_material(2)], form=form).items
    assert len(plain.sentences) == 1, "nobody is quoted: the best sentence tells it"


def test_a_quotation_of_another_report_is_linked_to_that_report() -> None:
    quote = Pick("«Мы закончим мост к маю, как обещали», — сказал Иванов.", 7)
    one = an_article(1, title="Мост через реку откроют в мае")
    other = an_article(2, title="Мост через реку откроют в мае", story_id=one.story_id, quote=quote)
    both = Material(a_story(one, other), keys_of(one.title, [""]))
    (item,) = made([both], form=Form(10, 4, quotes=True)).items
    assert [(line.text, line.article.id) for line in item.sentences] == [(quote.text, other.id)]


def test_no_sentence_is_told_and_folded() -> None:
    for item in made([long_material(n) for n in range(1, 12)]).items:
        assert not set(item.sentences) & set(item.details)
        assert {s.text for s in (*item.sentences, *item.details)} <= {
            p.text for p in item.story.lead.summary
        }


def test_an_article_without_a_summary_is_told_by_its_title() -> None:
    (item,) = made([material(1, summary=())]).items
    assert (item.level, item.sentences, item.details) == (Level.TITLE, (), ())


def test_more_minutes_tell_more() -> None:
    items = [long_material(n, words=12) for n in range(1, 13)]
    two, five, ten = (made(items, (), form_for(m)) for m in (2, 5, 10))
    sizes = [visible_letters(digest.sections) for digest in (two, five, ten)]
    assert sizes[0] < sizes[1] < sizes[2]
    assert two.minutes <= 2 < five.minutes <= 5 < ten.minutes <= 10


def test_the_better_story_is_raised_first() -> None:
    fresh, old = long_material(1, words=38), long_material(2, words=38)
    older = a_story(*(replace(a, published=NOW - hours(80)) for a in old.story.articles))
    tight = made([fresh, replace(old, story=older)], (), Form(1, 1))
    assert {i.story.id: i.level for i in tight.items} == {1: Level.SENTENCE, 2: Level.TITLE}


def test_more_minutes_have_more_pages() -> None:
    assert [form_for(m).parts for m in (2, 5, 10)] == [1, 2, 4]


def test_long_titles_give_way_until_a_message_holds_them() -> None:
    items = [material(n, unlike_others(n, 29), hosts=3) for n in range(1, 13)]
    digest = made(items, (), Form(2, 1))
    assert parts_of(digest.sections) == 1
    assert 5 < len(digest.items) < MOST_STORIES


def test_what_gives_way_is_worth_least() -> None:
    items = [material(n, unlike_others(n, 29), published=NOW - hours(n)) for n in range(1, 13)]
    kept = [item.story.id for item in made(items, (), Form(2, 1)).items]
    assert sorted(kept) == list(range(1, len(kept) + 1))


def test_an_item_no_message_would_hold_is_not_made() -> None:
    articles = []
    for outlet in range(1, 4):
        picks = tuple(Pick(f"{unlike_others(outlet * 9 + n, 60)[:590]}.", n) for n in range(4))
        articles.append(
            an_article(
                outlet,
                story_id=StoryId(1),
                title="Слово " * 49,
                source=a_source(outlet, title="И" * 40),
                summary=picks,
            )
        )
    one = Material(a_story(*articles), keys_of("Слово", [""]))
    for form in (Form(10, 4), Form(5, 2)):
        (item,) = made([one], (), form).items
        assert len({line.article.id for line in item.lines}) > 1
        assert PART_LETTERS // 2 < item_letters(item) + folded_letters(item) <= PART_LETTERS


# --- properties ------------------------------------------------------------------------------

WORDS = st.sampled_from(["пожар", "мост", "космос", "лес", "порт", "дом", "река", "Илон", "Маск"])
TITLES = st.lists(WORDS, min_size=1, max_size=40).map(" ".join)
SENTENCES = st.integers(20, 600).map(lambda size: ("слово " * 100)[: size - 1] + ".")


@st.composite
def materials(draw: st.DrawFn) -> list[Material]:
    found = []
    for number in range(1, draw(st.integers(0, 25)) + 1):
        title = draw(TITLES)
        picks = tuple(
            Pick(f"{n}{text}", n) for n, text in enumerate(draw(st.lists(SENTENCES, max_size=5)))
        )
        outlets = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6, unique=True))
        articles = [
            an_article(
                number * 100 + outlet,
                story_id=StoryId(number),
                source=a_source(outlet, title="И" * draw(st.integers(1, 60))),
                link=draw(st.sampled_from([None, f"https://o{outlet}.example/{number}"])),
                title=title,
                summary=picks,
                published=NOW - hours(draw(st.integers(0, 90))),
            )
            for outlet in outlets
        ]
        lead = keys_of(title, [" ".join(draw(st.lists(WORDS, max_size=4)))])
        found.append(Material(a_story(*articles), Keys(lead.title, lead.lead, "")))
    return found


FORMS = st.builds(
    form_for,
    st.sampled_from([2, 5, 10]),
    main=st.booleans(),
    sentences=st.sampled_from([0, 1, 3, 5]),
)


@settings(max_examples=50, deadline=None)
@given(
    materials(),
    st.lists(st.sampled_from(TOPICS), unique=True),
    FORMS,
    st.randoms(use_true_random=False),
)
def test_any_digest_keeps_its_promises(
    items: list[Material], topics: list[str], form: Form, order: random.Random
) -> None:
    digest = made(items, tuple(topics), form)
    stories = [item.story.id for item in digest.items]

    assert len(set(stories)) == len(stories) <= MOST_STORIES
    assert bool(stories) == bool(items) or topics
    assert all(section.items for section in digest.sections)
    names = [section.topic for section in digest.sections]
    assert names == [name for name in [*topics, None] if name in names]
    if topics:
        assert form.main or None not in names
        assert sum(len(s.items) for s in digest.sections if s.topic is None) <= MOST_MAIN_STORIES

    assert parts_of(digest.sections) <= form.parts
    for item in digest.items:
        assert len(item.sentences) <= int(item.level) <= form.sentences
        order_in_source = [
            p.text for p in sorted(item.story.lead.summary, key=lambda p: p.position)
        ]
        told = [line.text for line in item.sentences]
        assert told == [text for text in order_in_source if text in told]
        assert item_letters(item) + folded_letters(item) < PART_LETTERS
    if any(item.level is not Level.TITLE for item in digest.items):
        assert visible_letters(digest.sections) <= form.letters
    letters = sum(item_letters(item) for item in digest.items)
    assert digest.minutes == max(1, ceil(letters / LETTERS_A_MINUTE))

    shuffled = items.copy()
    order.shuffle(shuffled)
    assert made(shuffled, tuple(topics), form) == digest


@pytest.mark.parametrize("minutes", [2, 5, 10])
def test_a_raised_item_leaves_no_room_for_another_raise(minutes: int) -> None:
    items = [long_material(n, words=10) for n in range(1, 13)]
    form = form_for(minutes)
    digest = made(items, (), form)
    spare = form.letters - visible_letters(digest.sections)
    raised = [item for item in digest.items if item.level is not Level.SUMMARY]
    shortest = min(
        (len(item.story.lead.summary[0].text) for item in raised if item.level is Level.TITLE),
        default=None,
    )
    assert shortest is None or spare < shortest + 1
