-- Who does not get an extra, so that one can see what it brings: drawn once, for good.
CREATE TABLE extra_arm (
  id $id,
  experiment VARCHAR(120) NOT NULL,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  arm VARCHAR(5) NOT NULL,
  assigned_at $time NOT NULL,
  horizon_at $time NOT NULL,
  UNIQUE (experiment, lead_id)
);
CREATE INDEX extra_arm_lead ON extra_arm (lead_id);
-- What was seen of an extra at the moment there were enough people; never rewritten.
CREATE TABLE extra_verdict (
  id $id,
  experiment VARCHAR(120) NOT NULL UNIQUE,
  at $time NOT NULL,
  figures $json NOT NULL
);
