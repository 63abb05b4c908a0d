"""What an administrator mends: an article taken out of a story, two stories made one.

A correction outlives clustering: stories set apart by hand are never joined by it again.
"""

from datetime import datetime

from digests.models import ArticleId, ChatId, StoryId
from storage.database import Database, Statements
from storage.instants import to_seconds
from storage.sources import VISIBLE


async def split_article(
    db: Database, chat: ChatId, article: ArticleId, now: datetime
) -> StoryId | None:
    """The story an article has for itself from now on. None: the chat sees no such article, or
    it is the only one of its story.

    Chats that were told the old story by this article were told the new one; to all others it
    arrives now, so that their next digest may tell it. It is nobody's copy any more.
    """
    async with db.write() as tx:
        old = await tx.fetch_one(
            f"""
            SELECT article.story_id, article.published_at FROM article
            JOIN source ON source.id = article.source_id
            WHERE article.id = :article AND {VISIBLE} AND EXISTS (
                SELECT 1 FROM article AS other
                WHERE other.story_id = article.story_id AND other.id <> article.id)
            """,  # noqa: S608 - a constant
            {"article": article, "chat": chat},
        )
        if old is None:
            return None
        new = await tx.insert(
            "INSERT INTO story (opened_at) VALUES (:opened)", {"opened": old["published_at"]}
        )
        values = {"article": article, "old": old["story_id"], "new": new, "now": to_seconds(now)}
        await tx.execute(
            "UPDATE article SET story_id = :new, arrived_at = :now WHERE id = :article", values
        )
        await tx.execute(
            "UPDATE article SET copy_of = NULL WHERE id = :article OR copy_of = :article", values
        )
        await tx.execute(
            "UPDATE told SET story_id = :new WHERE story_id = :old AND article_id = :article",
            values,
        )
        await tx.execute(
            "INSERT INTO apart (story_id, other_id) VALUES (:old, :new), (:new, :old)", values
        )
    return StoryId(new or 0)


async def merge_stories(db: Database, one: StoryId, other: StoryId) -> None:
    """The second story becomes part of the first."""
    async with db.write() as tx:
        await tx.execute(
            """
            DELETE FROM apart WHERE (story_id, other_id) IN ((:one, :other), (:other, :one))
            """,
            {"one": one, "other": other},
        )
        await tx.run(lambda inside: move_story(inside, other, one))


def move_story(tx: Statements, story: StoryId, into: StoryId) -> None:
    """Two stories turn out to be one event; who was told the one was told the other."""
    values = {"story": story, "into": into}
    tx.execute("UPDATE article SET story_id = :into WHERE story_id = :story", values)
    for table, column in (("told", "story_id"), ("apart", "story_id"), ("apart", "other_id")):
        tx.execute(
            f"UPDATE OR IGNORE {table} SET {column} = :into WHERE {column} = :story",  # noqa: S608
            values,
        )


def are_apart(tx: Statements, one: StoryId, other: StoryId) -> bool:
    """Whether an administrator set these stories apart."""
    row = tx.fetch_one(
        "SELECT 1 FROM apart WHERE story_id = :one AND other_id = :other",
        {"one": one, "other": other},
    )
    return row is not None
