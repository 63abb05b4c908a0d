"""Inline mode: `@bot words` in any chat offers stories to share.

Whoever asks sees what their own chat with the bot would see. Nothing of a query is kept, and it
makes nobody a subscriber.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from aiogram.types import (
    InlineQueryResultArticle,
    InputTextMessageContent,
    LinkPreviewOptions,
    User,
)
from aiogram.utils.formatting import Text

from bot.asking import MOST_OFFSET, Asked, Listed, Told, listed
from bot.context import Context
from bot.i18n import language_for
from bot.rendering import LISTED_LETTERS, Reader, linked_title, message_of, shortened, sources_line
from digests.errors import EmptyQueryError
from digests.models import Access, ArticleId, ChatId, Subscriber
from digests.periods import split_period
from storage import subscribers

RESULTS: Final = 10  # on a page
TITLE_LETTERS: Final = 120
DESCRIPTION_LETTERS: Final = 100  # with the line after it, what a phone shows
PLACE: Final = re.compile(r"([0-9]{1,5}) ([0-9]{1,18}) ([0-9]{1,9})")  # offset, newest, minute


async def asker_of(context: Context, user: User) -> Subscriber:
    """Who asks: as they set the bot up, else as anybody new."""
    known = await subscribers.find_subscriber(context.db, ChatId(user.id))
    if known:
        return known
    spoken = language_for(user.language_code, context.settings.default_language)
    return Subscriber(
        chat_id=ChatId(user.id),
        kind="private",
        title="",
        language=spoken,
        zone=context.settings.default_timezone,
        reads=spoken,
        access=Access.NONE,
        subscribed=False,
        minutes=2,
        main=True,
        sentences=1,
        quotes=False,
        paused_until=None,
        unreachable=False,
        expects=None,
    )


async def stories_to_share(
    context: Context, asker: Subscriber, text: str, place: str
) -> Listed | None:
    """A page of what the words find; the latest without words. None: there is nothing to look for.

    `place` is where the page before ended, as `next_place` says it; anything else is the start.
    """
    words, period = split_period(text)
    asked = Asked(words, period, size=RESULTS)
    at = PLACE.fullmatch(place)
    if at and int(at[1]) <= MOST_OFFSET:
        minute = datetime.fromtimestamp(int(at[3]) * 60, UTC)
        asked = replace(asked, offset=int(at[1]), newest=ArticleId(int(at[2])), at=minute)
    try:
        return await listed(context, asker, asked, typing=True)
    except EmptyQueryError:
        return None


def next_place(found: Listed) -> str:
    """Where the next page begins; "": there is none."""
    asked = found.asked
    if not found.more:
        return ""
    return f"{asked.offset + asked.size} {asked.newest} {int(asked.at.timestamp()) // 60}"


def result_of(told: Told, reader: Reader, now: datetime) -> InlineQueryResultArticle:
    """Its message: the title linked, one sentence, the sources."""
    story = told.story
    said = told.snippet.told.text if told.snippet and told.snippet.told else ""
    first = story.lead.summary[0].text if story.lead.summary else ""
    sentence = first or said
    content = message_of(
        Text(
            linked_title(story.lead, reader, LISTED_LETTERS),
            *(("\n", sentence) if sentence else ()),
            "\n",
            sources_line(story, reader),
        )
    )
    facts = (
        reader.language.say("count.sources", len(story.hosts)),
        reader.language.age(story.newest, now),
    )
    about = " · ".join(facts)
    if said or first:
        about = f"{shortened(said or first, DESCRIPTION_LETTERS)}\n{about}"
    arguments = content.as_kwargs()
    return InlineQueryResultArticle(
        id=str(story.id),
        title=shortened(story.lead.title, TITLE_LETTERS),
        description=about,
        input_message_content=InputTextMessageContent(
            message_text=content.text,
            entities=arguments["entities"],
            parse_mode=None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        ),
    )
