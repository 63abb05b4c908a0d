-- What was seen in an article as 32-bit marks of its keys (digests.sketches.mark), packed: to look
-- for a few of them in thirty candidates, words were read for most of the time.
ALTER TABLE article_sketch ADD COLUMN marks BLOB NOT NULL DEFAULT x'';
UPDATE article_sketch SET marks = packed_marks(seen);
ALTER TABLE article_sketch DROP COLUMN seen;
