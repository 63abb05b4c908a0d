-- A message whose fate is unknown may be held for an administrator to decide. SQLite cannot change
-- a CHECK, so the table is made anew.
--
-- waiting   may be claimed once it is due
-- claimed   leased by the sender, the request is not out yet
-- sending   the request may be out; found so after a crash, its outcome is unknown
-- held      its outcome is unknown, and an administrator decides
-- sent      Telegram has it, or an administrator says so (then message_id is NULL)
-- failed    refused for good
CREATE TABLE delivery_ledger (
    id          INTEGER PRIMARY KEY,
    chat_id     INTEGER NOT NULL,
    digest_id   INTEGER REFERENCES digest (id) ON DELETE CASCADE,   -- NULL: a notice
    part        INTEGER NOT NULL,                -- 1, 2, …; a part waits for those before it
    content     TEXT NOT NULL,                   -- JSON: what sendMessage takes, chat left out
    state       TEXT NOT NULL DEFAULT 'waiting'
                CHECK (state IN ('waiting', 'claimed', 'sending', 'held', 'sent', 'failed')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    due_at      INTEGER NOT NULL,
    lease_until INTEGER,                         -- NULL: not claimed
    message_id  INTEGER,                         -- NULL: not known to be sent
    error       TEXT,                            -- NULL: none; else the last refusal
    created_at  INTEGER NOT NULL,
    UNIQUE (digest_id, part)
);
INSERT INTO delivery_ledger (id, chat_id, digest_id, part, content, state, attempts, due_at,
                             lease_until, message_id, error, created_at)
SELECT id, chat_id, digest_id, part, content, state, attempts, due_at,
       lease_until, message_id, error, created_at
FROM delivery;
DROP TABLE delivery;
ALTER TABLE delivery_ledger RENAME TO delivery;
CREATE INDEX delivery_waiting ON delivery (due_at) WHERE state = 'waiting';      -- claim
CREATE INDEX delivery_claimed ON delivery (lease_until) WHERE state = 'claimed'; -- expired leases
CREATE INDEX delivery_sending ON delivery (id) WHERE state = 'sending';          -- after a crash
CREATE INDEX delivery_held ON delivery (id) WHERE state = 'held';                -- /held
-- "is an earlier message of this chat still under way?"
CREATE INDEX delivery_open ON delivery (chat_id, id)
    WHERE state IN ('waiting', 'claimed', 'sending', 'held');

-- Updates are handled one after another within a lane and lanes side by side, so that who floods
-- the bot waits alone. The sender's lane; the chat's where it speaks itself; 0 for the rest.
ALTER TABLE incoming_update ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
-- The command's name, `words` for plain text. NULL: neither.
ALTER TABLE incoming_update ADD COLUMN kind TEXT;
ALTER TABLE incoming_update ADD COLUMN sent_at INTEGER;  -- NULL: Telegram does not say when
UPDATE incoming_update SET lane = ifnull(chat_id, 0);
DROP INDEX incoming_update_open;
-- "which is the first of each lane?"
CREATE INDEX incoming_update_lane ON incoming_update (lane, id) WHERE handled_at IS NULL;
-- "did the chat ask the same again?"
CREATE INDEX incoming_update_kind ON incoming_update (chat_id, kind, id) WHERE handled_at IS NULL;
