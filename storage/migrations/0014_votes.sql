-- What a chat pressed under items: one vote an article, for its topic and its source. What it is
-- worth now is computed (digests.taste).
CREATE TABLE vote (
    chat_id    INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    article_id INTEGER NOT NULL,                 -- it may be forgotten before its vote is
    topic      TEXT,                             -- NULL: the item stood under «Главное»
    source_id  INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    liked      INTEGER NOT NULL,
    cast_at    INTEGER NOT NULL,
    PRIMARY KEY (chat_id, article_id)
) WITHOUT ROWID;
CREATE INDEX vote_source ON vote (source_id);  -- a source that is removed
CREATE INDEX vote_cast ON vote (cast_at);      -- forgetting
