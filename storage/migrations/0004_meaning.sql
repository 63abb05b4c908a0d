-- The optional extra `semantic`: what clustering remembers of an article's meaning. sketch_key then
-- also holds bridges, each behind its article's language, for the other language to find it by.
ALTER TABLE article_sketch ADD COLUMN vector BLOB;   -- NULL: not embedded; else a byte a component
ALTER TABLE article_sketch ADD COLUMN bridges TEXT;  -- NULL with vector; else JSON: [[bridge, weight], …]
