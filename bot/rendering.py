"""From a digest to messages inside Telegram's limits.

Messages are made of text and entities, never of markup with foreign text in it, so nothing a
source writes can be anything but text. An item is never split over two messages.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiogram.types import InlineKeyboardMarkup
from aiogram.utils.formatting import (
    Bold,
    ExpandableBlockQuote,
    Italic,
    Text,
    TextLink,
)

from bot.i18n import Language
from digests.composing import reason_of
from digests.lengths import HOST_LETTERS, NAMED_HOSTS, PART_LINKS
from digests.models import (
    Article,
    ArticleId,
    Digest,
    Item,
    Line,
    Reason,
    Section,
    Story,
    Update,
    host_of,
)

TOPICS_LETTERS: Final = 3_000  # of a message that says more besides
MESSAGE_LETTERS: Final = 4_000  # Telegram takes 4,096 after parsing
TITLE_LETTERS: Final = 300
LISTED_LETTERS: Final = 200  # of a title in a list: ten of them fit one message
TOPIC_LETTERS: Final = 60
TEXT_LETTERS: Final = 3_500


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of numbers, drawn when it is sent."""

    title: str
    bars: tuple[tuple[str, int], ...]  # longest first


@dataclass(frozen=True, slots=True)
class Message:
    """What sendMessage takes, the chat left out; with a chart what sendPhoto does, the text as
    its caption."""

    text: str
    entities: tuple[dict[str, Any], ...] = ()
    keyboard: InlineKeyboardMarkup | None = None
    reply_to: int | None = None  # None: no reply; else a message of the same chat
    chart: Chart | None = None
    opens: str = ""  # label of a link that opens this digest in the private chat; empty: no link

    def to_json(self) -> str:
        content: dict[str, Any] = {
            "text": self.text,
            "entities": list(self.entities),
            "link_preview_options": {"is_disabled": True},
        }
        if self.reply_to:
            content["reply_parameters"] = {
                "message_id": self.reply_to,
                "allow_sending_without_reply": True,
            }
        if self.keyboard:
            content["reply_markup"] = self.keyboard.model_dump(mode="json", exclude_none=True)
        if self.chart:
            content["chart"] = asdict(self.chart)
        if self.opens:
            content["opens"] = self.opens
        return json.dumps(content, ensure_ascii=False)

    def as_kwargs(self) -> dict[str, Any]:
        """Arguments of aiogram's `answer`, `send_message` and `edit_text`."""
        arguments: dict[str, Any] = json.loads(self.to_json())
        arguments["parse_mode"] = None
        if self.keyboard:
            arguments["reply_markup"] = self.keyboard
        arguments.pop("chart", None)
        return arguments

    def as_caption(self) -> dict[str, Any]:
        """Arguments of aiogram's `answer_photo`."""
        return captioned(self.as_kwargs())


def captioned(content: dict[str, Any]) -> dict[str, Any]:
    """What sendMessage takes as what sendPhoto does."""
    others = {
        name: value
        for name, value in content.items()
        if name not in {"text", "entities", "link_preview_options"}
    }
    return {"caption": content["text"], "caption_entities": content.get("entities")} | others


def message_of(content: Text, keyboard: InlineKeyboardMarkup | None = None) -> Message:
    text, entities = content.render()
    return Message(
        text,
        tuple(entity.model_dump(mode="json", exclude_none=True) for entity in entities),
        keyboard,
    )


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom a text is rendered."""

    language: Language
    zone: ZoneInfo
    bot: str  # the bot's username, for links to texts without a public address


@dataclass(frozen=True, slots=True)
class Telling:
    """A story as a digest tells it."""

    story: Story
    reason: Reason | None = None  # None: an update


@dataclass(frozen=True, slots=True)
class Page:
    """A message of a digest, or a page of its last one, and the stories told, in reading order."""

    message: Message
    told: tuple[Telling, ...]
    number: int = 0  # 1, 2, … of the digest's own message; 0: what moved on, a message by itself


def render_digest(digest: Digest, reader: Reader) -> list[Page]:
    """A digest in order: updates first, each a reply to what it continues, then its pages.
    Empty: nothing to tell."""
    packed = _pack(_blocks(digest, reader), digest, reader)
    pages = [
        Page(message_of(Text(*content)), tuple(told), number)
        for number, (content, told) in enumerate(packed, 1)
    ]
    return [*_update_pages(digest, reader), *pages]


def _update_pages(digest: Digest, reader: Reader) -> list[Page]:
    by_message: dict[int | None, list[Update]] = {}
    for update in digest.updates:
        by_message.setdefault(update.reply_to, []).append(update)
    return [
        Page(render_update(updates, reader), tuple(Telling(update.story) for update in updates))
        for updates in by_message.values()
    ]


def _blocks(digest: Digest, reader: Reader) -> Iterable[tuple[Text, Telling]]:
    alone = _is_alone(digest)
    number = 0
    for section in digest.sections:
        for position, item in enumerate(section.items):
            number += 1
            content = render_item(item, reader, number)
            if position == 0 and not alone:
                content = Text(_section_heading(section, reader), content)
            yield content, Telling(item.story, reason_of(item, section))


def _pack(
    blocks: Iterable[tuple[Text, Telling]], digest: Digest, reader: Reader
) -> list[tuple[list[Text], list[Telling]]]:
    header = _header(digest, reader)
    pages: list[tuple[list[Text], list[Telling]]] = []
    content: list[Text] = [header]
    told: list[Telling] = []
    used, linked = _size(header)
    for block, telling in blocks:
        letters, links = _size(block)
        if told and (used + letters > MESSAGE_LETTERS or linked + links > PART_LINKS):
            pages.append((content, told))
            content, told = [_title(digest, reader)], []
            used, linked = _size(content[0])
        content.append(block)
        told.append(telling)
        used, linked = used + letters, linked + links
    if told:
        pages.append((content, told))
    return pages


def letters(content: Text) -> int:
    """As Telegram counts them."""
    return len(content.render()[0])


def _size(content: Text) -> tuple[int, int]:
    """Characters, and entities that Telegram counts."""
    text, entities = content.render()
    return len(text), sum(entity.type not in {"bold", "italic"} for entity in entities)


def _header(digest: Digest, reader: Reader) -> Text:
    language, items = reader.language, digest.items
    hosts = {host for item in items for host in item.story.hosts}
    facts = " · ".join(
        (
            language.say("digest.stories", len(items)),
            language.say("digest.sources", len(hosts)),
            language.say("digest.minutes", digest.minutes),
        )
    )
    return Text(_title(digest, reader), facts, "\n")


def _title(digest: Digest, reader: Reader) -> Text:
    """What it is and when it was made; stands over every page."""
    local = digest.made.astimezone(reader.zone)
    day = reader.language.brief_date(local.date())
    what = shortened(", ".join(digest.topics), TOPIC_LETTERS)
    what = what or reader.language.say("digest.name")
    title = reader.language.say("digest.title", what=what, day=day, at=f"{local:%H:%M}")
    return Text("🗞 ", Bold(title), "\n")


def _is_alone(digest: Digest) -> bool:
    """Whether the title says all that the heading of the only section would."""
    if len(digest.sections) > 1:
        return False
    return len(digest.topics) == 1 or all(one.topic is None for one in digest.sections)


def _section_heading(section: Section, reader: Reader) -> Text:
    name = section.topic or reader.language.say("digest.main")
    return Text("\n", Bold(shortened(name.upper(), TOPIC_LETTERS)), "\n")


def render_item(item: Item, reader: Reader, number: int | None = None) -> Text:
    """The title, its sentences, its sources, and what is folded; `number` None: without."""
    parts: list[Text | str] = ["\n", f"{number}. " if number else ""]
    parts += [linked_title(item.story.lead, reader), "\n"]
    if item.sentences:
        parts += [*_told(item, item.sentences, reader), "\n"]
    parts += [sources_line(item.story, reader), "\n"]
    if item.details:
        parts += [ExpandableBlockQuote(*_told(item, item.details, reader)), "\n"]
    return Text(*parts)


def _told(item: Item, lines: Sequence[Line], reader: Reader) -> list[Text | str]:
    """The sentences; one that is not of the lead article names and links its own."""
    parts: list[Text | str] = []
    for number, line in enumerate(lines):
        parts.append(" " * bool(number) + line.text)
        if line.article.id != item.story.lead.id:
            parts += [" (", named_source(line.article, reader), ")"]
    return parts


def named_source(article: Article, reader: Reader) -> Text:
    """The name of an article's source, a link to the article."""
    name = shortened(article.outlet, HOST_LETTERS)
    return TextLink(name, url=address_of(article, reader.bot))


def render_update(updates: Sequence[Update], reader: Reader) -> Message:
    """What moved on, as an answer to the message that told it."""
    parts: list[Text | str] = []
    for number, update in enumerate(updates):
        article = update.line.article
        title = Bold(shortened(article.title, TITLE_LETTERS))
        parts += [
            "\n\n" if number else "",
            "↻ ",
            TextLink(title, url=address_of(article, reader.bot)),
            "\n",
            update.line.text,
            "\n",
            sources_line(Story(update.story.id, (article,)), reader),
        ]
    return replace(message_of(Text(*parts)), reply_to=updates[0].reply_to)


def render_alert(
    digest: Digest, reader: Reader, keyboard: InlineKeyboardMarkup | None = None
) -> Page:
    """The one story of a digest that is told at once."""
    (section,) = digest.sections
    (item,) = section.items
    topic = shortened(section.topic or "", TOPIC_LETTERS)
    heading = Text("⚡ ", Bold(reader.language.say("alert.title", topic=topic)), "\n")
    message = message_of(Text(heading, render_item(item, reader)), keyboard)
    return Page(message, (Telling(item.story, reason_of(item, section)),), 1)


def linked_title(article: Article, reader: Reader, letters: int = TITLE_LETTERS) -> Text:
    return linked(Bold(shortened(article.title, letters)), address_of(article, reader.bot))


def linked(text: Text, address: str) -> Text:
    return TextLink(text, url=address)


def address_of(article: Article, bot: str) -> str:
    return public_address(article.link, article.id, bot)


def public_address(link: str | None, article: ArticleId, bot: str) -> str:
    """Where an article can be read: its link, or else its text in the bot.

    Telegram refuses the whole message for one address whose host has no dot (`localhost`).
    """
    if link and is_public(link):
        return link
    return f"https://t.me/{bot}?start=a_{article}"


def is_public(link: str) -> bool:
    return link.startswith(("https://", "http://")) and "." in host_of(link).strip(".")


def sources_line(story: Story, reader: Reader, age: str | None = None) -> Text:
    """`5 источников: Вестник, Маяк, Полдень и ещё 2`, each name a link to its own article."""
    by_host: dict[str, Article] = {}
    for article in story.articles:
        by_host.setdefault(article.host, article)
    named = list(by_host.values())[:NAMED_HOSTS]
    parts: list[Text | str] = []
    if len(by_host) > 1:
        parts.append(reader.language.say("count.sources", len(by_host)) + ": ")
    for number, article in enumerate(named):
        parts.append(", " if number else "")
        parts.append(named_source(article, reader))
    if len(by_host) > len(named):
        parts.append(" " + reader.language.say("story.more", more=len(by_host) - len(named)))
    if age:
        parts.append(f" · {age}")
    return Italic(*parts)


def render_stories(
    stories: Sequence[Story],
    heading: Text,
    reader: Reader,
    now: datetime,
    keyboard: InlineKeyboardMarkup | None = None,
    *,
    sentences: bool = True,
) -> Message:
    """A list of stories as one message; sentences give way to titles when room is short."""
    language = reader.language
    items = [
        listed_story(story, reader, language.age(story.newest, now), sentences=sentences)
        for story in stories
    ]
    content = Text(heading, *items)
    if sentences and letters(content) > MESSAGE_LETTERS:
        return render_stories(stories, heading, reader, now, keyboard, sentences=False)
    while items and letters(content) > MESSAGE_LETTERS:
        items.pop()
        content = Text(heading, *items)
    return message_of(content, keyboard)


def listed_story(
    story: Story, reader: Reader, age: str, number: int | None = None, *, sentences: bool
) -> Text:
    """A story in a list: its title, its first sentence, its sources and age; `number` None:
    without."""
    title = linked_title(story.lead, reader, LISTED_LETTERS)
    parts: list[Text | str] = ["\n", f"{number}. " if number else "", title, "\n"]
    if sentences and story.lead.summary:
        parts += [story.lead.summary[0].text, "\n"]
    return Text(*parts, sources_line(story, reader, age), "\n")


def render_article(
    title: str, outlet: str, published: datetime, text: str, reader: Reader, now: datetime
) -> Message:
    """The text of an article that has no public address."""
    moment = reader.language.near_moment(published, reader.zone, now)
    return message_of(
        Text(
            Bold(shortened(title, TITLE_LETTERS)),
            "\n",
            Italic(f"{shortened(outlet, HOST_LETTERS)} · {moment}"),
            "\n\n",
            shortened(text, TEXT_LETTERS),
        )
    )


def shortened(text: str, letters: int) -> str:
    """At most so many letters, to the end of a word where that costs no third of them."""
    if len(text) <= letters:
        return text
    cut = text[: letters - 1]
    words = cut if text[letters - 1].isspace() else cut.rpartition(" ")[0]
    return (words if len(words) * 3 > letters * 2 else cut).rstrip(" ,;:—–-") + "…"


def named_topics(words: Iterable[str]) -> str:
    """All of them, as far as a message has room: fifty of 200 letters fill two."""
    return shortened(", ".join(words), TOPICS_LETTERS)


def render_plain(digest: Digest, language: Language, zone: ZoneInfo) -> str:
    """The digest as plain text with each item's link or file path, for a terminal."""
    reader = Reader(language, zone, "")
    lines = [_header(digest, reader).render()[0]]
    alone = _is_alone(digest)
    for section in digest.sections:
        if not alone:
            lines.append(_section_heading(section, reader).render()[0].strip() + "\n")
        lines.extend(_plain_item(item, language) for item in section.items)
    return "\n".join(lines).rstrip() + "\n"


def _plain_item(item: Item, language: Language) -> str:
    lines = [f"▪ {item.story.lead.title}"]
    lines += [f"  {_plain_line(item, line)}" for line in item.sentences]
    names = [article.outlet for article in item.story.articles]
    named = list(dict.fromkeys(names))
    shown = ", ".join(named[:NAMED_HOSTS])
    if len(named) > NAMED_HOSTS:
        shown += " " + language.say("story.more", more=len(named) - NAMED_HOSTS)
    lines.append(f"  {shown}: {item.story.lead.link or item.story.lead.path}")
    if item.details:
        lines.append("  > " + " ".join(_plain_line(item, line) for line in item.details))
    return "\n".join(lines) + "\n"


def _plain_line(item: Item, line: Line) -> str:
    if line.article.id == item.story.lead.id:
        return line.text
    return f"{line.text} ({line.article.outlet}: {line.article.link or line.article.path})"
