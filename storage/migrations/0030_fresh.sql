-- Which fresh articles have a key or a shingle is looked up in memory (storage.fresh): fifty rows an
-- article, each on a page of its own, were most of what a transaction wrote. What is needed to make
-- that after a start stands with the article.
ALTER TABLE article_shingles ADD COLUMN indexed BLOB NOT NULL DEFAULT x'';  -- packed 32-bit numbers
CREATE TEMP TABLE grouped (article_id INTEGER PRIMARY KEY, hashes TEXT NOT NULL);
INSERT INTO grouped SELECT article_id, json_group_array(hash) FROM shingle GROUP BY article_id;
UPDATE article_shingles SET indexed = packed_numbers(grouped.hashes)
FROM grouped WHERE grouped.article_id = article_shingles.article_id;
DROP TABLE grouped;
DROP TABLE shingle;
DROP TABLE sketch_key;
-- Half the merging of the full-text index's segments, which grew with it; a search reads a few more.
INSERT INTO article_search (article_search, rank) VALUES ('automerge', 8);
