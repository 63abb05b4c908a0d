-- NULL: it came since the bot last started. Else how often its handling was begun after a start and
-- did not end: what breaks the bot off each time is set aside.
ALTER TABLE incoming_update ADD COLUMN begun INTEGER;
