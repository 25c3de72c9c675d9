-- Who was ever handed over as ready, and when.
CREATE INDEX transition_ready ON transition (lead_id, at) WHERE state = 'ready';
