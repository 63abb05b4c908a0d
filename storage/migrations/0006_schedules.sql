-- Several schedules a chat were always possible; now one may go by hours, and a chat may be quiet.

-- NULL: once a local day at `at`. Else every so many hours, counted from `at` UTC of 1970-01-01.
ALTER TABLE schedule ADD COLUMN every INTEGER;
-- NULL: none. Else local hours without digests, HH:MM-HH:MM; what falls due in them waits.
ALTER TABLE subscriber ADD COLUMN quiet TEXT;
