-- "which digests are older than they serve?"
CREATE INDEX digest_made ON digest (made_at);
-- "which messages that are no digests went out long ago?"
CREATE INDEX delivery_noticed ON delivery (created_at)
    WHERE digest_id IS NULL AND state IN ('sent', 'failed');
