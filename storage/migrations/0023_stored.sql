-- When an article came in, for forgetting it by age. NULL: when it arrived, as a first backlog
-- counts as arrived when it was published.
ALTER TABLE article ADD COLUMN stored_at INTEGER;
