-- Where in a forum what the clock sends goes.
ALTER TABLE subscriber ADD COLUMN thread_id INTEGER;  -- NULL: the general topic, or no forum
