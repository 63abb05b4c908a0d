-- NULL: as the settings say. Else how many sources of its own a chat may have.
ALTER TABLE subscriber ADD COLUMN most_sources INTEGER;
