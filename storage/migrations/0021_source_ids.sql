-- Ids of sources are never given twice (`NEXT_ID` in storage/sources.py): the highest that is gone.
CREATE TRIGGER source_removed AFTER DELETE ON source BEGIN
    INSERT INTO state (name, value) VALUES ('last_source_removed', old.id)
    ON CONFLICT (name) DO UPDATE SET value = max(CAST(value AS INTEGER), old.id);
END;
