-- What was answered to a call with an Idempotency-Key, for a day.
CREATE TABLE api_call (
  id $id,
  token_id BIGINT NOT NULL REFERENCES api_token (id) ON DELETE CASCADE,
  lead_id BIGINT REFERENCES lead (id) ON DELETE CASCADE,
  key VARCHAR(200) NOT NULL,
  fingerprint VARCHAR(22) NOT NULL,
  status INT NOT NULL,
  body TEXT NOT NULL,
  at $time NOT NULL,
  UNIQUE (token_id, key)
);
CREATE INDEX api_call_at ON api_call (at);
CREATE INDEX api_call_lead ON api_call (lead_id);
