-- Who takes much, reads nothing and gives nothing back, as the log shows; and whom a person trusts all the same.
ALTER TABLE lead ADD COLUMN taker_since $time;
ALTER TABLE lead ADD COLUMN trusted_at $time;
CREATE INDEX lead_taker ON lead (taker_since) WHERE taker_since IS NOT NULL;
UPDATE lead SET events_scored = -1;
