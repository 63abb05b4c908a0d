-- How politely a source is polled, and whether it still is.
ALTER TABLE source ADD COLUMN interval_seconds INTEGER;            -- NULL: not known; else between two polls
ALTER TABLE source ADD COLUMN skip_hours INTEGER NOT NULL DEFAULT 0;  -- bit n: not at hour n, UTC
ALTER TABLE source ADD COLUMN parked_at INTEGER;                   -- NULL: polled; else given up since then
