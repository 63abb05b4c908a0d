-- A time of day may have topics of its own; one without them is about all that the chat follows.
CREATE TABLE schedule_topic (
    schedule_id INTEGER NOT NULL REFERENCES schedule (id) ON DELETE CASCADE,
    topic_id    INTEGER NOT NULL REFERENCES topic (id) ON DELETE CASCADE,
    PRIMARY KEY (schedule_id, topic_id)
) WITHOUT ROWID;
CREATE INDEX schedule_topic_topic ON schedule_topic (topic_id);  -- a topic that is removed

-- NULL: about all. Else JSON, the words of the topics it was limited to: news about anything else
-- still waits for the next digest, so such a digest is no start of another's window.
ALTER TABLE digest ADD COLUMN scope TEXT;
