"""Small databases of other bots, made by their own schemas."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

STAMPS = (
    '"created_at" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, '
    '"updated_at" TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP'
)
RSSTT = """
CREATE TABLE "aerich" ("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "version" VARCHAR(255) NOT NULL, "app" VARCHAR(20) NOT NULL, "content" JSON NOT NULL);
CREATE TABLE "feed" (STAMPS, "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "state" SMALLINT NOT NULL DEFAULT 1, "link" VARCHAR(4096) NOT NULL UNIQUE,
    "title" VARCHAR(1024) NOT NULL, "interval" SMALLINT, "entry_hashes" TEXT,
    "etag" VARCHAR(128), "error_count" SMALLINT NOT NULL DEFAULT 0, "next_check_time" TIMESTAMP);
CREATE TABLE "user" (STAMPS, "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "state" SMALLINT NOT NULL DEFAULT 0, "lang" VARCHAR(16) NOT NULL DEFAULT 'zh-Hans',
    "admin" BIGINT);
CREATE TABLE "sub" (STAMPS, "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "state" SMALLINT NOT NULL DEFAULT 1, "tags" VARCHAR(255), "interval" SMALLINT,
    "notify" SMALLINT NOT NULL DEFAULT 1, "send_mode" SMALLINT NOT NULL DEFAULT 0,
    "length_limit" SMALLINT NOT NULL DEFAULT 0, "link_preview" SMALLINT NOT NULL DEFAULT 0,
    "display_author" SMALLINT NOT NULL DEFAULT 0, "display_via" SMALLINT NOT NULL DEFAULT 0,
    "display_title" SMALLINT NOT NULL DEFAULT 0, "style" SMALLINT NOT NULL DEFAULT 0,
    "feed_id" INT NOT NULL REFERENCES "feed" ("id") ON DELETE CASCADE,
    "user_id" BIGINT NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_sub_user_id_029239" UNIQUE ("user_id", "feed_id"));
INSERT INTO feed (id, link, title) VALUES (1, 'https://a.example/rss', 'А'),
    (2, 'https://b.example/rss', 'Б'), (3, 'ftp://c.example/rss', 'В');
INSERT INTO user (id, state) VALUES (1000, 100), (77, 1), (-100200, 50), (66, -1);
INSERT INTO sub (user_id, feed_id, state, tags, interval, notify) VALUES
    (1000, 1, 1, NULL, NULL, 1), (77, 2, 1, 'новости', 30, 1), (-100200, 1, 1, NULL, NULL, 0),
    (1000, 2, 0, NULL, NULL, 1), (66, 2, 1, NULL, NULL, 1), (77, 3, 1, NULL, NULL, 1);
"""
FLOWERSS = """
CREATE TABLE "users" ("id" bigint, "created_at" datetime, "updated_at" datetime,
    PRIMARY KEY ("id"));
CREATE TABLE "sources" ("id" integer primary key autoincrement, "link" varchar(255),
    "title" varchar(255), "error_count" integer, "created_at" datetime, "updated_at" datetime);
CREATE TABLE "subscribes" ("id" integer primary key autoincrement, "user_id" bigint,
    "source_id" integer, "enable_notification" integer, "enable_telegraph" integer,
    "tag" varchar(255), "interval" integer, "wait_time" integer, "created_at" datetime,
    "updated_at" datetime);
INSERT INTO users (id) VALUES (1000), (77);
INSERT INTO sources (id, link, title) VALUES (1, 'https://a.example/rss', 'А'),
    (2, 'https://b.example/rss', 'Б');
INSERT INTO subscribes (user_id, source_id, enable_notification, enable_telegraph, tag, interval)
VALUES (1000, 1, 1, 1, '', 10), (-1001234567890, 2, 1, 0, '#новости', 10), (77, 2, 1, 1, '', 60);
"""


def rsstt(path: Path) -> Path:
    return _made(path, RSSTT.replace("STAMPS", STAMPS))


def flowerss(path: Path) -> Path:
    return _made(path, FLOWERSS)


def _made(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(script)
    return path
