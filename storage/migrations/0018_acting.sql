-- A channel is set up from the private chat of its administrator, whose menus are the channel's
-- meanwhile. NULL: its own. Written, as `expects` is, when the update is marked as handled.
ALTER TABLE subscriber ADD COLUMN acts_for INTEGER
    REFERENCES subscriber (chat_id) ON DELETE SET NULL ON UPDATE CASCADE;
