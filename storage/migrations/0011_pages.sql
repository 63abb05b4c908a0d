-- A digest longer than one message is one message with pages, turned by buttons under it. The first
-- page is what the outbox sends; the others are kept here until they are asked for.
CREATE TABLE digest_page (
    digest_id INTEGER NOT NULL REFERENCES digest (id) ON DELETE CASCADE,
    page      INTEGER NOT NULL,                  -- 2, 3, …
    content   TEXT NOT NULL,                     -- JSON, as in delivery
    PRIMARY KEY (digest_id, page)
) WITHOUT ROWID;

-- On which page of its message a story stands; 0: an update, which has no pages. An item's place
-- is its number less one; updates stand at places below 0.
ALTER TABLE told ADD COLUMN page INTEGER NOT NULL DEFAULT 1;
