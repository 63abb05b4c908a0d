-- Why each story stood in a digest, for "why is this here?", and where in it.
ALTER TABLE told ADD COLUMN place INTEGER NOT NULL DEFAULT 0;  -- reading order inside its digest
ALTER TABLE told ADD COLUMN reason TEXT;  -- NULL: an update, or told before this was kept; else JSON
-- "what did this message tell?"
CREATE INDEX delivery_message ON delivery (chat_id, message_id) WHERE message_id IS NOT NULL;

-- How a subscriber likes an item told.
ALTER TABLE subscriber ADD COLUMN sentences INTEGER NOT NULL DEFAULT 3;  -- at most: 1, 3, 5
ALTER TABLE subscriber ADD COLUMN quotes INTEGER NOT NULL DEFAULT 0;     -- one quotation instead
ALTER TABLE article ADD COLUMN quote TEXT;  -- NULL: nobody is quoted; else JSON [position, sentence]

-- What is remembered of a source's lines, to learn its boilerplate (digests.boilerplate).
CREATE TABLE source_lines (
    source_id INTEGER PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,
    seen      TEXT NOT NULL                      -- JSON: {line key: [day, …]}
);

-- Stories that an administrator set apart: clustering never joins them. Each pair stands both ways.
CREATE TABLE apart (
    story_id INTEGER NOT NULL REFERENCES story (id) ON DELETE CASCADE,
    other_id INTEGER NOT NULL REFERENCES story (id) ON DELETE CASCADE,
    PRIMARY KEY (story_id, other_id)
) WITHOUT ROWID;
