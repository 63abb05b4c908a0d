-- Whether a chat is told at once when a topic of its breaks. An alert is a digest of one story in
-- the slot `alert/STORY_ID`, so a story alerts a chat once and counts as told; its scope is `alert`,
-- so that it opens no window for digests.
ALTER TABLE subscriber ADD COLUMN alerts INTEGER NOT NULL DEFAULT 0;
-- "who wants alerts?"
CREATE INDEX subscriber_alerts ON subscriber (chat_id) WHERE alerts = 1;
