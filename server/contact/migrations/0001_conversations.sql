-- What somebody asked us and what we answered, line by line.
CREATE TABLE conversation (
  id $id,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  language VARCHAR(2) NOT NULL,
  state VARCHAR(8) NOT NULL,
  owner_id BIGINT REFERENCES staff_user (id),
  opened_at $time NOT NULL,
  waits_since $time,
  promised_at $time,
  last_at $time NOT NULL,
  closed_at $time,
  line_count INT NOT NULL
);
CREATE INDEX conversation_lead ON conversation (lead_id, id);
CREATE INDEX conversation_state ON conversation (state, last_at);

CREATE TABLE conversation_line (
  id $id,
  conversation_id BIGINT NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
  lead_id BIGINT NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
  is_ours BOOLEAN NOT NULL,
  staff_id BIGINT REFERENCES staff_user (id),
  text TEXT NOT NULL,
  at $time NOT NULL,
  promised_at $time,
  answered_at $time,
  mail_id VARCHAR(250) NOT NULL
);
CREATE INDEX conversation_line_conversation ON conversation_line (conversation_id, id);
CREATE INDEX conversation_line_lead ON conversation_line (lead_id, id);
CREATE INDEX conversation_line_answered ON conversation_line (answered_at) WHERE answered_at IS NOT NULL;
