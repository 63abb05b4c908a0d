-- The tables of storage.fresh, in memory and of one connection. `articles` of a key or a shingle: the
-- numbers of those that have it, each between two spaces, in the order they came.
CREATE TEMP TABLE fresh_member (
    article_id   INTEGER PRIMARY KEY,
    story_id     INTEGER NOT NULL,
    language     TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    marks        BLOB NOT NULL                   -- as in article_sketch
);
CREATE INDEX temp.fresh_member_story ON fresh_member (story_id);  -- whom a candidate stands for
CREATE TEMP TABLE fresh_key (key INTEGER PRIMARY KEY, articles TEXT NOT NULL);      -- marks
CREATE TEMP TABLE fresh_shingle (key INTEGER PRIMARY KEY, articles TEXT NOT NULL);  -- hashes

-- Counted, and not yet in key_count (storage.counts).
CREATE TEMP TABLE fresh_count (key TEXT PRIMARY KEY, articles INTEGER NOT NULL) WITHOUT ROWID;
CREATE TEMP TABLE fresh_filled (beyond INTEGER);  -- the article to go on with; NULL: all are in
INSERT INTO fresh_filled (beyond) VALUES (0);

CREATE TEMP VIEW fresh_member_of AS
SELECT article_id, story_id, sketch.language, sketch.published_at, marks
FROM main.article_sketch AS sketch JOIN main.article ON article.id = article_id;
CREATE TEMP VIEW fresh_key_of AS
SELECT article_id, found.value AS key
FROM main.article_sketch, json_each(keys_of_sketch(language, heavy, bridges)) AS found;
CREATE TEMP VIEW fresh_shingle_of AS
SELECT article_id, found.value AS key
FROM main.article_shingles, json_each(numbers(indexed)) AS found;

CREATE TEMP TRIGGER fresh_sketch_added AFTER INSERT ON main.article_sketch BEGIN
    INSERT INTO fresh_member SELECT * FROM fresh_member_of WHERE article_id = NEW.article_id;
    INSERT INTO fresh_key
    SELECT key, ' ' || article_id || ' ' FROM fresh_key_of WHERE article_id = NEW.article_id
    ON CONFLICT (key) DO UPDATE SET articles = articles || excluded.articles;
END;
CREATE TEMP TRIGGER fresh_sketch_goes BEFORE DELETE ON main.article_sketch BEGIN
    UPDATE fresh_key SET articles = replace(articles, ' ' || OLD.article_id || ' ', '')
    WHERE key IN (SELECT key FROM fresh_key_of WHERE article_id = OLD.article_id);
    DELETE FROM fresh_key
    WHERE articles = '' AND key IN (SELECT key FROM fresh_key_of WHERE article_id = OLD.article_id);
    DELETE FROM fresh_member WHERE article_id = OLD.article_id;
END;
CREATE TEMP TRIGGER fresh_article_moved AFTER UPDATE OF story_id ON main.article BEGIN
    UPDATE fresh_member SET story_id = NEW.story_id WHERE article_id = NEW.id;
END;

CREATE TEMP TRIGGER fresh_shingles_added AFTER INSERT ON main.article_shingles BEGIN
    INSERT INTO fresh_shingle
    SELECT key, ' ' || article_id || ' ' FROM fresh_shingle_of WHERE article_id = NEW.article_id
    ON CONFLICT (key) DO UPDATE SET articles = articles || excluded.articles;
END;
CREATE TEMP TRIGGER fresh_shingles_go BEFORE DELETE ON main.article_shingles BEGIN
    UPDATE fresh_shingle SET articles = replace(articles, ' ' || OLD.article_id || ' ', '')
    WHERE key IN (SELECT key FROM fresh_shingle_of WHERE article_id = OLD.article_id);
    DELETE FROM fresh_shingle
    WHERE articles = ''
      AND key IN (SELECT key FROM fresh_shingle_of WHERE article_id = OLD.article_id);
END;
