-- What a chat put aside, as it was then: an article is forgotten by age and goes with its source,
-- what was saved does not.
CREATE TABLE saved (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: buttons name it
    chat_id      INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    article_id   INTEGER NOT NULL,
    title        TEXT NOT NULL,
    outlet       TEXT NOT NULL,
    link         TEXT,                           -- NULL: no public address
    text         TEXT,                           -- NULL: it can be read at its link
    published_at INTEGER NOT NULL,
    saved_at     INTEGER NOT NULL,
    UNIQUE (chat_id, article_id)
);

-- NULL: no weekly reminder of what was saved; else when the next is due.
ALTER TABLE subscriber ADD COLUMN remind_at INTEGER;
-- "whom is a reminder due for?"
CREATE INDEX subscriber_remind ON subscriber (remind_at) WHERE remind_at IS NOT NULL;
