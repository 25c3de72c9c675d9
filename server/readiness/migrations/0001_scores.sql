-- What is thought of each lead, and when that changed.
CREATE TABLE score (
  id $id,
  lead_id BIGINT NOT NULL UNIQUE REFERENCES lead (id) ON DELETE CASCADE,
  model_version INT NOT NULL,
  memory $json NOT NULL,
  state VARCHAR(12) NOT NULL,
  state_since $time NOT NULL,
  points INT NOT NULL,
  interest $real NOT NULL,
  fit $real NOT NULL,
  probability $real NOT NULL,
  step VARCHAR(20) NOT NULL,
  step_subject VARCHAR(80) NOT NULL,
  step_opens_at $time,
  returned_at $time,
  next_check_at $time
);
CREATE INDEX score_state ON score (state, points, lead_id);
CREATE INDEX score_due ON score (next_check_at) WHERE next_check_at IS NOT NULL;

CREATE TABLE transition (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  at $time NOT NULL,
  state VARCHAR(12) NOT NULL,
  points INT NOT NULL,
  reasons $json NOT NULL,
  model_version INT NOT NULL
);
CREATE INDEX transition_lead ON transition (lead_id, id);
