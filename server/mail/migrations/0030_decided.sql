-- When a person let go of a mail that was in doubt or could not be made.
ALTER TABLE delivery ADD COLUMN decided_at $time;
-- What a person has to look at: few, among many that were sent.
CREATE INDEX delivery_doubt ON delivery (id) WHERE state = 'uncertain';
CREATE INDEX delivery_parked ON delivery (id) WHERE state = 'parked';
CREATE INDEX delivery_held ON delivery (message_id) WHERE state = 'held';
