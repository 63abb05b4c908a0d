"""Messages inside Telegram's limits, whatever the sources write."""

from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.asking import Asked, Listed, Told
from bot.i18n import language
from bot.listings import render_listed
from bot.rendering import (
    Message,
    Page,
    Reader,
    address_of,
    render_article,
    render_digest,
    render_item,
    render_plain,
)
from bot.sandbox.client import SandboxClient
from bot.sandbox.server import run_sandbox
from bot.sandbox.world import World
from digests.composing import Form, Material, compose, form_for
from digests.errors import ArticleRejectedError, EmptyQueryError
from digests.lengths import folded_letters, item_letters
from digests.models import Article, ArticleId, Digest, Entry, Pick, SourceId, StoryId
from digests.periods import Period
from digests.preparing import prepare
from digests.snippets import Passage, snippets_of
from digests.topics import parse_query
from tests.factories import NOW, TEXT, a_source, a_story, an_article, hours, query, unlike_others

TELEGRAM_LETTERS = 4_096
TELEGRAM_ENTITIES = 100
READERS = tuple(
    Reader(language(code), ZoneInfo("Asia/Kathmandu"), "svodka_bot") for code in ("ru", "en")
)
SPLITTABLE = {"bold", "italic"}

PIECES = (
    "🗞", "👨‍👩‍👧‍👦", "🏳️‍🌈", "مرحبا بالعالم", "\u202eнаоборот", "e\u0301\u0323\u0335", "<b>", "</a>",
    "&lt;", "*_`[x](y)", "https://evil.example/?a=1&b=2", "javascript:alert(1)",
    "@username", "/start",
    "#тег", "\n", "\n\n", "\t", "ﬀß", "İstanbul", "ΐ", "ＡＢＣ", "𝔘𝔫𝔦",
    "\u200d", "\ufeff", "\x00", "\ud800",
    "слово", "Мэр", "пожар", "города", ".", "!", "«", "»", "—", " ",
)  # fmt: skip
MESSY = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=30).map(" ".join)
HUGE = st.sampled_from(["щ" * 100_000, "🔥" * 100_000, "слово " * 20_000, "W" * 301])
SENTENCE = st.integers(1, 80).map(lambda n: "Мэр города сообщил" + " о важном деле" * n + ".")
TITLES = st.one_of(MESSY, MESSY, HUGE, st.integers(1, 60).map(lambda n: "Пожар дома " * n))
TEXTS = st.one_of(
    st.lists(SENTENCE | MESSY, max_size=8).map("\n\n".join), MESSY, HUGE, st.just(TEXT)
)
LINKS = st.sampled_from(
    [
        None, "https://e.example/a?b=c&d=e#f", "http://www.e.example/ё/🔥", "ftp://e.example/x",
        "javascript:alert(1)", "http://localhost/x", "https://e.example/" + "a" * 1_900, "HTTPS://E.EXAMPLE/",
    ]
)  # fmt: skip


@st.composite
def stories(draw: st.DrawFn) -> list[Material]:
    found = []
    for number in range(1, draw(st.integers(1, 16)) + 1):
        try:
            ready = prepare(
                Entry(draw(TITLES), draw(TEXTS), published=NOW - hours(number)), NOW, UTC
            )
        except ArticleRejectedError:
            continue
        members: list[Article] = []
        for outlet in range(draw(st.integers(1, 7))):
            name = draw(st.sampled_from(["Вестник", "И" * 200, "🔥" * 50, "<b>", "ﬀ" * 45]))
            link = draw(LINKS)
            members.append(
                Article(
                    id=ArticleId(number * 10 + outlet),
                    story_id=StoryId(number),
                    source=a_source(outlet, id=SourceId(outlet), title=f"{name}{outlet}"),
                    link=link and link.replace("e.example", f"e{outlet}.example"),
                    title=ready.title,
                    language=ready.language,
                    published=ready.published,
                    arrived=NOW,
                    summary=ready.summary,
                    guid=ready.guid[:80],
                )
            )
        found.append(Material(a_story(*members), ready.keys))
    return found


FORMS = st.builds(form_for, st.sampled_from([2, 5, 10]))
TOPICS = st.lists(
    st.sampled_from(["пожар", "слово", "мэр", "ß" * 60, "ΐ" * 60, "https example"]), unique=True
)


def composed(items: list[Material], topics: list[str], form: Form) -> Digest:
    return compose(items, [query(words) for words in topics], form, NOW, NOW - hours(96))


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def covered(message: Message, entity: dict[str, object]) -> str:
    start, length = int(str(entity["offset"])), int(str(entity["length"]))
    raw = message.text.encode("utf-16-le")
    return raw[start * 2 : (start + length) * 2].decode("utf-16-le")


def assert_sendable(message: Message) -> None:
    assert message.text.strip()
    assert len(message.text) <= TELEGRAM_LETTERS
    whole = [entity for entity in message.entities if entity["type"] not in SPLITTABLE]
    assert len(whole) <= TELEGRAM_ENTITIES
    for entity in message.entities:
        assert entity["length"] > 0
        assert 0 <= entity["offset"] < entity["offset"] + entity["length"] <= units(message.text)
        assert covered(message, entity)  # never the half of a surrogate pair
        if entity["type"] == "text_link":
            assert entity["url"].startswith(("https://", "http://"))
            assert "." in entity["url"].split("/")[2]


def titles_of(page: Page) -> list[str]:
    """What stands in bold inside a link: the titles of items."""
    message = page.message
    links = {(e["offset"], e["length"]) for e in message.entities if e["type"] == "text_link"}
    return [
        covered(message, e)
        for e in message.entities
        if e["type"] == "bold" and (e["offset"], e["length"]) in links
    ]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(stories(), TOPICS, FORMS, st.sampled_from(READERS))
def test_any_news_makes_messages_that_telegram_takes(
    items: list[Material], topics: list[str], form: Form, reader: Reader
) -> None:
    digest = composed(items, topics, form)
    pages = render_digest(digest, reader)
    assert bool(pages) == bool(digest.items)
    assert len(pages) <= form.parts
    for page in pages:
        assert_sendable(page.message)
        assert page.told
        assert titles_of(page) == [one.story.lead.title for one in page.told]
    told = [one.story.id for page in pages for one in page.told]
    assert told == [item.story.id for item in digest.items]
    for item in digest.items:
        rendered = len(render_item(item, reader).render()[0])
        assert rendered <= item_letters(item) + folded_letters(item)
    assert render_plain(digest, reader.language, reader.zone).strip()


@pytest.mark.parametrize("reader", READERS)
def test_what_a_source_says_is_shown_letter_for_letter(reader: Reader) -> None:
    said = "Банк № 5 в 14 часов снизил ставку до 14 % годовых — впервые за 2 года и 3 мин 20 с."
    ready = prepare(Entry("Ставка снижена до 14 % — банк № 5", said, published=NOW), NOW, UTC)
    article = an_article(title=ready.title, summary=ready.summary)
    items = [Material(a_story(article), ready.keys)]
    (page,) = render_digest(composed(items, ["ставка"], form_for(2)), reader)
    assert said in page.message.text
    assert ready.title in page.message.text
    listed = render_listed(Listed(Asked(""), [Told(items[0].story)], more=False), reader, NOW)
    assert ready.title in listed.text
    assert said in render_article(ready.title, "a", NOW, ready.text, reader, NOW).text


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories(), st.sampled_from(READERS))
def test_any_list_of_stories_is_one_message(items: list[Material], reader: Reader) -> None:
    told = [Told(item.story) for item in items]
    assert_sendable(render_listed(Listed(Asked(""), told, more=True), reader, NOW))
    passages = [Passage(one.story.lead.title, one.story.lead.title * 20, None) for one in told]
    words = told[0].story.lead.title[:200] if told else "х"
    try:
        snippets = snippets_of(parse_query(words), passages)
    except EmptyQueryError:
        return
    found = [Told(one.story, snippet) for one, snippet in zip(told, snippets, strict=True)]
    listed = Listed(Asked(words, Period("d7"), offset=5), found, more=True, total=10)
    assert_sendable(render_listed(listed, reader, NOW))


@given(TITLES, TEXTS)
@settings(max_examples=30, deadline=None)
def test_any_article_can_be_read_in_the_bot(title: str, text: str) -> None:
    try:
        ready = prepare(Entry(title, text), NOW, UTC)
    except ArticleRejectedError:
        return
    assert_sendable(render_article(ready.title, "И" * 300, NOW, ready.text, READERS[0], NOW))


def full_digest(reader: Reader, *, markup: str = "") -> tuple[Digest, list[Page]]:
    items = []
    for number in range(1, 13):
        text = "\n\n".join(
            f"Мэр {unlike_others(number * 10 + n, 16)} сообщил о деле в 🔥 и ещё о многом {markup}."
            for n in range(8)
        )
        ready = prepare(
            Entry(f"Весть {unlike_others(500 + number, 4)} {markup} 👨‍👩‍👧", text, published=NOW),
            NOW,
            UTC,
        )
        members = [
            an_article(
                number * 10 + outlet,
                story_id=StoryId(number),
                source=a_source(outlet, title=f"Вестник {outlet}"),
                link=f"https://outlet{number}{outlet}.example/{number}",
                title=ready.title,
                summary=ready.summary,
            )
            for outlet in range(1, 6)
        ]
        items.append(Material(a_story(*members), ready.keys))
    digest = composed(items, [], form_for(10))
    return digest, render_digest(digest, reader)


def test_many_short_stories_of_many_sources_keep_within_the_entities_of_a_message() -> None:
    items = []
    for number in range(1, 13):
        members = [
            an_article(
                number * 10 + outlet,
                story_id=StoryId(number),
                source=a_source(outlet, title=f"В{outlet}"),
                link=f"https://o{number}{outlet}.example/1",
                title=f"Весть {number}",
                summary=tuple(
                    Pick(unlike_others(number * 40 + outlet * 4 + n, 1)[:9] + ".", n)
                    for n in range(2)
                ),
            )
            for outlet in range(1, 7)
        ]
        items.append(Material(a_story(*members), prepare(Entry(f"В{number}", ""), NOW, UTC).keys))
    digest = composed(items, [], form_for(10))
    assert len(digest.items) == 12
    for page in render_digest(digest, READERS[0]):
        assert_sendable(page.message)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.language.code)
def test_a_full_digest_fills_several_messages(reader: Reader) -> None:
    digest, pages = full_digest(reader)
    assert 2 <= len(pages) <= 4
    assert sum(len(page.told) for page in pages) == len(digest.items) == 12
    text = "\n".join(page.message.text for page in pages)
    for item in digest.items:
        assert item.sentences
        assert all(line.text in text for line in (*item.sentences, *item.details))
    kinds = {entity["type"] for page in pages for entity in page.message.entities}
    assert {"bold", "italic", "text_link", "expandable_blockquote"} <= kinds


async def test_the_sandbox_accepts_the_messages_as_they_are() -> None:
    world = World(rates=None)
    async with run_sandbox(world=world) as sandbox, SandboxClient(sandbox.url) as client:
        person = await client.person(1001)
        await person.say("/start")
        session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
        bot = Bot(sandbox.token, session=session)
        for markup in ("", "<b>&amp;</b> *_`[x](y) @anna /start https://evil.example"):
            for reader in READERS:
                for page in full_digest(reader, markup=markup)[1]:
                    sent = await bot.send_message(1001, **page.message.as_kwargs())
                    assert (sent.text or "").strip() == page.message.text.strip()
                    links = [e.url for e in sent.entities or [] if e.type == "text_link"]
                    given_links = [
                        e["url"] for e in page.message.entities if e["type"] == "text_link"
                    ]
                    assert sorted(map(str, links)) == sorted(given_links)
        assert session._session is not None
        await session._session.close()
    assert world.warnings == []


# --- one thing at a time ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "link",
    [None, "javascript:alert(1)", "ftp://e.example/", "http://localhost:8080/a", "//e.example"],
)
def test_what_is_no_public_address_leads_to_the_text_in_the_bot(link: str | None) -> None:
    assert address_of(an_article(7, link=link), "svodka_bot") == "https://t.me/svodka_bot?start=a_7"


def test_a_topic_whose_capitals_are_longer_stays_short() -> None:
    topic = "ΐ" * 60
    item = Material(a_story(an_article(title=topic)), prepare(Entry(topic, ""), NOW, UTC).keys)
    (page,) = render_digest(composed([item], [topic], Form()), READERS[0])
    headings = [covered(page.message, e) for e in page.message.entities if e["type"] == "bold"]
    assert max(len(heading) for heading in headings[:2]) <= 60


def test_sources_are_named_three_at_most_with_the_number_of_the_others() -> None:
    articles = [an_article(n, story_id=StoryId(1), title="Пожар") for n in range(1, 6)]
    digest = composed(
        [Material(a_story(*articles), prepare(Entry("П", ""), NOW, UTC).keys)], [], Form()
    )
    (page,) = render_digest(digest, READERS[0])
    (line,) = (line for line in page.message.text.split("\n") if line.endswith(" и ещё 2"))
    assert line.startswith("5 источников: ")
    names = line.removeprefix("5 источников: ").removesuffix(" и ещё 2").split(", ")
    assert len(names) == 3
    urls = {
        covered(page.message, e): e["url"]
        for e in page.message.entities
        if e["type"] == "text_link"
    }
    for name in names:
        number = name.removeprefix("Вестник ")
        assert urls[name] == f"https://outlet{number}.example/{number}"


def test_an_empty_digest_has_no_messages() -> None:
    assert render_digest(composed([], [], Form()), READERS[0]) == []


def test_plain_text_names_links_and_files() -> None:
    linked = an_article(1, title="Мост открыт")
    filed = an_article(
        2, title="Пожар в порту", link=None, guid="fire.txt", published=NOW - hours(9)
    )
    items = [
        Material(a_story(one), prepare(Entry(one.title, ""), NOW, UTC).keys)
        for one in (linked, filed)
    ]
    text = render_plain(composed(items, ["пожар"], Form()), READERS[0].language, READERS[0].zone)
    assert text.index("ПОЖАР") < text.index("Пожар в порту") < text.index("Мост открыт")
    assert "https://outlet1.example/1" in text
    assert f"{filed.source.address}/fire.txt" in text
    for pick in linked.summary:
        assert pick.text in text
