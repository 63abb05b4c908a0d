-- An administrator's words to every subscriber. They trickle into the outbox chat by chat, in
-- order of chat ids, so that digests never stand behind them and a restart goes on where it was.
CREATE TABLE broadcast (
    id           INTEGER PRIMARY KEY,  -- of the update that asked for it: replayed, it is the same
    author       INTEGER NOT NULL,     -- chat id
    content      TEXT NOT NULL,        -- JSON: what sendMessage takes, chat left out
    created_at   INTEGER NOT NULL,
    confirmed_at INTEGER,              -- NULL: a draft
    last_chat_id INTEGER,              -- NULL: no chat has it yet; else those up to this one do
    chats        INTEGER NOT NULL DEFAULT 0,  -- how many have it in the outbox, or had
    finished_at  INTEGER               -- NULL: not yet
);
-- "is something being spread?"
CREATE INDEX broadcast_open ON broadcast (id)
    WHERE confirmed_at IS NOT NULL AND finished_at IS NULL;
