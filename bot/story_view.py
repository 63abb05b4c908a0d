"""More on a story: what was new when, all its sources, and topics to follow it by."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiogram.types import InlineKeyboardMarkup
from aiogram.utils.formatting import Bold, ExpandableBlockQuote, Italic, Text

from bot.context import Context
from bot.rendering import (
    MESSAGE_LETTERS,
    Message,
    Reader,
    letters,
    linked_title,
    message_of,
    named_source,
    shortened,
)
from bot.story_keyboards import rides
from bot.subscribing import story_of
from digests.clustering import understood
from digests.models import Article, Story, StoryId, Subscriber
from digests.suggesting import suggest_topics
from digests.text.words import fold
from digests.timeline import Step, timeline
from digests.topics import parse_query
from storage import subscribers
from storage.counts import frequent_keys
from storage.search import find_stories

RELATED: Final = 4  # topics
STEP_LETTERS: Final = 280
SOURCES_NAMED: Final = 40  # Telegram keeps 100 links of a message
SENTENCES: Final = 3  # of a story without a course


@dataclass(frozen=True, slots=True)
class Course:
    """A story as one chat may see it, with its course."""

    story: Story
    steps: list[Step]
    related: list[str]  # topics that the chat does not follow yet


async def course_of(context: Context, subscriber: Subscriber, number: StoryId) -> Course:
    """Raises StaleButtonError: the chat sees nothing of it."""
    story = await story_of(context, subscriber.chat_id, number)
    read = understood(story, subscriber.languages)
    steps = await context.workers.run(timeline, read.articles)
    frequencies, counted = await frequent_keys(context.db)
    phrases = await context.workers.run(
        suggest_topics, [read], 3 * RELATED, frequencies, counted, 0.0
    )
    related = await _worth_following(context, subscriber, phrases)
    return Course(read, steps, related[:RELATED])


async def _worth_following(
    context: Context, subscriber: Subscriber, phrases: list[str]
) -> list[str]:
    """Those that the chat does not follow yet and that find another story too: a word that was
    written once is no topic."""
    db, chat = context.db, subscriber.chat_id
    known = {fold(topic.words) for topic in await subscribers.topics_of(db, chat)}
    return [
        words
        for words in phrases
        if fold(words) not in known
        and rides(words)
        and len(await find_stories(db, chat, parse_query(words), 2)) > 1
    ]


def render_course(
    course: Course,
    heading: Text,
    reader: Reader,
    now: datetime,
    keyboard: InlineKeyboardMarkup | None,
) -> Message:
    """`heading` stands first; of the sources as many are named as there is room for."""
    for most in range(SOURCES_NAMED, -1, -4):
        content = Text(heading, _body(course, reader, most, now))
        if letters(content) <= MESSAGE_LETTERS:
            break
    return message_of(content, keyboard)


def _body(course: Course, reader: Reader, most: int, now: datetime) -> Text:
    story = course.story
    has_course = len(course.steps) > 1
    told = _steps(course, reader) if has_course else _sentences(story)
    named = {step.article.host for step in course.steps} if has_course else set()
    enough = len(story.hosts) == 1 or named == set(story.hosts)
    sources = [] if enough else _sources(story, reader, most)
    return Text(
        linked_title(story.lead, reader), "\n", _facts(story, reader, now), "\n", *told, *sources
    )


def _facts(story: Story, reader: Reader, now: datetime) -> Text:
    spoken = reader.language
    moments = [article.published.astimezone(reader.zone) for article in story.articles]
    first, last = min(moments), max(moments)
    if first.date() == last.date():
        when = spoken.near_moment(first, reader.zone, now)
    else:
        when = spoken.say("story.since", day=spoken.day(first.date()))
    if len(story.hosts) == 1:
        return Italic(named_source(story.lead, reader), f" · {when}")
    return Italic(f"{spoken.say('count.sources', len(story.hosts))} · {when}")


def _steps(course: Course, reader: Reader) -> list[Text | str]:
    """A line a step; days have headings where there are several."""
    days = [step.article.published.astimezone(reader.zone).date() for step in course.steps]
    parts: list[Text | str] = []
    shown = None
    for step, day in zip(course.steps, days, strict=True):
        if day != shown and len(set(days)) > 1:
            parts += ["\n", Italic(reader.language.full_date(day)), "\n"]
        elif shown is None:
            parts.append("\n")
        shown = day
        at = step.article.published.astimezone(reader.zone)
        text = shortened(step.text, STEP_LETTERS)
        parts += [Bold(f"{at:%H:%M}"), f" {text} (", named_source(step.article, reader), ")\n"]
    return parts


def _sentences(story: Story) -> list[Text | str]:
    picks = sorted(story.lead.summary[:SENTENCES], key=lambda pick: pick.position)
    return ["\n", " ".join(pick.text for pick in picks), "\n"] if picks else []


def _sources(story: Story, reader: Reader, most: int) -> list[Text | str]:
    """Every outlet by its first report."""
    by_host: dict[str, Article] = {}
    for article in sorted(story.articles, key=lambda one: (one.published, one.id)):
        by_host.setdefault(article.host, article)
    named = list(by_host.values())[:most]
    if not named:
        return []
    parts: list[Text | str] = [reader.language.say("story.sources"), " "]
    for number, article in enumerate(named):
        parts += [", " if number else "", named_source(article, reader)]
    if len(by_host) > len(named):
        parts.append(" " + reader.language.say("story.more", more=len(by_host) - len(named)))
    return ["\n", ExpandableBlockQuote(*parts)]
