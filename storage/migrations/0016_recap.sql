-- Who wants the week told again, and when.
CREATE TABLE recap (
    chat_id     INTEGER PRIMARY KEY REFERENCES subscriber (chat_id) ON DELETE CASCADE ON UPDATE CASCADE,
    day         INTEGER NOT NULL,  -- of the week, local; 0 is Monday
    next_due_at INTEGER NOT NULL
);
CREATE INDEX recap_due ON recap (next_due_at);
