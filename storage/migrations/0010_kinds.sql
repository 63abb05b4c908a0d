-- Kinds of source beyond feeds and files, and the care of sources.
ALTER TABLE source ADD COLUMN last_post INTEGER;  -- channels. NULL: none seen; else the newest post's number
ALTER TABLE source ADD COLUMN pages TEXT NOT NULL DEFAULT 'auto'  -- whether articles are read from their pages
    CHECK (pages IN ('auto', 'on', 'off'));

ALTER TABLE article ADD COLUMN origin TEXT;  -- NULL: the source itself; else whose post it passes on
ALTER TABLE article ADD COLUMN teaser TEXT;  -- NULL: text is the source's; else the page's, and the fingerprint of the source's

-- Sources a chat wants nothing of in its digests.
CREATE TABLE source_mute (
    chat_id   INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    PRIMARY KEY (chat_id, source_id)
) WITHOUT ROWID;

-- What was found at an address somebody gave, behind the buttons that add it: callback data holds
-- 64 bytes, addresses are longer.
CREATE TABLE offer (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: buttons name it
    batch      INTEGER NOT NULL,                   -- id of one of those found together
    chat_id    INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    kind       TEXT NOT NULL,                      -- a source's kind; sent: a page with one article
    address    TEXT NOT NULL,
    title      TEXT NOT NULL,
    asked      INTEGER NOT NULL DEFAULT 0,         -- waits for an administrator's word
    created_at INTEGER NOT NULL,
    UNIQUE (chat_id, asked, kind, address)             -- found or asked for again, it is the same
);
CREATE INDEX offer_batch ON offer (batch);
CREATE INDEX offer_created ON offer (created_at);  -- forgetting

-- Articles forgotten by age that a source may still list without a date: they are not new.
CREATE TABLE forgotten (
    source_id INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    guid      TEXT NOT NULL,
    PRIMARY KEY (source_id, guid)
) WITHOUT ROWID;
