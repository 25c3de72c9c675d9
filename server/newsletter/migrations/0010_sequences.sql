-- Who is in which sequence, at which step; `due_at` is when something is to be done or looked at.
CREATE TABLE enrolment (
  id $id,
  sequence VARCHAR(40) NOT NULL,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  step INT NOT NULL DEFAULT 0,
  joined_at $time NOT NULL,
  entered_at $time NOT NULL,
  mailed_at $time,
  due_at $time NOT NULL,
  ended_at $time,
  why VARCHAR(20) NOT NULL DEFAULT '',
  UNIQUE (sequence, lead_id)
);
CREATE INDEX enrolment_due ON enrolment (due_at, id) WHERE ended_at IS NULL;
CREATE INDEX enrolment_lead ON enrolment (lead_id);
-- A sequence that was stopped for everybody: nobody joins before it is opened again.
CREATE TABLE sequence_stop (
  id $id,
  sequence VARCHAR(40) NOT NULL UNIQUE,
  at $time NOT NULL
);
