-- Who gets nothing more, so that many readers can be promised a mail by one statement.
ALTER TABLE lead ADD COLUMN blocked_at $time;
-- The clock on the wall of a reader, where it is known: Europe/Amsterdam.
ALTER TABLE lead ADD COLUMN timezone VARCHAR(60) NOT NULL DEFAULT '';
