-- The list sorted by how much was given.
CREATE INDEX score_given ON score (given, lead_id);
