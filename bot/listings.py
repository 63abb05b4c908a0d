"""A page of a list as a message: its heading, its stories, its buttons."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup
from aiogram.utils.formatting import Bold, Text, TextLink

from bot.asking import MOST_OFFSET, MOST_SHOWN, Asked, Listed, Told
from bot.errors import StaleButtonError
from bot.i18n import Language
from bot.keyboards import FollowShown, Row, button, keyboard
from bot.rendering import (
    LISTED_LETTERS,
    MESSAGE_LETTERS,
    Message,
    Reader,
    address_of,
    letters,
    listed_story,
    message_of,
    named_source,
    shortened,
    sources_line,
)
from bot.story_keyboards import OpenStory, stories_rows
from digests.models import ArticleId
from digests.periods import CALENDAR, CODE, Period, period_of
from digests.snippets import Marked

ANY_TIME: Final = "all"
LABEL_LETTERS: Final = 40  # one line of a phone
OFFERED: Final = {"d1": "day", "d7": "week", "d30": "month", ANY_TIME: "all"}  # names of buttons
NAMED: Final = {"h1": "hour", "d1": "day", "d7": "sevendays", "d30": "thirtydays"}


class Turn(CallbackData, prefix="list"):
    """A page of a list; the words searched for stand in the message itself."""

    found: bool  # or the latest
    relevant: bool
    period: str
    offset: int
    size: int
    newest: int  # article; 0: the list is made anew
    at: int  # minute since 1970


class Meant(CallbackData, prefix="meant"):
    """Search for the spelling that the message offers: its second bold words."""

    relevant: bool
    period: str


def turn_of(asked: Asked) -> Turn:
    return Turn(
        found=bool(asked.words),
        relevant=asked.relevant,
        period=asked.period.code if asked.period else ANY_TIME,
        offset=asked.offset,
        size=asked.size,
        newest=asked.newest,
        at=int(asked.at.timestamp()) // 60,
    )


def story_of_list(told: Told, asked: Asked) -> OpenStory:
    return OpenStory(story=told.story.id, **turn_of(asked).model_dump())


def back_to(story: OpenStory) -> Turn:
    """The page of the list that the story was opened from."""
    return Turn(**story.model_dump(exclude={"story"}))


def period_by(code: str) -> Period | None:
    """Of a button. None: any time. Raises StaleButtonError on forged data."""
    period = period_of(code)
    if period is None and code != ANY_TIME:
        raise StaleButtonError
    return period


def asked_by(turn: Turn, words: str) -> Asked:
    """What a button asks for; data may be forged. Raises StaleButtonError."""
    period = period_by(turn.period)
    if not 0 <= turn.at < 1 << 31 or not 0 <= turn.newest < 1 << 62:
        raise StaleButtonError
    return Asked(
        words,
        period,
        turn.relevant,
        max(0, min(turn.offset, MOST_OFFSET)),
        max(1, min(turn.size, MOST_SHOWN)),
        ArticleId(turn.newest),
        datetime.fromtimestamp(turn.at * 60, UTC),
    )


def render_listed(listed: Listed, reader: Reader, now: datetime) -> Message:
    """Sentences give way to titles when room is short."""
    spoken, keys = reader.language, _keyboard(listed, reader.language)
    head = _heading(listed, spoken)
    if not listed.told:
        return _nothing(listed, head, spoken, keys)
    if listed.meant:
        head = Text(head, *_offer(listed.meant, spoken), "\n")
    for sentences in (True, False):
        alone = len(listed.told) == 1 and not listed.asked.offset
        items = [
            _item(told, None if alone else number, reader, now, sentences=sentences)
            for number, told in enumerate(listed.told, listed.asked.offset + 1)
        ]
        if letters(content := Text(head, *items)) <= MESSAGE_LETTERS:
            break
    while letters(content) > MESSAGE_LETTERS:
        items.pop()
        content = Text(head, *items)
    return message_of(content, keys)


def _nothing(
    listed: Listed, head: Text, spoken: Language, keys: InlineKeyboardMarkup | None
) -> Message:
    if not listed.asked.words and not listed.asked.period:
        return Message(spoken.say("stories.none"))
    if listed.meant:
        said = Text(spoken.say("stories.none_so"), "\n", *_offer(listed.meant, spoken))
        return message_of(Text(head, "\n", said), keys)
    key = "stories.none_then" if listed.asked.period else "topic.none"
    return message_of(Text(head, "\n", spoken.say(key)), keys)


def _offer(meant: str, spoken: Language) -> tuple[Text | str, ...]:
    return spoken.say("stories.meant"), " ", Bold(meant), "?"


def _heading(listed: Listed, spoken: Language) -> Text:
    asked = listed.asked
    facts = []
    if asked.period:
        facts.append(period_name(asked.period, spoken))
    if listed.total:
        facts.append(_count(listed, spoken))
    title = Bold(asked.words) if asked.words else Bold(spoken.say("stories.latest"))
    mark = "🔎 " if asked.words else ""
    return Text(mark, title, *(f" · {fact}" for fact in facts), "\n")


def _count(listed: Listed, spoken: Language) -> str:
    """`1–5 из 23`; of a single page how many there are."""
    asked, total = listed.asked, listed.total or 0
    if not listed.more and not asked.offset:
        return spoken.say("digest.stories", total)
    return spoken.say(
        "stories.of",
        first=asked.offset + 1,
        last=asked.offset + len(listed.told),
        total=f"{total}+" if listed.more_than_total else total,
    )


def period_name(period: Period, spoken: Language) -> str:
    if period.code in CALENDAR or period.code in NAMED:
        return spoken.say(f"period.{NAMED.get(period.code, period.code)}")
    rolling = CODE.fullmatch(period.code)
    count = int(rolling["count"]) if rolling else 1
    return spoken.say("period.hours" if period.code[0] == "h" else "period.days", count)


def _item(
    told: Told, number: int | None, reader: Reader, now: datetime, *, sentences: bool
) -> Text:
    story, snippet = told.story, told.snippet
    age = reader.language.age(told.at or story.newest, now)
    if snippet is None:
        return listed_story(story, reader, age, number, sentences=sentences)
    address = address_of(story.lead, reader.bot)
    title = TextLink(*_marked(snippet.title, LISTED_LETTERS), url=address)
    said: list[Text | str] = [*_marked(snippet.told), "\n"] if snippet.told and sentences else []
    if said and told.source and snippet.told and snippet.told.spans:
        said.insert(-1, Text(" (", named_source(told.source, reader), ")"))
    return Text(
        "\n",
        f"{number}. " if number else "",
        title,
        "\n",
        *said,
        sources_line(story, reader, age),
        "\n",
    )


def _marked(marked: Marked, most: int | None = None) -> Iterator[Text | str]:
    """The text with what answers the query in bold."""
    text = shortened(marked.text, most) if most else marked.text
    at = 0
    for start, end in marked.spans:
        if end > len(text):
            break
        yield text[at:start]
        yield Bold(text[start:end])
        at = end
    yield text[at:]


def _keyboard(listed: Listed, spoken: Language) -> InlineKeyboardMarkup | None:
    """None: nothing to press."""
    asked = listed.asked
    rows = _stories(listed, spoken)
    if listed.meant:
        period = asked.period.code if asked.period else ANY_TIME
        meant = Meant(relevant=asked.relevant, period=period)
        rows.append([button("🔎 " + shortened(listed.meant, LABEL_LETTERS), meant)])
    if asked.words:
        many = listed.more or asked.offset > 0
        rows += [_periods(asked, spoken)] if many or asked.period else []
        rows.append([_order(asked, spoken)] if many else [])
        if not listed.followed and (listed.told or not listed.meant):  # a slip is no topic
            rows[-1].append(button(spoken.say("stories.follow"), FollowShown()))
    return keyboard(rows) if any(rows) else None


def _stories(listed: Listed, spoken: Language) -> list[Row]:
    """A button a story, between those that turn the page."""
    asked = listed.asked
    before, after = asked.offset - asked.size, asked.offset + asked.size
    back = [button("‹", turn_of(asked.turned_to(before)))] if asked.offset else []
    on = [button("›", turn_of(asked.turned_to(after)))] if listed.more else []
    stories = [story_of_list(told, asked) for told in listed.told]
    rows = stories_rows(stories, asked.offset + 1, spoken)
    if len(rows) == 1:
        return [[*back, *rows[0], *on]]
    return [*rows, [*back, *on]]


def _periods(asked: Asked, spoken: Language) -> Row:
    chosen = asked.period.code if asked.period else ANY_TIME
    return [
        button(
            ("✓ " if code == chosen else "") + spoken.say(f"period.button.{name}"),
            turn_of(asked.anew(period=period_of(code), relevant=asked.relevant)),
        )
        for code, name in OFFERED.items()
    ]


def _order(asked: Asked, spoken: Language) -> InlineKeyboardButton:
    """Says what a press does: the other order."""
    key = "stories.by_time" if asked.relevant else "stories.by_relevance"
    other = asked.anew(period=asked.period, relevant=not asked.relevant)
    return button(spoken.say(key), turn_of(other))
