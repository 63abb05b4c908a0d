"""What digests are made of: what a chat asked for and was told, and the stories it may see.

A digest is a pure function of its `Inputs`. Chats whose inputs are equal get equal digests, so
thousands that are due together cost one digest a profile: `Making` reads each story, and makes
each digest, once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from bot.once import Once
from bot.workers import Workers
from digests.clustering import WINDOW, tell_stories, understood
from digests.composing import Form, Material, Retold, compose, form_for
from digests.models import (
    NOBODY,
    ArticleId,
    ChatId,
    Digest,
    Keys,
    Looked,
    SourceId,
    Story,
    StoryId,
    Subscriber,
)
from digests.taste import NO_TASTE, Taste, learn
from digests.topics import Query, parse_topic
from digests.updates import LEAST_WAIT, Report
from storage import articles, care, digests, search, sources, subscribers, votes
from storage.database import Database
from storage.digests import NO_SCOPES, Before

OLDEST_NEWS: Final = timedelta(hours=96)
FETCH_OVERLAP: Final = timedelta(minutes=5)
WINDOWS_MEET: Final = timedelta(minutes=5)  # windows that open so close together are one
MOST_MATERIAL: Final = 150  # stories weighed for one digest, by coverage
MOST_OF_A_TOPIC: Final = 40


@dataclass(frozen=True, slots=True)
class Inputs:
    """What tells one chat's digest from another's."""

    topics: tuple[str, ...]
    form: Form
    since: datetime
    viewer: ChatId = NOBODY  # the chat if it has sources of its own
    muted: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()  # that it reads, its own first; none: all
    unwanted: frozenset[SourceId] = frozenset()  # sources it muted
    is_private: bool = True
    told: frozenset[StoryId] = frozenset()  # of the stories in the window
    # Told stories with reports since. A message is known by its number in `Asked.messages`.
    moved: tuple[Before, ...] = ()
    limited: bool = False  # to its topics, so that updates are of them too
    taste: Taste = NO_TASTE


@dataclass(frozen=True, slots=True)
class Asked:
    """A chat's inputs, and the earlier messages that its updates answer."""

    inputs: Inputs
    messages: tuple[int, ...] = ()

    def message(self, number: int | None) -> int | None:
        """The id of an earlier message by its number, from 1."""
        return self.messages[number - 1] if number else None


@dataclass
class Making:
    """The digests of one moment, and what was read for them."""

    db: Database
    workers: Workers
    now: datetime
    update_wait: timedelta = LEAST_WAIT
    _stories: dict[tuple[ChatId, StoryId], Story | None] = field(default_factory=dict)
    _keys: dict[tuple[ChatId, ArticleId], Keys] = field(default_factory=dict)
    _looked: dict[tuple[ChatId, datetime], Looked] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._digests = Once(self._make)

    async def ask(
        self, chats: Sequence[Subscriber], scopes: Mapping[ChatId, tuple[str, ...]] = NO_SCOPES
    ) -> dict[ChatId, Asked]:
        """What the next digest of each chat is made of; `scopes`: the topics that some are limited
        to."""
        ids = [subscriber.chat_id for subscriber in chats]
        wishes = await self.wishes(chats, self.now, scopes)
        ends = await digests.window_starts(self.db, ids, self.now, scopes)
        moved = await digests.moved_since(
            self.db, ids, self.now - WINDOW, self.now - self.update_wait
        )
        starts = {chat: _floor(ends.get(chat, self.now - OLDEST_NEWS)) for chat in ids}
        told = await self._told(starts)
        asked = {}
        for chat in ids:
            before, messages = _numbered(moved.get(chat, ()))
            inputs = replace(
                wishes[chat], since=starts[chat], told=told.get(chat, frozenset()), moved=before
            )
            asked[chat] = Asked(inputs, messages)
        return asked

    async def wishes(
        self,
        chats: Sequence[Subscriber],
        since: datetime,
        scopes: Mapping[ChatId, tuple[str, ...]] = NO_SCOPES,
    ) -> dict[ChatId, Inputs]:
        """What each chat follows, mutes, reads and likes, of the same time for all, and nothing of
        what it was told."""
        ids = [subscriber.chat_id for subscriber in chats]
        topics = await subscribers.topic_words(self.db, ids)
        muted = await subscribers.mute_words(self.db, ids)
        owners = await sources.owners_among(self.db, ids)
        cast = await votes.votes_of(self.db, ids)
        unwanted = await care.muted_sources(self.db, ids)
        wishes = {}
        for one in chats:
            scope = scopes.get(one.chat_id, ())
            wishes[one.chat_id] = Inputs(
                scope or topics.get(one.chat_id, ()),
                form_for(
                    one.minutes,
                    main=one.main and not scope,
                    sentences=one.sentences,
                    quotes=one.quotes,
                ),
                since,
                one.chat_id if one.chat_id in owners else NOBODY,
                muted.get(one.chat_id, ()),
                one.languages,
                unwanted.get(one.chat_id, frozenset()),
                one.is_private,
                limited=bool(scope),
                taste=learn(cast.get(one.chat_id, ()), self.now),
            )
        return wishes

    async def _told(self, starts: dict[ChatId, datetime]) -> dict[ChatId, frozenset[StoryId]]:
        """Of the stories in each chat's window, those it was told."""
        told: dict[ChatId, frozenset[StoryId]] = {}
        for start in dict.fromkeys(starts.values()):
            window = await articles.stories_reported(self.db, start - FETCH_OVERLAP)
            chats = [chat for chat, its in starts.items() if its == start]
            told |= await digests.told_among(self.db, chats, window)
        return told

    async def digest(self, inputs: Inputs) -> Digest:
        """Made once for all with these inputs."""
        return await self._digests.of(inputs)

    async def _make(self, inputs: Inputs) -> Digest:
        topics = [topic_of(words) for words in inputs.topics]
        material, looked = await self.material(
            inputs.viewer,
            topics,
            inputs.since,
            inputs.told,
            inputs.languages,
            inputs.unwanted,
        )
        digest = await self.workers.run(
            compose,
            material,
            topics,
            inputs.form,
            self.now,
            inputs.since,
            looked,
            await self.retold(inputs.viewer, inputs.moved, inputs.languages, inputs.unwanted),
            muted=[topic_of(words) for words in inputs.muted],
            languages=inputs.languages,
            limited=inputs.limited,
            taste=inputs.taste,
        )
        if digest.sections and not inputs.is_private:
            # A group gets one message; what moved on stays untold until a quieter day.
            digest = replace(digest, updates=())
        return digest

    async def keys(self, viewer: ChatId, wanted: Sequence[ArticleId]) -> dict[ArticleId, Keys]:
        """Of those that the viewer may see."""
        return await self._read_keys(viewer, wanted)

    async def alert(self, inputs: Inputs, story: Story) -> Digest:
        """The digest of one story; empty: it is about no topic of the chat's, or muted."""
        keys = await self._read_keys(inputs.viewer, [story.lead.id])
        material = [Material(story, its) for its in keys.values()]
        return await self.workers.run(
            compose,
            material,
            [topic_of(words) for words in inputs.topics],
            replace(inputs.form, main=False, sentences=1),
            self.now,
            inputs.since,
            muted=[topic_of(words) for words in inputs.muted],
            languages=inputs.languages,
            taste=inputs.taste,
        )

    async def material(
        self,
        viewer: ChatId,
        topics: Sequence[Query],
        since: datetime,
        told: frozenset[StoryId] = frozenset(),
        languages: Sequence[str] = (),
        unwanted: frozenset[SourceId] = frozenset(),
    ) -> tuple[list[Material], Looked]:
        """The stories since `since` that the viewer may see and was not told: those covered most,
        and those that answer its topics."""
        oldest = self.now - max(OLDEST_NEWS, self.now - since)
        # What was being fetched when the last digest was made is stamped before it, stored after.
        after = since - FETCH_OVERLAP
        found = await articles.stories_arrived(self.db, viewer, after, oldest, MOST_MATERIAL, told)
        for topic in topics:
            found += await search.find_stories(
                self.db, viewer, topic, MOST_OF_A_TOPIC, arrived_after=after, told=told
            )
        stories = await self.stories(viewer, dict.fromkeys(found), languages, unwanted)
        # What arrived may be in a language that is not read.
        recent = [one for one in stories if one.newest >= oldest and one.arrived > after]
        keys = await self._read_keys(viewer, [story.lead.id for story in recent])
        # A source may be removed between two reads: what it held is no material any more.
        material = [
            Material(story, keys[story.lead.id]) for story in recent if story.lead.id in keys
        ]
        if (viewer, since) not in self._looked:
            counts = await articles.count_arrived(self.db, viewer, since)
            self._looked[viewer, since] = Looked(*counts)
        return material, self._looked[viewer, since]

    async def retold(
        self,
        viewer: ChatId,
        moved: Sequence[Before],
        languages: Sequence[str] = (),
        unwanted: frozenset[SourceId] = frozenset(),
    ) -> list[Retold]:
        """What was told of these stories, and the reports since; a copy reports nothing, and what
        a first report in another language brings could not be seen by its words."""
        told_before = {before.story: before for before in moved}
        stories = await self.stories(viewer, told_before, languages, unwanted)
        everything = [article.id for story in stories for article in story.articles]
        keys = await self._read_keys(viewer, everything)
        retold = []
        for story in stories:
            before = told_before[story.id]
            held = [one for one in story.articles if one.id in keys]
            old = [one for one in held if one.arrived <= before.told]
            known = {one.original for one in old}
            told_in = {one.language for one in old}
            fresh = tuple(
                Report(one, keys[one.id])
                for one in held
                if one.arrived > before.told
                and one.original not in known
                and one.language in told_in
            )
            if fresh:
                told = tuple(keys[one.id] for one in old)
                retold.append(Retold(story, told, fresh, before.message_id))
        return retold

    async def stories(
        self,
        viewer: ChatId,
        wanted: Iterable[StoryId],
        languages: Sequence[str],
        unwanted: frozenset[SourceId],
    ) -> list[Story]:
        """The stories as the viewer may see and read them, newest first, told by other sources
        than the unwanted ones."""
        wanted = list(wanted)
        missing = [number for number in wanted if (viewer, number) not in self._stories]
        if missing:
            members = await articles.members_of(self.db, viewer, missing)
            past = [article for article in members if article.published <= self.now]
            self._stories |= dict.fromkeys((viewer, number) for number in missing)
            for told in await self.workers.run(tell_stories, past):
                self._stories[viewer, told.id] = told
        found = [story for number in wanted if (story := self._stories[viewer, number])]
        if any(article.source.id in unwanted for story in found for article in story.articles):
            left = [
                article
                for story in found
                for article in story.articles
                if article.source.id not in unwanted
            ]
            found = await self.workers.run(tell_stories, left)
        found = [understood(story, languages) for story in found]
        return sorted(found, key=lambda story: (story.newest, story.id), reverse=True)

    async def _read_keys(
        self, viewer: ChatId, wanted: Sequence[ArticleId]
    ) -> dict[ArticleId, Keys]:
        missing = [number for number in wanted if (viewer, number) not in self._keys]
        if missing:
            found = await articles.keys_of_articles(self.db, viewer, missing)
            self._keys |= {(viewer, number): keys for number, keys in found.items()}
        return {
            number: self._keys[viewer, number]
            for number in wanted
            if (viewer, number) in self._keys
        }


def _floor(instant: datetime) -> datetime:
    """Windows that open at nearly the same time are one; what was told is remembered anyway."""
    seconds = int(WINDOWS_MEET.total_seconds())
    return instant - timedelta(seconds=int(instant.timestamp()) % seconds)


def _numbered(moved: Iterable[Before]) -> tuple[tuple[Before, ...], tuple[int, ...]]:
    """The told stories with their messages numbered from 1, and the messages."""
    messages: dict[int, int] = {}
    numbered = []
    for before in moved:
        number = before.message_id
        if number is not None:
            number = messages.setdefault(number, len(messages) + 1)
        numbered.append(replace(before, message_id=number))
    return tuple(numbered), tuple(messages)


@lru_cache(maxsize=2_000)
def topic_of(words: str) -> Query:
    return parse_topic(words)
