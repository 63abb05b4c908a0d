-- What is kept of a chat: it is erased, taken along and moved to a new number by these.
CREATE INDEX delivery_chat ON delivery (chat_id);
CREATE INDEX incoming_update_chat ON incoming_update (chat_id);
CREATE INDEX incoming_update_sender ON incoming_update (lane);
-- "which sources are a chat's own?"
CREATE INDEX source_owner ON source (owner_chat_id) WHERE owner_chat_id IS NOT NULL;
-- "who sets this channel up?"
CREATE INDEX subscriber_acts_for ON subscriber (acts_for) WHERE acts_for IS NOT NULL;
-- "who muted this source?" when it is removed
CREATE INDEX source_mute_source ON source_mute (source_id);
