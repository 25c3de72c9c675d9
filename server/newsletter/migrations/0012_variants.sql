-- Two subjects for one issue: which reader gets which is fixed by their number, and the moment of
-- the verdict when it starts.
CREATE TABLE issue_variant (
  id $id,
  issue_id BIGINT NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
  language VARCHAR(2) NOT NULL,
  number INT NOT NULL,
  message_id BIGINT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  UNIQUE (issue_id, language, number)
);
ALTER TABLE issue ADD COLUMN judge_at $time;
