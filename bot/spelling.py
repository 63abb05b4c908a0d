"""«Возможно, вы имели в виду»: a better spelling for a question that found little.

Guesses come from shared articles and the chat's own topics, and one is offered only when the chat
finds more by it: a word that stands in somebody else's source alone is never named.
"""

from typing import Final

import structlog

from bot.context import Context
from bot.errors import WorkerError
from bot.i18n import language
from digests.errors import EmptyQueryError
from digests.models import Subscriber
from digests.spelling import doubts, guesses, switched
from digests.topics import parse_query
from storage import asking, spelling, subscribers
from storage.asking import Scope

log = structlog.get_logger()

LITTLE: Final = 2  # stories found


async def better_spelling(
    context: Context, subscriber: Subscriber, words: str, scope: Scope, found: int
) -> str | None:
    """What was meant, when `found` stories are little. None: nothing better is known."""
    if found > LITTLE:
        return None
    try:
        return await _better(context, subscriber, words, scope, found)
    except WorkerError as error:
        log.warning("spelling_failed", cause=str(error))
        return None


async def _better(
    context: Context, subscriber: Subscriber, words: str, scope: Scope, found: int
) -> str | None:
    db, chat = context.db, subscriber.chat_id
    doubted = await context.workers.run(doubts, words)
    roots = [one.root for one in doubted] + switched(words)
    roots += [root for one in doubted for root in one.variants.values()]
    known = await spelling.known_roots(db, roots)
    near = {
        one.near: await spelling.near_roots(db, one.near, len(one.root))
        for one in doubted
        if one.near
    }
    topics = [topic.words for topic in await subscribers.topics_of(db, chat)]
    topics += language(subscriber.language).say("start.suggestions").split("|")
    for guess in await context.workers.run(guesses, words, doubted, known, near, topics):
        try:
            query = parse_query(guess)
        except EmptyQueryError:
            continue
        matches = await asking.matches_by_time(db, chat, query, scope)
        if len({match.story for match in matches}) > found:
            return guess
    return None
