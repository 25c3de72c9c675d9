-- What sales does with a lead: outcomes, notes and tasks, whose lead it is, and saved views.
CREATE TABLE outcome (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  key VARCHAR(160) NOT NULL UNIQUE,
  kind VARCHAR(20) NOT NULL,
  reason VARCHAR(40) NOT NULL,
  value $real NOT NULL,
  until $time,
  at $time NOT NULL,
  recorded_at $time NOT NULL,
  staff_id BIGINT REFERENCES staff_user (id),
  source VARCHAR(20) NOT NULL,
  state VARCHAR(12) NOT NULL,
  points INT NOT NULL,
  probability $real NOT NULL,
  reasons $json NOT NULL,
  model_version INT NOT NULL,
  undone_at $time,
  undone_by_id BIGINT REFERENCES staff_user (id)
);
CREATE INDEX outcome_lead ON outcome (lead_id, id);

CREATE TABLE note (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  staff_id BIGINT REFERENCES staff_user (id),
  text TEXT NOT NULL,
  at $time NOT NULL,
  due_on DATE,
  done_at $time
);
CREATE INDEX note_lead ON note (lead_id, id);
CREATE INDEX note_due ON note (due_on) WHERE due_on IS NOT NULL AND done_at IS NULL;

CREATE TABLE follow_up (
  id $id,
  lead_id BIGINT NOT NULL UNIQUE REFERENCES lead (id) ON DELETE CASCADE,
  owner_id BIGINT REFERENCES staff_user (id),
  snoozed_until $time
);
CREATE INDEX follow_up_owner ON follow_up (owner_id, lead_id);

CREATE TABLE saved_view (
  id $id,
  staff_id BIGINT NOT NULL REFERENCES staff_user (id) ON DELETE CASCADE,
  name VARCHAR(60) NOT NULL,
  query VARCHAR(400) NOT NULL,
  UNIQUE (staff_id, name)
);
