-- The links that an editor wrote in a tip, numbered from 1.
CREATE TABLE message_link (
  id $id,
  message_id BIGINT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  number INT NOT NULL,
  target TEXT NOT NULL,
  UNIQUE (message_id, number)
);
