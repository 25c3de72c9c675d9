-- A pile of cards with a code that leads to a gift: how often it was opened is counted by day, of nobody.
CREATE TABLE batch (
  id $id,
  code VARCHAR(12) NOT NULL UNIQUE,
  asset_slug VARCHAR(80) NOT NULL,
  name VARCHAR(120) NOT NULL,
  place VARCHAR(120) NOT NULL,
  made_at $time NOT NULL,
  by_name VARCHAR(120) NOT NULL,
  staff_id BIGINT REFERENCES staff_user (id) ON DELETE SET NULL,
  ended_at $time
);
CREATE TABLE batch_opening (
  id $id,
  batch_id BIGINT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
  day DATE NOT NULL,
  times INT NOT NULL,
  UNIQUE (batch_id, day)
);
ALTER TABLE gift ADD COLUMN batch_id BIGINT REFERENCES batch (id) ON DELETE SET NULL;
CREATE INDEX gift_batch ON gift (batch_id) WHERE batch_id IS NOT NULL;
