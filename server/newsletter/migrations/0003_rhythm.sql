-- When tips go: planned by a person or a file, or by the weekly rhythm once somebody switched it on.
CREATE TABLE issue_plan (
  id $id,
  name VARCHAR(40) NOT NULL UNIQUE,
  state VARCHAR(12) NOT NULL,
  send_at $time,
  place INT NOT NULL DEFAULT 0,
  origin VARCHAR(12) NOT NULL DEFAULT 'hand'
);
CREATE TABLE tip_turn (
  id $id,
  key VARCHAR(20) NOT NULL UNIQUE,
  at $time NOT NULL,
  state VARCHAR(12) NOT NULL,
  name VARCHAR(40) NOT NULL DEFAULT '',
  told_at $time
);
CREATE INDEX tip_turn_open ON tip_turn (at) WHERE state = 'open';
CREATE TABLE tip_rhythm (
  id INT PRIMARY KEY,
  on_at $time
);
INSERT INTO tip_rhythm (id, on_at) VALUES (1, NULL);
-- What is fixed when an issue starts: its texts, for whom it is, and when it reaches a time zone.
CREATE TABLE issue_text (
  id $id,
  issue_id BIGINT NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
  language VARCHAR(2) NOT NULL,
  message_id BIGINT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  UNIQUE (issue_id, language)
);
CREATE TABLE issue_zone (
  id $id,
  issue_id BIGINT NOT NULL REFERENCES issue (id) ON DELETE CASCADE,
  timezone VARCHAR(60) NOT NULL,
  at $time NOT NULL,
  not_after $time NOT NULL,
  UNIQUE (issue_id, timezone)
);
ALTER TABLE issue ADD COLUMN rules $json NOT NULL DEFAULT '{}';
ALTER TABLE issue ADD COLUMN paused_at $time;
ALTER TABLE issue ADD COLUMN again_at $time;
