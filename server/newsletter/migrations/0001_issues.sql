-- A tip as it was sent.
CREATE TABLE issue (
  id $id,
  name VARCHAR(40) NOT NULL UNIQUE,
  state VARCHAR(12) NOT NULL,
  queued_at $time NOT NULL,
  not_after $time NOT NULL,
  last_lead_id BIGINT NOT NULL,
  audience INT NOT NULL,
  in_window INT NOT NULL
);
