"""Why the stories of a digest are in it: the terms they were ranked by, kept as they were then."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiogram.types import InlineKeyboardMarkup
from aiogram.utils.formatting import Bold, Italic, Text

from bot.context import Context
from bot.i18n import Language
from bot.rendering import (
    LISTED_LETTERS,
    MESSAGE_LETTERS,
    Message,
    Reader,
    linked_title,
    message_of,
    shortened,
)
from digests.models import Article, ChatId, Reason, Terms
from digests.ranking import WEIGHTS
from storage import articles, telling
from storage.telling import ToldBefore

TOPIC_LETTERS: Final = 40


@dataclass(frozen=True, slots=True)
class Explained:
    """A story that was told, by the article that told it."""

    told: ToldBefore
    article: Article


async def explain(context: Context, chat: ChatId, message: int | None = None) -> list[Explained]:
    """The stories of a message in reading order; `message` None: of the last digest."""
    told = await telling.told_by(context.db, chat, message)
    seen = await articles.members_of(context.db, chat, [one.story for one in told])
    by_id = {article.id: article for article in seen}
    return [Explained(one, by_id[one.article]) for one in told if one.article in by_id]


def render_reasons(
    explained: list[Explained], reader: Reader, keyboard: InlineKeyboardMarkup | None = None
) -> Message:
    """What does not fit into one message is left out."""
    spoken = reader.language
    content = Text(Bold(spoken.say("why.heading")), "\n")
    for one in explained:
        title = linked_title(one.article, reader, LISTED_LETTERS)
        longer = Text(content, "\n", title, "\n", *_lines(one.told, spoken))
        if len(longer.render()[0]) > MESSAGE_LETTERS:
            break
        content = longer
    return message_of(content, keyboard)


def _lines(told: ToldBefore, spoken: Language) -> list[Text | str]:
    if told.reason is None:
        return [spoken.say("why.update"), "\n"]
    facts = _facts(told.reason, told.made, spoken)
    return [facts, "\n", Italic(_sum(told.reason.terms, spoken)), "\n"]


def say_reason(told: ToldBefore, spoken: Language) -> str:
    """Why one story is here, short enough for the answer to a press."""
    if told.reason is None:
        return spoken.say("why.update")
    return f"{_facts(told.reason, told.made, spoken)}\n\n{_sum(told.reason.terms, spoken)}"


def _facts(reason: Reason, made: datetime, spoken: Language) -> str:
    topic = reason.topic and shortened(reason.topic, TOPIC_LETTERS)
    return " · ".join(
        (
            spoken.say("why.topic", topic=topic) if topic else spoken.say("why.main"),
            spoken.say("count.sources", reason.hosts),
            spoken.age(reason.newest, made),
        )
    )


def _sum(terms: Terms, spoken: Language) -> str:
    """`тема 0,40 + охват 0,20 + свежесть 0,12 + источник 0,05 = 0,77`."""
    weighed = [(name, weight * getattr(terms, name)) for name, weight in WEIGHTS.items()]
    added = ""
    for name, worth in weighed:
        if round(worth, 2):
            sign = " − " if worth < 0 else " + " if added else ""
            added += f"{sign}{spoken.say(f'why.term.{name}')} {spoken.decimal(abs(worth))}"
    return f"{added} = {spoken.decimal(terms.score)}"
