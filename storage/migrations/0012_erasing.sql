-- From here on freed bytes are zeroed as they are freed (storage/database.py). A file that deleted
-- things before is written anew at its next opening, which takes this row away.
INSERT INTO state (name, value)
SELECT 'rewrite', '1' WHERE EXISTS (SELECT 1 FROM incoming_update) OR EXISTS (SELECT 1 FROM article);
