"""What 👍 and 👎 do, and what was learnt from them in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bot.context import Context
from bot.i18n import Language
from bot.reasons import Explained
from bot.rendering import shortened
from digests.models import ChatId, SourceId
from digests.taste import Vote, learn
from digests.text.words import fold
from storage import sources, votes

NAME_LETTERS: Final = 60
MOST_SHOWN: Final = 12  # of topics, and of sources
STRONG: Final = 0.67
PLAIN: Final = 0.34
ANSWERS: Final = {1: "vote.more", -1: "vote.less", 0: "vote.none"}
MORE: Final = ("taste.more_little", "taste.more_some", "taste.more_much")
LESS: Final = ("taste.less_little", "taste.less_some", "taste.less_much")


@dataclass(frozen=True, slots=True)
class Said:
    """What a vote was answered with."""

    key: str
    what: str  # the topic and the source it counts for


async def vote_on(context: Context, chat: ChatId, item: Explained, wanted: int) -> Said:
    """`wanted` 1: more like this, -1: less, 0: neither."""
    article, reason = item.article, item.told.reason
    topic = reason.topic if reason else None
    names = [f"«{shortened(topic, NAME_LETTERS)}»"] if topic else []
    what = ", ".join([*names, shortened(article.source.title, NAME_LETTERS)])
    if wanted:
        cast = Vote(topic, article.source.id, wanted > 0, context.now())
        await votes.cast(context.db, chat, article.id, cast)
    else:
        await votes.take_back(context.db, chat, article.id)
    return Said(ANSWERS[wanted], what)


@dataclass(frozen=True, slots=True)
class Learnt:
    """Leanings with the names that a reader knows, strongest first."""

    topics: tuple[tuple[str, float], ...]
    sources: tuple[tuple[str, float], ...]


async def learnt(context: Context, chat: ChatId) -> Learnt:
    cast = (await votes.votes_of(context.db, [chat])).get(chat, ())
    taste = learn(cast, context.now())
    typed = {fold(vote.topic): vote.topic for vote in reversed(cast) if vote.topic}
    titles: dict[SourceId, str] = {
        health.source.id: health.source.title
        for health in await sources.visible_sources(context.db, chat)
    }
    return Learnt(
        tuple((typed[folded], leaning) for folded, leaning in taste.topics),
        tuple((titles[number], leaning) for number, leaning in taste.sources if number in titles),
    )


def describe(known: Learnt, spoken: Language) -> str:
    """In plain words; empty: nothing was learnt."""
    parts = []
    for key, leanings in (("taste.topics", known.topics), ("taste.sources", known.sources)):
        if leanings:
            parts.append("\n".join([spoken.say(key), *_lines(leanings, spoken)]))
    return "\n\n".join(parts)


def _lines(leanings: Iterable[tuple[str, float]], spoken: Language) -> list[str]:
    return [
        spoken.say(_how(leaning), name=shortened(name, NAME_LETTERS))
        for name, leaning in [*leanings][:MOST_SHOWN]
    ]


def _how(leaning: float) -> str:
    size = abs(leaning)
    strength = 2 if size >= STRONG else 1 if size >= PLAIN else 0
    return (MORE if leaning > 0 else LESS)[strength]
