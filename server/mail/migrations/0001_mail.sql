-- Messages, deliveries, suppressions.
CREATE TABLE message (
  id $id,
  key VARCHAR(64) NOT NULL UNIQUE,
  kind VARCHAR(40) NOT NULL,
  language VARCHAR(2) NOT NULL,
  subject VARCHAR(300) NOT NULL,
  html TEXT NOT NULL,
  text TEXT NOT NULL,
  list VARCHAR(40) NOT NULL,
  is_ask BOOLEAN NOT NULL,
  created_at $time NOT NULL
);

CREATE TABLE delivery (
  id $id,
  message_id BIGINT NOT NULL REFERENCES message (id),
  lead_id BIGINT REFERENCES lead (id) ON DELETE CASCADE,
  address VARCHAR(254) NOT NULL,
  key VARCHAR(160) NOT NULL UNIQUE,
  lane INT NOT NULL,
  state VARCHAR(12) NOT NULL,
  "values" $json NOT NULL,
  mail_id VARCHAR(120) NOT NULL,
  lease_token VARCHAR(32) NOT NULL,
  leased_until $time,
  attempts INT NOT NULL,
  next_try_at $time NOT NULL,
  not_after $time NOT NULL,
  created_at $time NOT NULL,
  sent_at $time,
  error VARCHAR(300) NOT NULL
);
CREATE INDEX delivery_due ON delivery (lane, next_try_at) WHERE state IN ('queued', 'retry');
CREATE INDEX delivery_leased ON delivery (leased_until) WHERE state IN ('leased', 'sending');
CREATE INDEX delivery_lead ON delivery (lead_id, created_at);
CREATE INDEX delivery_message ON delivery (message_id, state);

CREATE TABLE suppression (
  id $id,
  fingerprint VARCHAR(22) NOT NULL UNIQUE,
  reason VARCHAR(40) NOT NULL,
  at $time NOT NULL
);
