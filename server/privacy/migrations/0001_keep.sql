-- Whom we asked whether we may keep them.
CREATE TABLE keep_request (
  id $id,
  lead_id BIGINT NOT NULL UNIQUE REFERENCES lead (id) ON DELETE CASCADE,
  asked_at $time NOT NULL
);
CREATE INDEX keep_request_asked ON keep_request (asked_at);
