-- Who was made up for the demo: never mailed for real, and gone with it.
ALTER TABLE lead ADD COLUMN invented_at $time;
CREATE INDEX lead_invented ON lead (id) WHERE invented_at IS NOT NULL;
