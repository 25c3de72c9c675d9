-- The threshold that capacity sets is the chance of the lead at that place.
CREATE INDEX score_probability ON score (probability);
