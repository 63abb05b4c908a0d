"""Which story a new article belongs to: the sketches of fresh articles, found by their keys.

The inverted index holds only articles that are not yet forgotten (`storage.fresh`), so the cost of
an article does not grow with history. An article is compared with what everybody who may see it may
see: a shared one with shared ones, an owned one with shared ones and its owner's.
"""

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Final

from digests.clustering import (
    SHARED_KEYS,
    WINDOW,
    found_by,
    may_be_compared,
    may_hold,
    sought_keys,
    story_for,
)
from digests.models import ArticleId, ChatId, PreparedArticle, StoryId, outlet_of
from digests.semantics import Meaning, meaning_of
from digests.sketches import Sketch, mark, sketch, telling_keys
from digests.text.bridges import bridges_of
from storage.corrections import are_apart, move_story
from storage.counts import add_counts, counts_of
from storage.database import Database, Statements
from storage.fresh import forget_before
from storage.instants import from_seconds, to_seconds
from storage.packing import packed, unpacked

CANDIDATES: Final = 60  # articles, those that share most keys
CANDIDATE_STORIES: Final = 12  # of theirs
DECODER: Final = json.JSONDecoder()  # `json.loads` looks for white space around it too


@dataclass(frozen=True, slots=True)
class Placed:
    """An article of the batch."""

    id: ArticleId
    story: StoryId
    sketch: Sketch


class Stories:
    """The stories of one batch: articles of the batch are candidates for those after them."""

    def __init__(self, tx: Statements, owner: ChatId | None, next_story: int) -> None:
        self._tx = tx
        self._owner = owner
        self._next = next_story
        self._frequencies: dict[str, int] = {}
        self._articles = 0
        self._batch: list[Placed] = []
        self._found_by: dict[str, list[int]] = {}  # key → places in the batch
        self.opened: list[tuple[StoryId, datetime]] = []
        self.merged: dict[StoryId, StoryId] = {}

    def count(self, articles: Sequence[PreparedArticle]) -> None:
        """Count the keys of the batch among those of all articles, and learn how frequent
        they are."""
        keys = Counter(key for article in articles for key in _counted_keys(article))
        if self._owner is None:
            self._frequencies, self._articles = add_counts(self._tx, keys, len(articles))
        else:  # what is somebody's own weighs on nothing shared
            self._frequencies, self._articles = counts_of(self._tx, keys)

    def place(
        self, number: ArticleId, article: PreparedArticle, source: str, copy_of: StoryId | None
    ) -> StoryId:
        """The story of an article: that of its original, the one it is like, or a new one."""
        drawn = sketch(
            article.keys,
            article.language,
            article.published,
            outlet_of(article.link) if article.link else source,
            self._frequencies,
            self._articles,
            self._meaning(article),
        )
        candidates = {} if copy_of else self._candidates(drawn, telling_keys(article.keys))
        found = story_for(drawn, candidates)
        story = copy_of or found.story
        if story is None:
            story = StoryId(self._next)
            self._next += 1
            self.opened.append((story, article.published))
        if self._owner is None:  # nobody's own articles change what others are told
            story = self._merge(story, found.merged)
        for key in found_by(drawn):
            self._found_by.setdefault(key, []).append(len(self._batch))
        self._batch.append(Placed(number, story, drawn))
        return story

    def _meaning(self, article: PreparedArticle) -> Meaning | None:
        if article.meaning is None:
            return None
        return meaning_of(article.meaning, article.keys, self._frequencies, self._articles)

    def _merge(self, story: StoryId, others: Sequence[StoryId]) -> StoryId:
        """The oldest of stories that turn out to be one event takes the others in, but for those
        an administrator set apart."""
        joined: list[StoryId] = []
        for other in others:
            if not any(are_apart(self._tx, one, other) for one in (story, *joined)):
                joined.append(other)
        into = min(story, *joined) if joined else story  # an older one is surely stored
        for other in {story, *joined} - {into}:
            move_story(self._tx, other, into)
            self._batch = [
                replace(placed, story=into) if placed.story == other else placed
                for placed in self._batch
            ]
            self.merged[other] = into
        return into

    def _candidates(self, drawn: Sketch, seen: Sequence[str]) -> dict[StoryId, list[Sketch]]:
        sought = sought_keys(drawn, seen, self._frequencies, self._articles)
        stored: defaultdict[StoryId, dict[int, bytes]] = defaultdict(dict)
        for row in self._members_of_hit(drawn, sought):
            stored[StoryId(row["story_id"])][row["article_id"]] = row["marks"]
        marks = {story: list(members.values()) for story, members in stored.items()}
        near = may_hold(drawn, marks) | {one.story for one in self._batch if one.story in stored}
        stories: defaultdict[StoryId, list[Sketch]] = defaultdict(list)
        for row in self._sketches([one for story in near for one in stored[story]]):
            stories[StoryId(row["story_id"])].append(_sketch_of(row))
        in_batch = {one.story for one in self._batch if one.story in stories}
        hits = Counter(chain.from_iterable(self._found_by.get(key, ()) for key in sought))
        for place, shared in hits.items():
            if shared >= SHARED_KEYS and may_be_compared(drawn, self._batch[place].sketch):
                in_batch.add(self._batch[place].story)
        for placed in self._batch:
            if placed.story in in_batch:
                stories[placed.story].append(placed.sketch)
        return stories

    def _members_of_hit(self, drawn: Sketch, sought: Collection[str]) -> list[sqlite3.Row]:
        """The members of the stories that share most keys, and their marks."""
        row = self._tx.fetch_one(
            """
            SELECT group_concat(articles, '') AS articles FROM fresh_key
            WHERE key IN (SELECT value FROM json_each(:keys))
            """,
            {"keys": json.dumps(list(map(mark, sought)))},
        )
        shared = Counter(((row and row["articles"]) or "").split())
        return self._tx.fetch_all(
            """
            SELECT story_id, article_id, marks FROM fresh_member
            WHERE story_id IN (
                SELECT story_id FROM (
                    SELECT hit.story_id, number.value AS shared FROM json_each(:hits) AS number
                    JOIN fresh_member AS hit ON hit.article_id = CAST(number.key AS INTEGER)
                    WHERE hit.published_at BETWEEN :earliest AND :latest
                    ORDER BY number.value DESC, hit.article_id DESC LIMIT :candidates)
                GROUP BY story_id ORDER BY max(shared) DESC, story_id DESC LIMIT :stories)
              AND (language = :language OR :embedded)
            """,
            {
                "hits": json.dumps(
                    {n: times for n, times in shared.items() if times >= SHARED_KEYS}
                ),
                "earliest": to_seconds(drawn.published - WINDOW),
                "latest": to_seconds(drawn.published + WINDOW),
                "candidates": CANDIDATES,
                "stories": CANDIDATE_STORIES,
                "language": drawn.language,
                "embedded": drawn.meaning is not None,
            },
        )

    def _sketches(self, articles: Sequence[int]) -> list[sqlite3.Row]:
        """Of these articles, those that everybody may see who may see the batch."""
        if not articles:
            return []
        return self._tx.fetch_all(
            """
            SELECT article.story_id, member.language, member.published_at, member.host,
                   member.heavy, member.marks, member.figures, member.vector, member.bridges
            FROM article_sketch AS member JOIN article ON article.id = member.article_id
            JOIN source ON source.id = article.source_id
            WHERE member.article_id IN (SELECT value FROM json_each(:articles))
              AND (source.owner_chat_id IS NULL OR source.owner_chat_id = :owner)
            ORDER BY member.article_id
            """,
            {"articles": json.dumps(articles), "owner": self._owner},
        )

    def current(self, story: StoryId) -> StoryId:
        """The story that took over this one in the batch, or itself."""
        while story in self.merged:
            story = self.merged[story]
        return story

    def remember(self) -> None:
        """Write the sketches of the batch; its articles must be stored by now."""
        self._tx.execute_all(
            """
            INSERT INTO article_sketch
                (article_id, language, published_at, host, heavy, marks, figures, vector, bridges)
            VALUES (:id, :language, :published, :host, :heavy, :marks, :figures, :vector, :bridges)
            """,
            [
                {
                    "id": placed.id,
                    "language": placed.sketch.language,
                    "published": to_seconds(placed.sketch.published),
                    "host": placed.sketch.host,
                    "heavy": _to_json(placed.sketch.heavy),
                    "marks": packed(placed.sketch.seen),
                    "figures": " ".join(placed.sketch.figures),
                    "vector": meaning.vector if meaning else None,
                    "bridges": _to_json(meaning.bridges) if meaning else None,
                }
                for placed in self._batch
                for meaning in (placed.sketch.meaning,)
            ],
        )


def _sketch_of(row: sqlite3.Row) -> Sketch:
    _, language, published, host, heavy, marks, figures, vector, bridges = row
    return Sketch(
        language,
        from_seconds(published),
        host,
        _from_json(heavy),
        unpacked(marks),
        frozenset(figures.split()),
        Meaning(vector, _from_json(bridges)) if vector else None,
    )


def _counted_keys(article: PreparedArticle) -> list[str]:
    bridges = () if article.meaning is None else sorted(bridges_of(article.keys))
    return [*telling_keys(article.keys), *bridges]


def _to_json(weighed: Sequence[tuple[str, float]]) -> str:
    return json.dumps(weighed, ensure_ascii=False)


def _from_json(text: str) -> tuple[tuple[str, float], ...]:
    weighed: list[tuple[str, float]] = DECODER.raw_decode(text)[0]
    return tuple(map(tuple, weighed))  # type: ignore[arg-type]


async def forget_sketches(db: Database, now: datetime) -> int:
    """Drop what no new article can be compared with any more."""
    return await forget_before(db, "article_sketch", now - 2 * WINDOW)
