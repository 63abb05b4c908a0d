-- Which article's text an article repeats, wholly or in large part. An original is never a copy.
ALTER TABLE article ADD COLUMN copy_of INTEGER REFERENCES article (id) ON DELETE SET NULL;  -- NULL: its own text
CREATE INDEX article_copy ON article (copy_of) WHERE copy_of IS NOT NULL;  -- copies of an original

-- What finds copies of fresh articles: all 4-word shingles of a text (digests.dedup), hashed and
-- packed as 32-bit numbers, and the few of them that are indexed.
CREATE TABLE article_shingles (
    article_id   INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    published_at INTEGER NOT NULL,
    hashes       BLOB NOT NULL
);
CREATE INDEX article_shingles_published ON article_shingles (published_at);  -- forgetting
CREATE TABLE shingle (
    hash         INTEGER NOT NULL,
    published_at INTEGER NOT NULL,
    article_id   INTEGER NOT NULL,
    PRIMARY KEY (hash, published_at, article_id)
) WITHOUT ROWID;
