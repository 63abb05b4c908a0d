"""Reads the subscriptions of other bots out of their SQLite files, which are opened read-only.

RSS-to-Telegram-Bot (tortoise ORM): tables `user`, `feed`, `sub`. flowerss-bot (gorm): tables
`sources`, `subscribes`. What has no counterpart here is counted, so that it can be told.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from digests.models import ChatId
from storage.errors import UnknownFormatError

MAGIC: Final = b"SQLite format 3\x00"
BANNED: Final = -1
KINDS: Final = {50: "channel", 51: "group"}  # RSS-to-Telegram-Bot's states of chats


@dataclass(frozen=True, slots=True)
class Subscription:
    chat: ChatId
    kind: str  # private, group, supergroup, channel
    address: str
    title: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """What another bot's database holds."""

    program: str
    subscriptions: tuple[Subscription, ...]
    lost: dict[str, int]  # what cannot be carried over → of how many subscriptions


def read_foreign(path: Path) -> Foreign:
    """Raises UnknownFormatError for a database of neither bot, or a broken one."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            tables = {row["name"] for row in db.execute("SELECT name FROM sqlite_master")}
            if {"user", "feed", "sub"} <= tables:
                return _rsstt(db)
            if {"sources", "subscribes"} <= tables:
                return _flowerss(db)
    except sqlite3.Error as error:
        raise UnknownFormatError(path=str(path), cause=str(error)) from error
    raise UnknownFormatError(path=str(path))


def _rsstt(db: sqlite3.Connection) -> Foreign:
    rows = db.execute(
        """
        SELECT sub.user_id AS chat, sub.state, sub.tags, sub.interval, sub.notify, sub.send_mode,
               user.state AS user_state, feed.link, feed.title
        FROM sub JOIN feed ON feed.id = sub.feed_id JOIN user ON user.id = sub.user_id
        ORDER BY sub.id
        """
    ).fetchall()
    lost: Counter[str] = Counter()
    found = []
    for row in rows:
        if row["user_state"] == BANNED:
            lost["subscriptions of banned users"] += 1
            continue
        if not row["state"]:
            lost["subscriptions that were switched off"] += 1
            continue
        lost["tags"] += bool(row["tags"])
        lost["intervals of their own"] += row["interval"] is not None
        lost["silent delivery"] += row["notify"] == 0
        lost["ways of sending"] += bool(row["send_mode"])
        kind = KINDS.get(row["user_state"]) or _kind_of(row["chat"])
        found.append(Subscription(ChatId(row["chat"]), kind, row["link"], row["title"]))
    return Foreign("RSS-to-Telegram-Bot", tuple(found), _told(lost))


def _flowerss(db: sqlite3.Connection) -> Foreign:
    rows = db.execute(
        """
        SELECT subscribes.user_id AS chat, subscribes.tag, subscribes.interval,
               subscribes.enable_notification, subscribes.enable_telegraph,
               sources.link, sources.title
        FROM subscribes JOIN sources ON sources.id = subscribes.source_id
        ORDER BY subscribes.id
        """
    ).fetchall()
    usual = Counter(row["interval"] for row in rows).most_common(1)
    lost: Counter[str] = Counter()
    found = []
    for row in rows:
        lost["tags"] += bool(row["tag"])
        lost["intervals of their own"] += row["interval"] != usual[0][0]
        lost["silent delivery"] += row["enable_notification"] == 0
        lost["ways of sending"] += row["enable_telegraph"] == 0
        chat = ChatId(row["chat"])
        found.append(Subscription(chat, _kind_of(chat), row["link"], row["title"]))
    return Foreign("flowerss-bot", tuple(found), _told(lost))


def _kind_of(chat: int) -> str:
    """As far as a chat's number tells."""
    if chat > 0:
        return "private"
    return "supergroup" if chat <= -1_000_000_000_000 else "group"


def _told(lost: Iterable[str] | Counter[str]) -> dict[str, int]:
    return {what: count for what, count in Counter(lost).items() if count}
