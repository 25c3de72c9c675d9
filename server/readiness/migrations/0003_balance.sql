-- The balance beside the score, so that the list can be sorted and filtered by it. Every lead is
-- scored once more to fill it.
ALTER TABLE score ADD COLUMN given INT NOT NULL DEFAULT 0;
ALTER TABLE score ADD COLUMN returned INT NOT NULL DEFAULT 0;
ALTER TABLE score ADD COLUMN liked INT NOT NULL DEFAULT 0;
ALTER TABLE score ADD COLUMN asked_at $time;
CREATE INDEX score_points ON score (points, lead_id);
UPDATE lead SET events_scored = -1;
