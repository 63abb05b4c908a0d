-- A database of schema 1, as the first version wrote it: never edited.
-- Instants are UTC seconds since 1970 (INTEGER, name ends in _at or _until).
-- Flags are 0 or 1. JSON columns hold what only Python reads.

-- A chat that spoke to the bot: a person, a group, a channel.
CREATE TABLE subscriber (
    chat_id       INTEGER PRIMARY KEY,           -- Telegram's
    kind          TEXT NOT NULL,                 -- private, group, supergroup, channel
    title         TEXT NOT NULL DEFAULT '',      -- for the admin's eyes
    language      TEXT NOT NULL,                 -- ru, en
    zone          TEXT NOT NULL,                 -- IANA name
    reads         TEXT NOT NULL,                 -- languages of digests: ru, en, all
    access        TEXT NOT NULL DEFAULT 'none'
                  CHECK (access IN ('none', 'asked', 'granted', 'refused')),
    subscribed    INTEGER NOT NULL DEFAULT 0,    -- wants scheduled digests
    minutes       INTEGER NOT NULL DEFAULT 2,    -- to read a digest: 2, 5, 10
    main_section  INTEGER NOT NULL DEFAULT 1,    -- whether «Главное» follows the topics
    paused_until  INTEGER,                       -- NULL: not paused
    unreachable_at INTEGER,                      -- NULL: reachable; else since when Telegram refuses
    wait_until    INTEGER,                       -- NULL: none; else Telegram's retry_after for this chat
    expects       TEXT,                          -- NULL: a search; else what the next plain words answer
    created_at    INTEGER NOT NULL
);

CREATE TABLE source (
    id              INTEGER PRIMARY KEY,
    kind            TEXT NOT NULL,               -- feed, files
    address         TEXT NOT NULL,               -- URL or folder
    title           TEXT NOT NULL,
    owner_chat_id   INTEGER REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,  -- NULL: shared with everybody
    weight          REAL NOT NULL DEFAULT 0.5,
    created_at      INTEGER NOT NULL,
    etag            TEXT,                        -- NULL: none given
    last_modified   TEXT,                        -- NULL: none given
    next_poll_at    INTEGER,                     -- NULL: not polled (files)
    last_success_at INTEGER,                     -- NULL: never
    failures        INTEGER NOT NULL DEFAULT 0,  -- in a row
    last_error      TEXT                         -- NULL: the last poll went well; else an error code
);
CREATE UNIQUE INDEX source_address ON source (address, kind, ifnull(owner_chat_id, 0));
-- "which sources are due for polling?"
CREATE INDEX source_due ON source (next_poll_at) WHERE next_poll_at IS NOT NULL;

CREATE TABLE story (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    opened_at  INTEGER NOT NULL
);

CREATE TABLE article (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,  -- in order of arrival, never given twice
    source_id    INTEGER NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    story_id     INTEGER NOT NULL REFERENCES story (id),
    guid         TEXT NOT NULL,
    url          TEXT,                           -- canonical; NULL: no public address
    link         TEXT,                           -- as published; NULL: no public address
    fingerprint  TEXT NOT NULL,
    title        TEXT NOT NULL,
    text         TEXT NOT NULL,
    language     TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    arrived_at   INTEGER NOT NULL,               -- published_at for a source's first backlog
    summary      TEXT NOT NULL,                  -- JSON: [[position, sentence], …], best first
    UNIQUE (source_id, guid)
);
CREATE INDEX article_story ON article (story_id);               -- members of a story
CREATE INDEX article_url ON article (url) WHERE url IS NOT NULL;-- copies by address
CREATE INDEX article_fingerprint ON article (fingerprint);      -- copies by words
CREATE INDEX article_published ON article (published_at);       -- /latest
CREATE INDEX article_arrived ON article (arrived_at);           -- a digest's window

-- The keys of digests.text.keys, kept because a contentless index deletes only what it is told.
CREATE TABLE article_keys (
    article_id INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    title      TEXT NOT NULL,
    lead       TEXT NOT NULL,
    body       TEXT NOT NULL
);
CREATE VIRTUAL TABLE article_search USING fts5 (
    title, lead, body, content = '', tokenize = "unicode61 remove_diacritics 0 tokenchars '^@~|.+#'"
);
CREATE TRIGGER article_keys_added AFTER INSERT ON article_keys BEGIN
    INSERT INTO article_search (rowid, title, lead, body)
    VALUES (new.article_id, new.title, new.lead, new.body);
END;
CREATE TRIGGER article_keys_removed AFTER DELETE ON article_keys BEGIN
    INSERT INTO article_search (article_search, rowid, title, lead, body)
    VALUES ('delete', old.article_id, old.title, old.lead, old.body);
END;
CREATE TRIGGER article_keys_changed AFTER UPDATE ON article_keys BEGIN
    INSERT INTO article_search (article_search, rowid, title, lead, body)
    VALUES ('delete', old.article_id, old.title, old.lead, old.body);
    INSERT INTO article_search (rowid, title, lead, body)
    VALUES (new.article_id, new.title, new.lead, new.body);
END;

-- What clustering remembers of fresh articles (digests.clustering.Sketch), and by which keys it
-- finds them: the index holds only articles inside its window, so it does not grow with history.
CREATE TABLE article_sketch (
    article_id   INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
    language     TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    host         TEXT NOT NULL,
    heavy        TEXT NOT NULL,                  -- JSON: [[key, weight], …], heaviest first
    seen         TEXT NOT NULL,                  -- keys, space-joined
    figures      TEXT NOT NULL                   -- numbers, space-joined
);
CREATE INDEX article_sketch_published ON article_sketch (published_at);  -- forgetting
CREATE TABLE sketch_key (
    key          TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    article_id   INTEGER NOT NULL,
    PRIMARY KEY (key, published_at, article_id)
) WITHOUT ROWID;
-- In how many articles a key stood, for its weight.
CREATE TABLE key_count (
    key      TEXT PRIMARY KEY,
    articles INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE topic (
    id         INTEGER PRIMARY KEY,
    chat_id    INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    words      TEXT NOT NULL,                    -- as typed
    folded     TEXT NOT NULL,                    -- what makes it unique
    created_at INTEGER NOT NULL,
    UNIQUE (chat_id, folded)
);

-- Words a chat wants to read nothing about.
CREATE TABLE mute (
    id         INTEGER PRIMARY KEY,
    chat_id    INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    words      TEXT NOT NULL,                    -- as typed
    folded     TEXT NOT NULL,                    -- what makes it unique
    created_at INTEGER NOT NULL,
    UNIQUE (chat_id, folded)
);

CREATE TABLE schedule (
    id          INTEGER PRIMARY KEY,
    chat_id     INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    at          TEXT NOT NULL,                   -- HH:MM, local
    days        INTEGER NOT NULL,                -- bit 0 is Monday
    next_due_at INTEGER                          -- NULL: the chat is not subscribed
);
CREATE INDEX schedule_chat ON schedule (chat_id);
-- "which digests are due?"
CREATE INDEX schedule_due ON schedule (next_due_at) WHERE next_due_at IS NOT NULL;

CREATE TABLE digest (
    id       INTEGER PRIMARY KEY,
    chat_id  INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    slot     TEXT NOT NULL,                      -- SCHEDULE_ID/LOCAL_DATE/LOCAL_TIME, now/UPDATE_ID
    since_at INTEGER NOT NULL,                   -- start of its window
    made_at  INTEGER NOT NULL,                   -- end of its window
    state    TEXT NOT NULL CHECK (state IN ('empty', 'pending', 'delivered', 'failed')),
    UNIQUE (chat_id, slot)
);
CREATE INDEX digest_window ON digest (chat_id, made_at);        -- "where did the last one end?"

-- What a chat was told: the memory that keeps a story from being told twice.
CREATE TABLE told (
    chat_id    INTEGER NOT NULL REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    story_id   INTEGER NOT NULL REFERENCES story (id) ON DELETE CASCADE,
    article_id INTEGER NOT NULL,
    digest_id  INTEGER NOT NULL REFERENCES digest (id) ON DELETE CASCADE,
    part       INTEGER NOT NULL,
    PRIMARY KEY (chat_id, story_id, digest_id)
) WITHOUT ROWID;
CREATE INDEX told_digest ON told (digest_id);

-- The outbox. waiting → claimed (leased by a worker) → sending (the request may be out) → sent.
-- failed: Telegram refused for good. A row found `sending` after a crash has an unknown outcome.
CREATE TABLE delivery (
    id          INTEGER PRIMARY KEY,
    chat_id     INTEGER NOT NULL,
    digest_id   INTEGER REFERENCES digest (id) ON DELETE CASCADE,   -- NULL: a notice
    part        INTEGER NOT NULL,                -- 1, 2, …; a part waits for those before it
    content     TEXT NOT NULL,                   -- JSON: what sendMessage takes, chat left out
    state       TEXT NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'claimed', 'sending', 'sent', 'failed')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL,
    lease_until INTEGER,                         -- NULL: not claimed
    message_id  INTEGER,                         -- NULL: not sent
    error       TEXT,                            -- NULL: none; else the last refusal
    created_at  INTEGER NOT NULL,
    UNIQUE (digest_id, part)
);
CREATE INDEX delivery_waiting ON delivery (due_at) WHERE state = 'waiting';      -- claim
CREATE INDEX delivery_claimed ON delivery (lease_until) WHERE state = 'claimed'; -- expired leases
CREATE INDEX delivery_sending ON delivery (id) WHERE state = 'sending';          -- after a crash
-- "is an earlier message of this chat still under way?"
CREATE INDEX delivery_open ON delivery (chat_id, id)
    WHERE state IN ('waiting', 'claimed', 'sending');

-- Updates are stored before Telegram is told that they were received.
CREATE TABLE incoming_update (
    id          INTEGER PRIMARY KEY,             -- Telegram's update id
    chat_id     INTEGER,                         -- NULL: belongs to no chat
    body        TEXT,                            -- JSON; NULL once handled
    received_at INTEGER NOT NULL,
    handled_at  INTEGER                          -- NULL: not yet
);
CREATE INDEX incoming_update_open ON incoming_update (id) WHERE handled_at IS NULL;
CREATE INDEX incoming_update_handled ON incoming_update (handled_at) WHERE handled_at IS NOT NULL;

-- Single values that must survive a restart.
CREATE TABLE state (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- A row of every kind, as a bot of this schema may have left it.
INSERT INTO subscriber VALUES
    (1001, 'private', 'Анна', 'ru', 'Europe/Moscow', 'ru', 'granted', 1, 2, 1, NULL, NULL, NULL, NULL, 1795000000),
    (1002, 'private', 'Bob', 'en', 'America/New_York', 'all', 'none', 1, 10, 0, 1796000000, NULL, NULL, 'zone', 1795000001),
    (1003, 'private', '', 'ru', 'Asia/Kathmandu', 'en', 'asked', 0, 5, 1, NULL, 1795100000, 1795200000, 'topic', 1795000002),
    (-1001004, 'supergroup', 'Редакция «Полдень»', 'ru', 'Europe/Samara', 'ru', 'refused', 1, 2, 1, NULL, NULL, NULL, NULL, 1795000003);
INSERT INTO source VALUES
    (1, 'feed', 'https://poldn.example/rss', 'Полдень', NULL, 0.5, 1795000000, '"etag"', 'Mon, 23 Nov 2026 09:00:00 GMT', 1795400900, 1795400000, 0, NULL),
    (2, 'files', '/srv/articles', 'articles', NULL, 0.9, 1795000000, NULL, NULL, NULL, 1795400000, 0, NULL),
    (3, 'feed', 'https://own.example/atom', 'Own', 1001, 0.5, 1795000100, NULL, NULL, 1795500000, NULL, 7, 'timeout');
INSERT INTO story VALUES (1, 1795300000), (2, 1795310000), (3, 1795320000);
INSERT INTO article VALUES
    (1, 1, 1, 'g1', 'https://poldn.example/1', 'https://poldn.example/1?utm_source=rss', 'f1', 'Мост открыт', 'Новый мост открыли утром.', 'ru', 1795300000, 1795300060, '[[0, "Новый мост открыли утром."]]'),
    (2, 2, 1, 'мост.txt', NULL, NULL, 'f2', 'Мост через реку открыт', 'Движение началось.', 'ru', 1795300100, 1795300100, '[]'),
    (3, 3, 2, 'g3', 'https://own.example/3', 'https://own.example/3', 'f3', 'Musk''s rocket', 'It flew.', 'en', 1795310000, 1795310000, '[[0, "It flew."]]');
INSERT INTO article_keys VALUES
    (1, 'мост открыть', 'новый мост открыть утро', ''),
    (2, 'мост река открыть', 'движение начаться', ''),
    (3, 'musk rocket', 'fly', '');
INSERT INTO article_sketch VALUES
    (1, 'ru', 1795300000, 'poldn.example', '[["мост", 3.5]]', 'мост открыть', ''),
    (3, 'en', 1795310000, 'own.example', '[["rocket", 4.0]]', 'musk rocket', '7 2026');
INSERT INTO sketch_key VALUES ('мост', 1795300000, 1), ('rocket', 1795310000, 3);
INSERT INTO key_count VALUES ('мост', 2), ('rocket', 1);
INSERT INTO topic VALUES (1, 1001, 'мост', 'мост', 1795000000), (2, 1001, 'ИИ = нейросети', 'ии = нейросети', 1795000001), (3, 1002, 'rockets', 'rockets', 1795000002);
INSERT INTO mute VALUES (1, 1001, 'футбол', 'футбол', 1795000000);
INSERT INTO schedule VALUES (1, 1001, '08:30', 31, 1795411800), (2, 1002, '20:00', 127, 1795482000), (3, -1001004, '09:00', 1, 1795759200), (4, 1003, '08:00', 127, NULL);
INSERT INTO digest VALUES
    (1, 1001, '1/2026-11-23/08:30', 1794980000, 1795325400, 'delivered'),
    (2, 1002, 'now/77', 1794980000, 1795330000, 'pending'),
    (3, -1001004, '3/2026-11-23/09:00', 1794980000, 1795330100, 'failed'),
    (4, 1001, '1/2026-11-24/08:30', 1795325400, 1795411800, 'empty');
INSERT INTO told VALUES (1001, 1, 1, 1, 1), (1002, 2, 3, 2, 1);
INSERT INTO delivery VALUES
    (1, 1001, 1, 1, '{"text": "Сводка"}', 'sent', 1, 1795325400, NULL, 501, NULL, 1795325400),
    (2, 1002, 2, 1, '{"text": "Digest"}', 'sending', 2, 1795330000, 1795330120, NULL, NULL, 1795330000),
    (3, 1002, 2, 2, '{"text": "Digest, part 2"}', 'waiting', 0, 1795330000, NULL, NULL, NULL, 1795330000),
    (4, -1001004, 3, 1, '{"text": "x"}', 'failed', 1, 1795330100, NULL, NULL, 'bad_request', 1795330100),
    (5, 1000, NULL, 1, '{"text": "Анна просит доступ"}', 'claimed', 0, 1795330200, 1795330320, NULL, NULL, 1795330200);
INSERT INTO incoming_update VALUES
    (9001, 1001, NULL, 1795330000, 1795330001),
    (9002, 1002, '{"update_id": 9002}', 1795330100, NULL),
    (9003, NULL, '{"update_id": 9003}', 1795330101, NULL);
INSERT INTO state VALUES ('note', 'значение');

PRAGMA user_version = 1;
PRAGMA application_id = 1398165316;
