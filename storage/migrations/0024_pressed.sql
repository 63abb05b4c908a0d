-- "whose message was pressed or answered?" 0005 wrote the table anew and left this index behind.
CREATE INDEX delivery_message ON delivery (chat_id, message_id) WHERE message_id IS NOT NULL;
