-- "was this story told?": asked of every story that is forgotten, by retention and by what goes with it.
CREATE INDEX told_story ON told (story_id);
CREATE INDEX apart_other ON apart (other_id);
